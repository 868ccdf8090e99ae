"""Conditions of the call file: tests on one answer, and whether they hold."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from aap.core.scalars import KeyId, Number, Strict
from aap.core.values import Answers, decimal_of, text_of


class Condition(Strict):
    """A test on one value: all the given parts hold. `question` names the answer (in `show_if` only)."""

    question: KeyId | None = None
    equals: str | None = None
    one_of: tuple[str, ...] | None = None
    contains: str | None = None
    min: Number | None = None
    max: Number | None = None


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
    if condition.equals is not None and condition.equals not in values:
        return False
    if condition.one_of is not None and not set(condition.one_of) & set(values):
        return False
    if condition.contains is not None and condition.contains not in values:
        return False
    if condition.min is not None or condition.max is not None:
        amount = decimal_of(values[0])
        if amount is None:
            return False
        if condition.min is not None and amount < condition.min:
            return False
        if condition.max is not None and amount > condition.max:
            return False
    return True


def is_shown(show_if: Condition | None, answers: Answers) -> bool:
    """Whether a section or question with this condition is shown, given the dossier's answers."""
    if show_if is None or show_if.question is None:
        return True
    return condition_holds(show_if, answers.get(show_if.question))
