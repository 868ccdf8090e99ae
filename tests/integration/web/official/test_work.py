"""Long work of a call, which an official may end, and the notifications that could not leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlmodel import select

from aap.records.calls import CallState
from aap.records.outbox import Job, JobState, OutboxMail
from aap.services.errors import Objection
from tests.integration.web.official.test_recused_downloads import hide
from tests.read_answers import text_of
from tests.worlds.deliberations import computed
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


def failed(here: Office, minutes: int, **result: Any) -> Job:
    """A ranking that was asked for, and never came."""
    at = here.factory.now + timedelta(minutes=minutes)
    job = Job(
        kind="ranking", call_id=here.call.id, created_at=at, finished_at=at, result=result,
        state=JobState.DONE if result else JobState.FAILED,
    )  # fmt: skip
    with here.factory.platform.database.writing() as session:
        session.add(job)
    return job


def test_a_ranking_that_failed_says_why_where_the_ranking_is_read_and_stays_in_its_history(
    office: Offices, browser: Browsers
) -> None:
    here = office(CallState.DELIBERATING)
    signed = browser().sign_in(here.first)
    missing = Objection("ranking.marks_missing", places=((here.dossiers[0].reference, "EV-01"),))
    early = failed(here, -10, conflict=["laureates", "budget"])
    empty = text_of(signed.get(here.address("classement")))
    assert "Ces règles ne peuvent pas toutes tenir\u00a0: le nombre maximal de lauréats, l’enveloppe." in empty
    computed(here)
    late = failed(here, 10, problems=[missing.as_json()])
    page = signed.get(here.address("classement/1"))
    assert "n’a pas abouti" in text_of(page)
    assert here.dossiers[0].reference in text_of(page).split("n’a pas abouti")[1][:400]
    assert all(here.address(f"travaux/{job.id}") in page.text for job in (late, early))
    hide(here)
    recused = text_of(signed.get(here.address("classement/1")))
    assert here.dossiers[0].reference not in recused
    assert "n’a pas abouti" in recused
