"""`communes`: several communes, stored as the list of their INSEE codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from aap.core.french import count
from aap.core.paths import Path
from aap.core.questions.base.faults import AnswerFault, CheckedDossier, how_many
from aap.core.questions.base.in_words import ReadAnswer, Surroundings
from aap.core.questions.base.posted import MAX_ROWS, Posted
from aap.core.questions.commune import ByName, name_of, read_commune
from aap.core.scalars import Count
from aap.core.values import is_blank, list_of, text_of


class CommunesQuestion(ByName):
    missing = "Indiquez au moins une commune."

    type: Literal["communes"] = Field(description="Une ou plusieurs communes.")
    max_rows: Count | None = Field(default=None, gt=0, description="Nombre maximal de communes.")

    def typed_in(self, posted: Posted, name: str) -> Any:
        code, text = read_commune(posted, name)
        kept = [one for one in posted.every(f"{name}.codes")[:MAX_ROWS] if posted.territories.commune(one)]
        return {"codes": [*kept, *([code] if code else [])], "text": text}

    def as_typed(self, value: Any, raw: Any) -> Any:
        return super().as_typed(list_of(value), raw)

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        yield from super().problems(value, raw, path, dossier)
        if is_blank(raw):
            yield from how_many(len(list_of(value)), None, self.max_rows, "commune", path)

    def limits(self) -> list[str]:
        return [f"{count(self.max_rows, 'commune')} au plus"] if self.max_rows else []

    def words(self, value: Any, blank: ReadAnswer, around: Surroundings) -> ReadAnswer:
        return replace(blank, kind="list", items=[name_of(text_of(one), around.territories) for one in list_of(value)])
