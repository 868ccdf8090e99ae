"""Fills an empty instance with the demonstration: a call led to its end, a call open for applications.

The content comes from the generators beside this module, the decisions from the same services as the web application.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from aap.core.call.canonical import canonical_hash
from aap.core.call.schema import CallFile
from aap.demo.associations import DemoAssociation, associations
from aap.demo.attachments import attachments
from aap.demo.dossiers import DemoDossier, dossiers
from aap.demo.reviewing import DemoReview, DemoReviewer, assignment, reviewers, reviews
from aap.identity import hash_password
from aap.paths import rubrics_folder
from aap.records.applications import Application, ApplicationState, Document, SectionAnswers, Submission
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.outbox import Job
from aap.records.people import Membership, MembershipRole, Person, Role, RoleGrant
from aap.records.rankings import Decision, Outcome
from aap.records.reviews import Assignment, Mark, Review, Reviewer, ReviewState
from aap.records.territories import territories
from aap.records.types import new_id
from aap.services.actor import Actor, load_actor
from aap.services.calls import OpenedCall, add_call, change_state, close_call, get_call, open_call
from aap.services.deciding import notify_decisions, prepare_decisions, publish_results, render_letters
from aap.services.dossier_facts import facts_of
from aap.services.platform import Platform
from aap.services.screening import screen_application
from aap.services.selecting import compute, confirm_freeze, propose_freeze, ranking_input, store_run

PASSWORD = "demonstration-2025"  # noqa: S105  (printed for everybody: the instance is fictitious)
FINISHED, OPEN = "mentorat-2025", "mentorat-2026"
DOSSIERS = 236
PARIS = ZoneInfo("Europe/Paris")

Tell = Callable[[str, int, int], None]
"""Progress: French name of the step, what is done, the total."""


@dataclass(frozen=True)
class Staff:
    """Accounts of the service."""

    admin: Person
    officials: tuple[Person, Person]


def is_empty(platform: Platform) -> bool:
    with platform.database.reading() as session:
        return session.exec(select(Person.id).limit(1)).first() is None


def is_demonstration(platform: Platform) -> bool:
    """Whether the instance holds the demonstration's accounts."""
    with platform.database.reading() as session:
        return session.exec(select(Person.id).where(Person.email == "instruction@example.org")).first() is not None


def fill(platform: Platform, *, seed: int, tell: Tell) -> None:
    """The whole demonstration. The same seed gives the same people, dossiers, marks and decisions."""
    filling = _Filling(platform, seed, tell)
    filling.staff()
    filling.finished_call()
    filling.open_call()


