"""The one clock of the service. Tests replace it; leases use the database's clock instead."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils import timezone

_shift = timedelta(0)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return timezone.now() + _shift


@contextmanager
def shifted(delta: timedelta) -> Iterator[None]:
    """For tests: every `now()` inside is `delta` later."""
    global _shift
    before, _shift = _shift, _shift + delta
    try:
        yield
    finally:
        _shift = before
