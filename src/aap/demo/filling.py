"""Fills an empty instance with the demonstration: a call led to its end, one being reviewed, one open.

The content comes from the generators beside this module, the decisions from the same services as the web application.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlmodel import Session, col, select

from aap.core import french
from aap.core.delays import PARIS, paris, working_day_from
from aap.core.ranking.draw_counts import DEFAULT_DRAWS
from aap.core.ranking.run import Run
from aap.demo.associations import associations
from aap.demo.attachments import attachments
from aap.demo.deliberated import hold_meeting
from aap.demo.deposits import PASSWORD, Deposit, Depositor
from aap.demo.dossiers import DemoDossier, dossiers
from aap.demo.living import LivingCalls
from aap.demo.proposed_grants import REASON, proposed_grants
from aap.demo.reviewing import SCREENED, DemoReview, DemoReviewer, assignment, reviewers, reviews
from aap.demo.settled import settle_doubts
from aap.own_files import rubrics_folder
from aap.records.applications import Application
from aap.records.calls import CallState
from aap.records.outbox import Job
from aap.records.people import Membership, Person, Role, RoleGrant
from aap.records.rankings import Decision, Outcome
from aap.records.reviews import Assignment, Mark, Review, Reviewer, ReviewState
from aap.records.territories import territories
from aap.services.actor import SYSTEM, Actor, load_actor
from aap.services.call.calls import OpenedCall, add_call, change_state, close_call, get_call, open_call
from aap.services.decision.deciding import prepare_decisions, publish_results
from aap.services.decision.letters import LETTERS
from aap.services.decision.notifying import confirm_notification, notify_at_hour, propose_notification
from aap.services.decision.setting_letters import set_letters
from aap.services.platform import Platform
from aap.services.ranking.computing import compute_run, store_run
from aap.services.ranking.freezing import confirm_freeze, propose_freeze
from aap.services.ranking.input import RankingInput, ranking_input
from aap.services.screening.proposed_amounts import close_amounts, propose_amount
from aap.services.screening.screening import screen_application
from aap.services.steering.advancing import advance_call, set_draw_seed
from aap.web.public_links import PublicLinks

FINISHED = "mentorat-2025"
DRAWN = "4-17-23-31-48 et 6"
"""What a draw after the closing would have given."""

Tell = Callable[[str, int, int], None]
"""Progress: French name of the step, what is done, the total."""


@dataclass(frozen=True)
class DemoSize:
    """How much is made: dossiers of the finished call, of the one being reviewed, of the open one; draws.

    `processes` share the draws; what is made does not depend on it.
    """

    finished: int = 236
    reviewed: int = 48
    open: int = 40
    draws: int = DEFAULT_DRAWS
    processes: int = 2


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


def fill_instance(platform: Platform, *, seed: int, tell: Tell, scale: DemoSize | None = None) -> None:
    """The whole demonstration. The same seed gives the same people, dossiers, marks and decisions.

    The finished call has the dates of its file; those of the two others lie around today.
    """
    filling = _Filling(platform, seed, tell, scale or DemoSize())
    filling.staff()
    filling.finished_call()
    filling.living_calls()


class _Filling:
    """Goes through the steps in order; each commits its own transaction."""

    def __init__(self, platform: Platform, seed: int, tell: Tell, scale: DemoSize) -> None:
        self.platform, self.seed, self.tell, self.scale = platform, seed, tell, scale
        self.depositor = Depositor(platform)
        self.people: Staff
        self.made: Sequence[DemoDossier] = ()
        self.panel: Sequence[DemoReviewer] = ()

    def staff(self) -> None:
        at = datetime(2024, 12, 2, 9, tzinfo=UTC)
        with self.platform.database.writing() as session:
            admin = self.depositor.person(session, "Maëlle Fictive", "admin@example.org", at)
            first = self.depositor.person(session, "Sacha Exemple", "instruction@example.org", at)
            second = self.depositor.person(session, "Lou Modèle", "responsable@example.org", at)
            session.flush()
            session.add(RoleGrant(person_id=admin.id, role=Role.ADMIN, created_at=at))
            session.add_all(
                RoleGrant(person_id=person.id, role=Role.OFFICIAL, created_at=at) for person in (first, second)
            )
            for person in (first, second):
                person.interests_declared_at = at
        self.people = Staff(admin, (first, second))

    def actor(self, session: Session, person: Person) -> Actor:
        actor = load_actor(session, person.id)
        assert actor is not None
        return actor

    # --- the call led to its end --------------------------------------------------------------------------------

    def finished_call(self) -> None:
        text = smaller((rubrics_folder() / f"{FINISHED}.yaml").read_text(), self.scale.finished / DemoSize.finished)
        with self.platform.database.writing() as session:
            call = add_call(session, actor=SYSTEM, text=text, name=f"{FINISHED}.yaml", now=_before(text, days=12))
            open_call(session, actor=SYSTEM, call_id=call.id, now=call.record.opens_at)
        candidates = associations(self.seed, self.scale.finished, territories())
        made = self.made = dossiers(self.seed, call.file, candidates, territories())
        applicants = self._deposits(call, made)
        closed = call.accepted_until + timedelta(minutes=10)
        self._screening(call, made, applicants, closed)
        self._reviews(call, made, applicants, closed)
        self._decisions(call, _in_the_morning(closed + timedelta(days=45)))

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
        association, owner = self.depositor.association(session, dossier.association, dossier.started_at)
        deposit = Deposit(
            number=number,
            answers=dossier.answers,
            eligibility=dossier.eligibility,
            files=attachments(dossier),
            started_at=dossier.started_at,
            saved_at=dossier.submitted_at,
            submitted_at=dossier.submitted_at,
        )
        return self.depositor.dossier(session, call, association, owner.id, deposit).id

    def _screening(self, call: OpenedCall, made: Sequence[DemoDossier], ids: dict[str, str], closed: datetime) -> None:
        at = _in_the_morning(closed + timedelta(days=4))
        with self.platform.database.writing() as session:
            close_call(session, actor=SYSTEM, call_id=call.id, now=closed)
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
            for number, (key, cents) in enumerate(proposed_grants(self.seed, made).items(), 1):
                propose_amount(
                    session,
                    actor=actor,
                    application_id=ids[key],
                    cents=cents,
                    reason=REASON,
                    now=at + timedelta(days=1, minutes=number),
                )
            closing = at + timedelta(days=1, hours=9)
            close_amounts(session, actor=actor, call_id=call.id, confirmed=True, now=closing)
            set_draw_seed(
                session, actor=actor, call_id=call.id, seed=DRAWN, source="Tirage fictif de la démonstration",
                now=closing + timedelta(minutes=20),
            )  # fmt: skip
            self.tell("Recevabilité", len(made), len(made))

    def _reviews(self, call: OpenedCall, made: Sequence[DemoDossier], ids: dict[str, str], closed: datetime) -> None:
        departments = [department.code for department in territories().departments()]
        people = self.panel = reviewers(self.seed, call.file, departments)
        eligible = [dossier for dossier in made if dossier.ineligible_rule is None]
        pairs = assignment(self.seed, eligible, people)
        done = reviews(self.seed, call.file, eligible, people, pairs)
        at = _in_the_morning(closed + SCREENED - timedelta(days=1))
        with self.platform.database.writing() as session:
            accounts = self._reviewers(session, call, people, at)
            change_state(session, get_call(session, call.id), CallState.REVIEWING, actor=SYSTEM, now=at)
        for start in range(0, len(done), 100):
            with self.platform.database.writing() as session:
                for review in done[start : start + 100]:
                    self._review(session, call, review, ids[review.dossier], accounts[review.reviewer], at)
            self.tell("Évaluations", min(start + 100, len(done)), len(done))

    def _reviewers(
        self, session: Session, call: OpenedCall, people: Sequence[DemoReviewer], at: datetime
    ) -> dict[str, Person]:
        accounts = {reviewer.key: self.depositor.person(session, reviewer.person.name, f"{reviewer.key}@example.org", at)
                    for reviewer in people}  # fmt: skip
        session.flush()
        for number, reviewer in enumerate(people, 1):
            person = accounts[reviewer.key]
            session.add(RoleGrant(person_id=person.id, role=Role.REVIEWER, call_id=call.id, created_at=at))
            person.interests_declared_at = at
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
        given, run = self._ranked(call, at - timedelta(days=4))
        first, second = self.people.officials
        links = PublicLinks(self.platform.settings.base_url)
        with self.platform.database.writing() as session:
            current = get_call(session, call.id)
            one, two = self.actor(session, first), self.actor(session, second)
            advance_call(session, actor=one, call_id=call.id, to=CallState.DELIBERATING, reason="", now=at)
            session.refresh(current.record)
            kept = store_run(session, actor=one, call=current, given=given, run=run, now=at)
            hold_meeting(session, call=current, official=one, at=at + timedelta(hours=4))
            propose_freeze(session, actor=one, run_id=kept.id, links=links, now=at + timedelta(days=1))
            confirm_freeze(session, actor=two, run_id=kept.id, now=at + timedelta(days=1, hours=2))
            signed = at + timedelta(days=2)
            set_letters(session, actor=two, call_id=call.id, typed=_signed_on(signed), seen=0, now=signed)
            prepare_decisions(session, actor=two, call_id=call.id, now=signed)
        job = Job(kind="letters", call_id=call.id, created_at=at)
        LETTERS.do_all(self.platform, job, lambda done, total, message="": self.tell(message, done, total))
        with self.platform.database.writing() as session:
            one, two = self.actor(session, first), self.actor(session, second)
            hour = _after_signature(signed)
            asked = propose_notification(session, actor=one, call_id=call.id, at=hour, now=hour - timedelta(hours=20))
            confirm_notification(
                session, actor=two, call_id=call.id, notification_id=asked.id, links=links,
                now=hour - timedelta(hours=18),
            )  # fmt: skip
            notify_at_hour(session, asked.id, links=links, now=hour)
            publish_results(session, actor=two, call_id=call.id, now=hour + timedelta(days=1))

    def _ranked(self, call: OpenedCall, at: datetime) -> tuple[RankingInput, Run]:
        """What is doubtful is looked at again, then the ranking is computed."""
        with self.platform.database.writing() as session:
            official, authority = (self.actor(session, person) for person in self.people.officials)
            current = get_call(session, call.id)
            settle_doubts(session, call=current, official=official, authority=authority, at=at)
        with self.platform.database.reading() as session:
            current = get_call(session, call.id)
            given = ranking_input(session, current)
        made = compute_run(current, given, draws=self.scale.draws, progress=self.tell, processes=self.scale.processes)
        return given, made

    # --- the living calls ---------------------------------------------------------------------------------------

    def living_calls(self) -> None:
        """The call that is being reviewed, and next year's call with drafts for the accounts that are printed."""
        official = self.people.officials[0].id
        living = LivingCalls(self.platform, self.depositor, self.seed, official, self.platform.clock())
        self.tell("Appel en évaluation", 0, 1)
        living.reviewed(self.scale.reviewed, self.panel)
        self.tell("Appel ouvert", 0, 1)
        with self.platform.database.reading() as session:
            applicants = [person.email for person in _applicants(session)]
        living.open(self.scale.open, self.made, applicants)


