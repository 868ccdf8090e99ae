"""What letters say is filled in in versions; letters are made with one, and don't leave with a blank or before their date."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from aap import jobs
from aap.records.calls import CallState
from aap.records.decided import LetterSettings, ListChange
from aap.records.rankings import Decision, JuryDecision, JuryDecisionKind, Outcome
from aap.services.call.calls import get_call
from aap.services.decision.answering import read_decision
from aap.services.decision.letters import letter_cases, letter_preview
from aap.services.decision.replacing import replace_decision
from aap.services.decision.setting_letters import (
    letters_makeable,
    letters_ready,
    set_letters,
    settings_page,
    settings_version,
)
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.outbox import start_job
from tests.databases import on_both_databases
from tests.worlds import offices
from tests.worlds.offices import LETTERS, Office, Offices, lead

WHOLE = {
    "signed_on": "2025-02-10",
    "first_name": "Hélène",
    "last_name": "Exemplaire",
    "capacity": "Cheffe du service",
    "act": "arrêté n° 2025-7",
    "expires": "2025-10-31",
}


def keep(here: Office, typed: dict[str, str], *, seen: int = 0) -> LetterSettings:
    with here.factory.platform.database.writing() as session:
        actor = here.factory.actor(here.first)
        return set_letters(session, actor=actor, call_id=here.call.id, typed=typed, seen=seen, now=here.factory.now)


def in_the_way(here: Office, *, later: timedelta = timedelta(0)) -> list[tuple[str, Any]]:
    with here.factory.platform.database.reading() as session:
        found = letters_ready(session, get_call(session, here.call.id), here.factory.now + later)
        return [(one.key, next(iter(one.values.values()))) for one in found]


def make_letters(here: Office) -> None:
    with here.factory.platform.database.writing() as session:
        start_job(session, "letters", actor=here.factory.actor(here.first), now=here.factory.now, call_id=here.call.id)
    jobs.sweep(here.factory.platform)


def notify(here: Office) -> int:
    with here.factory.platform.database.writing() as session:
        return offices.notify(session, here, now=here.factory.now)


def decisions(session: Session, here: Office) -> list[Decision]:
    return list(
        session.exec(select(Decision).where(Decision.call_id == here.call.id).order_by(col(Decision.created_at)))
    )


@on_both_databases
def test_versions_are_kept_and_the_same_content_is_no_new_one(office: Offices) -> None:
    here = office(CallState.ARBITRATED)
    first = keep(here, WHOLE)
    assert (first.number, first.content) == (1, WHOLE)
    assert keep(here, {**WHOLE, "visas": " "}, seen=1).id == first.id
    second = keep(here, {**WHOLE, "act": "arrêté n° 2025-8"}, seen=1)
    with pytest.raises(InvalidInput) as stale:
        keep(here, {**WHOLE, "act": "arrêté n° 2025-9"}, seen=1)
    assert stale.value.problems == {"": Objection("decision.letters_saved_meanwhile")}
    with here.factory.platform.database.reading() as session:
        actor, call = here.factory.actor(here.first), get_call(session, here.call.id)
        page = settings_page(session, actor=actor, call=call)
        assert [(one.number, one.content["act"]) for one in page.versions] == [
            (2, "arrêté n° 2025-8"), (1, "arrêté n° 2025-7"),
        ]  # fmt: skip
        assert page.content == second.content
        assert settings_version(session, actor=actor, call=call, number=1).content == WHOLE
        with pytest.raises(NotFound):
            settings_version(session, actor=actor, call=call, number=3)


def test_every_fault_of_what_is_typed_is_told_and_nothing_kept(office: Offices) -> None:
    here = office(CallState.ARBITRATED)
    with pytest.raises(InvalidInput) as refused:
        keep(here, {**WHOLE, "signed_on": "hier", "closing_refusal": "{amount}", "capacity": "x" * 400})
    assert {name: one.key for name, one in refused.value.problems.items() if isinstance(one, Objection)} == {
        "signed_on": "decision.letters_day",
        "closing_refusal": "decision.letters_unknown_name",
        "capacity": "decision.letters_too_long",
    }
    with here.factory.platform.database.reading() as session:
        assert session.exec(select(LetterSettings)).all() == []


def test_letters_are_not_made_with_a_blank_and_every_place_is_named(office: Offices) -> None:
    more = """letters:
  refusal: {paragraphs: ["{unknown}"]}
  ineligible: {paragraphs: ["{reason} Voyez {published}, {nothing}."]}
  appeals: ["Rien."]
