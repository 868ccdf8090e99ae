"""What a dossier hides counts for nothing: neither in its amount, its rules and its deposit, nor for who reads it."""

from __future__ import annotations

from typing import Any

import pytest

from aap.records.applications import ApplicationState
from aap.records.calls import CallState
from aap.records.people import Role
from aap.records.reviews import Interest
from aap.services.dossier.facts import dossier_facts
from aap.services.dossier.readable import readings
from aap.services.dossier.submitting import submit_application
from aap.services.errors import NotFound
from aap.services.panel.interests import new_matches
from aap.services.review.given_files import open_file
from aap.services.review.reviewer_pages import open_given_dossier
from aap.services.screening.official_dossier import inspect_dossier
from tests.databases import on_both_databases
from tests.factories import CALL_FILE, Factory
from tests.worlds.applicants import Space, Spaces

FORM = """\
  sections:
    - id: projet
      title: Votre projet
      questions:
        - {id: titre, label: "Titre du projet", type: text, max_length: 120}
        - id: taille
          label: Taille
          type: choice
          options: [{value: petite, label: Petite}, {value: grande, label: Grande}]
        - {id: reseau, label: "Un réseau ?", type: yes_no, show_if: {question: taille, equals: grande}}
        - {id: nom, label: "Nom du réseau", type: text, show_if: {question: reseau, equals: oui}}
        - {id: charte, label: "Charte du réseau", type: file, show_if: {question: reseau, equals: oui}}
        - id: partenaires
          label: Partenaires du réseau
          type: table
          show_if: {question: reseau, equals: oui}
          columns: [{id: nom, label: Nom}]
    - id: petit
      title: Petit budget
      show_if: {question: taille, equals: petite}
      questions:
        - {id: petit_budget, label: "Budget du projet", type: budget, budget: project}
    - id: grand
      title: Grand budget
      show_if: {question: taille, equals: grande}
      questions:
        - {id: grand_budget, label: "Budget du projet", type: budget, budget: project}
"""
RULES = """\
  - {id: montant, source: request.amount, check: {max: 2000}, rule: "Une demande est d’au plus 2 000 euros."}
  - {id: exact, source: request.amount, check: {equals: 2000}, rule: "Une demande est de 2 000 euros."}
  - {id: reseau, source: answers.nom, check: {equals: Lumière}, rule: "Seul le réseau Lumière peut candidater."}
"""


def budget(amount: str) -> dict[str, Any]:
    return {"charges": {"60": amount}, "products": {"request": amount}, "contributions": {}}


ANSWERS: dict[str, dict[str, Any]] = {
    "projet": {
        "titre": "Deux tailles", "taille": "grande", "reseau": "oui", "nom": "Lumière",
        "partenaires": [{"nom": "Ville des Essais"}],
    },
    "petit": {"petit_budget": budget("6000.00")},
    "grand": {"grand_budget": budget("2000.00")},
}  # fmt: skip
SMALL = {**ANSWERS, "projet": {**ANSWERS["projet"], "taille": "petite"}}


def text_of(factory: Factory) -> str:
    whole = CALL_FILE.format(id="tailles", opens_at="2026-01-14T09:00:00+01:00", closes_at="2026-02-27T23:59:59+01:00")
    start, end = whole.index("  sections:"), whole.index("rubric:")
    return (whole[:start] + FORM + whole[end:]).replace(
        "{region: association.region}", "{region: association.region, reseau: answers.nom}"
    ).replace("form:\n", RULES + "form:\n", 1).replace("criteria: [qualite]", "")  # fmt: skip


@pytest.fixture
def dossier(space: Spaces, factory: Factory) -> Any:
    def make(answers: dict[str, dict[str, Any]]) -> Space:
        here = space(answers, name="tailles-2026", text=text_of(factory).replace("id: tailles", "id: tailles-2026"))
        with here.database.writing() as session:
            here.application.eligibility = {"association": "oui"}
            session.add(here.application)
        here.attach("charte")
        return here

    return make


