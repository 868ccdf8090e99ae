"""What each letter of a call says: one composition for what is sent, previewed, and read on the association's page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal, cast

from sqlmodel import Session, case, col, func, select

from aap.core.call.letter_settings import DecisionTerms, in_effect, read_settings
from aap.core.delays import is_overseas, paris
from aap.core.ranking.overruling import replaced_by
from aap.core.results import Census, ResultRow, Status
from aap.documents.papers.letter_facts import LetterFacts, Replaced, WrittenDecision, letter_facts
from aap.documents.papers.letters import LetterView, Recipient, letter_view
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.decided import LetterSettings
from aap.records.rankings import (
    Decision,
    DecisionStage,
    JuryDecision,
    JuryDecisionKind,
    Outcome,
    RankingRow,
)
from aap.services.call.calls import OpenedCall
from aap.services.decision.list_versions import retained_when_decided

_WRITTEN = (JuryDecisionKind.IN, JuryDecisionKind.OUT, JuryDecisionKind.AMOUNT)


def terms_of(settings: LetterSettings | None) -> DecisionTerms | None:
    """A kept version as it was read when it was typed."""
    return None if settings is None else read_settings(settings.content)[0]


def current_settings(session: Session, call_id: str) -> LetterSettings | None:
    """The last version; None before there is one. One query."""
    return session.exec(
        select(LetterSettings)
        .where(LetterSettings.call_id == call_id)
        .order_by(col(LetterSettings.number).desc())
        .limit(1)
    ).first()


def current_terms(session: Session, call_id: str) -> DecisionTerms | None:
    """What the last version says; None before there is one. One query."""
    return terms_of(current_settings(session, call_id))


def census_of(session: Session, run_id: str, method: str) -> Census:
    """How many dossiers of a run have a rank, and rank and score of those retained. `method`: `scoring.method`. Two queries."""
    ranked, retained = session.exec(
        select(
            func.count(col(RankingRow.rank)), func.sum(case((col(RankingRow.status) == "laureate", 1), else_=0))
        ).where(RankingRow.run_id == run_id)
    ).one()
    score = col(RankingRow.calibrated_score) if method == "calibrated" else col(RankingRow.raw_score)
    laureates = session.exec(
        select(col(RankingRow.rank), score)
        .where(
            RankingRow.run_id == run_id, RankingRow.status == "laureate",
            col(RankingRow.rank).is_not(None), score.is_not(None),
        )
        .order_by(col(RankingRow.rank), col(RankingRow.id))
    ).all()  # fmt: skip
    return Census(
        ranked, int(retained or 0), tuple((rank, value) for rank, value in laureates if rank and value is not None)
    )


@dataclass(frozen=True)
class LetterSources:
    """What the letters of a call rest on beside each decision: loaded once for all of them.

    `written`: application's id → what persons decided after the marks; `replaced`: decision's id → decision;
    `retained`: decision's id → how many are on the list once it is made; `versions`: the kept settings by id; `current`: the
    one that counts now.
    """

    call: OpenedCall
    census: Mapping[str, Census]
    retained: Mapping[str, int]
    written: Mapping[str, tuple[WrittenDecision, ...]]
    replaced: Mapping[str, Decision]
    versions: Mapping[str, LetterSettings]
    current: LetterSettings | None

    def terms(self, settings_id: str | None) -> DecisionTerms | None:
        """Of a kept version; None: the call file alone speaks."""
        return terms_of(self.versions.get(settings_id or ""))


def letter_sources(
    session: Session, call: OpenedCall, decisions: Collection[Decision], *, application_ids: Collection[str]
) -> LetterSources:
    """For these decisions (none before they are prepared) on these dossiers. Four queries, and two a run."""
    written = _written_by_dossier(session, call.id, application_ids)
    replaced_ids = [one.replaces_id for one in decisions if one.replaces_id]
    replaced = session.exec(select(Decision).where(col(Decision.id).in_(replaced_ids))).all() if replaced_ids else ()
    versions = session.exec(
        select(LetterSettings).where(LetterSettings.call_id == call.id).order_by(col(LetterSettings.number))
    ).all()
    return LetterSources(
        call=call,
        census={
            run_id: census_of(session, run_id, call.file.scoring.method) for run_id in {one.run_id for one in decisions}
        },
        retained=retained_when_decided(session, call.id),
        written=written,
        replaced={one.id: one for one in replaced},
        versions={one.id: one for one in versions},
        current=versions[-1] if versions else None,
    )


def _written_by_dossier(
    session: Session, call_id: str, application_ids: Collection[str]
) -> dict[str, tuple[WrittenDecision, ...]]:
    """What counts of the jury's and the authority's, as the ranking takes it. One query."""
    written: dict[str, tuple[WrittenDecision, ...]] = {}
    for one in session.exec(
        select(JuryDecision)
        .where(JuryDecision.call_id == call_id, col(JuryDecision.decision).in_(_WRITTEN), _among(application_ids))
        .order_by(col(JuryDecision.application_id), col(JuryDecision.decision))
    ):
        written[one.application_id] = (*written.get(one.application_id, ()), _written(one))
    return {application_id: that_count(every) for application_id, every in written.items()}


def that_count(written: tuple[WrittenDecision, ...]) -> tuple[WrittenDecision, ...]:
    """Of one dossier: the jury's is told only where the authority decided nothing else of the same question."""
    undone = {kind for one in written if one.by_authority for kind in replaced_by(one.decision)}
    return tuple(one for one in written if one.by_authority or one.decision not in undone)


