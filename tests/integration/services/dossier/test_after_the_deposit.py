"""Use cases of the association after the deposit: withdraw, write, complete, read the decision, answer, contest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from aap.core.call.loading import load_call
from aap.own_files import rubrics_folder
from aap.records.applications import ApplicationState as A
from aap.records.applications import CompletionRequest, Message, SectionAnswers
from aap.records.audit import AuditLine
from aap.records.calls import CallState as C
from aap.records.people import Person
from aap.records.rankings import Decision, Outcome
from aap.services.decision.answering import answer_grant, read_decision
from aap.services.decision.first_reading import note_reading
from aap.services.dossier.completion import ask_completion, compare_contents, lapse_completions, revisions_of
from aap.services.dossier.dossiers import open_dossier
from aap.services.dossier.messages import (
    mark_messages_read,
    read_thread,
    waiting_messages,
    write_message,
    write_to_service,
)
from aap.services.dossier.own_dossiers import dossiers_of
from aap.services.dossier.withdrawing import resume_application, withdraw_application
from aap.services.errors import DeadlinePassed, InvalidInput, NotFound, StateForbids
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.worlds.deposits import Case, Cases


def run(here: Case, use_case: Callable[..., Any], person: Person, **values: Any) -> Any:
    """The use case in a transaction of its own, for this person, on the case's dossier, now."""
    platform = here.factory.platform
    with platform.database.writing() as session:
        return use_case(session, actor=here.actor(person), application_id=here.id, now=platform.clock(), **values)


def actions(here: Case) -> list[str]:
    with here.factory.platform.database.reading() as session:
        lines = session.exec(select(AuditLine).where(AuditLine.object_id == here.id).order_by(AuditLine.sequence))
        return [line.action for line in lines]


# --- withdrawing ------------------------------------------------------------------------------------------------------


@on_both_databases
def test_a_deposited_dossier_is_withdrawn_once_and_the_service_is_told(case: Cases) -> None:
    here = case()
    for _ in range(2):
        run(here, withdraw_application, here.owner, reason="Le projet est reporté.", links=LINKS)
    assert here.state() is A.WITHDRAWN
    assert actions(here) == ["application.withdrawn"]
    assert here.mails("appel@example.org") == [
        f"{here.application.reference} : Les Lanternes fictives retire son dossier"
    ]


WITHDRAWABLE = {A.DRAFT, A.SUBMITTED, A.TO_COMPLETE, A.ELIGIBLE, A.INELIGIBLE}
FROZEN = {C.ARBITRATED, C.DECIDED, C.PUBLISHED, C.ARCHIVED}


@pytest.mark.parametrize("state", [state for state in A if state is not A.WITHDRAWN])
@pytest.mark.parametrize("call_state", [C.OPEN, C.REVIEWING, C.PROPOSED, C.ARBITRATED, C.PUBLISHED])
def test_what_may_be_withdrawn_follows_from_the_states(case: Cases, state: A, call_state: C) -> None:
    here = case(state, call_state)
    if state in WITHDRAWABLE and call_state not in FROZEN:
        run(here, withdraw_application, here.owner, reason="", links=LINKS)
        assert here.state() is A.WITHDRAWN
        return
    with pytest.raises(StateForbids):
        run(here, withdraw_application, here.owner, reason="", links=LINKS)
    assert here.state() is state


def test_a_reader_or_a_stranger_withdraws_nothing(case: Cases) -> None:
    here = case()
    for person in (here.reader, here.stranger, here.official):
        with pytest.raises(NotFound):
            run(here, withdraw_application, person, reason="", links=LINKS)
    assert here.state() is A.SUBMITTED


@on_both_databases
def test_a_withdrawn_dossier_is_taken_up_again_while_the_call_is_open(case: Cases, clock: Any) -> None:
    here = case(A.SUBMITTED, C.OPEN)
    run(here, withdraw_application, here.owner, reason="", links=LINKS)
    run(here, resume_application, here.owner)
    assert here.state() is A.DRAFT
    run(here, withdraw_application, here.owner, reason="", links=LINKS)
    clock.move(days=5, minutes=16)
    with pytest.raises(DeadlinePassed):
        run(here, resume_application, here.owner)
    here.put_state(A.WITHDRAWN, C.CLOSED)
    with pytest.raises(StateForbids):
        run(here, resume_application, here.owner)


# --- messages ---------------------------------------------------------------------------------------------------------


