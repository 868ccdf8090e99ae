"""What an instance holds: a sound database of this version, a whole log, every file as it was sent, work that gets on."""

from __future__ import annotations

import hashlib
import re
import stat
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select

from aap.records.keys import KeyFault, KeyRing
from aap.records.migrations import configuration
from aap.records.outbox import Job, OutboxMail
from aap.services.audit import verify_chain
from aap.services.errors import Objection
from aap.services.file_store import FileStore
from aap.services.upkeep.backing_up import named_files
from aap.services.upkeep.observation import Check, Gravity, Observation
from aap.services.upkeep.operating import last_backup
from aap.services.upkeep.rotating import stored_secrets
from aap.services.upkeep.service_health import is_late_work, is_silent
from aap.services.upkeep.waiting import WaitingWork
from aap.settings import Settings

OLD_BACKUP = timedelta(days=2)
ON_ITS_WAY = 3600.0
"""Seconds within which a stored file may still be waiting for the row that names it."""
_MOST_NAMED = 5
_BLOCK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")

Tell = Callable[[int, int], None]


def check_database(session: Session, *, fast: bool) -> Iterator[Observation]:
    """The newest step of this version; on SQLite the file's own check and every foreign key."""
    try:
        step, newest = _steps(session)
        if session.get_bind().dialect.name == "sqlite":
            words = session.execute(text("PRAGMA quick_check(1)" if fast else "PRAGMA integrity_check(1)")).scalar()
            if words != "ok":
                yield Observation(
                    Check.DATABASE, Gravity.FAULT, Objection("upkeep.database_damaged", reason=str(words))
                )
            strays = len(session.execute(text("PRAGMA foreign_key_check")).all())
            if strays:
                yield Observation(Check.DATABASE, Gravity.FAULT, Objection("upkeep.rows_without_owner", rows=strays))
    except DatabaseError as error:
        yield Observation(Check.DATABASE, Gravity.FAULT, Objection("upkeep.database_damaged", reason=str(error.orig)))
        return
    if step == newest:
        yield Observation(Check.DATABASE, Gravity.OK, Objection("upkeep.database_sound", step=step))
    else:
        yield Observation(Check.DATABASE, Gravity.FAULT, Objection("upkeep.database_step", step=step, newest=newest))


def _steps(session: Session) -> tuple[str, str]:
    """The step of the database, and the newest one of this version."""
    newest = ScriptDirectory.from_config(configuration("sqlite://")).get_current_head() or ""
    return str(session.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""), newest


def check_secrets(session: Session, keys: KeyRing) -> Iterator[Observation]:
    """Whether the keys open everything that is encrypted, with the newest one, and are the service's alone.

    Nothing is said of a database that waits for another step: what it stores may be of before the keys.
    """
    step, newest = _steps(session)
    if step != newest:
        return
    closed, older, total = 0, 0, 0
    for *_where, token in stored_secrets(session):
        total += 1
        try:
            keys.decrypt(token)
        except KeyFault:
            closed += 1
        else:
            older += not keys.is_current(token)
    found: list[tuple[Gravity, Objection]] = []
    if closed:
        found.append((Gravity.FAULT, Objection("upkeep.secrets_closed", secrets=closed)))
    if older:
        found.append((Gravity.ATTENTION, Objection("upkeep.secrets_of_older_keys", secrets=older)))
    mode = stat.S_IMODE(keys.file.stat().st_mode) if keys.file is not None else 0
    if mode & 0o077:
        said = Objection("upkeep.keys_open", file=str(keys.file), mode=f"{mode:04o}")
        found.append((Gravity.ATTENTION, said))
    if not found:
        found.append((Gravity.OK, Objection("upkeep.keys_sound", newest=keys.name, secrets=total)))
    for gravity, said in found:
        yield Observation(Check.KEYS, gravity, said)


def check_log(session: Session, *, fast: bool = False) -> Iterator[Observation]:
    """The whole chain, from its first line; unless `fast`, also whether rows are still what it noted of them."""
    found = verify_chain(session, rows=not fast)
    if found.faults:
        first = found.faults[0].sequence
        said = Objection("upkeep.log_broken", faults=len(found.faults), first=first)
        yield Observation(Check.LOG, Gravity.FAULT, said)
    if found.strays:
        said = Objection("upkeep.rows_beside_log", rows=len(found.strays))
        yield Observation(Check.LOG, Gravity.FAULT, said)
    if found.sound:
        yield Observation(Check.LOG, Gravity.OK, Objection("upkeep.log_whole", lines=found.lines, head=found.head))


