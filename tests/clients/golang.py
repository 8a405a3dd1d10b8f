"""Clients written in Go, built once for each state of their sources.

They live in the user's cache, outside the clone, so that they survive `make clean` and serve every clone.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_TIMEOUT_S = 900
# The sources decide what is built, not the machine's settings.
_ENVIRON = {
    "GOFLAGS": "-mod=readonly -buildvcs=false",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
    "CGO_ENABLED": "0",
}


class NoGoError(Exception):
    """No Go toolchain, one too old, or no module proxy: the program can't be built on this machine."""


@dataclass(frozen=True)
class GoProgram:
    """A main package, the module that says which versions it is made of, and the name of the executable."""

    package: str
    module: Path
    name: str


GOVCD_JOBS = GoProgram(".", _HERE / "go", "govcd")
PROVIDER = GoProgram(
    "github.com/vmware/terraform-provider-vcd/v3", _HERE / "terraform" / "provider", "terraform-provider-vcd"
)
TERRAFORM = GoProgram("github.com/hashicorp/terraform", _HERE / "terraform" / "cli", "terraform")


def built(program: GoProgram) -> Path:
    """The executable, alone in its folder. Raises NoGoError where it can't be built."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ssvirt-test"
    cache.mkdir(parents=True, exist_ok=True)
    content = hashlib.sha256()
    for source in sorted([*program.module.glob("*.go"), *program.module.glob("go.*")]):
        content.update(f"{source.name}\0".encode() + source.read_bytes())
    folder = cache / f"{program.name}-{content.hexdigest()[:16]}"
    executable = folder / program.name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released with the file, also by a killed process
        if not executable.exists():
            _build(program, folder)
    return executable


def _build(program: GoProgram, folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise NoGoError("There is no Go toolchain: install Go to run the tests of Go clients.")
    # What the package needs, and no more: `go mod download` would fetch the whole module graph.
    downloaded = _go(program, go, "list", "-deps", "-f", "{{.Name}}", program.package)
    if downloaded.returncode:
        raise NoGoError(
            f"The modules of {program.name} can't be had (no module proxy, or a Go that is too old):\n"
            f"{downloaded.stderr[-1000:]}"
        )
    shutil.rmtree(folder, ignore_errors=True)
    partial = folder.with_suffix(".partial")
    done = _go(program, go, "build", "-trimpath", "-ldflags=-s -w", "-o", str(partial), program.package)
    if done.returncode:
        raise RuntimeError(f"{program.name} can't be built:\n{done.stdout}{done.stderr}")
    folder.mkdir()
    partial.rename(folder / program.name)  # last: what was interrupted is built again


def _go(program: GoProgram, go: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [go, *arguments],
        cwd=program.module,
        env=os.environ | _ENVIRON,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
    )
