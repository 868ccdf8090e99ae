"""The instance's keys and who on the machine may read its folder: looked after each time that the instance is opened."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine, inspect
from sqlmodel import Session, col, select

from aap.records.audit import AuditLine, AuditStanding
from aap.records.chain import is_ours, standing_digest
from aap.records.keys import KeyFault, KeyRing, new_key, read_keys, write_keys

FOLDER, FILE = 0o700, 0o600
_OTHERS = 0o077
_LOOKED_AT = 3
"""Lines at the end of the log: one that is ours shows that the keys are this database's."""


def held_keys(typed: str, file: Path) -> KeyRing | None:
    """The keys of the setting, else of the file; None where there are none yet. Raises KeyFault."""
    if typed:
        return KeyRing(read_keys(typed))
    return KeyRing(file=file) if file.exists() else None


def made_keys(file: Path) -> KeyRing:
    """A new instance's first key, in its file. Of two processes at once, one makes it."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=FOLDER)
    with suppress(FileExistsError):
        write_keys(file, [new_key()], only_new=True)
    return KeyRing(file=file)


def check_keys(engine: Engine, keys: KeyRing | None, file: Path) -> None:
    """Refuses to go on without the keys, or with others than those that the log was written with. Raises KeyFault.

    An instance that was never opened by this version has no keyed line yet: whatever keys are there become its own.
    """
    if not inspect(engine).has_table(str(AuditStanding.__tablename__)):
        return
    with Session(engine) as session:
        lines = session.exec(select(AuditLine).order_by(col(AuditLine.sequence).desc()).limit(_LOOKED_AT)).all()
        if not lines:
            return
        if keys is None:
            raise KeyFault("missing", str(file))
        for line in lines:
            noted = select(AuditStanding.digest).where(AuditStanding.sequence == line.sequence)
            standing = standing_digest(session.exec(noted.order_by(col(AuditStanding.id))))
            if is_ours(keys, line, standing):
                return
    raise KeyFault("foreign", str(file))


def close_folder(folder: Path) -> int:
    """Makes the folder (0700) where it is missing, and takes from others on the machine what they may do in it.

    Gives the number of entries that were open. Somebody else's entries (another account runs the web server, say) stay
    as they are.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER)
    if not stat.S_IMODE(folder.stat().st_mode) & _OTHERS:
        return 0  # nobody else comes in: what is inside was made by us, or mended when the folder was
    count = 0
    for where, folders, files in os.walk(folder):
        for path, mode in (
            *((Path(where, one), FOLDER) for one in folders),
            *((Path(where, one), FILE) for one in files),
        ):
            count += _closed(path, mode)
    return count + _closed(folder, FOLDER)  # last: a kill in between leaves the work to be taken up


def _closed(path: Path, mode: int) -> bool:
    with suppress(OSError):
        found = path.lstat()
        if not stat.S_ISLNK(found.st_mode) and stat.S_IMODE(found.st_mode) & _OTHERS:
            path.chmod(mode)
            return True
    return False
