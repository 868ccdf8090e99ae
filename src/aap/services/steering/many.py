"""One act on many dossiers: first what would happen to how many and what can't, then it is done, dossier by dossier.

Each act is the single one: the same use case, the same rights, the same mails; here is only what makes it many. A dossier
and its line of the report are written in one transaction: work that is taken up again does nothing twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from aap.core.call.canonical import canonical_hash
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.many_lines import LineState, ManyLine
from aap.records.outbox import Job
from aap.services.actor import Actor, author_of_work
from aap.services.assignment.moves import move_by_hand
from aap.services.assignment.situation import default_settings, situation
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_target, recused_dossiers
from aap.services.dossier.completion import ask_completion
from aap.services.dossier.messages import LONGEST_MESSAGE, write_message
from aap.services.errors import DomainError, InvalidInput, NotFound, Objection, StateForbids
from aap.services.outbox import Progress, start_job
from aap.services.page_links import Links
from aap.services.permissions import Permission, allowed, ensure
from aap.services.platform import Platform
from aap.services.screening.screening import screen_application, unscreen_application
from aap.services.screening.verdicts import verdicts
from aap.services.steering.message_fields import filled, unknown_fields

KIND = "many"
"""The kind of the job."""


class Act(StrEnum):
    """What can be done to many dossiers at once."""

    ADMIT = "admit"
    COMPLETE = "complete"
    MESSAGE = "message"
    ASSIGN = "assign"


PERMISSIONS: Mapping[Act, Permission] = {
    Act.ADMIT: Permission.DOSSIER_SCREEN,
    Act.COMPLETE: Permission.DOSSIER_COMPLETE,
    Act.MESSAGE: Permission.APPLICATION_MESSAGE,
    Act.ASSIGN: Permission.ASSIGNMENT_MANAGE,
}
UNDOABLE = frozenset({Act.ADMIT, Act.ASSIGN})
"""Nothing of it has left the service: it can be taken back."""


@dataclass(frozen=True)
class Picked:
    """A dossier of an act."""

    id: str
    reference: str
    association: str
    title: str
    version: int


@dataclass(frozen=True)
class Preflight:
    """What an act would do: `can`, in the order of the references, and by objection what can't be done and stays as it is."""

    act: Act
    can: tuple[Picked, ...]
    cannot: Groups

    @property
    def seen(self) -> str:
        """What was shown: confirmed only where it still is so."""
        return canonical_hash({"can": [[one.id, one.version] for one in self.can]})


def preflight(
    session: Session, *, actor: Actor, call: OpenedCall, act: Act, ids: Collection[str], values: Mapping[str, Any]
) -> Preflight:
    """What would happen to these dossiers (ids; those that the actor is recused of are left out). Changes nothing.

    `values`: what the act says (`sections`, `message`, `due_at`; `message`; `reviewer`). At most eight queries, with an
    assignment sixteen. Raises InvalidInput, all fields at once.
    """
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    problems = _problems(call, act, values)
    if problems:
        raise InvalidInput(problems)
    rows = _rows(session, actor, call, ids)
    objects = _objector(session, actor, call, act, [one.id for _, one in rows], values)
    can: list[Picked] = []
    cannot: list[tuple[Objection, Picked]] = []
    for picked, application in rows:
        objection = _forbidden(actor, call, act, application) or objects(application)
        if objection is None:
            can.append(picked)
        else:
            cannot.append((objection, picked))
    return Preflight(act, tuple(can), _grouped(cannot))


Groups = tuple[tuple[Objection, tuple[Picked, ...]], ...]
"""Dossiers by what is in their way, the most first."""


def _grouped(found: Sequence[tuple[Objection, Picked]]) -> Groups:
    groups: dict[str, tuple[Objection, list[Picked]]] = {}
    for objection, picked in found:
        groups.setdefault(canonical_hash(objection.as_json()), (objection, []))[1].append(picked)
    ordered = sorted(groups.values(), key=lambda group: (-len(group[1]), group[1][0].reference))
    return tuple((objection, tuple(dossiers)) for objection, dossiers in ordered)


