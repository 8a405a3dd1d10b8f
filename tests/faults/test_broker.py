"""A broker that is down, black-holed or flushed: requests answer at once, and no task is lost."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from ssvirt.core.tenancy import ALL, acting_for
from tasks import runners
from tasks.models import Task
from tests.fixtures import World
from tests.vapps.bodies import post_instantiate, task_of, tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that takes connections and never answers."""
    server = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                taken.append(server.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    yield server.getsockname()[1]
    server.close()
    for connection in taken:
        connection.close()


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def use_broker(monkeypatch: pytest.MonkeyPatch, settings: Any, url: str) -> None:
    settings.REDIS_URL = url
    monkeypatch.setattr("tasks.engine.publish", runners._Publisher().publish)


def hints(outcome: str) -> float:
    return float(runners.HINTS.labels(outcome)._value.get())


@pytest.mark.parametrize("fault", ["black_hole", "closed_port"])
def test_request_when_the_broker_is_away_then_answers_at_once_and_the_sweep_does_the_task(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    request: pytest.FixtureRequest,
    django_capture_on_commit_callbacks: Any,
    fault: str,
) -> None:
    use_broker(monkeypatch, settings, f"redis://127.0.0.1:{request.getfixturevalue(fault)}/0")
    bob = world.api("bob")
    failed = hints("failed")
    for number in range(3):
        started = time.monotonic()
        with django_capture_on_commit_callbacks(execute=True):
            response = post_instantiate(bob, world, name=f"vapp-{number}")
        assert response.status_code == 201
        assert time.monotonic() - started < 1.0
    assert hints("failed") == failed + 1, "after a failure no further hint is tried for a while"
    world.drain()
    assert tree(bob.get(task_of(response).get("href"))).get("status") == "success"


def test_hint_when_published_then_a_celery_message_in_the_queue_itself(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    use_broker(monkeypatch, settings, settings.REDIS_URL)
    broker = redis.Redis.from_url(settings.REDIS_URL)
    broker.flushdb()
    with django_capture_on_commit_callbacks(execute=True):
        response = post_instantiate(world.api("bob"), world)
    with acting_for(ALL):
        task_id = Task.objects.get(operation="vdcInstantiateVapp").pk
    messages = broker.lrange(runners.QUEUE, 0, -1)
    assert any(str(task_id).encode() in _body(message) for message in messages)

    broker.flushdb()  # everything in the broker is gone: no hint, no binding
    with django_capture_on_commit_callbacks(execute=True):
        world.api("bob").delete(f"{tree(response).get('href')}?force=true")
    assert broker.llen(runners.QUEUE) == 1, "the next hint still reaches the queue"
    world.drain()
    with acting_for(ALL):
        assert set(Task.objects.filter(owner_kind="vApp").values_list("status", flat=True)) == {"success"}


def _body(message: bytes) -> bytes:
    import base64
    import json

    return base64.b64decode(json.loads(message)["body"])
