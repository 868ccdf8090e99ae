"""Which keys differ between two parts of a call file: an amendment that is refused names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aap.core.call.canonical import CanonicalValue, canonical_value
from aap.core.paths import Path, shown


def changed_keys(before: object, after: object, under: Path = ()) -> tuple[str, ...]:
    """The deepest keys whose values differ, as `rubric.criteria[0].weight`, in the order of the later part.

    Items with an id are compared with those of the same id, and counted as they stand in the later part; one that is
    gone, or a list in another order, is told by the list.
    """
    paths = _differing(canonical_value(before), canonical_value(after), under)
    return tuple(dict.fromkeys(shown(path) for path in paths))


def _differing(before: CanonicalValue, after: CanonicalValue, path: Path) -> Iterator[Path]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*after, *(key for key in before if key not in after)):
            yield from _differing(before.get(key), after.get(key), (*path, key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _items(before, after, path)
    else:
        yield path


def _items(before: list[CanonicalValue], after: list[CanonicalValue], path: Path) -> Iterator[Path]:
    earlier, later = _ids(before), _ids(after)
    if earlier is None or later is None:
        yield path
        return
    held = dict(zip(earlier, before, strict=True))
    if [name for name in later if name in held] != earlier:
        yield path
    for index, (name, item) in enumerate(zip(later, after, strict=True)):
        if name in held:
            yield from _differing(held[name], item, (*path, index))
        else:
            yield (*path, index)


def _ids(items: Sequence[CanonicalValue]) -> list[str] | None:
    """The id of each item; None where they have none, or one twice."""
    names = [str(item.get("id", item.get("value", ""))) if isinstance(item, dict) else "" for item in items]
    return names if all(names) and len(set(names)) == len(names) else None
