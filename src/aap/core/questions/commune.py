"""`commune`: a commune, stored as its INSEE code; typed as its name, postal code or code, with or without the script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import Field

from aap.core.paths import Path
from aap.core.questions.base.faults import AnswerFault, CheckedDossier
from aap.core.questions.base.in_words import Surroundings
from aap.core.questions.base.posted import Posted
from aap.core.questions.base.question import Question
from aap.core.territories import Commune, Territories, fold, place_asked
from aap.core.values import clean_text, is_blank, list_of, mapping_of, text_of

CANDIDATES = 12
_CODE = re.compile(r"(\d{2}|2[AB])\d{3}", flags=re.ASCII)
_LABEL = re.compile(r"(?P<name>.+?)\s*\((?P<department>[^()]+)\)")
_LONGEST = 120  # characters of a query that are looked at


class ByName(Question):
    """A question whose typed form is `{"codes": those found, "text": what names none}`."""

    def known(self, typed: Any, territories: Territories) -> list[Commune]:
        """The communes that are found."""
        found = [territories.commune(code) for code in typed["codes"]]
        return [commune for commune in found if commune is not None]

    def homonyms(self, typed: Any, territories: Territories) -> Sequence[Commune]:
        """The communes to choose from, where the text names none or several."""
        return communes_like(typed["text"], territories) if typed["text"] else ()

    def read(self, typed: Any) -> tuple[Any, Any]:
        parts = mapping_of(typed)
        given = dict.fromkeys(map(text_of, list_of(parts.get("codes"))))
        return [code for code in given if _CODE.fullmatch(code)], clean_text(text_of(parts.get("text")))

    def as_typed(self, value: Any, raw: Any) -> Any:
        codes = [value] if isinstance(value, str) else list_of(value)
        return {"codes": [code for code in map(text_of, codes) if code], "text": text_of(raw)}

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        if not is_blank(raw):
            message = "Commune introuvable ou à préciser : écrivez son nom ou son code postal, puis choisissez-la."
            yield AnswerFault(path, "unreadable", message)

    def clearer(self, typed: Any, territories: Territories) -> str:
        several = len(self.homonyms(typed, territories)) > 1
        return "Plusieurs communes portent ce nom : choisissez la vôtre." if several else ""


class CommuneQuestion(ByName):
    missing = "Indiquez une commune."

    type: Literal["commune"] = Field(description="Une commune.")

    def typed_in(self, posted: Posted, name: str) -> Any:
        code, text = read_commune(posted, name)
        return {"codes": [code] if code else [], "text": text}

    def read(self, typed: Any) -> tuple[Any, Any]:
        codes, unread = super().read(typed)
        return "".join(codes[:1]), unread

    def as_typed(self, value: Any, raw: Any) -> Any:
        return super().as_typed(text_of(value), raw)

    def text(self, value: Any, around: Surroundings) -> str:
        return name_of(text_of(value), around.territories)


def name_of(code: str, territories: Territories) -> str:
    """A commune's label, or its code where it isn't known."""
    found = territories.commune(code)
    return found.label if found else code


def communes_like(text: str, territories: Territories) -> Sequence[Commune]:
    """The communes that a text may mean, best first; `Saint-Denis (Réunion)` and `Saint-Denis (974)` are understood."""
    text = clean_text(text)[:_LONGEST]
    if label := _LABEL.fullmatch(text):
        wanted = fold(label["department"])
        found = territories.find_communes(label["name"], 400)
        return [one for one in found if wanted in (fold(one.department.name), fold(one.department.code))][:CANDIDATES]
    return territories.find_communes(text, CANDIDATES)


def commune_meant(text: str, territories: Territories) -> Commune | None:
    """The one commune that a text names without doubt: its label, its code, its only bearer, its postal code."""
    text = clean_text(text)[:_LONGEST]
    found = list(communes_like(text, territories))
    label = _LABEL.fullmatch(text)
    name = fold(label["name"]) if label else place_asked(text)[0]
    if name:
        found = [one for one in found if fold(one.name) == name]
    return found[0] if len(found) == 1 else None


def read_commune(posted: Posted, name: str) -> tuple[str | None, str]:
    """(code found or None, text that names none). Inputs: `name` the text, `name.code` the code that the script put
    beside it, `name.choice` the one chosen among homonyms, for the text in `name.asked`."""
    territories = posted.territories
    text = clean_text(posted.one(name))
    chosen = territories.commune(posted.one(f"{name}.choice"))
    if chosen is not None and clean_text(posted.one(f"{name}.asked")) == text:
        return chosen.code, ""
    if not text:
        return None, ""
    beside = territories.commune(posted.one(f"{name}.code"))
    if beside is not None and beside.label == text:
        return beside.code, ""
    meant = commune_meant(text, territories)
    return (meant.code, "") if meant else (None, text)
