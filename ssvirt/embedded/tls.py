"""The self-signed certificate of the embedded HTTPS port, made once and used again at later starts."""

import datetime
import ipaddress
import socket
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ssvirt.embedded.state import write_private

_LIFETIME = datetime.timedelta(days=825)
_RENEW_BEFORE = datetime.timedelta(days=30)


def ensure_certificate(folder: Path) -> tuple[Path, Path]:
    """Paths of certificate and key (PEM, PKCS#8) for localhost, the loopback addresses and this host's name.

    A certificate made earlier is used again, so that clients that trust it go on doing so, unless it ends
    soon or the host has another name.
    """
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    names = ["localhost", *({socket.gethostname()} - {"localhost", ""})]
    if not (key_path.exists() and _is_usable(cert_path, names)):
        certificate, key = _make(names)
        write_private(key_path, key)
        write_private(cert_path, certificate)
        cert_path.chmod(0o644)
    return cert_path, key_path


def _is_usable(path: Path, names: list[str]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    ends_at = certificate.not_valid_after_utc
    return ends_at - datetime.datetime.now(datetime.UTC) > _RENEW_BEFORE and set(names) <= set(
        known.get_values_for_type(x509.DNSName)
    )


def _make(names: list[str]) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SSVirt on localhost")])
    now = datetime.datetime.now(datetime.UTC)
    addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(
            x509.SubjectAlternativeName([*(x509.DNSName(name) for name in names), *addresses]), critical=False
        )
        # Not a CA: rustls clients refuse a CA certificate as a server's own.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
