"""Paths of keys in a call file: `rubric.criteria[0].weight` is `("rubric", "criteria", 0, "weight")`."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

ANY = "*"  # in what a check rests on: every item of a list, or every key


def shown(path: Path) -> str:
    """`rubric.criteria[0].weight`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def overlaps(one: Path, other: Path) -> bool:
    """Whether one path leads to a part of what the other leads to."""
    return all(a == b or ANY in (a, b) for a, b in zip(one, other, strict=False))


def path_of(key: str) -> Path:
    """The path behind the text that `shown` gives: `letters.refusal.paragraphs[0]`."""
    return tuple(int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", key))
