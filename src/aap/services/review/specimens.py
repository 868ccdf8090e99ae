"""The round of specimens, for the coordinator: specimens, their agreed marks, the opening, who is through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from aap.core.answers.conditions import visible_sections
from aap.core.answers.readable import read_section
from aap.core.questions.base.in_words import ReadAnswer
from aap.core.scoring.marking import MOST_COMMENT, mark_text, read_marks, title_of
from aap.records.applications import Application, ApplicationState
from aap.records.calls import CallState
from aap.records.people import Person
from aap.records.reviews import Assignment, Review, Reviewer
from aap.records.specimens import Specimen, SpecimenOrigin, SpecimenReview, SpecimenRound
from aap.records.territories import territories
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_of
from aap.services.dossier.dossiers import counting_answers
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids, said_by_core
from aap.services.permissions import Permission, ensure

LEAST, MOST = 2, 5
LONGEST = 20_000  # characters of one part of a specimen
_OVER = frozenset({CallState.DECIDED, CallState.PUBLISHED, CallState.ARCHIVED})


@dataclass(frozen=True)
class ParticipantLine:
    """A reviewer in the round: specimens submitted, comparisons read, of `count`."""

    code: str
    name: str
    submitted: int
    read: int
    count: int


@dataclass(frozen=True)
class RoundView:
    """The round as its coordinator sees it. `opened_at` None: being prepared; `blocked`: why it can't open yet."""

    call: OpenedCall
    specimens: tuple[Specimen, ...]
    opened_at: datetime | None
    participants: tuple[ParticipantLine, ...]
    blocked: tuple[Objection, ...]


def round_view(session: Session, *, actor: Actor, call: OpenedCall) -> RoundView:
    """Specimens and participants. Five queries at most."""
    ensure(actor, Permission.REVIEWS_FOLLOW, call.target(), kind="call", id=call.id)
    specimens = _specimens(session, call.id)
    held = session.get(SpecimenRound, call.id)
    done: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for person_id, submitted, read in session.exec(
        select(
            SpecimenReview.person_id,
            func.count(col(SpecimenReview.submitted_at)),
            func.count(col(SpecimenReview.read_at)),
        )
        .join(Specimen, col(SpecimenReview.specimen_id) == Specimen.id)
        .where(Specimen.call_id == call.id)
        .group_by(col(SpecimenReview.person_id))
    ):
        done[person_id] = (submitted, read)
    people = session.exec(
        select(Reviewer, Person.name).where(Reviewer.person_id == Person.id, Reviewer.call_id == call.id)
    ).all()
    participants = [
        ParticipantLine(reviewer.code, name, *done[reviewer.person_id], len(specimens)) for reviewer, name in people
    ]
    participants.sort(key=lambda one: (one.read, one.submitted, one.code))
    blocked = () if held else _blocked(session, call, specimens)
    return RoundView(call, specimens, held.opened_at if held else None, tuple(participants), blocked)


def _specimens(session: Session, call_id: str) -> tuple[Specimen, ...]:
    return tuple(
        session.exec(
            select(Specimen).where(Specimen.call_id == call_id).order_by(col(Specimen.position), col(Specimen.id))
        )
    )


def _blocked(session: Session, call: OpenedCall, specimens: tuple[Specimen, ...]) -> tuple[Objection, ...]:
    found = []
    if not LEAST <= len(specimens) <= MOST:
        found.append(Objection("review.number_of_specimens", least=LEAST, most=MOST))
    if any(one.agreed_at is None for one in specimens):
        found.append(Objection("review.specimen_not_agreed"))
    if call.state not in (CallState.CLOSED, CallState.REVIEWING):
        found.append(Objection("review.round_out_of_time"))
    begun = session.exec(
        select(Review.id).where(Review.assignment_id == Assignment.id, Assignment.call_id == call.id).limit(1)
    ).first()
    if begun is not None:
        found.append(Objection("review.reviews_begun"))
    return tuple(found)


