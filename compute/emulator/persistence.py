"""The store's copy on disk: one PostgreSQL schema that holds the objects and the last resourceVersion."""

import dataclasses
import json
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

import psycopg
from psycopg import sql

from compute.emulator.values import Json


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One object as saved. `body` is its JSON text; None deletes the row."""

    resource: str
    namespace: str
    name: str
    revision: int
    body: str | None


class Persistence(Protocol):
    """What the store needs from a disk."""

    def load(self) -> tuple[int, Iterator[tuple[Row, Json]]]: ...

    def save(self, rows: Sequence[Row], revision: int) -> None: ...

    def close(self) -> None: ...


class SchemaInUse(Exception):
    """Another emulator already keeps its state in this schema."""


class PostgresPersistence:
    """Write-through to PostgreSQL, one statement for each transaction of the store.

    `synchronous_commit` is off: a killed emulator loses nothing, a killed PostgreSQL may lose the last writes but
    never half of one. A session advisory lock keeps a second emulator out of the schema.
    """

    def __init__(self, dsn: str, schema: str, *, wait_s: float = 5.0) -> None:
        self._dsn = dsn
        self._schema = schema
        self._connection = self._connect(wait_s)
        self._create_tables()

    def _connect(self, wait_s: float) -> psycopg.Connection:
        """A connection that holds the schema's lock. Raises SchemaInUse when another one has it for `wait_s`."""
        connection = psycopg.connect(
            self._dsn, autocommit=True, connect_timeout=10, application_name="ssvirt-emulator"
        )
        try:
            connection.execute("SET synchronous_commit = off")
            deadline = time.monotonic() + wait_s
            while not self._try_lock(connection):
                if time.monotonic() >= deadline:
                    raise SchemaInUse(f"another emulator uses the schema {self._schema!r}")
                time.sleep(0.05)
        except BaseException:
            connection.close()
            raise
        return connection

    def _try_lock(self, connection: psycopg.Connection) -> bool:
        row = connection.execute(
            "SELECT pg_try_advisory_lock(hashtext('ssvirt-emulator'), hashtext(%s))", (self._schema,)
        ).fetchone()
        return bool(row and row[0])

    def _create_tables(self) -> None:
        schema = sql.Identifier(self._schema)
        self._connection.execute(
            sql.SQL(
                "CREATE SCHEMA IF NOT EXISTS {0};"
                "CREATE TABLE IF NOT EXISTS {0}.objects ("
                " resource text NOT NULL, namespace text NOT NULL, name text NOT NULL,"
                " revision bigint NOT NULL, body json NOT NULL, PRIMARY KEY (resource, namespace, name));"
                "CREATE TABLE IF NOT EXISTS {0}.state (id int PRIMARY KEY CHECK (id = 1), revision bigint NOT NULL);"
                "INSERT INTO {0}.state VALUES (1, 0) ON CONFLICT DO NOTHING;"
            ).format(schema)
        )
        self._save = sql.SQL(
            "WITH gone AS (DELETE FROM {0}.objects o"
            "  USING unnest(%(gone_r)s::text[], %(gone_ns)s::text[], %(gone_n)s::text[]) AS g(r, ns, n)"
            "  WHERE o.resource = g.r AND o.namespace = g.ns AND o.name = g.n),"
            " kept AS (INSERT INTO {0}.objects"
            "  SELECT * FROM unnest(%(r)s::text[], %(ns)s::text[], %(n)s::text[], %(rev)s::bigint[], %(body)s::json[])"
            "  ON CONFLICT (resource, namespace, name)"
            "  DO UPDATE SET revision = excluded.revision, body = excluded.body)"
            " UPDATE {0}.state SET revision = %(revision)s"
        ).format(schema)

    def load(self) -> tuple[int, Iterator[tuple[Row, Json]]]:
        """The last resourceVersion and every object."""
        schema = sql.Identifier(self._schema)
        found = self._connection.execute(sql.SQL("SELECT revision FROM {}.state").format(schema)).fetchone()
        return (found[0] if found else 0), self._rows()

    def _rows(self) -> Iterator[tuple[Row, Json]]:
        query = sql.SQL("SELECT resource, namespace, name, revision, body::text FROM {}.objects")
        for resource, namespace, name, revision, body in self._connection.execute(
            query.format(sql.Identifier(self._schema))
        ):
            yield Row(resource, namespace, name, revision, body), json.loads(body)

    def save(self, rows: Sequence[Row], revision: int) -> None:
        """Save the rows and the resourceVersion at once. A row given twice counts as last given.

        Raises psycopg.Error when the database stays away; then nothing was saved.
        """
        last = {(row.resource, row.namespace, row.name): row for row in rows}.values()
        kept = [row for row in last if row.body is not None]
        gone = [row for row in last if row.body is None]
        values = {
            "gone_r": [row.resource for row in gone],
            "gone_ns": [row.namespace for row in gone],
            "gone_n": [row.name for row in gone],
            "r": [row.resource for row in kept],
            "ns": [row.namespace for row in kept],
            "n": [row.name for row in kept],
            "rev": [row.revision for row in kept],
            "body": [row.body for row in kept],
            "revision": revision,
        }
        try:
            self._connection.execute(self._save, values)
        except psycopg.OperationalError:
            # The database was restarted. Saving is idempotent, so one more try on a new connection is safe.
            self._connection.close()
            self._connection = self._connect(wait_s=0.0)
            self._connection.execute(self._save, values)

    def close(self) -> None:
        """Give the schema free."""
        self._connection.close()
