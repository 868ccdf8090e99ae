"""A withdrawn dossier that is deposited again, and a completion: what each receipt's mail calls itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlmodel import col, select

from aap import jobs
from aap.core import french
from aap.core.delays import silence_is_rejection
from aap.records.applications import Application, ApplicationState, SectionAnswers
from aap.records.calls import CallState
from aap.records.outbox import OutboxMail
from aap.services.dossier.completion import ask_completion
from aap.services.dossier.dossiers import open_dossier
from aap.services.dossier.receipts import receipts_of
from aap.services.dossier.silence import rejected_on
from aap.services.dossier.submitting import submit_application
from aap.services.dossier.withdrawing import resume_application, withdraw_application
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.worlds.deposits import Case, Cases

BUDGET = {"charges": {"60": "25000.00"}, "products": {"request": "15000.00", "70": "10000.00"}}


def run(here: Case, use_case: Any, **values: Any) -> Any:
    platform = here.factory.platform
    person = values.pop("person", here.owner)
    with platform.database.writing() as session:
        done = use_case(session, actor=here.actor(person), application_id=here.id, now=platform.clock(), **values)
    jobs.sweep(platform)
    return done


def submit(here: Case) -> int:
    ordinal: int = run(here, submit_application, attested=[0], capacity="self", broken_rules_seen=False).ordinal
    return ordinal


def day_of_silence(here: Case) -> date | None:
    with here.factory.platform.database.reading() as session:
        return rejected_on(session, session.get_one(Application, here.id))


@on_both_databases
def test_deposited_withdrawn_and_deposited_again_then_completed(case: Cases, clock: Any) -> None:
    here = case(ApplicationState.DRAFT, CallState.OPEN)
    with here.factory.platform.database.writing() as session:
        application = session.get_one(Application, here.id)
        application.eligibility = {"association": "oui"}
        session.add(application)
        means = session.exec(
            select(SectionAnswers).where(SectionAnswers.application_id == here.id, SectionAnswers.section == "moyens")
        ).one()
        means.answers = {"budget": BUDGET}
        session.add(means)
    assert submit(here) == 1
    clock.move(hours=1)
    run(here, withdraw_application, reason="", links=LINKS)
    run(here, resume_application)
    clock.move(hours=1)
    again = here.factory.now
    assert (submit(here), here.state()) == (2, ApplicationState.SUBMITTED)
    with here.factory.platform.database.reading() as session:
        assert session.get_one(Application, here.id).submitted_at == again
    here.put_state(ApplicationState.SUBMITTED, CallState.CLOSED)
    run(
        here, ask_completion, person=here.official, sections=["projet"], message="Précisez.",
        due_at=here.factory.now + timedelta(days=20), links=LINKS,
    )  # fmt: skip
    rejected = silence_is_rejection(again)
    assert day_of_silence(here) == rejected + timedelta(days=20)  # the delay stands still while something is asked for
    clock.move(days=4)
    assert submit(here) == 3
    subjects = [one.partition(" :")[0] for one in here.mails(here.owner.email) if "accusé de réception" in one]
    assert subjects == ["Dossier reçu", "Dossier reçu", "Compléments reçus"]
    told = [rejected, rejected, rejected + timedelta(days=4)]  # both deposits of the first day
    with here.factory.platform.database.reading() as session:
        receipts = receipts_of(session, open_dossier(session, actor=here.actor(here.owner), application_id=here.id))
        bodies = session.exec(
            select(OutboxMail.body)
            .where(OutboxMail.recipient == here.owner.email, col(OutboxMail.kind) == "association_receipt")
            .order_by(col(OutboxMail.created_at))
        ).all()
    assert [one.view.rejection_on for one in receipts] == told
    assert [one.view.completes for one in receipts] == [False, False, True]
    assert [french.day(one) in body for one, body in zip(told, bodies, strict=True)] == [True, True, True]
    assert day_of_silence(here) == told[-1]
