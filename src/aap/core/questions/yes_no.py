"""`yes_no`: `{"value": "oui" or "non", "detail": text}`; the detail is asked for the answer that `detail_if` names."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field

from aap.core.questions.base.choosing import QuestionWithDetail
from aap.core.questions.base.in_words import Outline

YES_NO = ("oui", "non")
_WORDS = {"oui": "Oui", "non": "Non"}


class YesNoQuestion(QuestionWithDetail):
    missing = "Répondez par oui ou par non."

    type: Literal["yes_no"] = Field(description="Oui ou non.")

    @property
    def takes_detail(self) -> bool:
        return True

    def closed_values(self) -> tuple[str, ...]:
        return YES_NO

    def word_of(self, value: str) -> str:
        return _WORDS.get(value, value)

    def outline(self) -> Outline:
        boxes = [(word, "") for word in _WORDS.values()]
        return replace(super().outline(), words="Oui ou non", boxes=boxes, room=0)
