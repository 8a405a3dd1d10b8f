"""Parts that representations of every kind share: links, references, task elements."""

import uuid

from ssvirt.api.hrefs import KINDS, Hrefs, entity_urn
from ssvirt.wire import types as w


def link(rel: str, href: str, media: str | None = None, name: str | None = None) -> w.Link:
    return w.Link(rel=rel, href=href, type=media, name=name)


def entity_link(
    hrefs: Hrefs, rel: str, kind: str, entity_id: uuid.UUID, *, name: str | None = None
) -> w.Link:
    """A link to an entity, with the kind's media type."""
    return w.Link(rel=rel, href=hrefs.of(kind, entity_id), type=KINDS[kind].media, name=name)


def reference(
    hrefs: Hrefs, kind: str, entity_id: uuid.UUID, name: str | None, *, with_id: bool = True
) -> w.Reference:
    """A reference with href, id, type and name."""
    return w.Reference(
        href=hrefs.of(kind, entity_id),
        id=entity_urn(kind, entity_id) if with_id else None,
        type=KINDS[kind].media,
        name=name,
    )
