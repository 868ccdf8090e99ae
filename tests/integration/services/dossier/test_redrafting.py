"""Corrections of a deposited dossier: the deposit stands until they are deposited, whatever becomes of them."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from aap import jobs
from aap.core import french
from aap.core.delays import paris, silence_is_rejection
from aap.core.values import RAW
from aap.records.applications import Application, CompletionRequest, Document, SectionAnswers, Submission
from aap.records.applications import ApplicationState as A
from aap.records.audit import AuditLine
from aap.records.calls import CallState as C
from aap.records.outbox import OutboxMail
from aap.records.people import MembershipRole, Role
from aap.records.redrafts import Redraft, RedraftedSection, SectionVersion
from aap.services.dossier.applying import OpenedPage, answer_eligibility, save_section
from aap.services.dossier.completion import ask_completion, revisions_of
from aap.services.dossier.dossiers import counting_answers, open_dossier
from aap.services.dossier.own_dossiers import dossiers_of
from aap.services.dossier.receipts import receipts_of
from aap.services.dossier.redrafting import abandon_corrections, begin_corrections, may_correct
from aap.services.dossier.silence import rejected_on
from aap.services.dossier.submitting import submit_application
from aap.services.dossier.uploads import attach, remove_document, say_year
from aap.services.dossier.withdrawing import withdraw_application
from aap.services.errors import DeadlinePassed, InvalidInput, NotFound, StateForbids
from aap.services.screening.official_dossier import inspect_dossier
from aap.services.upkeep.timekeeping import keep_time
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.worlds.applicants import ANSWERS, Space, Spaces, closing, last_second
from tests.worlds.deposits import Case, Cases

NEW = "Cinquante mentors, et non plus quarante, pour les lycéens de la vallée"
OLD = ANSWERS["projet"]["titre"]


def run(space: Space, use_case: Any, **values: Any) -> Any:
    actor = values.pop("actor", None) or space.actor
    with space.database.writing() as session:
        return use_case(session, actor=actor, application_id=space.id, now=space.factory.now, **values)


def begin(space: Space, **values: Any) -> Any:
    return run(space, begin_corrections, links=LINKS, **values)


def abandon(space: Space) -> Any:
    return run(space, abandon_corrections, links=LINKS)


def submit(space: Space) -> Submission:
    made: Submission = run(space, submit_application, attested=[0, 1, 2], capacity="self", broken_rules_seen=False)
    return made


def write(space: Space, title: str = NEW) -> None:
    run(
        space, save_section, section_id="projet", answers={**ANSWERS["projet"], "titre": title}, page=OpenedPage(1),
    )  # fmt: skip


def new_statutes(space: Space) -> None:
    """The deposited file is taken away, and another one put in its place."""
    (held,) = space.dossier().files["statuts"]
    run(space, remove_document, document_id=held.id)
    run(space, attach, question_id="statuts", files=space.stored("nouveaux-statuts.pdf"))


def deposited(spaces: Spaces) -> Space:
    one = spaces(ANSWERS).attach_all()
    submit(one)
    one.clock.move(hours=1)
    return one


def correcting(spaces: Spaces) -> Space:
    one = deposited(spaces)
    begin(one)
    write(one)
    return one


def seen(space: Space) -> tuple[str, str, list[str]]:
    """What an official reads: the title in the lists, the answer, the files' names."""
    official = space.factory.actor(space.factory.person(Role.OFFICIAL, call=space.call))
    with space.database.reading() as session:
        found = inspect_dossier(session, actor=official, application_id=space.id)
        return found.application.title, found.answers["titre"], [one.name for one in found.files]


def mails(space: Space, kind: str) -> list[tuple[str, str]]:
    with space.database.reading() as session:
        found = session.exec(
            select(OutboxMail)
            .where(OutboxMail.kind == kind)
            .order_by(col(OutboxMail.created_at), col(OutboxMail.recipient))
        )
        return [(one.recipient, one.subject.replace("\u00a0", " ")) for one in found]


def rows(space: Space) -> list[int]:
    """How much is kept apart: redrafts, sections, files."""
    with space.database.reading() as session:
        return [
            len(session.exec(select(Redraft)).all()),
            len(session.exec(select(RedraftedSection)).all()),
            len(session.exec(select(Document).where(Document.redraft != "")).all()),
        ]


