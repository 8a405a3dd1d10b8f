"""Every variable that the code reads is explained, and every one explained is read."""

import re

from tests.deploy.lint import PROJECT

DOCUMENT = (PROJECT / "docs" / "configuration.md").read_text()
_READ = re.compile(
    r"""(?:\benv(?:\.\w+)?\(|_secret\(|_duration_s\(|environ(?:\.get)?[\[(]|_given\.get\(|_port_of\(|_common\()\s*
        ["']([A-Z][A-Z0-9_]+)["']""",
    re.VERBOSE,
)
# Not settings of ours.
_FOREIGN = {"DJANGO_SETTINGS_MODULE", "PYTEST_VERSION", "PATH", "MAKELEVEL", "CI", "KUBERNETES_SERVICE_HOST"}


def test_every_variable_is_documented_and_read() -> None:
    sources = [
        path.read_text()
        for folder in ("ssvirt", "compute", "tasks", "orgs", "vdcs", "catalogs", "vapps")
        for path in (PROJECT / folder).rglob("*.py")
    ]
    read = {name for text in sources for name in _READ.findall(text)} - _FOREIGN
    read -= {f"{name}_FILE" for name in read}  # any variable may be given as the path of a file
    rows = [line.split("|")[1] for line in DOCUMENT.splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)}

    assert read <= documented, f"undocumented: {sorted(read - documented)}"
    named = {name for text in sources for name in re.findall(r"[A-Z][A-Z0-9_]{3,}", text)}
    assert documented <= named | {"SSVIRT_SPEC_DIR", "SSVIRT_TEST_DSN"}, sorted(documented - named)
