"""Long work of a call, which an official may end, and the notifications that could not leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import select

from aap.records.calls import CallState
from aap.records.outbox import Job, JobState, OutboxMail
from tests.integration.web.official.test_recused_downloads import hide
from tests.worlds.offices import Office, Offices

Browsers = Callable[[], Any]
NOT_LEFT = "Courriel non parti"


def test_an_official_ends_work_of_the_call_and_is_told(office: Offices, browser: Browsers) -> None:
    here = office()
    jobs = [
        Job(kind=kind, call_id=here.call.id, created_at=here.factory.now, state=state)
        for kind, state in (("ranking", JobState.RUNNING), ("ranking", JobState.DONE), ("receipt", JobState.WAITING))
    ]
    with here.factory.platform.database.writing() as session:
        session.add_all(jobs)
    signed = browser().sign_in(here.first)
    pages = [here.address(f"travaux/{job.id}") for job in jobs]
    assert ["Arrêter ce travail" in signed.get(page).text for page in pages] == [True, False, False]
    assert [signed.post(f"{page}/arret", page="/compte").status_code for page in pages] == [303, 404, 404]
    with here.factory.platform.database.reading() as session:
        assert [session.get_one(Job, job.id).state for job in jobs] == ["cancelled", "done", "waiting"]
    assert "Le travail a été arrêté avant sa fin" in signed.get(pages[0]).text
    assert signed.get(f"{pages[0]}?suivi=json").json["finished"] is True


def refused(here: Office, at: int) -> None:
    """The notification of this dossier's decision, as the mail server refused it."""
    with here.factory.platform.database.writing() as session:
        mail = session.exec(
            select(OutboxMail).where(
                OutboxMail.application_id == here.dossiers[at].id, OutboxMail.kind == "decision_notified"
            )
        ).one()
        mail.sent_at, mail.given_up_at, mail.error = None, here.factory.now, "550 5.1.1 Unknown user"


def test_an_official_sees_which_notifications_did_not_leave(office: Offices, browser: Browsers) -> None:
    here = office(CallState.PUBLISHED)
    signed = browser().sign_in(here.first)
    assert NOT_LEFT not in signed.get(here.address("decisions")).text
    refused(here, 0)
    page = signed.get(here.address("decisions")).text
    assert (page.count(NOT_LEFT), page.count("550 5.1.1 Unknown user")) == (1, 1)
    assert "La notification d’un dossier n’a pas pu partir" in page


def test_who_is_recused_is_not_told_of_the_notification(office: Offices, browser: Browsers) -> None:
    here = office(CallState.PUBLISHED)
    hide(here)
    refused(here, 0)
    page = browser().sign_in(here.first).get(here.address("decisions")).text
    assert (NOT_LEFT in page, "n’a pas pu partir" in page) == (False, False)
    assert NOT_LEFT in browser().sign_in(here.second).get(here.address("decisions")).text
