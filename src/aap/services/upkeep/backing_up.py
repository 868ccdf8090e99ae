"""A copy of the instance that can be put back: the database as of one moment, every stored file, and a list of both.

The embedded database is copied by SQLite's own online backup while the application goes on. Files are never changed
and are durable before a row names them: copied after the database, all that it names are there. The folder is made
under another name and renamed when it is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import NullPool, create_engine
from sqlmodel import Session, SQLModel, col, select

from aap import __version__
from aap.records.outbox import OutboxMail
from aap.records.types import FileHash
from aap.services.actor import SYSTEM
from aap.services.audit import ChainCheck, Subject, record, verify_chain
from aap.services.errors import Objection
from aap.services.platform import Platform

FORMAT = 1
MANIFEST, DATABASE, FILES = "sauvegarde.json", "aap.sqlite3", "files"
README = "README.md"  # says what lands in an instance, in a checkout: a folder that holds only it is empty
_BLOCK = 1 << 20

Tell = Callable[[int, int], None]
"""Told how many files of how many are done."""


class BackupFault(Exception):
    """A backup that can't be made or put back: `faults`, all at once."""

    def __init__(self, *faults: Objection) -> None:
        super().__init__(*faults)
        self.faults = faults


@dataclass(frozen=True)
class Backup:
    """What a backup holds. `head`: the audit chain's last hash; sizes in bytes."""

    made_at: str
    version: str
    database_sha256: str
    database_size: int
    files: int
    files_size: int
    audit_lines: int
    head: str
    format: int = FORMAT


def make_backup(platform: Platform, folder: Path, *, tell: Tell | None = None) -> Backup:
    """Copies the instance into the new folder. Raises BackupFault (the folder is there, or another database)."""
    settings = platform.settings
    if settings.database_url:
        raise BackupFault(Objection("upkeep.database_on_server", files=str(settings.files_folder)))
    if folder.exists():
        raise BackupFault(Objection("upkeep.backup_exists", folder=str(folder)))
    now = platform.clock()
    partial = folder.with_name(f".{folder.name}.partiel-{os.getpid()}")
    partial.mkdir(parents=True)
    try:
        _copy_database(settings.instance / DATABASE, partial / DATABASE)
        count, size = _copy_files(settings.files_folder, partial / FILES, tell)
        chain, missing = _look_into(partial)
        _refuse_missing(missing)
        backup = Backup(
            made_at=now.isoformat(),
            version=__version__,
            database_sha256=_sha256(partial / DATABASE),
            database_size=(partial / DATABASE).stat().st_size,
            files=count,
            files_size=size,
            audit_lines=chain.lines,
            head=chain.head,
        )
        _write(partial / MANIFEST, json.dumps(asdict(backup), indent=2) + "\n")
        os.replace(partial, folder)
        _sync(folder.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    with platform.database.writing() as session:
        record(session, SYSTEM, "system.backup", Subject("instance"), now=now, after=asdict(backup))
    return backup


def check_backup(folder: Path, *, tell: Tell | None = None) -> Backup:
    """Reads a whole backup again: hashes of the database and of every file, the database's own check, the audit chain.

    Raises BackupFault with everything that is wrong.
    """
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        backup = Backup(**content)
    except (OSError, ValueError, TypeError):
        raise BackupFault(Objection("upkeep.no_backup", folder=str(folder), manifest=MANIFEST)) from None
    if backup.format != FORMAT:
        raise BackupFault(Objection("upkeep.backup_too_new"))
    if not (folder / DATABASE).exists() or _sha256(folder / DATABASE) != backup.database_sha256:
        raise BackupFault(Objection("upkeep.database_changed"))
    faults = []
    if not _is_sound(folder / DATABASE):
        faults.append(Objection("upkeep.database_unsound"))
    paths = sorted(_stored(folder / FILES))
    if len(paths) != backup.files:
        faults.append(Objection("upkeep.number_of_files", expected=backup.files, found=len(paths)))
    for done, path in enumerate(paths, 1):
        if _sha256(path) != path.name:
            faults.append(Objection("upkeep.file_changed", name=path.name))
        if tell:
            tell(done, len(paths))
    chain, missing = _look_into(folder)
    faults += [Objection("upkeep.file_missing", name=sha) for sha in missing]
    if (chain.head, chain.lines) != (backup.head, backup.audit_lines):
        faults.append(Objection("upkeep.journal_differs"))
    if faults:
        raise BackupFault(*faults[:50])
    return backup


def restore_backup(folder: Path, instance: Path, *, tell: Tell | None = None) -> Backup:
    """Puts a checked backup into an empty (or missing) instance folder. Raises BackupFault; nothing is overwritten."""
    if instance.exists() and any(entry.name != README for entry in instance.iterdir()):
        raise BackupFault(Objection("upkeep.instance_not_empty", folder=str(instance)))
    backup = check_backup(folder, tell=tell)
    instance.mkdir(parents=True, exist_ok=True)
    _copy_files(folder / FILES, instance / FILES, None)
    partial = instance / f".{DATABASE}.partiel"
    shutil.copyfile(folder / DATABASE, partial)
    _sync(partial)
    os.replace(partial, instance / DATABASE)  # last: an instance without a database was not restored
    _sync(instance)
    return backup


def named_files(session: Session) -> set[str]:
    """SHA-256 of every stored file that the database names, and of those that mails take along."""
    found: set[str] = set()
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, FileHash):
                found.update(session.execute(select(column).where(column.is_not(None))).scalars())
    for attachments in session.exec(select(OutboxMail.attachments).where(col(OutboxMail.sent_at).is_(None))):
        found |= {one["sha256"] for one in attachments}
    return found