"""
    here = office(CallState.DECIDED, more=more)
    with here.factory.platform.database.reading() as session:
        call = get_call(session, here.call.id)
        assert {one.letter_sha256 for one in decisions(session, here)} == {None}
        found = [(one.key, next(iter(one.values.values()))) for one in letters_makeable(session, call)]
        assert found == [
            *(("decision.letters_blank", name) for name in
              ("signed_on", "first_name", "last_name", "capacity", "act", "published", "expires")),
            ("decision.letters_unfit", "letters.ineligible.paragraphs[0]"),
            *[("decision.letters_unfit", "letters.appeals")] * 4,
        ]  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            letter_cases(session, call)
    assert len(refused.value.objections) == len(found)


@on_both_databases
def test_a_change_of_the_settings_makes_the_letters_stale_until_they_are_made_again(office: Offices) -> None:
    here = office(CallState.DECIDED)
    assert in_the_way(here) == []
    kept = keep(here, {"act": "arrêté n° 2025-7"})
    assert in_the_way(here) == [("decision.letters_stale", 5)]
    with pytest.raises(InvalidInput) as refused:
        notify(here)
    assert refused.value.problems == {"": (Objection("decision.letters_stale", number=5),)}
    make_letters(here)
    assert in_the_way(here) == []
    with here.factory.platform.database.reading() as session:
        assert {one.letter_settings_id for one in decisions(session, here)} == {kept.id}
    assert notify(here) == 5


def test_nobody_is_notified_before_the_date_of_signature(office: Offices) -> None:
    here = office(CallState.DECIDED, more=LETTERS.replace("2025-02-10", "2025-02-12"))
    with pytest.raises(InvalidInput) as refused:
        notify(here)
    assert [one.key for one in refused.value.objections] == ["decision.letters_before_its_date"]
    assert in_the_way(here, later=timedelta(days=1)) == [("decision.letters_before_its_date", in_the_way(here)[0][1])]
    assert in_the_way(here, later=timedelta(days=2)) == []


def test_the_page_of_the_association_keeps_the_words_with_which_its_letter_was_made(office: Offices) -> None:
    here = office(CallState.DECIDED)
    keep(here, {"closing_laureate": "Avec mes félicitations."})
    make_letters(here)
    notify(here)
    keep(here, {"closing_laureate": "Autre chose."}, seen=1)
    with here.factory.platform.database.reading() as session:
        found = read_decision(session, actor=here.factory.actor(here.member), application_id=here.dossiers[0].id)
        shown = letter_preview(
            session, actor=here.factory.actor(here.first), call=get_call(session, here.call.id),
            application_id=here.dossiers[0].id, terms=None,
        )  # fmt: skip
    assert found.letter.closing == "Avec mes félicitations."
    assert shown.closing.startswith("Je vous prie d’agréer")


@on_both_databases
def test_a_decision_that_replaces_another_cites_it_and_is_dated_by_its_own_day(office: Offices) -> None:
    here = office(CallState.DECIDED)
    notify(here)
    later = here.factory.now + timedelta(days=20)
    with here.factory.platform.database.writing() as session:
        before = next(one for one in decisions(session, here) if one.outcome == Outcome.WAITING_LIST)
        before_id = before.application_id
        replace_decision(
            session, actor=here.factory.actor(here.first), before=before, outcome=Outcome.LAUREATE, amount=40_000_00,
            reason="Une note avait été mal saisie", change=ListChange.CORRECTED, now=later,
        )  # fmt: skip
    with here.factory.platform.database.reading() as session:
        (case,) = letter_cases(session, get_call(session, here.call.id))
        assert session.get_one(Decision, case.decision_id).application_id == before_id
    told = " ".join(case.view.paragraphs[0].split())
    assert told == (
        "La présente décision remplace la décision n° 2 du 10 février 2025 sur votre demande, qui l’inscrivait sur la liste "
        "d’attente. Une note avait été mal saisie."
    )
    assert case.view.dated == later.date()


def test_the_jurys_reason_is_in_the_letter_of_the_dossier(office: Offices) -> None:
    here = office()
    with here.factory.platform.database.writing() as session:
        session.add(
            JuryDecision(
                call_id=here.call.id,
                application_id=here.dossiers[0].id,
                decision=JuryDecisionKind.OUT,
                reason="déjà aidé par un autre appel",
                created_at=here.factory.now,
            )
        )

    lead(here, CallState.DECIDED)
    with here.factory.platform.database.reading() as session:
        cases = {one.reference: one.view for one in letter_cases(session, get_call(session, here.call.id))}
    said = {reference: "déjà aidé par un autre appel" in " ".join(view.paragraphs) for reference, view in cases.items()}
    assert said == {one.reference: one is here.dossiers[0] for one in here.dossiers}
