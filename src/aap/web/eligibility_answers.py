"""The visitor's answers to a call's eligibility questions, kept in the cookie until a dossier takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import session as cookie

from aap.core.call.schema import EligibilityRule
from aap.core.eligibility import asked

_KEY = "eligibility"
CALLS_KEPT = 3
"""A cookie holds 4 kB: the answers for the calls looked at last, as [call id, {rule id: answer}], the latest last."""

LONGEST = 40
"""Characters of an answer that are kept."""


def kept_answers(call_id: str) -> dict[str, str]:
    """What the visitor answered for this call; empty before."""
    return dict(next((answers for held, answers in cookie.get(_KEY) or [] if held == call_id), {}))


def keep_answers(call_id: str, answers: Mapping[str, str]) -> None:
    others = [[held, kept] for held, kept in cookie.get(_KEY) or [] if held != call_id]
    cookie[_KEY] = [*others[-(CALLS_KEPT - 1) :], [call_id, dict(answers)]]


def read_answers(rules: Sequence[EligibilityRule], post: Mapping[str, str]) -> dict[str, str]:
    """The answers that a post (`e.<rule id>`) gives to the rules that ask; what is no answer of theirs is left out."""
    found = {}
    for rule in asked(rules):
        answer = " ".join(post.get(f"e.{rule.id}", "").split())[:LONGEST]
        if rule.type == "number":
            allowed = bool(answer)
        else:
            allowed = answer in ("oui", "non") if rule.type == "yes_no" else answer in {o.value for o in rule.options}
        if allowed:
            found[rule.id] = answer
    return found
