"""Owners of vApps, disks, catalogs and their content."""

import uuid

from django.db.models import Q

from orgs.entities import Entity
from orgs.models import User
from ssvirt.api.principal import Principal
from ssvirt.core.errors import Forbidden, InvalidReference, NotFound


def owner_of(entity: Entity) -> User:
    """The owner; also the provider's user that owns a tenant's entity. Raises NotFound."""
    row = entity.kind.rows().select_related("owner").only("owner").filter(pk=entity.id).first()
    if row is None:
        raise NotFound(f"The {entity.kind.word} {entity.id} does not exist.")
    owner: User = row.owner
    return owner


def owner_change(*, principal: Principal, entity: Entity, user_id: uuid.UUID) -> None:
    """Makes the user the owner: one of the entity's organization or, for the provider, one of his own.

    Raises Forbidden (an entity of another organization), InvalidReference (an unknown user); then nothing is
    written.
    """
    if not principal.is_provider and entity.org_id != principal.org_id:
        raise Forbidden(f"The {entity.kind.word} {entity.id} belongs to another organization.")
    allowed = Q(org_id=entity.org_id)
    if principal.is_provider:
        allowed |= Q(org_id=principal.org_id)
    if not User.objects.filter(allowed, pk=user_id).exists():
        raise InvalidReference(f"The user {user_id} does not exist in the organization.")
    entity.kind.rows().filter(pk=entity.id).update(owner_id=user_id)
