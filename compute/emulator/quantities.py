"""Kubernetes resource quantities (`500m`, `10Gi`, `1e3`) as exact numbers, and back."""

import re
from decimal import Decimal
from typing import Any

_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_FORM = re.compile(
    r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:([eE][+-]?[0-9]+)|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?))"
)


def parse_quantity(text: Any) -> Decimal:
    """The number a quantity stands for.

    Raises ValueError when the text is none. Source: kubernetes apimachinery pkg/api/resource/quantity.go.
    """
    match = _FORM.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
    number, exponent, suffix = match.groups()
    if exponent:
        return Decimal(number + exponent)
    if suffix in _BINARY:
        return Decimal(number) * Decimal(1024 ** _BINARY[suffix])
    return Decimal(number).scaleb(_DECIMAL[suffix or ""])


def format_quantity(number: Decimal, like: str = "") -> str:
    """A quantity in canonical form: binary suffixes when `like` uses them, else decimal ones."""
    if number == 0:
        return "0"
    if any(suffix in like for suffix in _BINARY) and number == number.to_integral_value():
        whole = int(number)
        for suffix, power in reversed(_BINARY.items()):
            if whole % 1024**power == 0:
                return f"{whole // 1024**power}{suffix}"
        return str(whole)
    if number != number.to_integral_value():
        return f"{int((number * 1000).to_integral_value(rounding='ROUND_CEILING'))}m"
    whole = int(number)
    for suffix, power in reversed(_DECIMAL.items()):
        if power > 0 and whole % 10**power == 0:
            return f"{whole // 10**power}{suffix}"
    return str(whole)


def is_quantity(text: Any) -> bool:
    """Whether `parse_quantity` accepts the text."""
    try:
        parse_quantity(text)
    except ValueError:
        return False
    return True