@on_both_databases
@pytest.mark.parametrize(("answers", "cents"), [(ANSWERS, 2_000_00), (SMALL, 6_000_00)])
def test_the_deposit_and_its_amount_are_those_of_what_is_shown(
    dossier: Any, answers: dict[str, dict[str, Any]], cents: int
) -> None:
    here = dossier(answers)
    with here.database.writing() as session:
        made = submit_application(
            session, actor=here.actor, application_id=here.id, attested=(0,), capacity="self", broken_rules_seen=True,
            now=here.factory.now,
        )  # fmt: skip
        content = made.content
    shown = here.dossier()
    assert content["requested_amount"] == shown.application.requested_amount == cents
    small = cents == 6_000_00
    asked = {"titre", "taille"} | ({"petit_budget"} if small else {"reseau", "nom", "partenaires", "grand_budget"})
    assert set(content["answers"]) == asked
    assert [file["question"] for file in content["documents"]] == ([] if small else ["charte"])
    assert content["attributes"]["reseau"] == ([] if small else ["Lumière"])
    assert [one.state for one in shown.eligibility.outcomes] == (
        ["met", "broken", "broken", "unknown"] if small else ["met", "met", "met", "met"]
    )
    read = [[answer.id for answer in section.answers] for section in readings(shown, {})]
    assert read == [["titre", "taille"], ["petit_budget"]] if small else read[1:] == [["grand_budget"]]
    facts = dossier_facts(shown.call.file, shown.typed, shown.association)
    assert (facts.requested_amount, facts.title) == (cents, "Deux tailles")


@on_both_databases
def test_who_reads_the_dossier_sees_nothing_of_what_is_hidden(dossier: Any, factory: Factory) -> None:
    here = dossier(SMALL)
    official, reviewer = factory.person(Role.OFFICIAL), factory.person(Role.REVIEWER, call=here.call)
    factory.assignment(here.application, reviewer)
    _state(here, CallState.REVIEWING, ApplicationState.ELIGIBLE)
    with here.database.reading() as session:
        held = inspect_dossier(session, actor=factory.actor(official), application_id=here.id)
        page = open_given_dossier(
            session, actor=factory.actor(reviewer), application_id=here.id, now=factory.now, link=lambda file: file
        )
        with pytest.raises(NotFound):
            open_file(
                session, actor=factory.actor(reviewer), application_id=here.id,
                document_id=here.dossier().documents[0].id,
            )  # fmt: skip
    assert set(held.answers) == {"titre", "taille", "petit_budget"}
    assert (held.files, page.files) == ((), ())
    assert [section.id for section in held.readings({})] == ["projet", "petit"]
    assert [[one.id for one in section.answers] for section in page.sections] == [["titre", "taille"], ["petit_budget"]]


@on_both_databases
@pytest.mark.parametrize(("answers", "matched"), [(ANSWERS, ["Ville des Essais"]), (SMALL, [])])
def test_a_partner_named_in_a_hidden_question_is_nobodys_conflict(
    dossier: Any, factory: Factory, answers: dict[str, dict[str, Any]], matched: list[str]
) -> None:
    here = dossier(answers)
    reviewer = factory.person(Role.REVIEWER, call=here.call, name="Noé Lointain")
    _state(here, CallState.REVIEWING, ApplicationState.ELIGIBLE)
    with here.database.writing() as session:
        session.add(
            Interest(person_id=reviewer.id, kind="organisation", name="Ville des Essais", created_at=factory.now)
        )
    with here.database.reading() as session:
        found = new_matches(session, here.call)
    assert [match.person_id for _, match in found] == [reviewer.id] * len(matched)


def _state(here: Space, call: CallState, application: ApplicationState) -> None:
    with here.database.writing() as session:
        here.call.record.state, here.application.state = call, application
        here.application.submitted_at = here.factory.now
        session.add(here.call.record)
        session.add(here.application)
