"""Counters of tries, shared by every process: a file beside SQLite's database, else a table in PostgreSQL, else Redis.

They are worth nothing an hour later: no migration knows them, no backup holds them, and losing them costs nothing. So the
file is never synchronised to the disk, and PostgreSQL's table is unlogged.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from limits.storage import Storage, storage_from_string
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

_COLUMNS = "(key VARCHAR(80) PRIMARY KEY, count INTEGER NOT NULL, expires_at DOUBLE PRECISION NOT NULL)"
_SQLITE = f"CREATE TABLE IF NOT EXISTS try_count {_COLUMNS}"
_POSTGRES = f"CREATE UNLOGGED TABLE IF NOT EXISTS try_count {_COLUMNS}"
_COUNT = text("""
    INSERT INTO try_count (key, count, expires_at) VALUES (:key, :amount, :until)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN try_count.expires_at <= :now THEN excluded.count ELSE try_count.count + excluded.count END,
        expires_at = CASE WHEN try_count.expires_at <= :now THEN excluded.expires_at ELSE try_count.expires_at END
    RETURNING count
""")
_SWEEP_ONE_IN = 500


class TryCounts(Storage):
    """Counters in a table, as the library `limits` asks for them. Each step is one statement, so it is atomic."""

    STORAGE_SCHEME = None

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._opened = engine
        self._clock = clock

    @cached_property
    def engine(self) -> Engine:
        """With its table. It is opened by the first who tries something, not by every start."""
        statement = _SQLITE if self._opened.dialect.name == "sqlite" else _POSTGRES
        with self._opened.connect() as connection:
            try:
                connection.execute(text(statement))
            except (IntegrityError, ProgrammingError):  # another process made it at the same moment
                connection.execute(text("SELECT 1 FROM try_count LIMIT 1"))
        return self._opened

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Counts on, from 0 where the counter has expired, and gives the count. A count ends `expiry` seconds after its
        first step."""
        now = self._clock()
        with self.engine.connect() as connection:
            if random.randrange(_SWEEP_ONE_IN) == 0:  # noqa: S311  (no secret)
                connection.execute(text("DELETE FROM try_count WHERE expires_at <= :now"), {"now": now})
            values = {"key": key, "amount": amount, "until": now + expiry, "now": now}
            return int(connection.execute(_COUNT, values).scalar_one())

    def get(self, key: str) -> int:
        return int(self._row(key)[0])

    def get_expiry(self, key: str) -> float:
        """Seconds since 1970 when the counter ends; now where there is none."""
        return float(self._row(key)[1])

    def _row(self, key: str) -> tuple[int, float]:
        now = self._clock()
        query = text("SELECT count, expires_at FROM try_count WHERE key = :key AND expires_at > :now")
        with self.engine.connect() as connection:
            found = connection.execute(query, {"key": key, "now": now}).one_or_none()
        return (0, now) if found is None else (found[0], found[1])

    def check(self) -> bool:
        try:
            self.get("check")
        except SQLAlchemyError:
            return False
        return True

    def reset(self) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text("DELETE FROM try_count")).rowcount)

    def clear(self, key: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(text("DELETE FROM try_count WHERE key = :key"), {"key": key})


def open_try_counts(instance: Path, database: Engine, url: str = "") -> Storage:
    """The counters of an instance. `url`: `redis://…`; empty: beside the database, in its own way."""
    if url:
        return storage_from_string(url)  # type: ignore[return-value]
    if database.dialect.name != "sqlite":
        return TryCounts(database.execution_options(isolation_level="AUTOCOMMIT"))
    engine = create_engine(
        f"sqlite:///{(instance / 'tries.sqlite3').resolve()}",
        connect_args={"timeout": 5, "check_same_thread": False},
        isolation_level="AUTOCOMMIT",
    )

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "busy_timeout=5000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return TryCounts(engine)
