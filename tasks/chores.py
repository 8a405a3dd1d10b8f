"""What is to be looked at again and again: upper layers register it, the watch process does it."""

from collections.abc import Callable

import structlog
from django.db import DatabaseError

from ssvirt.core.tenancy import ALL, acting_for

log = structlog.get_logger(__name__)

Chore = Callable[[], int]
_chores: dict[str, Chore] = {}


def register_chore(what: str, chore: Chore) -> None:
    """Adds a chore; it returns how much there was to do, and may be done by several processes at once."""
    _chores[what] = chore


def do_chores() -> dict[str, int]:
    """Does all chores; one that fails does not keep the others from being done."""
    done = {}
    with acting_for(ALL):
        for what, chore in _chores.items():
            try:
                done[what] = chore()
            except DatabaseError:
                raise
            except Exception:
                log.exception("chore_failed", chore=what)
    if any(done.values()):
        log.info("chores_done", **done)
    return done
