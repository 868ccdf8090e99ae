"""Calls as an administrator prepares them: load a file, replace a draft, open it, amend what an open one may change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlmodel import Session, col, func, select

from aap.core.call.canonical import call_hash, rubric_hash
from aap.core.call.changed_keys import changed_keys
from aap.core.call.loading import inspect_call, read_sealed_call
from aap.core.call.schema import CallFile
from aap.core.call.wording import WordedSection, rules_in_words
from aap.core.problems import Problem
from aap.records.applications import Application, ApplicationState
from aap.records.calls import Call, CallExtension, CallState, CallVersion
from aap.records.people import Person
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import CallFileRefused, OpenedCall, add_call, get_call, list_calls, open_call
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids, said_by_core
from aap.services.permissions import Permission, Target, ensure

LARGEST_FILE = 1_000_000
"""Bytes of a call file: a thousand questions take a quarter of it."""


@dataclass(frozen=True)
class CheckedCallFile:
    """A posted call file: its typed values (None with an error), its text, and everything that is to be said of it."""

    file: CallFile | None
    text: str
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(one for one in self.problems if one.is_error)


def check_call_file(content: bytes, name: str) -> CheckedCallFile:
    """Reads a call file for a call online: every error at once, with line and column where it has one."""
    inspected = inspect_call(content, name=name, online=True)
    return CheckedCallFile(inspected.call, content.decode("utf-8-sig", "replace"), inspected.problems)


@dataclass(frozen=True)
class PreparedCall:
    """A call in the administrator's list, with its deposited dossiers and drafts."""

    call: OpenedCall
    deposited: int
    drafts: int
    version: int


def prepared_calls(session: Session, *, actor: Actor) -> tuple[PreparedCall, ...]:
    """Every call, the latest closing first. Three queries."""
    ensure(actor, Permission.CALL_LOAD, Target())
    counted = session.exec(
        select(Application.call_id, Application.state, func.count()).group_by(
            col(Application.call_id), col(Application.state)
        )
    )
    counts: Counter[tuple[str, bool]] = Counter()
    for call_id, state, number in counted:
        counts[call_id, state == ApplicationState.DRAFT] += number
    numbers = dict(
        session.exec(select(CallVersion.call_id, func.max(CallVersion.number)).group_by(col(CallVersion.call_id))).all()
    )
    calls = sorted(list_calls(session), key=lambda one: (one.record.closes_at, one.id), reverse=True)
    return tuple(
        PreparedCall(call, counts[call.id, False], counts[call.id, True], numbers.get(call.id, 1)) for call in calls
    )


@dataclass(frozen=True)
class VersionLine:
    """One text of the call file. `seals`: what ranks is the same as in the version in force."""

    number: int
    reason: str
    author: str
    created_at: datetime
    rubric_hash: str
    in_force: bool


@dataclass(frozen=True)
class CallSheet:
    """A call as an administrator sees it. `obstacles` forbid the opening, `cautions` don't."""

    call: OpenedCall
    rules: tuple[WordedSection, ...]
    versions: tuple[VersionLine, ...]
    extensions: tuple[CallExtension, ...]
    obstacles: tuple[Objection, ...]
    cautions: tuple[Objection, ...]


def call_sheet(session: Session, *, actor: Actor, call_id: str, now: datetime) -> CallSheet:
    """Raises NotFound. Five queries."""
    ensure(actor, Permission.CALL_LOAD, Target())
    call = get_call(session, call_id)
    found = session.exec(
        select(CallVersion, Person.name)
        .join(Person, col(Person.id) == col(CallVersion.author_id), isouter=True)
        .where(CallVersion.call_id == call_id)
        .order_by(col(CallVersion.number).desc())
    ).all()
    extensions = session.exec(
        select(CallExtension)
        .where(CallExtension.call_id == call_id)
        .order_by(col(CallExtension.created_at), col(CallExtension.id))
    )
    text = next(version.text for version, _ in found if version.id == call.record.version_id)
    problems = check_call_file(text.encode(), f"{call_id}.yaml").problems if call.state is CallState.DRAFT else ()
    return CallSheet(
        call=call,
        rules=rules_in_words(call.file),
        versions=tuple(
            VersionLine(
                version.number, version.reason, author or "", version.created_at, version.rubric_hash,
                version.id == call.record.version_id,
            )
            for version, author in found
        ),
        extensions=tuple(extensions),
        obstacles=_obstacles(call, problems, now),
        cautions=tuple(_caution(one) for one in problems if not one.is_error),
    )  # fmt: skip


