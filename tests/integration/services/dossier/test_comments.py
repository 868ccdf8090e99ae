"""Comments between co-authors: who writes, who is told, what settling and taking back does, and that they go with the dossier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import delete, select

from aap.records.applications import Application, SectionAnswers
from aap.records.applications import ApplicationState as A
from aap.records.audit import AuditLine
from aap.records.calls import CallState as C
from aap.records.coauthors import QuestionComment, ReadingLink
from aap.records.outbox import OutboxMail
from aap.records.people import Membership, MembershipRole, Person, TurnedSwitch
from aap.services.dossier import comments
from aap.services.dossier.comments import (
    CountedComments,
    comments_beside,
    count_comments,
    remove_comment,
    settle_comment,
    write_comment,
)
from aap.services.errors import InvalidInput, NotFound
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.worlds.deposits import Case, Cases


def run(here: Case, use_case: Callable[..., Any], person: Person, **values: Any) -> Any:
    platform = here.factory.platform
    with platform.database.writing() as session:
        return use_case(session, actor=here.actor(person), application_id=here.id, now=platform.clock(), **values)


def write(here: Case, person: Person, body: str, answers_id: str = "") -> str:
    made = run(here, write_comment, person, question_id="titre", body=body, links=LINKS, answers_id=answers_id)
    return str(made.id)


def threads(here: Case) -> list[tuple[str, list[str], bool]]:
    """Text, answers and whether it is settled, of each thread beside the title."""
    with here.factory.platform.database.reading() as session:
        found = comments_beside(session, here.id, "projet").get("titre", ())
        return [(one.first.body, [answer.body for answer in one.answers], one.settled_at is not None) for one in found]


def told(here: Case) -> list[tuple[str, str]]:
    with here.factory.platform.database.reading() as session:
        found = session.exec(select(OutboxMail).where(OutboxMail.kind == "association_comment"))
        return sorted((mail.recipient, mail.body.split("\n\n")[2]) for mail in found)


def editor(here: Case, **values: object) -> Person:
    person = here.factory.person(**values)
    here.factory.join(here.association, person, MembershipRole.EDITOR)
    return person


@on_both_databases
def test_a_thread_is_answered_settled_opened_again_by_an_answer_and_counted(case: Cases, clock: Any) -> None:
    here = case(A.DRAFT, C.OPEN)
    first = write(here, here.owner, "Le titre est long.")
    clock.move(hours=1)
    write(here, here.reader, "Je trouve aussi.", answers_id=first)
    other = write(here, here.reader, "Et « soir » ?")
    assert threads(here) == [("Le titre est long.", ["Je trouve aussi."], False), ("Et « soir » ?", [], False)]
    for _ in range(2):
        run(here, settle_comment, here.reader, comment_id=first, settled=True)
    assert threads(here) == [("Et « soir » ?", [], False), ("Le titre est long.", ["Je trouve aussi."], True)]
    with here.factory.platform.database.reading() as session:
        assert count_comments(session, here.id) == {"projet": CountedComments(threads=2, open=1)}
        lines = session.exec(select(AuditLine).where(AuditLine.object_id == here.id).order_by(AuditLine.sequence))
        actions = [line.action for line in lines if line.action.startswith("comment.")]
    assert actions == ["comment.written"] * 3 + ["comment.settled"]
    clock.move(hours=1)
    write(here, here.owner, "Raccourci.", answers_id=first)
    assert [settled for _body, _answers, settled in threads(here)] == [False, False]
    assert other


@on_both_databases
def test_one_takes_back_one_s_own_alone_and_the_place_stays_where_others_answered(case: Cases) -> None:
    here = case(A.DRAFT, C.OPEN)
    first = write(here, here.owner, "Faux.")
    answer = write(here, here.reader, "Vrai.", answers_id=first)
    with pytest.raises(NotFound):
        run(here, remove_comment, here.reader, comment_id=first)
    assert run(here, remove_comment, here.owner, comment_id=first) == "titre"
    assert threads(here) == [("", ["Vrai."], False)]
    with pytest.raises(NotFound):
        run(here, remove_comment, here.owner, comment_id=first)
    run(here, remove_comment, here.reader, comment_id=answer)
    assert threads(here) == []


def test_the_other_writers_and_who_takes_part_are_told_where_they_want_it(case: Cases, clock: Any) -> None:
    here = case(A.DRAFT, C.OPEN)
    other, silent = editor(here), editor(here)
    gone = editor(here, active=False)
    with here.factory.platform.database.writing() as session:
        session.add(TurnedSwitch(person_id=silent.id, name="comments"))
    first = write(here, here.reader, "Un mot.")
    assert told(here) == sorted((one.email, "Un mot.") for one in (here.owner, other))
    clock.move(minutes=5)
    write(here, other, "Une réponse.", answers_id=first)
    assert [one for one in told(here) if one[1] == "Une réponse."] == sorted(
        (one.email, "Une réponse.") for one in (here.owner, here.reader)
    )
    assert gone.email not in {email for email, _body in told(here)}


@on_both_databases
def test_one_that_is_taken_back_is_not_in_the_mail_of_the_day(case: Cases) -> None:
    here = case(A.DRAFT, C.OPEN)
    with here.factory.platform.database.writing() as session:
        session.add(TurnedSwitch(person_id=here.owner.id, name="daily_digest"))
    editing = editor(here)
    kept, removed = (write(here, editing, body) for body in ("À garder.", "À retirer."))
    run(here, remove_comment, editing, comment_id=removed)
    assert told(here) == [(here.owner.email, "À garder.")]
    assert kept


def test_a_double_click_says_it_once_and_empty_long_or_too_many_are_refused(
    case: Cases, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = case(A.DRAFT, C.OPEN)
    assert write(here, here.owner, "Deux fois.") == write(here, here.owner, "Deux fois. ")
    refused = {}
    for body in ("  ", "x" * 2_001):
        with pytest.raises(InvalidInput) as error:
            write(here, here.owner, body)
        refused[len(body)] = error.value.problems["body"].key
    monkeypatch.setattr(comments, "MOST_COMMENTS", 1)
    with pytest.raises(InvalidInput) as error:
        write(here, here.owner, "Encore.")
    refused[0] = error.value.problems["body"].key
    assert refused == {2: "dossier.comment_length", 2_001: "dossier.comment_length", 0: "dossier.comments_full"}


def test_nobody_else_writes_reads_on_or_reaches_another_dossier_s_comment(case: Cases) -> None:
    here, elsewhere = case(A.DRAFT, C.OPEN), case(A.DRAFT, C.OPEN)
    first = write(here, here.owner, "À nous.")
    for person in (here.stranger, here.official):
        with pytest.raises(NotFound):
            write(here, person, "Intrus.")
    with pytest.raises(NotFound):
        run(elsewhere, settle_comment, elsewhere.owner, comment_id=first, settled=True)
    with pytest.raises(NotFound):
        write(elsewhere, elsewhere.owner, "Ailleurs.", answers_id=first)
    with pytest.raises(NotFound):
        run(here, write_comment, here.owner, question_id="inconnue", body="Quoi ?", links=LINKS)
    with here.factory.platform.database.writing() as session:
        session.delete(session.exec(select(Membership).where(Membership.person_id == here.owner.id)).one())
    with pytest.raises(NotFound):
        write(here, here.owner, "Parti.")
    assert threads(here) == [("À nous.", [], False)]


@on_both_databases
def test_they_go_with_the_dossier_and_so_do_its_links(case: Cases) -> None:
    here = case(A.DRAFT, C.OPEN)
    write(here, here.reader, "Réponse.", answers_id=write(here, here.owner, "Question."))
    with here.factory.platform.database.writing() as session:
        now = here.factory.now
        session.add(
            ReadingLink(application_id=here.id, token_hash="0" * 64, name="Bureau", created_by=here.owner.id, created_at=now,
                        expires_at=now)
        )  # fmt: skip
        session.flush()
        session.execute(delete(SectionAnswers).where(SectionAnswers.application_id == here.id))
        session.execute(delete(Application).where(Application.id == here.id))
        left = [*session.exec(select(QuestionComment)), *session.exec(select(ReadingLink))]
    assert left == []
