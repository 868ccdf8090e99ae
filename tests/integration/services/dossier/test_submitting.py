"""Submitting: what is missing, who may sign, one deposit and one number, and to the second until when."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from aap.core import french
from aap.core.delays import paris
from aap.records.applications import (
    ApplicationState,
    CompletionRequest,
    SectionAnswers,
    Signature,
    SignatureState,
    Submission,
)
from aap.records.audit import AuditLine
from aap.records.calls import Call
from aap.records.outbox import Job, OutboxMail
from aap.records.people import Role, RoleGrant
from aap.records.reviews import Recusal
from aap.services.call.calls import extend_closing
from aap.services.dossier.applying import answer_eligibility
from aap.services.dossier.dossiers import MANDATE
from aap.services.dossier.receipts import receipts_of
from aap.services.dossier.signing import answer_signature, ask_signature, open_signature
from aap.services.dossier.submitting import submit_application
from aap.services.dossier.uploads import remove_document
from aap.services.errors import DeadlinePassed, InvalidInput, NotFound, StateForbids
from aap.web.public_links import PublicLinks
from tests.databases import on_both_databases
from tests.worlds.applicants import ANSWERS, Space, Spaces, last_second

LINKS = PublicLinks("https://aap.example.org")

ALL = (0, 1, 2)


def test_a_deposit_recuses_who_works_on_the_call_and_is_a_member(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    member = one.colleague()
    one.factory.person(Role.OFFICIAL)  # no member
    with one.database.writing() as session:
        session.add(RoleGrant(person_id=member.id, role=Role.OFFICIAL, call_id=one.call.id, created_at=one.factory.now))
    submit(one)
    with one.database.reading() as session:
        (recusal,) = session.exec(select(Recusal))
    assert (recusal.person_id, recusal.application_id, recusal.origin) == (member.id, one.id, "membership")


def submit(
    space: Space, *, attested: tuple[int, ...] = ALL, capacity: str = "self", at: datetime | None = None,
    broken_rules_seen: bool = False,
) -> Submission:  # fmt: skip
    with space.database.writing() as session:
        return submit_application(
            session, actor=space.actor, application_id=space.id, attested=attested, capacity=capacity,
            broken_rules_seen=broken_rules_seen, now=at or space.factory.now,
        )  # fmt: skip


def deposits(space: Space) -> list[Submission]:
    with space.database.reading() as session:
        return list(session.exec(select(Submission).order_by(Submission.ordinal)))


@on_both_databases
def test_a_deposit_freezes_answers_files_and_who_declared_what(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    made = submit(one)
    application = one.dossier().application
    assert (made.ordinal, made.receipt_number) == (1, f"{application.reference}-1")
    assert (made.arrived_at, made.person_id) == (one.factory.now, one.person.id)
    assert made.content["answers"] == {key: value for section in ANSWERS.values() for key, value in section.items()}
    assert [file["question"] for file in made.content["documents"]] == ["statuts", "comptes", "rib"]
    assert made.content["attestations"] == list(one.call.file.form.attestations)
    assert made.content["association"]["siret"] == one.association.siret
    assert (application.state, application.requested_amount) == (ApplicationState.SUBMITTED, 12_000_00)
    assert application.attributes == {
        "region": ["Auvergne-Rhône-Alpes"], "zone": ["metro"], "territory": ["rural"], "size": ["small"]
    }  # fmt: skip
    with one.database.reading() as session:
        (line,) = session.exec(select(AuditLine).where(AuditLine.action == "application.submitted"))
        (job,) = session.exec(select(Job))
    assert (line.actor_id, line.object_id) == (one.person.id, one.id)
    assert (job.kind, job.arguments) == ("receipt", {"submission_id": made.id})


@on_both_databases
def test_pressed_twice_at_the_same_moment_it_is_one_deposit(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    numbers: list[str] = []
    failures: list[Exception] = []
    start = threading.Barrier(6)

    def press() -> None:
        start.wait()
        try:
            numbers.append(submit(one).receipt_number)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert numbers == 6 * [f"{one.dossier().application.reference}-1"]
    assert len(deposits(one)) == 1
    with one.database.reading() as session:
        assert len(session.exec(select(Job)).all()) == 1


@on_both_databases
def test_everything_that_is_missing_is_said_at_once(space: Spaces) -> None:
    one = space({"projet": ANSWERS["projet"]})
    with pytest.raises(InvalidInput) as refused:
        submit(one, attested=(1,), capacity="autre")
    assert set(refused.value.problems) == {"", "attested.0", "attested.2", "capacity"}
    assert [problem.question for problem in one.dossier().errors] == [
        "nombre", "territoires", "commune", "orienteurs", "taille", "mentors", "budget", "statuts", "comptes", "rib",
    ]  # fmt: skip
    assert (deposits(one), one.dossier().state) == ([], ApplicationState.DRAFT)


@on_both_databases
def test_the_grace_ends_to_the_second_by_the_arrival_of_the_request(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    with pytest.raises(DeadlinePassed) as late:
        submit(one, at=last_second(one) + timedelta(seconds=1))
    assert late.value.closed_at == last_second(one)
    assert deposits(one) == []
    on_time = submit(one, at=last_second(one) + timedelta(microseconds=999_999))
    assert on_time.arrived_at == last_second(one) + timedelta(microseconds=999_999)


@on_both_databases
def test_an_extension_for_everybody_moves_the_last_second(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    official = one.factory.actor(one.factory.person(Role.OFFICIAL))
    with one.database.writing() as session:
        extend_closing(
            session, actor=official, call_id=one.call.id, closes_at=one.call.record.closes_at + timedelta(hours=6),
            reason="Panne de 22 h à minuit.", now=one.factory.now,
        )  # fmt: skip
    with one.database.reading() as session:
        moved = session.get_one(Call, one.call.id).closes_at
    assert moved == one.call.record.closes_at + timedelta(hours=6)
    assert submit(one, at=last_second(one) + timedelta(hours=6)).ordinal == 1


@on_both_databases
def test_a_rule_that_is_not_met_has_to_be_confirmed_and_does_not_forbid(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    with one.database.writing() as session:
        answer_eligibility(
            session, actor=one.actor, application_id=one.id, answers={"mentorat": "non"}, now=one.factory.now
        )
    with pytest.raises(InvalidInput) as refused:
        submit(one)
    assert set(refused.value.problems) == {"broken_rules_seen"}
    assert submit(one, broken_rules_seen=True).content["eligibility"]["mentorat"] == "non"


# --- who may sign -----------------------------------------------------------------------------------------------------


@on_both_databases
def test_a_power_of_attorney_is_wanted_where_it_is_invoked(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    with pytest.raises(InvalidInput) as refused:
        submit(one, capacity="mandate")
    assert set(refused.value.problems) == {"capacity"}
    one.attach(MANDATE, "pouvoir.pdf")
    made = submit(one, capacity="mandate")
    assert [file["name"] for file in made.content["documents"] if file["question"] == MANDATE] == ["pouvoir.pdf"]


def ask(space: Space, **values: str) -> tuple[Signature, str]:
    space.clock.move(seconds=1)
    given = {"name": "Dominique Exemple", "capacity": "présidente", "email": "presidence@example.org", **values}
    with space.database.writing() as session:
        signature = ask_signature(
            session, actor=space.actor, application_id=space.id, links=LINKS,
            now=space.factory.now, **given,
        )  # fmt: skip
        (mail,) = session.exec(
            select(OutboxMail)
            .where(OutboxMail.recipient == given["email"])
            .order_by(OutboxMail.created_at.desc())
            .limit(1)
        )
    token = mail.body.partition("https://aap.example.org/association/signature/")[2].split()[0]
    assert f"UID:closing-{space.id}" in mail.calendar
    assert token not in mail.calendar.replace("\r\n ", "")  # a diary is shared, and its text isn't erased
    return signature, token


@on_both_databases
def test_the_representative_approves_by_the_link_and_the_deposit_says_so(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    with pytest.raises(InvalidInput):
        submit(one, capacity="representative")
    _, token = ask(one)
    one.clock.move(hours=1)
    with one.database.writing() as session:
        answer_signature(
            session, token=token, approved=True, remark="", address="192.0.2.7", links=LINKS, now=one.factory.now
        )
    approved_at = one.factory.now
    made = submit(one, capacity="representative")
    assert made.content["signature"] == {
        "name": "Dominique Exemple", "capacity": "présidente", "email": "presidence@example.org",
        "approved_at": approved_at.isoformat(),
    }  # fmt: skip
    with one.database.reading() as session:
        (signature,) = session.exec(select(Signature))
        (receipt,) = receipts_of(session, one.dossier())
    assert receipt.view.approval == f"Dominique Exemple, présidente, le {french.moment(paris(approved_at))}"
    assert (signature.state, signature.address, signature.answered_at) == (
        SignatureState.APPROVED, "192.0.2.7", approved_at,
    )  # fmt: skip


@on_both_databases
def test_an_approval_holds_for_the_content_that_was_read_and_no_other(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    _, token = ask(one)
    with one.database.writing() as session:
        answer_signature(session, token=token, approved=True, remark="", address="", links=LINKS, now=one.factory.now)
    (held,) = one.dossier().files["rib"]
    with one.database.writing() as session:
        remove_document(session, actor=one.actor, application_id=one.id, document_id=held.id, now=one.factory.now)
    one.attach("rib", "autre-rib.pdf")
    with pytest.raises(InvalidInput) as refused:
        submit(one, capacity="representative")
    assert set(refused.value.problems) == {"capacity"}


@on_both_databases
def test_a_changed_dossier_an_old_and_an_expired_link_approve_nothing(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    _, old = ask(one)
    _, token = ask(one)
    with pytest.raises(NotFound), one.database.reading() as session:
        open_signature(session, token=old, now=one.factory.now)
    one.attach("comptes", "autres-comptes.pdf")
    with pytest.raises(InvalidInput), one.database.writing() as session:
        answer_signature(session, token=token, approved=True, remark="", address="", links=LINKS, now=one.factory.now)
    one.clock.move(days=31)
    with pytest.raises(NotFound), one.database.reading() as session:
        open_signature(session, token=token, now=one.factory.now)


@on_both_databases
def test_the_first_answer_to_a_link_stands(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    _, token = ask(one)
    with pytest.raises(InvalidInput) as refused, one.database.writing() as session:
        answer_signature(session, token=token, approved=False, remark=" ", address="", links=LINKS, now=one.factory.now)
    assert set(refused.value.problems) == {"remark"}
    for approved, remark in ((False, "Le budget est faux."), (True, "")):
        with one.database.writing() as session:
            case = answer_signature(
                session, token=token, approved=approved, remark=remark, address="", links=LINKS, now=one.factory.now
            )
    assert (case.signature.state, case.signature.remark) == (SignatureState.REFUSED, "Le budget est faux.")


@on_both_databases
def test_who_is_asked_to_approve_is_checked(space: Spaces) -> None:
    one = space(ANSWERS)
    with pytest.raises(InvalidInput) as refused:
        ask(one, name=" ", capacity="x" * 101, email="pas une adresse")
    assert set(refused.value.problems) == {"name", "capacity", "email"}


# --- after the first deposit ------------------------------------------------------------------------------------------


@on_both_databases
def test_a_completion_is_a_second_deposit_under_its_own_deadline(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    submit(one)
    due = one.call.record.closes_at + timedelta(days=20)
    with one.database.writing() as session:
        application = session.merge(one.dossier().application)
        application.state = ApplicationState.TO_COMPLETE
        session.add(
            CompletionRequest(
                application_id=one.id, sections=["pieces"], message="Le RIB.", created_at=one.factory.now, due_at=due
            )
        )
    with pytest.raises(DeadlinePassed):
        submit(one, at=due + timedelta(seconds=1))
    second = submit(one, at=due)
    assert (second.ordinal, second.receipt_number) == (2, f"{one.dossier().application.reference}-2")
    assert submit(one, at=due + timedelta(days=1)).id == second.id
    assert [deposit.ordinal for deposit in deposits(one)] == [1, 2]
    assert one.dossier().application.submitted_at == deposits(one)[0].arrived_at


def ask_again(one: Space, **changed: object) -> None:
    """The service asks for a completion of the means."""
    with one.database.writing() as session:
        application = session.merge(one.dossier().application)
        application.state = ApplicationState.TO_COMPLETE
        application.sqlmodel_update(changed)
        session.add(
            CompletionRequest(
                application_id=one.id, sections=["projet", "moyens"], message="Le budget.",
                created_at=one.factory.now, due_at=one.call.record.closes_at + timedelta(days=20),
            )
        )  # fmt: skip


@on_both_databases
def test_a_smaller_request_ends_a_proposal_above_it(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    submit(one)
    ask_again(one, requested_amount=15_000_00, proposed_amount=13_000_00)
    assert submit(one).ordinal == 2
    application = one.dossier().application
    assert (application.requested_amount, application.proposed_amount) == (12_000_00, None)
    ask_again(one, proposed_amount=11_000_00)
    assert submit(one).ordinal == 3
    assert one.dossier().application.proposed_amount == 11_000_00


@on_both_databases
def test_what_the_service_corrected_stands_until_the_association_says_otherwise(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    submit(one)
    declared = one.dossier().application.attributes
    ask_again(one, attributes={**declared, "territory": ["qpv"], "size": ["big"]})
    with one.database.writing() as session:
        held = session.exec(select(SectionAnswers).where(SectionAnswers.section == "moyens")).one()
        held.answers = {**held.answers, "taille": "large"}
        session.add(held)
    submit(one)
    assert one.dossier().application.attributes == {**declared, "territory": ["qpv"], "size": ["large"]}


@on_both_databases
def test_a_receipt_says_what_was_deposited_whatever_is_written_afterwards(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    submit(one)
    title = one.dossier().application.title
    ask_again(one, title="Un autre titre", requested_amount=9_000_00)
    with one.database.reading() as session:
        (receipt,) = receipts_of(session, one.dossier())
    assert (receipt.view.project, receipt.view.requested_amount) == (title, 12_000_00)


@on_both_databases
def test_a_withdrawn_dossier_is_not_submitted(space: Spaces) -> None:
    one = space(ANSWERS, state=ApplicationState.WITHDRAWN)
    with pytest.raises(StateForbids):
        submit(one)
