"""References of dossiers as people say them: the last part alone, in any case, with or without its leading zeros."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

_PARTS = re.compile(r"[^0-9A-Za-z]+")


def said(typed: str, references: Iterable[str]) -> tuple[str, ...]:
    """The references that what was typed may mean, sorted: `18`, `0018`, `2025-0018` and the whole mean `AAP-2025-0018`.

    The whole before all others, then what ends as it was typed, zeros before figures aside. None, one, or several.
    """
    wanted = _parts(typed)
    if not wanted:
        return ()
    there = {reference: _parts(reference) for reference in references}
    whole = sorted(name for name, parts in there.items() if parts == wanted)
    return tuple(whole or sorted(name for name, parts in there.items() if parts[-len(wanted) :] == wanted))


def _parts(reference: str) -> Sequence[str]:
    return [part.lstrip("0") or "0" for part in _PARTS.split(reference.strip().upper()) if part]


def short_names(references: Iterable[str]) -> Mapping[str, str]:
    """Each reference with its last part where no other ends so, else whole: as a room that knows the call says it."""
    whole = list(references)
    tails = {reference: reference.rpartition("-")[2] or reference for reference in whole}
    times = Counter(tails.values())
    return {reference: tail if times[tail] == 1 else reference for reference, tail in tails.items()}
