"""The reviews of a run that count in its ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aap.core.scoring.criteria import counted_marks
from aap.core.scoring.totals import Review, reviews_from_marks

if TYPE_CHECKING:
    from aap.core.ranking.run_input import RunInput


def reviews_of(given: RunInput) -> tuple[Review, ...]:
    """The reviews that count: complete, and not set aside. Raises IncompleteReviews."""
    attributes = {application.id: application.attributes for application in given.applications}
    return reviews_from_marks(counted_marks(given.marks, given.decisions), given.call.rubric, attributes=attributes)
