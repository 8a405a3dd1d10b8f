"""A pytest plugin (`-p tests.services`): a real PostgreSQL and Valkey for the run, and the environment.

One server of each kind for a whole run, in a folder of its own, so that runs side by side don't meet. The
xdist workers share them: each has its own test database (pytest-django), its own scratch database
(`SSVIRT_TEST_DSN`) and its own Redis database number. They end with the run, killed or not.

`DATABASE_URL` and `REDIS_URL` in the environment are used instead of our own servers.

The plugin is loaded with `-p`, because pytest-django reads the settings before any conftest.py.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from ssvirt.embedded import valkey
from ssvirt.embedded.guard import die_with_parent
from ssvirt.embedded.postgres import Postgres
from ssvirt.embedded.state import StartError, free_port

_MARK = "SSVIRT_TEST_SERVICES"  # names the run's folder; set by the process that starts the servers
_PREFIX = f"ssvirt-test-{os.geteuid()}-"
_VALKEY_PASSWORD = "test"
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
}
_TEST_SECRETS = ("SECRET_KEY", "JWT_SECRET_KEY")


class Services:
    """The servers of this run; only the process that made it (the xdist controller) stops them."""

    def __init__(self) -> None:
        _remove_leftovers()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")).resolve()
        self.folder.chmod(0o711)  # PostgreSQL's own user passes through when we are root
        self.postgres = Postgres(
            self.folder / "pg", log=self.folder / "postgres.log", settings=_FAST, dies_with_parent=True
        )
        self.valkey_port = free_port()
        self.valkey: subprocess.Popen[bytes] | None = None
        self.owns_postgres = not os.environ.get("DATABASE_URL")
        self.owns_valkey = not os.environ.get("REDIS_URL")
        if self.owns_postgres:
            os.environ["DATABASE_URL"] = self.postgres.url
        if self.owns_valkey:
            os.environ["REDIS_URL"] = valkey.url(port=self.valkey_port, password=_VALKEY_PASSWORD)
        static = self.folder / "static"
        static.mkdir(exist_ok=True)
        os.environ["SSVIRT_STATIC_ROOT"] = str(static)
        os.environ[_MARK] = str(self.folder)

    def start(self) -> None:
        """Starts what isn't given from outside; returns when it answers."""
        if self.owns_valkey:
            self.valkey = subprocess.Popen(
                valkey.command(self.folder, port=self.valkey_port, password=_VALKEY_PASSWORD),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509
            )
        if self.owns_postgres:
            self.postgres.start()
        deadline = time.monotonic() + 20
        while self.owns_valkey and not valkey.answers(port=self.valkey_port, password=_VALKEY_PASSWORD):
            if time.monotonic() > deadline:
                raise StartError("Valkey does not answer")
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends the servers and removes their folder."""
        if self.valkey is not None:
            self.valkey.kill()
            self.valkey.wait()
        if self.owns_postgres:
            self.postgres.stop(timeout_s=5)
        shutil.rmtree(self.folder, ignore_errors=True)


def _remove_leftovers() -> None:
    """Folders of runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdecimal() and not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _worker_number() -> int:
    """0, 1, ... of the xdist worker; 0 without xdist."""
    return int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)


def _set_environment() -> None:
    """What the settings need, whatever the developer's shell has."""
    for name in _TEST_SECRETS:
        os.environ.setdefault(name, f"only-for-tests-{name.lower()}-0123456789abcdefghij")
    for name in ("KUBECONFIG", "PUBLIC_URL", "SSVIRT_DEMO", "DATABASE_URL_FILE", "REDIS_URL_FILE"):
        os.environ.pop(name, None)
    if number := _worker_number():
        os.environ["REDIS_URL"] = re.sub(r"/\d*$", "", os.environ["REDIS_URL"]) + f"/{number}"


def _scratch_database(create: bool) -> None:
    """Makes (or removes) this worker's scratch database."""
    name = sql.Identifier(f"ssvirt_scratch_gw{_worker_number()}")
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        if create:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))


def _scratch_dsn() -> str:
    base, mark, query = os.environ["DATABASE_URL"].partition("?")
    return f"{base.rpartition('/')[0]}/ssvirt_scratch_gw{_worker_number()}{mark}{query}"


_services = Services() if _MARK not in os.environ else None
_set_environment()
_given_dsn = os.environ.get("SSVIRT_TEST_DSN") if _services else None
if not _given_dsn:
    os.environ["SSVIRT_TEST_DSN"] = _scratch_dsn()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before xdist starts its workers."""
    try:
        if _services is not None:
            _services.start()
    except (StartError, OSError) as error:
        pytest.exit(f"the services of the tests don't start: {error}", returncode=3)
    if not _given_dsn and not session.config.getoption("collectonly"):
        _scratch_database(create=True)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """After all tests, in the controller too."""
    if _services is None:
        return
    if not _services.owns_postgres and not _given_dsn:
        with suppress(psycopg.Error):
            _scratch_database(create=False)
    _services.stop()
