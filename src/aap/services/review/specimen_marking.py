"""The round of specimens, for reviewers: mark the specimens, then see where the others stand, then begin.

Its marks count in no ranking: they are in tables of their own, which the ranking never reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import and_
from sqlmodel import Session, col, func, select

from aap.core.scoring.marking import mark_text, read_marks, total_of
from aap.records.specimens import Specimen, SpecimenReview, SpecimenRound
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.errors import InvalidInput, NotFound, StaleVersion, StateForbids, said_by_core
from aap.services.permissions import Permission, Target, ensure
from aap.services.review.reviewing import require_declared


@dataclass(frozen=True)
class SpecimenLine:
    """A specimen in the reviewer's list. `state`: todo | draft | to_read (submitted, comparison unread) | done."""

    id: str
    title: str
    state: str


@dataclass(frozen=True)
class RoundPage:
    """A reviewer's round."""

    call: OpenedCall
    specimens: tuple[SpecimenLine, ...]

    @property
    def done(self) -> int:
        return sum(one.state == "done" for one in self.specimens)


@dataclass(frozen=True)
class CriterionComparison:
    """One criterion once one's own marks are in: own mark, the others' as (mark, number), the agreed one and why."""

    criterion: str
    own: Decimal
    others: tuple[tuple[Decimal, int], ...]
    agreed: Decimal | None
    reason: str

    @property
    def gap(self) -> Decimal | None:
        return None if self.agreed is None else self.own - self.agreed


@dataclass(frozen=True)
class SpecimenPage:
    """A specimen with one's marks; `standings` is None until they are submitted."""

    call: OpenedCall
    specimen: Specimen
    number: int
    count: int
    review: SpecimenReview | None
    total: Fraction | None
    standings: tuple[CriterionComparison, ...] | None
    following: str


def round_progress(session: Session, actor: Actor) -> dict[str, tuple[int, int]]:
    """Call → (specimens done, specimens), for the calls whose round is open. One query."""
    rows = session.exec(
        select(Specimen.call_id, func.count(col(Specimen.id)), func.count(col(SpecimenReview.read_at)))
        .join(SpecimenRound, col(SpecimenRound.call_id) == Specimen.call_id)
        .outerjoin(SpecimenReview, _own(actor))
        .group_by(col(Specimen.call_id))
    )
    return {call_id: (done, count) for call_id, count, done in rows}


def _own(actor: Actor) -> Any:
    return and_(col(SpecimenReview.specimen_id) == Specimen.id, col(SpecimenReview.person_id) == actor.person_id)


def _round(session: Session, actor: Actor, call_id: str, permission: Permission) -> OpenedCall:
    call = get_call(session, call_id)
    target = Target(call_id=call.id, call_state=call.state)
    ensure(actor, permission, target, kind="call", id=call_id)
    if session.get(SpecimenRound, call_id) is None:
        raise NotFound("specimen_round", call_id)
    require_declared(session, actor, call)
    return call


def _state(review: SpecimenReview | None) -> str:
    if review is None:
        return "todo"
    if review.submitted_at is None:
        return "draft"
    return "to_read" if review.read_at is None else "done"


def _rows(session: Session, actor: Actor, call_id: str) -> list[tuple[Specimen, SpecimenReview | None]]:
    found = session.exec(
        select(Specimen, SpecimenReview)
        .outerjoin(SpecimenReview, _own(actor))
        .where(Specimen.call_id == call_id)
        .order_by(col(Specimen.position), col(Specimen.id))
    )
    return [(specimen, review) for specimen, review in found]


def open_round(session: Session, *, actor: Actor, call_id: str) -> RoundPage:
    """The reviewer's specimens. Raises NotFound where the call has no open round."""
    call = _round(session, actor, call_id, Permission.SPECIMEN_READ)
    rows = _rows(session, actor, call_id)
    return RoundPage(call, tuple(SpecimenLine(one.id, one.title, _state(review)) for one, review in rows))