@on_both_databases
def test_messages_go_both_ways_and_each_side_sees_what_it_has_not_read(case: Cases, clock: Any) -> None:
    here = case()
    platform = here.factory.platform
    for _ in range(2):  # a double click is one message
        run(here, write_to_service, here.owner, body=" Où en est-on ? ", links=LINKS)
    clock.move(minutes=2)

    def waiting() -> list[tuple[str, list[str]]]:
        with platform.database.reading() as session:
            found = waiting_messages(session, actor=here.actor(here.official), call=here.call)
        return [(one.reference, [message.body for message in one.messages]) for one in found]

    assert waiting() == [(here.application.reference, ["Où en est-on ?"])]
    run(here, mark_messages_read, here.official)
    assert waiting() == []
    run(here, write_to_service, here.owner, body="Et maintenant ?", links=LINKS)
    clock.move(minutes=1)
    run(here, write_message, here.official, body="Votre dossier est à l’étude.", links=LINKS)
    assert waiting() == []  # answered is read
    with platform.database.reading() as session:
        thread = read_thread(session, actor=here.actor(here.reader), application_id=here.id)
    assert [(line.from_service, line.author, line.body, line.unread) for line in thread.lines] == [
        (False, here.owner.name, "Où en est-on ?", False),
        (False, here.owner.name, "Et maintenant ?", False),
        (True, "", "Votre dossier est à l’étude.", True),
    ]
    assert (
        here.mails("appel@example.org") == [f"{here.application.reference} : un message de Les Lanternes fictives"] * 2
    )


@pytest.mark.parametrize("body", ["", " \n ", "x" * 5001])
def test_an_empty_or_endless_message_is_refused(case: Cases, body: str) -> None:
    here = case()
    with pytest.raises(InvalidInput) as refused:
        run(here, write_to_service, here.owner, body=body, links=LINKS)
    assert list(refused.value.problems) == ["body"]


def test_messages_are_written_after_the_deposit_and_by_editors(case: Cases) -> None:
    here = case(A.DRAFT, C.OPEN)
    with pytest.raises(StateForbids):
        run(here, write_to_service, here.owner, body="Bonjour", links=LINKS)
    deposited = case()
    for person in (deposited.reader, deposited.stranger):
        with pytest.raises(NotFound):
            run(deposited, write_to_service, person, body="Bonjour", links=LINKS)
    with deposited.factory.platform.database.reading() as session:
        assert session.exec(select(Message)).all() == []


# --- completion -------------------------------------------------------------------------------------------------------


def ask(here: Case) -> None:
    run(
        here, ask_completion, here.official, sections=["projet"], message="Précisez le résumé.",
        due_at=here.factory.now + timedelta(days=3), links=LINKS,
    )  # fmt: skip


def rewrite(here: Case, summary: str) -> None:
    with here.factory.platform.database.writing() as session:
        held = session.exec(
            select(SectionAnswers).where(SectionAnswers.application_id == here.id, SectionAnswers.section == "projet")
        ).one()
        held.answers = {**held.answers, "resume": summary}
        held.version += 1
        session.add(held)


@on_both_databases
def test_each_deposit_tells_what_it_changed_of_the_one_before(case: Cases) -> None:
    here = case()
    ask(here)
    rewrite(here, "Un projet plus solide.")

    def changes() -> list[tuple[int | None, list[tuple[str, str, str]]]]:
        with here.factory.platform.database.reading() as session:
            dossier = open_dossier(session, actor=here.actor(here.reader), application_id=here.id)
            return [
                (
                    one.submission.ordinal if one.submission else None,
                    [(answer.id, answer.before, answer.after) for part in one.sections for answer in part.answers],
                )
                for one in revisions_of(session, dossier)
            ]

    difference = [("resume", "Un projet solide.", "Un projet plus solide.")]
    assert changes() == [(None, difference)]
    here.deposit()
    here.put_state(A.SUBMITTED)
    assert changes() == [(2, difference)]


def test_the_same_files_kept_in_another_order_are_no_change() -> None:
    call = load_call((rubrics_folder() / "culture-territoires-2026.yaml").read_text(), name="culture.yaml")
    first, second = (
        {"question": "accords", "name": f"accord-{number}.pdf", "size": 1200, "sha256": str(number) * 64}
        for number in (1, 2)
    )
    before = {"answers": {}, "documents": [first, second]}
    assert compare_contents(call, before, {"answers": {}, "documents": [second, first]}) == ()
    (section,) = compare_contents(call, before, {"answers": {}, "documents": [second]})
    assert [(one.id, one.before, one.after) for one in section.answers] == [
        (
            "accords",
            "accord-1.pdf (1\u00a0ko, empreinte 11111111)\naccord-2.pdf (1\u00a0ko, empreinte 22222222)",
            "accord-2.pdf (1\u00a0ko, empreinte 22222222)",
        )
    ]


@on_both_databases
def test_a_request_without_an_answer_in_time_leaves_the_dossier_as_it_was_deposited(case: Cases, clock: Any) -> None:
    here = case()
    ask(here)
    rewrite(here, "Pas fini d’écr")
    platform = here.factory.platform

    def lapse() -> int:
        with platform.database.writing() as session:
            return lapse_completions(session, links=LINKS, now=platform.clock())

    clock.move(days=3)
    assert lapse() == 0  # the last second is still theirs
    clock.move(seconds=1)
    assert (lapse(), lapse()) == (1, 0)
    assert here.state() is A.SUBMITTED
    with platform.database.reading() as session:
        held = session.exec(select(SectionAnswers.answers).where(SectionAnswers.section == "projet")).one()
        request = session.exec(select(CompletionRequest)).one()
    assert held == {"titre": "Mentors du soir", "resume": "Un projet solide."}
    assert (request.answered_at, request.lapsed_at) == (None, platform.clock())
    assert actions(here) == ["completion.asked", "completion.lapsed"]
    assert f"Votre dossier {here.application.reference} : le délai des compléments est passé" in here.mails(
        here.owner.email
    )


