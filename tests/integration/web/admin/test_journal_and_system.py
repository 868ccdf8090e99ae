"""The audit log to read and to verify; what waits and what failed, and trying it again."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from aap import jobs
from aap.documents.mail_texts import Mail
from aap.jobs.doing import WORK
from aap.records.audit import AuditValues
from aap.records.outbox import Job, JobState, OutboxMail
from aap.records.people import Person, Role
from aap.services.actor import SYSTEM as SYSTEM_ACTOR
from aap.services.audit import Subject, log_head, record
from aap.services.platform import Platform
from aap.services.smtp import MOST_ATTEMPTS
from aap.services.upkeep.auditing import AuditFilter, read_log
from aap.services.upkeep.operating import retry_mails, system_state
from aap.services.workers import WORKER_DIED
from aap.web.audit_words import actions
from aap.web.work_words import job_kinds, mail_kinds
from tests.databases import on_both_databases, unguard
from tests.factories import Factory

JOURNAL, SYSTEM = "/administration/journal", "/administration/systeme"


def lines(platform: Platform, factory: Factory, number: int = 3, **values: Any) -> None:
    for at in range(number):
        with platform.database.writing() as session:
            line = {"actor": SYSTEM_ACTOR, "action": "call.loaded", "now": factory.now, "after": {"n": at}}
            record(session, **{"subject": Subject("call"), **line, **values})


# --- audit log --------------------------------------------------------------------------------------------------------


@on_both_databases
def test_the_log_is_narrowed_by_each_filter(factory: Factory, platform: Platform, admin: Person, clock: Any) -> None:
    official = factory.person(name="Zoé Dupont")
    lines(platform, factory, 1, action="call.loaded", subject=Subject("call", "essai", "essai"))
    clock.move(days=2)
    lines(
        platform,
        factory,
        1,
        actor=factory.actor(official),
        action="dossier.screened",
        subject=Subject("application", "d-1"),
    )
    actor = factory.actor(admin)

    def found(**wanted: Any) -> list[str]:
        with platform.database.reading() as session:
            return [one.action for one in read_log(session, actor=actor, wanted=AuditFilter(**wanted)).lines]

    day = factory.now.date()
    assert found() == ["dossier.screened", "call.loaded"]
    assert found(person="dupont") == ["dossier.screened"]
    assert found(action="call.") == ["call.loaded"]
    assert found(action="c%") == []
    assert found(call_id="essai") == ["call.loaded"]
    assert found(object_id="d-1") == ["dossier.screened"]
    assert (found(since=day), found(until=day.replace(day=day.day - 1))) == (["dossier.screened"], ["call.loaded"])


def test_the_log_is_read_page_by_page_and_values_are_escaped(
    signed: Any, factory: Factory, platform: Platform, count_queries: Callable[[], Any]
) -> None:
    with count_queries() as few:
        signed.get(JOURNAL)
    lines(platform, factory, 120, after={"titre": "<script>alert(1)</script>", "long": "x" * 3_000})
    with count_queries() as many:
        first = signed.get(JOURNAL).text
    assert (many.count, many.count <= 8) == (few.count, True), many.statements
    assert first.count("Fichier d’appel chargé</option>") == 1
    assert "<script>alert" not in first
    assert "x" * 1_001 not in first
    older = re.search(r'href="([^"]*avant=\d+)" rel="next"', first)
    assert older
    second = signed.get(older.group(1)).text
    assert "Les plus récentes" in second


@pytest.mark.parametrize(
    "query",
    ["du=hier&au=%3Cb%3E", "avant=-1", "avant=99999999999999999999", "avant=%F0%9F%99%82", "qui=%25&action=%27"],
)
def test_odd_filters_are_no_error(signed: Any, query: str) -> None:
    answer = signed.get(f"{JOURNAL}?{query}")
    assert (answer.status_code, "<b>" in answer.text) == (200, False)


def test_the_verification_tells_what_is_missing(signed: Any, factory: Factory, platform: Platform) -> None:
    lines(platform, factory)
    assert signed.post(f"{JOURNAL}/verification", page=JOURNAL).status_code == 303
    assert "rien ne manque" in signed.get(JOURNAL).text
    with platform.database.writing() as session:
        unguard(session)
        session.execute(text("DELETE FROM audit_values WHERE sequence = 2"))
        session.execute(text("DELETE FROM audit_line WHERE sequence = 2"))
    signed.post(f"{JOURNAL}/verification", page=JOURNAL)
    page = signed.get(JOURNAL).text.replace("\u00a0", " ")
    assert "Ligne 2 : elle manque" in page
    assert "Le journal présente des anomalies" in signed.get("/administration/").text
    assert signed.get(f"{JOURNAL}?suivi=json").json["finished"] is True


def test_a_head_that_was_kept_is_looked_for_and_what_was_typed_wrong_is_said_beside_it(
    signed: Any, factory: Factory, platform: Platform
) -> None:
    lines(platform, factory)
    with platform.database.reading() as session:
        kept = log_head(session)
    wrong = signed.post(f"{JOURNAL}/verification", {"empreinte": "abc", "lignes": "deux"}, page=JOURNAL)
    assert (wrong.status_code, "64 chiffres et lettres" in wrong.text, "s’écrit en chiffres" in wrong.text) == (
        422,
        True,
        True,
    )
    typed = {"empreinte": kept.hash.upper(), "lignes": f"{kept.lines}"}
    assert signed.post(f"{JOURNAL}/verification", typed, page=JOURNAL).status_code == 303
    assert "rien ne manque" in signed.get(JOURNAL).text
    signed.post(f"{JOURNAL}/verification", {"empreinte": "0" * 63 + "1"}, page=JOURNAL)
    assert "La ligne notée n’est plus dans le journal" in signed.get(JOURNAL).text


def test_a_row_that_was_changed_in_the_database_is_named_on_the_page(
    signed: Any, factory: Factory, platform: Platform
) -> None:
    call = factory.call()
    with platform.database.writing() as session:
        session.execute(text("UPDATE call SET draw_seed = 'autre'"))
    signed.post(f"{JOURNAL}/verification", page=JOURNAL)
    assert f"l’appel {call.id} n’est plus ce que la ligne" in signed.get(JOURNAL).text


def test_erased_values_are_said_to_be_erased(signed: Any, factory: Factory, platform: Platform) -> None:
    lines(platform, factory, 1)
    with platform.database.writing() as session:
        for held in session.exec(select(AuditValues)):
            held.content = None
            session.add(held)
    assert "Valeurs effacées" in signed.get(JOURNAL).text


def recorded_actions() -> set[str]:
    """The names that any function with a parameter `action` is called with, by its name or by its place."""
    source = Path(__file__).parents[4] / "src" / "aap"
    nodes = [node for path in source.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    places = {
        (node.name, [one.arg for one in node.args.args].index("action"))
        for node in nodes
        if isinstance(node, ast.FunctionDef) and "action" in [one.arg for one in node.args.args]
    }
    given = [
        value
        for node in nodes
        if isinstance(node, ast.Call)
        for name in [getattr(node.func, "attr", getattr(node.func, "id", ""))]
        for value in [
            *(one.value for one in node.keywords if one.arg == "action"),
            *(node.args[place] for function, place in places if function == name and place < len(node.args)),
        ]
    ]
    texts = {one.value for value in given for one in ast.walk(value) if isinstance(one, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and re.fullmatch(r"[a-z_]+\.[a-z_]+", text)}


def test_every_action_that_the_code_records_has_its_words(app: Any) -> None:
    recorded = recorded_actions()
    assert {"document.added", "session.ended"} <= recorded
    with app.test_request_context():
        assert recorded - set(actions()) == set()


# --- the machine ------------------------------------------------------------------------------------------------------


def failed_mail(platform: Platform, **values: Any) -> OutboxMail:
    now = platform.clock()
    if values.get("attempts", 0) >= MOST_ATTEMPTS:
        values["given_up_at"] = now
    mail = OutboxMail(
        **{"kind": "official_message", "recipient": "a@example.org", "subject": "Objet", "body": "SECRET",
           "created_at": now, "not_before": now, "attempts": 3, "error": "Connection refused", **values}
    )  # fmt: skip
    with platform.database.writing() as session:
        session.add(mail)
    return mail


@on_both_databases
def test_the_state_counts_what_waits_and_what_failed(factory: Factory, platform: Platform, admin: Person) -> None:
    failed_mail(platform)
    failed_mail(platform, attempts=MOST_ATTEMPTS, recipient="b@example.org")
    failed_mail(platform, attempts=0, error="")
    failed_mail(platform, attempts=1, sent_at=factory.now)
    with platform.database.writing() as session:
        session.add(Job(kind="letters", state=JobState.FAILED, created_at=factory.now))
        session.add(Job(kind="ranking", state=JobState.WAITING, created_at=factory.now))
    with platform.database.reading() as session:
        state = system_state(session, platform, actor=factory.actor(admin))
    assert (state.mails_waiting, state.mails_sent, dict(state.jobs)) == (
        2, 1, {JobState.FAILED: 1, JobState.WAITING: 1},
    )  # fmt: skip
    assert [(one.recipient, one.given_up) for one in state.failed_mails] == [
        ("a@example.org", False), ("b@example.org", True),
    ]  # fmt: skip
    assert 0 < state.disk_free < state.disk_total
    assert (state.last_backup, state.oldest) == (None, factory.now)


@on_both_databases
def test_failed_mails_are_sent_again_and_each_is_sent_once(factory: Factory, platform: Platform, admin: Person) -> None:
    given_up = failed_mail(platform, attempts=MOST_ATTEMPTS)
    failed_mail(platform)
    with platform.database.writing() as session:
        assert retry_mails(session, actor=factory.actor(admin), now=platform.clock()) == 2
    jobs.sweep(platform)
    with platform.database.reading() as session:
        assert {mail.sent_at for mail in session.exec(select(OutboxMail))} == {platform.clock()}
    assert len(list(platform.settings.mail_folder.glob("*.eml"))) == 2
    with platform.database.writing() as session:
        assert retry_mails(session, actor=factory.actor(admin), now=platform.clock()) == 0
    assert given_up.id


def test_a_mail_that_cannot_be_made_waits_and_the_others_leave(factory: Factory, platform: Platform) -> None:
    broken = failed_mail(platform, subject="Sur deux\nlignes", attempts=0, error="")
    failed_mail(platform, attempts=0, error="")
    jobs.sweep(platform)
    with platform.database.reading() as session:
        found = {mail.id: (mail.sent_at, mail.attempts) for mail in session.exec(select(OutboxMail))}
    assert found.pop(broken.id) == (None, 1)
    assert list(found.values()) == [(platform.clock(), 1)]


def test_a_receipt_is_tried_again_for_two_days_and_other_work_three_times(platform: Platform, clock: Any) -> None:
    with platform.database.writing() as session:
        for kind in ("receipt", "ranking"):
            session.add(Job(kind=kind, created_at=platform.clock(), arguments={"submission_id": "none", "draws": 0}))

    def tried() -> dict[str, tuple[JobState, int]]:
        with platform.database.reading() as session:
            return {job.kind: (job.state, job.tries) for job in session.exec(select(Job))}

    jobs.tick(platform)
    assert tried() == {"receipt": (JobState.WAITING, 1), "ranking": (JobState.FAILED, 1)}  # refused: there is no call
    for seconds in (10, 60, 15 * 60, 15 * 60):
        clock.move(seconds=seconds)
        jobs.tick(platform)
    assert tried()["receipt"] == (JobState.WAITING, 5)
    clock.move(days=2)
    jobs.tick(platform)
    assert tried()["receipt"] == (JobState.FAILED, 6)


def test_failed_work_is_put_back_into_the_queue(signed: Any, factory: Factory, platform: Platform) -> None:
    with platform.database.writing() as session:
        job = Job(kind="audit", state=JobState.FAILED, created_at=factory.now)
        session.add(job)
        session.add(Job(kind="letters", state=JobState.FAILED, reason=WORKER_DIED, tries=5, created_at=factory.now))
    page = signed.get(SYSTEM).text
    assert "Vérification du journal" in page
    assert "Le processus de fond s’est arrêté chaque fois qu’il faisait ce travail." in page
    assert signed.post(f"{SYSTEM}/travaux", {"travail": job.id}, page=SYSTEM).status_code == 303
    with platform.database.reading() as session:
        assert session.get_one(Job, job.id).state == JobState.DONE
    assert signed.post(f"{SYSTEM}/travaux", {"travail": job.id}, page=SYSTEM).status_code == 404
    assert signed.post(f"{SYSTEM}/courriels", {"courriel": "inconnu"}, page=SYSTEM).status_code == 404


def test_work_that_waits_is_cancelled_but_for_receipts(signed: Any, factory: Factory, platform: Platform) -> None:
    waiting = Job(kind="ranking", created_at=factory.now, not_before=factory.now + timedelta(hours=1))
    owed = Job(kind="receipt", created_at=factory.now, not_before=factory.now + timedelta(hours=1))
    with platform.database.writing() as session:
        session.add_all([waiting, owed])
    assert signed.get(SYSTEM).text.count(f'action="{SYSTEM}/travaux/arret"') == 1
    answers = [signed.post(f"{SYSTEM}/travaux/arret", {"travail": job.id}, page=SYSTEM) for job in (waiting, owed)]
    assert [answer.status_code for answer in answers] == [303, 404]
    with platform.database.reading() as session:
        assert {job.kind: job.state for job in session.exec(select(Job))} == {
            "ranking": JobState.CANCELLED, "receipt": JobState.WAITING,
        }  # fmt: skip
    assert "Travail arrêté" in signed.get(JOURNAL).text


def test_every_mail_has_words_that_name_no_dossier(signed: Any, platform: Platform, app: Any) -> None:
    failed_mail(platform, subject="Le projet secret", kind="decision_notified")
    page = signed.get(SYSTEM).text
    assert ("Notification d’une décision" in page, "Le projet secret" in page) == (True, False)
    with app.test_request_context():
        assert set(mail_kinds()) == set(Mail)
        assert set(job_kinds()) == set(WORK)


def test_the_page_shows_errors_without_the_texts_of_mails(signed: Any, platform: Platform) -> None:
    failed_mail(platform, error="<b>550</b> refusé")
    page = signed.get(SYSTEM).text
    assert "&lt;b&gt;550&lt;/b&gt; refusé" in page
    assert "SECRET" not in page


def test_something_that_waits_too_long_is_said(signed: Any, platform: Platform, clock: Any, admin: Person) -> None:
    failed_mail(platform, attempts=0, error="")
    assert "aap worker" not in signed.get(SYSTEM).text.partition("<h2")[0]
    clock.move(minutes=16)
    assert "aap worker" in signed.get(SYSTEM).text.partition("<h2")[0]
    assert admin.id


def test_home_journal_and_system_are_the_administrators(
    factory: Factory, browser: Callable[[], Any], signed: Any, count_queries: Callable[[], Any]
) -> None:
    other = browser().sign_in(factory.person(Role.OFFICIAL))
    for path in ("/administration/", JOURNAL, SYSTEM):
        assert other.get(path).status_code == 404
        with count_queries() as queries:
            assert signed.get(path).status_code == 200
        assert queries.count <= 18, queries.statements
    for path in (f"{JOURNAL}/verification", f"{SYSTEM}/courriels", f"{SYSTEM}/travaux", f"{SYSTEM}/travaux/arret"):
        assert other.post(path, page="/compte").status_code == 404
