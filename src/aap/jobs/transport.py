"""Huey's queues of an instance: in a file beside the database, in PostgreSQL or in Redis (`AAP_QUEUE_URL`)."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

from huey import PostgresHuey, PriorityRedisHuey, SqliteHuey
from huey.api import Huey

from aap.settings import Settings

_PATIENCE = 5.0  # seconds that Redis has for an answer: a request waits behind it


def open_queue(settings: Settings, name: str) -> Huey:
    """One named queue, with priorities; results are not kept: what work gives is in its row.

    Raises SystemExit for an address that isn't one of a queue.
    """
    url = settings.queue_url
    scheme = url.partition(":")[0].partition("+")[0]
    if not url:
        settings.instance.mkdir(parents=True, exist_ok=True)
        # A message that a power cut loses is found by its row a minute later: nothing is to be waited for.
        return SqliteHuey(name, filename=str(settings.instance / "queue.sqlite3"), fsync=False, results=False)
    if scheme in ("postgresql", "postgres"):
        return _in_postgres(name, "postgresql:" + url.partition(":")[2])
    if scheme in ("redis", "rediss", "unix"):
        from redis import ConnectionPool

        pool = ConnectionPool.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
        return PriorityRedisHuey(name, connection_pool=pool, results=False)
    raise SystemExit(f"AAP_QUEUE_URL: {scheme}: is neither postgresql: nor redis:")


def _in_postgres(name: str, url: str) -> Huey:
    """Its tables are made by whoever comes first: of several at once all but one are refused."""
    import psycopg

    for attempt in range(5):
        try:
            return PostgresHuey(name, dsn=url, results=False)
        except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable):
            time.sleep(0.2 * (attempt + 1))
    return PostgresHuey(name, dsn=url, results=False)


def carried_by(huey: Huey) -> set[str]:
    """The ids of rows that a queue's messages name, to be taken now or later."""
    found: set[str] = set()
    for task in [*huey.pending(), *huey.scheduled()]:
        for argument in task.args:
            found.update([argument] if isinstance(argument, str) else argument)
    return found


def close_queue(huey: Any) -> None:
    """Gives its connection back; the next use opens another."""
    with closing(huey.storage):
        pass
