"""A whole call redone from the contract's text: totals, thresholds, ranks, jury, then the enumeration. Raw scores."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.unit.core.selection.enumeration import Enumeration, Person

UNRANKED = ("below_threshold", "ineligible", "incomplete", "withdrawn")


@dataclass(frozen=True)
class Line:
    """One line of `ranking.csv`, as far as plain arithmetic gives it. `codes`: the reason codes that are allowed."""

    rank: int | None
    id: str
    status: str
    codes: frozenset[str]
    raw_score: int | None  # x 10,000
    granted: int | None  # cents
    waiting_rank: int | None


@dataclass(frozen=True)
class Dossier:
    """What is known of one application before it is ranked."""

    row: Mapping[str, Any]
    score: int | None
    means: Mapping[str, Fraction]
    place: str  # a status, or candidate, jury_out, declined
    missed: str
    grant: int

    @property
    def id(self) -> str:
        return str(self.row["application_id"])


class WholeCall:
    """`call`: a call file as a mapping. Rows as in the tables: texts, amounts in euros. `received`: cents added to the budget."""

    def __init__(
        self,
        call: Mapping[str, Any],
        applications: Sequence[Mapping[str, Any]],
        reviews: Sequence[Mapping[str, str]],
        decisions: Sequence[Mapping[str, str]],
        seed: str,
        received: int = 0,
    ) -> None:
        self.rubric = call["rubric"]
        self.selection = call["selection"]
        self.seed = seed
        self.jury: dict[str, dict[str, str]] = {}
        for row in decisions:
            self.jury.setdefault(row["application_id"], {})[row["decision"]] = row["amount"]
        self.reviews: dict[str, dict[str, dict[str, Fraction]]] = {}
        for row in reviews:
            marks = self.reviews.setdefault(row["application_id"], {}).setdefault(row["reviewer_id"], {})
            marks[row["criterion"]] = Fraction(row["score"])
        self.dossiers = [self._dossier(row) for row in applications]
        ranked = [one for one in self.dossiers if one.place in ("candidate", "jury_out", "declined")]
        self.ranked = sorted(ranked, key=self.key)
        self.unranked = sorted(
            (one for one in self.dossiers if one not in ranked), key=lambda one: (UNRANKED.index(one.place), one.id)
        )
        self.candidates = [one for one in self.ranked if one.place == "candidate"]
        budget = self.selection.get("budget")
        own = self.own = None if budget is None else cents(budget)
        self.limit = None if own is None else own + received
        self.every = Enumeration(
            [self.person(one) for one in self.candidates],
            {**self.selection, "budget": self.limit, "own_budget": own},
        )

    def _scale(self, criterion: Mapping[str, Any]) -> tuple[Fraction, Fraction]:
        scale = criterion.get("scale") or self.rubric["scale"]
        return Fraction(str(scale["min"])), Fraction(str(scale["max"]))

    def _total(self, marks: Mapping[str, Fraction]) -> Fraction:
        total = weights = Fraction(0)
        for criterion in self.rubric["criteria"]:
            low, high = self._scale(criterion)
            weight = Fraction(str(criterion["weight"]))
            weights += weight
            total += weight * (marks[criterion["id"]] - low) / (high - low)
        return 100 * total / weights

    def _dossier(self, row: Mapping[str, Any]) -> Dossier:
        name = row["application_id"]
        jury = self.jury.get(name, {})
        reviews = list(self.reviews.get(name, {}).values())
        score = None
        if "consensus" in jury:
            score = ten_thousandths(Fraction(jury["consensus"]))
        elif reviews:
            score = ten_thousandths(sum((self._total(marks) for marks in reviews), Fraction(0)) / len(reviews))
        means = {
            criterion["id"]: sum((marks[criterion["id"]] for marks in reviews), Fraction(0)) / len(reviews)
            for criterion in self.rubric["criteria"]
            if reviews
        }
        missed = ""
        for criterion in self.rubric["criteria"]:
            if not missed and reviews and means[criterion["id"]] < Fraction(str(criterion.get("threshold", -1000))):
                missed = criterion["id"]
        if (
            not missed
            and score is not None
            and Fraction(score, 10_000) < Fraction(str(self.rubric.get("threshold", 0)))
        ):
            missed = "overall"
        if "withdrawn" in jury:
            place = "withdrawn"
        elif row["eligible"] == "non":
            place = "ineligible"
        elif len(reviews) < self.rubric.get("min_reviews", 1):
            place = "incomplete"
        elif missed:
            place = "below_threshold"
        else:
            place = "declined" if "declined" in jury else "jury_out" if "out" in jury else "candidate"
        grant = cents(row["requested_amount"])
        if self.selection.get("amounts") == "proposed" and row["proposed_amount"]:
            grant = cents(row["proposed_amount"])
        if jury.get("amount"):
            grant = cents(jury["amount"])
        return Dossier(row, score, means, place, missed, grant)

    def key(self, one: Dossier) -> tuple[Any, ...]:
        assert one.score is not None
        token = one.row["draw_token"] or one.id
        return (
            -one.score,
            *(-one.means[criterion] for criterion in self.rubric.get("tie_break", ())),
            cents(one.row["requested_amount"]),
            hashlib.sha256(f"{self.seed}:{token}".encode()).hexdigest(),
        )

    def person(self, one: Dossier) -> Person:
        assert one.score is not None
        attributes = {name: one.row[name].split("|") if one.row[name] else [] for name in ("region", "size")}
        return Person(one.id, one.score, one.grant, attributes, "in" in self.jury.get(one.id, {}))

    def least_score(self) -> int:
        """The overall threshold x 10,000."""
        return math.ceil(Fraction(str(self.rubric["threshold"])) * 10_000)

    def imposed_in_vain(self) -> bool:
        """Whether an `in` is for no candidate: bad input."""
        names = {one.id for one in self.candidates}
        return any("in" in jury and name not in names for name, jury in self.jury.items())

    def lines(self) -> list[Line] | None:
        """The whole table; None where the rules can't all hold."""
        chosen = self.every.best(self.every.atoms)
        if chosen is None:
            return None
        retained = set(self.every.ids(chosen))
        waiting = [one.id for one in self.candidates if one.id not in retained][: self.selection.get("waiting_list", 0)]
        reasons = self.every.reasons(chosen)
        lines = []
        for one in (*self.ranked, *self.unranked):
            rank = self.ranked.index(one) + 1 if one in self.ranked else None
            granted = one.grant if one.id in retained else None
            place = waiting.index(one.id) + 1 if one.id in waiting else None
            if one.place == "candidate":
                status = "laureate" if one.id in retained else "waiting_list" if place else "not_selected"
                codes = reasons[one.id]
            elif one.place in ("jury_out", "declined"):
                status, codes = "not_selected", frozenset([one.place])
            else:
                status = one.place
                codes = frozenset([f"{status}:{one.missed}" if status == "below_threshold" else status])
            lines.append(Line(rank, one.id, status, codes, one.score, granted, place))
        return lines


def cents(euros: object) -> int:
    return int(Fraction(str(euros)) * 100)


def ten_thousandths(value: Fraction) -> int:
    """Half-even, on exact fractions."""
    scaled = value * 10_000
    below = scaled.numerator // scaled.denominator
    rest = scaled - below
    return below + (1 if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and below % 2) else 0)
