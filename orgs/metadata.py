"""Metadata of entities: reading it, and writing it by tasks."""

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from orgs.access import EntityAccess, entity_require
from orgs.entities import Entity
from orgs.models import AccessLevel, MetadataEntry
from ssvirt.api.principal import Principal
from ssvirt.core.errors import BadRequest, Forbidden, NotFound
from ssvirt.core.tenancy import acting_for
from ssvirt.wire.scalars import parse_moment
from tasks.models import Task
from tasks.services import EXCLUSIVE, Actor, Owner, task_submit

GENERAL: Final = "GENERAL"
SYSTEM: Final = "SYSTEM"
DOMAINS: Final = (GENERAL, SYSTEM)
READWRITE: Final = "READWRITE"
READONLY: Final = "READONLY"
PRIVATE: Final = "PRIVATE"
_VISIBILITIES: Final = {GENERAL: (READWRITE,), SYSTEM: (READONLY, PRIVATE)}
"""By domain, the default first. Source: XSD MetadataDomainTagType; go-vcloud-director metadata_v2.go."""
MAX_KEY_LENGTH: Final = 256
MAX_VALUE_LENGTH: Final = 32768
_NOT_IN_KEYS: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChange:
    """An entry to be written. `value` is text in its type's own spelling."""

    domain: str
    visibility: str
    key: str
    value_type: str
    value: str


def entry_change(
    *, key: str, domain: str | None, visibility: str | None, value_type: str, value: str | None
) -> EntryChange:
    """A checked entry. Raises BadRequest naming the key."""
    check_key(key)
    domain = domain or GENERAL
    if domain not in DOMAINS:
        raise BadRequest(f"The metadata entry '{key}' has the domain '{domain}', none of GENERAL and SYSTEM.")
    allowed = _VISIBILITIES[domain]
    visibility = visibility or allowed[0]
    if visibility not in allowed:
        raise BadRequest(
            f"The metadata entry '{key}' has the visibility '{visibility}'; in the domain {domain} it must be "
            f"{' or '.join(allowed)}."
        )
    if value is None:
        raise BadRequest(f"The metadata entry '{key}' has no value.")
    return EntryChange(
        domain=domain,
        visibility=visibility,
        key=key,
        value_type=value_type,
        value=_checked_value(key, value_type, value),
    )


def check_key(key: str) -> None:
    """Raises BadRequest for a key that is empty, too long, or that no URL can name."""
    if not key or len(key) > MAX_KEY_LENGTH:
        raise BadRequest(f"The metadata key '{key[:60]}' must have 1 to {MAX_KEY_LENGTH} characters.")
    if _NOT_IN_KEYS.search(key) or key.endswith("/"):
        raise BadRequest(
            f"The metadata key '{_NOT_IN_KEYS.sub('?', key)}' has control characters or ends with a slash."
        )


def _checked_value(key: str, value_type: str, value: str) -> str:
    wrong = BadRequest(
        f"The value '{value[:60]}' of the metadata entry '{key}' does not fit its type {value_type}."
    )
    match value_type:
        case "MetadataNumberValue":
            text = value.strip()
            if not _NUMBER.fullmatch(text) or not -(2**63) <= int(text) < 2**63:
                raise wrong
            return str(int(text))
        case "MetadataBooleanValue":
            text = {"1": "true", "0": "false"}.get(value.strip(), value.strip().lower())
            if text not in ("true", "false"):
                raise wrong
            return text
        case "MetadataDateTimeValue":
            try:
                return parse_moment(value).lexical
            except ValueError:
                raise wrong from None
        case "MetadataStringValue":
            if len(value) > MAX_VALUE_LENGTH or "\x00" in value:
                raise BadRequest(
                    f"The value of the metadata entry '{key}' is longer than {MAX_VALUE_LENGTH} characters."
                )
            return value
    raise BadRequest(f"The metadata entry '{key}' has the unknown type {value_type}.")


# -- reading


