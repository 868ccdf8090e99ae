"""Walks the types of the call file: what stands at a path, which keys a part may have."""

from __future__ import annotations

import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from aap.core.call.schema import CallFile
from aap.core.paths import Path
from aap.core.questions.base.question import Question
from aap.core.questions.base.union import UntypedQuestion, class_of, keys_of


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys of a part as they are written in the file, in the order of the schema."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def bare(annotation: Any) -> Any:
    """The type without `Annotated` and without `None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return bare(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return bare(kinds[0]) if len(kinds) == 1 else annotation
    return annotation


def type_at(path: Path, raw: object) -> Any:
    """The type of the value at `path` in the file `raw`, None where the schema knows no such path.

    A question's is the class that its own `type` names.
    """
    kind: Any = CallFile
    value = raw
    for step in path:
        value = _part(value, step)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = fields_of(kind).get(str(step))
            if field is None:
                return None
            kind = bare(field.annotation)
        elif get_origin(kind) is tuple and isinstance(step, int):
            kind = bare(get_args(kind)[0])
        elif get_origin(kind) is dict:
            kind = bare(get_args(kind)[1])
        else:
            return None
        if kind is Question:
            kind = class_of(value)
    return kind


def keys_at(path: Path, raw: object) -> tuple[str, ...]:
    """The keys that the part at `path` may have; empty where keys are free or there are none."""
    kind = type_at(path, raw)
    if kind is UntypedQuestion:
        return keys_of(None)
    return tuple(fields_of(kind)) if isinstance(kind, type) and issubclass(kind, BaseModel) else ()


def _part(value: object, step: str | int) -> object:
    try:
        return value[step]  # type: ignore[index]
    except (KeyError, IndexError, TypeError):
        return None
