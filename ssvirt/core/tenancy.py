"""Tenant scope: every query of a tenant model happens inside a scope, or raises.

`acting_for(org_id)` limits `Model.objects` to rows of that organization and `Model.readable` to rows it
owns or that are shared with it. `acting_for(ALL)` lifts the limit; tests/core/test_scope_entries.py lists
the
places that may do so. Outside any scope both managers raise: forgetting the scope is a crash, never a leak.

The manager is not the wall: foreign keys and `save()` pass it by. The wall is the composite foreign keys of
the tenant tables (`ssvirt.core.constraints`) and selectors for every id that comes from a client.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Final, TypeVar

from django.db import models


class _All:
    def __repr__(self) -> str:
        return "ALL"


ALL: Final = _All()
Scope = uuid.UUID | _All

_scope: ContextVar[Scope | None] = ContextVar("ssvirt_scope", default=None)
_Model = TypeVar("_Model", bound=models.Model)


class ScopeError(RuntimeError):
    """A tenant model was read outside a scope."""


def current_scope() -> Scope:
    """The scope in force. Raises ScopeError when there is none."""
    scope = _scope.get()
    if scope is None:
        raise ScopeError("tenant data was asked for outside a tenant scope")
    return scope


@contextmanager
def acting_for(scope: Scope) -> Iterator[None]:
    """Everything inside sees the rows of `scope` only; the scope before is put back at the end."""
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def no_scope() -> Iterator[None]:
    """Everything inside starts without a scope, whatever an earlier use of this thread left behind."""
    token = _scope.set(None)
    try:
        yield
    finally:
        _scope.reset(token)


class TenantManager(models.Manager[_Model]):
    """Rows owned by the scope's organization."""

    def get_queryset(self) -> models.QuerySet[_Model]:
        queryset = super().get_queryset()
        scope = current_scope()
        if isinstance(scope, _All):
            return queryset
        model: Any = self.model
        return queryset.filter(**{model.TENANT_PATH: scope})


class ReadableManager(models.Manager[_Model]):
    """Rows owned by the scope's organization or shared with it (`Model.shared_with(org_id)`)."""

    def get_queryset(self) -> models.QuerySet[_Model]:
        queryset = super().get_queryset()
        scope = current_scope()
        if isinstance(scope, _All):
            return queryset
        model: Any = self.model
        return queryset.filter(models.Q(**{model.TENANT_PATH: scope}) | model.shared_with(scope))


class ScopedModel(models.Model):
    """Base of every model that is read inside a tenant scope only.

    `TENANT_PATH` is the lookup that leads from the row to the id of its organization.
    """

    TENANT_PATH: ClassVar[str] = "org_id"

    objects: ClassVar[TenantManager[Any]] = TenantManager()
    readable: ClassVar[ReadableManager[Any]] = ReadableManager()

    class Meta:
        abstract = True

    @classmethod
    def shared_with(cls, org_id: uuid.UUID) -> models.Q:
        """Which foreign rows `org_id` may read; none unless the model says otherwise."""
        return models.Q(pk__in=[])


class TenantModel(ScopedModel):
    """Base of every model whose rows belong to one organization."""

    org = models.ForeignKey("orgs.Org", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
