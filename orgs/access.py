"""Access inside an organization.

Rights say what a user may do; owning an entity, or a grant on it, says to which vApps, catalogs and disks of
the organization he may do it. Administrators see and change everything of theirs, the provider everything.
Source: vcd-api.md 3.7.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet

from orgs.entities import Acl, Entity, entity_kinds
from orgs.models import AccessGrant, AccessLevel, User
from orgs.rights import Rights
from ssvirt.api.principal import Principal, current_principal
from ssvirt.core.errors import BadRequest, Forbidden, InvalidReference
from tasks.services import lock_entities

DENY: Final = "Deny"
"""Level of the mark that an entity which is open by itself is not shared with everyone.

Source: common.xsd AccessSettingType: "Deny (only for a VDC resource)".
"""
_RANK: Final = {level: rank for rank, level in enumerate(AccessLevel)}


def levels_from(level: AccessLevel) -> list[str]:
    """The levels that include `level`."""
    return [each.value for each in AccessLevel if _RANK[each] >= _RANK[level]]


def sees_everything(principal: Principal | None) -> bool:
    """Whether owners and grants do not matter: administrators, the provider, and work outside requests."""
    return principal is None or principal.is_provider or principal.may(Rights.ADMINISTRATOR_VIEW)


def changes_everything(principal: Principal) -> bool:
    return principal.is_provider or principal.may(Rights.ADMINISTRATOR_CONTROL)


def _grants_to(user_id: uuid.UUID, level: AccessLevel) -> QuerySet[AccessGrant]:
    queryset: QuerySet[AccessGrant] = AccessGrant.objects.filter(
        Q(user_id=user_id) | Q(user__isnull=True), level__in=levels_from(level)
    )
    return queryset


def visible(*, owner: str, entity: str = "pk") -> Q:
    """Which rows the one who asks may see: his own, and those shared with him.

    `owner` and `entity` are the lookups of the owner's id and of the id that grants name.
    """
    principal = current_principal()
    if principal is None or sees_everything(principal):
        return Q()
    granted = _grants_to(principal.user_id, AccessLevel.READ_ONLY).values("entity_id")
    return Q(**{owner: principal.user_id}) | Q(**{f"{entity}__in": granted})


def visible_when_open(*, entity: str = "pk", right: str) -> Q:
    """Likewise for what is open to everyone until its access list says otherwise; `right` opens all."""
    principal = current_principal()
    if principal is None or principal.is_provider or principal.may(right):
        return Q()
    closed = AccessGrant.objects.filter(user__isnull=True, level=DENY).values("entity_id")
    granted = _grants_to(principal.user_id, AccessLevel.READ_ONLY).values("entity_id")
    return ~Q(**{f"{entity}__in": closed}) | Q(**{f"{entity}__in": granted})


def tasks_of_visible_entities() -> Q | None:
    """Which tasks go with what the one who asks may see; None: all do. A task's entity is its owner."""
    if sees_everything(current_principal()):
        return None
    owned = [kind for kind in entity_kinds() if kind.owner is not None]
    seen = ~Q(owner_kind__in=[kind.kind for kind in owned])
    for kind in owned:
        seen |= Q(owner_kind=kind.kind, owner_id__in=kind.rows().values("pk"))
    return seen


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityAccess:
    """What a user may do with one entity: what his rights allow, as far as his access to it goes.

    `level` None: no access, though the entity may be seen (another organization's published catalog).
    """

    principal: Principal
    level: AccessLevel | None

    def reaches(self, level: AccessLevel) -> bool:
        return self.level is not None and _RANK[self.level] >= _RANK[level]

    def may(self, right: str, level: AccessLevel = AccessLevel.CHANGE) -> bool:
        """Whether a request that needs the right, and access of that level, is allowed."""
        return self.reaches(level) and self.principal.may(right)

    def reading(self) -> "EntityAccess":
        """No more than reading: of what cannot be changed in the state that it is in."""
        return replace(self, level=AccessLevel.READ_ONLY) if self.level is not None else self


def access_to(
    principal: Principal, *, owner_id: uuid.UUID | None, entity_id: uuid.UUID | None, org_id: uuid.UUID | None
) -> EntityAccess:
    """The principal's access to an entity, in one statement at most.

    Without `entity_id` his rights alone decide, in his organization. Whoever sees everything can read it.
    """
    level = None
    if principal.is_provider:
        level = AccessLevel.FULL_CONTROL
    elif org_id == principal.org_id:
        if entity_id is None or changes_everything(principal) or owner_id == principal.user_id:
            level = AccessLevel.FULL_CONTROL
        else:
            granted = _grants_to(principal.user_id, AccessLevel.READ_ONLY).filter(entity_id=entity_id)
            found = [AccessLevel(each) for each in granted.values_list("level", flat=True)]
            found += [AccessLevel.READ_ONLY] if sees_everything(principal) else []
            level = max(found, key=lambda each: _RANK[each], default=None)
    return EntityAccess(principal=principal, level=level)


