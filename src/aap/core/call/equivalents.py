"""What people write for something that a call file says otherwise: the words of other tools, and what to write here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from aap.core.call.schema import CallFile, CallIdentity, Criterion, Rubric, SelectionRules
from aap.core.composed import without_accents
from aap.core.paths import Path
from aap.core.questions.base.choosing import Option
from aap.core.questions.base.question import Question
from aap.core.quotas.quota import Quota

_DIGITS = re.compile(r"[0-9]+")
_AMOUNTS = frozenset({"budget", "min_amount", "max_amount"})
_LOTS = (
    "les lots s’écrivent au premier niveau du fichier : lots: {attribute: …, items: [{id: …, selection: {budget: …}}]}"
)
_STAGES = (
    "un appel en plusieurs temps est un fichier d’appel par temps : le suivant invite ceux du précédent par "
    "call.invited: {from: <appel>, outcomes: [laureate]}"
)
_CRITERIA = "les critères s’écrivent dans rubric.criteria"
_DATES = "les dates s’écrivent dans call : opens_at, closes_at, decision_by"

KEYS: tuple[tuple[type[BaseModel], tuple[str, ...], str], ...] = (
    (CallFile, ("stages", "phases", "steps", "etapes", "rounds"), _STAGES),
    (CallIdentity, ("stages", "phases", "steps", "etapes", "rounds"), _STAGES),
    (SelectionRules, ("stages", "phases", "steps", "etapes", "rounds"), _STAGES),
    (SelectionRules, ("lots", "lot", "volets"), _LOTS),
    (CallIdentity, ("lots", "lot", "volets"), _LOTS),
    (Rubric, ("lots", "lot", "volets"), _LOTS),
    (CallFile, ("lot", "volets"), _LOTS),
    (CallFile, ("criteria", "criteres"), _CRITERIA),
    (CallFile, ("quotas", "budget", "laureates"), "cette clé s’écrit dans selection"),
    (CallFile, ("opens_at", "closes_at", "dates"), _DATES),
    (CallFile, ("sections", "questions"), "les questions s’écrivent dans form.sections"),
    (Rubric, ("points", "total", "max", "over"), "le total dans lequel les notes se lisent s’écrit out_of : out_of: 50"),
    (Rubric, ("min_score", "minimum"), "la note minimale s’écrit threshold"),
    (Criterion, ("max", "maximum", "out_of", "note_max"), "la note la plus haute s’écrit dans scale: {min: 0, max: 5, step: 1}"),
    (Criterion, ("coefficient", "coef", "poids", "weighting"), "le poids d’un critère s’écrit weight"),
    (Criterion, ("min", "minimum", "eliminatory", "eliminatoire"), "la note minimale s’écrit threshold"),
    (Criterion, ("type",), "la nature d’un critère s’écrit kind : marked, gate ou computed"),
    (Option, ("id", "key", "code"), "l’identifiant d’une réponse s’écrit value"),
    (Option, ("text", "title", "name", "libelle"), "le texte d’une réponse s’écrit label"),
    (Question, ("choices", "values", "answers"), "les réponses proposées s’écrivent options: [{value: …, label: …}]"),
    (Question, ("title", "text", "question", "name"), "l’intitulé d’une question s’écrit label"),
    (Question, ("points", "weight", "score"), "une réponse ne donne pas de points : un critère kind: computed en tire une note"),
    (Question, ("condition", "if", "when", "visible_if"), "la condition d’une question s’écrit show_if"),
    (Question, ("mandatory", "obligatoire", "optional"), "une réponse facultative s’écrit required: false"),
    (Quota, ("minimum", "at_least"), "un nombre minimal de lauréats s’écrit min"),
    (Quota, ("maximum", "at_most"), "un nombre maximal de lauréats s’écrit max"),
    (Quota, ("share", "percent"), "une part s’écrit min_share (des sommes accordées) ou max_share (de l’enveloppe)"),
)  # fmt: skip
"""(part, keys that people write in it, what to write instead)."""

QUESTION_TYPES = {
    "textarea": "long_text", "paragraph": "long_text", "multiline": "long_text", "texte_long": "long_text",
    "string": "text", "str": "text", "texte": "text", "email": "text", "url": "text", "tel": "text", "phone": "text",
    "int": "number", "integer": "number", "float": "number", "decimal": "number", "nombre": "number",
    "amount": "money", "currency": "money", "euros": "money", "montant": "money",
    "datetime": "date", "day": "date", "jour": "date", "daterange": "period", "periode": "period",
    "boolean": "yes_no", "bool": "yes_no", "oui_non": "yes_no", "yesno": "yes_no", "checkbox": "yes_no",
    "select": "choice", "radio": "choice", "dropdown": "choice", "single_choice": "choice", "choix": "choice",
    "checkboxes": "multiple_choice", "multiselect": "multiple_choice", "multi_choice": "multiple_choice",
    "multiple": "multiple_choice", "choix_multiple": "multiple_choice",
    "city": "commune", "town": "commune", "ville": "commune", "upload": "file", "document": "file", "fichier": "file",
    "attachment": "file", "grid": "table", "tableau": "table", "repeat": "group", "repeater": "group", "groupe": "group",
}  # fmt: skip


def of_key(owner: Any, key: str) -> str:
    """What to write instead of a key that the part doesn't know; empty where nothing is known of it."""
    if not (isinstance(owner, type) and issubclass(owner, BaseModel)):
        return ""
    folded = _folded(key).replace("-", "_")
    return next((said for part, keys, said in KEYS if issubclass(owner, part) and folded in keys), "")


