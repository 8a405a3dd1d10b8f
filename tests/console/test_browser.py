"""The console in a real Chromium, against the whole service as `make run` starts it."""

import asyncio
import json
import re
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3

from tests.console.chromium import Page, browsing, chromium_path
from tests.embedded.running import Stack

CHROMIUM = chromium_path()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.real_processes,
    pytest.mark.xdist_group("stack"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package chromium"),
]
JSON = "application/*+json;version=37.0"
STATUS = "document.getElementById('status')?.textContent"  # the page may not be there yet
COLORS = """(() => {
  const canvas = document.querySelector("#screen canvas");
  if (!canvas?.width) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
})()"""
PIXELS = """(() => {
  const canvas = document.querySelector("#screen canvas");
  return canvas.toDataURL();
})()"""


class Account:
    """bob of the demo, over HTTP or HTTPS."""

    def __init__(self, stack: Stack, base: str) -> None:
        self.base = base
        self.console_port: int | None = None  # the one that the ticket names
        self._session = requests.Session()
        self._session.verify = False
        self._session.trust_env = False  # REQUESTS_CA_BUNDLE would win over the line above
        self._session.headers["Accept"] = JSON
        answer = self._session.post(
            f"{base}/cloudapi/1.0.0/sessions",
            auth=("bob@acme", stack.password("bob")),
            headers={"Accept": "application/json;version=37.0"},
            timeout=30,
        )
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.headers['X-VMWARE-VCLOUD-ACCESS-TOKEN']}"

    def get(self, href: str) -> Any:
        answer = self._session.get(href, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def post(self, href: str, body: str = "") -> Any:
        headers = {"Content-Type": "application/xml"} if body else {}
        answer = self._session.post(href, body, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def first(self, kind: str) -> str:
        return str(self.get(f"{self.base}/api/query?type={kind}&format=records")["record"][0]["href"])

    def running_vm(self) -> str:
        """Href of the VM of a new vApp, once it is on."""
        body = (
            f'<InstantiateVAppTemplateParams xmlns="http://www.vmware.com/vcloud/v1.5" name="c-{uuid.uuid4().hex[:8]}"'
            f' deploy="true" powerOn="true"><Source href="{self.first("vAppTemplate")}"/>'
            "</InstantiateVAppTemplateParams>"
        )
        vapp = self.post(f"{self.first('orgVdc')}/action/instantiateVAppTemplate", body)["href"]
        deadline = time.monotonic() + 120
        while (found := self.get(vapp))["status"] != 4:
            assert time.monotonic() < deadline, found
            time.sleep(0.5)
        return str(found["children"]["vm"][0]["href"])

    def console(self, vm: str) -> str:
        """URL of the VM's console page, made of a fresh ticket."""
        ticket = self.post(f"{vm}/screen/action/acquireMksTicket")
        scheme = self.base.partition(":")[0]
        port = self.console_port or ticket["port"]
        return f"{scheme}://{ticket['host']}:{port}/console/vm-{vm[-36:]}?ticket={ticket['ticket']}"


@pytest.fixture(params=["web", "web-tls", "console"])
def bob(request: pytest.FixtureRequest, stack: Stack) -> Account:
    """Whose consoles are served by that process."""
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    account = Account(stack, stack.tls_url if request.param == "web-tls" else stack.url)
    if request.param == "console":
        account.console_port = json.loads((stack.home / "ports.json").read_text())["console"]
    return account


def test_console_when_opened_in_a_browser_then_the_machines_screen_and_keyboard(
    bob: Account, tmp_path: Path
) -> None:
    vm = bob.running_vm()
    url = bob.console(vm)

    async def look(page: Page) -> None:
        await page.open(url)
        await page.until(f"{STATUS} === 'Connected'")
        assert await page.until(f"{COLORS} > 1 && {COLORS}") < 100
        assert await page.evaluate("document.getElementById('name').textContent") == "vm-" + vm[-36:].replace(
            "-", ""
        )
        assert "ticket" not in await page.evaluate("location.href")
        before = await page.evaluate(PIXELS)
        await page.evaluate("document.querySelector('#screen canvas').focus()")
        await page.type("hello")
        await page.until(f"{PIXELS} !== {before!r}")
        await page.screenshot(tmp_path / "console.png")
        assert page.errors == []

    async def reuse(page: Page) -> None:
        await page.open(url)
        await page.until(f"/A ticket is good for one console/.test({STATUS})")

    async def scenario() -> None:
        assert CHROMIUM is not None
        async with browsing(CHROMIUM) as page:
            await look(page)
        async with browsing(CHROMIUM) as page:
            await reuse(page)

    asyncio.run(scenario())
    assert re.match(rb"\x89PNG", (tmp_path / "console.png").read_bytes())


def test_console_when_machine_is_switched_off_then_the_page_says_so(bob: Account) -> None:
    vm = bob.running_vm()

    async def scenario() -> None:
        assert CHROMIUM is not None
        async with browsing(CHROMIUM) as page:
            await page.open(bob.console(vm))
            await page.until(f"{STATUS} === 'Connected'")
            await asyncio.to_thread(bob.post, f"{vm}/power/action/powerOff")
            await page.until(f"{STATUS} === 'Disconnected.'", 60)
            assert await page.evaluate("document.getElementById('cad').disabled")

    asyncio.run(scenario())
