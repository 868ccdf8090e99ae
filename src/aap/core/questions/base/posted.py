"""What a posted page holds, by field name, without the web.

Names: `<prefix><question id>`, then `.start`/`.end`, `.detail`, `.<row>.<column>`, `.<block>.<inner question>`,
`.<account>`. Rows may have gaps; they are taken in order. Buttons that change the form without a script are named
`edit`: `add <name>` adds a row or block, `remove <name>.<row>` takes one away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aap.core.territories import Territories

EDIT = "edit"
MAX_ROWS = 200  # rows or blocks taken from one request, whatever it claims


@dataclass(frozen=True, slots=True)
class Posted:
    """The texts of each field; `territories`: where a commune's name is looked up."""

    texts: Mapping[str, Sequence[str]]
    territories: Territories

    def one(self, name: str) -> str:
        """The field's first text; empty where it isn't there."""
        return next(iter(self.texts.get(name, ())), "")

    def every(self, name: str) -> list[str]:
        """All the field's texts."""
        return list(self.texts.get(name, ()))

    @property
    def edit(self) -> tuple[str, str]:
        """(verb, the rest) of the pressed edit button, or two empty texts."""
        verb, _, rest = self.one(EDIT).partition(" ")
        return verb, rest

    def rows(self, name: str) -> list[int]:
        """The numbers of the rows under a name, in order."""
        start = len(name) + 1
        found = {key[start:].partition(".")[0] for key in self.texts if key.startswith(f"{name}.")}
        return sorted(int(row) for row in found if _is_row(row))[:MAX_ROWS]

    def edited(self, rows: list[Any], name: str, blank: Mapping[str, Any], most: int) -> list[Any]:
        """The rows, with one more or one less where the pressed button asks for it."""
        verb, target = self.edit
        if verb == "add" and target == name and len(rows) < most:
            return [*rows, dict(blank)]
        if verb == "remove" and target.startswith(f"{name}."):
            row, present = target[len(name) + 1 :], self.rows(name)
            if _is_row(row) and int(row) in present:
                place = present.index(int(row))
                return rows[:place] + rows[place + 1 :]
        return rows


def _is_row(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4
