"""Letters of intent, replies and lists are signed as the decision letters are: by the letters' settings, else the call file."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import Session, select

from aap.documents.papers.decision_notices import NoticeView, render_notice
from aap.records.associations import Association
from aap.records.decided import CorrectionGround, DecisionCorrection
from aap.records.rankings import Contest, ContestKind, ContestResult, Decision, Outcome
from aap.services.call.calls import get_call
from aap.services.decision.correcting import WantedDecision, propose_correction
from aap.services.decision.decision_papers import intent_view, reply_view
from aap.services.decision.list_files import list_file
from tests.databases import on_both_databases
from tests.unit.documents.papers.samples import text_of
from tests.worlds.offices import Office, letters_set

SIGNS = {
    "first_name": "Ousmane",
    "last_name": "Intérimaire",
    "capacity": "Chef du service par intérim",
    "on_behalf": "Pour la ministre et par délégation",
    "delegation": "décision n° 4",
    "delegated_on": "2025-01-06",
}


def signed(here: Office) -> set[tuple[str, str, str, str]]:
    """Name, capacity, for whom and by which delegation, on a letter of intent and on a reply."""
    day = date(2025, 3, 3)
    with here.factory.platform.database.reading() as session:
        found = session.exec(select(DecisionCorrection)).one()
        contest = session.exec(select(Contest)).one()
        authors = [
            intent_view(session, found, until=day, made_on=day).author,
            reply_view(session, contest, result=ContestResult.REJECTED, reply="Non.", made_on=day).author,
        ]
    return {(one.name, one.capacity, one.on_behalf, one.delegation) for one in authors if one is not None}


def contest_of(session: Session, decision: Decision, here: Office) -> Contest:
    return Contest(
        decision_id=decision.id, call_id=here.call.id, kind=ContestKind.GRACIEUX, number=1, body="Relisez.",
        received_on=date(2025, 2, 20), created_at=here.factory.now,
    )  # fmt: skip


@on_both_databases
def test_the_settings_signatory_signs_before_the_call_file_s(published: Office) -> None:
    here = published
    with here.factory.platform.database.writing() as session:
        decision = session.exec(select(Decision).where(Decision.application_id == here.dossiers[0].id)).one()
        wish = WantedDecision(Outcome.LAUREATE, 30_000_00, CorrectionGround.ILLEGALITY, "", "Une erreur.")
        propose_correction(
            session, actor=here.factory.actor(here.first), application_id=here.dossiers[0].id, wish=wish,
            now=here.factory.now,
        )  # fmt: skip
        session.add(contest_of(session, decision, here))
    assert signed(here) == {("Hélène Exemplaire", "Cheffe du service", "", "arrêté fictif")}
    letters_set(here, SIGNS)
    assert signed(here) == {
        (
            "Ousmane Intérimaire",
            "Chef du service par intérim",
            SIGNS["on_behalf"],
            "décision n° 4 du 6\u00a0janvier\u00a02025",
        )
    }


def rejection_to(here: Office, **described: str) -> NoticeView:
    """The reply that rejects an appeal of the first dossier, whose association is described so."""
    with here.factory.platform.database.writing() as session:
        decision = session.exec(select(Decision).where(Decision.application_id == here.dossiers[0].id)).one()
        association = session.get_one(Association, here.dossiers[0].association_id)
        for name, value in described.items():
            setattr(association, name, value)
        contest = contest_of(session, decision, here)
        return reply_view(session, contest, result=ContestResult.REJECTED, reply="Non.", made_on=date(2025, 3, 3))


@pytest.mark.parametrize(
    ("zone", "delay"), [("metro", "deux mois"), ("drom", "trois mois"), ("", "deux mois (trois mois outre-mer)")]
)
def test_a_rejected_appeal_is_told_the_delay_of_where_its_association_sits(
    published: Office, zone: str, delay: str
) -> None:
    told = rejection_to(published, zone=zone).appeals[0]
    assert f"dans un délai de {delay} à compter de la notification de cette lettre" in told


def test_a_letter_around_a_decision_greets_its_reader_as_the_decision_letter_does(published: Office) -> None:
    view = rejection_to(published, representative_capacity="Présidente")
    assert (view.greeting, "Je vous prie d’agréer, Madame la Présidente, " in view.closing) == (
        "Madame la Présidente", True,
    )  # fmt: skip
    assert text_of(render_notice(view)).count("Madame la Présidente,") == 2


def test_the_list_in_force_is_signed_as_the_letters_are(published: Office) -> None:
    here = published
    letters_set(here, SIGNS)
    with here.factory.platform.database.writing() as session:
        made = list_file(
            session, actor=here.factory.actor(here.first), call=get_call(session, here.call.id), number=1,
            name="laureates.pdf", now=here.factory.now,
        )  # fmt: skip
    text = text_of(made.content)
    for words in ("Ousmane Intérimaire", SIGNS["on_behalf"], SIGNS["capacity"], "décision n° 4 du 6 janvier 2025"):
        assert words in text, words
    assert "Hélène Exemplaire" not in text
