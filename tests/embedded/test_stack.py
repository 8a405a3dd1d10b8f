"""What the user gives, and what the children get."""

import json
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ssvirt.embedded import valkey
from ssvirt.embedded.report import ACCOUNTS, Access, ready_page, write_credentials
from ssvirt.embedded.stack import Stack, split_password
from ssvirt.embedded.state import LOOPBACK, Home, StartError, free_port

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


@pytest.fixture
def ports() -> dict[str, str]:
    return {"API_PORT": str(free_port()), "API_TLS_PORT": str(free_port())}


def test_environment_of_the_children_names_the_embedded_parts(home: Home, ports: dict[str, str]) -> None:
    stack = Stack(home, ports)
    stack.prepare()
    environ = stack.environ

    assert environ["DATABASE_URL"].startswith("postgresql://ssvirt@/ssvirt?host=")
    assert environ["REDIS_URL"].startswith("redis://:")
    assert environ["KUBECONFIG"] == str(home.emulator / "kubeconfig")
    assert environ["SSVIRT_DEMO"] == "1"
    assert environ["LOG_FORMAT"] == "json"
    assert environ["SSVIRT_BIND"] == LOOPBACK
    assert len(environ["SECRET_KEY"]) >= 32
    assert environ["SECRET_KEY"] != environ["JWT_SECRET_KEY"]


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "KUBECONFIG", "SECRET_KEY", "LOG_FORMAT"])
@pytest.mark.parametrize("suffix", ["", "_FILE"])
def test_what_the_user_gives_is_left_alone(home: Home, ports: dict[str, str], name: str, suffix: str) -> None:
    stack = Stack(home, ports | {name + suffix: "given"})
    stack.prepare()

    assert name not in stack.environ


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"API_PORT": "abc"}, "API_PORT must be a port number, not 'abc'"),
        ({"API_PORT": "0"}, "API_PORT must be a port number"),
        ({"API_TLS_PORT": "65536"}, "API_TLS_PORT must be a port number"),
        ({"API_PORT": "9000", "API_TLS_PORT": "9000"}, "API_PORT and API_TLS_PORT are both 9000"),
    ],
)
def test_ports_that_make_no_sense_are_refused(home: Home, given: dict[str, str], message: str) -> None:
    with pytest.raises(StartError, match=message):
        Stack(home, given)


@pytest.mark.parametrize("name", ["API_PORT", "API_TLS_PORT"])
def test_taken_port_is_refused_by_its_name(home: Home, ports: dict[str, str], name: str) -> None:
    with socket.socket() as owner:
        owner.bind((LOOPBACK, int(ports[name])))
        owner.listen()
        with pytest.raises(StartError, match=f"{name}: port {ports[name]} is taken on {LOOPBACK}"):
            Stack(home, ports)


def test_certificate_without_key_is_refused(home: Home, ports: dict[str, str], tmp_path: Path) -> None:
    certificate = tmp_path / "cert.pem"
    certificate.touch()
    stack = Stack(home, ports | {"API_TLS_CERT_FILE": str(certificate)})

    with pytest.raises(StartError, match="API_TLS_KEY_FILE must name a readable file"):
        stack.prepare()


def test_taken_port_ends_the_command_with_one_line(tmp_path: Path, ports: dict[str, str]) -> None:
    with socket.socket() as owner:
        owner.bind((LOOPBACK, int(ports["API_PORT"])))
        owner.listen()
        done = subprocess.run(
            [sys.executable, "-m", "ssvirt.embedded"],
            cwd=PROJECT,
            env=ports | {"SSVIRT_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"port {ports['API_PORT']} is taken" in done.stderr


def test_help_lists_the_environment() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ssvirt.embedded", "--help"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    for name in (
        "SSVIRT_HOME",
        "API_PORT",
        "API_TLS_PORT",
        "SSVIRT_DEMO_PASSWORD",
        "DATABASE_URL",
        "KUBECONFIG",
    ):
        assert name in done.stdout


def test_credentials_and_page_name_accounts_addresses_and_commands(home: Home) -> None:
    access = Access(
        url="http://localhost:1",
        tls_url="https://localhost:2",
        tls_certificate="/c",
        kubeconfig="/with space/kubeconfig",
        password="it's",
        logs="/l",
    )

    write_credentials(home.credentials, access)
    page = ready_page(access, seconds=1.0, credentials=home.credentials)

    content = json.loads(home.credentials.read_text())
    assert set(content) == {"accounts", "url", "tls_url", "kubeconfig"}
    assert [(each["org"], each["user"], each["role"]) for each in content["accounts"]] == list(ACCOUNTS)
    assert {each["password"] for each in content["accounts"]} == {"it's"}
    assert stat.S_IMODE(home.credentials.stat().st_mode) == 0o600
    assert "vcd login http://localhost:1 acme bob -p 'it'\"'\"'s'" in page
    assert "kubectl --kubeconfig '/with space/kubeconfig' get vm,vmi,dv -A" in page
    for _, user, role in ACCOUNTS:
        assert user in page
        assert role in page


@pytest.mark.parametrize(
    ("url", "dsn", "password"),
    [
        ("postgresql://ssvirt@/ssvirt?host=/run/pg", "postgresql://ssvirt@/ssvirt?host=/run/pg", ""),
        (
            "postgres://u:p%40ss@db:5432/name?sslmode=require",
            "postgresql://u@db:5432/name?sslmode=require",
            "p@ss",
        ),
        ("postgresql:///ssvirt", "postgresql:///ssvirt", ""),
    ],
)
def test_password_is_kept_off_the_command_line(url: str, dsn: str, password: str) -> None:
    assert split_password(url) == (dsn, password)


def test_page_without_demo_data_names_no_accounts(home: Home) -> None:
    access = Access(url="u", tls_url="t", tls_certificate="c", kubeconfig="k", password="", logs="l")

    write_credentials(home.credentials, access)
    page = ready_page(access, seconds=1.0, credentials=home.credentials)

    assert json.loads(home.credentials.read_text())["accounts"] == []
    assert "alice" not in page
    assert "No demo data" in page


def test_valkey_answers_only_with_its_password(tmp_path: Path) -> None:
    port = free_port()
    with subprocess.Popen(
        valkey.command(tmp_path, port=port, password="right"), stdout=subprocess.DEVNULL
    ) as server:
        try:
            for _ in range(200):
                if valkey.answers(port=port, password="right"):
                    break
                subprocess.run(["sleep", "0.02"], check=True)
            assert valkey.answers(port=port, password="right")
            assert not valkey.answers(port=port, password="wrong")
            assert stat.S_IMODE((tmp_path / "valkey.conf").stat().st_mode) == 0o600
        finally:
            server.kill()
    assert not valkey.answers(port=port, password="right")
