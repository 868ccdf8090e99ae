"""What a running instance holds: database, files, clock. Made once by `create_app`, commands and the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlmodel import Session

from aap.records.keys import KeyFault, KeyRing, dialect_keys, give_keys
from aap.records.migrations import upgrade
from aap.records.session import Database
from aap.services.audit import take_up_log
from aap.services.file_store import FileStore
from aap.services.safekeeping import check_keys, close_folder, held_keys, made_keys
from aap.settings import Settings

__all__ = ["Clock", "Platform", "Session", "open_platform", "utc_now"]

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of a served instance; tests have their own."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Platform:
    """What every use case outside of a session needs: settings, database, stored files, the clock."""

    settings: Settings
    database: Database
    files: FileStore
    clock: Clock = utc_now

    @property
    def keys(self) -> KeyRing:
        """The instance's keys."""
        return dialect_keys(self.database.engine.dialect)


def open_platform(settings: Settings, *, clock: Clock = utc_now, migrate: bool = True) -> Platform:
    """Opens the instance (its folder and its key are made where they are missing) and brings the database to the newest
    step. What others on the machine could read in the folder is closed to them.

    Raises KeyFault where the keys are missing, unreadable or not those of this database.
    """
    closed = close_folder(settings.instance)
    if closed:
        log.warning("instance.closed_to_others", entries=closed)
    database = Database(settings.effective_database_url)
    try:
        keys = held_keys(settings.data_key, settings.key_file)
        check_keys(database.engine, keys, settings.key_file)
    except KeyFault:
        database.dispose()
        raise
    give_keys(database.engine, keys or made_keys(settings.key_file))
    if migrate:
        upgrade(database.engine)
        with database.writing() as session:
            take_up_log(session, now=clock())
    return Platform(settings, database, FileStore(settings.files_folder), clock)
