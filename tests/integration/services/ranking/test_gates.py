"""What nobody looked at stands in the way of the deliberation and of a freeze; the authority goes past it one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from aap.records.applications import Application, ApplicationState
from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.deliberations import Gate
from aap.records.people import Person, Role
from aap.records.reviews import Assignment, Mark, Recusal, RecusalOrigin, Review, ReviewState, SetAside
from aap.services.call.calls import OpenedCall, get_call
from aap.services.errors import InvalidInput, NotFound, Objection, StateForbids
from aap.services.harmonising.consensus import ConsensusEntry, decide_consensus, open_consensus
from aap.services.harmonising.further_reviews import ask_further_review
from aap.services.platform import Platform
from aap.services.ranking.computing import compute_run, store_run
from aap.services.ranking.freezing import check_freeze
from aap.services.ranking.gates import GateLine, gates_of, gates_page, take_waiver_back, waive_gate, waivers_of
from aap.services.ranking.input import ranking_input
from aap.services.review.progress import reviews_totals
from aap.services.steering.advancing import advance_call, next_step
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.worlds.offices import LETTERS, Office, Offices, set_state

REVIEWING = LETTERS + "reviewing:\n  divergence: {overall: 25}\n"
DIVERGENT = Objection("ranking.gate_divergent", dossiers=1)


class Scene:
    """A call under review whose dossier of place 1 has two reviews 60 points apart."""

    def __init__(self, office: Offices) -> None:
        self.here: Office = office(CallState.REVIEWING, more=REVIEWING)
        self.platform: Platform = self.here.factory.platform
        self.reference = self.here.dossiers[1].reference
        self.remark(self.here.dossiers[1], self.here.reviewers[1], (1, 1))

    def remark(self, dossier: Application, reviewer: Person, marks: tuple[float, float]) -> None:
        with self.platform.database.writing() as session:
            held = session.exec(
                select(Review).where(Review.application_id == dossier.id, Review.person_id == reviewer.id)
            ).one()
            for mark in session.exec(select(Mark).where(Mark.review_id == held.id)):
                mark.score = Decimal(str(marks[0] if mark.criterion == "qualite" else marks[1]))
                session.add(mark)

    def call(self) -> OpenedCall:
        with self.platform.database.reading() as session:
            return get_call(session, self.here.call.id)

    def act(self, work: Callable[..., Any], who: Person | None = None, *, after: int = 0, **given: Any) -> Any:
        """As the first official, so many hours later."""
        with self.platform.database.writing() as session:
            actor = self.here.factory.actor(who or self.here.first)
            return work(session, actor=actor, now=self.here.factory.now + timedelta(hours=after), **given)

    def waive(self, reason: str = "Relu par le service.", who: Person | None = None, after: int = 0) -> None:
        self.act(
            waive_gate, who, after=after, call=self.call(), reference=self.reference, gate=Gate.DIVERGENT, reason=reason
        )

    def obstacles(self) -> tuple[Objection, ...]:
        with self.platform.database.reading() as session:
            return gates_of(session, get_call(session, self.here.call.id)).obstacles

    def looked(self) -> list[str]:
        with self.platform.database.reading() as session:
            return [one.looked for one in gates_of(session, get_call(session, self.here.call.id)).lines]

    def advance(self) -> None:
        self.act(advance_call, call_id=self.here.call.id, to=CallState.DELIBERATING, reason="")

    def further(self, marks: tuple[float, float]) -> None:
        """One more reviewer is asked for, and submits these marks two hours later."""
        third = self.here.factory.person(Role.REVIEWER, call=self.here.call)
        self.act(ask_further_review, call=self.call(), reference=self.reference, person_id=third.id, links=LINKS)
        with self.platform.database.writing() as session:
            given = session.exec(select(Assignment).where(Assignment.person_id == third.id)).one()
            at = self.here.factory.now + timedelta(hours=2)
            held = Review(
                assignment_id=given.id, application_id=given.application_id, person_id=third.id,
                state=ReviewState.SUBMITTED, created_at=at, updated_at=at, submitted_at=at,
            )  # fmt: skip
            session.add(held)
            session.flush()
            session.add_all(
                Mark(review_id=held.id, criterion=name, score=Decimal(str(mark)))
                for name, mark in zip(("qualite", "solidite"), marks, strict=True)
            )


@on_both_databases
def test_a_divergent_dossier_keeps_the_deliberation_closed_until_it_is_waived_with_a_reason(
    office: Offices, platform: Platform
) -> None:
    scene = Scene(office)
    with pytest.raises(InvalidInput) as caught:
        scene.advance()
    assert caught.value.problems == {"": (DIVERGENT,)}
    with pytest.raises(InvalidInput) as unexplained:
        scene.waive(reason=" ")
    assert unexplained.value.problems == {"reason": Objection("ranking.waiver_unexplained")}
    scene.waive()
    scene.advance()
    with platform.database.reading() as session:
        assert get_call(session, scene.here.call.id).state is CallState.DELIBERATING
        (line,) = waivers_of(session, scene.here.call)
        actions = session.exec(select(AuditLine.action).order_by(col(AuditLine.sequence))).all()
    assert (line.reference, line.gate, line.reason) == (scene.reference, Gate.DIVERGENT, "Relu par le service.")
    assert (line.author, line.at) == (scene.here.first.name, scene.here.factory.now)
    assert actions[-2:] == ["gate.waived", "call.state"]


def test_the_dashboard_tells_what_stands_in_the_way_without_marks_while_reviews_are_missing(
    office: Offices, platform: Platform
) -> None:
    scene = Scene(office)
    with platform.database.writing() as session:
        held = session.exec(select(Review).where(Review.application_id == scene.here.dossiers[2].id)).first()
        assert held is not None
        held.state, held.submitted_at = ReviewState.DRAFT, None
        unseen = session.get_one(Application, scene.here.dossiers[0].id)
        unseen.state, unseen.screened_at = ApplicationState.TO_COMPLETE, None
    with platform.database.reading() as session:
        call = get_call(session, scene.here.call.id)
        totals = reviews_totals(session, call)
        actor = scene.here.factory.actor(scene.here.first)
        step = next_step(session, actor=actor, call=call, now=scene.here.factory.now, totals=totals)
    assert step.to is CallState.DELIBERATING
    assert step.obstacles == (Objection("ranking.unscreened", dossiers=1), Objection("ranking.short", dossiers=1))
    assert step.cautions == (Objection("steering.reviews_missing", reviews=1),)


@on_both_databases
def test_a_waiver_that_is_taken_back_stands_in_the_way_again_also_of_a_freeze(
    office: Offices, platform: Platform
) -> None:
    scene = Scene(office)
    scene.waive()
    scene.advance()
    with platform.database.writing() as session:
        call = get_call(session, scene.here.call.id)
        given = ranking_input(session, call)
        actor = scene.here.factory.actor(scene.here.first)
        run = store_run(session, actor=actor, call=call, given=given, run=compute_run(call, given, draws=0),
                        now=scene.here.factory.now)  # fmt: skip
        assert check_freeze(session, call, run).obstacles == ()
    scene.act(take_waiver_back, call=scene.call(), reference=scene.reference, gate=Gate.DIVERGENT)
    with platform.database.reading() as session:
        assert check_freeze(session, get_call(session, call.id), run).obstacles == (DIVERGENT,)
        actions = session.exec(select(AuditLine.action).order_by(col(AuditLine.sequence))).all()
    assert actions[-1] == "gate.closed_again"
    set_state(scene.here, CallState.PROPOSED)
    with pytest.raises(StateForbids):
        scene.waive()


def test_a_decided_consensus_is_a_look_and_an_open_one_is_not(office: Offices) -> None:
    scene = Scene(office)
    scene.act(open_consensus, call=scene.call(), reference=scene.reference, cause="")
    assert scene.looked() == [""]
    scene.act(
        decide_consensus, call=scene.call(), reference=scene.reference,
        entry=ConsensusEntry({"qualite": "3", "solidite": "3"}, "Relu ensemble.", "", "Ana Un\nBen Deux",
                             scene.here.factory.now.date()),
    )  # fmt: skip
    assert (scene.looked(), scene.obstacles()) == (["consensus"], ())


@pytest.mark.parametrize(("marks", "looked"), [((3.5, 3.5), "further"), ((2.5, 2.5), "")])
def test_a_further_reading_settles_a_dossier_where_it_agrees_with_another_one(
    office: Offices, marks: tuple[float, float], looked: str
) -> None:
    scene = Scene(office)  # 80 and 20 on 100
    scene.further(marks)  # 70 is within 25 points of 80; 50 is apart from both
    assert scene.looked() == [looked]


def test_a_waiver_is_overtaken_by_a_review_that_is_submitted_later(office: Offices) -> None:
    scene = Scene(office)
    scene.waive(after=1)
    assert scene.looked() == ["waiver"]
    scene.further((2.5, 2.5))
    assert (scene.looked(), scene.obstacles()) == ([""], (DIVERGENT,))
    scene.waive("Relu après la troisième évaluation.", after=3)
    assert scene.looked() == ["waiver"]


def test_what_is_unscreened_short_of_reviews_or_half_set_aside_is_waived_by_nobody(office: Offices) -> None:
    scene = Scene(office)
    scene.waive()
    with scene.platform.database.writing() as session:
        session.get_one(Application, scene.here.dossiers[0].id).state = ApplicationState.TO_COMPLETE
        held = session.exec(select(Review).where(Review.application_id == scene.here.dossiers[2].id)).first()
        assert held is not None
        held.state = ReviewState.DRAFT
        session.add(
            SetAside(
                call_id=scene.here.call.id, person_id=scene.here.reviewers[0].id, ground="rule", reason="Règle 4.",
                proposed_by=scene.here.first.id, proposed_at=scene.here.factory.now,
            )
        )  # fmt: skip
    assert scene.obstacles() == (
        Objection("ranking.unscreened", dossiers=1),
        Objection("ranking.short", dossiers=1),
        Objection("ranking.set_aside_pending"),
    )


@on_both_databases
def test_who_is_recused_counts_the_same_dossiers_learns_nothing_of_them_and_waives_none(
    office: Offices, platform: Platform
) -> None:
    scene = Scene(office)
    with platform.database.writing() as session:
        session.add(
            Recusal(
                person_id=scene.here.second.id, application_id=scene.here.dossiers[1].id, reason="Parenté.",
                origin=RecusalOrigin.OFFICIAL, created_at=scene.here.factory.now,
            )
        )  # fmt: skip
    with platform.database.reading() as session:
        call = get_call(session, scene.here.call.id)
        whole = gates_page(session, actor=scene.here.factory.actor(scene.here.first), call=call)
        masked = gates_page(session, actor=scene.here.factory.actor(scene.here.second), call=call)
    assert whole.left[0].line == GateLine(
        scene.here.dossiers[1].id, scene.reference, Gate.DIVERGENT, reviews=2, reached=("overall",)
    )
    assert [one.masked for one in masked.left] == [True]
    assert (masked.left[0].line.reference, masked.left[0].title, masked.left[0].line.reached) == ("", "", ())
    assert masked.gates.obstacles == whole.gates.obstacles == (DIVERGENT,)
    with pytest.raises(NotFound):
        scene.waive(who=scene.here.second)


def test_what_nothing_is_wrong_with_is_not_waived(office: Offices) -> None:
    scene = Scene(office)
    scene.waive()
    with pytest.raises(NotFound):
        scene.waive()
    with pytest.raises(NotFound):
        scene.act(
            waive_gate, call=scene.call(), reference=scene.here.dossiers[0].reference, gate=Gate.ERRATIC, reason="x"
        )
