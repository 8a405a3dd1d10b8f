"""The watch loop: what happens in a cluster, told to the upper layers.

Upper layers register handlers in `AppConfig.ready()`; a `Watcher` per cluster lists and watches each kind
that has handlers and calls them with batches of observations. Level-triggered: a handler is told what is, not
what happened; it may be told twice, and a lost event is made up for by the next list.
"""

from compute.watch.registry import Absent, Handlers, Present, on_absent, on_observed, on_synced
from compute.watch.watcher import Watcher

__all__ = ["Absent", "Handlers", "Present", "Watcher", "on_absent", "on_observed", "on_synced"]