@on_both_databases
def test_the_deposit_stands_whole_while_corrections_are_typed(space: Spaces) -> None:
    one = deposited(space)
    reader = one.colleague(MembershipRole.READER)
    before = one.dossier().application
    begin(one)
    begin(one)
    write(one)
    new_statutes(one)
    (accounts,) = one.dossier().files["comptes"]
    run(one, remove_document, document_id=accounts.id)
    run(one, answer_eligibility, answers={"mentorat": "non"})
    written = one.dossier()
    assert (written.answers["titre"], written.correcting, written.in_writing) == (NEW, True, True)
    assert [(name, held[0].name) for name, held in written.files.items()] == [
        ("rib", "rib.pdf"), ("statuts", "nouveaux-statuts.pdf"),
    ]  # fmt: skip
    assert written.rules_answered["mentorat"] == "non"
    assert seen(one) == (OLD, OLD, ["statuts.pdf", "comptes.pdf", "rib.pdf"])
    with one.database.reading() as session:
        stands = open_dossier(session, actor=one.actor, application_id=one.id, deposited=True)
        assert counting_answers(session, one.call, one.id)["titre"] == OLD
        (line,) = dossiers_of(session, one.actor)
        (revision,) = revisions_of(session, written)
        actions = session.exec(
            select(AuditLine.action).where(AuditLine.object_id == one.id).order_by(AuditLine.sequence)
        )
        assert list(actions)[-3:] == ["document.removed", "document.added", "document.removed"]
    assert (stands.answers["titre"], sorted(stands.files), line.correcting) == (
        OLD,
        ["comptes", "rib", "statuts"],
        True,
    )
    assert [answer.id for section in revision.sections for answer in section.answers] == ["titre", "statuts", "comptes"]
    after = one.dossier().application
    assert (after.state, after.title, after.updated_at, after.submitted_at, after.version, after.eligibility) == (
        before.state, before.title, before.updated_at, before.submitted_at, before.version, before.eligibility
    )  # fmt: skip
    told = f"Votre dossier {after.reference} est déposé : des corrections sont commencées"
    assert mails(one, "association_corrections") == sorted([(one.person.email, told), (reader.email, told)])


@on_both_databases
def test_corrections_that_are_deposited_replace_the_deposit(space: Spaces) -> None:
    one = correcting(space)
    new_statutes(one)
    (accounts,) = one.dossier().files["comptes"]
    run(one, say_year, document_id=accounts.id, year=2024)
    made = submit(one)
    assert submit(one).id == made.id  # pressed twice
    application = one.dossier().application
    assert (made.ordinal, made.receipt_number) == (2, f"{application.reference}-2")
    assert made.content["replaces"] == f"{application.reference}-1"
    assert seen(one) == (NEW, NEW, ["rib.pdf", "nouveaux-statuts.pdf", "comptes.pdf"])
    assert (application.submitted_at, application.state, one.dossier().correcting) == (
        made.arrived_at,
        A.SUBMITTED,
        False,
    )
    assert rows(one) == [0, 0, 0]
    jobs.sweep(one.factory.platform)
    with one.database.reading() as session:
        first, second = receipts_of(session, one.dossier())
        silent_on = rejected_on(session, application)
        bodies = session.exec(
            select(OutboxMail.body).where(col(OutboxMail.subject).startswith("Dossier corrigé reçu"))
        ).all()
    assert (first.view.replaces, second.view.replaces) == ("", first.view.number)
    # Counsel confirms: the two months run from the receipt of the deposit that stands.
    assert second.view.rejection_on == silent_on == silence_is_rejection(made.arrived_at)
    told = f"remplace celui de l’accusé n° {first.view.number}"
    assert [told in body.replace("\u00a0", " ") for body in bodies] == [True] * len(bodies) != []


@on_both_databases
def test_deposited_from_six_tabs_at_once_corrections_make_one_receipt(space: Spaces) -> None:
    one = correcting(space)
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
    assert numbers == [f"{one.dossier().application.reference}-2"] * 6
    with one.database.reading() as session:
        assert len(session.exec(select(Submission)).all()) == 2