def of_shape(owner: Any, key: str, value: object) -> str:
    """What to write where a known key holds another shape than its own."""
    if owner is Criterion and key == "points" and not isinstance(value, Mapping):
        return (
            "points donne la note de chaque valeur d’un critère calculé (kind: computed) ; un critère noté sur un "
            "nombre de points a scale: {min: 0, max: 20, step: 1} et weight: 20"
        )
    if owner is CallFile and key == "lots" and not isinstance(value, Mapping):
        return _LOTS
    return ""


def of_option(value: object) -> str:
    """How a text that stands alone among the options is written."""
    text = value if isinstance(value, str) else "…"
    return f'{{value: {suggested_id(text) or "…"}, label: "{text}"}}'


def suggested_id(text: str) -> str:
    """The identifier that a text suggests: `Île-de-France` → `ile-de-france`; empty where it holds no letter."""
    found = re.sub(r"[^a-z0-9_]+", "-", _folded(text)).strip("-_")
    return re.sub(r"^[0-9_-]+", "", found)


@dataclass(frozen=True, slots=True)
class CutNumber:
    """A number that a comma cut in two between braces. `number`: `33,3`; `written`: how it is written; `key`: whose."""

    number: str
    written: str
    key: Path


def split_decimal(path: Path, raw: object) -> CutNumber | None:
    """What happened at `path`, a key of digits that holds nothing: `{weight: 33,3}` at `3`, `{0,5: faible}` at `0`.

    None where that isn't what happened.
    """
    holder: Any = raw
    for step in path[:-1]:
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return None
    last = str(path[-1])
    if not isinstance(holder, Mapping) or not _DIGITS.fullmatch(last) or holder.get(last, "") is not None:
        return None
    keys = [str(key) for key in holder]
    place = keys.index(last)
    before = holder[keys[place - 1]] if place else None
    if isinstance(before, str) and re.fullmatch(r"-?[0-9]+", before):
        key = keys[place - 1]
        written = f"{key}: {before}.{last}"
        if key in _AMOUNTS and len(last) == 3:  # with three decimals an amount would be refused again
            written = f"{key}: {before}{last} ou {key}: {before}.{last[:2]}"
        return CutNumber(f"{before},{last}", written, (*path[:-1], key))
    after = keys[place + 1] if place + 1 < len(keys) else ""
    if _DIGITS.fullmatch(after):
        return CutNumber(f"{last},{after}", f"{last}.{after}: …", path)
    return None


def _folded(text: str) -> str:
    return without_accents(text.strip().lower().replace("œ", "oe"))
