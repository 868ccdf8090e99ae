"""The culture call of the demonstration, made small: twelve dossiers of Brittany, screened and reviewed, before its deliberation.

Its file and its dossiers are the demonstration's; only the dates and the sizes of the selection are others. Every mark is
in but one pair that diverges, so that what follows is known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from aap.core.call.schema import CallFile
from aap.demo.culture import culture_associations, culture_dossiers
from aap.demo.deposits import Deposit, Depositor
from aap.demo.dossiers import DemoDossier
from aap.demo.living import REVIEWED, reviewed_text
from aap.own_files import rubrics_folder
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.people import Person, Role
from aap.records.reviews import Mark, Recusal, RecusalOrigin, Review, ReviewState
from aap.records.territories import territories
from aap.services.actor import SYSTEM
from aap.services.call.calls import OpenedCall, add_call, change_state, close_call, get_call, open_call
from aap.services.screening.proposed_amounts import propose_amount
from aap.services.screening.screening import screen_application
from tests.factories import Factory

SEED = 20
DOSSIERS = 12
PROPOSED = 4_000_00
"""What the service proposes for each eligible dossier, in cents."""
SMALLER = (
    ("  laureates: 40", "  laureates: 5"),
    ("  budget: 600000", "  budget: 24000"),
    ("by_rank: 8", "by_rank: 2"),
    ("each: department, min: 4", "each: department, min: 1"),
    ("where: {breton: [breton, gallo]}, min: 4", "where: {breton: [breton, gallo]}, min: 1"),
)
MARKS = (19, 18, 17, 16, 15, 14, 13, 12, 11, 8)
"""On 20, of each eligible dossier in their order; half of it for the criterion on 10. The last is under a threshold."""
DIVERGENT = 2
"""The place of the dossier whose two reviewers differ by 30 points of 100, about the same mean."""


@dataclass
class CultureCall:
    """`dossiers`: the eligible ones in the order of their score, then the two others. `owners`: dossier id → who typed it."""

    call: OpenedCall
    dossiers: list[Application]
    owners: dict[str, Person]
    first: Person
    second: Person
    recused: Person
    factory: Factory

    def address(self, tail: str = "") -> str:
        return f"/instruction/{self.call.id}/{tail}"

    def name_of(self, dossier: Application) -> str:
        """The name of its association."""
        with self.factory.platform.database.reading() as session:
            return session.get_one(Association, dossier.association_id).name


def culture_call(factory: Factory) -> CultureCall:
    """The call being reviewed, with every review in, two officials and a third one."""
    platform, now = factory.platform, factory.now
    text = reviewed_text((rubrics_folder() / f"{REVIEWED}.yaml").read_text(), now)
    for wanted, smaller in SMALLER:
        assert wanted in text, wanted
        text = text.replace(wanted, smaller)
    with platform.database.writing() as session:
        call = add_call(session, actor=SYSTEM, text=text, name=f"{REVIEWED}.yaml", now=now - timedelta(days=90))
        open_call(session, actor=SYSTEM, call_id=call.id, now=call.record.opens_at)
    made = _written(call.file)
    dossiers, owners = _deposited(factory, call, made)
    officials = [factory.person(Role.OFFICIAL, call=call) for _ in range(3)]
    _screened(factory, call, made, dossiers, officials[0])
    reviewers = [factory.person(Role.REVIEWER, call=call) for _ in range(2)]
    ranked = sorted(made, key=lambda one: one.ineligible_rule is not None)
    for mark, (position, one) in zip(MARKS, enumerate(ranked), strict=False):
        apart = 3 if position == DIVERGENT else 0
        for reviewer, given in zip(reviewers, (mark + apart, mark - apart), strict=True):
            _reviewed(factory, call, dossiers[one.key], reviewer, given)
    return CultureCall(call, [dossiers[one.key] for one in ranked], owners, *officials, factory)


def _written(call: CallFile) -> list[DemoDossier]:
    """The dossiers of the demonstration; every other association has no employee, every third project a language of Brittany."""
    made = culture_dossiers(SEED, call, culture_associations(SEED, DOSSIERS, territories()), territories())
    return [
        replace(
            one,
            answers={
                **one.answers,
                "structure": "benevole" if position % 2 else "petite",
                "langues": ["francais", "breton"] if position % 3 == 0 else ["francais"],
            },
        )
        for position, one in enumerate(made)
    ]


def _deposited(
    factory: Factory, call: OpenedCall, made: list[DemoDossier]
) -> tuple[dict[str, Application], dict[str, Person]]:
    depositor = Depositor(factory.platform)
    dossiers, owners = {}, {}
    with factory.platform.database.writing() as session:
        for number, one in enumerate(made, 1):
            association, owner = depositor.association(session, one.association, one.started_at)
            deposit = Deposit(
                number=number, answers=one.answers, eligibility=one.eligibility, files=(), started_at=one.started_at,
                saved_at=one.submitted_at, submitted_at=one.submitted_at,
            )  # fmt: skip
            held = depositor.dossier(session, call, association, owner.id, deposit)
            dossiers[one.key], owners[held.id] = held, owner
    return dossiers, owners


def _screened(
    factory: Factory, call: OpenedCall, made: list[DemoDossier], dossiers: dict[str, Application], official: Person
) -> None:
    """The call is closed, each dossier screened, an amount proposed for each eligible one; the reviews begin."""
    closed = call.accepted_until + timedelta(minutes=10)
    actor = factory.actor(official)
    with factory.platform.database.writing() as session:
        close_call(session, actor=SYSTEM, call_id=call.id, now=closed)
        for one in made:
            named = {"actor": actor, "application_id": dossiers[one.key].id, "now": closed + timedelta(days=1)}
            eligible = one.ineligible_rule is None
            screen_application(session, **named, eligible=eligible, reason=one.ineligible_reason)
            if eligible:
                propose_amount(session, **named, cents=PROPOSED, reason="Dépenses admissibles après examen du budget.")
        change_state(
            session, get_call(session, call.id), CallState.REVIEWING, actor=SYSTEM, now=closed + timedelta(days=2)
        )


def _reviewed(factory: Factory, call: OpenedCall, dossier: Application, reviewer: Person, mark: int) -> None:
    given, now = factory.assignment(dossier, reviewer), factory.now
    with factory.platform.database.writing() as session:
        held = Review(
            assignment_id=given.id, application_id=dossier.id, person_id=reviewer.id, state=ReviewState.SUBMITTED,
            general_comment="Lu avec le budget sous les yeux.", rubric_hash=call.record.rubric_hash or "",
            created_at=now, updated_at=now, submitted_at=now,
        )  # fmt: skip
        session.add(held)
        session.flush()
        session.add_all(
            Mark(
                review_id=held.id, criterion=criterion.id, comment="Dit dans l’avis général.",
                score=Decimal(mark) / (2 if criterion.id == "budget" else 1),
            )
            for criterion in call.file.rubric.criteria
        )  # fmt: skip


def recused_of(here: CultureCall, person: Person, dossier: Application, at: datetime) -> None:
    """The register says that the person keeps away from the dossier."""
    with here.factory.platform.database.writing() as session:
        session.add(
            Recusal(
                person_id=person.id, application_id=dossier.id, origin=RecusalOrigin.OFFICIAL, reason="Un parent y siège.",
                created_at=at,
            )
        )  # fmt: skip
