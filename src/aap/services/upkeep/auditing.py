"""The audit log to read: filtered, page by page; and its chain, verified as long work."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, literal, or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, func, select

from aap.core.delays import PARIS
from aap.records.audit import AuditLine, AuditValues
from aap.records.outbox import Job
from aap.records.people import Person
from aap.records.reviews import Review
from aap.services.actor import SYSTEM, SYSTEM_ID, Actor
from aap.services.audit import Subject, record, verify_chain
from aap.services.dossier.access import recused_anywhere
from aap.services.errors import InvalidInput, Objection
from aap.services.outbox import Progress, start_job
from aap.services.permissions import Permission, Target, ensure
from aap.services.platform import Platform

PAGE_SIZE = 50
MOST_FAULTS = 200


@dataclass(frozen=True)
class AuditFilter:
    """What the log is narrowed to; empty fields narrow nothing. Days are days in Paris, both included.

    `person`: in the name or the e-mail; `action`: the beginning of an action; `object_id`: of what was changed.
    """

    person: str = ""
    action: str = ""
    call_id: str = ""
    object_id: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class AuditEntry:
    """One line. `person` empty: an account that is gone, or nobody, in lines of before the system had a name.

    Values None: erased. `masked`: about a dossier of which who reads is recused; what it was about isn't here.
    """

    sequence: int
    at: datetime
    person: str
    person_id: str
    action: str
    object_kind: str
    object_id: str
    call_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    masked: bool = False

    @property
    def by_system(self) -> bool:
        return self.person_id == SYSTEM_ID


@dataclass(frozen=True)
class AuditPage:
    """Lines from the newest down. `older`: the sequence to go on from (None: that was the last page)."""

    lines: tuple[AuditEntry, ...]
    older: int | None
    actions: tuple[str, ...]


def read_log(session: Session, *, actor: Actor, wanted: AuditFilter, before: int | None = None) -> AuditPage:
    """A page of the log; `before`: only lines below this sequence. Three queries, whatever the log's length.

    An administrator who is recused of a dossier finds its lines in their place, without what they are about.
    """
    ensure(actor, Permission.AUDIT_READ, Target())
    query = (
        select(AuditLine, AuditValues, Person)
        .join(AuditValues, col(AuditValues.sequence) == col(AuditLine.sequence), isouter=True)
        .join(Person, col(Person.id) == col(AuditLine.actor_id), isouter=True)
    )
    for word in wanted.person.lower().split()[:5]:
        like = f"%{word.replace('%', '').replace('_', '')}%"
        query = query.where(or_(func.lower(Person.name).like(like), col(Person.email).like(like), _system_named(word)))
    if wanted.action:
        query = query.where(col(AuditLine.action).startswith(wanted.action, autoescape=True))
    if wanted.call_id:
        query = query.where(AuditLine.call_id == wanted.call_id)
    if wanted.object_id:
        query = query.where(AuditLine.object_id == wanted.object_id)
    if wanted.since is not None:
        query = query.where(col(AuditLine.at) >= _midnight(wanted.since))
    if wanted.until is not None:
        query = query.where(col(AuditLine.at) < _midnight(wanted.until + timedelta(days=1)))
    if before is not None:
        query = query.where(col(AuditLine.sequence) < before)
    found = session.exec(query.order_by(col(AuditLine.sequence).desc()).limit(PAGE_SIZE + 1)).all()
    shown = found[:PAGE_SIZE]
    lines = tuple(
        AuditEntry(
            sequence=line.sequence,
            at=line.at,
            person=person.name if person else SYSTEM.name if line.actor_id == SYSTEM_ID else "",
            person_id=line.actor_id,
            action=line.action,
            object_kind=line.object_kind,
            object_id=line.object_id,
            call_id=line.call_id,
            before=values.content.get("before", {}) if values and values.content is not None else None,
            after=values.content.get("after", {}) if values and values.content is not None else None,
        )
        for line, values, person in shown
    )
    lines = _masked(session, actor, lines)
    actions = tuple(session.exec(select(AuditLine.action).distinct().order_by(col(AuditLine.action))))
    return AuditPage(lines, lines[-1].sequence if len(found) > PAGE_SIZE else None, actions)


def _masked(session: Session, actor: Actor, lines: tuple[AuditEntry, ...]) -> tuple[AuditEntry, ...]:
    """The lines of a page, those about dossiers that the actor is recused of without their object and values."""
    hidden = recused_anywhere(session, actor)
    if not hidden:
        return lines
    reviews = session.exec(select(Review.id).where(col(Review.application_id).in_(list(hidden)))).all()
    names = {*hidden, *hidden.values(), *reviews}

    def tells(line: AuditEntry) -> bool:
        values = json.dumps([line.before, line.after], ensure_ascii=False)
        return line.object_id in names or any(name in values for name in names)

    return tuple(
        dataclasses.replace(line, object_id="", before=None, after=None, masked=True) if tells(line) else line
        for line in lines
    )


def _system_named(word: str) -> ColumnElement[bool]:
    """SQL condition: a line of the system, where the word is in its name."""
    return and_(col(AuditLine.actor_id) == SYSTEM_ID, literal(word in SYSTEM.name))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=PARIS)


def ask_verification(session: Session, *, actor: Actor, head: str = "", lines: str = "", now: datetime) -> Job:
    """Starts the verification of the whole log as long work.

    `head` and `lines`: a hash and a number of lines that were noted earlier, as typed. Raises InvalidInput.
    """
    ensure(actor, Permission.AUDIT_READ, Target())
    head, lines = "".join(head.split()).lower(), "".join(lines.split())
    problems = {}
    if head and not re.fullmatch("[0-9a-f]{64}", head):
        problems["head"] = Objection("upkeep.head_unreadable")
    if lines and not re.fullmatch("[0-9]{1,12}", lines):
        problems["lines"] = Objection("upkeep.lines_unreadable")
    if problems:
        raise InvalidInput(problems)
    arguments: dict[str, Any] = {"head": head} if head else {}
    if lines:
        arguments["lines"] = int(lines)
    return start_job(session, "audit", actor=actor, now=now, arguments=arguments)


def last_verification(session: Session, *, actor: Actor) -> Job | None:
    """The last one asked for, running or done."""
    ensure(actor, Permission.AUDIT_READ, Target())
    return session.exec(
        select(Job).where(Job.kind == "audit").order_by(col(Job.created_at).desc(), col(Job.id).desc()).limit(1)
    ).first()


def verify_in_background(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Job `audit`: the whole log, and the rows that it speaks of.

    `faults` and `strays` name at most `MOST_FAULTS` each, `count` says how many anomalies there are in all; `known`:
    whether the line that was noted earlier is still there.
    """
    progress(0, 1)
    with platform.database.reading() as session:
        result = verify_chain(session, head=job.arguments.get("head", ""), count=job.arguments.get("lines"), rows=True)
    count = len(result.faults) + len(result.strays) + (not result.known)
    with platform.database.writing() as session:
        record(
            session,
            SYSTEM,
            "audit.verified",
            Subject("audit"),
            now=platform.clock(),
            after={"lines": result.lines, "head": result.head, "faults": count, "known": result.known},
        )
    progress(1, 1)
    return {
        "lines": result.lines,
        "head": result.head,
        "count": count,
        "known": result.known,
        "strays": [[one.kind, one.id, one.sequence, one.fault] for one in result.strays[:MOST_FAULTS]],
        "faults": [[one.sequence, one.fault] for one in result.faults[:MOST_FAULTS]],
    }
