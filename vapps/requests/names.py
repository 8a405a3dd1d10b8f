"""Names and numbers as clients give them."""

from ssvirt.core.errors import BadRequest


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


def positive(value: int, what: str, limit: int) -> int:
    """`value`, between 1 and `limit`. Raises BadRequest naming what it is."""
    if not 0 < value <= limit:
        raise BadRequest(f"The {what} must be between 1 and {limit}, not {value}.")
    return value
