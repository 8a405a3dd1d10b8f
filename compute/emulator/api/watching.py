"""watch: a stream of JSON lines, resumed from a resourceVersion, with bookmarks, selectors and a time limit.

Source: kubernetes apiserver pkg/storage/cacher, endpoints/handlers/watch.go.
"""

import dataclasses
import json
import time
from collections.abc import Callable, Iterator

from compute.emulator.api import errors, tables
from compute.emulator.api.http import Request, Response, dump
from compute.emulator.api.options import int_option, revision_option
from compute.emulator.api.reading import PARTIAL, PLAIN, TABLE, in_version, wanted_form
from compute.emulator.api.selectors import Predicate, combined
from compute.emulator.registry import Resource
from compute.emulator.store import Event, HistoryGone, Store, Stored, Watcher
from compute.emulator.values import Json, meta

DEFAULT_TIMEOUT_S = 1800
# An empty chunk of work for the server: it looks whether the client is still there.
IDLE = b""
_BATCH = 100


@dataclasses.dataclass(frozen=True, slots=True)
class _Form:
    """How the client wants each object written."""

    resource: Resource
    version: str
    kind: str
    include: str

    def line(self, event: str, stored: Stored, *, is_first: bool = False) -> bytes:
        if self.kind == PLAIN:
            return (
                f'{{"type":"{event}","object":{in_version(stored, self.resource, self.version)}}}\n'.encode()
            )
        obj = {**stored.obj, "apiVersion": self.resource.api_version(self.version)}
        if self.kind == TABLE:
            revision = {"resourceVersion": meta(obj)["resourceVersion"]}
            shown = tables.table(self.resource, [obj], revision, include=self.include, with_columns=is_first)
        else:
            shown = tables.partial(obj)
        return dump({"type": event, "object": shown}) + b"\n"

    def bookmark(self, revision: int, *, ends_initial: bool = False) -> bytes:
        metadata: Json = {"resourceVersion": str(revision), "creationTimestamp": None}
        if ends_initial:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        kind, api_version = self.resource.kind, self.resource.api_version(self.version)
        if self.kind == TABLE:
            kind, api_version = "Table", "meta.k8s.io/v1"
        elif self.kind == PARTIAL:
            kind, api_version = PARTIAL, "meta.k8s.io/v1"
        return (
            dump(
                {
                    "type": "BOOKMARK",
                    "object": {"kind": kind, "apiVersion": api_version, "metadata": metadata},
                }
            )
            + b"\n"
        )


class WatchService:
    """Opens watches. `bookmark_s` is how often an idle watch that allows bookmarks gets one."""

    def __init__(
        self, store: Store, *, bookmark_s: float = 30.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._bookmark_s = bookmark_s
        self._monotonic = monotonic

    def watch(self, resource: Resource, version: str, namespace: str | None, request: Request) -> Response:
        """The stream. Raises 400 before it begins; what goes wrong later is an ERROR line."""
        selector = combined(
            request.query.get("labelSelector", ""), request.query.get("fieldSelector", ""), resource
        )
        timeout_s = int_option(request, "timeoutSeconds") or DEFAULT_TIMEOUT_S
        asked = revision_option(request)
        bookmarks = request.flag("allowWatchBookmarks")
        wants_initial = request.flag("sendInitialEvents")
        if wants_initial and request.query.get("resourceVersionMatch") != "NotOlderThan":
            cause = errors.Cause(
                "FieldValueForbidden",
                "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                "sendInitialEvents",
            )
            raise errors.ApiError(
                422,
                "Invalid",
                f"ListOptions.meta.k8s.io is invalid: {cause.field}: {cause.message}",
                causes=(cause,),
            )
        form = _Form(resource, version, wanted_form(request), request.query.get("includeObject", "Metadata"))
        if asked and asked > self._store.revision:
            return _failed(errors.too_large_revision(asked, self._store.revision))
        is_resumed = bool(asked) and not wants_initial
        with self._store.lock:
            try:
                watcher = self._store.subscribe(resource.id, namespace, after=asked if is_resumed else None)
            except HistoryGone as gone:
                return _failed(errors.expired(f"too old resource version: {asked} ({gone.oldest})"))
            initial = [] if is_resumed else self._store.select(resource.id, namespace)
            start = self._store.revision
        if selector is not None:
            initial = [stored for stored in initial if selector(stored.obj)]
        ends_initial = start if wants_initial and bookmarks else None
        stream = self._lines(watcher, form, initial, ends_initial, selector, timeout_s, bookmarks)
        return Response(stream=stream)

    def _lines(
        self,
        watcher: Watcher,
        form: _Form,
        initial: list[Stored],
        ends_initial: int | None,
        selector: Predicate | None,
        timeout_s: float,
        bookmarks: bool,
    ) -> Iterator[bytes]:
        deadline = self._monotonic() + timeout_s
        next_bookmark = self._monotonic() + self._bookmark_s if bookmarks else deadline
        is_first = True
        try:
            for page in _batches(initial):
                yield b"".join(form.line("ADDED", s, is_first=is_first and s is initial[0]) for s in page)
                is_first = False
            if ends_initial is not None:
                yield form.bookmark(ends_initial, ends_initial=True)
            while (now := self._monotonic()) < deadline:
                event = watcher.next(min(deadline - now, next_bookmark - now, 1.0))
                if watcher.is_cut_off:
                    return
                if event is None:
                    yield IDLE
                elif line := _line(form, event, selector, is_first=is_first):
                    yield line
                    is_first = False
                if bookmarks and self._monotonic() >= next_bookmark:
                    if (at := watcher.revision_if_idle()) is not None:
                        yield form.bookmark(at)
                    next_bookmark = self._monotonic() + self._bookmark_s
            # The last bookmark lets the client resume even if nothing of its kind happened for long.
            if bookmarks and (at := watcher.revision_if_idle()) is not None:
                yield form.bookmark(at)
        finally:
            watcher.close()


def _batches(stored: list[Stored]) -> Iterator[list[Stored]]:
    """Parts of the list: thousands of objects are not sent in thousands of packets."""
    return (stored[i : i + _BATCH] for i in range(0, len(stored), _BATCH))


def _line(form: _Form, event: Event, selector: Predicate | None, *, is_first: bool) -> bytes | None:
    """The event as the selector sees it: an object that starts to match is added, one that stops is deleted."""
    if selector is None:
        return form.line(event.type, event.after, is_first=is_first)
    matched = event.before is not None and selector(event.before.obj)
    matches = event.type != "DELETED" and selector(event.after.obj)
    if matches:
        return form.line("MODIFIED" if matched else "ADDED", event.after, is_first=is_first)
    if not matched or event.before is None:
        return None
    before = event.before
    metadata = {**meta(before.obj), "resourceVersion": str(event.revision)}
    last = Stored(before.key, {**before.obj, "metadata": metadata}, event.revision)
    return form.line("DELETED", last, is_first=is_first)


def _failed(error: errors.ApiError) -> Response:
    line = json.dumps({"type": "ERROR", "object": error.status()}, separators=(",", ":")) + "\n"
    return Response(stream=iter([line.encode()]))
