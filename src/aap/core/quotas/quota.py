"""A quota as a call file writes it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from aap.core.quotas.bounds import KINDS, Bound
from aap.core.scalars import ONE_OR_MORE, Count, Number, RuleId, Strict, Text, as_values

Values = Annotated[tuple[Text, ...], BeforeValidator(as_values), WithJsonSchema(ONE_OR_MORE)]


class Quota(Strict):
    """A rule on a group (`where`) or on each value of an attribute (`each`).

    `min`, `max` count laureates; `max_share` is of the budget, `min_share` of the money granted: `bounds` holds them.
    """

    id: RuleId
    title: str | None = None
    where: Annotated[dict[Text, Values], Field(min_length=1)] | None = None
    each: str | None = None
    min: Count | None = Field(default=None, ge=0)
    max: Count | None = Field(default=None, ge=0)
    min_share: Number | None = Field(default=None, ge=0, le=1)
    max_share: Number | None = Field(default=None, ge=0, le=1)

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """What it asks for, in the order of `KINDS`."""
        written = [(kind, getattr(self, kind.key)) for kind in KINDS]
        return tuple(kind(value) for kind, value in written if value is not None)
