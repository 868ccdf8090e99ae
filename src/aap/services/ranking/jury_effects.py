"""What a choice of the jury would do, asked of the last run with what was decided since. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from aap.core.inputs import JuryDecision as CoreDecision
from aap.core.ranking.effect import ChoiceEffect, JuryChoice, NotRetainable, decided_with
from aap.core.ranking.effect_words import effect_in_words
from aap.core.ranking.ranking import ImposedNotCandidate
from aap.core.results import ResultRow
from aap.core.selection.outcome import InfeasibleRules, NothingFound
from aap.core.selection.work import OutOfWork, allowance
from aap.records.applications import Application
from aap.records.rankings import RankingRun
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import recused_pairs, recused_references
from aap.services.dossier.references import short_names
from aap.services.errors import InvalidInput, Objection, RulesConflict
from aap.services.permissions import Permission, ensure
from aap.services.ranking.effects import selected_with, stored_run
from aap.services.ranking.input import decisions_as_they_stand
from aap.services.ranking.jury_members import MemberLine, sitting
from aap.services.ranking.runs import latest_run, view_run
from aap.services.ranking.trials import WORK_OF_A_TRIAL


@dataclass(frozen=True)
class ShownEffect:
    """What a choice would do, as this actor may read it. `sentences`: first who moves and what is left.

    `moves`: ids of the other dossiers that it would move. `leaving`: who of the
    jury is recused of the dossier or of one that it would move. `row`: the dossier's line of the ranking once the choice is
    made, what its letter is made of.
    """

    sentences: tuple[str, ...]
    moves: tuple[str, ...]
    leaving: tuple[MemberLine, ...]
    row: ResultRow | None


def ask_effect(
    session: Session, *, actor: Actor, call: OpenedCall, application: Application, choice: JuryChoice
) -> ShownEffect:
    """The effect of a choice on the last run and what was decided since. Ten queries.

    Raises InvalidInput for what can't be (no run yet, `in` of who is no candidate), RulesConflict where the rules can't
    all hold with it.
    """
    ensure(actor, Permission.RANKING_READ, call.target(), kind="call", id=call.id)
    run = latest_run(session, call.id)
    if run is None:
        raise InvalidInput({"": Objection("ranking.no_run_yet")})
    if choice.kind == "amount" and not 0 < (choice.amount or 0) <= application.requested_amount:
        raise InvalidInput({"amount": Objection("ranking.jury_amount")})
    hidden = recused_references(session, actor, call.id)
    effect, after = _asked(session, call, run, choice)
    ids = dict(
        session.exec(
            select(Application.reference, Application.id).where(
                Application.call_id == call.id, col(Application.submitted_at).is_not(None)
            )
        ).all()
    )
    if effect is None:
        return ShownEffect((_UNKNOWN,), (), leaving(session, call.id, [application.id]), None)
    moves = tuple(ids[name] for name in effect.moves if name in ids)
    return ShownEffect(
        sentences=effect_in_words(effect, short_names(ids), hidden),
        moves=moves,
        leaving=leaving(session, call.id, [application.id, *moves]),
        row=_row_after(session, actor, run, after, application.reference),
    )


_UNKNOWN = "La quantité de calcul d’une question n’a pas suffi pour le dire : le calcul du classement le dira."


def check_choice(session: Session, *, call: OpenedCall, choice: JuryChoice) -> tuple[str, ...]:
    """Lets a choice pass that the last run can bear; gives the references of the other dossiers that it moves.

    Where there is no run yet, nothing is known and nothing refused. Raises InvalidInput, RulesConflict.
    """
    run = latest_run(session, call.id)
    if run is None:
        return ()
    effect, _ = _asked(session, call, run, choice)
    return () if effect is None else effect.moves


def _asked(
    session: Session, call: OpenedCall, run: RankingRun, choice: JuryChoice
) -> tuple[ChoiceEffect | None, tuple[CoreDecision, ...]]:
    """The effect, None where the work of a question was not enough; and the decisions with the choice."""
    stored = stored_run(run)
    decisions = (*stored.agreed, *decisions_as_they_stand(session, call))
    after = decided_with(decisions, choice)
    try:
        with allowance(WORK_OF_A_TRIAL):
            before = selected_with(run, decisions)
            return stored.effect(before, decisions, choice), after
    except NotRetainable as refused:
        raise InvalidInput({"decision": Objection("ranking.cannot_be_retained", place=refused.place)}) from refused
    except ImposedNotCandidate as refused:  # an earlier `in` of a dossier that has since been withdrawn, say
        places = tuple(sorted(refused.places))
        raise InvalidInput({"": Objection("ranking.earlier_choice_impossible", dossiers=places)}) from refused
    except InfeasibleRules as refused:
        raise RulesConflict(refused.names) from refused
    except OutOfWork:
        return None, after


def _row_after(
    session: Session, actor: Actor, run: RankingRun, after: tuple[CoreDecision, ...], reference: str
) -> ResultRow | None:
    """The dossier's line once the choice is made; None where that takes more work than a question may."""
    row = view_run(session, run, actor=actor).by_reference.get(reference)
    if row is None or row.masked:
        return None
    try:
        with allowance(WORK_OF_A_TRIAL):
            told, granted = stored_run(run).explained(after, reference)
    except (InfeasibleRules, NothingFound, OutOfWork, KeyError):
        return None
    return ResultRow(
        **{name: getattr(row, name) for name in _KEPT},
        status=told.status,
        reason_code=told.code,
        reason=told.sentence,
        granted_amount=granted,
        waiting_rank=told.waiting_rank,
    )


_KEPT = (
    "rank", "application_id", "association", "raw_score", "calibrated_score", "ci_low", "ci_high",
    "selection_probability", "reviews", "requested_amount", "marks", "lot",
)  # fmt: skip


def leaving(session: Session, call_id: str, dossiers: Sequence[str]) -> tuple[MemberLine, ...]:
    """Who of those who sit is recused of one of these dossiers (ids), by their account. Three queries."""
    return leaving_of(session, call_id, {"": dossiers})[""]


def leaving_of(
    session: Session, call_id: str, groups: Mapping[str, Sequence[str]]
) -> Mapping[str, tuple[MemberLine, ...]]:
    """The same of several groups of dossiers, by their names. Three queries."""
    pairs = recused_pairs(session, call_id)
    members = sitting(session, call_id)
    found = {}
    for name, dossiers in groups.items():
        there = frozenset(dossiers)
        apart = {person for person, application in pairs if application in there}
        found[name] = tuple(one for one in members if one.person_id in apart)
    return found
