"""The call's rules of eligibility, asked before a dossier is started and checked again when it is submitted.

A rule asks a question, or looks at a value that the dossier gives (`association.<field>`, `answers.<question>`,
`request.amount`). A rule that isn't met makes the dossier ineligible, or is left for the service to check (`if_not`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from aap.core.call.schema import EligibilityRule
from aap.core.questions.base.condition import condition_holds, value_of
from aap.core.values import decimal_of

State = Literal["met", "broken", "to_check", "unknown"]
Verdict = Literal["yes", "no", "to_check", "unknown"]


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """`unknown`: the answer or the value isn't there yet."""

    rule: EligibilityRule
    state: State


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Every rule's outcome, in the call file's order."""

    outcomes: tuple[RuleOutcome, ...]

    def in_state(self, state: State) -> tuple[EligibilityRule, ...]:
        return tuple(one.rule for one in self.outcomes if one.state == state)

    @property
    def broken(self) -> tuple[EligibilityRule, ...]:
        return self.in_state("broken")

    @property
    def verdict(self) -> Verdict:
        """`no` as soon as one rule is broken; `unknown` while an asked question has no answer; else `to_check`, `yes`.

        Rules on values that only a dossier has don't keep the answer from being given.
        """
        states = {one.state for one in self.outcomes}
        if "broken" in states:
            return "no"
        if any(one.state == "unknown" and one.rule.question is not None for one in self.outcomes):
            return "unknown"
        return "to_check" if "to_check" in states else "yes"


def asked(rules: Sequence[EligibilityRule]) -> tuple[EligibilityRule, ...]:
    """The rules that ask something."""
    return tuple(rule for rule in rules if rule.question is not None)


def check_eligibility(
    rules: Sequence[EligibilityRule], answers: Mapping[str, str], values: Mapping[str, object] | None = None
) -> Eligibility:
    """`answers`: rule id → answer to its question; `values`: source → value (`request.amount` in decimal euros)."""
    return Eligibility(tuple(RuleOutcome(rule, _state(rule, answers, values or {})) for rule in rules))


def _state(rule: EligibilityRule, answers: Mapping[str, str], values: Mapping[str, object]) -> State:
    value = answers.get(rule.id) if rule.question is not None else values.get(rule.source or "")
    if not value_of(value):
        return "unknown"
    if rule.type == "number" and rule.question is not None and decimal_of(value) is None:
        return "unknown"
    if condition_holds(rule.check, value):
        return "met"
    return "broken" if rule.if_not == "ineligible" else "to_check"
