"""What the criteria of a rubric ask of a reviewer, and what those that nobody marks take from an application.

A gate's answers are marks on a scale of their own, 0 (no) and 1 (yes): their mean is the share of yes. A computed
criterion's mark comes from the values of an attribute: the best of them counts, `otherwise` stands for a value that no
line names and for an empty cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from aap.core.call.schema import Criterion, Rubric
from aap.core.inputs import Application, JuryDecision, Mark
from aap.core.scalars import truth_value
from aap.core.typed_numbers import cell_number

Attributes = Mapping[str, tuple[str, ...]]


def asked_criteria(rubric: Rubric) -> tuple[Criterion, ...]:
    """The criteria that a reviewer answers: all but the computed ones, in rubric order."""
    return tuple(criterion for criterion in rubric.criteria if criterion.kind != "computed")


def marked_criteria(rubric: Rubric) -> tuple[Criterion, ...]:
    """The criteria that a reviewer marks on their scale, in rubric order."""
    return tuple(criterion for criterion in rubric.criteria if criterion.kind == "marked")


def bonus_of(rubric: Rubric) -> Decimal:
    """How many points on 100 the bonuses add at most."""
    return sum((criterion.bonus for criterion in rubric.criteria if criterion.bonus is not None), Decimal(0))


def mark_for(criterion: Criterion, rubric: Rubric, values: Iterable[str]) -> Decimal:
    """The mark, in scale units, that a computed criterion gives to these values of its attribute.

    Raises ValueError for a text where bands want a number: the reading of the tables has refused it before.
    """
    otherwise = rubric.scale_of(criterion).min if criterion.otherwise is None else criterion.otherwise
    return max((_mark_of_value(criterion, value, otherwise) for value in values), default=otherwise)


def _mark_of_value(criterion: Criterion, value: str, otherwise: Decimal) -> Decimal:
    if not criterion.bands:
        return {truth_value(name): mark for name, mark in criterion.points.items()}.get(value, otherwise)
    number = cell_number(value)
    if number is None:
        raise ValueError(f"{value!r} is no number for the bands of {criterion.id}")
    reached = [band.mark for band in criterion.bands if band.min <= number]
    return reached[-1] if reached else otherwise


def computed_marks(rubric: Rubric, attributes: Attributes) -> dict[str, Decimal]:
    """The marks that an application has without being marked: criterion id → mark in scale units."""
    return {
        criterion.id: mark_for(criterion, rubric, attributes.get(criterion.from_ or "", ()))
        for criterion in rubric.criteria
        if criterion.kind == "computed"
    }


def texts_for_bands(rubric: Rubric, application: Application) -> Iterator[tuple[Criterion, str]]:
    """The values of an application that bands should read as numbers and can't."""
    for criterion in rubric.criteria:
        for value in application.attributes.get(criterion.from_ or "", ()) if criterion.bands else ():
            if cell_number(value) is None:
                yield criterion, value


def counted_marks(marks: Iterable[Mark], decisions: Iterable[JuryDecision]) -> tuple[Mark, ...]:
    """The marks of the reviews that nobody has set aside; one application's, or all of a reviewer's."""
    aside = {(one.application_id, one.reviewer_id) for one in decisions if one.decision == "set_aside"}
    if not aside:
        return tuple(marks)
    return tuple(
        mark
        for mark in marks
        if (mark.application_id, mark.reviewer_id) not in aside and ("", mark.reviewer_id) not in aside
    )