def _obstacles(call: OpenedCall, problems: Sequence[Problem], now: datetime) -> tuple[Objection, ...]:
    """`problems`: of a draft's text, by the checks of today."""
    if call.state is not CallState.DRAFT:
        return ()
    found = tuple(_caution(one) for one in problems if one.is_error)
    if call.record.closes_at <= now:
        return (Objection("call.closing_past", closes_at=call.record.closes_at), *found)
    return found


def _caution(problem: Problem) -> Objection:
    if problem.line is None:
        return said_by_core(problem.message)
    return Objection("call.said_of_line", line=problem.line, text=problem.message)


def store_call_file(
    session: Session, *, actor: Actor, read: CheckedCallFile, name: str, now: datetime, call_id: str = ""
) -> OpenedCall:
    """A new call, or a new text of a draft. `call_id`: the draft that is to be replaced, and no other.

    Raises CallFileRefused (every error), InvalidInput (`file`: another call's, or a call that has opened).
    """
    ensure(actor, Permission.CALL_LOAD, Target())
    if read.file is None:
        raise CallFileRefused(read.problems)
    if call_id and read.file.id != call_id:
        raise InvalidInput({"file": Objection("call.file_of_another", found=read.file.id, expected=call_id)})
    present = session.get(Call, read.file.id)
    if present is not None and present.state != CallState.DRAFT:
        raise InvalidInput({"file": Objection("call.opened_already", call=read.file.id)})
    return add_call(session, actor=actor, text=read.text, name=name, now=now)


def open_prepared_call(session: Session, *, actor: Actor, call_id: str, now: datetime) -> None:
    """draft → open: seals what ranks. Raises InvalidInput with what stands in the way, StateForbids, NotFound."""
    ensure(actor, Permission.CALL_OPEN, Target())
    call = get_call(session, call_id)
    if call.state is not CallState.DRAFT:
        raise StateForbids(Permission.CALL_OPEN, call.state)
    text = session.get_one(CallVersion, call.record.version_id).text
    obstacles = _obstacles(call, check_call_file(text.encode(), f"{call_id}.yaml").problems, now)
    if obstacles:
        raise InvalidInput({"": obstacles})
    open_call(session, actor=actor, call_id=call_id, now=now)


def amend_call(
    session: Session, *, actor: Actor, call_id: str, read: CheckedCallFile, reason: str, now: datetime
) -> OpenedCall:
    """A new text of an open call, published with its reason. What ranks, the dates and the questions stay.

    Wording, help, contact, phone, themes' titles, letters and the announced decision date may change. Raises CallFileRefused,
    InvalidInput (`file`, `reason`), StateForbids (a draft is replaced, an archived call is left alone), NotFound.
    """
    ensure(actor, Permission.CALL_LOAD, Target())
    call = get_call(session, call_id)
    if call.state in (CallState.DRAFT, CallState.ARCHIVED):
        raise StateForbids(Permission.CALL_LOAD, call.state)
    file = _amended(session, call, read)
    problems: dict[str, Objection] = {}
    sealed = sealed_changes(call.file, file)
    if sealed:
        problems["file"] = Objection("call.sealed", changes=tuple(sealed), keys=tuple(chain(*sealed.values())))
    elif call_hash(file) == call_hash(call.file):
        problems["file"] = Objection("call.nothing_amended")
    if not reason.strip() or len(reason) > 2_000:
        problems["reason"] = Objection("call.amendment_unexplained")
    if problems:
        raise InvalidInput(problems)
    number = session.exec(select(func.max(CallVersion.number)).where(CallVersion.call_id == call_id)).one() or 0
    version = CallVersion(
        call_id=call_id,
        number=number + 1,
        text=read.text,
        call_hash=call_hash(file),
        rubric_hash=rubric_hash(file),
        reason=reason.strip(),
        author_id=actor.person_id,
        created_at=now,
    )
    session.add(version)
    session.flush()
    before = call.record.version_id
    call.record.version_id, call.record.title = version.id, file.call.title or call_id
    session.add(call.record)
    record(
        session,
        actor,
        "call.amended",
        call.record,
        now=now,
        before={"version": before},
        after={"version": version.number, "reason": reason.strip(), "call_hash": version.call_hash},
    )
    return get_call(session, call_id)


