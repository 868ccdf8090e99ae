"""A question of any type: read as the class that its `type` names, described as a choice between all of them.

The types are looked up when a file is read or its schema printed, so that a type needs no entry in a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from aap.core.questions.base.question import TYPES, Question
from aap.core.scalars import refused_name


def _unknown(_name: object) -> str:
    raise refused_name(sorted(TYPES))


class UntypedQuestion(Question):
    """A question whose type is missing or unknown: what is wrong with its other keys is said with it."""

    type: Annotated[str, BeforeValidator(_unknown)]


def class_of(question: object) -> type[Question]:
    """The class of what stands for a question in a call file; `UntypedQuestion` where its type says none."""
    name = question.get("type") if isinstance(question, Mapping) else None
    return TYPES.get(name, UntypedQuestion) if isinstance(name, str) else UntypedQuestion


def keys_of(question: object) -> tuple[str, ...]:
    """The keys that a question may have, in the schema's order; without a type, those of every type."""
    kind = class_of(question)
    kinds = TYPES.values() if kind is UntypedQuestion else (kind,)
    return tuple(dict.fromkeys(key for one in (kind, *kinds) for key in one.model_fields))


def read_question(value: object) -> Question:
    """A question of a call file. Raises pydantic's ValidationError."""
    if isinstance(value, Question):
        return value
    kind = class_of(value)
    if kind is UntypedQuestion and isinstance(value, Mapping):
        foreign = set(keys_of(value)) - UntypedQuestion.model_fields.keys()
        value = {key: item for key, item in value.items() if key not in foreign}
    return kind.model_validate(value)


class _OneOfTypes:
    def __init__(self, *, in_group: bool = False) -> None:
        self.in_group = in_group

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(read_question)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        kinds = {name: kind for name, kind in TYPES.items() if kind.in_group or not self.in_group}
        choices = {name: kind.__pydantic_core_schema__ for name, kind in sorted(kinds.items())}
        return handler(core_schema.tagged_union_schema(choices, discriminator="type"))


AnyQuestion = Annotated[Question, _OneOfTypes()]
InnerQuestion = Annotated[Question, _OneOfTypes(in_group=True)]
"""What a group may ask (whether it does is among the checks of the file, which say it better)."""
