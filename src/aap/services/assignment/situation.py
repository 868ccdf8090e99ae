"""What an assignment follows from: the dossiers, reviewers, recusals and marks of a call, under people's names."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from aap.core.assignment.distribution import Mode
from aap.core.assignment.problem import Demand, Dossier, Pair
from aap.core.assignment.problem import Reviewer as Reader
from aap.records.applications import Application, ApplicationState, was_dealt
from aap.records.associations import Association
from aap.records.people import Person
from aap.records.reviews import (
    Assignment,
    Mark,
    Preference,
    Review,
    Reviewer,
    ReviewState,
)
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import kept_away_pairs, recused_dossiers
from aap.services.dossier.counted import set_aside_of
from aap.services.panel.reviewers import room

Said = TypeVar("Said", str, int)


@dataclass(frozen=True)
class AssignmentSettings:
    """What an official asks for. `mode` `complete` takes nothing back that somebody has. `reviews`: seats a dossier.
    `departing`: codes of reviewers who drop out: they keep what they have submitted, and all else of theirs is given to
    others. `bridges`: share of the reviews to give across themes; None: the usual one.
    """

    mode: Mode = "rebuild"
    reviews: int = 1
    avoid_department: bool = True
    avoid_earlier: bool = False
    departing: tuple[str, ...] = ()
    bridges: Decimal | None = None

    def as_json(self) -> dict[str, Any]:
        values = {**asdict(self), "departing": sorted(self.departing)}
        share = values.pop("bridges")
        return values if share is None else {**values, "bridges": str(share)}

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> AssignmentSettings:
        share = Decimal(values["bridges"]) if "bridges" in values else None
        return cls(**{**values, "departing": tuple(values.get("departing", ())), "bridges": share})


def default_settings(call: OpenedCall) -> AssignmentSettings:
    """As the call file says."""
    rules = call.file.reviewing
    return AssignmentSettings(
        reviews=rules.reviews_per_application or call.file.rubric.min_reviews,
        avoid_department=rules.same_department == "avoid",
        bridges=call.file.assignment.bridges,
    )


@dataclass(frozen=True)
class Held:
    """A dossier that a reviewer has now. `review`: state of the review, empty: not begun; `marked`: it has marks."""

    assignment_id: str
    locked: bool
    review: str
    marked: bool

    def stays(self, departing: bool) -> bool:
        """Whether it never moves: marked or locked; of a reviewer who drops out, only what is submitted."""
        if departing:
            return self.review == ReviewState.SUBMITTED
        return self.locked or self.marked or self.review in (ReviewState.SUBMITTED, ReviewState.REOPENED)


@dataclass(frozen=True)
class Situation:
    """What an assignment follows from, under the names that people see: a dossier's reference, a reviewer's code.

    `dossiers`: reference → record; `reviewers`: code → profile and person; `held`: (reference, code) → what is there,
    also of dossiers that are read no more; `declined`: (reference, code) → what was said, of those given back for lack of time.
    """

    call: OpenedCall
    settings: AssignmentSettings
    demand: Demand
    dossiers: Mapping[str, Application]
    reviewers: Mapping[str, tuple[Reviewer, Person]]
    held: Mapping[Pair, Held]
    declined: Mapping[Pair, str] = field(default_factory=dict)
    waiting: int = 0
    digest: str = field(default="", compare=False)

    def name(self, code: str) -> str:
        found = self.reviewers.get(code)
        return found[1].name if found else code


def situation(session: Session, call: OpenedCall, settings: AssignmentSettings) -> Situation:
    """Loads everything that an assignment of this call follows from. Ten queries at most (eleven with `avoid_earlier`)."""
    applications = session.exec(
        select(Application, col(Application.association_id)).where(
            Application.call_id == call.id, col(Application.submitted_at).is_not(None)
        )
    ).all()
    departments = _departments(session, call)
    reviewers = {
        reviewer.code: (reviewer, person)
        for reviewer, person in session.exec(
            select(Reviewer, Person).where(Reviewer.person_id == Person.id, Reviewer.call_id == call.id)
        )
    }
    codes = {reviewer.person_id: code for code, (reviewer, _) in reviewers.items()}
    references = {one.id: one.reference for one, _ in applications}
    dossiers = {one.reference: one for one, _ in applications if was_dealt(one)}
    held = _held(session, call, references, codes)
    conflicts = frozenset(
        (references[application_id], codes[person_id])
        for person_id, application_id in kept_away_pairs(session, call.id)
        if application_id in references and person_id in codes
    )
    earlier = _earlier(session, call, {one.reference: association for one, association in applications}, codes)
    aside, wholly_aside = _set_aside(session, call, references, codes)
    current = {
        pair: one
        for pair, one in held.items()
        if pair[0] in dossiers and pair not in aside and pair[1] not in wholly_aside
    }
    declined = _declined(session, call, references, codes)
    given_back = Counter(code for _, code in declined)
    demand = Demand(
        dossiers=[
            Dossier(one.reference, (one.theme,) if one.theme else (), departments.get(one.id, ""))
            for one in dossiers.values()
        ],
        reviewers=[
            Reader(
                code,
                tuple(one.themes),
                tuple(one.departments),
                min(one.min_load, room(one, given_back[code])),
                room(one, given_back[code]),
                one.available and code not in settings.departing and code not in wholly_aside,
            )
            for code, (one, _) in reviewers.items()
        ],
        reviews=settings.reviews,
        conflicts=conflicts | aside,
        earlier=earlier if settings.avoid_earlier else frozenset(),
        fixed=frozenset(
            pair
            for pair, one in current.items()
            if one.stays(pair[1] in settings.departing)
            or (settings.mode == "complete" and pair[1] not in settings.departing and pair not in conflicts)
        ),
        current=frozenset(current),
        preferences=_preferences(session, call, references, codes),
        declined=frozenset(declined),
        avoid_department=settings.avoid_department,
        seed=call.id,
    )
    return Situation(
        call=call,
        settings=settings,
        demand=demand,
        dossiers=dossiers,
        reviewers=reviewers,
        held=held,
        declined=declined,
        waiting=sum(one.state == ApplicationState.TO_COMPLETE for one, _ in applications),
        digest=_digest(demand, settings),
    )


def _set_aside(
    session: Session, call: OpenedCall, references: Mapping[str, str], codes: Mapping[str, str]
) -> tuple[frozenset[Pair], frozenset[str]]:
    """The reviews that count no more: their dossiers want others, and not of the same people. Pairs, and codes of those
    whose reviews all are set aside."""
    kept = [one for one in set_aside_of(session, call.id) if one.confirmed_at is not None and one.person_id in codes]
    pairs = {
        (references[one.application_id], codes[one.person_id])
        for one in kept
        if one.application_id is not None and one.application_id in references
    }
    return frozenset(pairs), frozenset(codes[one.person_id] for one in kept if one.application_id is None)


def _declined(
    session: Session, call: OpenedCall, references: Mapping[str, str], codes: Mapping[str, str]
) -> dict[Pair, str]:
    """Pairs that the reviewer gave back for lack of time, and what they said."""
    rows = session.exec(
        select(Assignment.application_id, Assignment.person_id, Assignment.removal_reason).where(
            Assignment.call_id == call.id, col(Assignment.declined_at).is_not(None)
        )
    )
    return _by_pair(rows, references, codes)


def _preferences(
    session: Session, call: OpenedCall, references: Mapping[str, str], codes: Mapping[str, str]
) -> dict[Pair, int]:
    """What the reviewers would rather read, where the call asks them."""
    if not call.file.reviewing.preferences:
        return {}
    rows = session.exec(
        select(Preference.application_id, Preference.person_id, Preference.rank).where(Preference.call_id == call.id)
    )
    return _by_pair(rows, references, codes)


def _by_pair(
    rows: Iterable[tuple[str, str, Said]], references: Mapping[str, str], codes: Mapping[str, str]
) -> dict[Pair, Said]:
    """What was said of (application id, person id), by the names that people see."""
    return {
        (references[dossier], codes[person]): said
        for dossier, person, said in rows
        if dossier in references and person in codes
    }


def _departments(session: Session, call: OpenedCall) -> dict[str, str]:
    """Application id → the association's department."""
    rows = session.exec(
        select(Application.id, Association.department).where(
            Application.association_id == Association.id, Application.call_id == call.id
        )
    )
    return dict(rows.all())


