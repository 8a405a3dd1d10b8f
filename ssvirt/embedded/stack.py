"""What `make run` consists of: the parts, their environment and order, and when all of it counts as ready."""

import http.client
import os
import ssl
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ssvirt.embedded import valkey
from ssvirt.embedded.postgres import Postgres
from ssvirt.embedded.program import Command
from ssvirt.embedded.report import Access, ready_page, say, write_credentials
from ssvirt.embedded.state import BASE_DIR, LOOPBACK, Home, StartError, is_port_free
from ssvirt.embedded.supervisor import Supervisor, nothing, together, until
from ssvirt.embedded.tls import ensure_certificate

_READY_TIMEOUT_S = 120.0
_SEED_TIMEOUT_S = 90
_TRUE = {"1", "true", "yes", "on", "y", "t"}
_MANAGE = (sys.executable, str(BASE_DIR / "manage.py"))
_SERVE = (sys.executable, "-m", "ssvirt.serve")


class Stack:
    """The parts of one start. Making it checks what the user gave; nothing is started yet."""

    def __init__(self, home: Home, environ: Mapping[str, str]) -> None:
        self._home = home
        self._given = environ
        self._started_at = time.monotonic()
        self._bind = environ.get("SSVIRT_BIND") or LOOPBACK
        self._probe_host = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(self._bind, self._bind)  # noqa: S104
        self._port = self._port_of("API_PORT", 8080)
        self._tls_port = self._port_of("API_TLS_PORT", 8443)
        self._check_ports()
        self.environ: dict[str, str] = {}  # what the children get beside ours

    def prepare(self) -> None:
        """Makes certificate, secrets and ports, and from them the environment of the children."""
        home = self._home
        home.rotate_logs()
        self._certificate, key = self._certificate_paths()
        self._password = home.demo_password(self._given.get("SSVIRT_DEMO_PASSWORD", ""))
        self._valkey_port, self._valkey_password = home.port("valkey"), home.secret("valkey_password")
        self._emulator_port = home.port("emulator")
        self._console_port = home.port("console")
        self._kubeconfig = home.emulator / "kubeconfig"
        self._postgres = Postgres(home.postgres, log=home.log("postgres"))
        fixed = {
            "DJANGO_SETTINGS_MODULE": "ssvirt.settings",
            "PYTHONUNBUFFERED": "1",
            "API_PORT": str(self._port),
            "API_TLS_PORT": str(self._tls_port),
            "API_TLS_CERT_FILE": str(self._certificate),
            "API_TLS_KEY_FILE": str(key),
            "SSVIRT_BIND": self._bind,
            "SSVIRT_DEMO_PASSWORD": self._password,
        }
        defaults = {
            "SSVIRT_DEMO": "1",
            "LOG_FORMAT": "json",
            "SSVIRT_CONSOLE_PORT": str(self._console_port),
            "SSVIRT_TRANSFER_DIR": str(home.transfer),
            "SSVIRT_STATIC_ROOT": str(home.static),  # empty: in the demo files are served where they are
            "DATABASE_URL": self._postgres.url if self._is_embedded("DATABASE_URL") else "",
            "REDIS_URL": valkey.url(port=self._valkey_port, password=self._valkey_password),
            "KUBECONFIG": str(self._kubeconfig),
            "SECRET_KEY": home.secret("secret_key"),
            "JWT_SECRET_KEY": home.secret("jwt_secret_key"),
        }
        self.environ = fixed | {name: value for name, value in defaults.items() if self._is_embedded(name)}

    async def start(self, supervisor: Supervisor) -> None:
        """Starts all parts and returns when they are ready and the page is printed."""
        say(f"starting SSVirt in {self._home.path} ...")
        await together(
            supervisor.start_postgres(self._postgres) if self._is_embedded("DATABASE_URL") else nothing(),
            self._start_valkey(supervisor) if self._is_embedded("REDIS_URL") else nothing(),
        )
        await together(
            self._start_emulator(supervisor) if self._is_embedded("KUBECONFIG") else nothing(),
            supervisor.run_once(self._manage("migrate", "--no-input", "--verbosity=1")),
        )
        await supervisor.start_tier(
            Command("web", (*_SERVE, "web"), self.environ),
            Command("web-tls", (*_SERVE, "web-tls"), self.environ),
            self._manage("worker", metrics=True),
            self._manage("watch", metrics=True),
            Command("console", (*_SERVE, "console"), self.environ),
        )
        await together(
            self._until_up("web", self._port, "/readyz"),
            self._until_up("web-tls", self._tls_port, "/readyz", tls=True),
            self._until_up("worker", self._home.port("worker-metrics"), "/healthz"),
            self._until_up("watch", self._home.port("watch-metrics"), "/healthz"),
            self._until_up("console", int(self._value("SSVIRT_CONSOLE_PORT")), "/healthz"),
            self._seed(supervisor),
        )
        self._report()

    # --- parts ---

    async def _start_valkey(self, supervisor: Supervisor) -> None:
        port, password = self._valkey_port, self._valkey_password
        arguments = valkey.command(self._home.valkey, port=port, password=password)
        await supervisor.start_tier(Command("valkey", tuple(arguments)))
        await until(
            partial(valkey.answers, port=port, password=password),
            what="Valkey",
            timeout_s=20,
            interval_s=0.02,
        )

    async def _start_emulator(self, supervisor: Supervisor) -> None:
        port = self._emulator_port
        dsn, password = split_password(self._database_url())
        command = self._manage(
            *("emulator", "--state-dir", str(self._home.emulator), "--port", str(port), "--dsn", dsn)
        )
        await supervisor.start_tier(replace(command, environ={**command.environ, "PGPASSWORD": password}))
        await until(
            lambda: self._kubeconfig.exists() and self._is_up(port, "/readyz", tls=True, host=LOOPBACK),
            what="the cluster emulator",
            timeout_s=60,
        )

    async def _seed(self, supervisor: Supervisor) -> None:
        if self._is_demo():
            await supervisor.run_once(self._manage("seed_demo", "--wait", str(_SEED_TIMEOUT_S)))

    def _is_demo(self) -> bool:
        return self._value("SSVIRT_DEMO").lower() in _TRUE

    async def _until_up(self, name: str, port: int, path: str, *, tls: bool = False) -> None:
        await until(partial(self._is_up, port, path, tls=tls), what=name, timeout_s=_READY_TIMEOUT_S)

    def _manage(self, name: str, *arguments: str, metrics: bool = False) -> Command:
        environ = self.environ
        if metrics:
            environ = environ | {"SSVIRT_METRICS_PORT": str(self._home.port(f"{name}-metrics"))}
        return Command(name, (*_MANAGE, name, *arguments), environ)

    def _is_up(self, port: int, path: str, *, tls: bool = False, host: str = "") -> bool:
        """Whether a GET answers 200. Certificates are not checked: it is our own loopback."""
        host = host or self._probe_host
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=5, context=context
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    # --- what the user gave ---

    def _is_embedded(self, name: str) -> bool:
        """Whether the environment leaves the value of `name` (or `NAME_FILE`) to us."""
        return not (self._given.get(name) or self._given.get(f"{name}_FILE"))

    def _database_url(self) -> str:
        if path := self._given.get("DATABASE_URL_FILE"):
            return Path(path).read_text(encoding="utf-8").strip()
        return self._value("DATABASE_URL")

    def _value(self, name: str) -> str:
        return self.environ.get(name) or self._given.get(name, "")

    def _port_of(self, name: str, default: int) -> int:
        text = self._given.get(name) or str(default)
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise StartError(f"{name} must be a port number, not {text!r}")
        return int(text)

    def _check_ports(self) -> None:
        if self._port == self._tls_port:
            raise StartError(f"API_PORT and API_TLS_PORT are both {self._port}; they must differ")
        for name, port in (("API_PORT", self._port), ("API_TLS_PORT", self._tls_port)):
            try:
                is_free = is_port_free(port, self._bind)
            except PermissionError as error:
                raise StartError(
                    f"{name}: no permission to listen on port {port}; set {name} above 1023"
                ) from error
            if not is_free:
                raise StartError(
                    f"{name}: port {port} is taken on {self._bind}; stop its owner or set {name} to another"
                )

    def _certificate_paths(self) -> tuple[Path, Path]:
        given = {name: self._given.get(name, "") for name in ("API_TLS_CERT_FILE", "API_TLS_KEY_FILE")}
        if not any(given.values()):
            return ensure_certificate(self._home.tls)
        for name, path in given.items():
            if not Path(path).is_file() or not os.access(path, os.R_OK):
                raise StartError(
                    f"{name} must name a readable file (certificate and key go together), not {path!r}"
                )
        cert, key = (Path(path).absolute() for path in given.values())
        return cert, key

    # --- the end of the start ---

    def _report(self) -> None:
        host = "localhost" if self._probe_host in {LOOPBACK, "::1"} else self._probe_host
        access = Access(
            url=f"http://{host}:{self._port}",
            tls_url=f"https://{host}:{self._tls_port}",
            tls_certificate=str(self._certificate),
            kubeconfig=self._value("KUBECONFIG"),
            password=self._password if self._is_demo() else "",
            logs=str(self._home.logs),
        )
        write_credentials(self._home.credentials, access)
        say(
            ready_page(
                access, seconds=time.monotonic() - self._started_at, credentials=self._home.credentials
            )
        )


def split_password(database_url: str) -> tuple[str, str]:
    """The URL as libpq takes it without its password, and the password: a command line is public."""
    parts = urlsplit(database_url)
    user, mark, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    query = f"?{parts.query}" if parts.query else ""
    return f"postgresql://{name}{mark}{host}{parts.path}{query}", unquote(password)
