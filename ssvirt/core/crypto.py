"""Encryption of stored credentials (kubeconfigs, secrets of tasks) with the key of the settings."""

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class DecryptionError(Exception):
    """The stored value was written with another key, or is damaged."""


def encrypt(data: bytes) -> bytes:
    """`data` as a Fernet token; different at each call."""
    return Fernet(settings.ENCRYPTION_KEY).encrypt(data)


def decrypt(token: bytes) -> bytes:
    """What `encrypt` was given. Raises DecryptionError."""
    try:
        return Fernet(settings.ENCRYPTION_KEY).decrypt(bytes(token))
    except InvalidToken as error:
        raise DecryptionError(
            "a stored credential cannot be decrypted: was the encryption key changed?"
        ) from error