def _held(
    session: Session, call: OpenedCall, references: Mapping[str, str], codes: Mapping[str, str]
) -> dict[Pair, Held]:
    marked = set(
        session.exec(
            select(Mark.review_id)
            .where(
                Mark.review_id == Review.id,
                Review.assignment_id == Assignment.id,
                Assignment.call_id == call.id,
                col(Mark.score).is_not(None),
            )
            .distinct()
        )
    )
    rows = session.exec(
        select(Assignment, Review)
        .join(Review, col(Review.assignment_id) == col(Assignment.id), isouter=True)
        .where(Assignment.call_id == call.id, col(Assignment.removed_at).is_(None))
    )
    return {
        (references[one.application_id], codes[one.person_id]): Held(
            one.id, one.locked, str(review.state) if review else "", review is not None and review.id in marked
        )
        for one, review in rows
        if one.application_id in references and one.person_id in codes
    }


def _earlier(
    session: Session, call: OpenedCall, associations: Mapping[str, str], codes: Mapping[str, str]
) -> frozenset[Pair]:
    """Pairs whose reviewer read a dossier of the same association in another call."""
    read = defaultdict(set)
    for association_id, person_id in session.exec(
        select(Application.association_id, Assignment.person_id).where(
            Assignment.application_id == Application.id,
            Assignment.call_id != call.id,
            col(Assignment.removed_at).is_(None),
            col(Assignment.person_id).in_(list(codes)),
        )
    ):
        read[association_id].add(codes[person_id])
    return frozenset(
        (reference, code) for reference, association in associations.items() for code in read.get(association, ())
    )


def _digest(demand: Demand, settings: AssignmentSettings) -> str:
    content = {
        "dossiers": sorted([one.id, list(one.themes), one.department] for one in demand.dossiers),
        "reviewers": sorted(
            [one.id, list(one.themes), list(one.departments), one.min_load, one.max_load, one.available]
            for one in demand.reviewers
        ),
        "pairs": [
            sorted(map(list, pairs)) for pairs in (demand.conflicts, demand.earlier, demand.fixed, demand.current)
        ],
        "settings": settings.as_json(),
    }
    if demand.declined:
        content["declined"] = sorted(map(list, demand.declined))
    if demand.preferences:
        content["preferences"] = sorted([*pair, rank] for pair, rank in demand.preferences.items())
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def visible(session: Session, actor: Actor, call: OpenedCall, found: Situation) -> frozenset[str]:
    """References of the dossiers that this official may see. One query."""
    hidden = recused_dossiers(session, actor, call.id)
    return frozenset(reference for reference, one in found.dossiers.items() if one.id not in hidden)
