"""Tables, migrations and transactions of the vote store, on SQLite or PostgreSQL. No rules about votes here.

SQLite runs in WAL mode with full sync, and every writer starts with BEGIN IMMEDIATE: with the default deferred
transactions nearly all concurrent writers die of "database is locked". On PostgreSQL an advisory lock orders writers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    func,
    inspect,
    select,
    update,
)

from fpbench.preference.errors import SchemaError

if TYPE_CHECKING:
    from sqlalchemy.pool import ConnectionPoolEntry

Mode = Literal["read", "quick", "durable"]
_BUSY_S = 60.0  # longest wait of a writer for the others
_LOCK = 7026  # any number: what this package locks in a PostgreSQL database
_LONG = String(128)

metadata = MetaData()
meta = Table("meta", metadata, Column("key", _LONG, primary_key=True), Column("value", Text, nullable=False))
head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("events", Integer, nullable=False),
    Column("hash", _LONG, nullable=False),
    Column("at", _LONG, nullable=False),
)
rater = Table(
    "rater",
    metadata,
    Column("token", _LONG, primary_key=True),
    Column("kind", _LONG, nullable=False),
    Column("seat", Integer, nullable=False, unique=True),
    Column("last_assignment", _LONG),
)
assignment = Table(
    "assignment",
    metadata,
    Column("id", _LONG, primary_key=True),
    Column("seat", Integer, nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("trial", Text, nullable=False),
    Column("state", _LONG, nullable=False),
    Column("session", _LONG),
    Column("leased_until", Float),
    Column("unplayable", Integer, nullable=False),
)
log = Table(
    "event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("event_id", _LONG, nullable=False, unique=True),
    Column("kind", _LONG, nullable=False),
    Column("assignment_id", _LONG),
    Column("criterion", _LONG),
    Column("nonce", _LONG),
    Column("text", Text, nullable=False),
    Column("prev_hash", _LONG, nullable=False),
    Column("hash", _LONG, nullable=False),
    UniqueConstraint("assignment_id", "criterion", "nonce"),
)

# Step k brings a store from version k to k + 1 inside one transaction; released steps are never edited.
MIGRATIONS: list[Callable[[Connection], None]] = [metadata.create_all]


class Database:
    """An engine with the right transactions.

    Args:
        where: a path, which becomes SQLite, or an SQLAlchemy URL.

    Raises:
        SchemaError: the store was written by a newer version.
    """

    def __init__(self, where: str | Path) -> None:
        self.engine = _engine(where)
        sqlite = self.engine.dialect.name == "sqlite"
        self._one_writer = threading.Lock() if sqlite else nullcontext()
        self._migrate()

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """A transaction; commits on leaving, rolls back on an exception.

        Args:
            durable: survive a power cut once committed, and overlap no other durable writer. A lease need neither
                and then costs no disk sync.
        """
        # threads of one process queue here, fairly, instead of polling SQLite's file lock
        with self._one_writer, self._begin("durable" if durable else "quick") as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent snapshot."""
        with self._begin("read") as connection:
            yield connection

    def close(self) -> None:
        """Release every connection."""
        self.engine.dispose()

    @contextmanager
    def _begin(self, mode: Mode) -> Iterator[Connection]:
        with self.engine.connect() as plain:
            connection = plain.execution_options(mode=mode)
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    _begin_postgresql(connection, mode)
                yield connection

    def _migrate(self) -> None:
        with self._begin("read") as connection:
            if _version(connection) == len(MIGRATIONS):
                return
        with self._begin("durable") as connection:
            version = _version(connection)
            if version > len(MIGRATIONS):
                raise SchemaError(
                    f"{self.engine.url}: schema version {version} is newer than {len(MIGRATIONS)}; update fpbench"
                )
            for step in MIGRATIONS[version:]:
                step(connection)
            if version == 0:
                connection.execute(meta.insert().values(key="schema_version", value=str(len(MIGRATIONS))))
            else:
                chosen = meta.c.key == "schema_version"
                connection.execute(update(meta).where(chosen).values(value=str(len(MIGRATIONS))))


def _version(connection: Connection) -> int:
    if not inspect(connection).has_table("meta"):
        return 0
    value = connection.scalar(select(meta.c.value).where(meta.c.key == "schema_version"))
    return 0 if value is None else int(value)


def _engine(where: str | Path) -> Engine:
    url = where if isinstance(where, str) and "://" in where else f"sqlite:///{where}"
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_S}, pool_size=16, max_overflow=64)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    # the driver must not open transactions by itself, or BEGIN IMMEDIATE comes too late
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.close()


def _begin_postgresql(connection: Connection, mode: Mode) -> None:
    if mode == "durable":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    elif mode == "quick":
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def _begin_sqlite(connection: Connection) -> None:
    mode: Mode = connection.get_execution_options().get("mode", "durable")
    connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if mode == 'durable' else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN" if mode == "read" else "BEGIN IMMEDIATE")
