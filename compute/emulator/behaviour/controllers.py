"""The list of controllers, in the order in which they look at a change."""

from compute.emulator.behaviour import aaq, clones, ovn, restores, snapshots, storage
from compute.emulator.behaviour.addresses import AddressBook
from compute.emulator.behaviour.cdi import DataVolumeController
from compute.emulator.behaviour.engine import Controller
from compute.emulator.behaviour.exports import Exports
from compute.emulator.behaviour.garbage import GarbageCollector
from compute.emulator.behaviour.migrations import MigrationController
from compute.emulator.behaviour.namespaces import NamespaceController, kind_lookup
from compute.emulator.behaviour.scheduling import Scheduler
from compute.emulator.behaviour.templates import TemplateInstances
from compute.emulator.behaviour.uploads import Uploads
from compute.emulator.behaviour.vm import VmController
from compute.emulator.behaviour.vmi import VmiController
from compute.emulator.registry import Registry
from compute.emulator.store import Store


def build_controllers(
    store: Store, registry: Registry, uploads: Uploads, exports: Exports
) -> list[Controller]:
    """Fresh controllers for one engine; some of them keep an index of what they have seen."""
    lookup = kind_lookup(registry)
    scheduler, book = Scheduler(), AddressBook()
    return [
        scheduler.controller(),
        book.controller(),
        *ovn.controllers(),
        *storage.controllers(),
        *DataVolumeController().controllers(),
        uploads.controller(),
        VmController().controller(),
        VmiController(scheduler, book).controller(),
        MigrationController(scheduler).controller(),
        *snapshots.controllers(),
        restores.controller(),
        clones.controller(),
        exports.controller(),
        *aaq.controllers(),
        TemplateInstances(registry).controller(),
        NamespaceController(store, lookup).controller(),
        GarbageCollector(store, registry, lookup).controller(),
    ]