def check_files(session: Session, files: FileStore, *, fast: bool, tell: Tell | None = None) -> Iterator[Observation]:
    """Every file that the database names is there with its content (`fast`: is there), and what nothing names."""
    named = named_files(session)
    missing, changed = [], []
    for done, sha in enumerate(sorted(named), 1):
        path = files.path(sha)
        if not path.exists():
            missing.append(sha)
        elif not fast and _sha256(path) != sha:
            changed.append(sha)
        if tell:
            tell(done, len(named))
    if missing:
        said = Objection("upkeep.files_missing", files=len(missing), names=tuple(missing[:_MOST_NAMED]))
        yield Observation(Check.FILES, Gravity.FAULT, said)
    if changed:
        said = Objection("upkeep.files_changed", files=len(changed), names=tuple(changed[:_MOST_NAMED]))
        yield Observation(Check.FILES, Gravity.FAULT, said)
    if not missing and not changed:
        there = (
            Objection("upkeep.files_there", files=len(named))
            if fast
            else Objection("upkeep.files_whole", files=len(named))
        )
        yield Observation(Check.FILES, Gravity.OK, there)
    orphans = _orphans(files, named | _once_named(session))
    if orphans:
        said = Objection("upkeep.files_of_nobody", files=len(orphans), size=sum(orphans))
        yield Observation(Check.FILES, Gravity.OK, said)


def _sha256(path: Any) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _once_named(session: Session) -> set[str]:
    """Files that went with mails that have left, and those that a job has made."""
    found = {one["sha256"] for attachments in session.exec(select(OutboxMail.attachments)) for one in attachments}
    return found | {sha for result in session.exec(select(Job.result)) for sha in _hashes(result)}


def _hashes(kept: Any) -> Iterator[str]:
    if isinstance(kept, dict):
        kept = list(kept.values())
    if isinstance(kept, list):
        for one in kept:
            yield from _hashes(one)
    elif isinstance(kept, str) and _SHA256.fullmatch(kept):
        yield kept


def _orphans(files: FileStore, known: set[str]) -> list[int]:
    """Sizes of whole stored files that nothing names. What is derived from a file, or on its way in, is none."""
    old = time.time() - ON_ITS_WAY
    found = ((path.name, path.stat()) for path in files.folder.glob("??/*") if _SHA256.fullmatch(path.name))
    return [state.st_size for name, state in found if name not in known and state.st_mtime < old]


def check_queue(waits: WaitingWork, now: datetime) -> Iterator[Observation]:
    """Whether somebody does the work, what waits for too long, what failed."""
    sound = True
    if waits.worker_seen is None:
        sound = False
        yield Observation(Check.QUEUE, Gravity.FAULT, Objection("upkeep.no_worker"))
    elif is_silent(waits.worker_seen, now):
        sound = False
        yield Observation(Check.QUEUE, Gravity.FAULT, Objection("upkeep.worker_silent", since=waits.worker_seen))
    if is_late_work(waits.oldest, now):
        sound = False
        yield Observation(Check.QUEUE, Gravity.FAULT, Objection("upkeep.work_late", since=waits.oldest))
    if waits.mails_given_up:
        sound = False
        yield Observation(
            Check.QUEUE, Gravity.ATTENTION, Objection("upkeep.mails_given_up", mails=waits.mails_given_up)
        )
    if waits.jobs_failed:
        sound = False
        yield Observation(Check.QUEUE, Gravity.ATTENTION, Objection("upkeep.jobs_failed", jobs=waits.jobs_failed))
    if sound:
        said = Objection("upkeep.work_gets_on", mails=waits.mails, jobs=waits.jobs)
        yield Observation(Check.QUEUE, Gravity.OK, said)


def check_backup_age(session: Session, settings: Settings, now: datetime) -> Iterator[Observation]:
    """How old the last backup is, as the log tells it. A database on a server is backed up by its own means."""
    if settings.database_url:
        yield Observation(Check.BACKUP, Gravity.OK, Objection("upkeep.backup_by_server"))
        return
    made = last_backup(session)
    if made is None:
        yield Observation(Check.BACKUP, Gravity.ATTENTION, Objection("upkeep.no_backup_yet"))
    elif now - made[0] > OLD_BACKUP:
        yield Observation(Check.BACKUP, Gravity.ATTENTION, Objection("upkeep.backup_old", at=made[0]))
    else:
        yield Observation(Check.BACKUP, Gravity.OK, Objection("upkeep.backup_recent", at=made[0]))