def _in_the_morning(moment: datetime) -> datetime:
    return moment.replace(hour=8, minute=30, second=0)


def _after_signature(signed: datetime) -> datetime:
    """In the morning of the first working day after the letters are signed; nobody is told of what isn't signed yet."""
    return datetime.combine(working_day_from(paris(signed).date() + timedelta(days=1)), time(9), PARIS)


def smaller(text: str, share: float) -> str:
    """The call file's text with counts and budget of its selection reduced to `share`, so that its rules can hold.

    Minima may fall to 0, and a region may have the larger part of the money: few dossiers are seldom spread as many
    are. A whole demonstration (`share` 1 or more) has the file as it is.
    """
    if share >= 1:
        return text
    head, start, rest = text.partition("\nselection:\n")
    selection, end, tail = rest.partition("\nletters:\n")
    selection = re.sub(
        r"(?m)(^  (?:laureates|budget|waiting_list): |\bby_rank: |\bmax: )(\d+)",
        lambda found: f"{found[1]}{max(1, int(int(found[2]) * share * 0.8))}",
        selection,
    )
    selection = re.sub(
        r"(?m)(^  protect_top: |\bmin: )(\d+)",
        lambda found: f"{found[1]}{int(int(found[2]) * share * 0.5)}",
        selection,
    )
    selection = re.sub(r"\bmax_share: [\d.]+", "max_share: 0.8", selection)
    return f"{head}{start}{selection}{end}{tail}"


