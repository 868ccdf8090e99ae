"""The discussion of a dossier: it opens once all its reviews are in, and keeps what was marked before it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from sqlmodel import select

from aap.core.ranking.bundle import verify_bundle
from aap.documents.papers.minutes import MinutesTable
from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.deliberations import Gate, Waiver
from aap.records.discussions import Discussion
from aap.records.people import Person, Role
from aap.records.rankings import RankingRow, RankingRun
from aap.records.reviews import Assignment, SetAside
from aap.services.call.calls import change_state, get_call
from aap.services.dossier.discussed import changes_of, independent_marks, keep_discussions
from aap.services.errors import InvalidInput, NotFound, Objection, StaleVersion, StateForbids
from aap.services.harmonising.consensus import open_consensus
from aap.services.harmonising.followed_discussions import (
    end_discussion,
    end_discussions,
    followed_discussions,
    resume_discussion,
)
from aap.services.panel.recusing import declare_recusal
from aap.services.platform import Platform
from aap.services.ranking.computing import compute_run, store_run
from aap.services.ranking.gates import gates_of
from aap.services.ranking.input import ranking_input
from aap.services.ranking.minuted_decisions import discussion_parts
from aap.services.review.declining import decline_dossier
from aap.services.review.discussing import change_review, open_discussion, write_post
from aap.services.review.reopening import reopen_review, request_reopening
from aap.services.review.reviewing import ReviewEntry, save_review, submit_review
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.worlds.desks import Desk, Desks
from tests.worlds.mailbox import link_in, mails_to


def act(here: Desk, work: Callable[..., Any], **given: Any) -> Any:
    with here.factory.platform.database.writing() as session:
        return work(session, now=here.factory.now, **given)


def own(here: Desk, person: Person, work: Callable[..., Any], **given: Any) -> Any:
    return act(here, work, actor=here.factory.actor(person), application_id=here.application.id, **given)


def lead(here: Desk, work: Callable[..., Any], **given: Any) -> Any:
    call = fresh(here)
    return act(here, work, actor=here.factory.actor(here.official), call=call, **given)


def fresh(here: Desk) -> Any:
    with here.factory.platform.database.reading() as session:
        return get_call(session, here.call.id)


def discussing(desk: Desks, more: str = "") -> Desk:
    return desk(reviewing=f'discussion_until: "2099-01-05T12:00:00+01:00"{more}')


def submit(here: Desk, person: Person, qualite: str, solidite: str = "3") -> None:
    own(here, person, submit_review, entry=here.entry(qualite=qualite, solidite=solidite))


def both(here: Desk) -> None:
    submit(here, here.first, "5")
    submit(here, here.second, "3")


def tick(here: Desk) -> None:
    act(here, keep_discussions, links=LINKS)


def seen(here: Desk, person: Person) -> Any:
    with here.factory.platform.database.reading() as session:
        return open_discussion(
            session, actor=here.factory.actor(person), application_id=here.application.id, now=here.factory.now
        )


def changed(here: Desk, person: Person, reason: str = "Le budget a été relu.", version: int = 1, **marks: str) -> None:
    entry = ReviewEntry(
        marks={"qualite": "5", "solidite": "3", **marks}, comments={"qualite": "Bien vu."}, version=version,
        rubric_hash="0" * 64,
    )  # fmt: skip
    own(here, person, change_review, entry=entry, reason=reason)


@on_both_databases
def test_it_opens_when_the_last_review_is_submitted_and_is_told_once(platform: Platform, desk: Desks) -> None:
    here = discussing(desk)
    submit(here, here.first, "5")
    for person in (here.first, here.second):
        with pytest.raises(NotFound):
            seen(here, person)
    own(here, here.second, save_review, entry=here.entry(qualite="3"))
    tick(here)
    assert mails_to(platform, here.first.email) == []
    own(here, here.second, submit_review, entry=here.entry(1, qualite="3", solidite="3"))
    assert [one.marks["qualite"] for one in seen(here, here.first).others] == [Decimal(3)]
    assert [one.marks["qualite"] for one in seen(here, here.second).others] == [Decimal(5)]
    for _ in range(3):
        tick(here)
    for person in (here.first, here.second):
        (mail,) = mails_to(platform, person.email)
        assert here.application.reference in mail.subject
        assert link_in(mail) == f"/evaluation/dossiers/{here.application.id}/discussion"
    assert mails_to(platform, here.third.email) == []


@on_both_databases
def test_two_last_reviews_at_once_open_one_discussion(platform: Platform, desk: Desks) -> None:
    here = discussing(desk)
    begun, done = Event(), Event()

    def first() -> None:
        actor = here.factory.actor(here.first)
        with platform.database.writing() as session:
            submit_review(
                session, actor=actor, application_id=here.application.id, entry=here.entry(qualite="5", solidite="3"),
                now=here.factory.now,
            )  # fmt: skip
            begun.set()
            done.wait(1)

    with ThreadPoolExecutor(2) as people:
        before = people.submit(first)
        assert begun.wait(30)
        meanwhile = people.submit(submit, here, here.second, "3")
        with pytest.raises(TimeoutError):
            meanwhile.result(timeout=0.3)  # it waits for the first
        done.set()
        before.result()
        meanwhile.result()
    assert seen(here, here.first).open


@on_both_databases
def test_a_worker_that_dies_tells_nobody_and_two_at_once_tell_once(platform: Platform, desk: Desks) -> None:
    here = discussing(desk)
    both(here)

    def dies(session: Any) -> None:
        keep_discussions(session, links=LINKS, now=here.factory.now)
        raise RuntimeError

    with pytest.raises(RuntimeError), platform.database.writing() as session:
        dies(session)
    assert mails_to(platform, here.first.email) == []
    with ThreadPoolExecutor(2) as workers:
        for work in [workers.submit(tick, here) for _ in range(2)]:
            work.result()
    assert len(mails_to(platform, here.first.email)) == 1


@on_both_databases
def test_a_dossier_given_back_by_who_had_not_marked_it_is_discussed_by_the_others(
    platform: Platform, desk: Desks
) -> None:
    here = discussing(desk)
    here.factory.assignment(here.application, here.third)
    both(here)
    with pytest.raises(NotFound):
        seen(here, here.first)
    own(here, here.third, decline_dossier, reason="")
    tick(here)
    assert seen(here, here.first).open
    with pytest.raises(NotFound):
        seen(here, here.third)
    assert mails_to(platform, here.third.email) == []


def test_without_the_key_and_after_its_time_none_opens(desk: Desks, clock: Any) -> None:
    plain, late = desk(), discussing(desk)
    both(plain)
    submit(late, late.first, "5")
    clock.move(days=365 * 90)
    submit(late, late.second, "3")
    for here in (plain, late):
        tick(here)
        with pytest.raises(NotFound):
            seen(here, here.first)


def test_who_comes_later_marks_alone_then_takes_part(desk: Desks) -> None:
    here = discussing(desk)
    both(here)
    here.factory.assignment(here.application, here.third)
    with pytest.raises(NotFound):
        seen(here, here.third)
    assert seen(here, here.first).open
    submit(here, here.third, "1")
    assert len(seen(here, here.third).others) == 2


def test_who_is_recused_set_aside_or_an_official_takes_no_part(desk: Desks) -> None:
    here = discussing(desk)
    official = here.factory.person(Role.OFFICIAL, Role.REVIEWER, call=here.call)
    for person in (here.third, official):
        here.factory.assignment(here.application, person)
        submit(here, person, "2")
    both(here)
    tick(here)
    assert seen(here, here.third).open
    assert mails_to(here.factory.platform, official.email) == []
    with here.factory.platform.database.writing() as session:
        session.add(
            SetAside(
                call_id=here.call.id, person_id=here.second.id, application_id=here.application.id, ground="conflict",
                reason="Lien.", proposed_by=here.official.id, proposed_at=here.factory.now, confirmed_by=official.id,
                confirmed_at=here.factory.now,
            )
        )  # fmt: skip
    own(here, here.third, declare_recusal, reason="Ancien salarié.")
    for person in (here.second, here.third, official):
        for work, given in (
            (write_post, {"body": "Bonjour."}),
            (change_review, {"entry": here.entry(1, qualite="4", solidite="4"), "reason": "Parce que."}),
        ):
            with pytest.raises(NotFound):
                own(here, person, work, **given)
        with pytest.raises(NotFound):
            seen(here, person)
    assert len(seen(here, here.first).others) == 1


@on_both_databases
def test_marks_change_with_a_reason_and_those_before_stay(platform: Platform, desk: Desks) -> None:
    here = discussing(desk)
    both(here)
    own(here, here.second, write_post, body=" Le budget est équilibré. ")
    own(here, here.second, write_post, body="Le budget est équilibré.")
    assert [(one.body, one.own) for one in seen(here, here.second).posts] == [("Le budget est équilibré.", True)]
    for reason, marks, field in (
        ("", {"qualite": "4"}, "reason"), ("Parce que.", {}, "reason"), ("Parce que.", {"qualite": "9"}, "marks.qualite"),
        ("x" * 1_001, {"qualite": "4"}, "reason"), ("Parce que.", {"solidite": ""}, "marks.solidite"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            changed(here, here.first, reason, **marks)
        assert set(refused.value.problems) == {field}
    with pytest.raises(StaleVersion):
        changed(here, here.first, version=0, qualite="4")
    changed(here, here.first, qualite="4")
    changed(here, here.first, "Et encore.", version=2, qualite="3,5", solidite="2")
    with platform.database.reading() as session:
        found = changes_of(session, here.call.id)
        lines = session.exec(
            select(AuditLine.action).where(AuditLine.action == "review.changed_after_discussion")
        ).all()
        given = ranking_input(session, fresh(here)).given
    assert [(dict(one.marks), one.reason) for one in found] == [
        ({"qualite": (5, 4)}, "Le budget a été relu."), ({"qualite": (4, Decimal("3.5")), "solidite": (3, 2)}, "Et encore."),
    ]  # fmt: skip
    assert independent_marks(found) == {
        (here.application.id, here.first.id): {"qualite": Decimal(5), "solidite": Decimal(3)}
    }
    assert len(lines) == 2
    assert sorted(one.score for one in given.marks) == [2, 3, 3, Decimal("3.5")]
    assert seen(here, here.second).independent == {found[0].code: {"qualite": Decimal(5), "solidite": Decimal(3)}}


@on_both_databases
def test_a_run_takes_the_final_marks_and_its_bundle_replays(platform: Platform, desk: Desks) -> None:
    here = discussing(desk)
    both(here)
    changed(here, here.first, qualite="4")
    lead(here, end_discussions, reason="Tout est dit.")
    with platform.database.writing() as session:
        call = get_call(session, here.call.id)
        change_state(
            session, call, CallState.DELIBERATING, actor=here.factory.actor(here.official), now=here.factory.now
        )
        given = ranking_input(session, call)
        run = compute_run(call, given, draws=0)
        store_run(
            session, actor=here.factory.actor(here.official), call=call, given=given, run=run, now=here.factory.now
        )
    with platform.database.reading() as session:
        stored = session.exec(select(RankingRun)).one()
        score = session.exec(select(RankingRow.raw_score)).one()
        parts = discussion_parts(session, actor=here.factory.actor(here.official), call=get_call(session, here.call.id))
    assert verify_bundle(stored.bundle) == ()
    assert score == Decimal(66)
    (table,) = (part for part in parts if isinstance(part, MinutesTable))
    assert [cell.text.replace("\u00a0", " ") for cell in table.rows[0]][2:] == [
        "Qualité : 5 devenu 4", "Le budget a été relu.",
    ]  # fmt: skip


@on_both_databases
def test_it_is_over_at_its_time_or_when_an_official_ends_it(platform: Platform, desk: Desks) -> None:
    here = discussing(desk)
    both(here)
    reference = here.application.reference
    with pytest.raises(InvalidInput) as refused:
        lead(here, end_discussion, reference=reference, reason=" ")
    assert refused.value.problems == {"reason": Objection("harmonising.discussion_unexplained")}
    lead(here, end_discussion, reference=reference, reason="Tout est dit.")
    with pytest.raises(StateForbids):
        lead(here, end_discussion, reference=reference, reason="Encore.")
    with pytest.raises(StateForbids):
        own(here, here.first, write_post, body="Trop tard.")
    with pytest.raises(StateForbids):
        changed(here, here.first, qualite="4")
    assert not seen(here, here.first).open
    with pytest.raises(InvalidInput):
        lead(here, resume_discussion, reference=reference, reason="")
    tick(here)
    lead(here, resume_discussion, reference=reference, reason="Une pièce est arrivée.")
    tick(here)
    changed(here, here.first, qualite="4")
    assert len(mails_to(platform, here.first.email)) == 1
    platform.clock.move(days=365 * 90)  # type: ignore[attr-defined]
    with pytest.raises(StateForbids):
        changed(here, here.first, version=2, qualite="3")
    tick(here)
    with platform.database.reading() as session:
        discussion = session.exec(select(Discussion)).one()
        page = followed_discussions(
            session, actor=here.factory.actor(here.official), call=fresh(here), now=here.factory.now
        )
    assert (discussion.closed_by, discussion.closed_at) == (None, here.factory.now)
    assert [(one.open, one.closed_by, one.reopenable) for one in page.lines] == [(False, "", False)]


def test_the_deliberation_waits_and_a_consensus_comes_after(desk: Desks) -> None:
    here = discussing(desk, more=", divergence: {overall: 10}")
    both(here)
    with here.factory.platform.database.reading() as session:
        assert Objection("ranking.under_discussion", dossiers=1) in gates_of(session, fresh(here)).obstacles
    opening = {"reference": here.application.reference, "cause": ""}
    with pytest.raises(InvalidInput) as refused:
        lead(here, open_consensus, **opening)
    assert refused.value.problems == {"cause": Objection("harmonising.still_discussed")}
    assert lead(here, end_discussions, reason="Tout est dit.") == 1
    with here.factory.platform.database.reading() as session:
        gates = gates_of(session, fresh(here))
    assert [one.key for one in gates.obstacles] == ["ranking.gate_divergent"]
    lead(here, open_consensus, **opening)
    with pytest.raises(StateForbids):
        lead(here, resume_discussion, reference=here.application.reference, reason="Encore un mot.")


def test_a_discussed_review_is_corrected_in_the_discussion_alone(desk: Desks) -> None:
    here = discussing(desk)
    both(here)
    with pytest.raises(InvalidInput) as refused:
        own(here, here.first, request_reopening, reason="Une erreur.", links=LINKS)
    assert refused.value.problems == {"reason": Objection("review.corrected_in_discussion")}
    with here.factory.platform.database.reading() as session:
        held = session.exec(select(Assignment).where(Assignment.person_id == here.first.id)).one()
    with pytest.raises(InvalidInput):
        act(
            here, reopen_review, actor=here.factory.actor(here.official), call_id=here.call.id, assignment_id=held.id,
            reason="Une erreur.", links=LINKS,
        )  # fmt: skip


def test_a_changed_mark_overtakes_a_waiver(desk: Desks, clock: Any) -> None:
    here = discussing(desk, more=", divergence: {overall: 10}")
    both(here)
    clock.move(hours=1)
    with here.factory.platform.database.writing() as session:
        session.add(
            Waiver(
                call_id=here.call.id, application_id=here.application.id, gate=Gate.DIVERGENT, reason="Vu.",
                author_id=here.official.id, created_at=here.factory.now,
            )
        )  # fmt: skip

    def line() -> tuple[str, bool]:
        with here.factory.platform.database.reading() as session:
            (found,) = gates_of(session, fresh(here)).lines
        return found.looked, found.overtaken

    assert line() == ("waiver", False)
    clock.move(hours=1)
    changed(here, here.first, qualite="4,5")
    assert line() == ("", True)
