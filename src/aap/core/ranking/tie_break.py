"""Equal scores: what parts them, in which order, and how it is said."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from fractions import Fraction

from aap.core import french
from aap.core.call.schema import Rubric
from aap.core.inputs import Application
from aap.core.ranking.standing import Standing


def draw_key(seed: str, application: Application) -> str:
    """The public draw: SHA-256 of `<seed>:<token>` in hexadecimal; the smaller comes first."""
    token = application.draw_token or application.id
    return hashlib.sha256(f"{seed}:{token}".encode()).hexdigest()


def rank_key(standing: Standing, rubric: Rubric, seed: str) -> tuple[int, list[Fraction], int, str, str]:
    """Score, mean marks of the tie-break, smaller request, public draw; the id makes the order total."""
    assert standing.score is not None
    return (
        -standing.score,
        [-standing.mean_marks[criterion] for criterion in rubric.tie_break],
        standing.application.requested_amount,
        draw_key(seed, standing.application),
        standing.id,
    )


def needs_draw(standing: Standing, rubric: Rubric) -> tuple[Hashable, ...]:
    """What is equal between applications that nothing but the draw parts."""
    score, marks, request, *_ = rank_key(standing, rubric, "")
    return score, tuple(marks), request


def parted_by(before: Standing, after: Standing, rubric: Rubric) -> str:
    """What ranks `before` first on equal scores: `mark:<criterion>`, `amount` or `draw`."""
    for criterion in rubric.tie_break:
        if before.mean_marks[criterion] != after.mean_marks[criterion]:
            return f"mark:{criterion}"
    if before.application.requested_amount != after.application.requested_amount:
        return "amount"
    return "draw"


def tie_in_words(tie: str, rubric: Rubric) -> str:
    """`parted_by` as the end of « passe devant … »."""
    if tie == "amount":
        return "par un montant demandé plus faible"
    if tie == "draw":
        return "par le tirage au sort public"
    name = tie.removeprefix("mark:")
    criterion = next(criterion for criterion in rubric.criteria if criterion.id == name)
    return f"par sa note au critère {french.quoted(criterion.title or criterion.id)}"