def open_specimen(session: Session, *, actor: Actor, specimen_id: str, lock: bool = False) -> SpecimenPage:
    """One specimen; the others' marks only once one's own are submitted. Raises NotFound."""
    held = session.get(Specimen, specimen_id)
    if held is None:
        raise NotFound("specimen", specimen_id)
    call = _round(session, actor, held.call_id, Permission.SPECIMEN_READ)
    if lock:
        session.exec(select(Specimen.id).where(Specimen.id == specimen_id).with_for_update()).all()
    rows = _rows(session, actor, held.call_id)
    number = next(place for place, (one, _) in enumerate(rows, 1) if one.id == specimen_id)
    specimen, review = rows[number - 1]
    standings = None
    if review is not None and review.submitted_at is not None:
        standings = _standings(session, actor, call, specimen, review)
    marks = {name: Decimal(mark) for name, mark in review.marks.items()} if review else {}
    waiting = [one.id for one, own in rows if one.id != specimen_id and _state(own) != "done"]
    return SpecimenPage(
        call, specimen, number, len(rows), review, total_of(call.file.rubric, marks), standings,
        waiting[0] if waiting else "",
    )  # fmt: skip


def _standings(
    session: Session, actor: Actor, call: OpenedCall, specimen: Specimen, own: SpecimenReview
) -> tuple[CriterionComparison, ...]:
    counts: dict[str, dict[Decimal, int]] = defaultdict(lambda: defaultdict(int))
    for marks in session.exec(
        select(SpecimenReview.marks).where(
            SpecimenReview.specimen_id == specimen.id,
            SpecimenReview.person_id != actor.person_id,
            col(SpecimenReview.submitted_at).is_not(None),
        )
    ):
        for name, mark in marks.items():
            counts[name][Decimal(mark)] += 1
    return tuple(
        CriterionComparison(
            criterion=criterion.id,
            own=Decimal(own.marks[criterion.id]),
            others=tuple(sorted(counts[criterion.id].items())),
            agreed=Decimal(specimen.agreed[criterion.id]) if criterion.id in specimen.agreed else None,
            reason=specimen.reasons.get(criterion.id, ""),
        )
        for criterion in call.file.rubric.criteria
        if criterion.id in own.marks
    )


def mark_specimen(
    session: Session,
    *,
    actor: Actor,
    specimen_id: str,
    marks: Mapping[str, str],
    comments: Mapping[str, str],
    version: int,
    submit: bool,
    now: datetime,
) -> SpecimenReview:
    """Saves or submits one's marks; once submitted they stand. Raises InvalidInput by field, StaleVersion, NotFound."""
    page = open_specimen(session, actor=actor, specimen_id=specimen_id, lock=True)
    _round(session, actor, page.call.id, Permission.SPECIMEN_MARK)
    review = page.review
    if review is not None and review.submitted_at is not None:
        raise StateForbids(Permission.SPECIMEN_MARK, "submitted")
    if version != (review.version if review else 0):
        raise StaleVersion(review.version if review else 0, {"differences": []})
    checked = read_marks(page.call.file.rubric, marks, comments, finished=submit)
    if checked.problems:
        raise InvalidInput({f"{part}s.{name}": said_by_core(text) for (part, name), text in checked.problems.items()})
    review = review or SpecimenReview(specimen_id=specimen_id, person_id=actor.person_id, version=0, updated_at=now)
    review.marks = {name: mark_text(mark) for name, mark in checked.marks.items()}
    review.comments = {name: text for name, text in checked.comments.items() if text}
    review.version += 1
    review.updated_at = now
    review.submitted_at = now if submit else None
    session.add(review)
    session.flush()
    if submit:
        record(session, actor, "specimen.submitted", page.specimen, now=now, after={"marks": dict(review.marks)})
    return review


def read_comparison(session: Session, *, actor: Actor, specimen_id: str, now: datetime) -> SpecimenPage:
    """The reviewer has seen where the others stand and the agreed mark. Raises StateForbids before there is one."""
    page = open_specimen(session, actor=actor, specimen_id=specimen_id, lock=True)
    _round(session, actor, page.call.id, Permission.SPECIMEN_MARK)
    if page.review is None or page.review.submitted_at is None or page.specimen.agreed_at is None:
        raise StateForbids(Permission.SPECIMEN_MARK, "not submitted")
    if page.review.read_at is None:
        page.review.read_at = now
        session.add(page.review)
        record(session, actor, "specimen.read", page.specimen, now=now)
    return page
