"""The essential data of grants: the schema's columns, the list in force, and how the grants are paid."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import update

from aap.documents.tables.subventions import COLUMNS, LONGEST, Granting, GrantLine, as_objects, subventions_table
from aap.records.calls import CallState
from aap.records.rankings import Decision
from aap.services.call.calls import get_call
from aap.services.decision.open_data import PaymentTerms, open_data_state, published_grants, set_payment_terms
from aap.services.errors import InvalidInput
from tests.conftest import Browser
from tests.databases import on_both_databases
from tests.worlds.offices import Offices, letters_set

GRANTING = Granting(
    "Ministère", "11000001200014", date(2025, 4, 24), "Arrêté 12", "in_parts", date(2025, 5, 1), date(2025, 12, 31),
    notified_to_eu=False, programme="Un appel",
)  # fmt: skip


def test_a_line_stands_in_the_columns_of_the_schema() -> None:
    table = subventions_table(GRANTING, [GrantLine("Asso", "12345678900011", "W751234567", "Projet\nlong", 1_234_550)])
    assert table.header == COLUMNS
    assert table.rows == (
        ("Ministère", "11000001200014", "2025-04-24", "Arrêté 12", "Asso", "12345678900011", "W751234567",
         "Projet long", "12345.50", "aide en numéraire", "échelonné", "2025-05-01/2025-12-31", "", "non", "1",
         "Un appel"),
    )  # fmt: skip
    line = as_objects(table)[0]
    assert (line["montant"], line["pourcentageSubvention"], line["idRAE"]) == (12345.5, 1.0, None)


def test_a_purpose_that_is_too_long_is_cut_between_words() -> None:
    table = subventions_table(GRANTING, [GrantLine("Asso", "", "", "mot " * 100, 100)])
    purpose = table.rows[0][COLUMNS.index("objet")]
    assert len(purpose) <= LONGEST
    assert purpose.endswith("mot…")


@on_both_databases
def test_terms_of_payment_are_kept_and_checked_all_at_once(office: Offices) -> None:
    here = office(CallState.DECIDED)
    actor = here.factory.actor(here.first)

    def told(conditions: str, terms: PaymentTerms) -> None:
        with here.factory.platform.database.writing() as session:
            set_payment_terms(
                session, actor=actor, call_id=here.call.id, conditions=conditions, terms=terms, now=here.factory.now
            )

    with pytest.raises(InvalidInput) as refused:
        told("jamais", PaymentTerms(paid_from=date(2025, 6, 1), paid_until=date(2025, 5, 1)))
    assert {name: one.key for name, one in refused.value.problems.items()} == {  # type: ignore[union-attr]
        "conditions": "decision.payment_conditions",
        "paid_until": "decision.payment_period",
    }
    told("in_parts", PaymentTerms(paid_from=date(2025, 5, 1), paid_until=date(2025, 6, 1), notified_to_eu=True))
    with here.factory.platform.database.reading() as session:
        state = open_data_state(session, actor=actor, call=get_call(session, here.call.id))
    assert state.terms == PaymentTerms("in_parts", date(2025, 5, 1), date(2025, 6, 1), notified_to_eu=True)


def test_the_published_lines_are_those_of_the_list_in_force(browser: Callable[[], Browser], office: Offices) -> None:
    made = office(CallState.PUBLISHED)
    address = f"/resultats/{made.call.id}/subventions"
    answer = browser().get(f"{address}.csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="subventions-{made.call.id}.csv"'
    rows = list(csv.reader(io.StringIO(answer.data.decode())))
    assert tuple(rows[0]) == COLUMNS
    assert [(row[COLUMNS.index("montant")], row[COLUMNS.index("conditionsVersement")]) for row in rows[1:]] == [
        ("40000.00", "unique"),
        ("40000.00", "unique"),
    ]
    lines = json.loads(browser().get(f"{address}.json").data)
    assert [line["nomBeneficiaire"] for line in lines] == [row[COLUMNS.index("nomBeneficiaire")] for row in rows[1:]]


@on_both_databases
def test_the_day_and_the_act_are_those_of_the_letters_settings(office: Offices) -> None:
    made = office(CallState.PUBLISHED)

    def told() -> set[tuple[str, str]]:
        with made.factory.platform.database.reading() as session:
            table = published_grants(session, made.call.id)
        day, act = COLUMNS.index("dateConvention"), COLUMNS.index("referenceDecision")
        return {(row[day], row[act]) for row in table.rows}

    assert told() == {("2025-02-10", "décision du 10 février 2025")}  # the call file's
    given = {"signed_on": "2025-02-09", "act": "arrêté n° 2025-7", "published": "Bulletin officiel n° 3"}
    letters_set(made, given)
    assert told() == {("2025-02-09", "arrêté n° 2025-7")}
    letters_set(made, {"published": "Bulletin officiel n° 3"})
    assert told() == {("2025-02-10", "Bulletin officiel n° 3")}


@pytest.mark.parametrize("state", [CallState.DELIBERATING, CallState.DECIDED])
@pytest.mark.parametrize("ending", ["csv", "json"])
def test_nothing_is_told_of_grants_before_the_publication(
    browser: Callable[[], Browser], office: Offices, state: CallState, ending: str
) -> None:
    call = office(state).call
    assert browser().get(f"/resultats/{call.id}/subventions.{ending}").status_code == 404


def test_what_the_verification_file_lets_people_recognise_is_said_before_the_publication(
    browser: Callable[[], Browser], office: Offices
) -> None:
    made = office(CallState.DECIDED)
    with made.factory.platform.database.writing() as session:
        session.execute(update(Decision).values(notified_at=made.factory.now))
    page = browser().sign_in(made.first).get(f"/instruction/{made.call.id}/decisions/publier").text
    assert "Lauréats seuls à être montrés ainsi" in page
    assert "Dire comment les subventions sont versées" in page


def test_what_was_typed_of_the_payments_comes_back_with_its_errors(
    browser: Callable[[], Browser], office: Offices
) -> None:
    made = office(CallState.DECIDED)
    address = f"/instruction/{made.call.id}/decisions/donnees-ouvertes"
    page = browser().sign_in(made.first)
    answer = page.post(address, {"conditions": "in_parts", "paid_from": "demain", "paid_until": "31/12/2025"})
    assert answer.status_code == 422
    assert "Écrivez une date, par exemple 28/02/2025." in answer.text
    assert 'value="demain"' in answer.text
    assert page.post(address, {"conditions": "in_parts", "paid_from": "1/5/2025"}).status_code == 302
