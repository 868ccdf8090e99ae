"""Engine and transactions.

SQLite: WAL, foreign keys, busy timeout, synchronous=FULL (a receipt survives the power), BEGIN IMMEDIATE for writing.
PostgreSQL comes through the same code by URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlmodel import Session

from aap.records.store_faults import StoreFault, fault_of

WRITING = {"aap_writing": True}
HASTY = {"aap_hasty": True}
PROBE_PATIENCE = 0.5
"""Seconds that a question about health waits for others who write."""


def open_engine(url: str, *, patience: float = 30.0, probe: bool = False) -> Engine:
    """An engine with the settings above. `url`: `sqlite:///path` or `postgresql+psycopg://…`.

    `patience`: seconds to wait for others who write. `probe`: for a question now and then, which keeps no connection and
    waits `patience` seconds at most for a server. Its errors go to the logs: they don't tell the values of a statement,
    which are personal.
    """
    values: dict[str, Any] = {"hide_parameters": True, **({"poolclass": NullPool} if probe else {})}
    if not url.startswith("sqlite"):
        if not probe:
            return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20, **values)
        most = int(patience * 1000)
        waits = f"-c statement_timeout={most} -c lock_timeout={most}"
        return create_engine(url, connect_args={"connect_timeout": max(2, int(patience)), "options": waits}, **values)
    engine = create_engine(url, connect_args={"timeout": patience, "check_same_thread": False}, **values)

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            f"busy_timeout={int(patience * 1000)}",
            "synchronous=FULL",
            "cache_size=-32000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        begins = "BEGIN IMMEDIATE" if options.get("aap_writing", False) else "BEGIN"
        if not options.get("aap_hasty", False):
            connection.exec_driver_sql(begins)
            return
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
        try:
            connection.exec_driver_sql(begins)
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(patience * 1000)}")

    return engine


class Database:
    """Opens sessions: `reading()` never commits; `writing()` commits once, at its end, or nothing."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = open_engine(url)
        self.writing_engine = self.engine.execution_options(**WRITING)
        self.hasty_engine = self.engine.execution_options(**WRITING, **HASTY)
        self._probe = open_engine(url, patience=PROBE_PATIENCE, probe=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session  # closing gives the transaction back, and leaves loaded objects as they are

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with Session(self.writing_engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def noting(self, *, patient: bool = False) -> Iterator[Connection]:
        """A transaction of one small statement that may as well be left out: it fails at once where another one writes,
        unless `patient`. Raises SQLAlchemyError."""
        engine = self.writing_engine if patient else self.hasty_engine
        with engine.begin() as connection:
            yield connection

    @contextmanager
    def probing(self) -> Iterator[Session]:
        """Like `reading`, on a connection of its own: never waits for those that pages use."""
        with Session(self._probe, autoflush=False) as session:
            yield session

    def refusal(self) -> StoreFault | None:
        """Why nothing can be written now; None where it can. Something is written, and taken back."""
        try:
            with self._probe.execution_options(**WRITING).connect() as connection, connection.begin() as attempt:
                connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
                attempt.rollback()
        except Exception as error:
            fault = fault_of(error)
            if fault is None:
                raise
            return fault
        return None

    def dispose(self) -> None:
        self.engine.dispose()
