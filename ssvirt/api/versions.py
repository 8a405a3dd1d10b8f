"""API versions and content negotiation: every Accept form that clients send.

Sources: contract vcd-api.md 3.1, go-clients.md 1.3 and 6.5, python-clients.md 6.9, resolutions.md 2.7.
"""

from dataclasses import dataclass
from typing import Final, Literal

from ssvirt.core.errors import NotAcceptable

SUPPORTED: Final = ("35.0", "35.2", "36.0", "36.1", "36.2", "36.3", "37.0")
"""What /api/versions lists, ascending."""
UNLISTED: Final = {"1.5": "35.0", "5.5": "35.0"}
"""Accepted though not listed (Libcloud), and what they are rendered as."""
DEFAULT: Final = "36.0"
"""What no version, or an empty one, means."""

Form = Literal["xml", "json"]


@dataclass(frozen=True, slots=True)
class Negotiated:
    """The outcome: `requested` is echoed in the Content-Type, `effective` is what the body is made for."""

    requested: str
    effective: str
    form: Form


def negotiate(accept: str | None, default_form: Form) -> Negotiated:
    """Reads an Accept header. Unreadable and unknown ranges are passed over; no usable one means the
    default form.

    Raises NotAcceptable, in VCD's words, for a version that is not served.
    """
    form: Form | None = None
    version = ""
    for media_range, parameters in _ranges(accept or ""):
        form = form or _form_of(media_range)
        version = version or parameters.get("version", "")
    version = version or DEFAULT
    effective = UNLISTED.get(version, version)
    if effective not in SUPPORTED:
        raise NotAcceptable(
            "The request has invalid accept header: Invalid API version requested. "
            f"Supported API versions are: [{', '.join(reversed(SUPPORTED))}]"
        )
    return Negotiated(requested=version, effective=effective, form=form or default_form)


def _ranges(accept: str) -> list[tuple[str, dict[str, str]]]:
    """Media ranges in order of preference, lower-cased, with their parameters."""
    ranges = []
    for position, part in enumerate(accept.split(",")):
        media_range, *raw = [piece.strip() for piece in part.lower().split(";")]
        parameters = dict(piece.split("=", 1) for piece in raw if "=" in piece)
        if media_range:
            ranges.append((-_quality(parameters.get("q")), position, media_range, parameters))
    return [
        (media_range, parameters) for _, _, media_range, parameters in sorted(ranges, key=lambda r: r[:2])
    ]


def _quality(text: str | None) -> float:
    try:
        return float(text) if text is not None else 1.0
    except ValueError:
        return 1.0


def _form_of(media_range: str) -> Form | None:
    _, _, subtype = media_range.partition("/")
    if subtype == "json" or subtype.endswith("+json"):
        return "json"
    if subtype == "xml" or subtype.endswith("+xml"):
        return "xml"
    return None
