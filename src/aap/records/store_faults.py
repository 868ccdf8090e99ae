"""What is wrong with the place where things are kept, told apart from faults of the code.

A full disk and a busy or damaged database are the operator's to mend, and the person's to be told in words.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from enum import StrEnum

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree


class StoreFault(StrEnum):
    """`full`: no room; `busy`: others hold the database; `damaged`; `read_only`; `away`: it can't be reached."""

    FULL = "full"
    BUSY = "busy"
    DAMAGED = "damaged"
    READ_ONLY = "read_only"
    AWAY = "away"


_OF_FILES = {
    errno.ENOSPC: StoreFault.FULL, errno.EDQUOT: StoreFault.FULL, errno.EFBIG: StoreFault.FULL, errno.EROFS: StoreFault.READ_ONLY,
}  # fmt: skip
_OF_SQLITE = {
    sqlite3.SQLITE_FULL: StoreFault.FULL,
    sqlite3.SQLITE_BUSY: StoreFault.BUSY,
    sqlite3.SQLITE_LOCKED: StoreFault.BUSY,
    sqlite3.SQLITE_CORRUPT: StoreFault.DAMAGED,
    sqlite3.SQLITE_NOTADB: StoreFault.DAMAGED,
    sqlite3.SQLITE_READONLY: StoreFault.READ_ONLY,
    sqlite3.SQLITE_IOERR: StoreFault.AWAY,
    sqlite3.SQLITE_CANTOPEN: StoreFault.AWAY,
}
_NO_ROOM = {sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC}
"""What SQLite says of a disk on which the index of the WAL or a page can't be written any more."""
_OF_POSTGRES = {
    "53100": StoreFault.FULL,  # disk_full
    "53300": StoreFault.BUSY,  # too_many_connections
    "55P03": StoreFault.BUSY,  # lock_not_available
    "57014": StoreFault.BUSY,  # query_canceled: it waited for too long
    "40P01": StoreFault.BUSY,  # deadlock_detected
    "25006": StoreFault.READ_ONLY,  # read_only_sql_transaction
    "57P01": StoreFault.AWAY, "57P02": StoreFault.AWAY, "57P03": StoreFault.AWAY,  # it is being shut down or started
    "58030": StoreFault.AWAY,  # io_error
    "XX001": StoreFault.DAMAGED, "XX002": StoreFault.DAMAGED,
}  # fmt: skip


def fault_of(error: BaseException) -> StoreFault | None:
    """Which of these an error is about, itself or what it was raised from; None: something else."""
    for one in _causes(error):
        found = _fault(one)
        if found is not None:
            return found
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _fault(error: BaseException) -> StoreFault | None:
    if isinstance(error, OSError):
        return _OF_FILES.get(error.errno or 0)
    if isinstance(error, NoConnectionFree):
        return StoreFault.BUSY
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    if isinstance(error, DBAPIError) and not isinstance(error.orig, sqlite3.Error):
        state = getattr(error.orig, "sqlstate", None)
        if state is None or state.startswith("08"):  # no answer of the server at all
            return StoreFault.AWAY if type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout") else None
        return _OF_POSTGRES.get(state)
    return None


def _of_sqlite(error: sqlite3.Error) -> StoreFault | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    return StoreFault.FULL if code in _NO_ROOM else _OF_SQLITE.get(code & 0xFF)
