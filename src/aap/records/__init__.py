"""Every table, imported in one place so that the metadata is complete."""

from aap.records import (
    applications,
    associations,
    audit,
    calls,
    candidate_lists,
    coauthors,
    decided,
    deliberations,
    discussions,
    outbox,
    people,
    rankings,
    redrafts,
    reviews,
    second_factors,
    specimens,
)

__all__ = [
    "applications",
    "associations",
    "audit",
    "calls",
    "candidate_lists",
    "coauthors",
    "decided",
    "deliberations",
    "discussions",
    "outbox",
    "people",
    "rankings",
    "redrafts",
    "reviews",
    "second_factors",
    "specimens",
]
