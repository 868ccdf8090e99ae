"""Marks twice, late, after a reopening, by a removed reviewer, on a withdrawn dossier, with another grid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from aap.records.applications import Application, ApplicationState
from aap.records.audit import AuditLine
from aap.records.reviews import Assignment, Mark, Review, ReviewState
from aap.services.errors import DeadlinePassed, NotFound, StaleVersion, StateForbids
from aap.services.panel.recusing import add_recusal, declare_recusal
from aap.services.platform import Platform
from aap.services.review.reopening import reopen_review, request_reopening
from aap.services.review.reviewing import RubricChanged, save_review, submit_review
from tests.factories import LINKS
from tests.worlds.desks import Desk, Desks

both = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
FULL = {"qualite": "3.5", "solidite": "4"}


def done(platform: Platform, desk: Desk, work: Callable[..., Any], **given: Any) -> Any:
    with platform.database.writing() as session:
        return work(session, now=platform.clock(), **given)


def stored(platform: Platform, desk: Desk) -> dict[str, Decimal | None]:
    with platform.database.reading() as session:
        marks = session.exec(
            select(Mark).where(Mark.review_id == Review.id, Review.application_id == desk.application.id)
        )
        return {mark.criterion: mark.score for mark in marks}


def assignment_of(platform: Platform, desk: Desk) -> str:
    with platform.database.reading() as session:
        return session.exec(
            select(Assignment.id).where(
                Assignment.person_id == desk.first.id, Assignment.application_id == desk.application.id
            )
        ).one()


@both
def test_a_draft_then_its_submission_are_kept_with_their_marks_and_an_audit_line(
    platform: Platform, desk: Desks
) -> None:
    here = desk()
    actor = here.factory.actor(here.first)
    given = {"actor": actor, "application_id": here.application.id}
    draft = done(platform, here, save_review, entry=here.entry(qualite="3,5"), **given).review
    assert (draft.state, draft.version, stored(platform, here)) == (
        ReviewState.DRAFT, 1, {"qualite": Decimal("3.5"), "solidite": None},
    )  # fmt: skip
    review = done(platform, here, submit_review, entry=here.entry(1, **FULL), **given).review
    assert (review.state, review.version, review.submitted_at) == (ReviewState.SUBMITTED, 2, platform.clock())
    assert stored(platform, here) == {"qualite": Decimal("3.5"), "solidite": Decimal(4)}
    with platform.database.reading() as session:
        actions = session.exec(select(AuditLine.action).order_by(col(AuditLine.sequence))).all()
    assert actions[-3:] == ["review.marked", "review.marked", "review.submitted"]


@both
def test_the_same_submission_twice_is_one(platform: Platform, desk: Desks) -> None:
    here = desk()
    given = {"actor": here.factory.actor(here.first), "application_id": here.application.id}
    done(platform, here, submit_review, entry=here.entry(**FULL), **given)
    again = done(platform, here, submit_review, entry=here.entry(**FULL), **given).review
    assert (again.version, again.state) == (1, ReviewState.SUBMITTED)


def test_other_marks_after_the_submission_are_refused(platform: Platform, desk: Desks) -> None:
    here = desk()
    given = {"actor": here.factory.actor(here.first), "application_id": here.application.id}
    done(platform, here, submit_review, entry=here.entry(**FULL), **given)
    with pytest.raises(StateForbids):
        done(platform, here, submit_review, entry=here.entry(1, qualite="0", solidite="0"), **given)
    assert stored(platform, here) == {"qualite": Decimal("3.5"), "solidite": Decimal(4)}


@both
def test_a_save_from_an_older_page_shows_both_versions_and_changes_nothing(platform: Platform, desk: Desks) -> None:
    here = desk()
    given = {"actor": here.factory.actor(here.first), "application_id": here.application.id}
    done(platform, here, save_review, entry=here.entry(**FULL), **given)
    with pytest.raises(StaleVersion) as caught:
        done(platform, here, save_review, entry=here.entry(0, qualite="1", solidite="4"), **given)
    assert caught.value.version == 1
    assert caught.value.theirs["differences"] == [
        {"part": "mark", "criterion": "Qualité", "mine": "1", "theirs": "3.5"}
    ]
    assert stored(platform, here) == {"qualite": Decimal("3.5"), "solidite": Decimal(4)}


def test_an_incomplete_submission_names_every_field_and_keeps_the_draft(platform: Platform, desk: Desks) -> None:
    here = desk()
    entry = here.entry(qualite="1.5")
    entry = type(entry)(marks={"qualite": "1.5"}, comments={}, version=0, rubric_hash="0" * 64)
    kept = done(platform, here, submit_review, entry=entry, actor=here.factory.actor(here.first),
                application_id=here.application.id)  # fmt: skip
    assert set(kept.problems) == {"comments.qualite", "marks.solidite"}
    assert (kept.review.state, stored(platform, here)) == ("draft", {"qualite": Decimal("1.5"), "solidite": None})


def test_a_mark_off_the_grid_is_not_kept(platform: Platform, desk: Desks) -> None:
    here = desk()
    given = {"actor": here.factory.actor(here.first), "application_id": here.application.id}
    for number, typed in enumerate(("3.3", "6", "-1", "NaN", "1e3", "９", "beaucoup")):
        done(platform, here, save_review, entry=here.entry(number, qualite=typed, solidite="2"), **given)
    assert stored(platform, here) == {"qualite": None, "solidite": Decimal(2)}


@both
def test_a_late_review_is_refused_until_it_is_reopened(platform: Platform, desk: Desks, clock: Any) -> None:
    here = desk(reviewing=f'closes_at: "{(platform.clock() + timedelta(days=1)).isoformat()}"')
    given = {"actor": here.factory.actor(here.first), "application_id": here.application.id}
    clock.move(days=2)
    with pytest.raises(DeadlinePassed):
        done(platform, here, submit_review, entry=here.entry(**FULL), **given)
    done(
        platform, here, reopen_review, actor=here.factory.actor(here.official), call_id=here.call.id,
        assignment_id=assignment_of(platform, here), reason="Panne de réseau.", links=LINKS,
    )  # fmt: skip
    review = done(platform, here, submit_review, entry=here.entry(1, **FULL), **given).review
    assert (review.state, review.reopen_reason) == (ReviewState.SUBMITTED, "Panne de réseau.")


@both
def test_a_reopened_review_leaves_the_ranking_until_it_is_submitted_again(platform: Platform, desk: Desks) -> None:
    from aap.services.call.calls import get_call
    from aap.services.ranking.input import ranking_input

    here = desk()
    given = {"actor": here.factory.actor(here.first), "application_id": here.application.id}

    def counted() -> int:
        with platform.database.reading() as session:
            return len(ranking_input(session, get_call(session, here.call.id)).given.marks)

    done(platform, here, submit_review, entry=here.entry(**FULL), **given)
    assert counted() == 2
    done(platform, here, request_reopening, reason="Une erreur de saisie.", **given, links=LINKS)
    done(
        platform, here, reopen_review, actor=here.factory.actor(here.official), call_id=here.call.id,
        assignment_id=assignment_of(platform, here), reason="À sa demande.", links=LINKS,
    )  # fmt: skip
    assert counted() == 0
    review = done(platform, here, submit_review, entry=here.entry(2, qualite="5", solidite="5"), **given).review
    assert (counted(), review.reopen_request, review.reopen_reason) == (2, "", "À sa demande.")


def test_an_official_recused_of_a_dossier_reopens_none_of_its_reviews(platform: Platform, desk: Desks) -> None:
    here = desk()
    done(platform, here, submit_review, entry=here.entry(**FULL), actor=here.factory.actor(here.first),
         application_id=here.application.id)  # fmt: skip
    other = here.factory.person(*[next(iter(here.factory.actor(here.official).roles))])
    done(platform, here, add_recusal, actor=here.factory.actor(other), application_id=here.application.id,
         person_id=here.official.id, reason="Voisin.")  # fmt: skip
    with pytest.raises(NotFound):
        done(platform, here, reopen_review, actor=here.factory.actor(here.official), call_id=here.call.id,
             assignment_id=assignment_of(platform, here), reason="À revoir.", links=LINKS)  # fmt: skip


@pytest.mark.parametrize("how", ["removed", "recused", "never given"])
def test_who_is_removed_recused_or_never_had_it_finds_no_dossier(platform: Platform, desk: Desks, how: str) -> None:
    here = desk()
    person = here.third if how == "never given" else here.first
    actor = here.factory.actor(person)
    given = {"actor": actor, "application_id": here.application.id}
    if how == "removed":
        with platform.database.writing() as session:
            held = session.exec(select(Assignment).where(Assignment.person_id == person.id)).one()
            held.removed_at = platform.clock()
            session.add(held)
    if how == "recused":
        done(platform, here, declare_recusal, reason="Ancien salarié.", **given)
    for work in (save_review, submit_review):
        with pytest.raises(NotFound):
            done(platform, here, work, entry=here.entry(**FULL), **given)


def test_a_withdrawn_dossier_takes_no_marks_and_keeps_those_it_had(platform: Platform, desk: Desks) -> None:
    here = desk()
    given = {"actor": here.factory.actor(here.first), "application_id": here.application.id}
    done(platform, here, save_review, entry=here.entry(**FULL), **given)
    with platform.database.writing() as session:
        held = session.get(Application, here.application.id)
        assert held is not None
        held.state = ApplicationState.WITHDRAWN
        session.add(held)
    with pytest.raises(StateForbids):
        done(platform, here, submit_review, entry=here.entry(1, **FULL), **given)
    assert stored(platform, here) == {"qualite": Decimal("3.5"), "solidite": Decimal(4)}


def test_a_page_of_an_older_grid_is_asked_to_be_looked_at_again(platform: Platform, desk: Desks) -> None:
    here = desk()
    entry = here.entry(**FULL)
    older = type(entry)(marks=entry.marks, comments=entry.comments, version=0, rubric_hash="1" * 64)
    with pytest.raises(RubricChanged):
        done(platform, here, submit_review, entry=older, actor=here.factory.actor(here.first),
             application_id=here.application.id)  # fmt: skip
    assert stored(platform, here) == {}


def test_a_recusal_after_marking_takes_the_marks_out_and_keeps_them_in_the_audit(
    platform: Platform, desk: Desks
) -> None:
    from aap.records.audit import AuditValues
    from aap.services.call.calls import get_call
    from aap.services.ranking.input import ranking_input

    here = desk()
    given = {"actor": here.factory.actor(here.first), "application_id": here.application.id}
    done(platform, here, submit_review, entry=here.entry(**FULL), **given)
    done(platform, here, declare_recusal, reason="Mon frère en est trésorier.", **given)
    with platform.database.reading() as session:
        assert ranking_input(session, get_call(session, here.call.id)).given.marks == ()
        last = session.exec(select(AuditValues).order_by(col(AuditValues.sequence).desc())).first()
    assert last is not None
    assert last.content is not None
    assert last.content["before"] == {"marks": {"qualite": "3.5", "solidite": "4"}}


def test_time_spent_counts_work_and_not_pauses(platform: Platform, desk: Desks, clock: Any) -> None:
    here = desk()
    given = {"actor": here.factory.actor(here.first), "application_id": here.application.id}
    done(platform, here, save_review, entry=here.entry(**FULL), **given)
    clock.move(seconds=200)
    done(platform, here, save_review, entry=here.entry(1, **FULL), **given)
    clock.move(hours=8)
    review = done(platform, here, save_review, entry=here.entry(2, **FULL), **given).review
    assert review.seconds_spent == 200
