"""Tickets for the console of a VM.

Source: screenTicket.xsd, mksTicket.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import WireType, elem, text, wire
from ssvirt.wire.types.entity import VCloudExtensible


@wire("ScreenTicket", media=media.SCREEN_TICKET)
class ScreenTicket(WireType):
    value: str | None = text()


@wire("MksTicket", media=media.MKS_TICKET)
class MksTicket(VCloudExtensible):
    host: str | None = elem("Host")
    vmx: str | None = elem("Vmx")
    ticket: str | None = elem("Ticket")
    port: int | None = elem("Port")
