"""The JSON Schema of a call file: an editor that knows YAML completes and checks the file with it."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from aap.core.call.descriptions import DESCRIPTIONS
from aap.core.call.schema import CallFile
from aap.core.quotas.bounds import KINDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def _is(key: str, *values: str) -> dict[str, Any]:
    return {"properties": {key: {"enum": list(values)}}, "required": [key]}


def _none_of(*keys: str) -> dict[str, Any]:
    return {"not": {"anyOf": [{"required": [key]} for key in keys]}}


def _one_of(*keys: str) -> dict[str, Any]:
    return {"oneOf": [{"required": [key]} for key in keys]}


# What the checks across keys (checks.py) ask for, as far as a schema can say it of one part.
ACROSS: dict[str, dict[str, Any]] = {
    "Quota": {
        "oneOf": [{"required": ["where"]}, {"required": ["each"]}],
        "anyOf": [{"required": [kind.key]} for kind in KINDS],
    },
    "Rubric": {
        "anyOf": [
            {"required": ["scale"]},
            {"properties": {"criteria": {"items": {"anyOf": [{"required": ["scale"]}, _is("kind", "gate")]}}}},
        ],
    },
    "Criterion": {
        "allOf": [
            {"if": _is("kind", "gate"), "then": _none_of("weight", "bonus"), "else": _one_of("weight", "bonus")},
            {
                "if": _is("kind", "computed"),
                "then": {"required": ["from"], **_one_of("points", "bands")},
                "else": _none_of("from", "points", "bands", "otherwise"),
            },
        ],
    },
    "SelectionRules": {
        "allOf": [
            {"if": _is("at_limit", "stop", "reduce"), "then": _is("mode", "merit")},
            {"if": _is("at_limit", "reduce"), "then": {"required": ["reduce_to"]}, "else": _none_of("reduce_to")},
            {"if": {"required": ["draw_zone"]}, "then": _is("at_limit", "stop", "reduce")},
        ],
    },
}


class _YamlTypes(GenerateJsonSchema):
    """Decimals are numbers in a YAML file, not texts."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        described: JsonSchemaValue = {"type": "number"}
        bounds = {key: bound for key, bound in schema.items() if key in BOUNDS}
        return described | {BOUNDS[key]: float(str(bound)) for key, bound in bounds.items()}


def call_file_schema() -> dict[str, Any]:
    """The schema, with a French description of every key."""
    schema = CallFile.model_json_schema(schema_generator=_YamlTypes)
    definitions = {"CallFile": schema, **schema["$defs"]}
    for name, definition in definitions.items():
        definition.pop("description", None)
        definition.update(ACROSS.get(name, {}))
        for key, value in definition.get("properties", {}).items():
            value.pop("title", None)
            if value.get("default", 0) is None or isinstance(value.get("default"), dict):
                del value["default"]  # nothing, or a part that is itself optional: no news for an editor
            if value.get("type") == "number" and isinstance(value.get("default"), str):
                value["default"] = float(value["default"])
            if name in DESCRIPTIONS:  # the types of question describe their own keys
                value["description"] = DESCRIPTIONS[name][key]
    _rename_bounds(schema)
    return {"$schema": DIALECT, **schema, "title": "Fichier d’appel à projets"}


def _rename_bounds(part: Any) -> None:
    """Bounds of values that may be absent: pydantic leaves them under its own names, which no editor knows."""
    if isinstance(part, dict):
        if part.get("type") in ("integer", "number"):
            for key in [key for key in BOUNDS if key in part]:
                part[BOUNDS[key]] = part.pop(key)
        for inner in part.values():
            _rename_bounds(inner)
    elif isinstance(part, list):
        for inner in part:
            _rename_bounds(inner)
