"""The grid as the page shows it: a value for each criterion, what was typed, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from aap.core.call.criterion_words import counts_for
from aap.core.call.points import in_points
from aap.core.call.schema import Criterion, Rubric, Scale
from aap.core.french import spaced
from aap.core.questions.base.in_words import ReadAnswer
from aap.core.scoring.marking import (
    MOST_CHOICES,
    BadMark,
    comment_needed,
    grid,
    mark_text,
    parse_mark,
    title_of,
    total_of,
)
from aap.services.review.discussing import DiscussionPage
from aap.services.review.reviewer_pages import ReviewingPage
from aap.services.review.reviewing import ReviewEntry, confidence_of, current_rubric
from aap.web.figures import plain
from aap.web.state_words import confidence_words

FIELDS = {"marks": "note", "comments": "avis"}
"""What the form calls the fields of a review, where they have another name."""

MOST_LISTED = 101
"""A larger grid is typed as a number."""


@dataclass(frozen=True)
class Level:
    """A described mark: `value` as the form carries it, `mark` as people read it."""

    value: str
    mark: str
    text: str


@dataclass(frozen=True)
class CriterionView:
    """One criterion. `share`: what it counts for, in words; `worth`: its most, in the points of the call; `choices`:
    (what ends the field's id, value, text) of each mark; `control`: radios, select or number; `comment_below`: the mark
    from which on no comment is asked, as forms carry it, empty: whatever the mark; `comment_asked`: for the mark it has."""

    id: str
    number: int
    title: str
    question: str
    share: str
    worth: Fraction
    control: str
    choices: tuple[tuple[str, str, str], ...]
    low: Decimal
    high: Decimal
    step: Decimal
    levels: tuple[Level, ...]
    comment_below: str
    comment_asked: bool
    answers: tuple[ReadAnswer, ...]
    value: str
    comment: str
    mark_error: str
    comment_error: str

    @property
    def words(self) -> str:
        """The level of the mark it has, empty where none is described."""
        return next((level.text for level in self.levels if level.value == self.value), "")


@dataclass(frozen=True)
class GridView:
    """The form, by the criteria of `rubric`. `summary`: (id of the field or None, message) of every problem, in the order
    of the page."""

    rubric: Rubric
    criteria: tuple[CriterionView, ...]
    general: str
    notes: str
    for_service: str
    confidence: str
    confidences: Mapping[str, str]
    version: int
    rubric_hash: str
    total: Fraction | None
    marked: int
    summary: tuple[tuple[str | None, str], ...]
    errors: Mapping[str, str]
    typed: bool


def grid_view(
    page: ReviewingPage | DiscussionPage,
    *,
    entry: ReviewEntry | None = None,
    problems: Mapping[str, str] | None = None,
    kept: bool = False,
) -> GridView:
    """The stored review, or what was typed (`entry`) with its problems by field; `kept`: it was stored all the same."""
    dossier, found = page.dossier, problems or {}
    rubric = dossier.call.file.rubric
    answers = [answer for section in page.sections for answer in section.answers]
    views = []
    marks: dict[str, Decimal] = {}
    for number, criterion in enumerate(rubric.criteria, 1):
        stored = dossier.marks.get(criterion.id)
        if entry is not None:
            value, comment = entry.marks.get(criterion.id, ""), entry.comments.get(criterion.id, "")
        else:
            value = mark_text(stored.score) if stored and stored.score is not None else ""
            comment = stored.comment if stored else ""
        try:
            mark = parse_mark(rubric.scale_of(criterion), value)
            value = value if mark is None else mark_text(mark)
        except BadMark:
            mark = None
        if mark is not None:
            marks[criterion.id] = mark
        views.append(criterion_view(criterion, rubric, number, answers, value, comment, found))
    summary = [(None if field == "" else field, message) for field, message in found.items()]
    review = dossier.review
    return GridView(
        rubric=rubric,
        criteria=tuple(views),
        general=entry.general if entry else (review.general_comment if review else ""),
        notes=entry.notes if entry else (review.notes if review else ""),
        for_service=entry.for_service if entry else (review.for_service if review else ""),
        confidence=confidence_of(entry) if entry else (review.confidence if review else ""),
        confidences=confidence_words(),
        version=dossier.version,
        rubric_hash=current_rubric(dossier.call),
        total=total_of(rubric, marks),
        marked=len(marks),
        summary=tuple(summary),
        errors=found,
        typed=entry is not None and not kept,
    )


@lru_cache(maxsize=256)
def _choices(low: Decimal, high: Decimal, step: Decimal) -> tuple[tuple[str, str, str], ...]:
    """Every mark of a scale: what ends its field's id (nothing for the first), value, text."""
    marks = grid(Scale(min=low, max=high, step=step))
    return tuple((f".{place}" if place else "", mark_text(mark), plain(mark)) for place, mark in enumerate(marks))


_set = lru_cache(maxsize=4_096)(spaced)
"""Texts of call files, set once a process."""


def criterion_view(
    criterion: Criterion,
    rubric: Rubric,
    number: int,
    answers: Sequence[ReadAnswer],
    value: str,
    comment: str,
    problems: Mapping[str, str],
) -> CriterionView:
    """One criterion of a grid: `value` and `comment` as typed, `answers` those that bear on it, problems by field."""
    scale = rubric.scale_of(criterion)
    most = 100 * rubric.share_of(criterion) if criterion.bonus is None else Fraction(criterion.bonus)
    choices = _choices(scale.min, scale.max, scale.step)
    control = "radios" if len(choices) <= MOST_CHOICES else "select" if len(choices) <= MOST_LISTED else "number"
    kind, _, limit = criterion.comment.partition(":")
    try:
        mark = parse_mark(scale, value)
    except BadMark:
        mark = None
    return CriterionView(
        id=criterion.id,
        number=number,
        title=title_of(criterion),
        question=_set(criterion.question or ""),
        share=counts_for(criterion, rubric),
        worth=in_points(most, rubric),
        control=control,
        choices=choices if control != "number" else (),
        low=scale.min,
        high=scale.max,
        step=scale.step,
        levels=tuple(
            Level(mark_text(mark), plain(mark), _set(text)) for mark, text in sorted(criterion.levels.items())
        ),
        comment_below=limit.replace(",", ".") if kind == "below" else "",
        comment_asked=comment_needed(criterion, mark),
        answers=tuple(answer for answer in answers if criterion.id in answer.criteria),
        value=value,
        comment=comment,
        mark_error=problems.get(f"note-{criterion.id}", ""),
        comment_error=problems.get(f"avis-{criterion.id}", ""),
    )