def metadata_of(principal: Principal, entity: Entity) -> list[MetadataEntry]:
    """What the principal may see of the entity's metadata, by key. The entity was found among readable ones.

    Entries carry their entity's organization, which for a published catalog is another one.
    """
    with acting_for(entity.org_id or principal.org_id):
        entries = MetadataEntry.objects.filter(entity_id=entity.id)
        if not principal.is_provider:
            entries = entries.exclude(visibility=PRIVATE)
        return list(entries.order_by("key", "domain"))


def metadata_entry_get(principal: Principal, entity: Entity, domain: str, key: str) -> MetadataEntry:
    """One entry. Raises NotFound, also for one that is private to the provider."""
    check_key(key)
    with acting_for(entity.org_id or principal.org_id):
        entry: MetadataEntry | None = MetadataEntry.objects.filter(
            entity_id=entity.id, domain=domain, key=key
        ).first()
    if entry is None or (entry.visibility == PRIVATE and not principal.is_provider):
        raise NotFound(f"The metadata entry '{key}' of the {entity.kind.word} {entity.id} does not exist.")
    return entry


def may_write(access: EntityAccess, entity: Entity, domain: str) -> bool:
    """Whether metadata of that domain may be changed: by right, access and domain."""
    return access.may(entity.kind.write) and (access.principal.is_provider or domain != SYSTEM)


# -- writing


def metadata_merge(*, principal: Principal, entity: Entity, changes: Sequence[EntryChange]) -> Task:
    """A task that writes the entries and leaves the others.

    Raises BadRequest (no entry, one given twice), Forbidden (no access, SYSTEM entries of a tenant); then
    nothing is written.
    """
    if not changes:
        raise BadRequest("The request has no metadata entry.")
    names = [(change.domain, change.key) for change in changes]
    for domain, key in names:
        if names.count((domain, key)) > 1:
            raise BadRequest(f"The metadata entry '{key}' is given more than once.")
        _require_domain(principal, domain, key)
    return _submit(
        principal, entity, "metadataUpdate", {"entries": [asdict(change) for change in changes]}, "Updating"
    )


def metadata_delete(*, principal: Principal, entity: Entity, domain: str, key: str) -> Task:
    """A task that removes the entry. Raises NotFound, Forbidden; then nothing is written."""
    entity_require(principal, entity, AccessLevel.CHANGE, "METADATA_EDIT")
    metadata_entry_get(principal, entity, domain, key)
    _require_domain(principal, domain, key)
    return _submit(principal, entity, "metadataDelete", {"domain": domain, "key": key}, "Deleting")


def _require_domain(principal: Principal, domain: str, key: str) -> None:
    if domain == SYSTEM and not principal.is_provider:
        raise Forbidden(
            f"[ {principal.request_id} ] The metadata entry '{key}' is in the domain SYSTEM, which only the "
            "provider may write."
        )


def _submit(principal: Principal, entity: Entity, name: str, args: dict[str, object], verb: str) -> Task:
    entity_require(principal, entity, AccessLevel.CHANGE, "METADATA_EDIT")
    with transaction.atomic():
        return task_submit(
            name=name,
            args=args,
            owner=Owner(id=entity.id, kind=entity.kind.kind, name=entity.name),
            # Ordered among themselves only: metadata never waits for what happens to the entity.
            claims={uuid.uuid5(entity.id, "metadata"): EXCLUSIVE},
            org_id=entity.org_id or principal.org_id,
            actor=Actor(
                user_id=principal.user_id, user_name=principal.user_name, request_id=principal.request_id
            ),
            description=f"{verb} metadata for {entity.kind.word} {entity.name}({entity.id})",
        )


def metadata_move(*, from_id: uuid.UUID, to_id: uuid.UUID) -> None:
    """The entity is another one from here on; what the new one has already stays."""
    taken = MetadataEntry.objects.filter(entity_id=to_id, domain=OuterRef("domain"), key=OuterRef("key"))
    MetadataEntry.objects.filter(~Exists(taken), entity_id=from_id).update(entity_id=to_id)


def metadata_forget(entity_ids: Iterable[uuid.UUID]) -> None:
    """Removes the metadata of entities that are deleted."""
    MetadataEntry.objects.filter(entity_id__in=list(entity_ids)).delete()