class _Filling:
    """Goes through the steps in order; each commits its own transaction."""

    def __init__(self, platform: Platform, seed: int, tell: Tell) -> None:
        self.platform, self.seed, self.tell = platform, seed, tell
        self.password = hash_password(PASSWORD)
        self.people: Staff

    def person(self, session: Session, name: str, email: str, at: datetime) -> Person:
        person = Person(
            email=email.lower(),
            name=name,
            password=self.password,
            fs_uniquifier=new_id(),
            confirmed_at=at,
            created_at=at,
        )
        session.add(person)
        return person

    def staff(self) -> None:
        at = datetime(2024, 12, 2, 9, tzinfo=UTC)
        with self.platform.database.writing() as session:
            admin = self.person(session, "Maëlle Fictive", "admin@example.org", at)
            first = self.person(session, "Sacha Exemple", "instruction@example.org", at)
            second = self.person(session, "Lou Modèle", "responsable@example.org", at)
            session.flush()
            session.add(RoleGrant(person_id=admin.id, role=Role.ADMIN, created_at=at))
            session.add_all(
                RoleGrant(person_id=person.id, role=Role.OFFICIAL, created_at=at) for person in (first, second)
            )
        self.people = Staff(admin, (first, second))

    def actor(self, session: Session, person: Person) -> Actor:
        actor = load_actor(session, person.id)
        assert actor is not None
        return actor

    # --- the call led to its end --------------------------------------------------------------------------------

    def finished_call(self) -> None:
        text = (rubrics_folder() / f"{FINISHED}.yaml").read_text()
        with self.platform.database.writing() as session:
            call = add_call(session, actor=None, text=text, name=f"{FINISHED}.yaml", now=_before(text, days=12))
            open_call(session, actor=None, call_id=call.id, now=call.record.opens_at)
        made = dossiers(self.seed, call.file, associations(self.seed, DOSSIERS, territories()), territories())
        applicants = self._deposits(call, made)
        closed = call.accepted_until + timedelta(minutes=10)
        self._screening(call, made, applicants, closed)
        self._reviews(call, made, applicants, closed)
        self._decisions(call, closed + timedelta(days=45))

    def _deposits(self, call: OpenedCall, made: Sequence[DemoDossier]) -> dict[str, str]:
        """Every dossier with its association, account, answers, files and receipt. Gives key → application id."""
        ids: dict[str, str] = {}
        in_order = sorted(made, key=lambda dossier: (dossier.submitted_at, dossier.key))
        for start in range(0, len(in_order), 20):
            with self.platform.database.writing() as session:
                for number, dossier in enumerate(in_order[start : start + 20], start + 1):
                    ids[dossier.key] = self._deposit(session, call, dossier, number)
            self.tell("Dossiers", min(start + 20, len(in_order)), len(in_order))
        return ids

    def _deposit(self, session: Session, call: OpenedCall, dossier: DemoDossier, number: int) -> str:
        association, owner = self._association(session, dossier.association, dossier.started_at)
        facts = facts_of(call.file, dossier.answers, association)
        application = Application(
            call_id=call.id,
            association_id=association.id,
            reference=f"{call.file.call.reference or call.id.upper()}-{number:04d}",
            state=ApplicationState.SUBMITTED,
            title=facts.title or dossier.title,
            theme=facts.theme,
            requested_amount=facts.requested_amount,
            attributes=facts.attributes,
            eligibility=dict(dossier.eligibility),
            created_by=owner.id,
            created_at=dossier.started_at,
            updated_at=dossier.submitted_at,
            submitted_at=dossier.submitted_at,
        )
        session.add(application)
        session.flush()
        for section, answers in _by_section(call.file, dossier.answers):
            session.add(
                SectionAnswers(
                    application_id=application.id,
                    section=section,
                    answers=answers,
                    updated_by=owner.id,
                    updated_at=dossier.submitted_at,
                )
            )
        documents = []
        for file in attachments(dossier):
            stored = self.platform.files.put(io.BytesIO(file.content))
            documents.append({"question": file.question, "name": file.name, "sha256": stored.sha256})
            session.add(
                Document(
                    association_id=association.id,
                    application_id=application.id,
                    question=file.question,
                    name=file.name,
                    content_type="application/pdf",
                    size=stored.size,
                    sha256=stored.sha256,
                    uploaded_by=owner.id,
                    uploaded_at=dossier.started_at,
                )
            )
        content: dict[str, Any] = {"answers": dict(dossier.answers), "documents": documents}
        session.add(
            Submission(
                application_id=application.id,
                ordinal=1,
                receipt_number=f"{application.reference}-1",
                arrived_at=dossier.submitted_at,
                person_id=owner.id,
                content=content,
                content_hash=canonical_hash(content),
            )
        )
        return application.id

    def _association(self, session: Session, made: DemoAssociation, at: datetime) -> tuple[Association, Person]:
        owner = self.person(session, made.contact.name, made.contact.email, at)
        representative = made.representative
        association = Association(
            name=made.name,
            acronym=made.acronym,
            siret=made.siret,
            rna=made.rna,
            object=made.purpose,
            created_on=made.created_on,
            address=made.address,
            postal_code=made.postal_code,
            commune_code=made.commune.code,
            commune_name=made.commune.name,
            department=made.commune.department.code,
            region=made.commune.region.code,
            zone=made.commune.zone,
            website=made.website,
            email=made.email,
            phone=made.phone,
            iban=made.iban,
            representative_name=representative.person.name,
            representative_capacity=representative.capacity,
            representative_email=representative.person.email,
            officers=[{"name": officer.person.name, "capacity": officer.capacity} for officer in made.officers],
            created_at=at,
            updated_at=at,
        )
        session.add(association)
        session.flush()
        session.add(
            Membership(person_id=owner.id, association_id=association.id, role=MembershipRole.OWNER, created_at=at)
        )
        return association, owner

    def _screening(self, call: OpenedCall, made: Sequence[DemoDossier], ids: dict[str, str], closed: datetime) -> None:
        at = closed + timedelta(days=4)
        with self.platform.database.writing() as session:
            close_call(session, actor=None, call_id=call.id, now=closed)
            actor = self.actor(session, self.people.officials[0])
            for number, dossier in enumerate(made, 1):
                eligible = dossier.ineligible_rule is None
                screen_application(
                    session,
                    actor=actor,
                    application_id=ids[dossier.key],
                    eligible=eligible,
                    reason=dossier.ineligible_reason,
                    now=at + timedelta(minutes=number),
                )
            self.tell("Recevabilité", len(made), len(made))

    def _reviews(self, call: OpenedCall, made: Sequence[DemoDossier], ids: dict[str, str], closed: datetime) -> None:
        departments = [department.code for department in territories().departments()]
        people = reviewers(self.seed, call.file, departments)
        eligible = [dossier for dossier in made if dossier.ineligible_rule is None]
        pairs = assignment(self.seed, eligible, people)
        done = reviews(self.seed, call.file, eligible, people, pairs)
        at = closed + timedelta(days=6)
        with self.platform.database.writing() as session:
            accounts = self._reviewers(session, call, people, at)
            change_state(session, get_call(session, call.id), CallState.REVIEWING, actor=None, now=at)
        for start in range(0, len(done), 100):
            with self.platform.database.writing() as session:
                for review in done[start : start + 100]:
                    self._review(session, call, review, ids[review.dossier], accounts[review.reviewer], at)
            self.tell("Évaluations", min(start + 100, len(done)), len(done))

    def _reviewers(
        self, session: Session, call: OpenedCall, people: Sequence[DemoReviewer], at: datetime
    ) -> dict[str, Person]:
        accounts = {reviewer.key: self.person(session, reviewer.person.name, f"{reviewer.key}@example.org", at)
                    for reviewer in people}  # fmt: skip
        session.flush()
        for number, reviewer in enumerate(people, 1):
            person = accounts[reviewer.key]
            session.add(RoleGrant(person_id=person.id, role=Role.REVIEWER, call_id=call.id, created_at=at))
            session.add(
                Reviewer(
                    call_id=call.id,
                    person_id=person.id,
                    code=f"EV-{number:02d}",
                    themes=list(reviewer.themes),
                    departments=[reviewer.department],
                    created_at=at,
                )
            )
        return accounts

    def _review(
        self, session: Session, call: OpenedCall, made: DemoReview, application_id: str, person: Person, at: datetime
    ) -> None:
        given = Assignment(call_id=call.id, application_id=application_id, person_id=person.id, created_at=at)
        session.add(given)
        session.flush()
        review = Review(
            assignment_id=given.id,
            application_id=application_id,
            person_id=person.id,
            state=ReviewState.SUBMITTED,
            general_comment=made.summary,
            rubric_hash=call.record.rubric_hash or "",
            seconds_spent=made.minutes * 60,
            created_at=made.submitted_at,
            updated_at=made.submitted_at,
            submitted_at=made.submitted_at,
        )
        session.add(review)
        session.flush()
        session.add_all(
            Mark(review_id=review.id, criterion=mark.criterion, score=mark.score, comment=mark.comment)
            for mark in made.marks
        )

    def _decisions(self, call: OpenedCall, at: datetime) -> None:
        with self.platform.database.reading() as session:
            current = get_call(session, call.id)
            given = ranking_input(session, current)
        run = compute(current, given, draws=400, progress=self.tell)
        first, second = self.people.officials
        with self.platform.database.writing() as session:
            current = get_call(session, call.id)
            one, two = self.actor(session, first), self.actor(session, second)
            change_state(session, current, CallState.DELIBERATING, actor=one, now=at)
            kept = store_run(session, actor=one, call=current, given=given, run=run, now=at)
            propose_freeze(session, actor=one, run_id=kept.id, now=at + timedelta(hours=3))
            confirm_freeze(session, actor=two, run_id=kept.id, now=at + timedelta(hours=5))
            prepare_decisions(session, actor=two, call_id=call.id, now=at + timedelta(days=1))
        job = Job(kind="letters", call_id=call.id, created_at=at)
        render_letters(self.platform, job, lambda done, total, message="": self.tell(message, done, total))
        with self.platform.database.writing() as session:
            two = self.actor(session, second)
            notify_decisions(session, actor=two, call_id=call.id, now=at + timedelta(days=2))
            publish_results(session, actor=two, call_id=call.id, now=at + timedelta(days=3))

    # --- the call that is open ----------------------------------------------------------------------------------

    def open_call(self) -> None:
        """Next year's call, with its dates moved around today."""
        now = self.platform.clock()
        text = around((rubrics_folder() / f"{OPEN}.yaml").read_text(), now)
        with self.platform.database.writing() as session:
            call = add_call(session, actor=None, text=text, name=f"{OPEN}.yaml", now=now - timedelta(days=30))
            open_call(session, actor=None, call_id=call.id, now=call.record.opens_at)


