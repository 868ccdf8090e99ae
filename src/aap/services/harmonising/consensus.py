"""The consensus on a dossier whose marks differ: opened, decided, given up; its minutes. Raw marks stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlmodel import Session, select

from aap.core.call.points import in_points
from aap.core.call.schema import Rubric
from aap.core.delays import paris
from aap.core.french import plain
from aap.core.scoring.criteria import bonus_of
from aap.core.scoring.marking import MOST_COMMENT, mark_text, read_marks, title_of, total_of
from aap.core.scoring.totals import from_ten_thousandths, ten_thousandths
from aap.core.territories import fold
from aap.core.typed_numbers import parse_number
from aap.documents.media_types import PDF, MadeFile
from aap.documents.papers.consensus_minutes import ConsensusView, FrozenReview, render_consensus_minutes
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.rankings import JuryDecision
from aap.records.reviews import Assignment, Consensus
from aap.services.actor import Actor, person_name
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import dossier_of, find_dossier, recused_people
from aap.services.dossier.discussed import (
    Post,
    ReviewChange,
    changes_of,
    discussion_of,
    is_open,
    posts_of,
    stands_open,
)
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids, said_by_core
from aap.services.harmonising.divergences import (
    DivergentDossier,
    cause_of,
    compared_dossiers,
    consensus_step,
    divergent_dossiers,
)
from aap.services.harmonising.further_reviews import FurtherReviewer, further_reviewers
from aap.services.permissions import Permission, allowed
from aap.services.ranking.gates import gates_of

LEAST_ATTENDEES = 2


@dataclass(frozen=True)
class ConsensusPage:
    """All that the page of one dossier shows. `step` is None before a consensus is opened. `discussed`: its reviewers discuss it
    now; `posts` and `changes`: what they said and changed, where the marks may be read."""

    call: OpenedCall
    application: Application
    association: str
    dossier: DivergentDossier
    cause: str
    step: Consensus | None
    author: str
    further: tuple[FurtherReviewer, ...]
    jury: bool
    may_be_settled: bool
    discussed: bool
    posts: tuple[Post, ...] = ()
    changes: tuple[ReviewChange, ...] = ()


def open_consensus_page(session: Session, *, actor: Actor, call: OpenedCall, reference: str) -> ConsensusPage:
    """One dossier with its reviews, what was agreed, and who could review it too. Raises NotFound."""
    application_id = find_dossier(session, call.id, reference)
    _, application = dossier_of(
        session, actor=actor, permission=Permission.REVIEWS_FOLLOW, application_id=application_id
    )
    found = next(
        (one for one in divergent_dossiers(session, actor=actor, call=call) if one.reference == reference), None
    )
    if found is None:
        raise NotFound("application", reference)
    step = consensus_step(session, application_id)
    discussion = discussion_of(session, application_id)
    association = session.get_one(Association, application.association_id)
    return ConsensusPage(
        call=call,
        application=application,
        association=association.name,
        dossier=found,
        cause=step.cause if step else cause_of(call, found),
        step=step,
        author=person_name(session, step.author_id) if step else "",
        further=tuple(
            one
            for one in further_reviewers(session, call, application, association)
            if one.person_id != actor.person_id
        ),
        jury=_jury_decided(session, application_id),
        may_be_settled=bool(found.found.reached) or may_be_settled(session, actor, call, reference),
        discussed=stands_open(call, discussion),
        posts=() if discussion is None or found.closed else posts_of(session, discussion.id),
        changes=() if found.closed else changes_of(session, call.id, application_id=application_id),
    )


def may_be_settled(session: Session, actor: Actor, call: OpenedCall, reference: str) -> bool:
    """Whether a consensus may be opened where no limit is reached: once marks are open, or where another gate names it."""
    return allowed(actor, Permission.MARKS_READ, call.target()) or any(
        one.reference == reference for one in gates_of(session, call).lines
    )


def _jury_decided(session: Session, application_id: str) -> bool:
    return (
        session.exec(select(JuryDecision.id).where(JuryDecision.application_id == application_id)).first() is not None
    )


def open_consensus(
    session: Session, *, actor: Actor, call: OpenedCall, reference: str, cause: str, now: datetime
) -> None:
    """Freezes the marks as they stand: nothing is submitted or reopened any more for this dossier.

    Needs two submitted reviews, and a cause where no limit of the call is reached. Before the deliberation, only for a
    dossier at a gate: opening it shows its marks. Not while its reviewers discuss it: that comes before.
    Raises InvalidInput, StateForbids.
    """
    application_id = find_dossier(session, call.id, reference)
    dossier_of(session, actor=actor, permission=Permission.CONSENSUS_MANAGE, application_id=application_id)
    # Whoever saves a review holds its assignment: the freezing waits for the last save, the next save finds it.
    session.exec(select(Assignment).where(Assignment.application_id == application_id).with_for_update()).all()
    if consensus_step(session, application_id) is not None:
        raise StateForbids(Permission.CONSENSUS_MANAGE, "consensus")
    found = next(
        (one for one in compared_dossiers(session, actor=actor, call=call) if one.reference == reference), None
    )
    if found is None or len(found.reviews) < 2:
        raise InvalidInput({"cause": Objection("harmonising.too_few_reviews")})
    discussion = discussion_of(session, application_id, lock=True)
    if discussion is not None and is_open(call, discussion, now):
        raise InvalidInput({"cause": Objection("harmonising.still_discussed")})
    if not (found.found.reached or may_be_settled(session, actor, call, reference)):
        raise InvalidInput({"cause": Objection("harmonising.marks_closed")})
    reason = cause_of(call, found) or cause.strip()
    if not reason:
        raise InvalidInput({"cause": Objection("harmonising.cause_missing")})
    step = Consensus(
        application_id=application_id,
        cause=reason,
        frozen={one.code: {name: mark_text(mark) for name, mark in one.marks.items()} for one in found.reviews},
        author_id=actor.person_id,
        created_at=now,
    )
    session.add(step)
    session.flush()
    record(
        session,
        actor,
        "consensus.opened",
        Subject("application", application_id, call.id),
        now=now,
        after={"cause": reason, "frozen": step.frozen},
    )


@dataclass(frozen=True)
class ConsensusEntry:
    """What was typed: `marks` by criterion, or a `total` in the points of the call; `attendees` one a line."""

    marks: Mapping[str, str]
    reason: str = ""
    dissent: str = ""
    attendees: str = ""
    held_on: date | None = None
    total: str = ""


def decide_consensus(
    session: Session, *, actor: Actor, call: OpenedCall, reference: str, entry: ConsensusEntry, now: datetime
) -> None:
    """Keeps the agreed marks, which take the place of the reviews' in the ranking, or a total alone, which replaces the
    mean of the reviews there and leaves the marks by criterion as they are.

    May be corrected while the call is reviewed or deliberated; the log keeps what stood before. Raises InvalidInput
    with every problem by field, StateForbids where no consensus is open.
    """
    application_id = find_dossier(session, call.id, reference)
    _, application = dossier_of(
        session, actor=actor, permission=Permission.CONSENSUS_MANAGE, application_id=application_id
    )
    step = consensus_step(session, application_id, lock=True)
    if step is None:
        raise StateForbids(Permission.CONSENSUS_MANAGE, "no consensus")
    rubric = call.file.rubric
    marks, total, problems = _agreed(rubric, entry)
    attendees = [" ".join(line.split()) for line in entry.attendees.splitlines() if line.strip()]
    problems |= _meeting_problems(session, application_id, entry, attendees, now)
    if _jury_decided(session, application_id):
        problems["reason"] = Objection("harmonising.jury_decided")
    if problems:
        raise InvalidInput(problems)
    before = _kept(step)
    step.marks = {name: mark_text(mark) for name, mark in marks.items()}
    step.total = from_ten_thousandths(ten_thousandths(total))
    step.reason, step.dissent = entry.reason.strip(), entry.dissent.strip()
    step.attendees, step.held_on = attendees, entry.held_on
    step.author_id, step.decided_at = actor.person_id, now
    session.add(step)
    record(session, actor, "consensus.decided", application, now=now, before=before, after=_kept(step))


def _agreed(
    rubric: Rubric, entry: ConsensusEntry
) -> tuple[Mapping[str, Decimal], Fraction, dict[str, Objection | tuple[Objection, ...]]]:
    """The agreed mark of every criterion with their total on 100, or no mark and the agreed total; and the problems."""
    if entry.total.strip():
        if any(text.strip() for text in entry.marks.values()):
            return {}, Fraction(0), {"total": Objection("harmonising.total_beside_marks")}
        most = in_points(100 + bonus_of(rubric), rubric)
        try:
            total = parse_number(entry.total)
        except ValueError:
            total = Decimal(-1)
        if not 0 <= total <= most:
            return {}, Fraction(0), {"total": Objection("harmonising.agreed_total", most=plain(most))}
        return {}, Fraction(total) * 100 / Fraction(rubric.out_of), {}
    checked = read_marks(rubric, entry.marks, {}, finished=False)
    problems: dict[str, Objection | tuple[Objection, ...]] = {
        f"marks.{name}": said_by_core(text) for (_, name), text in checked.problems.items()
    }
    for criterion in rubric.criteria:
        if criterion.id not in checked.marks:
            problems.setdefault(
                f"marks.{criterion.id}", Objection("harmonising.agreed_mark_missing", criterion=title_of(criterion))
            )
    return checked.marks, Fraction(0) if problems else total_of(rubric, checked.marks) or Fraction(0), problems


def _meeting_problems(
    session: Session, application_id: str, entry: ConsensusEntry, attendees: Sequence[str], now: datetime
) -> dict[str, Objection]:
    problems: dict[str, Objection] = {}
    for name, text in (("reason", entry.reason), ("dissent", entry.dissent)):
        if len(text) > MOST_COMMENT:
            problems[name] = Objection("harmonising.text_too_long", most=MOST_COMMENT)
    if not entry.reason.strip():
        problems["reason"] = Objection("harmonising.reason_missing")
    if len(attendees) < LEAST_ATTENDEES:
        problems["attendees"] = Objection("harmonising.too_few_attendees")
    present = [
        name for name in recused_people(session, application_id) if any(fold(name) in fold(line) for line in attendees)
    ]
    if present:
        problems["attendees"] = Objection("harmonising.recused_attendees", people=tuple(present))
    if entry.held_on is None:
        problems["held_on"] = Objection("harmonising.meeting_undated")
    elif entry.held_on > paris(now).date():
        problems["held_on"] = Objection("harmonising.meeting_to_come")
    return problems


def _kept(step: Consensus) -> dict[str, Any]:
    if step.decided_at is None:
        return {}
    return {
        "marks": dict(step.marks),
        "total": str(step.total),
        "reason": step.reason,
        "dissent": step.dissent,
        "attendees": list(step.attendees),
        "held_on": step.held_on.isoformat() if step.held_on else None,
    }


def close_consensus(
    session: Session, *, actor: Actor, call: OpenedCall, reference: str, reason: str, now: datetime
) -> None:
    """Gives the consensus up: the raw marks count again and may be reopened. Raises InvalidInput without a reason."""
    application_id = find_dossier(session, call.id, reference)
    dossier_of(session, actor=actor, permission=Permission.CONSENSUS_MANAGE, application_id=application_id)
    step = consensus_step(session, application_id, lock=True)
    if step is None:
        raise StateForbids(Permission.CONSENSUS_MANAGE, "no consensus")
    if not reason.strip():
        raise InvalidInput({"reason": Objection("harmonising.closing_unexplained")})
    before = {"cause": step.cause, **_kept(step)}
    session.delete(step)
    record(
        session,
        actor,
        "consensus.closed",
        Subject("application", application_id, call.id),
        now=now,
        before=before,
        after={"reason": reason.strip()},
    )


def consensus_minutes(session: Session, *, actor: Actor, call: OpenedCall, reference: str) -> MadeFile:
    """The minutes of a decided consensus as a PDF. Raises NotFound."""
    page = open_consensus_page(session, actor=actor, call=call, reference=reference)
    step = page.step
    if step is None or step.decided_at is None or step.held_on is None:
        raise NotFound("consensus", reference)
    view = ConsensusView(
        call=call.file,
        reference=reference,
        title=page.application.title,
        association=page.association,
        cause=step.cause,
        frozen=tuple(
            FrozenReview(code, {name: Decimal(mark) for name, mark in marks.items()})
            for code, marks in sorted(step.frozen.items())
        ),
        frozen_at=step.created_at,
        agreed={name: Decimal(mark) for name, mark in step.marks.items()},
        total=step.total or Decimal(0),
        reason=step.reason,
        dissent=step.dissent,
        attendees=tuple(step.attendees),
        held_on=step.held_on,
        author=page.author,
    )
    return MadeFile(f"consensus-{reference}.pdf", PDF, render_consensus_minutes(view))
