"""Text and JSON forms of strings, numbers, booleans and moments."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

# Characters that XML 1.0 cannot carry, not even escaped; lone surrogates among them.
_ILLEGAL: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_IN_TEXT: Final = re.compile(f"[&<>\r{_ILLEGAL}]")
_IN_ATTR: Final = re.compile(f'[&<>"\t\n\r{_ILLEGAL}]')
_ILLEGAL_CHAR: Final = re.compile(f"[{_ILLEGAL}]")
_ESCAPES: Final = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}
_INT: Final = re.compile(r"[+-]?[0-9]{1,20}")
_FLOAT: Final = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_MOMENT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,12}))?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


class Moment(datetime):
    """A parsed xs:dateTime: an aware datetime that remembers how it was spelled, and is written back so."""

    lexical: str = ""


def escape_text(value: str) -> str:
    """Element content. What XML cannot carry becomes U+FFFD: one odd name must not break a whole listing."""
    if _IN_TEXT.search(value) is None:
        return value
    return _IN_TEXT.sub(lambda found: _ESCAPES.get(found[0], "\ufffd"), value)


def escape_attr(value: str) -> str:
    """Attribute value, for double quotes. Line ends and tabs survive as character references."""
    if _IN_ATTR.search(value) is None:
        return value
    return _IN_ATTR.sub(lambda found: _ESCAPES.get(found[0], "\ufffd"), value)


def format_moment(value: datetime) -> str:
    """As spelled when it was parsed, else UTC with milliseconds: 2006-01-02T15:04:05.123Z."""
    if isinstance(value, Moment) and value.lexical:
        return value.lexical
    if value.tzinfo is None:
        raise ValueError(f"a moment on the wire must be aware: {value!r}")
    return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_moment(text: str) -> Moment:
    """ValueError if `text` isn't an xs:dateTime. Without a time zone it counts as UTC."""
    text = text.strip()
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError("not a date and time like 2006-01-02T15:04:05.123Z")
    zone = found[3] or "Z"
    try:
        parsed = datetime.fromisoformat(found[1] + ("+00:00" if zone == "Z" else zone))
    except ValueError:
        raise ValueError("not a date and time that exists") from None
    micros = int((found[2] or "0").ljust(6, "0")[:6])
    day, time = (parsed.year, parsed.month, parsed.day), (parsed.hour, parsed.minute, parsed.second, micros)
    moment = Moment(*day, *time, tzinfo=parsed.tzinfo)
    moment.lexical = text
    return moment


def _format_bool(value: Any) -> str:
    return "true" if value else "false"


def _parse_bool(text: str) -> bool:
    word = text.strip().lower()
    if word in ("true", "1"):
        return True
    if word in ("false", "0"):
        return False
    raise ValueError("not true or false")


def _format_int(value: Any) -> str:
    return f"{value:d}"


def _parse_int(text: str) -> int:
    text = text.strip()
    if _INT.fullmatch(text) is None:
        raise ValueError("not a whole number")
    return int(text)


def _format_float(value: Any) -> str:
    return repr(float(value))


def _parse_float(text: str) -> float:
    text = text.strip()
    if _FLOAT.fullmatch(text) is None or not math.isfinite(float(text)):
        raise ValueError("not a number")
    return float(text)


def _parse_str(text: str) -> str:
    return text


def _str_from_json(value: Any) -> str:
    if isinstance(value, bool):
        return _format_bool(value)
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("not a string")
    if _ILLEGAL_CHAR.search(value):
        raise ValueError("a string with characters that XML cannot carry")
    return value


def _bool_from_json(value: Any) -> bool:
    return value if isinstance(value, bool) else _parse_bool(str(value))


def _int_from_json(value: Any) -> int:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("not a whole number")
    return _parse_int(str(value))


def _float_from_json(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("not a number")
    return _parse_float(str(value))


def _moment_from_json(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("not a date and time")
    return parse_moment(value)


@dataclass(frozen=True, slots=True)
class Scalar:
    """How one Python type is written and read. Readers raise ValueError with a reason fit for a client."""

    encode: Callable[[Any], str]
    encode_attr: Callable[[Any], str]
    to_text: Callable[[Any], str]
    from_text: Callable[[str], Any]
    to_json: Callable[[Any], Any]
    from_json: Callable[[Any], Any]


def _plain(
    to_text: Callable[[Any], str], from_text: Callable[[str], Any], to_json: Any, from_json: Any
) -> Scalar:
    """A scalar whose text form never needs escaping."""
    return Scalar(to_text, to_text, to_text, from_text, to_json, from_json)


TEXT: Final = Scalar(escape_text, escape_attr, str, _parse_str, str, _str_from_json)
SCALARS: Final[dict[Any, Scalar]] = {
    str: TEXT,
    bool: _plain(_format_bool, _parse_bool, bool, _bool_from_json),
    int: _plain(_format_int, _parse_int, int, _int_from_json),
    float: _plain(_format_float, _parse_float, float, _float_from_json),
    datetime: _plain(format_moment, parse_moment, format_moment, _moment_from_json),
}