def around(text: str, now: datetime) -> str:
    """The call file's text with its opening three weeks ago and its closing in five weeks, at 23:59:59 in Paris."""
    today = now.astimezone(PARIS)
    opens = (today - timedelta(days=21)).replace(hour=9, minute=0, second=0, microsecond=0)
    closes = (today + timedelta(days=35)).replace(hour=23, minute=59, second=59, microsecond=0)
    for key, value in (
        ("opens_at", opens.isoformat()),
        ("closes_at", closes.isoformat()),
        ("decision_by", (closes + timedelta(days=56)).date().isoformat()),
    ):
        text = re.sub(rf"(?m)^(  {key}:) \S+", rf"\1 {value}", text, count=1)
    return text


def _before(text: str, *, days: int) -> datetime:
    found = re.search(r"(?m)^  opens_at: (\S+)", text)
    assert found is not None
    return datetime.fromisoformat(found.group(1)) - timedelta(days=days)


def _by_section(call: CallFile, answers: Any) -> list[tuple[str, dict[str, Any]]]:
    return [
        (section.id, {question.id: answers[question.id] for question in section.questions if question.id in answers})
        for section in call.form.sections
    ]


def accounts(platform: Platform) -> list[dict[str, str]]:
    """One account an actor and more: associations (a laureate, a refused one), reviewers, officials, the admin."""
    with platform.database.reading() as session:
        found: list[tuple[str, Person]] = []
        for outcome in (Outcome.LAUREATE, Outcome.NOT_SELECTED, Outcome.WAITING_LIST):
            owner = session.exec(
                select(Person)
                .where(
                    Person.id == Membership.person_id,
                    Membership.association_id == Application.association_id,
                    Application.id == Decision.application_id,
                    Decision.call_id == FINISHED,
                    Decision.outcome == outcome,
                )
                .order_by(col(Application.reference))
                .limit(1)
            ).first()
            if owner is not None:
                found.append(("association", owner))
        for role, limit in ((Role.REVIEWER, 3), (Role.OFFICIAL, 2), (Role.ADMIN, 1)):
            people = session.exec(
                select(Person)
                .where(RoleGrant.person_id == Person.id, RoleGrant.role == role)
                .order_by(col(Person.email))
                .limit(limit)
            )
            found += [(str(role), person) for person in people]
        return [
            {"role": role, "email": person.email, "password": PASSWORD, "name": person.name} for role, person in found
        ]
