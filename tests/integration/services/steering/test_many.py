"""One act on many dossiers: what is foreseen, done once whatever happens, told, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, func, select

from aap.jobs import sweep
from aap.records.applications import Application, ApplicationState, CompletionRequest, Message
from aap.records.calls import Call, CallState
from aap.records.many_lines import LineState, ManyLine
from aap.records.outbox import Job, JobState, OutboxMail
from aap.services.audit import verify_chain
from aap.services.call.calls import get_call
from aap.services.candidates.picked import pick
from aap.services.errors import InvalidInput
from aap.services.steering import many
from aap.services.steering.many import Act, Preflight, do_many, preflight, report_of, start_many, undo_many
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.integration.web.official.test_recused_downloads import hide
from tests.worlds.offices import Office, Offices

Browsers = Callable[[], Any]


def unscreened(office: Offices) -> Office:
    """A closed call: two dossiers wait, one is eligible, one to be completed, the last one ineligible."""
    here = office()
    states = (
        ApplicationState.SUBMITTED,
        ApplicationState.SUBMITTED,
        ApplicationState.ELIGIBLE,
        ApplicationState.TO_COMPLETE,
    )
    with here.factory.platform.database.writing() as session:
        session.get_one(Call, here.call.id).state = CallState.CLOSED
        for dossier, state in zip(here.dossiers, states, strict=False):
            held = session.get_one(Application, dossier.id)
            held.state, held.eligibility = state, {"association": "oui"}
    return here


def foreseen(here: Office, act: Act, **values: Any) -> Preflight:
    with here.factory.platform.database.reading() as session:
        return preflight(
            session, actor=here.factory.actor(here.first), call=get_call(session, here.call.id), act=act,
            ids=[one.id for one in here.dossiers], values={"now": here.factory.now, **values},
        )  # fmt: skip


def asked(here: Office, act: Act, **values: Any) -> Job:
    """Confirmed as it was foreseen."""
    shown = foreseen(here, act, **values)
    with here.factory.platform.database.writing() as session:
        return start_many(
            session, actor=here.factory.actor(here.first), call=get_call(session, here.call.id), act=act,
            ids=[one.id for one in here.dossiers], values={"now": here.factory.now, **values}, seen=shown.seen,
            now=here.factory.now,
        )  # fmt: skip


def states(here: Office) -> list[str]:
    return [str(here.reload(one).state) for one in here.dossiers]


@on_both_databases
def test_what_is_admitted_at_once_is_foreseen_done_told_and_taken_back(office: Offices) -> None:
    here = unscreened(office)
    before = states(here)
    shown = foreseen(here, Act.ADMIT)
    assert [one.reference for one in shown.can] == [one.reference for one in here.dossiers[:2]]
    assert {(why.key, len(found)) for why, found in shown.cannot} == {
        ("steering.many_admitted", 1), ("steering.many_state", 1), ("steering.many_refused", 1),
    }  # fmt: skip
    assert states(here) == before
    job = asked(here, Act.ADMIT)
    assert asked(here, Act.ADMIT).id == job.id  # a double click
    sweep(here.factory.platform)
    assert states(here) == ["eligible", "eligible", "eligible", "to_complete", "ineligible"]
    actor = here.factory.actor(here.first)
    with here.factory.platform.database.writing() as session:
        call = get_call(session, here.call.id)
        report = report_of(session, actor=actor, call=call, job_id=job.id)
        assert (len(report.done), report.left, report.waiting, report.may_be_undone) == (2, (), 0, True)
        session.get_one(Application, here.dossiers[1].id).version += 1  # something happened to it since
    with here.factory.platform.database.writing() as session:
        assert (
            undo_many(session, actor=actor, call=get_call(session, here.call.id), job_id=job.id, now=here.factory.now)
            == 1
        )
        assert verify_chain(session).faults == ()
    assert states(here) == ["submitted", "eligible", "eligible", "to_complete", "ineligible"]


@on_both_databases
def test_work_that_dies_in_the_middle_goes_on_and_writes_to_nobody_twice(
    office: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = unscreened(office)
    platform = here.factory.platform
    job = asked(here, Act.MESSAGE, message="À {association}, pour {reference} : {montant}.")
    written = many._act
    calls: list[str] = []

    def dies(*given: Any) -> None:
        written(*given)
        calls.append(given[4].id)
        if len(calls) == 2:
            raise MemoryError  # after the message was written, before its transaction ended

    monkeypatch.setattr(many, "_act", dies)
    with pytest.raises(MemoryError):
        do_many(platform, job, lambda *_: None, LINKS)
    monkeypatch.undo()
    with platform.database.reading() as session:
        assert session.exec(select(func.count()).select_from(Message)).one() == 1
    assert do_many(platform, job, lambda *_: None, LINKS) == {"many": "message", "done": 5}
    with platform.database.reading() as session:
        messages = session.exec(select(Message).order_by(col(Message.created_at))).all()
        mails = session.exec(select(OutboxMail).where(OutboxMail.kind == "official_message")).all()
    assert sorted(one.application_id for one in messages) == sorted(one.id for one in here.dossiers)
    assert len(mails) == len({mail.recipient for mail in mails}) == 5
    first = next(one for one in messages if one.application_id == here.dossiers[0].id)
    assert first.body.endswith(f"pour {here.dossiers[0].reference}\u00a0: 40\u202f000\u00a0€.") or "40" in first.body
    assert "{" not in first.body


def test_a_dossier_that_changed_after_the_confirmation_is_left_and_told(office: Offices) -> None:
    here = unscreened(office)
    due = here.factory.now + timedelta(days=10)
    job = asked(here, Act.COMPLETE, sections=["projet"], message="Il manque les comptes.", due_at=due)
    with here.factory.platform.database.writing() as session:
        session.get_one(Application, here.dossiers[0].id).version += 1
    sweep(here.factory.platform)
    with here.factory.platform.database.reading() as session:
        call = get_call(session, here.call.id)
        report = report_of(session, actor=here.factory.actor(here.first), call=call, job_id=job.id)
        requests = session.exec(select(CompletionRequest.application_id)).all()
    assert [(why.key, [one.id for one in found]) for why, found in report.left] == [
        ("steering.many_changed", [here.dossiers[0].id])
    ]
    assert sorted(requests) == sorted(one.id for one in report.done) == sorted(one.id for one in here.dossiers[1:3])
    assert not report.may_be_undone


def test_what_was_foreseen_must_still_be_so_and_all_fields_are_checked_at_once(office: Offices) -> None:
    here = unscreened(office)
    shown = foreseen(here, Act.ADMIT)
    with here.factory.platform.database.writing() as session:
        session.get_one(Application, here.dossiers[0].id).version += 1
        with pytest.raises(InvalidInput) as refused:
            start_many(
                session, actor=here.factory.actor(here.first), call=get_call(session, here.call.id), act=Act.ADMIT,
                ids=[one.id for one in here.dossiers], values={"now": here.factory.now}, seen=shown.seen,
                now=here.factory.now,
            )  # fmt: skip
    assert [one.key for one in refused.value.objections] == ["steering.many_changed_since"]
    with pytest.raises(InvalidInput) as wrong:
        foreseen(here, Act.COMPLETE, sections=[], message="{prenom}", due_at=here.factory.now)
    assert set(wrong.value.problems) == {"sections", "message", "due_at"}


def test_who_is_recused_neither_acts_on_the_dossier_nor_reads_of_it(office: Offices) -> None:
    here = unscreened(office)
    other = here.factory.actor(here.second)
    job = asked(here, Act.MESSAGE, message="Bonjour.")
    secret = hide(here)
    sweep(here.factory.platform)
    with here.factory.platform.database.reading() as session:
        call = get_call(session, here.call.id)
        mine = report_of(session, actor=here.factory.actor(here.first), call=call, job_id=job.id)
        theirs = report_of(session, actor=other, call=call, job_id=job.id)
        line = session.exec(select(ManyLine).where(ManyLine.application_id == secret.id)).one()
    named = {one.id for one in mine.done} | {one.id for _, found in mine.left for one in found}
    assert secret.id not in named
    assert line.state == LineState.LEFT
    assert secret.id in {one.id for _, found in theirs.left for one in found}


def test_an_official_acts_on_a_selection_without_scripts(office: Offices, browser: Browsers) -> None:
    here = unscreened(office)
    with here.factory.platform.database.writing() as session:
        pick(session, actor=here.factory.actor(here.first), call=here.call, ids=[one.id for one in here.dossiers])
    signed = browser().sign_in(here.first)
    page = here.address("ensemble")
    assert "5 dossiers dans votre sélection" in signed.get(page).text.replace("\u00a0", " ")
    wrong = signed.post(page, {"action": "complete", "message": ""}, page=page)
    assert (wrong.status_code, "Parties à rouvrir" in wrong.text) == (422, True)
    shown = signed.post(page, {"action": "admit"}, page=page).text
    assert "2 dossiers seront déclarés recevables." in shown.replace("\u00a0", " ")
    seen = shown.split('name="vu" value="')[1].split('"')[0]
    confirmed = signed.post(page, {"action": "admit", "vu": seen}, page=page)
    report = confirmed.headers["Location"]
    sweep(here.factory.platform)
    with here.factory.platform.database.reading() as session:
        assert session.exec(select(Job.state).where(Job.kind == "many")).one() == JobState.DONE
    assert here.dossiers[0].reference in signed.get(report).text
    again = signed.post(page, {"action": "admit", "vu": seen}, page=page)
    assert (again.status_code, states(here)[:2]) == (422, ["eligible", "eligible"])
    signed.post(f"{report}/annulation", page=report)
    assert states(here)[:2] == ["submitted", "submitted"]
