"""The visitor's answers to a call's eligibility questions, kept in the cookie until a dossier takes them."""

from __future__ import annotations

from collections.abc import Mapping

from flask import session as cookie

_KEY = "eligibility"
CALLS_KEPT = 3
"""A cookie holds 4 kB: the answers for the calls looked at last, as [call id, {rule id: answer}], the latest last."""


def kept_answers(call_id: str) -> dict[str, str]:
    """What the visitor answered for this call; empty before."""
    return dict(next((answers for held, answers in cookie.get(_KEY) or [] if held == call_id), {}))


def keep_answers(call_id: str, answers: Mapping[str, str]) -> None:
    others = [[held, kept] for held, kept in cookie.get(_KEY) or [] if held != call_id]
    cookie[_KEY] = [*others[-(CALLS_KEPT - 1) :], [call_id, dict(answers)]]
