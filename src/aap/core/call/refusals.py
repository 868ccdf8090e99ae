"""What pydantic refuses, said in French with the value found and the values allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aap.core.call.equivalents import (
    QUESTION_TYPES,
    of_key,
    of_option,
    of_shape,
    split_decimal,
    suggested_id,
)
from aap.core.call.structure import keys_at, type_at
from aap.core.french import listed
from aap.core.paths import Path
from aap.core.problems import nearest
from aap.core.questions.base.choosing import Option

PATTERNS = {
    r"^[a-z0-9][a-z0-9-]{2,63}$": "de 3 à 64 minuscules, chiffres ou tirets, une lettre ou un chiffre en premier",
    r"^[a-z][a-z0-9-]*$": "des minuscules, chiffres ou tirets, une lettre en premier",
    r"^[a-z][a-z0-9_-]*$": "des minuscules, chiffres, tirets ou soulignés, une lettre en premier",
}

COMPARED = {
    "greater_than": ("gt", "un nombre supérieur à"),
    "greater_than_equal": ("ge", "un nombre supérieur ou égal à"),
    "less_than": ("lt", "un nombre inférieur à"),
    "less_than_equal": ("le", "un nombre inférieur ou égal à"),
}

KEYS = "un ensemble de clés"
NO_KEYS = "un ensemble de clés vide"
A_LIST = "une liste"

SHAPES = {
    "string_type": ("un texte est attendu", "un texte"),
    "tuple_type": ("une liste est attendue", "une liste"),
    "dict_type": ("un ensemble de clés est attendu", "clé : valeur"),
    "model_type": ("un ensemble de clés est attendu", "clé : valeur"),
    "too_short": ("il n’y a rien ici", "au moins une valeur"),
    "string_too_short": ("le texte est vide", "un texte"),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal. `concerns` is the path that the checks across keys can't rely on, None where they can on all."""

    path: Path
    message: str
    concerns: Path | None
    at_key: bool = False
    found: str = ""
    allowed: str = ""
    nearest: str = ""


def in_french(error: ValidationError, raw: object) -> tuple[Refusal, ...]:
    """The refusals of a validation of `raw`, in pydantic's order."""
    return tuple(_refusal(detail, raw) for detail in told_errors(error, raw))


def told_errors(error: ValidationError, raw: object) -> list[ErrorDetails]:
    """Pydantic's errors, less those that only follow from others: a list of refused items is not a short list."""
    details = error.errors(include_url=False)
    return [d for d in details if not (d["type"] == "too_short" and described(raw, d["loc"]) in (A_LIST, KEYS))]


def _refusal(detail: ErrorDetails, raw: object) -> Refusal:
    at_key = detail["loc"][-1:] == ("[key]",)
    path: Path = detail["loc"][:-1] if at_key else detail["loc"]
    kind, context = detail["type"], detail.get("ctx", {})
    if cut := split_decimal(path, raw):
        message = "la virgule a coupé ce nombre en deux : la décimale s’écrit avec un point"
        return Refusal(path, message, cut.key, True, cut.number, cut.written)
    if kind == "extra_forbidden":
        return _unknown_key(path, raw)
    found = str(path[-1]) if at_key else described(raw, path)
    names = _names(kind, context, path, raw)
    message, allowed = _worded(kind, context, names)
    if kind == "missing" and found:
        message = "cette clé obligatoire ne contient rien"
        found = ""
    if kind in SHAPES:
        allowed = _equivalent(path, raw) or allowed
    close = nearest(found, names) if names else ""
    if kind == "string_pattern_mismatch":
        close = suggested_id(found)
        close = close if re.fullmatch(context["pattern"], close) else ""
    return Refusal(path, message, path, at_key, found, allowed, _typed_otherwise(path, names, found) or close)


def _equivalent(path: Path, raw: object) -> str:
    """What is to be written where a value has another shape than the one that is meant."""
    if type_at(path, raw) is Option:
        return of_option(value_at(raw, path))
    return of_shape(type_at(path[:-1], raw), str(path[-1]), value_at(raw, path)) if path else ""


def _typed_otherwise(path: Path, names: Sequence[str], found: str) -> str:
    """The type of question that another tool calls so."""
    meant = QUESTION_TYPES.get(found.strip().lower().replace("-", "_"), "") if path[-1:] == ("type",) else ""
    return meant if meant in names else ""


def _names(kind: str, context: Mapping[str, Any], path: Path, raw: object) -> list[str]:
    """The values that a refused one may have meant, where they are a closed list."""
    if kind == "literal_error":
        return [str(value) for value in get_args(type_at(path, raw))]
    return list(context.get("names", ()))


def _unknown_key(path: Path, raw: object) -> Refusal:
    """The key that was meant may be missing for it; where it is there too, nothing is."""
    key, known = str(path[-1]), keys_at(path[:-1], raw)
    if said := of_key(type_at(path[:-1], raw), key):
        return Refusal(path, "clé inconnue", None, True, key, said)
    close = nearest(key, known)
    meant = (*path[:-1], close)
    concerns = meant if close and not described(raw, meant) else None
    return Refusal(path, "clé inconnue", concerns, True, key, listed(known, "ou"), close)


def _worded(kind: str, context: Mapping[str, Any], names: Sequence[str]) -> tuple[str, str]:
    if kind == "call_file":
        return context["message"], context["allowed"]
    if kind == "missing":
        return "cette clé est obligatoire", ""
    if kind == "literal_error":
        return "cette valeur n’est pas possible ici", listed(names, "ou")
    if kind == "string_pattern_mismatch":
        return "cet identifiant n’est pas bien formé", PATTERNS.get(context["pattern"], context["pattern"])
    if kind in COMPARED:
        bound, words = COMPARED[kind]
        return "ce nombre n’est pas possible ici", f"{words} {context[bound]}".replace(".", ",")
    if kind in SHAPES:
        return SHAPES[kind]
    return "cette valeur n’est pas possible ici", ""


def value_at(raw: object, path: Path) -> object:
    """What stands at `path`. Raises LookupError or TypeError where the path leads nowhere."""
    value = raw
    for step in path:
        value = value[step]  # type: ignore[index]
    return value


def described(raw: object, path: Path) -> str:
    """What stands at `path`, for a person; empty where the path leads nowhere."""
    try:
        value = value_at(raw, path)
    except (LookupError, TypeError):
        return ""
    if isinstance(value, Mapping):
        return KEYS if value else NO_KEYS
    if isinstance(value, (list, tuple)):
        return A_LIST if value else "une liste vide"
    return "rien" if value is None else str(value) or "un texte vide"