def _signed_on(moment: datetime) -> dict[str, str]:
    """What is filled in for the finished call's letters: signed that day, published the next, notified after."""
    day, next_day = (paris(one).date() for one in (moment, moment + timedelta(days=1)))
    return {
        "signed_on": day.isoformat(),
        "act": "décision n° 2025-112",
        "published": f"publiée au Bulletin officiel du ministère le {french.day(next_day)}",
        "on_behalf": "Pour la ministre et par délégation,",
        "visas": "Vu le code des relations entre le public et l’administration, notamment ses articles L. 212-1 et L. 311-3-1 ;\n"
        "Vu la loi n° 2000-321 du 12 avril 2000 relative aux droits des citoyens dans leurs relations avec les administrations ;\n"
        "Vu l’appel à projets « {title} » ({reference}), scellé à son ouverture ;",
    }


def _before(text: str, *, days: int) -> datetime:
    found = re.search(r"(?m)^  opens_at: (\S+)", text)
    assert found is not None
    return datetime.fromisoformat(found.group(1)) - timedelta(days=days)


def _applicants(session: Session) -> list[Person]:
    """The first account of a laureate, of an association that was not retained, and of one on the waiting list."""
    found = []
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
            found.append(owner)
    return found


def demo_accounts(platform: Platform) -> list[dict[str, str]]:
    """One account an actor and more: associations (a laureate, a refused one), reviewers, officials, the admin."""
    with platform.database.reading() as session:
        found: list[tuple[str, Person]] = [("association", person) for person in _applicants(session)]
        for role, limit in ((Role.REVIEWER, 3), (Role.OFFICIAL, 2), (Role.ADMIN, 1)):
            granted = select(RoleGrant.person_id).where(RoleGrant.role == role)
            people = session.exec(
                select(Person).where(col(Person.id).in_(granted)).order_by(col(Person.email)).limit(limit)
            )
            found += [(str(role), person) for person in people]
        return [
            {"role": role, "email": person.email, "password": PASSWORD, "name": person.name} for role, person in found
        ]
