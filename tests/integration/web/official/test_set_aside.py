"""The page of reviews set aside: a first person proposes, a second one confirms, the dossier asks for another review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import select

from aap.records.calls import CallState
from aap.records.people import Role
from aap.records.reviews import Reviewer, SetAside
from tests.worlds.juries import apart
from tests.worlds.offices import Offices
from tests.worlds.read_page import ReadPage

TAIL = "evaluations/ecartees"


def test_two_persons_set_a_reviewer_aside_on_the_page(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.REVIEWING)
    database = here.factory.platform.database
    with database.reading() as session:
        code = session.exec(select(Reviewer.code).where(Reviewer.person_id == here.reviewers[0].id)).one()
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    address = here.address(TAIL)
    refused = first.post(address, data={"reviewer": code, "reference": "", "reason": ""})
    assert (refused.status_code, "Indiquez le motif" in refused.text) == (422, True)
    sent = first.post(address, data={"reviewer": code, "reference": "", "reason": "Règle 12 du règlement publié."})
    assert sent.status_code == 302
    page = first.get(address).text
    assert ("À confirmer" in page, "Règle 12 du règlement publié." in page) == (True, True)
    with database.reading() as session:
        aside = session.exec(select(SetAside.id)).one()
    assert first.post(f"{address}/{aside}/confirmation").status_code == 409
    assert second.post(f"{address}/{aside}/confirmation").status_code == 302
    page = second.get(address).text
    assert "Dossiers qui demandent une évaluation de plus" in page
    assert [one.reference in page for one in here.dossiers[:4]] == [True] * 4
    assert "écartée" in second.get(here.address(f"dossiers/{here.dossiers[0].reference}")).text
    with database.reading() as session:
        other = session.exec(select(Reviewer.code).where(Reviewer.person_id == here.reviewers[1].id)).one()
    asked = {"reviewer": other, "reference": here.dossiers[1].reference, "reason": "Conflit prouvé."}
    assert second.post(address, data=asked).status_code == 302
    for dossier in here.dossiers[:2]:
        apart(here, here.first, dossier)
    answer = first.get(address)
    assert (here.dossiers[1].reference in answer.text, ReadPage.of(answer).uneven_tables) == (False, [])
    with database.reading() as session:
        asides = session.exec(select(SetAside.id).where(SetAside.id != aside)).all()
    for one in asides:
        assert second.post(f"{address}/{one}/retrait", data={"reason": "Retiré."}).status_code == 302
    short = second.post(f"{address}/{aside}/retrait", data={"reason": ""})
    assert (short.status_code, "Indiquez le motif" in short.text) == (422, True)
    assert second.post(f"{address}/{aside}/retrait", data={"reason": "Règle mal lue."}).status_code == 302
    assert "Aucune évaluation écartée" in second.get(address).text


def test_once_a_ranking_is_computed_the_page_only_tells(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.PROPOSED)
    page = browser().sign_in(here.first).get(here.address(TAIL))
    assert page.status_code == 200
    assert ("Un classement a été calculé" in page.text, "Proposer une mise à l’écart" in page.text) == (True, False)


def test_only_officials_of_the_call_may_set_aside(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.REVIEWING)
    admin = here.factory.person(Role.ADMIN)
    answers = [
        browser().sign_in(who).post(here.address(TAIL), data={"reviewer": "x", "reason": "y"}).status_code
        for who in (here.stranger, here.reviewers[0], here.member, admin)
    ]
    assert answers == [404, 404, 404, 404]
