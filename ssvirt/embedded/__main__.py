"""`python -m ssvirt.embedded`, what `make run` runs."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from ssvirt import __version__
from ssvirt.embedded.guard import Guard, follow_parent
from ssvirt.embedded.stack import Stack
from ssvirt.embedded.state import Home, StartError
from ssvirt.embedded.supervisor import Supervisor

_HELP = """\
environment (all optional):
  SSVIRT_HOME           state folder (default: .ssvirt beside the code)
  API_PORT              plain HTTP (default 8080)
  API_TLS_PORT          HTTPS (default 8443)
  API_TLS_CERT_FILE, API_TLS_KEY_FILE
                        certificate and key (default: self-signed, made in the state folder)
  SSVIRT_DEMO_PASSWORD  password of every demo account (default: generated once)
  DATABASE_URL          a PostgreSQL database instead of the embedded one
  REDIS_URL             a Valkey or Redis instead of the embedded one
  KUBECONFIG            a cluster instead of the emulator
  SSVIRT_BIND           address to listen on (default 127.0.0.1)

docs/configuration.md has the rest. Exit code: 0 stopped as asked, 1 could not start, 2 wrong usage.
"""


def main(arguments: list[str] | None = None) -> int:
    """Runs everything until it is told to stop; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ssvirt.embedded",
        description="Starts SSVirt with an embedded PostgreSQL, Valkey and cluster emulator.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"SSVirt {__version__}")
    parser.parse_args(arguments)
    if _is_child_of_make():
        follow_parent()  # a killed make must not leave everything running
    try:
        home = Home.from_environment(os.environ)
        home.prepare()
        home.hold()
        stack = Stack(home, os.environ)
        stack.prepare()
        guard = Guard()
        try:
            return asyncio.run(_run(home, guard, stack))
        finally:
            guard.close()
    except (StartError, OSError) as error:
        print(f"ssvirt: {error}", file=sys.stderr)  # noqa: T201  the console is ours
        return 1


async def _run(home: Home, guard: Guard, stack: Stack) -> int:
    return await Supervisor(home, guard).run(stack.start)


def _is_child_of_make() -> bool:
    if "MAKELEVEL" not in os.environ:
        return False
    try:
        return Path(f"/proc/{os.getppid()}/comm").read_text(encoding="utf-8").strip() in {"make", "gmake"}
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
