"""`long_text`: a text of several lines, stored with \\n between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from aap.core.questions.base.in_words import Outline
from aap.core.questions.text import FreeText
from aap.core.values import clean_text, text_of


class LongTextQuestion(FreeText):
    longest = 20_000

    type: Literal["long_text"] = Field(description="Un texte de plusieurs lignes.")

    def read(self, typed: Any) -> tuple[Any, Any]:
        return clean_text(text_of(typed), lines=True), None

    def outline(self) -> Outline:
        return replace(super().outline(), room=24)
