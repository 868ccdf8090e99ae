"""The figures that page, letter and sheet show of the same dossier, a reason of the ranking with them, and what it lacked.

A run's reasons are hashed with it and stay: those of release 0.1.0 give a score with one decimal, or as many as tell it
from another one.
Whoever reads a mark table with two beside it can't add them up. Here the same sentence says its figures with as many
decimals as the table, and the difference that anybody would work out from them: points under a minimum, or under the last
project retained. Nothing is computed that the run didn't: `last` is the score of a line of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from aap.core import french
from aap.core.call.points import in_points
from aap.core.call.schema import Rubric
from aap.core.scoring.totals import meets_overall

LEAST_DECIMALS = 2
_NUMBER = rf"[−\d,{french.NNBSP}]+"
_SCORE = re.compile(rf"^(Classé \S+(?: du .+?)? avec |Note finale de |Score de ){_NUMBER}{french.NBSP}points?(?= sur )")
_MARK = re.compile(rf"^(Note(?: moyenne| arrêtée en commun)? de ){_NUMBER}(?= sur )")
_LAST = re.compile(rf" en obtient ({_NUMBER})\.")
_OPENING = re.compile(
    rf"^Classé \S+(?: du .+?)? avec .+? sur {_NUMBER}(?:, (?:note arrêtée|score arrêté) en commun après les évaluations)?\."
)
_ENDS_WITH_A_MINIMUM = re.compile(rf", pour un minimum de {_NUMBER}\.$")
_HELD = "below_threshold:"


def decimals_of(rubric: Rubric, score: Decimal | None, last: Decimal | None = None) -> int:
    """Two, or as many as tell a score from what it is compared with: the minimum that it misses, or the last one retained
    (`last`). Scores on 100."""
    if score is None:
        return LEAST_DECIMALS
    own, others = in_points(score, rubric), []
    if rubric.threshold is not None and not meets_overall(score, rubric):
        others.append(Fraction(rubric.threshold))
    if last is not None:
        others.append(in_points(last, rubric))
    return max(LEAST_DECIMALS, *(french.decimals_apart(own, other) for other in others)) if others else LEAST_DECIMALS


@dataclass(frozen=True, slots=True)
class Correction:
    """From the mean of the marks to the final score, in the points of the call, each as a text of the same decimals.

    `adds`: the change takes nothing away; `amount`: it without its sign.
    """

    mean: str
    change: str
    final: str
    adds: bool = True
    amount: str = ""


def correction(
    rubric: Rubric, raw_score: Decimal | None, score: Decimal | None, decimals: int = 2
) -> Correction | None:
    """What takes the mean of the marks to the score that ranks, None where they are the same or one is missing.

    The change is that of the two figures as they are shown, so that the line adds up.
    """
    if raw_score is None or score is None or raw_score == score:
        return None
    mean, final = (french.rounded(in_points(value, rubric), decimals) for value in (raw_score, score))
    change = french.number(abs(final - mean), decimals)
    adds = final >= mean
    return Correction(
        french.number(mean, decimals), ("+" if adds else "−") + change, french.number(final, decimals), adds, change
    )


def named_last(reason: str, rubric: Rubric, last: Decimal | None) -> Decimal | None:
    """`last`, where the reason tells that score: of another list than the reason's it isn't the one."""
    found = _LAST.search(reason)
    if found is None or last is None:
        return None
    decimals = len(found[1].partition(",")[2])
    return last if french.number(in_points(last, rubric), decimals) == found[1] else None


def with_figures(
    reason: str,
    rubric: Rubric,
    *,
    reason_code: str,
    score: Decimal | None,
    marks: Mapping[str, Decimal],
    last: Decimal | None = None,
) -> str:
    """The reason with the decimals of `decimals_of`, and what was missing. What a person wrote has no such figure: it stays.

    `score`, `last`: on 100; `marks`: the mean mark by criterion.
    """
    last = named_last(reason, rubric, last)
    decimals = decimals_of(rubric, score, last)
    if score is not None:
        own = in_points(score, rubric)
        reason = _SCORE.sub(lambda found: f"{found[1]}{french.points(own, decimals)}", reason)
        if last is not None:
            most = in_points(last, rubric)
            more = f" en obtient {french.number(most, decimals)}, soit {_less(own, most, decimals)} de plus."
            reason = _LAST.sub(lambda _: more, reason)
    if not reason_code.startswith(_HELD):
        return reason
    missed = reason_code.removeprefix(_HELD)
    if missed in marks:
        mark = marks[missed]
        minimum = next((one.threshold for one in rubric.criteria if one.id == missed), None)
        told = _MARK.sub(lambda found: f"{found[1]}{french.number(mark, LEAST_DECIMALS)}", reason)
        return reason if minimum is None or told == reason else _lacking(told, mark, minimum, LEAST_DECIMALS)
    if score is not None and rubric.threshold is not None and _SCORE.search(reason):
        return _lacking(reason, in_points(score, rubric), rubric.threshold, decimals)
    return reason


def after_opening(reason: str) -> tuple[str, str]:
    """(the sentence that gives rank and score, what follows it): the first is empty where the reason has none."""
    found = _OPENING.match(reason)
    return (found[0], reason[found.end() :].strip()) if found else ("", reason)


def _lacking(reason: str, own: french.Number, minimum: Decimal, decimals: int) -> str:
    lacks = f"{french.NBSP}: il en manque {_less(own, minimum, decimals)}."
    return _ENDS_WITH_A_MINIMUM.sub(lambda found: found[0].removesuffix(".") + lacks, reason)


def _less(own: french.Number, most: french.Number, decimals: int) -> str:
    """The difference of two figures as they are shown, so that who subtracts them finds it."""
    return french.number(french.rounded(most, decimals) - french.rounded(own, decimals), decimals)
