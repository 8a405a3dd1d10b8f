"""A virtualenv with the real clients, apart from the service's own, built once for each lock file.

It lives in the user's cache, outside the clone, so that it survives `make clean` and serves every clone.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

_LOCK = Path(__file__).with_name("requirements.lock")
_BUILT = "built"  # written last: a folder without it was interrupted
_INSTALL = (
    *("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"),
    *("--require-hashes", "--no-deps", "--only-binary", ":all:"),
    "--no-compile",  # thousands of generated files that no test imports
)


def clients_bin() -> Path:
    """The folder of the clients' `python` and `vcd`. Takes half a minute the first time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ssvirt-test"
    cache.mkdir(parents=True, exist_ok=True)
    content = _LOCK.read_bytes() + sys.version.encode()
    folder = cache / f"clients-{hashlib.sha256(content).hexdigest()[:16]}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released with the file, also by a killed process
        if not (folder / _BUILT).exists() or not os.access(folder / "bin" / "python", os.X_OK):
            _build(folder)
    return folder / "bin"


def _build(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    # Symbolic links to the interpreter behind our own virtualenv, which may go.
    venv.EnvBuilder(with_pip=True, symlinks=True).create(folder)
    done = subprocess.run(
        [folder / "bin" / "python", *_INSTALL, "-r", _LOCK],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(f"the clients of {_LOCK.name} can't be installed:\n{done.stdout}{done.stderr}")
    (folder / _BUILT).touch()