def _problems(call: OpenedCall, act: Act, values: Mapping[str, Any]) -> dict[str, Objection]:
    problems: dict[str, Objection] = {}
    if act in (Act.MESSAGE, Act.COMPLETE):
        text = str(values.get("message", "")).strip()
        if not text or len(text) > LONGEST_MESSAGE:
            problems["message"] = (
                Objection("steering.many_message_length", most=LONGEST_MESSAGE)
                if act is Act.MESSAGE
                else Objection("steering.many_completion_unexplained", most=LONGEST_MESSAGE)
            )
        elif unknown := unknown_fields(text):
            problems["message"] = Objection("steering.many_field_unknown", fields=", ".join(unknown))
    if act is Act.COMPLETE:
        known = {section.id for section in call.file.form.sections}
        if not known & set(values.get("sections", ())):
            problems["sections"] = Objection("steering.many_no_section")
        if not values.get("due_at") or values["due_at"] <= values["now"]:
            problems["due_at"] = Objection("steering.many_date")
    if act is Act.ASSIGN and not values.get("reviewer"):
        problems["reviewer"] = Objection("steering.many_reviewer_unnamed")
    return problems


def _rows(session: Session, actor: Actor, call: OpenedCall, ids: Collection[str]) -> list[tuple[Picked, Application]]:
    hidden = recused_dossiers(session, actor, call.id)
    found = session.exec(
        select(Application, Association.name)
        .where(
            Application.association_id == Association.id,
            Application.call_id == call.id,
            col(Application.submitted_at).is_not(None),
            col(Application.id).in_(list(ids)),
        )
        .order_by(col(Application.reference))
    )
    return [
        (Picked(one.id, one.reference, name, one.title, one.version), one)
        for one, name in found
        if one.id not in hidden
    ]


def _forbidden(actor: Actor, call: OpenedCall, act: Act, application: Application) -> Objection | None:
    """What the table of permissions says of this dossier now."""
    if allowed(actor, PERMISSIONS[act], dossier_target(call, application)):
        return None
    return Objection("steering.many_state", state=str(application.state))


def _objector(
    session: Session, actor: Actor, call: OpenedCall, act: Act, ids: Sequence[str], values: Mapping[str, Any]
) -> Callable[[Application], Objection | None]:
    """What else is in the way of the act on a dossier."""
    if act is Act.ADMIT:
        said = verdicts(session, call, ids)

        def of_admission(application: Application) -> Objection | None:
            if application.state == ApplicationState.ELIGIBLE:
                return Objection("steering.many_admitted")
            if application.state == ApplicationState.INELIGIBLE:
                return Objection("steering.many_refused")
            return None if said.get(application.id) == "yes" else Objection("steering.many_to_check")

        return of_admission
    if act is Act.ASSIGN:
        return _of_assignment(session, actor, call, str(values["reviewer"]))
    return lambda _application: None


def _of_assignment(
    session: Session, actor: Actor, call: OpenedCall, code: str
) -> Callable[[Application], Objection | None]:
    found = situation(session, call, default_settings(call))
    if code not in found.reviewers:
        raise InvalidInput({"reviewer": Objection("steering.many_reviewer_unknown")})
    if found.reviewers[code][1].id == actor.person_id:
        raise InvalidInput({"reviewer": Objection("steering.many_oneself")})

    def objects(application: Application) -> Objection | None:
        if application.reference not in found.dossiers:
            return Objection("steering.many_state", state=str(application.state))
        if (application.reference, code) in found.held:
            return Objection("steering.many_theirs_already")
        if (application.reference, code) in found.demand.conflicts:
            return Objection("steering.many_recused")
        return None

    return objects


# --- doing it ---------------------------------------------------------------------------------------------------------


