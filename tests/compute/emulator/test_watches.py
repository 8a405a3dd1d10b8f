"""Watches: resume, bookmarks, 410, selectors, initial events, the official client's loop."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, watch

from compute.emulator import Emulator

from .conftest import Json, Kube, config_map

MAPS = "/api/v1/namespaces/demo/configmaps"


def events(kube: Kube, path: str = MAPS, *, count: int, **query: Any) -> list[Json]:
    """The first events of a watch."""
    found: list[Json] = []
    for event in stream(kube, path, **query):
        found.append(event)
        if len(found) == count:
            break
    return found


def stream(kube: Kube, path: str, **query: Any) -> Iterator[Json]:
    pairs = "&".join(
        f"{key}={value}" for key, value in {"watch": "true", "timeoutSeconds": 3, **query}.items()
    )
    headers = {"Authorization": f"Bearer {kube.emulator.token}"}
    pool = kube.api.rest_client.pool_manager
    response = pool.request(
        "GET", f"{kube.emulator.url}{path}?{pairs}", headers=headers, preload_content=False
    )
    assert response.status == 200, response.data
    buffer = b""
    try:
        for chunk in response.stream(amt=None):
            buffer += chunk
            while b"\n" in buffer:
                line, _, buffer = buffer.partition(b"\n")
                yield json.loads(line)
    finally:
        response.close()


def version(kube: Kube) -> str:
    return str(kube.get(MAPS).json["metadata"]["resourceVersion"])


def brief(found: list[Json]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"]["name"]) for event in found]


def test_watch_without_version_starts_with_what_is_there(kube: Kube, demo: str) -> None:
    kube.post(MAPS, config_map("a"))
    assert brief(events(kube, count=1)) == [("ADDED", "a")]
    assert brief(events(kube, count=1, resourceVersion=0)) == [("ADDED", "a")]


def test_watch_when_resumed_then_every_change_once_in_order(kube: Kube, demo: str) -> None:
    since = version(kube)
    kube.post(MAPS, config_map("a"))
    kube.patch(f"{MAPS}/a", {"data": {"x": "1"}})
    kube.patch(f"{MAPS}/a", {"data": {"x": "1"}})
    kube.delete(f"{MAPS}/a")
    found = events(kube, count=3, resourceVersion=since)
    assert brief(found) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in found]
    assert versions == sorted(set(versions))
    middle = found[0]["object"]["metadata"]["resourceVersion"]
    assert brief(events(kube, count=2, resourceVersion=middle)) == [("MODIFIED", "a"), ("DELETED", "a")]


def test_watch_when_changes_come_later_then_they_are_pushed(kube: Kube, demo: str) -> None:
    since = version(kube)
    writer = Kube(kube.emulator)
    timer = threading.Timer(0.1, lambda: writer.post(MAPS, config_map("late")))
    timer.start()
    assert brief(events(kube, count=1, resourceVersion=since)) == [("ADDED", "late")]


def test_watch_when_other_kinds_and_namespaces_change_then_silent(kube: Kube, demo: str) -> None:
    kube.namespace("other")
    since = version(kube)
    kube.post("/api/v1/namespaces/other/configmaps", config_map(namespace="other"))
    kube.post(
        "/api/v1/namespaces/demo/secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    )
    kube.post(MAPS, config_map("mine"))
    assert brief(events(kube, count=1, resourceVersion=since)) == [("ADDED", "mine")]
    everywhere = events(kube, "/api/v1/configmaps", count=2, resourceVersion=since)
    assert brief(everywhere) == [("ADDED", "cm1"), ("ADDED", "mine")]


def test_watch_with_selector_turns_label_changes_into_added_and_deleted(kube: Kube, demo: str) -> None:
    kube.post(MAPS, config_map("a"))
    since = version(kube)
    for value in ("yes", "yes", "no"):
        kube.patch(f"{MAPS}/a", {"metadata": {"labels": {"pick": value}}})
    kube.patch(f"{MAPS}/a", {"metadata": {"labels": {"pick": "yes"}}})
    kube.delete(f"{MAPS}/a")
    found = events(kube, count=4, resourceVersion=since, labelSelector="pick%3Dyes")
    assert brief(found) == [("ADDED", "a"), ("DELETED", "a"), ("ADDED", "a"), ("DELETED", "a")]


def test_watch_when_history_is_gone_then_error_410(kube: Kube, demo: str) -> None:
    since = version(kube)
    kube.post(MAPS, config_map("a"))
    kube.emulator.expire_history()
    error = events(kube, count=1, resourceVersion=since)[0]
    assert (error["type"], error["object"]["code"], error["object"]["reason"]) == ("ERROR", 410, "Expired")


def test_watch_when_version_is_in_the_future_then_error_504(kube: Kube, demo: str) -> None:
    error = events(kube, count=1, resourceVersion=int(version(kube)) + 1000)[0]
    assert (error["type"], error["object"]["code"]) == ("ERROR", 504)


def test_bookmarks_carry_the_latest_version(kube: Kube, demo: str) -> None:
    since = version(kube)
    kube.namespace("elsewhere")
    found = events(kube, count=1, resourceVersion=since, allowWatchBookmarks="true", timeoutSeconds=2)
    assert found[0]["type"] == "BOOKMARK"
    assert int(found[0]["object"]["metadata"]["resourceVersion"]) > int(since)


def test_initial_events_end_with_an_annotated_bookmark(kube: Kube, demo: str) -> None:
    kube.post(MAPS, config_map("a"))
    options = {
        "sendInitialEvents": "true",
        "allowWatchBookmarks": "true",
        "resourceVersionMatch": "NotOlderThan",
    }
    found = events(kube, count=2, **options)
    assert [event["type"] for event in found] == ["ADDED", "BOOKMARK"]
    assert found[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert kube.get(MAPS, watch="true", sendInitialEvents="true").status == 422


def test_dropped_watch_ends_without_error_and_resumes(kube: Kube, demo: str) -> None:
    since = version(kube)
    threading.Timer(0.1, kube.emulator.drop_watches).start()
    assert list(stream(kube, MAPS, resourceVersion=since)) == []
    kube.post(MAPS, config_map("a"))
    assert brief(events(kube, count=1, resourceVersion=since)) == [("ADDED", "a")]


def test_closed_watches_are_forgotten(kube: Kube, demo: str, emulator: Emulator) -> None:
    kube.post(MAPS, config_map("a"))
    for _ in range(5):
        events(kube, count=1)
    # The server notices at its next write or look at the socket, at most a second later.
    for _ in range(30):
        if emulator._store.watcher_count() <= 2:
            break
        threading.Event().wait(0.1)
    assert emulator._store.watcher_count() <= 2


def test_official_watch_loop(kube: Kube, demo: str) -> None:
    core = client.CoreV1Api(kube.api)
    since = version(kube)
    kube.post(MAPS, config_map("a"))
    seen = []
    watcher = watch.Watch()
    for event in watcher.stream(
        core.list_namespaced_config_map, "demo", resource_version=since, timeout_seconds=5
    ):
        seen.append((event["type"], event["object"].metadata.name))
        watcher.stop()
    assert seen == [("ADDED", "a")]


def test_official_watch_when_expired_then_it_raises_410(kube: Kube, demo: str) -> None:
    core = client.CoreV1Api(kube.api)
    since = version(kube)
    kube.post(MAPS, config_map("a"))
    kube.emulator.expire_history()
    with pytest.raises(client.ApiException) as caught:
        for _ in watch.Watch().stream(
            core.list_namespaced_config_map, "demo", resource_version=since, timeout_seconds=1
        ):
            pass
    assert caught.value.status == 410
