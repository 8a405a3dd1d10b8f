"""The kinds of entities as metadata, access lists and owners see them; each app registers its own.

A kind says where its entities are in the URLs, which rows the one who asks may see, and which rights it takes
to read and to write what hangs on them. One set of views then serves all kinds.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.db.models import QuerySet

from orgs.models import AccessLevel
from ssvirt.core.errors import NotFound

Path = tuple[str, str]
"""(route of the entity, kind whose href the answers carry): ("api/admin/org/<id:org_id>", "adminOrg")."""
ALL_LEVELS: Final = tuple(AccessLevel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acl:
    """How a kind's access list is read and written. `is_open`: without a list everyone has access."""

    paths: tuple[Path, ...]
    view: str
    edit: str
    method: Literal["POST", "PUT"] = "POST"
    levels: tuple[AccessLevel, ...] = ALL_LEVELS
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Owning:
    """How a kind's owner is read and, unless `change` is None, changed."""

    paths: tuple[Path, ...]
    view: str
    change: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityKind:
    """One kind. `rows` gives the rows that the one who asks may see, without annotations.

    `owner` and `container` are the lookups of the owner's id and of the id that access grants name; without
    them rights alone decide. `org` leads to the organization; None: the provider's. `knows` is for a kind whose
    entities are at the paths of another kind: whether the id is one of theirs, whoever asks. It is called before
    sign-in, so without a scope.
    """

    kind: str
    word: str
    paths: tuple[Path, ...]
    rows: Callable[[], QuerySet[Any]]
    read: str
    write: str
    owner: str | None = None
    container: str | None = None
    org: str | None = "org_id"
    acl: Acl | None = None
    owning: Owning | None = None
    knows: Callable[[uuid.UUID], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """What is known of one entity. `org_id` None: the provider's own."""

    kind: EntityKind
    id: uuid.UUID
    name: str
    org_id: uuid.UUID | None
    owner_id: uuid.UUID | None = None
    access_id: uuid.UUID | None = None


_kinds: dict[str, EntityKind] = {}


def register_entity(kind: EntityKind) -> None:
    """Makes a kind known; called when its app is ready."""
    _kinds[kind.kind] = kind


def entity_kinds() -> list[EntityKind]:
    """All kinds, in the order of their registration."""
    return list(_kinds.values())


def entity_kind(name: str) -> EntityKind:
    """The kind of that name. Raises LookupError."""
    return _kinds[name]


def entity_get(kind: EntityKind, entity_id: uuid.UUID) -> Entity:
    """The entity of that kind, in one statement. Raises NotFound."""
    lookups = [path for path in ("pk", "name", kind.org, kind.owner, kind.container) if path]
    found = kind.rows().filter(pk=entity_id).values(*dict.fromkeys(_named(kind, lookups))).first()
    if found is None:
        raise NotFound(f"The {kind.word} {entity_id} does not exist.")
    return Entity(
        kind=kind,
        id=entity_id,
        name=str(found.get("name") or ""),
        org_id=found[kind.org] if kind.org else None,
        owner_id=found[kind.owner] if kind.owner else None,
        access_id=found[kind.container] if kind.container else None,
    )


def _named(kind: EntityKind, lookups: list[str]) -> list[str]:
    """Without the name where the kind's rows have none (a storage profile's is its policy's)."""
    fields = {field.name for field in kind.rows().model._meta.get_fields()}
    return [path for path in lookups if path != "name" or "name" in fields]


def entity_lock(kind_name: str, entity_id: uuid.UUID) -> None:
    """Keeps the entity from being deleted until the end of the transaction. Raises NotFound when it is gone."""
    kind = entity_kind(kind_name)
    rows = kind.rows().select_for_update(of=("self",), no_key=True)
    if rows.filter(pk=entity_id).only("pk").first() is None:
        raise NotFound(f"The {kind.word} {entity_id} does not exist any more.")
