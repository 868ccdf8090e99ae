"""Screening one dossier after the other, from each to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aap.records.applications import Application, ApplicationState
from aap.records.calls import Call, CallState
from tests.integration.web.official.test_recused_downloads import hide
from tests.worlds.offices import Offices

Browsers = Callable[[], Any]


def test_an_opinion_leads_to_the_next_dossier_that_this_person_may_see(office: Offices, browser: Browsers) -> None:
    here = office()
    with here.factory.platform.database.writing() as session:
        session.get_one(Call, here.call.id).state = CallState.CLOSED
        for dossier in here.dossiers[:4]:
            session.get_one(Application, dossier.id).state = ApplicationState.SUBMITTED
    hide(here, 1)
    signed = browser().sign_in(here.first)
    page = [here.address(f"dossiers/{one.reference}") for one in here.dossiers]
    shown = signed.get(page[0]).text
    assert f'href="{page[2]}#instruction" accesskey="n"' in shown
    assert "3 dossiers attendent un avis" in shown.replace("\u00a0", " ")
    after = signed.post(f"{page[0]}/recevabilite", {"eligible": "oui", "suivant": "oui"}, page=page[0])
    assert after.headers["Location"] == f"{page[2]}#instruction"
    wrong = signed.post(f"{page[2]}/recevabilite", {"eligible": "non", "suivant": "oui"}, page=page[2])
    assert wrong.status_code == 422
    last = signed.post(f"{page[3]}/recevabilite", {"eligible": "oui", "suivant": "oui"}, page=page[3])
    assert last.headers["Location"] == f"{page[2]}#instruction"
    done = signed.post(f"{page[2]}/recevabilite", {"eligible": "oui", "suivant": "oui"}, page=page[2])
    assert done.headers["Location"] == here.address("candidats")
