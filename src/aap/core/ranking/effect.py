"""What a jury's choice on one application would do, before it is recorded: the selection made anew and compared.

Scores are those of a stored run; what was decided since counts on both sides. Tested against whole runs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from aap.core.call.canonical import rubric_hash
from aap.core.call.lots import following
from aap.core.call.points import in_points
from aap.core.inputs import JuryDecision
from aap.core.quotas.quota_words import quota_in_words
from aap.core.ranking.bundle import rankings_of
from aap.core.ranking.bundle_reading import BundleContent
from aap.core.ranking.by_part import in_turn, select_parts
from aap.core.ranking.counted_reviews import reviews_of
from aap.core.ranking.explanation import Explanation, explain
from aap.core.ranking.overruling import overruled
from aap.core.ranking.parts import Part
from aap.core.ranking.ranking import Ranking, rank
from aap.core.ranking.standing import Place
from aap.core.scoring.totals import UNIT
from aap.core.selection.conflicts import smallest_conflict
from aap.core.selection.draw_zone import second_walk
from aap.core.selection.outcome import InfeasibleRules
from aap.core.selection.problem import QuotaRule, Rules
from aap.core.selection.rows import System
from aap.core.selection.rules import rules_of
from aap.core.selection.select import select
from aap.core.selection.solving import solve_selection

ChoiceKind = Literal["in", "out", "amount", "none"]

_OF_THE_JURY = frozenset({"in", "out", "amount"})


@dataclass(frozen=True, slots=True)
class JuryChoice:
    """What is to be decided on an application. `none`: nothing any more, whatever was; `amount` in cents."""

    application_id: str
    kind: ChoiceKind
    amount: int | None = None


UNDONE: Mapping[str, Collection[str]] = {
    "in": frozenset({"in", "out"}),
    "amount": frozenset({"amount", "out"}),
    "out": _OF_THE_JURY,
    "none": _OF_THE_JURY,
}
"""The jury's decisions on an application that a choice takes the place of: `in` and `amount` stand together, `out` alone,
`none` takes all three away."""


def decided_with(decisions: Sequence[JuryDecision], choice: JuryChoice) -> tuple[JuryDecision, ...]:
    """The decisions that count once the choice is made (`UNDONE`).

    Whatever else was decided (agreed marks, a withdrawal, reviews set aside) stays; so does what the authority decided,
    which counts in the place of the choice.
    """
    undone, own = UNDONE[choice.kind], choice.application_id
    authority = [one for one in decisions if one.is_authoritys]
    jury = [
        one for one in decisions
        if not one.is_authoritys and (one.application_id != own or one.decision not in undone)
    ]  # fmt: skip
    if choice.kind != "none":
        euros = Decimal(choice.amount) / 100 if choice.kind == "amount" and choice.amount is not None else None
        jury.append(JuryDecision(own, choice.kind, euros, "", ""))
    return tuple(overruled(jury, authority))


@dataclass(frozen=True, slots=True)
class Moved:
    """An application that enters or leaves. `points`: its score in the call's; `grant` in cents, what it has or would.

    `groups`: its values of the attributes and the titles of the groups that the rules count.
    """

    id: str
    points: Fraction
    grant: int
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantMoved:
    """A laureate before and after whose grant changes: the offer at the funding line, or the jury's amount. Cents."""

    id: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class QuotaMoved:
    """A quota (one value of it for `each`) whose laureates or money change. `asked`: what it asks, in words."""

    title: str
    value: str
    asked: str
    before: int
    after: int
    money_before: int
    money_after: int
    of_money: bool


@dataclass(frozen=True, slots=True)
class ChoiceEffect:
    """What the choice does. `before`, `after`: cents that the application itself is granted, None where it isn't retained.

    `enters` and `leaves` are the others, in rank order. `left_before`, `left`: cents of the budget that nobody has, None
    where there is no limit. `proven`: both selections are the best; else the best that the allowed work found.
    """

    choice: JuryChoice
    before: int | None
    after: int | None
    enters: tuple[Moved, ...]
    leaves: tuple[Moved, ...]
    grants: tuple[GrantMoved, ...]
    quotas: tuple[QuotaMoved, ...]
    left_before: int | None
    left: int | None
    proven: bool

    @property
    def moves(self) -> tuple[str, ...]:
        """Ids of the other applications that the choice moves, or whose grant it changes."""
        moved = [one.id for one in (*self.enters, *self.leaves)] + [one.id for one in self.grants]
        return tuple(name for name in dict.fromkeys(moved) if name != self.choice.application_id)