def start_many(
    session: Session,
    *,
    actor: Actor,
    call: OpenedCall,
    act: Act,
    ids: Collection[str],
    values: Mapping[str, Any],
    seen: str,
    now: datetime,
) -> Job:
    """Asks for what a preflight has shown (`seen`): one job, the same one where it is asked for twice.

    Raises InvalidInput, on no field where what would happen is no longer what was shown.
    """
    shown = preflight(session, actor=actor, call=call, act=act, ids=ids, values=values)
    if shown.seen != seen:
        raise InvalidInput({"": Objection("steering.many_changed_since")})
    if not shown.can:
        raise InvalidInput({"": Objection("steering.many_nothing")})
    arguments = {"act": str(act), "seen": seen, **_kept(values)}
    job = start_job(session, KIND, actor=actor, now=now, call_id=call.id, arguments=arguments)
    session.flush()
    if session.exec(select(ManyLine.id).where(ManyLine.job_id == job.id).limit(1)).first() is None:
        session.add_all(ManyLine(job_id=job.id, application_id=one.id, seen=one.version) for one in shown.can)
        record(session, actor, "many.started", job, now=now, after={"act": str(act), "dossiers": len(shown.can)})
    return job


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the act says, as JSON."""
    kept = {name: value for name, value in values.items() if name != "now"}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in kept.items()}


def do_many(platform: Platform, job: Job, progress: Progress, links: Links) -> Mapping[str, Any]:
    """The work of a job: each dossier in a transaction of its own, with its line; what is done already stays done."""
    act = Act(job.arguments["act"])
    with platform.database.reading() as session:
        actor = author_of_work(session, job.author_id)
        lines = session.exec(
            select(ManyLine.id, ManyLine.state)
            .join(Application, col(Application.id) == col(ManyLine.application_id))
            .where(ManyLine.job_id == job.id)
            .order_by(col(Application.reference))
        ).all()
    for number, (line_id, state) in enumerate(lines):
        if state == LineState.WAITING:
            _do_one(platform, actor, act, job, line_id, links)
        progress(number + 1, len(lines), KIND)
    with platform.database.reading() as session:
        states = session.exec(select(ManyLine.state).where(ManyLine.job_id == job.id)).all()
    return {"many": str(act), **Counter(str(state) for state in states)}


def _do_one(platform: Platform, actor: Actor, act: Act, job: Job, line_id: str, links: Links) -> None:
    """One dossier: done, or left with the reason."""
    now = platform.clock()
    try:
        with platform.database.writing() as session:
            line = session.exec(select(ManyLine).where(ManyLine.id == line_id).with_for_update()).one()
            if line.state != LineState.WAITING:
                return
            application = session.get_one(Application, line.application_id)
            if application.version != line.seen:
                _leave(session, line, Objection("steering.many_changed"))
                return
            _act(session, actor, act, job, application, links, now)
            session.flush()
            line.state, line.done_version = LineState.DONE, application.version
            session.add(line)
    except DomainError as refused:
        with platform.database.writing() as session:
            _leave(session, session.get_one(ManyLine, line_id), _objection_of(refused))


def _act(
    session: Session, actor: Actor, act: Act, job: Job, application: Application, links: Links, now: datetime
) -> None:
    said = job.arguments
    if act is Act.ADMIT:
        screen_application(session, actor=actor, application_id=application.id, eligible=True, reason="", now=now)
    elif act is Act.COMPLETE:
        ask_completion(
            session, actor=actor, application_id=application.id, sections=said["sections"],
            message=filled(said["message"], session, application), due_at=datetime.fromisoformat(said["due_at"]),
            links=links, now=now,
        )  # fmt: skip
    elif act is Act.MESSAGE:
        body = filled(said["message"], session, application)
        write_message(session, actor=actor, application_id=application.id, body=body, links=links, now=now)
    else:
        typed = {"reference": application.reference, "out": "", "into": said["reviewer"]}
        move_by_hand(session, actor=actor, call_id=application.call_id, typed=typed, now=now)


def _leave(session: Session, line: ManyLine, objection: Objection) -> None:
    line.state, line.objection = LineState.LEFT, objection.as_json()
    session.add(line)


def _objection_of(refused: DomainError) -> Objection:
    if isinstance(refused, InvalidInput):
        return next(iter(refused.objections))
    if isinstance(refused, StateForbids):
        return Objection("steering.many_changed")
    return Objection("steering.many_gone")


# --- afterwards -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """What became of an act. `left`: by objection; `undoable`: how many could still be taken back."""

    job: Job
    act: Act
    done: tuple[Picked, ...]
    left: Groups
    waiting: int
    undone: tuple[Picked, ...]

    @property
    def may_be_undone(self) -> bool:
        return self.act in UNDOABLE and bool(self.done) and not self.waiting


def report_of(session: Session, *, actor: Actor, call: OpenedCall, job_id: str) -> Report:
    """Who was asked for it and who follows the call read it alike, but for the dossiers that they are recused of.

    Three queries. Raises NotFound.
    """
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    job = session.get(Job, job_id)
    if job is None or job.call_id != call.id or job.kind != KIND:
        raise NotFound("job", job_id)
    lines = dict(session.exec(select(ManyLine.application_id, ManyLine).where(ManyLine.job_id == job_id)).all())
    done, undone, waiting = [], [], 0
    left: list[tuple[Objection, Picked]] = []
    for picked, _application in _rows(session, actor, call, list(lines)):
        line = lines[picked.id]
        if line.state == LineState.DONE:
            done.append(picked)
        elif line.state == LineState.UNDONE:
            undone.append(picked)
        elif line.state == LineState.LEFT:
            left.append((Objection.of_json(line.objection), picked))
        else:
            waiting += 1
    return Report(job, Act(job.arguments["act"]), tuple(done), _grouped(left), waiting, tuple(undone))


def undo_many(session: Session, *, actor: Actor, call: OpenedCall, job_id: str, now: datetime) -> int:
    """Takes back what nothing has followed from since, and gives how many. Raises NotFound, StateForbids."""
    report = report_of(session, actor=actor, call=call, job_id=job_id)
    ensure(actor, PERMISSIONS[report.act] if report.act is Act.ASSIGN else Permission.CALL_FOLLOW, call.target())
    if not report.may_be_undone:
        raise NotFound("job", job_id)
    taken = 0
    for picked in report.done:
        line = session.exec(
            select(ManyLine).where(ManyLine.job_id == job_id, ManyLine.application_id == picked.id)
        ).one()
        application = session.get_one(Application, picked.id)
        if application.version != line.done_version or not _take_back(session, actor, report, application, now):
            continue
        line.state = LineState.UNDONE
        session.add(line)
        taken += 1
    record(session, actor, "many.undone", report.job, now=now, after={"act": str(report.act), "dossiers": taken})
    return taken


def _take_back(session: Session, actor: Actor, report: Report, application: Application, now: datetime) -> bool:
    """Whether it was taken back."""
    try:
        if report.act is Act.ADMIT:
            unscreen_application(session, actor=actor, application_id=application.id, now=now)
        else:
            typed = {"reference": application.reference, "out": report.job.arguments["reviewer"], "into": ""}
            move_by_hand(session, actor=actor, call_id=application.call_id, typed=typed, now=now)
    except (InvalidInput, StateForbids, NotFound):
        return False
    return True


def list_reports(session: Session, call_id: str) -> tuple[Job, ...]:
    """The last acts on many dossiers of a call, the newest first. One query."""
    found = (
        select(Job)
        .where(Job.call_id == call_id, Job.kind == KIND)
        .order_by(col(Job.created_at).desc(), col(Job.id).desc())
        .limit(10)
    )
    return tuple(session.exec(found))
