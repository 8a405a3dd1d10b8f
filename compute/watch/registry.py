"""Which kinds can be watched, and who wants to know about them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from compute import observe


class Absent(NamedTuple):
    """An object that was deleted."""

    namespace: str
    name: str
    uid: str


class Present(frozenset[str]):
    """The uids of a full list. What was made after `listed_at` may be missing without being gone."""

    listed_at: datetime


class Watchable(NamedTuple):
    """How a kind is observed.

    `counts_version`: tell of every new resource version, even when nothing else changed. True for kinds that
    we write: a task waits for an observation at least as new as its own write. Else such news are skipped.
    """

    observe: Callable[[observe.Object], observe.Observed]
    counts_version: bool


# In the order of a synchronous pass: what a machine needs comes before the machine.
WATCHABLE: dict[str, Watchable] = {
    "Namespace": Watchable(observe.observe_namespace, counts_version=True),
    "UserDefinedNetwork": Watchable(observe.observe_udn, counts_version=True),
    "DataVolume": Watchable(observe.observe_data_volume, counts_version=True),
    "PersistentVolumeClaim": Watchable(observe.observe_claim, counts_version=False),
    "VirtualMachineSnapshot": Watchable(observe.observe_snapshot, counts_version=False),
    "VirtualMachineRestore": Watchable(observe.observe_restore, counts_version=False),
    "VirtualMachineInstance": Watchable(observe.observe_vmi, counts_version=False),
    "VirtualMachine": Watchable(observe.observe_vm, counts_version=True),
}

# Sequence[Any]: each handler names the observation of its own kind.
ObservedHandler = Callable[[UUID, Sequence[Any]], None]
AbsentHandler = Callable[[UUID, Sequence[Absent]], None]
SyncedHandler = Callable[[UUID, Present], None]
_Handler = TypeVar("_Handler")


class Handlers:
    """Handlers by kind, in the order of their registration. Registering one twice counts once."""

    def __init__(self) -> None:
        self._observed: dict[str, list[ObservedHandler]] = {}
        self._absent: dict[str, list[AbsentHandler]] = {}
        self._synced: dict[str, list[SyncedHandler]] = {}

    def on_observed(self, kind: str, handler: ObservedHandler) -> None:
        """Call `handler(cluster_id, observations)` with what is new about objects of `kind`."""
        _add(self._observed, kind, handler)

    def on_absent(self, kind: str, handler: AbsentHandler) -> None:
        """Call `handler(cluster_id, absents)` when objects of `kind` were deleted while we watched."""
        _add(self._absent, kind, handler)

    def on_synced(self, kind: str, handler: SyncedHandler) -> None:
        """Call `handler(cluster_id, present)` after each full list of `kind`, its observations delivered.

        For rows whose object vanished while nobody watched: those with a uid that is not in `present` and
        that were written before `present.listed_at`.
        """
        _add(self._synced, kind, handler)

    def kinds(self) -> list[str]:
        """The kinds that have a handler, in WATCHABLE's order."""
        return [kind for kind in WATCHABLE if kind in self._observed | self._absent | self._synced]

    def observed(self, kind: str, cluster_id: UUID, batch: Sequence[observe.Observed]) -> None:
        for handler in self._observed.get(kind, ()):
            handler(cluster_id, batch)

    def absent(self, kind: str, cluster_id: UUID, batch: Sequence[Absent]) -> None:
        for handler in self._absent.get(kind, ()):
            handler(cluster_id, batch)

    def synced(self, kind: str, cluster_id: UUID, present: Present) -> None:
        for handler in self._synced.get(kind, ()):
            handler(cluster_id, present)


def _add(table: dict[str, list[_Handler]], kind: str, handler: _Handler) -> None:
    if kind not in WATCHABLE:
        raise ValueError(f"{kind} is not watched")
    handlers = table.setdefault(kind, [])
    if handler not in handlers:
        handlers.append(handler)


HANDLERS = Handlers()
on_observed = HANDLERS.on_observed
on_absent = HANDLERS.on_absent
on_synced = HANDLERS.on_synced
