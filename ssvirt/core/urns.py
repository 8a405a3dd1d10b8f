"""VCD identifiers: URNs, ids in hrefs, and both ways between them and UUIDs."""

import re
import uuid

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


def urn(kind: str, entity_id: uuid.UUID) -> str:
    """`urn:vcloud:{kind}:{uuid}`, the id of every entity. Source: vcd-api.md 2.5."""
    return f"urn:vcloud:{kind}:{entity_id}"


def uuid_in(text: str | None) -> uuid.UUID | None:
    """The last UUID in `text` (a URN, an href of any host, `vapp-{uuid}`), or None.

    Incoming references are matched by UUID only, whatever host they name. Source: resolutions.md 3.7.
    """
    found = _UUID.findall(text or "")
    return uuid.UUID(found[-1]) if found else None