def _copy_database(source: Path, target: Path) -> None:
    """One file, without a log beside it (`journal_mode=DELETE`): the application turns it on again."""
    with closing(sqlite3.connect(source, timeout=30)) as held, closing(sqlite3.connect(target)) as copy:
        held.backup(copy, pages=4_096, sleep=0.01)
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.execute("DELETE FROM user_session")  # what was ended since would be open again: everybody signs in anew
        copy.commit()
    _sync(target)


def _read_only(path: Path) -> sqlite3.Connection:
    """Never writes, not even a log beside the file."""
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    return sqlite3.connect(address, uri=True, check_same_thread=False)


def _look_into(folder: Path) -> tuple[ChainCheck, list[str]]:
    """The audit chain of a backup's database, and which files that it names are not there."""
    engine = create_engine("sqlite://", creator=lambda: _read_only(folder / DATABASE), poolclass=NullPool)
    with Session(engine) as session:
        missing = sorted(sha for sha in named_files(session) if not _at(folder / FILES, sha).exists())
        return verify_chain(session), missing


def _refuse_missing(missing: list[str]) -> None:
    if missing:
        raise BackupFault(*(Objection("upkeep.file_missing_here", name=sha) for sha in missing[:20]))


def _is_sound(path: Path) -> bool:
    with closing(_read_only(path)) as connection:
        try:
            return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
        except sqlite3.DatabaseError:
            return False


def _stored(folder: Path) -> Iterator[Path]:
    """Whole files of a store (what is on its way in has another name)."""
    if folder.is_dir():
        for path in folder.glob("??/*"):
            if len(path.name) == 64:
                yield path


def _at(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


def _copy_files(source: Path, target: Path, tell: Tell | None) -> tuple[int, int]:
    target.mkdir(parents=True, exist_ok=True)
    paths, size = sorted(_stored(source)), 0
    for done, path in enumerate(paths, 1):
        kept = _at(target, path.name)
        kept.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, kept)
        _sync(kept)
        size += kept.stat().st_size
        if tell:
            tell(done, len(paths))
    return len(paths), size


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _write(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