def _amended(session: Session, call: OpenedCall, read: CheckedCallFile) -> CallFile:
    """The amended file. What a check of today says of the text in force too, and a sealed call can't mend, is let pass."""
    if read.file is not None:
        return read.file
    name = f"{call.id}.yaml"
    in_force = session.get_one(CallVersion, call.record.version_id).text
    known = {(one.key, one.message) for one in check_call_file(in_force.encode(), name).errors}
    if any((one.key, one.message) not in known for one in read.errors):
        raise CallFileRefused(read.problems)
    return read_sealed_call(read.text, name=name)


_SEALED_FACTS = (
    "opens_at", "closes_at", "grace_minutes", "min_amount", "max_amount", "max_share", "max_per_applicant", "applicants",
    "consortium", "invited",
)  # fmt: skip
SEALED = ("id", "ranking", *_SEALED_FACTS, "eligibility", "questions", "comments")
"""What an amendment can't change."""


def sealed_changes(before: CallFile, after: CallFile) -> dict[str, tuple[str, ...]]:
    """What an amendment would change and may not, of `SEALED`, each with the keys of the file: an empty one passes."""
    found: dict[str, tuple[str, ...]] = {}
    if after.id != before.id:
        found["id"] = ("call.id",)
    if rubric_hash(after) != rubric_hash(before):
        found["ranking"] = tuple(
            key
            for part in ("rubric", "scoring", "selection", "lots")
            for key in changed_keys(getattr(before, part), getattr(after, part), (part,))
        )
    for name in _SEALED_FACTS:
        if getattr(after.call, name) != getattr(before.call, name):
            found[name] = (f"call.{name}",)
    if _rules(after) != _rules(before):
        found["eligibility"] = changed_keys(_rules(before), _rules(after), ("eligibility",))
    if _shape(after) != _shape(before):
        found["questions"] = changed_keys(_shape(before), _shape(after), ("form",))
    if after.reviewing.comments_shared != before.reviewing.comments_shared:  # reviewers wrote for who was announced
        found["comments"] = ("reviewing.comments_shared",)
    return found


_TEXTS = frozenset(
    {"label", "help", "title", "example", "unit", "detail_label", "item_label", "item_article", "question", "rule"}
)


def _shape(file: CallFile) -> object:
    """The form without its texts (a condition's `question` is the id of one, and stays)."""
    sections = [section.model_dump() for section in file.form.sections]
    return {"sections": _without_texts(sections), **file.form.model_dump(exclude={"attestations", "sections"})}


def _rules(file: CallFile) -> object:
    return [_without_texts(rule.model_dump()) for rule in file.eligibility]


def _without_texts(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: one if key in ("show_if", "check") else _without_texts(one)
            for key, one in value.items()
            if key not in _TEXTS
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_texts(one) for one in value]
    return value


def version_text(session: Session, *, actor: Actor, call_id: str, number: int) -> str:
    """The text of one version. Raises NotFound."""
    ensure(actor, Permission.CALL_LOAD, Target())
    text = session.exec(
        select(CallVersion.text).where(CallVersion.call_id == call_id, CallVersion.number == number)
    ).first()
    if text is None:
        raise NotFound("call_version", f"{call_id}/{number}")
    return text
