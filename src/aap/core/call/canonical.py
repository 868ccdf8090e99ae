"""The canonical form of a call and its SHA-256: two files that say the same have the same hash.

Keys are sorted, texts NFC-normalised, decimals written as strings without useless zeros, instants in UTC. Only the keys
that the file gives are written: a default added to the schema later doesn't move the hash of an old call.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from pydantic import BaseModel

from aap.core.call.schema import CallFile, WaitingList
from aap.core.composed import nfc

CanonicalValue = str | int | bool | None | list["CanonicalValue"] | dict[str, "CanonicalValue"]


def canonical_json(value: object) -> str:
    """The canonical JSON of a call, of a part of it, or of plain values. Raises TypeError for a float."""
    return json.dumps(canonical_value(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical_hash(value: object) -> str:
    """SHA-256 of the canonical JSON in UTF-8, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def call_hash(call: CallFile) -> str:
    """The hash of the whole call."""
    return canonical_hash(call)


def rubric_hash(call: CallFile) -> str:
    """The hash of what ranks: rubric, scoring, selection, and the lots where there are some."""
    ranking: dict[str, object] = {"rubric": call.rubric, "scoring": call.scoring, "selection": call.selection}
    return canonical_hash(ranking | ({"lots": call.lots} if call.lots else {}))


def canonical_value(value: object) -> CanonicalValue:
    """`value` in JSON's types; see `canonical_json`."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, WaitingList) and value.model_fields_set <= {"by_rank"}:
        return value.by_rank  # `15` and `{by_rank: 15}` say the same
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {fields[name].alias or name: canonical_value(getattr(value, name)) for name in value.model_fields_set}
    if isinstance(value, Mapping):
        return {_key(key): canonical_value(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [canonical_value(item) for item in value]
    raise TypeError(f"no canonical form for {type(value).__name__}")


def _key(key: object) -> str:
    text = canonical_value(key)
    if not isinstance(text, str):
        raise TypeError(f"no canonical key for {type(key).__name__}")
    return text


def decimal_text(value: Decimal) -> str:
    """`2.50` is `2.5`, `100` is `100`, `-0` is `0`."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.removeprefix("+")
