"""How many points would have been enough: asked on a dossier's page in a run, found by a job, kept with the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import select

from aap.jobs import sweep
from aap.records.calls import CallState
from aap.records.outbox import Job, JobState
from tests.worlds.offices import Office, Offices


def jobs(here: Office) -> list[tuple[str, JobState]]:
    with here.factory.platform.database.reading() as session:
        found = session.exec(select(Job).where(Job.kind == "points").order_by(Job.id)).all()  # type: ignore[arg-type]
        return [(job.arguments["reference"], JobState(job.state)) for job in found]


def reach(here: Office, page: str, state: JobState) -> None:
    """Puts the job of this page into a state."""
    with here.factory.platform.database.writing() as session:
        job = session.get_one(Job, page.rpartition("/")[2])
        job.state = state
        session.add(job)


def test_the_points_that_would_have_been_enough_are_looked_for_once_and_then_stand_on_the_page(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.PROPOSED)
    signed, colleague = browser().sign_in(here.first), browser().sign_in(here.second)
    name = here.dossiers[1].reference
    page = here.address(f"classement/1/dossiers/{name}")
    asked = signed.post(f"{page}/points")
    assert signed.get(asked.location).status_code in (200, 302)
    sweep(here.factory.platform)
    assert signed.get(asked.location).location == page
    said = colleague.get(page).text.replace("\u00a0", " ").replace("\u202f", " ")
    assert "Ce qui aurait suffi" in said
    assert "de plus, toutes choses égales par ailleurs, ce projet aurait été retenu" in said
    assert "Combien de points auraient suffi" not in said
    assert colleague.post(f"{page}/points").location == asked.location
    assert jobs(here) == [(name, JobState.DONE)]


def test_who_is_retained_already_is_told_so_and_who_works_elsewhere_learns_nothing(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.PROPOSED)
    signed = browser().sign_in(here.first)
    page = here.address(f"classement/1/dossiers/{here.dossiers[0].reference}")
    assert [browser().sign_in(who).post(f"{page}/points").status_code for who in (here.stranger, here.member)] == [
        404,
        404,
    ]
    assert signed.post(here.address("classement/1/dossiers/rien/points")).status_code == 404
    assert jobs(here) == []
    signed.post(f"{page}/points")
    sweep(here.factory.platform)
    assert "Ce dossier est déjà retenu." in signed.get(page).text


def test_a_search_that_failed_is_begun_again(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.PROPOSED)
    signed = browser().sign_in(here.first)
    page = here.address(f"classement/1/dossiers/{here.dossiers[1].reference}")
    first = signed.post(f"{page}/points").location
    reach(here, first, JobState.RUNNING)
    assert "Recherche des points qui auraient suffi, en cours" in signed.get(page).text
    reach(here, first, JobState.FAILED)
    assert "Combien de points auraient suffi" in signed.get(page).text
    assert "Revenir au classement" in signed.get(first).text
    assert signed.post(f"{page}/points").location != first
