"""Reviews are set aside by two persons with a reason, before ranks are known; they count for nothing and stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from aap.core.assignment.problem import Demand
from aap.records.audit import AuditLine
from aap.records.calls import Call, CallState
from aap.records.people import Person, Role, RoleGrant
from aap.records.reviews import AsideGround, RecusalOrigin, Reviewer, SetAside
from aap.services.assignment.situation import default_settings, situation
from aap.services.call.calls import get_call
from aap.services.errors import InvalidInput, NotFound, Objection, OwnRequest, SamePerson
from aap.services.harmonising.agreement import submitted_reviews
from aap.services.harmonising.setting_aside import (
    confirm_set_aside,
    propose_set_aside,
    set_aside_page,
    withdraw_set_aside,
)
from aap.services.platform import Platform
from aap.services.ranking.computing import compute_run, store_run
from aap.services.ranking.input import ranking_input
from aap.services.recusals import recuse
from aap.services.review.progress import reviews_totals
from aap.services.review.reviewing import submit_review
from tests.databases import on_both_databases
from tests.worlds.desks import Desk, Desks

REASON = "L’évaluateur a présidé l’association jusqu’en 2024 (statuts joints)."


class Scene:
    """A desk whose dossier has two submitted reviews, and a second official."""

    def __init__(self, here: Desk) -> None:
        self.here = here
        self.platform = here.factory.platform
        self.second = here.factory.person(Role.OFFICIAL)
        for person, mark in ((here.first, "5"), (here.second, "1")):
            self.act(
                submit_review, person, application_id=here.application.id, entry=here.entry(qualite=mark, solidite="3")
            )
        self.codes = {person.id: self.code(person.id) for person in (here.first, here.second, here.third)}

    def act(self, work: Callable[..., Any], who: Person, **given: Any) -> Any:
        with self.platform.database.writing() as session:
            found = work(session, actor=self.here.factory.actor(who), now=self.platform.clock(), **given)
            session.flush()
            return found.id if isinstance(found, SetAside) else found

    def code(self, person_id: str) -> str:
        with self.platform.database.reading() as session:
            return session.exec(select(Reviewer.code).where(Reviewer.person_id == person_id)).one()

    def propose(self, who: Person, reviewer: Person, reference: str = "", reason: str = REASON) -> str:
        code = self.codes.get(reviewer.id, "?")
        return str(self.act(propose_set_aside, who, call=self.here.call, code=code, reference=reference, reason=reason))

    def confirm(self, who: Person, aside_id: str) -> None:
        self.act(confirm_set_aside, who, call=self.here.call, aside_id=aside_id)

    def ranked(self) -> tuple[Any, ...]:
        """Status, number of reviews, raw score; who is in the table of reviewers; marks kept."""
        with self.platform.database.reading() as session:
            call = get_call(session, self.here.call.id)
            given = ranking_input(session, call)
        run = compute_run(call, given, draws=0)
        row = run.rows[0]
        return (
            row.status,
            row.reviews,
            row.raw_score,
            [one.reviewer_id for one in run.reviewers],
            len(given.given.marks),
        )

    def compute(self) -> None:
        with self.platform.database.writing() as session:
            call = get_call(session, self.here.call.id)
            given = ranking_input(session, call)
            run = compute_run(call, given, draws=0)
            actor = self.here.factory.actor(self.here.official)
            store_run(session, actor=actor, call=call, given=given, run=run, now=self.platform.clock())


@on_both_databases
@pytest.mark.parametrize("whole", [True, False])
def test_two_persons_set_reviews_aside_and_the_dossier_asks_for_another_review(
    platform: Platform, desk: Desks, whole: bool
) -> None:
    here = desk()
    scene = Scene(here)
    before = scene.ranked()
    assert before[1:] == (2, 60, sorted(scene.codes[one.id] for one in (here.first, here.second)), 4)
    aside = scene.propose(here.official, here.first, "" if whole else here.application.reference)
    assert scene.ranked() == before
    with pytest.raises(SamePerson):
        scene.confirm(here.official, aside)
    scene.confirm(scene.second, aside)
    status, reviews, score, reviewers, marks = scene.ranked()
    needed = here.call.file.rubric.min_reviews
    assert (status, reviews, score, reviewers, marks) == (
        "incomplete" if needed > 1 else status, 1, 36, [scene.codes[here.second.id]], 4,
    )  # fmt: skip
    with platform.database.reading() as session:
        actor = here.factory.actor(here.official)
        page = set_aside_page(session, actor=actor, call=here.call)
        assert [(one.code, one.reference, bool(one.confirmed_by)) for one in page.lines] == [
            (scene.codes[here.first.id], "" if whole else here.application.reference, True)
        ]
        assert [(one.reference, one.counted, one.needed) for one in page.short] == (
            [(here.application.reference, 1, needed)] if needed > 1 else []
        )
        assert reviews_totals(session, here.call).submitted == 1
        assert [one.reviewer_id for one in submitted_reviews(session, here.call, actor)[0]] == [
            scene.codes[here.second.id]
        ]
        ground = session.exec(select(SetAside.ground)).one()
        assert ground == (AsideGround.RULE if whole else AsideGround.CONFLICT)
        actions = session.exec(select(AuditLine.action).order_by(AuditLine.sequence)).all()  # type: ignore[arg-type]
    assert actions[-2:] == ["set_aside.proposed", "set_aside.confirmed"]


@on_both_databases
def test_what_is_taken_back_counts_again(platform: Platform, desk: Desks) -> None:
    here = desk()
    scene = Scene(here)
    before = scene.ranked()
    aside = scene.propose(here.official, here.first)
    scene.confirm(scene.second, aside)
    with pytest.raises(InvalidInput) as caught:
        scene.act(withdraw_set_aside, here.official, call=here.call, aside_id=aside, reason=" ")
    assert caught.value.problems == {"reason": Objection("harmonising.set_aside_unexplained")}
    scene.act(withdraw_set_aside, here.official, call=here.call, aside_id=aside, reason="La preuve ne tient pas.")
    assert scene.ranked() == before


def test_once_ranks_are_known_nothing_is_set_aside_or_taken_back(desk: Desks) -> None:
    here = desk()
    scene = Scene(here)
    pending = scene.propose(here.official, here.first)
    with scene.platform.database.writing() as session:
        session.get_one(Call, here.call.id).state = CallState.DELIBERATING
    scene.compute()
    known = {"": Objection("harmonising.ranks_known")}
    for attempt in (
        lambda: scene.propose(here.official, here.second),
        lambda: scene.confirm(scene.second, pending),
        lambda: scene.act(withdraw_set_aside, here.official, call=here.call, aside_id=pending, reason="Trop tard."),
    ):
        with pytest.raises(InvalidInput) as caught:
            attempt()
        assert caught.value.problems == known


def test_what_can_not_be_set_aside_is_told_beside_its_field(desk: Desks) -> None:
    here = desk()
    scene = Scene(here)
    scene.propose(here.official, here.first)
    reference = here.application.reference
    for reviewer, where, reason, problems in (
        (here.first, "", REASON, {"reviewer": "harmonising.set_aside_already"}),
        (here.third, "", REASON, {"reviewer": "harmonising.no_such_review"}),
        (here.third, reference, REASON, {"reference": "harmonising.no_such_review"}),
        (
            here.second,
            "D-9999",
            "",
            {"reference": "dossier.reference_unknown", "reason": "harmonising.set_aside_unexplained"},
        ),
        (here.official, "", REASON, {"reviewer": "harmonising.no_such_reviewer"}),
        (here.second, "", "x" * 5_001, {"reason": "harmonising.text_too_long"}),
    ):
        with pytest.raises(InvalidInput) as caught:
            scene.propose(scene.second, reviewer, where, reason)
        assert {name: found.key for name, found in caught.value.problems.items()} == problems


def test_nobody_decides_on_their_own_reviews_and_a_recused_official_sees_no_dossier(desk: Desks) -> None:
    here = desk()
    scene = Scene(here)
    with scene.platform.database.writing() as session:
        session.add(RoleGrant(person_id=here.first.id, role=Role.OFFICIAL, created_at=here.factory.now))
    with pytest.raises(OwnRequest):
        scene.propose(here.first, here.first)
    aside = scene.propose(here.official, here.first, here.application.reference)
    with pytest.raises((OwnRequest, NotFound)):
        scene.confirm(here.first, aside)
    with scene.platform.database.writing() as session:
        recuse(
            session, here.factory.actor(here.official), here.application, scene.second.id, RecusalOrigin.OFFICIAL,
            "Ancienne salariée.", scene.platform.clock(),
        )  # fmt: skip
    with pytest.raises(NotFound):
        scene.confirm(scene.second, aside)
    with scene.platform.database.reading() as session:
        page = set_aside_page(session, actor=here.factory.actor(scene.second), call=here.call)
    assert [(one.masked, one.code, one.reference, one.reason) for one in page.lines] == [(True, "", "", "")]


@pytest.mark.parametrize("whole", [True, False])
def test_a_review_set_aside_holds_no_seat_and_its_dossier_goes_to_somebody_else(desk: Desks, whole: bool) -> None:
    scene = Scene(desk())
    here, reference = scene.here, scene.here.application.reference
    first = scene.codes[here.first.id]

    def demand() -> Demand:
        with scene.platform.database.reading() as session:
            call = get_call(session, here.call.id)
            return situation(session, call, default_settings(call)).demand

    assert (reference, first) in demand().fixed
    scene.confirm(scene.second, scene.propose(here.official, here.first, "" if whole else reference))
    found = demand()
    assert (reference, first) not in found.current | found.fixed
    assert ((reference, first) in found.conflicts) is not whole
    assert {one.id: one.available for one in found.reviewers}[first] is not whole
