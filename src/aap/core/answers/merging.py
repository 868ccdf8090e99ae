"""Two people, or two windows, write in one section: question by question, what each of them changed is kept.

A page says what it started from (`base`): of every question that had an answer, a mark of that answer. What differs from its
mark was typed in this page; what stands under another mark by now was changed elsewhere. Only where both are true is there a
choice to make.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aap.core.values import RAW, Answers

_MARK_BYTES = 6


def mark_of(answers: Answers, question: str) -> str:
    """What tells one answer from another, in twelve letters; empty for none. `answers` with what can't be read under `_raw`."""
    held = answers.get(question), (answers.get(RAW) or {}).get(question)
    if held == (None, None):
        return ""
    text = json.dumps(held, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=_MARK_BYTES).hexdigest()


def base_text(questions: Iterable[str], answers: Answers) -> str:
    """What a page starts from, as it carries it: `title:0a1b2c3d4e5f summary:…`."""
    return " ".join(f"{question}:{mark}" for question in questions if (mark := mark_of(answers, question)))


def read_base(text: str) -> dict[str, str]:
    """The same back, question → mark."""
    return {question: mark for part in text.split() for question, _colon, mark in [part.partition(":")]}


@dataclass(frozen=True)
class Merged:
    """`answers`: what is to stand. `taken`: the questions whose answer this page changed; `elsewhere`: those that changed
    elsewhere and that this page left alone; `disputed`: those that both changed, where the other's answer stays for now."""

    answers: dict[str, Any]
    taken: tuple[str, ...]
    elsewhere: tuple[str, ...]
    disputed: tuple[str, ...]


def merge(
    questions: Iterable[str],
    mine: Answers,
    theirs: Answers,
    *,
    base: Mapping[str, str] | None,
    own: Collection[str] = (),
    overtaken: Collection[str] = (),
    given_up: Collection[str] = (),
    stale: bool = False,
) -> Merged:
    """Lays what a page typed (`mine`) over what is stored (`theirs`).

    `base`: question → mark, as the page knew it; None where the page says nothing of the kind: then it is `stale` as a whole
    or not. `own`: questions that this very page changed last, `overtaken`: those that it changed after it sent this.
    `given_up`: questions for which the other's answer was chosen.
    """
    answers = {key: value for key, value in theirs.items() if key != RAW}
    raw = dict(theirs.get(RAW) or {})
    mine_raw = mine.get(RAW) or {}
    taken: list[str] = []
    elsewhere: list[str] = []
    disputed: list[str] = []
    for question in questions:
        typed, stored = mark_of(mine, question), mark_of(theirs, question)
        if typed == stored or question in overtaken or question in given_up:
            continue
        before = None if base is None else base.get(question, "")
        if question not in own and (stale if before is None else before != stored):
            (elsewhere if before == typed else disputed).append(question)
            continue
        taken.append(question)
        for held, given in ((answers, mine), (raw, mine_raw)):
            held.pop(question, None)
            if question in given:
                held[question] = given[question]
    merged = {**answers, RAW: raw} if raw else answers
    return Merged(merged, tuple(taken), tuple(elsewhere), tuple(disputed))
