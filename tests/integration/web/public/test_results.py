"""Published results: who got how much, by which rule, and how anybody verifies it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from aap.core.ranking.bundle import verify_bundle
from aap.core.ranking.public_bundle import public_bundle
from aap.records.calls import CallState
from aap.records.rankings import Decision
from aap.services.decision.replacing import call_from_waiting_list
from aap.web.public.results_view import rule_words
from tests.integration.web.public.test_calls import words
from tests.worlds.offices import decline


@pytest.mark.parametrize("state", [CallState.DELIBERATING, CallState.DECIDED])
@pytest.mark.parametrize("page", ["", "/laureats.csv", "/verification.json"])
def test_nothing_is_told_before_the_publication(browser, office, state: CallState, page: str) -> None:
    call = office(state).call
    assert browser().get(f"/resultats/{call.id}{page}").status_code == 404


@pytest.mark.parametrize("page", ["", "/laureats.csv", "/verification.json"])
def test_a_call_without_a_frozen_run_has_no_results(browser, factory, page: str) -> None:
    factory.call(id="publie", state=CallState.PUBLISHED)
    for call_id in ("publie", "inconnu", "é%00"):
        assert browser().get(f"/resultats/{call_id}{page}").status_code == 404


def test_the_page_says_who_got_how_much_by_which_rule(browser, office, count_queries) -> None:
    made = office(CallState.PUBLISHED)
    page = browser()
    page.get(f"/resultats/{made.call.id}")
    with count_queries() as queries:
        text = words(page.get(f"/resultats/{made.call.id}"))
    best, _second, third, fourth, ineligible = (made.reload(one) for one in made.dossiers)
    for said in (best.title, third.title, "40 000 €", "80 000 €", "Équilibre « Le Sud »", "Classement",
                 "1 lauréat", "Irrecevables", "L311-3-1", "aap verify"):  # fmt: skip
        assert said in text, said
    for hidden in (_second.title, fourth.title, ineligible.title, "L’association a moins d’un an."):
        assert hidden not in text, hidden
    assert queries.count <= 6
    assert f"/resultats/{made.call.id}" in browser().get(f"/appels/{made.call.id}").text


def test_the_list_is_a_csv_of_the_same_laureates(browser, office) -> None:
    made = office(CallState.PUBLISHED)
    answer = browser().get(f"/resultats/{made.call.id}/laureats.csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="laureats-{made.call.id}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.data.decode())))
    assert {(row["projet"], row["montant_accorde"], row["regle"], row["commune"]) for row in rows} == {
        (made.reload(made.dossiers[0]).title, "40000.00", "Classement", "Lyon"),
        (made.reload(made.dossiers[2]).title, "40000.00", "Équilibre «\u00a0Le Sud\u00a0»", "Montpellier"),
    }


def test_a_laureate_who_declined_is_no_longer_listed(browser, office) -> None:
    made = office(CallState.PUBLISHED)
    address = f"/resultats/{made.call.id}"
    assert "Liste en vigueur : version 1, du " in words(browser().get(address))
    decline(made, made.dossiers[0])
    text = words(browser().get(address))
    assert made.reload(made.dossiers[0]).title not in text
    assert "Liste en vigueur : version 2, du " in text
    assert "1 lauréat a renoncé à la subvention." in text


@pytest.mark.parametrize(
    ("query", "found"),
    [("MONTPELLIER", 1), ("34", 1), ("auvergne rhone", 2), ("nulle part", 0), ("\x00<i>'", 2), ("é" * 900, 0)],
)
def test_laureates_are_found_by_name_project_or_place(browser, office, query: str, found: int) -> None:
    made = office(CallState.PUBLISHED)
    answer = browser().get(f"/resultats/{made.call.id}", query_string={"q": query, "page": "-3"})
    listed = [one for one in made.dossiers if f">{made.reload(one).title}<" in words(answer)]
    assert (answer.status_code, len(listed), "<i>" in answer.text) == (200, found, False)


def test_anybody_replays_the_list_without_a_name(browser, office) -> None:
    made = office(CallState.PUBLISHED)
    answer = browser().get(f"/resultats/{made.call.id}/verification.json")
    content = json.loads(answer.data)
    assert verify_bundle(answer.data) == ()
    assert content["public"] is True
    for one in made.dossiers:
        assert made.reload(one).reference not in answer.text
        assert "Les Passerelles fictives" not in answer.text
    again = browser().get(f"/resultats/{made.call.id}/verification.json")
    assert again.data == answer.data


def test_the_bundle_is_computed_once(browser, office, monkeypatch) -> None:
    calls = []

    def counted(content: str, *, key: str) -> object:
        calls.append(key)
        return public_bundle(content, key=key)

    monkeypatch.setattr("aap.services.decision.publishing.public_bundle", counted)
    made = office(CallState.PUBLISHED)
    for _ in range(3):
        browser().get(f"/resultats/{made.call.id}/verification.json")
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("selected", "Classement"),
        ("jury_in", "Décision motivée du jury"),
        ("corrected", "Décision corrigée"),
        ("selected_by_quota:sud", "Équilibre « Le Sud »"),
        ("selected_by_quota:par-region=La Réunion", "Équilibre « Par région, La Réunion »"),
        ("selected_by_quota:disparu", "Équilibre « disparu »"),
    ],
)
def test_a_reason_code_is_said_as_a_rule(app, office, code: str, rule: str) -> None:
    call = office().call
    with app.test_request_context():
        assert rule_words(call.file, code).replace("\u00a0", " ") == rule


def test_whoever_is_called_is_listed_once_they_are_told(browser, office, platform) -> None:
    made = office(CallState.PUBLISHED)
    decline(made, made.dossiers[0])
    called = made.reload(made.dossiers[1])
    with platform.database.writing() as session:
        entered = call_from_waiting_list(
            session, actor=made.factory.actor(made.first), call_id=made.call.id, reference=called.reference,
            reason="Un lauréat renonce.", now=made.factory.now,
        )  # fmt: skip
    addresses = [f"/resultats/{made.call.id}{tail}" for tail in ("", "/laureats.csv", "/subventions.csv")]
    assert [called.title in browser().get(address).text for address in addresses] == [False, False, False]
    with platform.database.writing() as session:
        session.get_one(Decision, entered.id).notified_at = made.factory.now
    assert [called.title in browser().get(address).text for address in addresses] == [True, True, True]
    rows = list(csv.DictReader(io.StringIO(browser().get(addresses[1]).data.decode())))
    assert {row["projet"]: row["regle"] for row in rows}[called.title] == "Appel de la liste d’attente"