def _preparing(session: Session, actor: Actor, call: OpenedCall) -> None:
    ensure(actor, Permission.REVIEWERS_MANAGE, call.target(), kind="call", id=call.id)
    if session.get(SpecimenRound, call.id) is not None:
        raise StateForbids(Permission.REVIEWERS_MANAGE, "open round")


def _add(session: Session, actor: Actor, call: OpenedCall, specimen: Specimen, now: datetime) -> Specimen:
    held = _specimens(session, call.id)
    if len(held) >= MOST:
        raise InvalidInput({"title": Objection("review.too_many_specimens", most=MOST)})
    specimen.position = max((one.position for one in held), default=0) + 1
    session.add(specimen)
    session.flush()
    record(
        session,
        actor,
        "specimen.added",
        specimen,
        now=now,
        after={"title": specimen.title, "origin": str(specimen.origin), "source": specimen.source},
    )
    return specimen


def add_fictitious(
    session: Session, *, actor: Actor, call: OpenedCall, title: str, parts: Mapping[str, str], now: datetime
) -> Specimen:
    """An invented dossier. `parts`: id of a section of the form → its text. Raises InvalidInput."""
    _preparing(session, actor, call)
    problems = {} if title.strip() else {"title": Objection("review.specimen_untitled")}
    content = []
    for section in call.file.form.sections:
        text = parts.get(section.id, "").replace("\r\n", "\n").strip()
        if len(text) > LONGEST:
            problems[f"parts.{section.id}"] = Objection("review.text_too_long", most=LONGEST)
        if text:
            content.append({"title": section.title, "answers": [["", text]]})
    if not content:
        first = call.file.form.sections[0].id if call.file.form.sections else ""
        problems.setdefault(f"parts.{first}", Objection("review.specimen_empty"))
    if problems:
        raise InvalidInput(problems)
    return _add(
        session, actor, call,
        Specimen(
            call_id=call.id, position=0, title=title.strip(), origin=SpecimenOrigin.FICTITIOUS, content=content,
            author_id=actor.person_id, created_at=now,
        ),
        now,
    )  # fmt: skip


def add_earlier(
    session: Session, *, actor: Actor, call: OpenedCall, reference: str, consent: str, now: datetime
) -> Specimen:
    """A dossier of an earlier, decided call, without what identifies its association, with the consent it gave.

    Raises InvalidInput: unknown, of this call, of a call not yet decided, or of an association that applies here too.
    """
    _preparing(session, actor, call)
    problems = {}
    if not consent.strip():
        problems["consent"] = Objection("review.consent_missing")
    earlier = session.exec(
        select(Application).where(
            Application.reference == reference.strip(), col(Application.submitted_at).is_not(None)
        )
    ).first()
    source: OpenedCall | None = None
    if earlier is not None:
        try:
            source, _ = dossier_of(
                session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=earlier.id
            )
        except (NotFound, StateForbids):
            earlier = None
    if earlier is None or source is None:
        problems["reference"] = Objection("review.specimen_unknown")
    elif source.id == call.id or source.state not in _OVER:
        problems["reference"] = Objection("review.specimen_not_over")
    elif session.exec(
        select(Application.id).where(
            Application.call_id == call.id,
            Application.association_id == earlier.association_id,
            col(Application.state) != ApplicationState.DRAFT,
        )
    ).first():
        problems["reference"] = Objection("review.specimen_of_candidate")
    if problems or earlier is None or source is None:
        raise InvalidInput(problems)
    return _add(
        session, actor, call,
        Specimen(
            call_id=call.id, position=0, title=earlier.title, origin=SpecimenOrigin.EARLIER,
            source=f"{source.record.title}. {consent.strip()}", content=_content(session, source, earlier.id),
            author_id=actor.person_id, created_at=now,
        ),
        now,
    )  # fmt: skip


def _content(session: Session, call: OpenedCall, application_id: str) -> list[dict[str, object]]:
    answers = counting_answers(session, call, application_id)
    found: list[dict[str, object]] = []
    for section in visible_sections(call.file.form, answers):
        read = read_section(section, answers, territories(), blind=True)
        lines = [[one.label, text] for one in read.answers if (text := _words(one))]
        if lines:
            found.append({"title": read.title, "answers": lines})
    return found


