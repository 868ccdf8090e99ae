"""A call with its dossiers, reviews and two officials, in any state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, select

from aap.core.call.canonical import rubric_hash
from aap.records.applications import Application, ApplicationState
from aap.records.calls import Call, CallState
from aap.records.people import Membership, Person, Role
from aap.records.reviews import Mark, Recusal, RecusalOrigin, Review, ReviewState
from aap.services.call.calls import OpenedCall, get_call
from aap.services.decision.answering import answer_grant
from aap.services.decision.deciding import prepare_decisions, publish_results
from aap.services.decision.letter_contents import current_settings
from aap.services.decision.notifying import confirm_notification, propose_notification
from aap.services.decision.setting_letters import set_letters
from aap.services.outbox import start_job
from aap.services.ranking.computing import compute_run, store_run
from aap.services.ranking.freezing import confirm_freeze, propose_freeze
from aap.services.ranking.input import ranking_input
from aap.web.public_links import PublicLinks
from tests.factories import CALL_FILE, LINKS, Factory

LETTERS = """letters:
  signed_on: 2025-02-10
  published: "décision du 10 février 2025"
  signatory: {first_name: Hélène, last_name: Exemplaire, capacity: Cheffe du service, delegation: "arrêté fictif"}
  waiting_list_expires: 2025-10-31
"""
RULES = """selection:
  mode: value
  laureates: 2
  budget: 100000
  waiting_list: 2
  quotas:
    - {id: sud, title: "Le Sud", where: {region: Occitanie}, min: 1}
    - {id: par-region, title: "Par région", each: region, max_share: 0.9}
