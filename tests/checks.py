"""`make check`: every static check, two at a time, one result line each. Exit code 1 when one failed."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BIN = Path(sys.executable).parent
MANAGE = (PYTHON, "manage.py")
# The checks talk to no server; the values only have to pass the settings' own checks.
ENVIRON = {
    "SECRET_KEY": "only-for-checks-0123456789abcdefghijklmnopqrstuvwxyz",
    "JWT_SECRET_KEY": "only-for-checks-zyxwvutsrqponmlkjihgfedcba9876543210",
    "DATABASE_URL": "postgresql:///ssvirt?host=/nonexistent",
    "DJANGO_SETTINGS_MODULE": "ssvirt.settings",
    "PYTHONWARNINGS": "ignore::DeprecationWarning,ignore::RuntimeWarning",
}


@dataclass(frozen=True, slots=True)
class Check:
    """A command that fails with an exit code."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """How it went."""

    check: Check
    code: int
    output: str
    seconds: float


# The slowest first, so that the others fit beside it.
CHECKS = (
    Check("types", (str(BIN / "mypy"),)),
    Check("deploy check", (*MANAGE, "check", "--deploy", "--fail-level", "WARNING")),
    Check(
        "missing migrations",
        (*MANAGE, "makemigrations", "--check", "--dry-run", "--settings", "tests.check_settings"),
    ),
    Check("import contracts", (str(BIN / "lint-imports"),)),
    Check("manifests", (PYTHON, "-m", "tests.deploy.lint")),
    Check("lint", (str(BIN / "ruff"), "check", "--quiet", "--output-format", "concise", ".")),
    Check("format", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
)


def main() -> int:
    """Runs the checks, or those named on the command line."""
    wanted = set(sys.argv[1:])
    unknown = wanted - {check.name for check in CHECKS}
    if unknown:
        say(f"no such check: {', '.join(sorted(unknown))}; there are: {', '.join(c.name for c in CHECKS)}")
        return 2
    started_at = time.monotonic()
    failed: list[Result] = []
    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        runs = [pool.submit(run, check) for check in CHECKS if not wanted or check.name in wanted]
        for done in as_completed(runs):
            result = done.result()
            say(f"{'ok    ' if result.code == 0 else 'FAILED'}  {result.check.name} ({result.seconds:.1f} s)")
            for line in result.output.splitlines():
                if result.code == 0 and line.startswith("note: "):
                    say(f"        {line}")
            if result.code != 0:
                failed.append(result)
    for result in failed:
        say(f"\n--- {result.check.name}: {' '.join(result.check.command)}\n{result.output.strip()}")
    say(f"\n{len(runs) - len(failed)} of {len(runs)} checks passed in {time.monotonic() - started_at:.1f} s")
    return 1 if failed else 0


def say(line: str) -> None:
    """Prints one line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(check: Check) -> Result:
    """Runs one check and keeps what it printed."""
    started_at = time.monotonic()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SSVIRT_")}
    done = subprocess.run(
        check.command,
        cwd=PROJECT,
        env=environ | ENVIRON,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Result(check, done.returncode, done.stdout, time.monotonic() - started_at)


if __name__ == "__main__":
    sys.exit(main())
