"""Conditions of the call file: tests on one answer, and whether they hold.

Values are compared as what they are: `250000` and `250000.00` are one number, a bound may be a number or a day. What
begins with a zero that says nothing (`01`, a code) is a text, and is compared as one. That a condition's values are of
the kind that its question or its source gives is checked when the file is loaded (`aap.core.call.form_checks`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from aap.core.scalars import DAY, NUMBER, WRITTEN, KeyId, Strict, exact_number, iso_day
from aap.core.values import Answers, day_of, decimal_of, text_of

Compared = Literal["text", "number", "day"]
"""As what the values of a question or of a source are compared."""

_CODE = re.compile(r"[+-]?0[0-9]", re.ASCII)


def _bound(value: object) -> object:
    """A number or a day."""
    if isinstance(value, date) or (isinstance(value, str) and DAY.fullmatch(value.strip())):
        return iso_day(value)
    return exact_number(value)


Bound = Annotated[
    Decimal | date,
    BeforeValidator(_bound),
    PlainSerializer(str, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "format": "date"}]}),
]


Value = Annotated[str, WithJsonSchema(WRITTEN)]


class Condition(Strict):
    """A test on one value: all the given parts hold. `question` names the answer (in `show_if` only)."""

    question: KeyId | None = None
    equals: Value | None = None
    one_of: tuple[Value, ...] | None = None
    contains: Value | None = None
    min: Bound | None = None
    max: Bound | None = None


def value_of(answer: object) -> tuple[str, ...]:
    """The plain values of an answer, as conditions and quotas compare them.

    A yes/no or a choice with a detail gives its value, a list each of its values, a project's budget the grant that it
    asks for; other tables, blocks and periods give none.
    """
    if isinstance(answer, str):
        return (answer,) if answer else ()
    if isinstance(answer, bool):
        return ("oui" if answer else "non",)
    if isinstance(answer, int | Decimal):
        return (str(answer),)
    if isinstance(answer, date):
        return (answer.isoformat(),)
    if isinstance(answer, Mapping):
        if "value" in answer:
            return value_of(text_of(answer["value"]))
        products = answer.get("products")
        return value_of(products.get("request")) if isinstance(products, Mapping) else ()
    if isinstance(answer, list | tuple):
        return tuple(value for value in answer if isinstance(value, str) and value)
    return ()


def condition_holds(condition: Condition, answer: object) -> bool:
    """Whether all the given parts of the condition hold for one answer. Without an answer nothing holds."""
    values = value_of(answer)
    if not values:
        return False
    named = (condition.equals, condition.contains)
    if any(name is not None and not _among(name, values) for name in named):
        return False
    if condition.one_of is not None and not any(_among(name, values) for name in condition.one_of):
        return False
    return _reaches(values[0], condition.min, 1) and _reaches(values[0], condition.max, -1)


def number_of(text: str) -> Decimal | None:
    """The number that a call file or an answer writes; None for a text, and for a code (`01`)."""
    written = text.strip()
    if _CODE.match(written) or not NUMBER.fullmatch(written):
        return None
    return Decimal(written.replace("_", ""))


def _among(name: str, values: tuple[str, ...]) -> bool:
    number = number_of(name)
    return name in values or (number is not None and any(number_of(value) == number for value in values))


def _reaches(value: str, bound: Decimal | date | None, side: Literal[1, -1]) -> bool:
    """Whether the value is at least the bound (`side` 1) or at most (-1); a value of another kind is neither."""
    if bound is None:
        return True
    if isinstance(bound, date):
        day = day_of(value)
        return day is not None and (day - bound).days * side >= 0
    number = decimal_of(value)
    return number is not None and (number - bound) * side >= 0


def is_shown(show_if: Condition | None, answers: Answers) -> bool:
    """Whether a section or question with this condition is shown, given the dossier's answers."""
    if show_if is None or show_if.question is None:
        return True
    return condition_holds(show_if, answers.get(show_if.question))