def test_a_dossier_whose_request_lapsed_can_be_asked_again(case: Cases, clock: Any) -> None:
    here = case()
    platform = here.factory.platform
    ask(here)
    clock.move(days=4)
    with platform.database.writing() as session:
        lapse_completions(session, links=LINKS, now=platform.clock())
    ask(here)
    with platform.database.reading() as session:
        dossier = open_dossier(session, actor=here.actor(here.owner), application_id=here.id)
        lines = dossiers_of(session, here.actor(here.owner))
    due = here.factory.now + timedelta(days=3)
    assert dossier.completion is not None
    assert (dossier.completion.due_at, [line.due_at for line in lines]) == (due, [due])


# --- decision ---------------------------------------------------------------------------------------------------------


@on_both_databases
def test_the_decision_is_read_with_its_marks_and_the_first_reading_is_dated(case: Cases, clock: Any) -> None:
    here = case()
    with here.factory.platform.database.reading() as session, pytest.raises(StateForbids):
        read_decision(session, actor=here.actor(here.owner), application_id=here.id)
    here.decide(Outcome.NOT_SELECTED, reason="Le nombre de lauréats est atteint.")
    notified = here.factory.now
    clock.move(hours=1)
    run(here, note_reading, here.reader, links=LINKS)
    clock.move(hours=1)
    run(here, note_reading, here.owner, links=LINKS)
    with here.factory.platform.database.reading() as session:
        found = read_decision(session, actor=here.actor(here.reader), application_id=here.id)
    assert found.marks is not None
    assert (found.decision.read_at, found.decision.read_by) == (notified + timedelta(hours=1), here.reader.id)
    assert (found.outcome, found.rank, found.ranked, found.letter.kind) == (Outcome.NOT_SELECTED, 2, 1, "refusal")
    assert [(line.title, str(line.mark), str(line.share)) for line in found.marks.lines] == [
        ("Qualité", "4,00 sur\u00a05", "60\u202f%"), ("Solidité", "3,50 sur\u00a05", "40\u202f%"),
    ]  # fmt: skip
    assert "Le nombre de lauréats est atteint." in " ".join(found.letter.paragraphs)
    assert actions(here) == ["decision.read"]


@pytest.mark.parametrize("state", [state for state in A if state not in (A.NOTIFIED, A.ACCEPTED, A.DECLINED)])
def test_nothing_of_a_decision_is_told_before_its_notification(case: Cases, state: A) -> None:
    here = case()
    here.decide()
    with here.factory.platform.database.writing() as session:
        decision = session.exec(select(Decision)).one()
        decision.notified_at = None
        session.add(decision)
    here.put_state(state, C.DECIDED)
    with (
        here.factory.platform.database.reading() as session,
        pytest.raises((StateForbids, NotFound)),
    ):
        read_decision(session, actor=here.actor(here.owner), application_id=here.id)


@on_both_databases
def test_a_laureate_accepts_and_may_decline_later_with_a_reason(case: Cases) -> None:
    here = case()
    here.decide()
    with pytest.raises(InvalidInput) as refused:
        run(here, answer_grant, here.owner, answer="peut-être", reason="", links=LINKS)
    assert list(refused.value.problems) == ["answer"]
    for _ in range(2):
        run(here, answer_grant, here.owner, answer="accepted", reason="", links=LINKS)
    assert here.state() is A.ACCEPTED
    with pytest.raises(InvalidInput) as refused:
        run(here, answer_grant, here.owner, answer="declined", reason=" ", links=LINKS)
    assert list(refused.value.problems) == ["reason"]
    run(here, answer_grant, here.owner, answer="declined", reason="Notre cofinanceur se retire.", links=LINKS)
    assert here.state() is A.DECLINED
    with pytest.raises(StateForbids):
        run(here, answer_grant, here.owner, answer="accepted", reason="", links=LINKS)
    assert actions(here) == ["grant.accepted", "grant.declined"]
    assert here.mails("appel@example.org") == [
        f"{here.application.reference} : Les Lanternes fictives renonce à sa subvention"
    ]


def test_only_a_laureate_answers_and_only_an_editor_for_it(case: Cases) -> None:
    here = case()
    here.decide(Outcome.WAITING_LIST, waiting_rank=1)
    with pytest.raises(StateForbids):
        run(here, answer_grant, here.owner, answer="accepted", reason="", links=LINKS)
    granted = case()
    granted.decide()
    for person in (granted.reader, granted.stranger, granted.official):
        with pytest.raises(NotFound):
            run(granted, answer_grant, person, answer="accepted", reason="", links=LINKS)
