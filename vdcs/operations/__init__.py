"""Operations on VDCs and networks; importing them registers them."""

from vdcs.operations import networks, vdcs

__all__ = ["networks", "vdcs"]
