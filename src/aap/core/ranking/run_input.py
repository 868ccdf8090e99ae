"""What a run takes in, in one order, and the hashes of what goes in and comes out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aap.core.call.canonical import canonical_hash, decimal_text
from aap.core.call.schema import CallFile
from aap.core.inputs import Application, JuryDecision, Mark, ReviewSummary
from aap.core.results import Table


@dataclass(frozen=True, slots=True)
class RunInput:
    """What is ranked: the call and its tables; `marks` are those of complete reviews.

    `summaries`: application id -> what stands for its reviews in a list that shows no mark; None where there are marks.
    """

    call: CallFile
    applications: tuple[Application, ...]
    marks: tuple[Mark, ...]
    decisions: tuple[JuryDecision, ...] = ()
    summaries: Mapping[str, ReviewSummary] | None = None


def normalised(given: RunInput) -> RunInput:
    """The same inputs in one order, so that the order of the files never shows."""
    return RunInput(
        given.call,
        tuple(sorted(given.applications, key=lambda a: a.id)),
        tuple(sorted(given.marks, key=lambda m: (m.application_id, m.reviewer_id, m.criterion))),
        tuple(sorted(given.decisions, key=lambda d: (d.application_id, d.decision, d.criterion, d.reviewer_id))),
        given.summaries,
    )


def inputs_value(given: RunInput) -> dict[str, Any]:
    """The normalised inputs in JSON's types: what `inputs_hash` covers and a bundle carries.

    Comments of marks are left out: they have no part in the result and are personal. Amounts are cents, marks texts,
    empty attributes don't count, a decision names a criterion, a reviewer or a stage only where it has one; a draw token that is
    the application's id is the same as none.
    """
    given = normalised(given)
    return {
        "applications": [
            {
                "id": application.id,
                "association": application.association,
                "requested_cents": application.requested_amount,
                "proposed_cents": application.proposed_amount,
                "eligible": application.eligible,
                "ineligible_reason": application.ineligible_reason,
                "draw_token": "" if application.draw_token == application.id else application.draw_token,
                "attributes": {name: list(values) for name, values in sorted(application.attributes.items()) if values},
            }
            for application in given.applications
        ],
        "marks": [
            [mark.application_id, mark.reviewer_id, mark.criterion, decimal_text(mark.score)] for mark in given.marks
        ],
        "decisions": [
            {
                "application_id": decision.application_id,
                "decision": decision.decision,
                "amount": None if decision.amount is None else decimal_text(decision.amount),
                "reason": decision.reason,
                "author": decision.author,
            }
            | ({"criterion": decision.criterion} if decision.criterion else {})
            | ({"reviewer_id": decision.reviewer_id} if decision.reviewer_id else {})
            | ({"stage": decision.stage} if decision.stage else {})
            for decision in given.decisions
        ],
    } | ({} if given.summaries is None else {"summaries": summaries_value(given.summaries)})


def summaries_value(summaries: Mapping[str, ReviewSummary]) -> dict[str, Any]:
    """What stands for reviews, in JSON's types; means as exact fractions (`7/3`)."""
    return {
        name: {
            "reviews": one.reviews,
            "means": {criterion: str(mean) for criterion, mean in sorted(one.means.items())},
            "missed": one.missed,
        }
        for name, one in sorted(summaries.items())
    }


def inputs_hash(given: RunInput) -> str:
    """SHA-256 of the canonical JSON of the normalised inputs."""
    return canonical_hash(inputs_value(given))


def json_text(value: Any) -> str:
    """JSON with sorted keys and no spaces: the same value gives the same text. Raises ValueError for NaN, infinity."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def result_hash(ranking: Table, reviewers: Table, report: Mapping[str, Any]) -> str:
    """SHA-256 over the ranking's and the reviewers' tables and the report (less this hash)."""
    covered = {
        "ranking": [list(ranking.header), *(list(row) for row in ranking.rows)],
        "reviewers": [list(reviewers.header), *(list(row) for row in reviewers.rows)],
        "report": {key: value for key, value in report.items() if key != "result_hash"},
    }
    return hashlib.sha256(json_text(covered).encode()).hexdigest()
