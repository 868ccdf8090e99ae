"""Corrections: their grounds, the association heard, two persons, what they do to the others, what nobody learns before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from aap.jobs import sweep
from aap.records.applications import Application, ApplicationState
from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.decided import CorrectionGround, CorrectionState, DecisionCorrection
from aap.records.outbox import OutboxMail
from aap.records.people import Person
from aap.records.rankings import Decision, Outcome
from aap.services.decision.answering import answer_grant, read_decision
from aap.services.decision.correcting import (
    WantedDecision,
    decide_correction,
    direction_of,
    drop_correction,
    propose_correction,
    send_intent,
    weigh,
)
from aap.services.decision.correction_effects import CorrectionEffect, Served, stated_conditions
from aap.services.decision.hearing import observe, own_corrections, record_observations
from aap.services.dossier.dossiers import open_dossier
from aap.services.dossier.uploads import ReceivedFile
from aap.services.errors import (
    DeadlinePassed,
    InvalidInput,
    NotFound,
    Objection,
    RecusedFromActs,
    SamePerson,
    StateForbids,
)
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.unit.documents.papers.samples import text_of
from tests.worlds.offices import REDUCED, Office, Offices, notify, recuse_from

LINK = "https://aap.example.org/association/dossiers/x/decision"
SCAN = ReceivedFile("courrier.pdf", "application/pdf", 12, "a" * 64)
CONDITION = "signer la convention qui vous sera adressée, avant tout versement"
FAVOUR, KEPT_NOT, ILLEGAL = CorrectionGround.FAVOUR, CorrectionGround.CONDITION, CorrectionGround.ILLEGALITY


def wish(outcome: Outcome, euros: int | None, ground: CorrectionGround, **other: str) -> WantedDecision:
    condition = CONDITION if ground is KEPT_NOT else ""
    given = {"condition": condition, "reason": "La convention n’est pas signée.", **other}
    return WantedDecision(outcome, None if euros is None else euros * 100, ground, given["condition"], given["reason"])


def run(here: Office, use_case: Callable[..., Any], person: Person, **values: Any) -> Any:
    platform = here.factory.platform
    with platform.database.writing() as session:
        return use_case(session, actor=here.factory.actor(person), now=platform.clock(), **values)


def notified(here: Office) -> None:
    platform = here.factory.platform
    with platform.database.writing() as session:
        notify(session, here, now=platform.clock())


def proposed(here: Office, place: int, wanted: WantedDecision) -> DecisionCorrection:
    found: DecisionCorrection = run(
        here, propose_correction, here.first, application_id=here.dossiers[place].id, wish=wanted
    )
    return found


def on(here: Office, found: DecisionCorrection) -> dict[str, str]:
    return {"call_id": here.call.id, "correction_id": found.id}


def sent(here: Office, found: DecisionCorrection, days: int = 15) -> DecisionCorrection:
    until = here.factory.now.date() + timedelta(days=days)
    run(here, send_intent, here.first, **on(here, found), until=until, link=LINK)
    sweep(here.factory.platform)
    with here.factory.platform.database.reading() as session:
        return session.get_one(DecisionCorrection, found.id)


def decided(here: Office, found: DecisionCorrection, **values: Any) -> Decision:
    given = {"reason": "La convention n’est pas signée.", "breaks_reason": "Il le faut.", "link": LINK, **values}
    made: Decision = run(here, decide_correction, here.second, **on(here, found), **given)
    return made


def decision_on(here: Office, place: int) -> Decision:
    with here.factory.platform.database.reading() as session:
        found = session.exec(select(Decision).where(Decision.application_id == here.dossiers[place].id))
        return max(found, key=lambda one: one.number)


# --- what may be corrected --------------------------------------------------------------------------------------------


def test_more_money_or_a_grant_is_in_favour_and_less_is_against() -> None:
    laureate = Decision(outcome=Outcome.LAUREATE, amount=40_000_00)
    waiting, refused = Decision(outcome=Outcome.WAITING_LIST), Decision(outcome=Outcome.NOT_SELECTED)
    assert [
        direction_of(laureate, Outcome.LAUREATE, 41_000_00),
        direction_of(laureate, Outcome.LAUREATE, 40_000_00),
        direction_of(laureate, Outcome.LAUREATE, 39_000_00),
        direction_of(laureate, Outcome.NOT_SELECTED, None),
        direction_of(waiting, Outcome.LAUREATE, 1_00),
        direction_of(waiting, Outcome.NOT_SELECTED, None),
        direction_of(refused, Outcome.LAUREATE, 1_00),
        direction_of(refused, Outcome.NOT_SELECTED, None),
    ] == ["favour", None, "against", "against", "favour", "against", "favour", None]


REFUSED: tuple[tuple[int, WantedDecision, dict[str, Objection]], ...] = (
    (0, wish(Outcome.NOT_SELECTED, None, FAVOUR), {"ground": Objection("decision.correction_takes")}),
    (
        0,
        wish(Outcome.NOT_SELECTED, None, KEPT_NOT, condition=" "),
        {"condition": Objection("decision.condition_missing")},
    ),
    (1, wish(Outcome.NOT_SELECTED, None, KEPT_NOT), {"ground": Objection("decision.condition_of_laureates")}),
    (0, wish(Outcome.LAUREATE, 40_000, FAVOUR), {"outcome": Objection("decision.correction_same")}),
    (0, wish(Outcome.LAUREATE, 40_001, FAVOUR), {"amount": Objection("decision.correction_above_request")}),
    (0, wish(Outcome.LAUREATE, None, KEPT_NOT), {"amount": Objection("decision.correction_amount")}),
    (1, wish(Outcome.LAUREATE, 10_000, ILLEGAL), {"ground": Objection("decision.correction_is_favour")}),
    (4, wish(Outcome.LAUREATE, 10_000, FAVOUR), {"outcome": Objection("decision.never_ranked")}),
    (0, wish(Outcome.WAITING_LIST, None, KEPT_NOT), {"outcome": Objection("decision.correction_outcome")}),
    (
        0,
        wish(Outcome.LAUREATE, 30_000, KEPT_NOT, reason=" "),
        {"reason": Objection("decision.correction_reason", most=10_000)},
    ),
)


def test_a_correction_without_its_ground_or_without_effect_is_refused_in_words(published: Office) -> None:
    found = []
    for place, wanted, _ in REFUSED:
        with pytest.raises(InvalidInput) as refused:
            proposed(published, place, wanted)
        found.append(refused.value.problems)
    assert found == [problems for _, _, problems in REFUSED]


def test_an_illegal_decision_is_withdrawn_within_four_months_the_time_to_answer_included(
    published: Office, clock: Any
) -> None:
    here = published
    illegal = wish(Outcome.NOT_SELECTED, None, ILLEGAL)
    clock.move(days=104)  # 25 May: fifteen days lead to 9 June, the last day is the 10th
    found = proposed(here, 0, illegal)
    with pytest.raises(InvalidInput) as refused:
        run(here, send_intent, here.first, **on(here, found), until=date(2025, 6, 10), link=LINK)
    assert refused.value.problems == {"until": Objection("decision.withdrawal_too_late", last=date(2025, 6, 10))}
    sent(here, found)
    clock.move(days=17)  # 11 June
    with pytest.raises(InvalidInput) as late:
        decided(here, found)
    assert late.value.problems == {"": Objection("decision.withdrawal_too_late", last=date(2025, 6, 10))}
    with pytest.raises(InvalidInput) as later:
        proposed(here, 2, illegal)
    assert later.value.problems == {"ground": Objection("decision.withdrawal_too_late", last=date(2025, 6, 10))}
    assert proposed(here, 2, wish(Outcome.NOT_SELECTED, None, KEPT_NOT)).state == "intent"  # a condition: at any time


def test_only_what_is_notified_and_not_given_up_is_corrected(office: Offices) -> None:
    here = office(CallState.DECIDED)
    with pytest.raises(StateForbids):
        proposed(here, 0, wish(Outcome.NOT_SELECTED, None, KEPT_NOT))
    notified(here)
    run(
        here,
        answer_grant,
        here.member,
        application_id=here.dossiers[0].id,
        answer="declined",
        reason="Reporté.",
        links=LINKS,
    )
    with pytest.raises(StateForbids):
        proposed(here, 0, wish(Outcome.LAUREATE, 30_000, KEPT_NOT))


def test_one_correction_of_a_decision_at_a_time(published: Office) -> None:
    proposed(published, 0, wish(Outcome.NOT_SELECTED, None, KEPT_NOT))
    with pytest.raises(InvalidInput) as refused:
        proposed(published, 0, wish(Outcome.LAUREATE, 30_000, KEPT_NOT))
    assert refused.value.problems == {"": Objection("decision.correction_under_way")}


def test_the_conditions_are_those_that_the_letter_stated(published: Office) -> None:
    with published.factory.platform.database.reading() as session:
        actor = published.factory.actor(published.member)
        found = read_decision(session, actor=actor, application_id=published.dossiers[0].id)
        dossier = found.dossier
        stated = stated_conditions(session, dossier.call, dossier.application, dossier.association, found.decision)
    assert stated[0] == CONDITION
    assert [one.rstrip(" ;.\u202f") for one in found.letter.conditions] == list(stated)


# --- what it does to the others ---------------------------------------------------------------------------------------


def effect(here: Office, place: int, wanted: WantedDecision) -> CorrectionEffect:
    found = run(here, weigh, here.first, application_id=here.dossiers[place].id, wish=wanted)
    assert found.effect is not None
    told: CorrectionEffect = found.effect
    return told


def test_what_is_taken_frees_money_and_names_who_would_be_called(published: Office) -> None:
    here = published
    found = effect(here, 0, wish(Outcome.NOT_SELECTED, None, KEPT_NOT))
    assert (found.laureates, found.granted, found.limit, found.freed) == (
        (2, 1), (80_000_00, 40_000_00), 100_000_00, 40_000_00,
    )  # fmt: skip
    assert isinstance(found.called, Served)
    assert (found.called.reference, found.called.grant) == (here.dossiers[1].reference, 40_000_00)
    south = effect(here, 2, wish(Outcome.NOT_SELECTED, None, KEPT_NOT))
    assert south.breaks == ("quota_min:sud",)


def test_money_that_is_freed_raises_a_reduced_grant_first(office: Offices) -> None:
    here = office(CallState.PUBLISHED, rules=REDUCED)
    found = effect(here, 0, wish(Outcome.NOT_SELECTED, None, KEPT_NOT))
    assert found.raised is not None
    assert (found.raised.reference, found.raised.grant, found.called) == (here.dossiers[1].reference, 40_000_00, None)


def test_a_smaller_grant_frees_money_and_calls_nobody_where_no_place_is_free(published: Office) -> None:
    less = effect(published, 0, wish(Outcome.LAUREATE, 30_000, KEPT_NOT))
    assert (less.freed, less.places, less.raised, less.called) == (10_000_00, 0, None, None)


def test_what_is_given_tells_the_count_and_the_budget_that_it_breaks(published: Office) -> None:
    found = effect(published, 1, wish(Outcome.LAUREATE, 40_000, FAVOUR))
    assert (found.breaks, found.freed, found.called) == (("laureates", "budget"), 0, None)
    cheaper = effect(published, 1, wish(Outcome.LAUREATE, 20_000, FAVOUR))
    assert cheaper.breaks == ("laureates",)


# --- against: the association is heard --------------------------------------------------------------------------------


@on_both_databases
def test_a_grant_is_withdrawn_after_a_letter_of_intent_observations_and_a_second_person(
    published: Office, clock: Any
) -> None:
    here = published
    before = decision_on(here, 0)
    found = proposed(here, 0, wish(Outcome.NOT_SELECTED, None, KEPT_NOT))
    with pytest.raises(StateForbids):  # nothing is decided before the letter
        decided(here, found)
    with pytest.raises(InvalidInput) as refused:
        run(here, send_intent, here.first, **on(here, found), until=date(2025, 2, 24), link=LINK)
    assert refused.value.problems == {
        "until": Objection("decision.observations_too_short", days=15, day=date(2025, 2, 25))
    }
    found = sent(here, found)
    letter = text_of(here.factory.platform.files.read(found.intent_sha256 or ""))
    for words in ("Projet de retrait de votre subvention", "40 000 €", CONDITION, "jusqu’au 25 février 2025 inclus",
                  "article L. 242-2, 2°", "article L. 122-1", "n’est pas une décision"):  # fmt: skip
        assert words in letter, words
    run(
        here,
        observe,
        here.member,
        application_id=here.dossiers[0].id,
        correction_id=found.id,
        text="Nous signons lundi.",
        links=LINKS,
    )
    clock.now = clock.now.replace(day=25)
    with pytest.raises(InvalidInput) as early:
        decided(here, found)
    assert early.value.problems == {"": Objection("decision.observations_awaited", until=date(2025, 2, 25))}
    clock.move(days=1)
    with pytest.raises(DeadlinePassed):
        run(
            here,
            observe,
            here.member,
            application_id=here.dossiers[0].id,
            correction_id=found.id,
            text="Encore un mot.",
            links=LINKS,
        )
    with pytest.raises(SamePerson):
        run(here, decide_correction, here.first, **on(here, found), reason="x", breaks_reason="x", link=LINK)
    made = decided(here, found)
    assert (made.replaces_id, made.number, made.outcome, made.amount) == (before.id, 2, "not_selected", None)
    assert made.reason == (
        "La convention n’est pas signée. Cette décision est prise en application de l’article L. 242-2, 2°, du code des "
        "relations entre le public et l’administration, après ma lettre du 10 février 2025 et vos observations du "
        "10 février 2025."
    ).replace("10 février 2025", "10\u00a0février\u00a02025")  # fmt: skip
    sweep(here.factory.platform)
    new = decision_on(here, 0)
    assert new.letter_sha256 not in (None, before.letter_sha256)
    assert "article L. 242-2" in text_of(here.factory.platform.files.read(new.letter_sha256 or ""))
    with here.factory.platform.database.reading() as session:
        kept = session.get_one(Decision, before.id)
        row = session.get_one(DecisionCorrection, found.id)
        lines = session.exec(select(AuditLine.action).where(AuditLine.object_id == here.dossiers[0].id)).all()
    assert (kept.outcome, kept.amount, kept.letter_sha256) == ("laureate", 40_000_00, before.letter_sha256)
    assert (row.state, row.confirmed_by, row.new_decision_id) == (CorrectionState.DECIDED, here.second.id, made.id)
    assert [one for one in lines if one.startswith("correction.")] == [
        "correction.proposed", "correction.intent_sent", "correction.observed", "correction.decided",
    ]  # fmt: skip


def test_the_association_learns_nothing_before_the_letter_and_nothing_of_the_decision_before_its_notification(
    published: Office, clock: Any
) -> None:
    here = published
    actor, application_id = here.factory.actor(here.member), here.dossiers[0].id

    def told() -> tuple[list[tuple[bool, bool]], str, str, int]:
        with here.factory.platform.database.reading() as session:
            dossier = open_dossier(session, actor=actor, application_id=application_id)
            found = own_corrections(session, dossier, clock.now)
            read = read_decision(session, actor=actor, application_id=application_id)
            mails = session.exec(select(OutboxMail).where(OutboxMail.recipient == here.member.email)).all()
            state = session.get_one(Application, application_id).state
        return [(one.decided, one.may_answer) for one in found], str(read.outcome), str(state), len(mails)

    start = told()
    assert start[:3] == ([], "laureate", ApplicationState.NOTIFIED)
    found = proposed(here, 0, wish(Outcome.NOT_SELECTED, None, KEPT_NOT))
    assert told() == start
    sent(here, found)
    assert told() == ([(False, True)], "laureate", ApplicationState.NOTIFIED, start[3] + 1)
    clock.move(days=16)
    waiting = told()
    assert waiting[0] == [(False, False)]
    decided(here, found)
    sweep(here.factory.platform)
    assert told() == waiting
    notified(here)
    assert told() == ([(True, False)], "not_selected", ApplicationState.NOTIFIED, waiting[3] + 1)


def test_observations_on_paper_are_recorded_with_their_scan_also_after_the_last_day(
    published: Office, clock: Any
) -> None:
    here = published
    found = sent(here, proposed(here, 0, wish(Outcome.LAUREATE, 30_000, KEPT_NOT)))
    clock.move(days=20)
    with pytest.raises(InvalidInput) as refused:
        run(here, record_observations, here.first, **on(here, found), text="Par courrier.", scan=None)
    assert refused.value.problems == {"scan": Objection("decision.observations_scan")}
    kept = run(here, record_observations, here.first, **on(here, found), text="Par courrier.", scan=SCAN)
    assert (kept.observations, kept.observations_sha256, kept.observed_by) == ("Par courrier.", "a" * 64, here.first.id)
    with pytest.raises(InvalidInput) as twice:
        run(here, record_observations, here.first, **on(here, found), text="Encore.", scan=SCAN)
    assert twice.value.problems == {"text": Objection("decision.observed_already")}
    made = decided(here, found)
    assert (made.outcome, made.amount) == ("laureate", 30_000_00)


def test_nobody_else_answers_for_the_association(published: Office) -> None:
    here = published
    found = sent(here, proposed(here, 0, wish(Outcome.NOT_SELECTED, None, KEPT_NOT)))
    for person in (here.stranger, here.first, here.factory.person()):
        with pytest.raises(NotFound):
            run(
                here,
                observe,
                person,
                application_id=here.dossiers[0].id,
                correction_id=found.id,
                text="Nous.",
                links=LINKS,
            )
    other = sent(here, proposed(here, 2, wish(Outcome.NOT_SELECTED, None, KEPT_NOT)))
    with pytest.raises(NotFound):
        run(
            here,
            observe,
            here.member,
            application_id=here.dossiers[0].id,
            correction_id=other.id,
            text="Nous.",
            links=LINKS,
        )


def test_a_correction_that_is_dropped_leaves_the_decision_and_says_so_where_a_letter_had_left(
    published: Office,
) -> None:
    here = published
    silent = proposed(here, 2, wish(Outcome.NOT_SELECTED, None, KEPT_NOT))
    told = sent(here, proposed(here, 0, wish(Outcome.NOT_SELECTED, None, KEPT_NOT)))
    with pytest.raises(InvalidInput) as refused:
        run(here, drop_correction, here.second, **on(here, told), reason=" ", link=LINK)
    assert refused.value.problems == {"reason": Objection("decision.drop_reason", most=10_000)}
    for one in (silent, told):
        run(here, drop_correction, here.second, **on(here, one), reason="Convention reçue.", link=LINK)
        with pytest.raises(StateForbids):
            run(here, drop_correction, here.second, **on(here, one), reason="Encore.", link=LINK)
    assert decision_on(here, 0).number == 1
    with here.factory.platform.database.reading() as session:
        mails = session.exec(
            select(OutboxMail.recipient).where(OutboxMail.kind == "association_correction_dropped")
        ).all()
    assert list(mails) == [here.member.email]


# --- in favour --------------------------------------------------------------------------------------------------------


@on_both_databases
def test_what_favours_the_association_is_decided_at_once_by_two_and_says_what_it_breaks(published: Office) -> None:
    here = published
    found = proposed(here, 1, wish(Outcome.LAUREATE, 20_000, FAVOUR))
    with pytest.raises(StateForbids):
        run(here, send_intent, here.first, **on(here, found), until=date(2025, 3, 30), link=LINK)
    with pytest.raises(SamePerson):
        run(here, decide_correction, here.first, **on(here, found), reason="x", breaks_reason="x", link=LINK)
    with pytest.raises(InvalidInput) as refused:
        decided(here, found, breaks_reason=" ")
    assert refused.value.problems == {"breaks_reason": Objection("decision.breaks_without_reason")}
    made = decided(here, found, reason="Erreur de saisie.", breaks_reason="Crédits rouverts.")
    assert (made.outcome, made.amount, made.reason) == ("laureate", 20_000_00, "Erreur de saisie.")
    with here.factory.platform.database.reading() as session:
        assert session.get_one(DecisionCorrection, found.id).breaks_reason == "Crédits rouverts."


# --- who may ----------------------------------------------------------------------------------------------------------


def test_whoever_is_recused_of_any_candidate_corrects_nothing_in_the_call(published: Office) -> None:
    here = published
    found = proposed(here, 0, wish(Outcome.LAUREATE, 30_000, KEPT_NOT))
    recuse_from(here, here.second, here.dossiers[3])
    with pytest.raises(RecusedFromActs):
        run(here, propose_correction, here.second, application_id=here.dossiers[2].id,
            wish=wish(Outcome.LAUREATE, 30_000, KEPT_NOT))  # fmt: skip
    with pytest.raises(RecusedFromActs):
        run(here, drop_correction, here.second, **on(here, found), reason="Non.", link=LINK)
    for person in (here.stranger, here.member, here.reviewers[0]):
        with pytest.raises(NotFound):
            run(here, drop_correction, person, **on(here, found), reason="Non.", link=LINK)


def test_a_decision_that_was_replaced_meanwhile_is_not_replaced_again(published: Office) -> None:
    here = published
    first = sent(here, proposed(here, 0, wish(Outcome.LAUREATE, 30_000, KEPT_NOT)))
    platform = here.factory.platform
    with platform.database.writing() as session:
        before = session.exec(select(Decision).where(Decision.application_id == here.dossiers[0].id)).one()
        session.add(
            Decision(
                call_id=before.call_id, application_id=before.application_id, run_id=before.run_id, number=2,
                replaces_id=before.id, outcome=Outcome.LAUREATE, amount=35_000_00, row=before.row, reason="Autre.",
                rubric_hash=before.rubric_hash, bundle_hash=before.bundle_hash, created_at=platform.clock(),
                notified_at=platform.clock(),
            )
        )  # fmt: skip
    platform.clock.move(days=16)  # type: ignore[attr-defined]
    with pytest.raises(InvalidInput) as refused:
        decided(here, first)
    assert refused.value.problems == {"": Objection("decision.replaced_meanwhile")}