def test_a_transaction_that_dies_leaves_the_deposit_and_the_corrections(space: Spaces) -> None:
    one = correcting(space)
    kept = rows(one)
    with pytest.raises(RuntimeError, match="before the commit"), one.database.writing() as session:  # noqa: PT012
        submit_application(
            session, actor=one.actor, application_id=one.id, attested=[0, 1, 2], capacity="self", broken_rules_seen=False,
            now=one.factory.now,
        )  # fmt: skip
        raise RuntimeError("the machine stops before the commit")
    assert (rows(one), seen(one)[:2], one.dossier().answers["titre"]) == (kept, (OLD, OLD), NEW)
    assert submit(one).ordinal == 2


def test_nothing_changed_is_no_other_deposit(space: Spaces) -> None:
    one = deposited(space)
    begin(one)
    with pytest.raises(InvalidInput) as caught:
        submit(one)
    assert caught.value.problems[""].key == "dossier.nothing_corrected"
    write(one, OLD + " ")
    write(one, NEW)
    assert submit(one).ordinal == 2


@on_both_databases
def test_abandoned_corrections_leave_the_deposit_and_their_text_among_the_versions(space: Spaces) -> None:
    one = correcting(space)
    new_statutes(one)
    (accounts,) = one.dossier().files["comptes"]
    run(one, remove_document, document_id=accounts.id)
    for _ in range(2):
        abandon(one)
    assert (one.dossier().answers["titre"], one.dossier().in_writing, rows(one)) == (OLD, False, [0, 0, 0])
    assert [file.name for files in one.dossier().files.values() for file in files] == [
        "statuts.pdf",
        "comptes.pdf",
        "rib.pdf",
    ]
    with one.database.reading() as session:
        versions = session.exec(select(SectionVersion).order_by(SectionVersion.kept_at, SectionVersion.id)).all()
    assert [(version.answers["titre"], version.ending) for version in versions] == [(OLD, "changed"), (NEW, "given_up")]
    assert [subject.partition(" : ")[2] for _, subject in mails(one, "association_corrections")] == [
        "des corrections sont commencées", "les corrections sont abandonnées, votre dépôt reste tel quel",
    ]  # fmt: skip
    begin(one)
    assert one.dossier().answers["titre"] == OLD


def test_corrections_are_taken_to_the_last_second_of_the_grace(space: Spaces) -> None:
    one = correcting(space)
    one.clock.now = last_second(one) + timedelta(milliseconds=900)
    assert submit(one).ordinal == 2
    assert may_correct(one.dossier(), one.actor, one.factory.now)
    one.clock.move(seconds=1)
    assert not may_correct(one.dossier(), one.actor, one.factory.now)
    with pytest.raises(DeadlinePassed):
        begin(one)


@on_both_databases
def test_at_the_closing_corrections_are_frozen_without_effect_and_an_extension_takes_them_up(space: Spaces) -> None:
    one = correcting(space)
    platform = one.factory.platform
    one.clock.now = last_second(one)
    assert keep_time(platform, LINKS).lapsed == 0
    one.clock.move(seconds=1)
    with pytest.raises(DeadlinePassed):
        submit(one)
    assert [keep_time(platform, LINKS).lapsed for _ in range(2)] == [1, 0]
    dossier = one.dossier()
    assert (dossier.answers["titre"], dossier.in_writing, seen(one)[:2]) == (OLD, False, (OLD, OLD))
    with pytest.raises(StateForbids):
        write(one, "Trop tard")
    assert submit(one).ordinal == 1  # the receipt of what is deposited
    with one.database.reading() as session:
        (revision,) = revisions_of(session, dossier)  # what was not deposited can still be read
        deposit = session.exec(select(Submission)).one()
    assert (revision.submission, revision.sections[0].answers[0].after) == (None, NEW)
    until = french.moment(paris(deposit.arrived_at))
    subject = (
        f"Votre dossier {dossier.application.reference} : les corrections n’ont pas été déposées, votre dépôt compte"
    )
    assert mails(one, "association_corrections")[-1] == (one.person.email, subject)
    with one.database.reading() as session:
        body = session.exec(select(OutboxMail.body).where(col(OutboxMail.subject).contains("n’ont pas été"))).one()
    assert until in body
    with one.database.writing() as session:
        record = one.call.record
        record.closes_at = closing(one) + timedelta(days=2)
        session.merge(record)
    begin(one)
    assert one.dossier().answers["titre"] == NEW
    assert submit(one).ordinal == 2