class NotRetainable(ValueError):
    """An application that can't be retained, whatever the rules. `place`: where it stands."""

    def __init__(self, application_id: str, place: Place) -> None:
        super().__init__(f"{application_id}: {place}")
        self.application_id = application_id
        self.place = place


@dataclass(frozen=True, slots=True)
class _Count:
    """What a selection gives one value of a quota. `tight`: one of its bounds is just reached."""

    quota: QuotaRule
    laureates: int = 0
    money: int = 0
    tight: bool = False


@dataclass(frozen=True)
class Selected:
    """The selection under some decisions. `granted`: id → cents of the laureates in rank order, part by part.

    `counts`: by lot, quota and value.
    """

    granted: Mapping[str, int]
    candidates: Mapping[str, Moved]
    counts: Mapping[tuple[str, str, str], _Count]
    left: int | None
    proven: bool


class StoredRun:
    """A kept run, of which choices are asked. Ranks once; each question makes a selection."""

    def __init__(self, content: BundleContent) -> None:
        self.content = content
        self._ranked = rankings_of(content)
        self._reviews = [reviews_of(part.given) for part, _ in self._ranked]
        self._rules_hash = rubric_hash(content.given.call)

    @property
    def agreed(self) -> tuple[JuryDecision, ...]:
        """What the run's scores rest on: marks agreed in common, reviews set aside."""
        return tuple(one for one in self.content.given.decisions if one.decision in ("consensus", "set_aside"))

    def place(self, application_id: str, decisions: Sequence[JuryDecision] = ()) -> Place | None:
        """Where it stands under these decisions, the jury's own on it aside; None where the run doesn't know it."""
        plain = decided_with(decisions, JuryChoice(application_id, "none"))
        for at, (_, ranking) in enumerate(self._ranked):
            if any(one.id == application_id for one in ranking.standings):
                again = self._again(at, plain)
                return next(one.place for one in again.standings if one.id == application_id)
        return None

    def _again(self, at: int, decisions: Sequence[JuryDecision]) -> Ranking:
        """A part ranked under other decisions, from its stored scores and its calibration."""
        part, kept = self._ranked[at]
        inside = {one.id for one in kept.standings}
        return rank(
            part.given.call,
            part.given.applications,
            self._reviews[at],
            [one for one in decisions if not one.application_id or one.application_id in inside],
            self.content.report["draw_seed"],
            stored=self.content.scores,
            calibration=kept.calibration,
            rules_hash=self._rules_hash,
            summaries=part.given.summaries,
        )

    def selected(self, decisions: Sequence[JuryDecision]) -> Selected:
        """The selection under these decisions. Raises InfeasibleRules, ImposedNotCandidate, OutOfWork."""
        call = self.content.given.call
        parts = [part for part, _ in self._ranked]
        next_of = following(call)
        received: dict[str, int] = {}
        found: dict[int, Selected] = {}
        for at in in_turn(call, parts):
            part, ranking = parts[at], self._again(at, decisions)
            rules = dataclasses.replace(rules_of(part.given.call), received=received.get(part.id, 0))
            own = _selected(part, ranking, rules)
            if part.id in next_of and own.left is not None:
                received[next_of[part.id]] = own.left
                own = dataclasses.replace(own, left=None)
            found[at] = own
        return _together([found[at] for at in range(len(parts))])

    def explained(self, decisions: Sequence[JuryDecision], application_id: str) -> tuple[Explanation, int | None]:
        """What a run under these decisions would say of an application, and the cents that it would be granted.

        Raises what `selected` raises, and KeyError for an application that the run doesn't know.
        """
        parts = [part for part, _ in self._ranked]
        rankings = [self._again(at, decisions) for at in range(len(parts))]
        outcomes = select_parts(self.content.given.call, parts, rankings, select)
        for part, ranking, (rules, outcome) in zip(parts, rankings, outcomes, strict=True):
            standing = next((one for one in ranking.standings if one.id == application_id), None)
            if standing is not None:
                told = explain(part.given.call, rules, ranking, outcome, part.lot)[application_id]
                retained = application_id in outcome.retained
                return told, outcome.granted_to(application_id, standing.grant) if retained else None
        raise KeyError(application_id)

    def effect(self, before: Selected, decisions: Sequence[JuryDecision], choice: JuryChoice) -> ChoiceEffect:
        """What the choice does beside these decisions. `before`: the selection that they give.

        Raises NotRetainable for the `in` or the amount of who is no candidate, InfeasibleRules where the rules can't all
        hold with the choice, OutOfWork where the allowed work ended before a selection was found.
        """
        if choice.kind in ("in", "amount"):
            place = self.place(choice.application_id, decisions)
            if place != "candidate":
                raise NotRetainable(choice.application_id, place or "incomplete")
        after = self.selected(decided_with(decisions, choice))
        own = choice.application_id
        candidates = {**before.candidates, **after.candidates}

        def moved(names: Mapping[str, int], others: Mapping[str, int]) -> tuple[Moved, ...]:
            return tuple(
                dataclasses.replace(candidates[name], grant=cents)
                for name, cents in names.items()
                if name not in others and name != own
            )

        return ChoiceEffect(
            choice=choice,
            before=before.granted.get(own),
            after=after.granted.get(own),
            enters=moved(after.granted, before.granted),
            leaves=moved(before.granted, after.granted),
            grants=tuple(
                GrantMoved(name, cents, after.granted[name])
                for name, cents in before.granted.items()
                if after.granted.get(name, cents) != cents
            ),
            quotas=tuple(_quotas_moved(before, after)),
            left_before=before.left,
            left=after.left,
            proven=before.proven and after.proven,
        )


