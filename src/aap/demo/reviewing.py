"""Forty reviewers of differing severity, who reads what, and their reviews: marks on the grid, comments that fit.

A mark is the dossier's hidden quality on the scale, plus the reviewer's leniency, plus noise, put on the criterion's
grid. Comments are drawn for the mark that was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from aap.core.call.schema import CallFile, Criterion, Rubric
from aap.demo.associations import seeded
from aap.demo.dossiers import DemoDossier
from aap.demo.people import Casting, DemoPerson
from aap.demo.storytelling import say
from aap.demo.texts.reviews import REMARKS, SUMMARIES, VERDICTS, Level

LENIENCY_SPREAD = 0.075  # of the scale: the reviewers' standard deviation
NOISE = 0.085  # of the scale, for one mark
SHARED_NOISE = 0.05  # of the scale, for a whole review
SCREENED = timedelta(days=7)
"""After the closing, until the reviews open: nobody marks a dossier before it is screened and its amount is closed."""

_PROFESSIONS = (
    "conseillère d’éducation populaire et de jeunesse", "inspecteur de la jeunesse et des sports", "cheffe de projet à la préfecture",
    "éducateur à la protection judiciaire", "conseillère principale d’éducation", "chargée de mission à la mission locale",
    "ancien délégué régional", "responsable associative", "chercheuse en sciences de l’éducation", "psychologue de l’éducation nationale",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoReviewer:
    """`leniency`: share of the scale added to every mark (negative is severe); never shown to anybody."""

    key: str
    person: DemoPerson
    profession: str
    themes: tuple[str, ...]
    department: str
    leniency: float


@dataclass(frozen=True, slots=True)
class DemoMark:
    criterion: str
    score: Decimal
    comment: str


@dataclass(frozen=True, slots=True)
class DemoReview:
    """One reviewer's complete review of one dossier."""

    dossier: str
    reviewer: str
    marks: tuple[DemoMark, ...]
    summary: str
    minutes: int
    submitted_at: datetime


def reviewers(seed: int, call: CallFile, departments: Sequence[str], n: int = 40) -> tuple[DemoReviewer, ...]:
    """`n` reviewers with two or three of the call's themes each, and a department (taken in turn)."""
    rng = seeded(seed, "reviewers")
    casting = Casting(seeded(seed, "reviewers’ names"))
    themes = [theme.id for theme in call.call.themes]
    shuffled = rng.sample(list(departments), len(departments))
    made = []
    for number in range(n):
        known = {themes[number % len(themes)], *rng.sample(themes, rng.choice((1, 2)))}
        made.append(
            DemoReviewer(
                key=f"evaluateur-{number + 1:02d}",
                person=casting.person(),
                profession=rng.choice(_PROFESSIONS),
                themes=tuple(theme for theme in themes if theme in known),
                department=shuffled[number % len(shuffled)],
                leniency=rng.gauss(0, LENIENCY_SPREAD),
            )
        )
    return tuple(made)


def assignment(
    seed: int, dossiers: Sequence[DemoDossier], people: Sequence[DemoReviewer], each: int = 3
) -> tuple[tuple[str, str], ...]:
    """(dossier, reviewer) pairs: `each` a dossier, even loads, no one from the same department, expertise first.

    A simple draw for the demonstration; one seat in three ignores expertise so that all reviewers compare.
    """
    rng = seeded(seed, "assignment")
    load = {reviewer.key: 0 for reviewer in people}
    pairs = []
    for dossier in rng.sample(list(dossiers), len(dossiers)):
        chosen: list[DemoReviewer] = []
        for seat in range(each):
            free = [
                one
                for one in people
                if one not in chosen and one.department != dossier.association.commune.department.code
            ]

            def cost(one: DemoReviewer, seat: int = seat, theme: str = dossier.theme) -> float:
                stranger = 2.5 if seat < 2 and theme not in one.themes else 0.0
                return load[one.key] + stranger + rng.random()

            best = min(free, key=cost)
            load[best.key] += 1
            chosen.append(best)
        pairs += [(dossier.key, one.key) for one in chosen]
    return tuple(sorted(pairs))


def reviews(
    seed: int,
    call: CallFile,
    dossiers: Sequence[DemoDossier],
    people: Sequence[DemoReviewer],
    pairs: Sequence[tuple[str, str]],
) -> tuple[DemoReview, ...]:
    """A review for each (dossier, reviewer) pair, in the pairs' order."""
    dossier_of = {dossier.key: dossier for dossier in dossiers}
    reviewer_of = {reviewer.key: reviewer for reviewer in people}
    return tuple(
        _review(call, dossier_of[dossier], reviewer_of[reviewer], seeded(seed, "review", dossier, reviewer))
        for dossier, reviewer in pairs
    )


def _review(call: CallFile, dossier: DemoDossier, reviewer: DemoReviewer, rng: Random) -> DemoReview:
    mood = reviewer.leniency + rng.gauss(0, SHARED_NOISE)
    marks = []
    levels: list[float] = []
    for criterion in call.rubric.criteria:
        level = dossier.qualities.get(criterion.id, 0.5) + mood + rng.gauss(0, NOISE)
        score, share = _on_grid(call.rubric, criterion, level)
        levels.append(share)
        marks.append(DemoMark(criterion.id, score, _comment(criterion, score, share, dossier.facts, rng)))
    average = sum(levels) / len(levels)
    return DemoReview(
        dossier=dossier.key,
        reviewer=reviewer.key,
        marks=tuple(marks),
        summary=say(rng.choice(SUMMARIES[_level(average)]), dossier.facts),
        minutes=int(rng.triangular(12, 65, 28)),
        submitted_at=_moment(call, rng),
    )


def _on_grid(rubric: Rubric, criterion: Criterion, level: float) -> tuple[Decimal, float]:
    """The mark of the criterion's grid nearest to `level` (0 to 1), and its share of the scale."""
    scale = rubric.scale_of(criterion)
    steps = int((scale.max - scale.min) / scale.step)
    step = min(steps, max(0, round(level * steps)))
    return scale.min + scale.step * step, step / steps


def _level(share: float) -> Level:
    if share < 0.38:
        return "low"
    if share < 0.63:
        return "fair"
    return "good" if share < 0.85 else "high"


def _comment(criterion: Criterion, score: Decimal, share: float, facts: Mapping[str, str], rng: Random) -> str:
    """A comment where the rubric asks for one, else now and then."""
    rule = criterion.comment
    asked = rule == "always" or (rule.startswith("below:") and score < Decimal(rule.removeprefix("below:")))
    if criterion.id not in VERDICTS or (not asked and rng.random() > 0.4):
        return ""
    level = _level(share)
    text = rng.choice(VERDICTS[criterion.id][level])
    if rng.random() < 0.65:
        text = f"{text} {say(rng.choice(REMARKS[criterion.id][level]), facts)}"
    return say(text, facts)


def _moment(call: CallFile, rng: Random) -> datetime:
    """Between the opening of the reviews and their end, in the evening more often than not."""
    closes = call.call.closes_at
    assert closes is not None
    end = call.reviewing.closes_at or closes + timedelta(days=28)
    begins = closes.replace(hour=0, minute=0, second=0) + SCREENED
    day: datetime = begins + (end - begins - timedelta(days=4)) * rng.random() ** 0.6
    evening = rng.random() < 0.6
    hour = rng.randrange(18, 23) if evening else rng.randrange(9, 18)
    return day.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60))