def _words(one: ReadAnswer) -> str:
    """An answer as a text; files stay out (they show who the association is)."""
    match one.kind:
        case "text":
            return one.text
        case "list":
            return "\n".join(f"– {item}" for item in one.items)
        case "table":
            return "\n".join(" · ".join(row) for row in one.rows)
        case "group":
            blocks = [
                "\n".join([block.title, *(f"{inner.label} {_words(inner)}" for inner in block.answers)])
                for block in one.blocks
            ]
            return "\n\n".join(blocks)
        case "budget":
            return "\n".join(
                f"{side.title} : {text}"
                for side in one.sides
                for line in side.lines
                for text in line.in_lines(side.years)
            )
        case _:
            return ""


def agree_marks(
    session: Session,
    *,
    actor: Actor,
    call: OpenedCall,
    specimen_id: str,
    marks: Mapping[str, str],
    reasons: Mapping[str, str],
    now: datetime,
) -> None:
    """The agreed mark of each criterion of one of the call's specimens, with its reason: shown to who has submitted.

    Raises NotFound, StateForbids, InvalidInput by field.
    """
    specimen = session.get(Specimen, specimen_id)
    if specimen is None or specimen.call_id != call.id:
        raise NotFound("specimen", specimen_id)
    ensure(actor, Permission.REVIEWERS_MANAGE, call.target(), kind="specimen", id=specimen_id)
    if session.get(SpecimenRound, call.id) is not None:
        raise StateForbids(Permission.REVIEWERS_MANAGE, "open round")
    rubric = call.file.rubric
    checked = read_marks(rubric, marks, {}, finished=False)
    problems = {f"marks.{name}": said_by_core(text) for (_, name), text in checked.problems.items()}
    kept = {}
    for criterion in rubric.criteria:
        if criterion.id not in checked.marks:
            problems.setdefault(
                f"marks.{criterion.id}", Objection("review.agreed_mark_missing", criterion=title_of(criterion))
            )
        kept[criterion.id] = reasons.get(criterion.id, "").strip()
        if not kept[criterion.id]:
            problems[f"reasons.{criterion.id}"] = Objection(
                "review.agreed_reason_missing", criterion=title_of(criterion)
            )
        elif len(kept[criterion.id]) > MOST_COMMENT:
            problems[f"reasons.{criterion.id}"] = Objection("review.text_too_long", most=MOST_COMMENT)
    if problems:
        raise InvalidInput(problems)
    before = {"marks": dict(specimen.agreed)}
    specimen.agreed = {name: mark_text(mark) for name, mark in checked.marks.items()}
    specimen.reasons, specimen.agreed_at = kept, now
    session.add(specimen)
    record(session, actor, "specimen.agreed", specimen, now=now, before=before, after={"marks": dict(specimen.agreed)})


def remove_specimen(session: Session, *, actor: Actor, call: OpenedCall, specimen_id: str, now: datetime) -> None:
    """Takes a specimen out while the round is being prepared. Raises NotFound, StateForbids."""
    _preparing(session, actor, call)
    specimen = session.get(Specimen, specimen_id)
    if specimen is None or specimen.call_id != call.id:
        raise NotFound("specimen", specimen_id)
    session.delete(specimen)
    record(session, actor, "specimen.removed", specimen, now=now, before={"title": specimen.title})


def start_round(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> None:
    """Opens the round: from here on the specimens stand, and reviewers mark them before any dossier.

    Raises InvalidInput with what is missing.
    """
    _preparing(session, actor, call)
    blocked = _blocked(session, call, _specimens(session, call.id))
    if blocked:
        raise InvalidInput({"": blocked})
    session.add(SpecimenRound(call_id=call.id, opened_at=now, author_id=actor.person_id))
    record(session, actor, "calibration.opened", call.record, now=now)