"""
REDUCED = RULES.replace(
    "  mode: value\n  laureates: 2\n", "  mode: merit\n  at_limit: reduce\n  reduce_to: 0.4\n  laureates: 4\n"
).replace("quotas:", "quotas:\n    - {id: un, where: {region: Occitanie}, max: 1}")
"""The first and the third have what they ask; the second has what the budget then leaves, 20 000 € of 40 000."""
PLACES = (("69", "Lyon", "Auvergne-Rhône-Alpes"), ("34", "Montpellier", "Occitanie"))

# Marks on (qualite, solidite) by two reviewers: totals on 100 of 90, 80, 70, 60, and one dossier that is ineligible.
MARKS = ((4.5, 4.5), (4.0, 4.0), (3.5, 3.5), (3.0, 3.0))


@dataclass
class Office:
    """`dossiers` in the order of their score, the last one ineligible; `first` and `second` are officials of the call."""

    call: OpenedCall
    dossiers: list[Application]
    reviewers: Sequence[Person]
    first: Person
    second: Person
    stranger: Person
    member: Person
    factory: Factory
    browsers: dict[str, Any] = field(default_factory=dict)

    def state(self) -> CallState:
        with self.factory.platform.database.reading() as session:
            return get_call(session, self.call.id).state

    def address(self, tail: str = "") -> str:
        return f"/instruction/{self.call.id}/{tail}"

    def reload(self, application: Application) -> Application:
        with self.factory.platform.database.reading() as session:
            return session.get_one(Application, application.id)


Offices = Callable[..., Office]


def call_text(factory: Factory, call_id: str, rules: str = RULES, more: str = LETTERS, step: str = "0.5") -> str:
    text = CALL_FILE.format(
        id=call_id,
        opens_at=(factory.now - timedelta(days=30)).isoformat(),
        closes_at=(factory.now - timedelta(days=2)).isoformat(),
    )
    head, _, _ = text.partition("selection:")
    return head.replace("step: 0.5", f"step: {step}") + rules + more


def offices(factory: Factory) -> Offices:
    """`offices(factory)()`: a call that deliberates, every dossier screened and reviewed. `reached`: led on from there."""

    def make(
        reached: CallState = CallState.DELIBERATING, *, rules: str = RULES, more: str = LETTERS, step: str = "0.5"
    ) -> Office:
        platform = factory.platform
        number = next(factory._numbers)
        call = factory.call(CallState.DELIBERATING, text=call_text(factory, f"bureau-{number}", rules, more, step),
                            id=f"bureau-{number}")  # fmt: skip
        with platform.database.writing() as session:
            record = session.get_one(Call, call.id)
            record.rubric_hash = rubric_hash(call.file)
            if list(CallState).index(reached) >= list(CallState).index(CallState.DELIBERATING):
                record.amounts_closed_at = factory.now
            session.add(record)
        member = factory.person()
        dossiers = []
        for position in range(len(MARKS) + 1):
            department, commune, region = PLACES[position // 2 % 2]
            eligible = position < len(MARKS)
            dossiers.append(
                factory.application(
                    call,
                    factory.association(
                        *((member,) if position == 0 else (factory.person(),)),
                        department=department,
                        commune_name=commune,
                        siret=f"1300252650{position:04}" if position else "13002526500013",
                    ),
                    ApplicationState.ELIGIBLE if eligible else ApplicationState.INELIGIBLE,
                    {"projet": {"titre": f"Projet {position}", "resume": "Un projet <b>précis</b>."}},
                    requested_amount=40_000_00,
                    attributes={"region": [region]},
                    theme="sport" if position % 2 else "ecole",
                    screened_at=factory.now,
                    ineligible_reason="" if eligible else "L’association a moins d’un an.",
                )
            )
        reviewers = [factory.person(Role.REVIEWER, call=call) for _ in range(2)]
        for dossier, marks in zip(dossiers, MARKS, strict=False):
            for reviewer in reviewers:
                review(factory, dossier, reviewer, marks)
        officials = [factory.person(Role.OFFICIAL, call=call) for _ in range(2)]
        other = factory.call(CallState.DELIBERATING)
        made = Office(call, dossiers, reviewers, *officials, factory.person(Role.OFFICIAL, call=other), member, factory)
        lead(made, reached)
        return made

    return make


def review(factory: Factory, dossier: Application, reviewer: Person, marks: Sequence[float]) -> None:
    given = factory.assignment(dossier, reviewer)
    with factory.platform.database.writing() as session:
        held = Review(
            assignment_id=given.id, application_id=dossier.id, person_id=reviewer.id, state=ReviewState.SUBMITTED,
            general_comment="Avis <i>général</i>.", created_at=factory.now, updated_at=factory.now,
            submitted_at=factory.now,
        )  # fmt: skip
        session.add(held)
        session.flush()
        session.add_all(
            Mark(review_id=held.id, criterion=criterion, score=Decimal(str(mark)), comment="Bien vu.")
            for criterion, mark in zip(("qualite", "solidite"), marks, strict=True)
        )


def set_state(office: Office, state: CallState) -> None:
    """Puts the call into a state, whatever lies between."""
    with office.factory.platform.database.writing() as session:
        record = session.get_one(Call, office.call.id)
        record.state = state
        session.add(record)


def decline(office: Office, dossier: Application, reason: str = "Le projet ne se fera pas.") -> None:
    """The association of a laureate gives the grant up, on its page."""
    platform = office.factory.platform
    with platform.database.writing() as session:
        owner = session.exec(
            select(Person).where(Person.id == Membership.person_id, Membership.association_id == dossier.association_id)
        ).first()
        assert owner is not None
        answer_grant(
            session, actor=office.factory.actor(owner), application_id=dossier.id, answer="declined", reason=reason,
            links=LINKS, now=platform.clock(),
        )  # fmt: skip


def lead(office: Office, reached: CallState) -> None:
    """From the deliberation to a later state, by the services."""
    order = list(CallState)
    if order.index(reached) < order.index(CallState.DELIBERATING):
        set_state(office, reached)
        return
    platform, now = office.factory.platform, office.factory.now
    first, second = office.factory.actor(office.first), office.factory.actor(office.second)
    call_id, links = office.call.id, PublicLinks(platform.settings.base_url)

    def passed(state: CallState) -> bool:
        return order.index(reached) >= order.index(state)

    with platform.database.writing() as session:
        if passed(CallState.PROPOSED):
            call = get_call(session, call_id)
            given = ranking_input(session, call)
            run = store_run(
                session, actor=first, call=call, given=given, run=compute_run(call, given, draws=0), now=now
            )
            propose_freeze(session, actor=first, run_id=run.id, links=links, now=now)
        if passed(CallState.ARBITRATED):
            confirm_freeze(session, actor=second, run_id=run.id, now=now)
        if passed(CallState.DECIDED):
            prepare_decisions(session, actor=first, call_id=call_id, now=now)
            start_job(session, "letters", actor=first, now=now, call_id=call_id)
    if passed(CallState.DECIDED):
        from aap.jobs import sweep

        sweep(platform)
    with platform.database.writing() as session:
        if passed(CallState.PUBLISHED):
            notify(session, office, now=now)
            publish_results(session, actor=first, call_id=call_id, now=now)
        if passed(CallState.ARCHIVED):
            record = session.exec(select(Call).where(Call.id == call_id)).one()
            record.state = CallState.ARCHIVED
            session.add(record)


def notify(session: Session, office: Office, *, now: datetime) -> int:
    """Both officials agree on « maintenant ». Gives how many decisions were told."""
    first, second = office.factory.actor(office.first), office.factory.actor(office.second)
    links = PublicLinks(office.factory.platform.settings.base_url)
    asked = propose_notification(session, actor=first, call_id=office.call.id, at=None, now=now)
    told = confirm_notification(
        session, actor=second, call_id=office.call.id, notification_id=asked.id, links=links, now=now
    )
    return told.decisions


def letters_set(office: Office, typed: Mapping[str, str]) -> None:
    """What is known only at decision time, as the first official types it: one more version."""
    with office.factory.platform.database.writing() as session:
        seen = current_settings(session, office.call.id)
        set_letters(
            session, actor=office.factory.actor(office.first), call_id=office.call.id, typed=typed,
            seen=seen.number if seen else 0, now=office.factory.now,
        )  # fmt: skip


@pytest.fixture
def office(factory: Factory) -> Offices:
    """`office()`: a call that deliberates; `office(CallState.PUBLISHED)`: led on to a later state."""
    return offices(factory)


@pytest.fixture
def published(office: Offices) -> Office:
    """A call whose decisions are notified and whose results are public."""
    return office(CallState.PUBLISHED)


def recuse_from(here: Office, person: Person, dossier: Application) -> None:
    """The person is recused of the dossier, as the register says it."""
    with here.factory.platform.database.writing() as session:
        session.add(
            Recusal(
                person_id=person.id, application_id=dossier.id, origin=RecusalOrigin.OFFICIAL, reason="Intérêt.",
                created_at=here.factory.now,
            )
        )  # fmt: skip
