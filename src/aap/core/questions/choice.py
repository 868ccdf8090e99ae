"""`choice`: one of the options, stored as its value; `{"value": …, "detail": …}` where the question has `detail_if`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from aap.core.questions.base.choosing import QuestionWithDetail, QuestionWithOptions


class ChoiceQuestion(QuestionWithOptions, QuestionWithDetail):
    missing = "Choisissez une réponse."

    type: Literal["choice"] = Field(description="Une réponse parmi celles proposées.")

    def kept(self, before: Any, answer: Any) -> Any:
        value = answer.get("value") if isinstance(answer, Mapping) else answer
        return answer if value in self.labels() else None
