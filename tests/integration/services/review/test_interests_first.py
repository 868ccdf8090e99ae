"""A call that opens nothing before interests are declared; a declaration stands for every call."""

from __future__ import annotations

from typing import Any

import pytest

from aap.records.people import Person
from aap.records.reviews import Reviewer
from aap.services.errors import InterestsFirst
from aap.services.panel.interests import declare_interests
from aap.services.panel.recusing import declare_recusal
from aap.services.permissions import Permission
from aap.services.platform import Platform
from aap.services.recusals import must_declare
from aap.services.review.offline_dossiers import ask_dossiers
from aap.services.review.offline_reviews import reviewer_workbook
from aap.services.review.reviewing import find_given_dossier, save_review
from tests.databases import on_both_databases
from tests.worlds.assignment_pages import Browsers
from tests.worlds.desks import Desk, Desks


def _do(here: Desk, work: Any, **given: Any) -> Any:
    with here.factory.platform.database.writing() as session:
        return work(session, actor=here.factory.actor(here.first), **given)


def _declare(here: Desk, person: Person) -> None:
    with here.factory.platform.database.writing() as session:
        declare_interests(session, actor=here.factory.actor(person), typed=(), complete=True, now=here.factory.now)


@on_both_databases
def test_nothing_opens_before_the_declaration_but_a_recusal(platform: Platform, desk: Desks) -> None:
    here = desk(reviewing="interests: first")
    dossier, now = {"application_id": here.application.id}, here.factory.now
    for work, given in (
        (find_given_dossier, {**dossier, "permission": Permission.REVIEW_READ}),
        (save_review, {**dossier, "entry": here.entry(qualite="2"), "now": now}),
        (reviewer_workbook, {"call_id": here.call.id, "now": now}),
        (ask_dossiers, {"call_id": here.call.id, "now": now}),
    ):
        with pytest.raises(InterestsFirst):
            _do(here, work, **given)
    _declare(here, here.first)
    assert _do(here, find_given_dossier, **dossier, permission=Permission.REVIEW_READ).application.id
    with pytest.raises(InterestsFirst), platform.database.reading() as session:
        find_given_dossier(session, actor=here.factory.actor(here.second), permission=Permission.REVIEW_READ, **dossier)
    _do(here, declare_recusal, **dossier, reason="Ancien salarié.", now=now)


@on_both_databases
def test_one_declaration_stands_for_a_call_that_comes_later(platform: Platform, desk: Desks) -> None:
    here = desk()
    with platform.database.reading() as session:
        assert must_declare(session, here.factory.actor(here.first))
    _declare(here, here.first)
    later = desk(reviewing="interests: first")
    with platform.database.writing() as session:
        session.add(Reviewer(call_id=later.call.id, person_id=here.first.id, code="R99", created_at=here.factory.now))
    with platform.database.reading() as session:
        assert not must_declare(session, here.factory.actor(here.first))
        assert must_declare(session, here.factory.actor(later.second))


def test_the_pages_lead_to_the_declaration_and_back(desk: Desks, browser: Browsers) -> None:
    here = desk(reviewing="interests: first")
    signed = browser().sign_in(here.first)
    home = signed.get("/evaluation/").text
    assert "s’ouvriront après votre déclaration" in home
    assert here.application.title not in home
    sent = signed.client.get(f"/evaluation/dossiers/{here.application.id}")
    assert (sent.status_code, sent.location) == (302, "/evaluation/interets")
    assert signed.post("/evaluation/interets", {"nom-0": "", "complet": "oui"}).status_code == 302
    assert here.application.title in signed.get("/evaluation/").text
    assert signed.get(f"/evaluation/dossiers/{here.application.id}").status_code == 200
