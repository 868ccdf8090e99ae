"""A call with reviewers of two themes, dossiers to assign, and officials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from aap.records.applications import Application, ApplicationState
from aap.records.calls import Call, CallState
from aap.records.people import Person, Role
from aap.records.reviews import Assignment, Mark, Review, Reviewer, ReviewState
from aap.services.actor import Actor
from aap.services.assignment.proposals import apply_proposal, compute_proposal, keep_proposal, prepare
from aap.services.assignment.situation import AssignmentSettings, default_settings
from aap.services.call.calls import OpenedCall
from aap.web.public_links import PublicLinks
from tests.factories import CALL_FILE, Factory

PARTNERS = """        - id: partenaires
          label: "Vos partenaires"
          type: table
          required: false
          columns: [{id: nom, label: Nom}, {id: siret, label: SIRET, required: false}]
    - id: moyens"""


@dataclass
class Table:
    """`reviewers` by code R01…; the first half knows sport, the second école; `dossiers` alternate."""

    call: OpenedCall
    dossiers: list[Application]
    reviewers: dict[str, Person]
    official: Person
    other: Person
    stranger: Person
    factory: Factory
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        return self.factory.actor(self.official)

    def address(self, tail: str = "") -> str:
        return f"/instruction/{self.call.id}/{tail}"

    def pairs(self) -> set[tuple[str, str]]:
        """(reference, code) that hold now."""
        with self.factory.platform.database.reading() as session:
            rows = session.exec(
                select(Application.reference, Reviewer.code).where(
                    Assignment.application_id == Application.id,
                    Assignment.person_id == Reviewer.person_id,
                    Reviewer.call_id == self.call.id,
                    Assignment.call_id == self.call.id,
                    col(Assignment.removed_at).is_(None),
                )
            )
            return set(rows)

    def distribute(self, settings: AssignmentSettings | None = None) -> set[tuple[str, str]]:
        """Proposes and applies; gives the pairs that hold then."""
        settings = settings or default_settings(self.call)
        database, now = self.factory.platform.database, self.factory.now
        with database.writing() as session:
            found = prepare(session, actor=self.actor, call_id=self.call.id, settings=settings, now=now)
        proposal = compute_proposal(found)
        with database.writing() as session:
            kept = keep_proposal(session, actor=self.actor, found=found, proposal=proposal, now=now)
            apply_proposal(
                session, actor=self.actor, call_id=self.call.id, proposal_id=kept.id,
                links=PublicLinks("https://example.org"), now=now,
            )  # fmt: skip
        return self.pairs()

    def dossier(self, reference: str) -> Application:
        return next(one for one in self.dossiers if one.reference == reference)

    def mark(self, reference: str, code: str, state: ReviewState = ReviewState.SUBMITTED) -> None:
        """Marks a dossier that the reviewer has."""
        person = self.reviewers[code]
        with self.factory.platform.database.writing() as session:
            held = session.exec(
                select(Assignment).where(
                    Assignment.application_id == self.dossier(reference).id, Assignment.person_id == person.id
                )
            ).one()
            review = Review(
                assignment_id=held.id, application_id=held.application_id, person_id=person.id, state=state,
                created_at=self.factory.now, updated_at=self.factory.now,
                submitted_at=self.factory.now if state is ReviewState.SUBMITTED else None,
            )  # fmt: skip
            session.add(review)
            session.flush()
            session.add_all(
                Mark(review_id=review.id, criterion=criterion, score=Decimal(3))
                for criterion in ("qualite", "solidite")
            )

    def set_state(self, state: CallState) -> None:
        with self.factory.platform.database.writing() as session:
            record = session.get_one(Call, self.call.id)
            record.state = state
            session.add(record)


Tables = Callable[..., Table]


@pytest.fixture
def table(factory: Factory) -> Tables:
    """`table(dossiers=12, reviewers=6)`: nothing is given yet. `rules`: further lines of the call file."""

    def make(dossiers: int = 12, reviewers: int = 6, state: CallState = CallState.REVIEWING, rules: str = "") -> Table:
        number = next(factory._numbers)
        text = (
            CALL_FILE.format(
                id=f"partage-{number}",
                opens_at=(factory.now - timedelta(days=30)).isoformat(),
                closes_at=(factory.now - timedelta(days=5)).isoformat(),
            ).replace("    - id: moyens", PARTNERS)
            + rules
        )
        call = factory.call(state, text=text, id=f"partage-{number}")
        people = {}
        for at in range(1, reviewers + 1):
            person = factory.person(Role.REVIEWER, call=call)
            people[f"R{at:02}"] = person
            with factory.platform.database.writing() as session:
                profile = session.exec(
                    select(Reviewer).where(Reviewer.call_id == call.id, Reviewer.person_id == person.id)
                ).one()
                profile.code = f"R{at:02}"
                profile.themes = ["sport"] if at <= reviewers // 2 else ["ecole"]
                session.add(profile)
        made = [
            factory.application(call, None, ApplicationState.ELIGIBLE, theme="ecole" if at % 2 else "sport")
            for at in range(dossiers)
        ]
        officials = [factory.person(Role.OFFICIAL, call=call) for _ in range(2)]
        elsewhere = factory.person(Role.OFFICIAL, call=factory.call())
        return Table(call, made, people, *officials, elsewhere, factory)

    return make
