"""A reviewer's marks as they are typed: the grid of a scale, reading one mark, what a finished review needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from aap.core.call.schema import Criterion, Rubric, Scale
from aap.core.french import NBSP, number, plain, quoted, spaced
from aap.core.scoring.totals import review_total
from aap.core.typed_numbers import cell_number

MOST_CHOICES = 13
"""A grid of at most this many marks is shown as choices side by side; a larger one as a list."""

MOST_COMMENT = 5_000
"""Characters of one comment."""


class BadMark(ValueError):
    """What was typed is no mark of the scale; the message says in French what is allowed."""


def grid(scale: Scale) -> tuple[Decimal, ...]:
    """Every mark of a scale, from the lowest."""
    count = int((scale.max - scale.min) / scale.step)
    return tuple(scale.min + scale.step * position for position in range(count + 1))


def mark_text(mark: Decimal) -> str:
    """A mark in its shortest form with a point, as forms carry it: `3`, `2.5`."""
    return format(mark.normalize(), "f")


def parse_mark(scale: Scale, typed: str) -> Decimal | None:
    """The mark that was typed, None for nothing. Raises BadMark."""
    if not typed.strip():
        return None
    mark = cell_number(typed)
    if mark is None or not scale.min <= mark <= scale.max or (mark - scale.min) % scale.step:
        low, high, step = plain(scale.min), plain(scale.max), plain(scale.step)
        raise BadMark(f"Donnez une note de {low} à {high}, de {step} en {step}.")
    return mark


def comment_needed(criterion: Criterion, mark: Decimal | None) -> bool:
    """Whether the rubric asks to justify this mark: `always`, `below:<mark>` (strictly below) or never."""
    if criterion.comment == "always":
        return True
    kind, _, limit = criterion.comment.partition(":")
    return kind == "below" and mark is not None and mark < Decimal(limit.replace(",", "."))


def title_of(criterion: Criterion) -> str:
    """A criterion as people call it."""
    return spaced(criterion.title or criterion.id)


@dataclass(frozen=True)
class Checked:
    """Marks read from what was typed. `problems`: (`mark` | `comment`, criterion id) → French message."""

    marks: Mapping[str, Decimal] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[tuple[str, str], str] = field(default_factory=dict)


def read_marks(rubric: Rubric, marks: Mapping[str, str], comments: Mapping[str, str], *, finished: bool) -> Checked:
    """Reads typed marks and comments (criterion id → text); `finished` also asks for all that a submission needs.

    Criteria that the rubric lacks are left aside.
    """
    read: dict[str, Decimal] = {}
    texts: dict[str, str] = {}
    problems: dict[tuple[str, str], str] = {}
    for criterion in rubric.criteria:
        mark = None
        try:
            mark = parse_mark(rubric.scale_of(criterion), marks.get(criterion.id, ""))
        except BadMark as error:
            problems["mark", criterion.id] = str(error)
        else:
            if mark is not None:
                read[criterion.id] = mark
            elif finished:
                problems["mark", criterion.id] = f"Donnez une note au critère {quoted(title_of(criterion))}."
        texts[criterion.id] = comments.get(criterion.id, "").replace("\r\n", "\n").strip()
        if len(texts[criterion.id]) > MOST_COMMENT:
            problems["comment", criterion.id] = f"{number(MOST_COMMENT)} caractères au plus."
        elif finished and not texts[criterion.id] and comment_needed(criterion, mark):
            problems["comment", criterion.id] = (
                f"Justifiez la note du critère {quoted(title_of(criterion))}{NBSP}: la grille le demande."
            )
    return Checked(read, texts, problems)


def total_of(rubric: Rubric, marks: Mapping[str, Decimal]) -> Fraction | None:
    """The total on 100 of a complete set of marks, else None."""
    if any(criterion.id not in marks for criterion in rubric.criteria):
        return None
    return review_total(marks, rubric)
