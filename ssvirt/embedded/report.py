"""What the user reads: single lines while it runs, and a page of addresses and accounts when it is ready."""

import shlex
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ssvirt import __version__
from ssvirt.embedded.state import write_json

# Org, user and role of the demo accounts that `manage.py seed_demo` makes.
ACCOUNTS = (
    ("System", "administrator", "System Administrator"),
    ("acme", "alice", "Organization Administrator"),
    ("acme", "bob", "vApp Author"),
    ("acme", "carol", "vApp User"),
    ("globex", "dave", "Organization Administrator"),
)


@dataclass(frozen=True, slots=True)
class Access:
    """Where the service is reached; `password` is that of all demo accounts, empty when there are none."""

    url: str
    tls_url: str
    tls_certificate: str
    kubeconfig: str
    password: str
    logs: str


def say(line: str) -> None:
    """Prints one line at once; a reader that went away is no reason to stop."""
    with suppress(OSError, ValueError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def write_credentials(path: Path, access: Access) -> None:
    """Writes `credentials.json`, mode 0600."""
    write_json(
        path,
        {
            "accounts": [
                {"org": org, "user": user, "password": access.password, "role": role}
                for org, user, role in _accounts(access)
            ],
            **{
                name: value
                for name, value in asdict(access).items()
                if name in {"url", "tls_url", "kubeconfig"}
            },
        },
    )


def ready_page(access: Access, *, seconds: float, credentials: Path) -> str:
    """Addresses, accounts, the kubeconfig's path and three commands to try."""
    password, kubeconfig = shlex.quote(access.password or "PASSWORD"), shlex.quote(access.kubeconfig)
    return "\n".join(
        [
            "",
            f"SSVirt {__version__} is ready ({seconds:.1f} s). Ctrl-C stops it.",
            "",
            f"  API         {access.url}/api/versions",
            f"              {access.tls_url}/api/versions  (certificate: {access.tls_certificate})",
            f"  Admin       {access.url}/admin/  (as administrator@System)",
            f"  Kubeconfig  {access.kubeconfig}",
            f"  Logs        {access.logs}",
            "",
            *(_account_table(access, credentials)),
            "  Try",
            f"    vcd login {access.url} acme bob -p {password} && vcd catalog list",
            f"    curl -sD- -X POST -u bob@acme:{password} -H 'Accept: application/json;version=37.0' "
            f"{access.url}/cloudapi/1.0.0/sessions",
            f"    kubectl --kubeconfig {kubeconfig} get vm,vmi,dv -A",
            "",
        ]
    )


def _accounts(access: Access) -> tuple[tuple[str, str, str], ...]:
    return ACCOUNTS if access.password else ()


def _account_table(access: Access, credentials: Path) -> list[str]:
    if not access.password:
        return ["  No demo data (SSVIRT_DEMO): accounts are what the database has.", ""]
    rows = [("ORG", "USER", "PASSWORD", "ROLE")]
    rows += [(org, user, access.password, role) for org, user, role in ACCOUNTS]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"  Accounts  (also in {credentials})",
        *(
            "    "
            + "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
            for row in rows
        ),
        "",
    ]
