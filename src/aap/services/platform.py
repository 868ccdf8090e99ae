"""What a running instance holds: database, files, clock. Made once by `create_app`, commands and the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session

from aap.records.migrations import upgrade
from aap.records.session import Database
from aap.services.file_store import FileStore
from aap.settings import Settings

__all__ = ["Clock", "Platform", "Session", "open_platform", "utc_now"]

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


def open_platform(settings: Settings, *, clock: Clock = utc_now, migrate: bool = True) -> Platform:
    """Opens the instance (its folder is made where it is missing) and brings the database to the newest step."""
    settings.instance.mkdir(parents=True, exist_ok=True)
    database = Database(settings.effective_database_url)
    if migrate:
        upgrade(database.engine)
    return Platform(settings, database, FileStore(settings.files_folder), clock)
