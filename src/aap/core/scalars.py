"""The simple values of a call file, and the base of its parts: exact numbers, dates with an offset, identifiers.

A loaded file hands every scalar over as the text that was written; models may also be built from Python values. A
number never passes through a binary float. Refusals carry a French sentence and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from aap.core.amounts import BadAmount, read_amount
from aap.core.french import NBSP, listed

NUMBER = re.compile(r"[+-]?(?:\d(?:_?\d){0,14}(?:\.\d{0,12})?|\.\d{1,12})(?:[eE][+-]?\d{1,2})?", re.ASCII)
LARGEST, DECIMALS = 15, 12  # digits before and after the point
WHOLE = re.compile(r"([+-]?\d(?:_?\d){0,11})(?:\.0{0,12})?", re.ASCII)
INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}([Tt]|[ \t]+)\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?\s*(?P<offset>[Zz]|[+-]\d{2}(:?\d{2})?)?",
    re.ASCII,
)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

# A value of an attribute may look like a number (a region's code): it is read as the text that is written.
WRITTEN = {"type": ["string", "number", "boolean"]}
ONE_OR_MORE = {"anyOf": [WRITTEN, {"type": "array", "items": WRITTEN, "minItems": 1}]}

YEARS = range(1900, 2200)
"""Years of dates that are computed with: near the calendar's ends (1, 9999) an hour more leads out of it."""

INSTANT_EXAMPLE = "2025-02-28T23:59:59+01:00"


def refusal(message: str, allowed: str = "", names: Iterable[str] = ()) -> PydanticCustomError:
    """A refusal worded by us (see `loading.in_french`). `names`: the values that may have been meant."""
    # The message is a template for pydantic: braces in it would be read as fields.
    return PydanticCustomError(
        "call_file", "{message}", {"message": message, "allowed": allowed, "names": tuple(names)}
    )


def refused_name(names: Iterable[str]) -> PydanticCustomError:
    """The refusal of a value that is none of these names."""
    known = tuple(names)
    return refusal("cette valeur n’est pas possible ici", listed(known, "ou"), known)


def exact_number(value: object) -> Decimal:
    """A number as YAML writes it, taken exactly: `40`, `2.5`, `.5`, `1e3`, `1_000`.

    At most 15 digits before the decimal point and 12 after it.
    """
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        number = Decimal(f"{Decimal(value.strip()):f}")
        if abs(number) < 10**LARGEST and number == round(number, DECIMALS):
            return number
        raise refusal("ce nombre est trop grand ou trop précis", f"{LARGEST} chiffres et {DECIMALS} décimales au plus")
    if isinstance(value, str) and NUMBER.fullmatch(value.strip().replace(",", ".", 1)):
        raise refusal("la décimale s'écrit avec un point", "un nombre, par exemple 2.5")
    raise refusal("un nombre est attendu", "un nombre, par exemple 40 ou 2.5")


def whole_number(value: object) -> int:
    """A whole number, as it is written; `67.0` is one, as for JSON Schema."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    written = WHOLE.fullmatch(value.strip()) if isinstance(value, str) else None
    if written is not None:
        return int(written[1])
    raise refusal("un nombre entier est attendu", "un nombre entier")


def flag(value: object) -> bool:
    """`true` or `false` (YAML 1.2: `yes` and `oui` are texts)."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise refusal("une valeur vraie ou fausse est attendue", "true ou false")


def truth_value(text: str) -> str:
    """`true` or `false` as a spreadsheet (`TRUE`) or a program (`True`) writes them: one value of an attribute."""
    return text.lower() if text in ("TRUE", "True", "FALSE", "False") else text


def timed(value: object) -> object:
    """A date and time with its offset, in ISO 8601."""
    if isinstance(value, datetime):
        return value
    written = INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if written is None:
        raise refusal("une date et une heure sont attendues", INSTANT_EXAMPLE)
    if written["offset"] is None:
        raise refusal(
            "il manque le décalage avec l’heure universelle à la fin de la date",
            f"{INSTANT_EXAMPLE} (+01:00 en hiver, +02:00 en été)",
        )
    try:
        found = datetime.fromisoformat(re.sub(r"\s+(?=[Zz+-])", "", re.sub(r"[ \t]+(?=\d)", "T", written[0], count=1)))
    except ValueError:
        raise refusal("cette date n’existe pas", INSTANT_EXAMPLE) from None
    return _in_use(found)


def iso_day(value: object) -> object:
    """A day, `YYYY-MM-DD`."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not DAY.fullmatch(value.strip()):
        raise refusal("une date est attendue", "une date, par exemple 2025-04-25")
    try:
        found = date.fromisoformat(value.strip())
    except ValueError:
        raise refusal("cette date n’existe pas", "une date, par exemple 2025-04-25") from None
    return _in_use(found)


def _in_use(found: date) -> date:
    if found.year not in YEARS:
        raise refusal("cette année ne peut pas être celle d’un appel", f"une année de {YEARS[0]} à {YEARS[-1]}")
    return found


def money(value: object) -> Decimal:
    """Euros: a number, spaces between its thousands and a `€` beside it or not; `600.000` is not guessed."""
    if not isinstance(value, str):
        return exact_number(value)
    try:
        euros = read_amount(value)
    except BadAmount as bad:
        if bad.reason == "ambiguous":
            raise refusal(bad.message, bad.allowed.replace(",", ".")) from None
        return exact_number(value)
    return euros if value.strip() and "," not in value else exact_number(value)


def in_cents(value: Decimal) -> Decimal:
    """Euros with at most two decimals."""
    if value != value.quantize(Decimal("0.01")):
        raise refusal("un montant a au plus deux décimales", "un montant en euros, par exemple 12000.50")
    return value


def as_values(value: object) -> object:
    """One value, or a list of values."""
    if isinstance(value, str):
        return (truth_value(value),)
    if isinstance(value, (list, tuple)) and value:
        return [truth_value(item) if isinstance(item, str) else item for item in value]
    raise refusal("une valeur ou une liste de valeurs est attendue", "une valeur, ou [une, deux]")


def check_levels(value: object) -> object:
    """Refuse the same mark written twice (`1` and `1.0`)."""
    if isinstance(value, Mapping):
        seen: dict[Decimal, object] = {}
        for mark in value:
            try:
                number = exact_number(mark)
            except PydanticCustomError:
                continue
            if number in seen:
                raise refusal(f"deux niveaux pour la même note{NBSP}: {seen[number]} et {mark}")
            seen[number] = mark
    return value


def without_empty(value: object, known: Mapping[str, Any]) -> object:
    """The mapping without its known keys that hold nothing."""
    if not isinstance(value, Mapping):
        return value
    names = {field.alias or name for name, field in known.items()}
    return {key: item for key, item in value.items() if item is not None or key not in names}


Number = Annotated[Decimal, BeforeValidator(exact_number)]
Count = Annotated[int, BeforeValidator(whole_number)]
Flag = Annotated[bool, BeforeValidator(flag)]
Money = Annotated[Decimal, BeforeValidator(money), Field(ge=0), AfterValidator(in_cents)]

CALL_ID = r"^[a-z0-9][a-z0-9-]{2,63}$"

CallId = Annotated[str, StringConstraints(pattern=CALL_ID)]
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
KeyId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")]
Text = Annotated[str, StringConstraints(min_length=1)]


class Strict(BaseModel):
    """Base of every part of the call file: unknown keys are errors, values are frozen, a key left empty is absent."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_keys(cls, value: object) -> object:
        return without_empty(value, cls.model_fields)
