"""Small questions to the database layer."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, connections, transaction


def violated(error: IntegrityError) -> str:
    """The name of the constraint that was violated; "" when the driver does not say."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnostics, "constraint_name", None) or "")


def release_connections() -> None:
    """Gives this thread's connections back to the pool, and drops broken ones; for threads that serve no request.

    Connections in a transaction are left alone (Django's own `close_old_connections` would cut it off).
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


class _Rehearsed(Exception):
    """Takes a rehearsal back."""


@contextmanager
def rehearsal() -> Iterator[None]:
    """Takes back what is written inside; errors pass through. What would fail later fails at once, in its own words."""
    try:
        with transaction.atomic():
            yield
            raise _Rehearsed
    except _Rehearsed:
        pass
