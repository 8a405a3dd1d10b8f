"""vcd-cli kept loaded, run by the clients' own Python: `python vcd_server.py`.

Reads command lines from stdin, one JSON array of arguments a line, and answers each with a line `{"code", "said"}`.
Every command runs in a process forked from this one, as fresh as a new `vcd` but without its second of imports.
"""

import json
import os
import sys
import tempfile
from typing import Any

from vcd_cli.vcd import vcd


def run(arguments: list[str]) -> dict[str, Any]:
    """The exit code of a command, and what it printed."""
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            os._exit(_main(arguments))
        _, status = os.waitpid(child, 0)
        said.seek(0)
        return {"code": os.waitstatus_to_exitcode(status), "said": said.read().decode()}


def _main(arguments: list[str]) -> int:
    try:
        vcd(args=arguments, prog_name="vcd")
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    for line in sys.stdin:
        answer = run(json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