def test_corrections_that_hold_nothing_go_without_a_word(space: Spaces) -> None:
    one = deposited(space)
    begin(one)
    one.clock.now = last_second(one) + timedelta(seconds=1)
    assert keep_time(one.factory.platform, LINKS).lapsed == 0
    assert (rows(one), len(mails(one, "association_corrections"))) == ([0, 0, 0], 1)


def test_a_reminder_tells_who_has_corrections_to_deposit(space: Spaces) -> None:
    one = correcting(space)
    one.clock.now = closing(one) - timedelta(days=2)
    assert keep_time(one.factory.platform, LINKS).reminders == 1
    assert mails(one, "association_reminder") == [
        (one.person.email, "Plus que deux jours pour déposer vos corrections")
    ]
    submit(one)
    one.clock.now = closing(one) - timedelta(hours=4)
    assert keep_time(one.factory.platform, LINKS).reminders == 0


def test_a_dossier_that_is_withdrawn_gives_its_corrections_up(space: Spaces) -> None:
    one = correcting(space)
    run(one, withdraw_application, reason="", links=LINKS)
    assert (one.dossier().state, one.dossier().answers["titre"], rows(one)) == (A.WITHDRAWN, OLD, [0, 0, 0])


@on_both_databases
def test_what_is_asked_for_is_written_apart_too_until_it_is_deposited(space: Spaces) -> None:
    one = deposited(space)
    official = one.factory.actor(one.factory.person(Role.OFFICIAL, call=one.call))
    with one.database.writing() as session:
        one.call.record.state = C.CLOSED
        session.merge(one.call.record)
    run(
        one, ask_completion, actor=official, sections=["projet"], message="Précisez.", links=LINKS,
        due_at=one.factory.now + timedelta(days=10),
    )  # fmt: skip
    write(one)
    assert (one.dossier().answers["titre"], seen(one)[:2], one.dossier().correcting) == (NEW, (OLD, OLD), False)
    made = submit(one)
    assert (seen(one)[:2], made.content.get("replaces"), rows(one)) == ((NEW, NEW), None, [0, 0, 0])
    with one.database.reading() as session:
        assert session.exec(select(CompletionRequest)).one().answered_at == made.arrived_at


CORRECTABLE = {A.SUBMITTED, A.ELIGIBLE, A.INELIGIBLE}


@pytest.mark.parametrize("state", list(A))
@pytest.mark.parametrize("call_state", [C.OPEN, C.CLOSED, C.REVIEWING, C.PUBLISHED])
def test_what_may_be_corrected_follows_from_the_states(case: Cases, state: A, call_state: C) -> None:
    here = case(state, call_state)
    allowed = state in CORRECTABLE and call_state is C.OPEN
    for person in (here.reader, here.stranger, here.official):
        with pytest.raises((NotFound, StateForbids)):
            _on(here, person, begin_corrections, links=LINKS)
    if not allowed:
        with pytest.raises(StateForbids):
            _on(here, here.owner, begin_corrections, links=LINKS)
        return
    with pytest.raises(StateForbids):  # nothing is written in a deposit whose corrections aren't open
        _save(here)
    _on(here, here.owner, begin_corrections, links=LINKS)
    _save(here)
    with here.factory.platform.database.reading() as session:
        dossier = open_dossier(session, actor=here.actor(here.owner), application_id=here.id)
        standing = session.exec(select(SectionAnswers).where(SectionAnswers.section == "projet")).one()
        held = session.get_one(Application, here.id)
        assert (dossier.answers["titre"], standing.answers["titre"], held.state) == (
            "Corrigé",
            "Mentors du soir",
            state,
        )
        assert RAW not in dossier.answers


def _on(here: Case, person: Any, use_case: Any, **values: Any) -> Any:
    platform = here.factory.platform
    with platform.database.writing() as session:
        return use_case(session, actor=here.actor(person), application_id=here.id, now=platform.clock(), **values)


def _save(here: Case) -> None:
    answers = {"titre": "Corrigé", "resume": "Un projet solide."}
    _on(here, here.owner, save_section, section_id="projet", answers=answers, page=OpenedPage(1))
