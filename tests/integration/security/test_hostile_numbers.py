"""Numbers and dates beyond every measure, in addresses, queries and forms: no page, or a page that says so; never a fault."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter

from aap.records.people import Role
from aap.web.numbers import MOST, bounded_number
from tests.conftest import Browser
from tests.factories import Factory
from tests.worlds.deposits import ANSWERS

BEYOND = ["99999999999999999999", str(MOST + 1), "9" * 5_000, "١٢", "-1", "1e3", "1_0"]


def with_number(app: Flask, number: str) -> list[str]:
    """Every address of the application that holds a number, with this one."""
    return [
        "".join(
            (number if isinstance(rule._converters[part], IntegerConverter) else "x")
            if is_dynamic
            else part.lstrip("|")
            for is_dynamic, part in rule._trace
        )
        for rule in app.url_map.iter_rules()
        if any(isinstance(one, IntegerConverter) for one in rule._converters.values())
    ]


@pytest.mark.parametrize("number", BEYOND)
def test_no_address_with_a_number_beyond_measure_is_a_page(app: Flask, number: str) -> None:
    routes = app.url_map.bind("")
    found = with_number(app, number)
    assert len(found) >= 7
    assert not [address for address in found if routes.test(address, "GET") or routes.test(address, "POST")]
    assert all(routes.test(address, "GET") or routes.test(address, "POST") for address in with_number(app, str(MOST)))


@pytest.mark.parametrize(
    ("text", "number"),
    [("", 7), ("0", 0), ("12", 12), (str(MOST), MOST), (str(MOST + 1), 7), ("9" * 5_000, 7), ("-1", 7), ("²", 7)],
)
def test_a_number_that_a_form_sends_is_bounded(text: str, number: int) -> None:
    assert bounded_number(text, 7) == number


def test_pages_answer_whatever_number_or_date_their_query_names(
    browser: Callable[[], Browser], factory: Factory
) -> None:
    call = factory.call()
    admin = browser().sign_in(factory.person(Role.ADMIN))
    official = browser().sign_in(factory.person(Role.OFFICIAL, call=call))
    hostile = [*BEYOND, "9999-12-31", "0001-01-01", "99999-01-01", "2025-W01-1"]
    for value in hostile:
        for name in ("page", "avant", "du", "au"):
            assert admin.get("/administration/journal", query_string={name: value}).status_code == 200
        for page in ("candidats", "evaluateurs"):
            assert official.get(f"/instruction/{call.id}/{page}", query_string={"page": value}).status_code == 200
        address = f"/instruction/{call.id}/classement/99999999999999999999"
        assert official.get(address, query_string={"page": value}).status_code == 404


@pytest.mark.parametrize(("day", "hour"), [("9999-12-31", "23:59"), ("0001-01-01", "00:00"), ("9" * 400, "9" * 400)])
def test_a_closing_at_the_end_of_the_calendar_is_refused_beside_its_field(
    browser: Callable[[], Browser], factory: Factory, day: str, hour: str
) -> None:
    call = factory.call()
    official = browser().sign_in(factory.person(Role.OFFICIAL, call=call))
    typed = {"day": day, "clock": hour, "reason": "Une panne du service."}
    assert official.post(f"/instruction/{call.id}/cloture", typed).status_code == 422


@pytest.mark.parametrize("version", [*BEYOND, ""])
def test_a_version_beyond_measure_is_a_page_that_is_not_the_stored_one(
    browser: Callable[[], Browser], factory: Factory, version: str
) -> None:
    owner = factory.person()
    application = factory.application(factory.call(), factory.association(owner), answers=ANSWERS)
    page = browser().sign_in(owner)
    address = f"/association/dossiers/{application.id}/sections/projet"
    typed = {"version": version, "q.titre": "Un autre titre"}
    assert page.post(f"{address}/enregistrement", typed, page=address).status_code in (200, 409)
