"""tls of make run."""

import datetime
import ipaddress
import socket
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ssvirt.embedded import tls


def names(path: Path) -> x509.SubjectAlternativeName:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def test_certificate_names_this_host_and_loopback(tmp_path: Path) -> None:
    certificate, key = tls.ensure_certificate(tmp_path)

    assert {"localhost", socket.gethostname()} <= set(names(certificate).get_values_for_type(x509.DNSName))
    assert set(names(certificate).get_values_for_type(x509.IPAddress)) == {
        ipaddress.ip_address("127.0.0.1"),
        ipaddress.ip_address("::1"),
    }
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"BEGIN PRIVATE KEY" in key.read_bytes()  # PKCS#8: granian takes no other
    load_pem_private_key(key.read_bytes(), password=None)


def test_certificate_is_used_again(tmp_path: Path) -> None:
    before = [path.read_bytes() for path in tls.ensure_certificate(tmp_path)]

    assert [path.read_bytes() for path in tls.ensure_certificate(tmp_path)] == before


def test_certificate_when_the_host_was_renamed_then_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls.ensure_certificate(tmp_path)
    monkeypatch.setattr(socket, "gethostname", lambda: "renamed.example")

    certificate, _ = tls.ensure_certificate(tmp_path)

    assert "renamed.example" in names(certificate).get_values_for_type(x509.DNSName)


def test_certificate_when_it_ends_soon_then_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(tls, "_LIFETIME", datetime.timedelta(days=3))
        before = tls.ensure_certificate(tmp_path)[0].read_bytes()

    assert tls.ensure_certificate(tmp_path)[0].read_bytes() != before


@pytest.mark.parametrize("content", [b"", b"no certificate"])
def test_certificate_when_broken_then_made_anew(tmp_path: Path, content: bytes) -> None:
    certificate, _ = tls.ensure_certificate(tmp_path)
    certificate.write_bytes(content)

    tls.ensure_certificate(tmp_path)

    names(certificate)
