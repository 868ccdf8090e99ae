"""The content of the demonstration: fictitious associations, dossiers, reviewers and reviews, by seed.

Pure: values in, values out; no database, no clock. `demo_content` gives everything for the call `mentorat-2025`.
"""

from __future__ import annotations

from dataclasses import dataclass

from aap.core.call.schema import CallFile
from aap.core.territories import Territories
from aap.demo.associations import DemoAssociation, associations
from aap.demo.attachments import DemoFile, attachments
from aap.demo.dossiers import DemoDossier, dossiers
from aap.demo.reviewing import DemoMark, DemoReview, DemoReviewer, assignment, reviewers, reviews

__all__ = [
    "DemoAssociation",
    "DemoContent",
    "DemoDossier",
    "DemoFile",
    "DemoMark",
    "DemoReview",
    "DemoReviewer",
    "assignment",
    "associations",
    "attachments",
    "demo_content",
    "dossiers",
    "reviewers",
    "reviews",
]


@dataclass(frozen=True, slots=True)
class DemoContent:
    """Everything but the files. `reviews` cover the dossiers that screening keeps, three each."""

    associations: tuple[DemoAssociation, ...]
    dossiers: tuple[DemoDossier, ...]
    reviewers: tuple[DemoReviewer, ...]
    reviews: tuple[DemoReview, ...]


def demo_content(seed: int, call: CallFile, territories: Territories, *, n: int = 236, people: int = 40) -> DemoContent:
    """`n` associations with a dossier each, `people` reviewers and their reviews; the same for the same seed."""
    made = associations(seed, n, territories)
    files = dossiers(seed, call, made, territories)
    panel = reviewers(seed, call, [one.code for one in territories.departments() if one.zone != "com"], people)
    kept = [dossier for dossier in files if dossier.ineligible_rule is None]
    pairs = assignment(seed, kept, panel, call.reviewing.reviews_per_application or call.rubric.min_reviews)
    return DemoContent(made, files, panel, reviews(seed, call, kept, panel, pairs))