def _among(application_ids: Collection[str]) -> Any:
    """One dossier is asked for by its id; the whole call's need no list of ids."""
    if len(application_ids) > 1:
        return col(JuryDecision.id).is_not(None)
    return col(JuryDecision.application_id).in_(list(application_ids))


def _written(one: JuryDecision) -> WrittenDecision:
    return WrittenDecision(
        decision=cast(Literal["in", "out", "amount"], str(one.decision)),
        reason=one.reason,
        by_authority=one.stage == DecisionStage.AUTHORITY,
        amount=None if one.amount is None else int(one.amount * 100),
    )


def decided_row(decision: Decision, *, reference: str, association: str) -> ResultRow:
    """The line of the ranking as the decision froze it."""
    frozen: Mapping[str, Any] = decision.row

    def score(name: str) -> Decimal | None:
        return None if frozen.get(name) is None else Decimal(frozen[name])

    status: Status = Outcome(decision.outcome).value
    return ResultRow(
        rank=frozen.get("rank"),
        application_id=reference,
        association=association,
        status=status,
        reason_code=frozen.get("reason_code", ""),
        reason=decision.reason,
        raw_score=score("raw_score"),
        calibrated_score=score("calibrated_score"),
        ci_low=score("ci_low"),
        ci_high=score("ci_high"),
        selection_probability=score("selection_probability"),
        reviews=frozen.get("reviews", 0),
        requested_amount=frozen.get("requested_amount", 0),
        granted_amount=decision.amount,
        waiting_rank=frozen.get("waiting_rank"),
        marks={name: Decimal(mark) for name, mark in frozen.get("marks", {}).items()},
    )


def decision_letter(
    sources: LetterSources,
    decision: Decision,
    application: Application,
    association: Association,
    *,
    terms: DecisionTerms | None,
    show_blanks: bool = False,
) -> tuple[LetterView, LetterFacts]:
    """The letter of a decision, and what it is about. `terms`: of the version that it is or was made with.

    A decision that replaces another is taken after the others, and its letter is dated so: by its own day where the
    settings give an earlier one.
    """
    row = decided_row(decision, reference=application.reference, association=association.name)
    replaced = _replaced(sources, decision)
    if replaced is not None:
        terms = _dated(sources.call, terms, paris(decision.created_at).date())
    facts = letter_facts(
        sources.call.file,
        row,
        census=sources.census[decision.run_id],
        retained=sources.retained.get(decision.id),
        written=sources.written.get(application.id, ()),
        replaced=replaced,
        capacity=association.representative_capacity,
        overseas=is_overseas(association.zone),
    )
    made = compose(
        sources, facts, application, association, terms=terms, show_blanks=show_blanks, number=decision.letter_number
    )
    return made, facts


def ranked_letter(
    sources: LetterSources,
    row: ResultRow,
    census: Census,
    application: Application,
    association: Association,
    *,
    terms: DecisionTerms | None,
    show_blanks: bool = False,
) -> LetterView:
    """The letter of a line of the ranking, before there is a decision."""
    facts = letter_facts(
        sources.call.file,
        row,
        census=census,
        written=sources.written.get(application.id, ()),
        capacity=association.representative_capacity,
        overseas=is_overseas(association.zone),
    )
    return compose(sources, facts, application, association, terms=terms, show_blanks=show_blanks)


def compose(
    sources: LetterSources,
    facts: LetterFacts,
    application: Application,
    association: Association,
    *,
    terms: DecisionTerms | None,
    show_blanks: bool = False,
    number: int | None = None,
) -> LetterView:
    """The letter of these facts, to the association of the dossier. `number`: of the call's letters."""
    return letter_view(
        sources.call.file,
        facts,
        recipient=recipient_of(association),
        application_reference=application.reference,
        project=application.title,
        terms=terms,
        show_blanks=show_blanks,
        number=number,
    )


def recipient_of(association: Association) -> Recipient:
    """The address block of an association, to its representative."""
    representative = association.representative_name
    if representative and association.representative_capacity:
        representative = f"{representative}, {association.representative_capacity}"
    town = f"{association.postal_code} {association.commune_name}".strip()
    return Recipient(
        association=association.name,
        representative=representative,
        address=tuple(line for line in (*association.address.splitlines(), town) if line),
    )


def _replaced(sources: LetterSources, decision: Decision) -> Replaced | None:
    before = sources.replaced.get(decision.replaces_id or "")
    if before is None:
        return None
    signed = in_effect(sources.call.file, sources.terms(before.letter_settings_id)).signed_on
    own = paris(before.created_at).date()
    earlier = before.replaces_id is not None  # itself dated by its own day, as above
    return Replaced(
        number=before.letter_number or before.number,
        status=Outcome(before.outcome).value,
        dated=max(own, signed or own) if earlier else signed or own,
        amount=before.amount,
    )


def _dated(call: OpenedCall, terms: DecisionTerms | None, own: date) -> DecisionTerms:
    """The terms of a letter that is signed on its own day or later; the act that awards the grants keeps its date."""
    now = in_effect(call.file, terms)
    signed = max(own, now.signed_on or own)
    return replace(terms or DecisionTerms(), signed_on=signed, act_on=now.act_on or now.signed_on)
