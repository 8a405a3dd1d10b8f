"""Encryption of stored credentials."""

from typing import Any

import hypothesis
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from ssvirt.core.crypto import DecryptionError, decrypt, encrypt


@hypothesis.settings(deadline=None)
@given(st.binary(max_size=200))
def test_decrypt_when_given_what_was_encrypted_then_the_same(data: bytes) -> None:
    assert decrypt(encrypt(data)) == data


def test_encrypt_when_called_twice_then_different_and_unreadable() -> None:
    first, second = encrypt(b"kubeconfig"), encrypt(b"kubeconfig")
    assert first != second
    assert b"kubeconfig" not in first


def test_decrypt_when_column_is_a_memoryview_then_read() -> None:
    assert decrypt(memoryview(encrypt(b"x"))) == b"x"  # type: ignore[arg-type]


def test_decrypt_when_the_key_is_another_then_says_so(settings: Any) -> None:
    token = encrypt(b"x")
    settings.ENCRYPTION_KEY = Fernet.generate_key()
    with pytest.raises(DecryptionError, match="key changed"):
        decrypt(token)


@pytest.mark.parametrize("damage", [lambda t: t[:-1], lambda t: b"", lambda t: t[:20] + b"AAAA" + t[24:]])
def test_decrypt_when_damaged_then_raises(damage: Any) -> None:
    with pytest.raises(DecryptionError):
        decrypt(damage(encrypt(b"a long enough value")))
