"""The jury proposes, the authority decides: its decision counts in the jury's place, and the run's bundle replays it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from aap.core.ranking.bundle import verify_bundle
from aap.core.results import MASKED
from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.rankings import JuryDecision, JuryDecisionKind, RankingRow
from aap.services.call.calls import get_call
from aap.services.errors import InvalidInput, NotFound, Objection, RecusedFromActs, RulesConflict, StateForbids
from aap.services.ranking.arbitrating import (
    ArbitratedChange,
    arbitration,
    effect_of_change,
    proposed_run,
    remove_arbitration,
)
from aap.services.ranking.effects import ListEffect
from aap.services.ranking.input import ranking_input
from tests.databases import on_both_databases
from tests.worlds.deliberations import authority_decides, computed, jury_decides, jury_sits, recused
from tests.worlds.offices import Office, Offices, set_state

IN, OUT, AMOUNT = JuryDecisionKind.IN, JuryDecisionKind.OUT, JuryDecisionKind.AMOUNT


def shown(here: Office, person: Any = None) -> Any:
    actor = here.factory.actor(person or here.second)
    with here.factory.platform.database.reading() as session:
        return arbitration(session, actor=actor, call=get_call(session, here.call.id))


def refused(
    here: Office, number: int, kind: JuryDecisionKind, reason: str = "Motif.", amount: int | None = None
) -> Any:
    with pytest.raises(InvalidInput) as found:
        authority_decides(here, here.dossiers[number], kind, reason, amount)
    return found.value.problems


def decisions(here: Office) -> list[tuple[int, str, Decimal | None, str]]:
    """What the engine reads: number of the dossier, decision, amount, stage."""
    numbers = {one.reference: number for number, one in enumerate(here.dossiers)}
    with here.factory.platform.database.reading() as session:
        given = ranking_input(session, get_call(session, here.call.id)).given
    return sorted((numbers[one.application_id], one.decision, one.amount, one.stage) for one in given.decisions)


@on_both_databases
def test_the_authority_s_decision_counts_in_the_jury_s_place_and_both_stay(office: Offices) -> None:
    here = office()
    jury_decides(here, here.dossiers[0], OUT, "Déjà financé ailleurs.")
    jury_decides(here, here.dossiers[2], AMOUNT, "Budget trop large.", 30_000)
    first = computed(here)
    jury_sits(here, first)
    authority_decides(here, here.dossiers[0], IN, "Le financement est tombé.")
    authority_decides(here, here.dossiers[2], AMOUNT, "Un reste existe.", 35_000)
    assert decisions(here) == [(0, "in", None, "authority"), (2, "amount", Decimal(35_000), "authority")]
    with here.factory.platform.database.reading() as session:
        kept = session.exec(select(JuryDecision).order_by(col(JuryDecision.created_at), col(JuryDecision.id))).all()
        assert [(one.stage, one.reason) for one in kept] == [
            ("jury", "Déjà financé ailleurs."),
            ("jury", "Budget trop large."),
            ("authority", "Le financement est tombé."),
            ("authority", "Un reste existe."),
        ]
        lines = session.exec(select(AuditLine.action).where(AuditLine.action == "arbitration.decided")).all()
        assert len(lines) == 2

    second = computed(here)
    numbers = {one.id: number for number, one in enumerate(here.dossiers)}
    with here.factory.platform.database.reading() as session:
        assert proposed_run(session, here.call.id).id == first.id
        rows = session.exec(select(RankingRow).where(RankingRow.run_id == second.id)).all()
    granted = {numbers[row.application_id]: row.granted_amount for row in rows if row.status == "laureate"}
    assert granted == {0: 40_000_00, 2: 35_000_00}
    reason = next(row.reason for row in rows if numbers[row.application_id] == 0)
    assert "Retenu par décision de l’autorité, pour" in reason
    bundle = json.loads(second.bundle)
    assert [(one["decision"], one["reason"], one["author"], one["stage"]) for one in bundle["inputs"]["decisions"]] == [
        ("in", "Le financement est tombé.", here.second.name, "authority"),
        ("amount", "Un reste existe.", here.second.name, "authority"),
    ]
    assert verify_bundle(second.bundle) == ()


@on_both_databases
def test_each_change_is_a_row_that_says_what_it_does_after_those_before_it(office: Offices) -> None:
    here = office()
    jury_sits(here, computed(here))
    names = [one.reference for one in here.dossiers]
    authority_decides(here, here.dossiers[0], OUT, "Hors sujet.")
    here.factory.platform.clock.move(minutes=1)
    authority_decides(here, here.dossiers[3], IN, "Seul projet du territoire.", 25_000)
    found = shown(here)
    assert [(one.reference, one.amount_before, one.amount_after, one.reason, one.author) for one in found.lines] == [
        (names[0], 40_000_00, None, "Hors sujet.", here.second.name),
        (names[3], None, 25_000_00, "Seul projet du territoire.", here.second.name),
    ]
    assert [one.effect for one in found.lines] == [
        ListEffect((names[1],), (names[0],), (), 80_000_00, 80_000_00),
        ListEffect((names[3],), (names[2],), (), 80_000_00, 65_000_00),
    ]
    assert found.whole == ListEffect((names[1], names[3]), (names[0], names[2]), (), 80_000_00, 65_000_00)
    assert [one.decisions for one in found.lines] == [
        ((OUT, None),), ((IN, None), (AMOUNT, Decimal(25_000)))
    ]  # fmt: skip


def test_what_a_change_would_do_is_told_before_and_nothing_is_kept(office: Offices) -> None:
    here = office()
    jury_sits(here, computed(here))
    names = [one.reference for one in here.dossiers]
    with here.factory.platform.database.reading() as session:
        effect = effect_of_change(
            session,
            actor=here.factory.actor(here.second),
            application_id=here.dossiers[1].id,
            change=ArbitratedChange(IN),
        )
    assert effect == ListEffect((names[1],), (names[0],), (), 80_000_00, 80_000_00)
    assert shown(here).lines == ()


def test_what_can_t_be_decided_is_refused_with_why(office: Offices) -> None:
    here = office()
    assert refused(here, 0, OUT) == {"": Objection("ranking.nothing_proposed")}
    jury_decides(here, here.dossiers[1], OUT, "Non.")
    jury_decides(here, here.dossiers[3], JuryDecisionKind.DECLINED, "L’association renonce.")
    jury_sits(here, computed(here))
    assert refused(here, 0, OUT, " ") == {"reason": Objection("ranking.arbitration_unexplained")}
    assert refused(here, 0, AMOUNT, " ", 40_001) == {
        "amount": Objection("ranking.jury_amount"),
        "reason": Objection("ranking.arbitration_unexplained"),
    }
    assert refused(here, 0, AMOUNT) == {"amount": Objection("ranking.jury_amount")}
    assert refused(here, 4, IN) == {"decision": Objection("ranking.imposed_no_candidate")}
    assert refused(here, 3, IN) == {"decision": Objection("ranking.given_up")}
    assert refused(here, 1, AMOUNT, amount=10_000) == {"decision": Objection("ranking.amount_of_left_out")}
    assert refused(here, 0, JuryDecisionKind.DECLINED) == {"decision": Objection("ranking.jury_decision_missing")}
    authority_decides(here, here.dossiers[0], AMOUNT, "Moins.", 30_000)
    assert refused(here, 0, OUT) == {"decision": Objection("ranking.arbitrated_already")}
    assert [one.reference for one in shown(here).lines] == [here.dossiers[0].reference]


def test_a_change_that_no_selection_could_hold_is_refused_with_the_rules(office: Offices) -> None:
    here = office()
    jury_sits(here, computed(here))
    authority_decides(here, here.dossiers[0], IN, "Oui.")
    with pytest.raises(RulesConflict) as conflict:
        authority_decides(here, here.dossiers[1], IN, "Oui aussi.")  # nobody of the South would be left
    assert "laureates" in conflict.value.rules
    assert len(shown(here).lines) == 1


def test_the_authority_decides_when_the_meeting_is_closed_and_while_the_call_deliberates(office: Offices) -> None:
    here = office()
    jury_sits(here, computed(here), closed=False)
    assert refused(here, 0, OUT) == {"": Objection("ranking.meeting_open")}
    assert shown(here).sits is True
    set_state(here, CallState.PROPOSED)
    with pytest.raises(StateForbids):
        authority_decides(here, here.dossiers[0], OUT, "Trop tard.")


def test_who_is_recused_of_a_candidate_decides_nothing_and_reads_no_line_about_it(office: Offices) -> None:
    here = office()
    jury_sits(here, computed(here))
    authority_decides(here, here.dossiers[0], OUT, "Hors sujet.")
    recused(here, here.second, here.dossiers[0], "Ancienne salariée.")
    with pytest.raises(RecusedFromActs):
        authority_decides(here, here.dossiers[1], OUT, "Non.")
    with pytest.raises(NotFound):
        authority_decides(here, here.dossiers[0], IN, "Oui.")
    [line] = shown(here).lines
    assert (line.masked, line.reference, line.association, line.reason, line.effect) == (True, "", MASKED, "", None)
    whole = shown(here).whole
    assert (whole.leaves, whole.granted) == ((MASKED,), None)
    assert shown(here, here.first).whole.leaves == (here.dossiers[0].reference,)


@on_both_databases
def test_a_decision_taken_back_with_a_reason_gives_the_jury_s_its_place(office: Offices) -> None:
    here = office()
    jury_decides(here, here.dossiers[0], OUT, "Déjà financé.")
    jury_sits(here, computed(here))
    authority_decides(here, here.dossiers[0], IN, "Non, pas encore.", 20_000)
    [line] = shown(here).lines
    actor, now, database = here.factory.actor(here.second), here.factory.now, here.factory.platform.database
    values = {"actor": actor, "call_id": here.call.id, "now": now}
    with pytest.raises(InvalidInput) as why, database.writing() as session:
        remove_arbitration(session, decision_id=line.id, reason=" ", **values)
    assert why.value.problems == {"reason": Objection("ranking.removal_unexplained")}
    with database.reading() as session:
        jury = session.exec(select(JuryDecision.id).where(JuryDecision.stage == "jury")).one()
    with pytest.raises(NotFound), database.writing() as session:
        remove_arbitration(session, decision_id=jury, reason="Erreur.", **values)
    with database.writing() as session:
        remove_arbitration(session, decision_id=line.id, reason="Erreur de dossier.", **values)
    assert decisions(here) == [(0, "out", None, "")]


def test_without_a_meeting_the_jury_proposes_the_last_run_that_the_authority_changed_nothing_of(
    office: Offices,
) -> None:
    here = office()
    computed(here)
    second = computed(here)
    authority_decides(here, here.dossiers[0], OUT, 'Il écrit "stage":"authority" dans son motif.')
    third = computed(here)
    with here.factory.platform.database.reading() as session:
        assert proposed_run(session, here.call.id).id == second.id
    assert third.number == 3
