"""What a run has to say besides its result: things that a person should look at, in plain French."""

from __future__ import annotations

from dataclasses import dataclass

from aap.core.french import count


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning of a run. `code` is stable and in English; `text` is one or two French sentences."""

    code: str
    text: str

    def __str__(self) -> str:
        return self.text


def some(names: tuple[str, ...], limit: int = 5) -> str:
    """The first `limit` names, and how many more there are."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} et {count(len(names) - limit, 'autre')}"