def _selected(part: Part, ranking: Ranking, rules: Rules) -> Selected:
    """Of one part."""
    system = second_walk(ranking.candidates, rules).system
    solved = solve_selection(system)
    if solved is None:
        refusal = smallest_conflict(system)
        raise InfeasibleRules(refusal.conflict, refusal.values, refusal.smallest_proven, refusal.irreducible, part.id)
    system, retained = solved.granting(system), solved.retained
    own = {one.id: one.grant for one, inside in zip(system.candidates, retained, strict=True) if inside}
    groups = _groups(rules, system)
    tight = {row.quota_part for row in system.rows if row.activity(retained) == row.bound}
    return Selected(
        granted={one.id: own[one.id] for one in ranking.candidates if one.id in own},
        candidates={
            one.id: Moved(
                one.id,
                in_points(Fraction(one.score, UNIT), part.given.call.rubric),
                own.get(one.id, one.grant),
                groups.get(one.id, ()),
            )
            for one in ranking.candidates
        },
        counts={
            (part.id, *one.key): _Count(
                one.quota, one.count(retained), int(one.money(system.candidates, retained)), one.key in tight
            )
            for one in system.parts
        },
        left=None if rules.limit is None else rules.limit - sum(own.values()),
        proven=solved.proven,
    )


def _together(parts: Sequence[Selected]) -> Selected:
    lefts = [one.left for one in parts if one.left is not None]
    return Selected(
        granted={name: cents for one in parts for name, cents in one.granted.items()},
        candidates={name: moved for one in parts for name, moved in one.candidates.items()},
        counts={key: count for one in parts for key, count in one.counts.items()},
        left=sum(lefts) if lefts else None,
        proven=all(one.proven for one in parts),
    )


def _groups(rules: Rules, system: System) -> dict[str, tuple[str, ...]]:
    """By candidate what the rules count it for: the value of an `each`, the title of a `where`, in the rules' order."""
    place = {quota.id: at for at, quota in enumerate(rules.quotas)}
    found: dict[str, dict[str, None]] = {}
    for part in sorted(system.parts, key=lambda one: (place[one.quota.id], one.value)):
        for column in part.share_of:
            found.setdefault(system.candidates[column].id, {})[part.value or part.quota.title] = None
    return {name: tuple(groups) for name, groups in found.items()}


def _quotas_moved(before: Selected, after: Selected) -> Iterator[QuotaMoved]:
    """Of the quotas for each value of something, only those that are just reached before or after."""
    for key in dict.fromkeys((*before.counts, *after.counts)):
        quota = (before.counts.get(key) or after.counts[key]).quota
        first, second = (one.counts.get(key, _Count(quota)) for one in (before, after))
        of_money = any(bound.counts == "money" for bound in quota.bounds)
        changed = first.laureates != second.laureates or (of_money and first.money != second.money)
        if changed and (quota.each is None or first.tight or second.tight):
            asked = quota_in_words(quota)
            yield QuotaMoved(
                quota.title, key[2], asked, first.laureates, second.laureates, first.money, second.money, of_money
            )
