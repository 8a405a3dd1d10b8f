"""Names and numbers as clients give them."""

import re

from ssvirt.core.errors import BadRequest

_COMPUTER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def entity_name(text: str | None, what: str) -> str:
    """A name of 1 to 128 characters without control characters. Raises BadRequest."""
    name = (text or "").strip(" \t\r\n")
    if not name:
        raise BadRequest(f"The {what} needs a name.")
    if len(name) > 128:
        raise BadRequest(f"The name of the {what} is longer than 128 characters.")
    if any(ord(character) < 32 for character in name):
        raise BadRequest(f"The name of the {what} has control characters.")
    return name


def description_of(text: str | None, what: str) -> str:
    """A description of at most 256 characters. Raises BadRequest."""
    if text is not None and len(text) > 256:
        raise BadRequest(f"The description of the {what} is longer than 256 characters.")
    return text or ""


def is_computer_name(text: str) -> bool:
    """Letters, digits and inner hyphens, 1 to 63 of them, not digits only. Source: RFC 952, RFC 1123."""
    return _COMPUTER_NAME.fullmatch(text) is not None and not text.isdigit()


def computer_name(text: str | None) -> str | None:
    """A computer name as it was given; None for none. Raises BadRequest naming it."""
    if text and not is_computer_name(text):
        raise BadRequest(
            f"The computer name '{text[:80]}' must have 1 to 63 letters, digits and inner hyphens, not digits only."
        )
    return text or None


def positive(value: int, what: str, limit: int) -> int:
    """`value`, between 1 and `limit`. Raises BadRequest naming what it is."""
    if not 0 < value <= limit:
        raise BadRequest(f"The {what} must be between 1 and {limit}, not {value}.")
    return value
