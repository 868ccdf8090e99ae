"""A commune as people give it: by name, postal code or code, with or without the suggestions of the script."""

from __future__ import annotations

import re
from collections.abc import Sequence

from werkzeug.datastructures import MultiDict

from aap.core.answers.values import clean_text
from aap.core.territories import Commune, Territories, fold

CANDIDATES = 12
_LABEL = re.compile(r"(?P<name>.+?)\s*\((?P<department>[^()]+)\)")
_LONGEST = 120  # characters of a query that are looked at


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
    name = fold(label["name"] if label else re.sub(r"\d\S*", "", text))
    if name:
        found = [one for one in found if fold(one.name) == name]
    return found[0] if len(found) == 1 else None


def read_commune(post: MultiDict[str, str], name: str, territories: Territories) -> tuple[str | None, str]:
    """(code found or None, text that names none). Inputs: `name` the text, `name.code` the code that the script put
    beside it, `name.choice` the one chosen among homonyms, for the text in `name.asked`."""
    text = clean_text(post.get(name, ""))
    chosen = territories.commune(post.get(f"{name}.choice", ""))
    if chosen is not None and clean_text(post.get(f"{name}.asked", "")) == text:
        return chosen.code, ""
    if not text:
        return None, ""
    beside = territories.commune(post.get(f"{name}.code", ""))
    if beside is not None and beside.label == text:
        return beside.code, ""
    meant = commune_meant(text, territories)
    return (meant.code, "") if meant else (None, text)


def suggestions(query: str, territories: Territories) -> list[dict[str, str]]:
    """What `/territoires/communes?q=` answers: `[{"code", "label", "postal"}, …]`, best first."""
    return [
        {"code": one.code, "label": one.label, "postal": " ".join(one.postal_codes[:3])}
        for one in communes_like(query, territories)
    ]
