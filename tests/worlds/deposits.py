"""A deposited dossier with its association, and what is decided about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlmodel import select

from aap.core.call.canonical import canonical_hash
from aap.records.applications import Application, ApplicationState, Submission
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.outbox import OutboxMail
from aap.records.people import MembershipRole, Person, Role
from aap.records.rankings import Decision, Outcome, RankingRow, RankingRun, RunState
from aap.services.actor import SYSTEM, Actor
from aap.services.call.calls import OpenedCall
from aap.services.decision.list_versions import first_version
from aap.services.dossier.dossiers import deposit_content, open_dossier
from tests.factories import Factory

ANSWERS: dict[str, dict[str, object]] = {
    "projet": {"titre": "Mentors du soir", "resume": "Un projet solide."},
    "moyens": {"budget": {"charges": {"60": "100.00"}, "products": {"70": "100.00"}}},
}


@dataclass
class Case:
    """`owner` and `reader` belong to the association, `stranger` to another one; `official` instructs the call."""

    factory: Factory
    call: OpenedCall
    association: Association
    application: Application
    owner: Person
    reader: Person
    stranger: Person
    official: Person

    @property
    def id(self) -> str:
        return self.application.id

    def actor(self, person: Person) -> Actor:
        return self.factory.actor(person)

    def state(self) -> ApplicationState:
        with self.factory.platform.database.reading() as session:
            return ApplicationState(session.get_one(Application, self.id).state)

    def put_state(self, state: ApplicationState, call_state: CallState | None = None) -> None:
        with self.factory.platform.database.writing() as session:
            held = session.get_one(Application, self.id)
            held.state = state
            session.add(held)
            if call_state is not None:
                self.call.record.state = call_state
                session.merge(self.call.record)

    def deposit(self) -> None:
        """A deposit of the dossier as it stands."""
        with self.factory.platform.database.writing() as session:
            content = deposit_content(open_dossier(session, actor=self.actor(self.owner), application_id=self.id))
            number = len(session.exec(select(Submission).where(Submission.application_id == self.id)).all()) + 1
            session.add(
                Submission(
                    application_id=self.id, ordinal=number, receipt_number=f"{self.application.reference}-{number}",
                    arrived_at=self.factory.now, person_id=self.owner.id, content=content,
                    content_hash=canonical_hash(content),
                )
            )  # fmt: skip

    def decide(self, outcome: Outcome = Outcome.LAUREATE, *, letter: str | None = None, **row: object) -> Decision:
        """A notified decision, as the frozen run gave it."""
        now = self.factory.now
        granted = 18_000_00 if outcome is Outcome.LAUREATE else None
        frozen = {
            "rank": 2, "status": str(outcome), "reason_code": "selected", "reason": "Le dossier est retenu.",
            "reviews": 2, "requested_amount": 20_000_00, "granted_amount": granted, "waiting_rank": None,
            "marks": {"qualite": "4.0000", "solidite": "3.5000"}, "raw_score": "76.0000", "calibrated_score": "75.5000",
            "ci_low": None, "ci_high": None, "selection_probability": None, **row,
        }  # fmt: skip
        with self.factory.platform.database.writing() as session:
            run = RankingRun(
                call_id=self.call.id, number=1, state=RunState.FROZEN, rubric_hash="0" * 64, result_hash="0" * 64,
                bundle="{}", created_at=now,
            )  # fmt: skip
            session.add(run)
            session.flush()
            session.add(
                RankingRow(
                    run_id=run.id, application_id=self.id, rank=frozen["rank"], status=str(outcome),
                    reason_code=str(frozen["reason_code"]), reason=str(frozen["reason"]),
                    requested_amount=20_000_00, granted_amount=granted,
                )
            )  # fmt: skip
            decision = Decision(
                call_id=self.call.id, application_id=self.id, run_id=run.id, outcome=outcome, amount=granted,
                row=frozen, reason=str(frozen["reason"]), rubric_hash="0" * 64, bundle_hash="0" * 64,
                letter_sha256=letter, created_at=now, notified_at=now,
            )  # fmt: skip
            session.add(decision)
            first_version(session, actor=SYSTEM, run=run, now=now)
        self.put_state(ApplicationState.NOTIFIED, CallState.DECIDED)
        return decision

    def mails(self, recipient: str) -> list[str]:
        """Subjects of the mails to an address, the oldest first, with plain spaces."""
        with self.factory.platform.database.reading() as session:
            found = session.exec(select(OutboxMail).where(OutboxMail.recipient == recipient)).all()
        return [
            mail.subject.replace("\u00a0", " ") for mail in sorted(found, key=lambda mail: (mail.created_at, mail.id))
        ]


Cases = Callable[..., Case]


@pytest.fixture
def case(factory: Factory) -> Cases:
    def make(
        state: ApplicationState = ApplicationState.SUBMITTED, call_state: CallState = CallState.CLOSED, **zone: object
    ) -> Case:
        owner, reader, stranger = factory.person(), factory.person(), factory.person()
        association = factory.association(owner, name="Les Lanternes fictives", **zone)
        factory.association(stranger)
        factory.join(association, reader, MembershipRole.READER)
        call = factory.call(call_state)
        application = factory.application(call, association, state, ANSWERS)
        official = factory.person(Role.OFFICIAL, call=call)
        made = Case(factory, call, association, application, owner, reader, stranger, official)
        if state is not ApplicationState.DRAFT:
            made.deposit()
        return made

    return make
