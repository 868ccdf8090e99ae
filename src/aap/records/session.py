"""Engine and transactions.

SQLite: WAL, foreign keys, busy timeout, synchronous=FULL (a receipt survives the power), BEGIN IMMEDIATE for writing.
PostgreSQL comes through the same code by URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlmodel import Session

from aap.records.keys import KeyRing, give_keys
from aap.records.watching import WritingSession

WRITING = {"aap_writing": True}


def open_engine(url: str) -> Engine:
    """An engine with the settings above. `url`: `sqlite:///path` or `postgresql+psycopg://…`.

    Its errors go to the logs: they don't tell the values of a statement, which are personal.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20, hide_parameters=True)
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "busy_timeout=30000",
            "synchronous=FULL",
            "cache_size=-32000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("aap_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


class Database:
    """Opens sessions: `reading()` never commits; `writing()` commits once, at its end, or nothing."""

    def __init__(self, url: str, keys: KeyRing | None = None) -> None:
        self.url = url
        self.engine = open_engine(url)
        give_keys(self.engine, keys)
        self.writing_engine = self.engine.execution_options(**WRITING)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session  # closing gives the transaction back, and leaves loaded objects as they are

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with WritingSession(self.writing_engine, expire_on_commit=False) as session, session.begin():
            yield session

    def dispose(self) -> None:
        self.engine.dispose()