def require_access(
    principal: Principal,
    *,
    owner_id: uuid.UUID | None,
    entity_id: uuid.UUID | None,
    org_id: uuid.UUID | None,
    level: AccessLevel,
    what: str,
) -> None:
    """Raises Forbidden, in VCD's words, unless the principal's access to the entity is at least `level`."""
    if access_to(principal, owner_id=owner_id, entity_id=entity_id, org_id=org_id).reaches(level):
        return
    raise Forbidden(
        f"[ {principal.request_id} ] Either you need some or all of the following rights [Base] to perform "
        f"operations [{what}] for {entity_id} or the target entity is invalid."
    )


def entity_access(principal: Principal, entity: Entity) -> EntityAccess:
    """`access_to` a found entity."""
    return access_to(principal, owner_id=entity.owner_id, entity_id=entity.access_id, org_id=entity.org_id)


def entity_require(principal: Principal, entity: Entity, level: AccessLevel, what: str) -> None:
    """`require_access` on a found entity."""
    require_access(
        principal,
        owner_id=entity.owner_id,
        entity_id=entity.access_id,
        org_id=entity.org_id,
        level=level,
        what=what,
    )


# -- access lists


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """An access list as a client wants it: everyone's level (None: not shared), and users' levels."""

    everyone: AccessLevel | None
    users: dict[uuid.UUID, AccessLevel]


def acl_of(entity: Entity) -> Acl:
    """The rules of the kind's access lists. Raises LookupError where it has none."""
    if entity.kind.acl is None:
        raise LookupError(f"a {entity.kind.word} has no access list")
    return entity.kind.acl


def grants_of(entity_id: uuid.UUID) -> list[AccessGrant]:
    """The access list with its users, by login."""
    return list(
        AccessGrant.objects.filter(entity_id=entity_id).select_related("user").order_by("user__login", "pk")
    )


def access_set(*, principal: Principal, entity: Entity, request: AccessRequest) -> None:
    """Replaces the access list of the entity.

    Raises Forbidden (less than full control), BadRequest (a level the kind does not have), InvalidReference
    (a user unknown in the entity's organization); then nothing is written.
    """
    acl = acl_of(entity)
    entity_require(principal, entity, AccessLevel.FULL_CONTROL, "ACCESS_CONTROL_EDIT")
    _check_levels(entity, acl, request)
    known = set(
        User.objects.filter(org_id=entity.org_id, pk__in=list(request.users)).values_list("pk", flat=True)
    )
    if unknown := set(request.users) - known:
        raise InvalidReference(f"The user {min(unknown)} does not exist in the organization.")
    rows: list[dict[str, Any]] = [
        {"user_id": user_id, "level": level} for user_id, level in request.users.items()
    ]
    if request.everyone is not None and not acl.is_open:
        rows.append({"user_id": None, "level": request.everyone})
    if request.everyone is None and acl.is_open:
        rows.append({"user_id": None, "level": DENY})
    with transaction.atomic():
        lock_entities([uuid.uuid5(entity.id, "access")])
        AccessGrant.objects.filter(entity_id=entity.id).delete()
        AccessGrant.objects.bulk_create(
            AccessGrant(org_id=entity.org_id, entity_id=entity.id, **row) for row in rows
        )


def _check_levels(entity: Entity, acl: Acl, request: AccessRequest) -> None:
    wanted: Sequence[AccessLevel | None] = [request.everyone, *request.users.values()]
    for level in wanted:
        if level is not None and level not in acl.levels:
            raise BadRequest(f"The access level {level} cannot be given on a {entity.kind.word}.")


def access_share(*, org_id: uuid.UUID, entity_id: uuid.UUID, level: AccessLevel) -> None:
    """Gives everyone in the organization access to a new entity."""
    AccessGrant.objects.create(org_id=org_id, entity_id=entity_id, user=None, level=level)


def access_move(*, from_id: uuid.UUID, to_id: uuid.UUID) -> None:
    """The entity is another one from here on; an access list that the new one has already stays."""
    if not AccessGrant.objects.filter(entity_id=to_id).exists():
        AccessGrant.objects.filter(entity_id=from_id).update(entity_id=to_id)


def access_forget(entity_ids: Iterable[uuid.UUID]) -> None:
    """Removes the access lists of entities that are deleted."""
    AccessGrant.objects.filter(entity_id__in=list(entity_ids)).delete()
