"""The embedded PostgreSQL, for real: each test starts a server of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from ssvirt.embedded.postgres import Postgres
from ssvirt.embedded.state import StartError


@pytest.fixture
def tmp_path() -> Generator[Path]:
    """A folder outside pytest's own, which a second run of pytest would close to PostgreSQL's user."""
    folder = Path(tempfile.mkdtemp(prefix="ssvirt-pg-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def made(tmp_path: Path) -> Generator[list[Postgres]]:
    servers: list[Postgres] = []
    yield servers
    for server in servers:
        server.stop(timeout_s=5)


def server(folder: Path, made: list[Postgres]) -> Postgres:
    folder.mkdir(parents=True, exist_ok=True)
    postgres = Postgres(folder / "postgres", log=folder / "postgres.log", settings={"fsync": "off"})
    made.append(postgres)
    return postgres


def answer(postgres: Postgres, query: str) -> object:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row and row[0]


def test_start_then_adopted_and_data_kept_over_a_stop(tmp_path: Path, made: list[Postgres]) -> None:
    first = server(tmp_path, made)
    first.start()
    assert not first.is_adopted
    with psycopg.connect(first.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    second = server(tmp_path, made)
    second.start()
    assert second.is_adopted
    assert answer(second, "SELECT answer FROM kept") == 42

    second.stop()
    assert not first.is_running()
    third = server(tmp_path, made)
    third.start()
    assert not third.is_adopted
    assert answer(third, "SELECT answer FROM kept") == 42
    assert answer(third, "SHOW server_encoding") == "UTF8"


def test_start_when_the_path_is_long_and_odd_then_works(tmp_path: Path, made: list[Postgres]) -> None:
    postgres = server(tmp_path / ("x" * 100) / "with space, comma", made)

    postgres.start()

    assert answer(postgres, "SELECT current_user") == "ssvirt"


def test_start_when_killed_before_then_recovers(tmp_path: Path, made: list[Postgres]) -> None:
    first = server(tmp_path, made)
    first.start()
    pid = int((first.data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)

    while first.is_running():
        pass
    first.start()

    assert answer(first, "SELECT 1") == 1


def test_start_when_the_pid_file_names_another_process_then_ignores_it(
    tmp_path: Path, made: list[Postgres]
) -> None:
    first = server(tmp_path, made)
    first.start()
    pid_file = first.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    first.stop()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    again = server(tmp_path, made)
    again.start()

    assert not again.is_adopted


def test_start_when_it_cannot_run_then_says_why(tmp_path: Path, made: list[Postgres]) -> None:
    postgres = server(tmp_path, made)
    postgres.settings["max_connections"] = "nonsense"

    with pytest.raises(StartError, match=r"does not start.*max_connections"):
        postgres.start()


def test_data_of_an_unknown_version_is_refused(tmp_path: Path, made: list[Postgres]) -> None:
    postgres = server(tmp_path, made)
    postgres.data.mkdir(parents=True)
    (postgres.data / "PG_VERSION").write_text("9\n")

    with pytest.raises(StartError, match="PostgreSQL 9, which is not installed"):
        postgres.start()


def test_dies_with_parent_when_told_to(tmp_path: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path; from ssvirt.embedded.postgres import Postgres; "
        "p = Path(sys.argv[1]); s = Postgres(p / 'pg', log=p / 'log', dies_with_parent=True); s.start(); "
        "print((s.data / 'postmaster.pid').read_text().split()[0], flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, check=False)
    pid = int(done.stdout)

    for _ in range(500):
        if not Path(f"/proc/{pid}").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text():
            return
        os.sched_yield()
        subprocess.run(["sleep", "0.02"], check=True)
    pytest.fail("the server outlived its starter")
