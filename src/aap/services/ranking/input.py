"""What a run of the ranking takes in: the call's dossiers, the marks that count, what the jury and the authority decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col, select

from aap.core.inputs import AUTHORITY
from aap.core.inputs import Application as RankedApplication
from aap.core.inputs import JuryDecision as CoreDecision
from aap.core.inputs import Mark as CoreMark
from aap.core.ranking.overruling import overruled
from aap.core.ranking.run_input import RunInput
from aap.records.applications import UNSCREENED, Application, ApplicationState
from aap.records.associations import Association
from aap.records.people import Person
from aap.records.rankings import DecisionStage, JuryDecision, JuryDecisionKind
from aap.records.reviews import Assignment, Consensus, Mark, Review, Reviewer, ReviewState
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import recused_pairs
from aap.services.dossier.counted import set_aside_of


@dataclass(frozen=True)
class RankingInput:
    """What a run takes in. `dossiers`: reference (the engine's application id) → record id."""

    given: RunInput
    dossiers: Mapping[str, str]
    unscreened: int


def ranking_input(session: Session, call: OpenedCall) -> RankingInput:
    """The call's dossiers, the marks that count, and what the jury decided. Nine queries.

    A dossier's reference is its id in the engine, a reviewer's code the reviewer's. Marks of reviews that aren't
    submitted, were taken back, or whose reviewer is recused do not count; those set aside are here with the decision that
    sets them aside.
    """
    rows = session.exec(
        select(Application, Association.name)
        .where(
            Application.association_id == Association.id,
            Application.call_id == call.id,
            col(Application.submitted_at).is_not(None),
        )
        .order_by(col(Application.reference))
    ).all()
    applications = tuple(_application(application, name) for application, name in rows)
    references = {application.id: application.reference for application, _ in rows}
    withdrawn = {application.reference for application, _ in rows if application.state == ApplicationState.WITHDRAWN}
    marks = _marks(session, call, references)
    decisions = [
        *_set_aside(session, call, references, marks),
        *(
            CoreDecision(name, "withdrawn", None, "Retrait à la demande de l’association.", "")
            for name in sorted(withdrawn)
        ),
        # A dossier that its association withdrew has no other decision: whatever the jury said before is moot.
        *(one for one in _jury_decisions(session, call, references) if one.application_id not in withdrawn),
    ]
    return RankingInput(
        given=RunInput(
            call=call.file,
            applications=applications,
            marks=marks,
            decisions=tuple(decisions),
        ),
        dossiers={reference: record_id for record_id, reference in references.items()},
        unscreened=sum(application.state in UNSCREENED for application, _ in rows),
    )


def _application(application: Application, association: str) -> RankedApplication:
    return RankedApplication(
        id=application.reference,
        association=association,
        requested_amount=application.requested_amount,
        proposed_amount=application.proposed_amount,
        eligible=application.state != ApplicationState.INELIGIBLE,
        ineligible_reason=application.ineligible_reason,
        draw_token=application.reference,
        attributes={name: tuple(values) for name, values in application.attributes.items()},
    )


def _marks(session: Session, call: OpenedCall, references: Mapping[str, str]) -> tuple[CoreMark, ...]:
    codes = dict(session.exec(select(Reviewer.person_id, Reviewer.code).where(Reviewer.call_id == call.id)).all())
    recused = recused_pairs(session, call.id)
    counted = session.exec(
        select(Review.person_id, Review.application_id, Mark.criterion, col(Mark.score))
        .where(
            Mark.review_id == Review.id,
            Review.assignment_id == Assignment.id,
            Assignment.call_id == call.id,
            col(Assignment.removed_at).is_(None),
            Review.state == ReviewState.SUBMITTED,
            col(Mark.score).is_not(None),
        )
        .order_by(col(Review.application_id), col(Review.person_id), col(Mark.criterion))
    )
    return tuple(
        CoreMark(references[application_id], codes[person_id], criterion, score)
        for person_id, application_id, criterion, score in counted
        if application_id in references and (person_id, application_id) not in recused and score is not None
    )


def _set_aside(
    session: Session, call: OpenedCall, references: Mapping[str, str], marks: Sequence[CoreMark]
) -> list[CoreDecision]:
    """What two persons set aside, of the reviews that there are."""
    kept = [row for row in set_aside_of(session, call.id) if row.confirmed_at is not None]
    if not kept:
        return []
    codes = dict(session.exec(select(Reviewer.person_id, Reviewer.code).where(Reviewer.call_id == call.id)).all())
    people = {one for row in kept for one in (row.proposed_by, row.confirmed_by) if one}
    names = dict(session.exec(select(Person.id, Person.name).where(col(Person.id).in_(people))).all())
    there = {(mark.application_id, mark.reviewer_id) for mark in marks} | {("", mark.reviewer_id) for mark in marks}
    found = []
    for row in kept:
        reference = references.get(row.application_id, "") if row.application_id else ""
        code = codes.get(row.person_id, "")
        if (reference, code) in there and bool(reference) == bool(row.application_id):
            authors = " et ".join(names.get(one or "", "") for one in (row.proposed_by, row.confirmed_by))
            found.append(CoreDecision(reference, "set_aside", None, row.reason, authors, reviewer_id=code))
    return found


def decisions_as_they_stand(session: Session, call: OpenedCall) -> tuple[CoreDecision, ...]:
    """What the jury decided and which dossiers were withdrawn, now: what the next run takes in beside the marks.

    Without what scores rest on: agreed marks, reviews set aside. Three queries.
    """
    rows = session.exec(
        select(Application.id, Application.reference, Application.state).where(
            Application.call_id == call.id, col(Application.submitted_at).is_not(None)
        )
    ).all()
    withdrawn = {reference for _, reference, state in rows if state == ApplicationState.WITHDRAWN}
    decided = _decided(session, call, {record_id: reference for record_id, reference, _ in rows})
    return (
        *(CoreDecision(name, "withdrawn", None, "", "") for name in sorted(withdrawn)),
        *(one for one in decided if one.application_id not in withdrawn),
    )


def _jury_decisions(session: Session, call: OpenedCall, references: Mapping[str, str]) -> list[CoreDecision]:
    return [*_decided(session, call, references), *_agreed(session, call, references)]


def _decided(session: Session, call: OpenedCall, references: Mapping[str, str]) -> list[CoreDecision]:
    authors = select(Person.id, Person.name).where(JuryDecision.author_id == Person.id, JuryDecision.call_id == call.id)
    names = dict(session.exec(authors).all())
    decided = session.exec(
        select(JuryDecision)
        .where(JuryDecision.call_id == call.id)
        .order_by(col(JuryDecision.created_at), col(JuryDecision.id))
    )
    every = [
        CoreDecision(
            references[decision.application_id],
            JuryDecisionKind(decision.decision).value,
            decision.amount,
            decision.reason,
            names.get(decision.author_id or "", ""),
            stage=AUTHORITY if decision.stage == DecisionStage.AUTHORITY else "",
        )
        for decision in decided
        if decision.application_id in references
    ]
    return overruled([one for one in every if not one.stage], [one for one in every if one.stage])


def _agreed(session: Session, call: OpenedCall, references: Mapping[str, str]) -> list[CoreDecision]:
    found = []
    agreed = session.exec(
        select(Consensus).where(
            Consensus.application_id == Application.id,
            Application.call_id == call.id,
            col(Consensus.decided_at).is_not(None),
        )
    )
    for row in agreed:
        if row.application_id not in references or row.total is None:
            continue
        reference = references[row.application_id]
        if not row.marks:
            found.append(CoreDecision(reference, "consensus", row.total, row.reason, "jury"))
        found.extend(
            CoreDecision(reference, "consensus", Decimal(mark), row.reason, "jury", criterion)
            for criterion, mark in row.marks.items()
        )
    return found
