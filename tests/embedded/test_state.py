"""state of make run."""

import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ssvirt.embedded.state import (
    LOOPBACK,
    MAX_LOG_BYTES,
    Home,
    StartError,
    is_port_free,
    read_json,
    write_json,
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secret_is_made_once_and_private(home: Home) -> None:
    first = home.secret("secret_key")

    assert home.secret("secret_key") == first
    assert home.secret("jwt_secret_key") != first
    assert len(first) >= 32
    assert mode(home.path / "secrets.json") == 0o600


def test_prepare_closes_the_folder_to_others(home: Home) -> None:
    assert mode(home.path) & 0o066 == 0
    assert mode(home.logs) == 0o700


def test_prepare_when_the_folder_cannot_be_made_then_says_so() -> None:
    with pytest.raises(StartError, match="cannot use the state folder /dev/null/x"):
        Home(Path("/dev/null/x")).prepare()


def test_demo_password_given_wins_and_is_kept(home: Home) -> None:
    generated = home.demo_password("")

    assert generated.isalnum()
    assert home.demo_password("") == generated
    assert home.demo_password("another one") == "another one"
    assert home.demo_password("") == "another one"


def test_port_stays_the_same_until_it_is_taken(home: Home) -> None:
    port = home.port("emulator")
    assert home.port("emulator") == port

    with socket.socket() as owner:
        owner.bind((LOOPBACK, port))
        owner.listen()
        assert not is_port_free(port)
        moved = home.port("emulator")

    assert moved != port
    assert home.port("emulator") == moved


def test_hold_when_another_process_has_the_folder_then_refused(home: Home) -> None:
    code = (
        "import sys, time; from pathlib import Path; from ssvirt.embedded.state import Home; "
        "Home(Path(sys.argv[1])).hold(); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(home.path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StartError, match=f"used by another `make run` .process {holder.pid}."):
            home.hold()
        holder.kill()
        holder.wait()

    home.hold()
    assert (home.path / "lock").read_text() == f"{os.getpid()}\n"


def test_hold_when_the_holder_was_killed_then_waits_for_its_guard(home: Home) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from ssvirt.embedded.state import Home; "
        "Home(Path(sys.argv[1])).hold(); pid = os.fork()\n"
        "if pid: print(pid, flush=True); os.kill(os.getpid(), 9)\n"
        "os.close(1); time.sleep(1)"
    )
    started_at = time.monotonic()
    subprocess.run([sys.executable, "-c", code, str(home.path)], stdout=subprocess.PIPE, check=False)

    home.hold()

    assert time.monotonic() - started_at >= 0.9


def test_rotate_logs_moves_large_ones_aside(home: Home) -> None:
    home.log("web").write_bytes(b"x" * (MAX_LOG_BYTES + 1))
    home.log("worker").write_bytes(b"x")

    home.rotate_logs()

    assert not home.log("web").exists()
    assert (home.logs / "web.log.1").exists()
    assert home.log("worker").exists()


def test_read_json_when_broken_then_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    assert read_json(path) == {}
    write_json(path, {"a": 1})
    assert read_json(path) == {"a": 1}

    path.write_text("{")
    with pytest.raises(StartError, match=r"secrets\.json"):
        read_json(path)
    path.write_text("[]")
    with pytest.raises(StartError, match="not a JSON object"):
        read_json(path)
