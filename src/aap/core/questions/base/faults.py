"""What is wrong with an answer, and the checks that several types share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from aap.core.budgets.budget_checks import RequestLimits
from aap.core.french import count, plain
from aap.core.paths import Path
from aap.core.values import Answers

ProblemCode = Literal[
    "missing", "unreadable", "too_short", "too_long", "too_small", "too_big", "too_few", "too_many", "unknown_option",
    "wrong_order", "not_whole", "budget",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AnswerFault:
    """One thing to mend: `path` leads to the field, from the question's id; `label`: of the part that it is about."""

    path: Path
    code: ProblemCode
    message: str
    label: str = ""
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class CheckedDossier:
    """What a check may look at besides the answer: the dossier's answers, how many files a question has (None: files
    aren't checked), the call's limits on the request, the number of employees."""

    answers: Answers
    files: Mapping[str, int] | None
    limits: RequestLimits | None
    employees: Decimal | None


def lengths(text: str, shortest: int, longest: int, path: Path) -> Iterator[AnswerFault]:
    """A text with too many or too few characters."""
    if len(text) > longest:
        over = len(text) - longest
        message = (
            f"Votre texte compte {count(len(text), 'caractère')}, soit {plain(over)} de trop : "
            f"le maximum est {plain(longest)}."
        )
        yield AnswerFault(path, "too_long", message)
    elif len(text) < shortest:
        message = f"Votre texte compte {count(len(text), 'caractère')} : il en faut au moins {plain(shortest)}."
        yield AnswerFault(path, "too_short", message)


def how_many(
    chosen: int, least: Decimal | int | None, most: Decimal | int | None, word: str, path: Path
) -> Iterator[AnswerFault]:
    """Too many or too few of what can be given several times."""
    if most is not None and chosen > most:
        yield AnswerFault(path, "too_many", f"Donnez au plus {count(int(most), word)}.")
    if least is not None and chosen < least:
        yield AnswerFault(path, "too_few", f"Donnez au moins {count(int(least), word)}.")
