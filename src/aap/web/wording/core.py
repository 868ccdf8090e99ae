"""What the core says by itself: its sentences are passed on as they are."""

from __future__ import annotations

from aap.web.wording.vocabulary import Words


def _said(text: str) -> str:
    return text


WORDS: Words = {"core.said": _said}
