"""Values of a bundle's JSON with their types, and every fault on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

from aap.core.french import NBSP

Name = TypeVar("Name", bound=str)
Item = TypeVar("Item")
MAX_TEXT = 100_000
NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,12})?", re.ASCII)

AnswerFault = tuple[str, str]  # place, French sentence


class MalformedBundle(Exception):
    """A value that is no bundle; `faults` are pairs of place and French sentence."""

    def __init__(self, faults: Iterable[AnswerFault]) -> None:
        self.faults = list(faults)
        super().__init__("; ".join(f"{place}: {message}" for place, message in self.faults))


class JsonReader:
    """Takes values out of JSON with their type, and collects the faults."""

    def __init__(self) -> None:
        self.faults: list[AnswerFault] = []

    def fault(self, place: str, message: str) -> None:
        if len(self.faults) < 200:
            self.faults.append((place, message))

    def stop_on_fault(self) -> None:
        if self.faults:
            raise MalformedBundle(self.faults)

    def mapping(self, place: str, value: Any, keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
        """An object with exactly these keys, and perhaps some more; the value of a missing key is None."""
        if not isinstance(value, dict):
            self.fault(place, "un objet est attendu.")
            return dict.fromkeys((*keys, *optional))
        for key in keys:
            if key not in value:
                self.fault(f"{place}.{key}" if place else key, "cette clé manque.")
        for key in value:
            if key not in (*keys, *optional):
                self.fault(f"{place}.{key}" if place else str(key), "cette clé est en trop.")
        return {key: value.get(key) for key in (*keys, *optional)}

    def sequence(self, place: str, value: Any) -> list[Any]:
        if isinstance(value, list):
            return value
        self.fault(place, "une liste est attendue.")
        return []

    def numbered(self, place: str, value: Any, read: Callable[[JsonReader, str, Any], Item]) -> Iterator[Item]:
        """What `read` makes of each item of a list; not those in which it found a fault."""
        for number, item in enumerate(self.sequence(place, value)):
            before = len(self.faults)
            made = read(self, f"{place}[{number}]", item)
            if len(self.faults) == before:
                yield made

    def no_double(self, place: str, keys: Iterable[str | tuple[str, ...]]) -> None:
        seen = set()
        for key in keys:
            if key in seen:
                shown = key if isinstance(key, str) else ", ".join(key)
                self.fault(place, f"{shown} y figure deux fois.")
            seen.add(key)

    def text(self, place: str, value: Any, *, filled: bool = False) -> str:
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            self.fault(place, "un texte est attendu.")
            return ""
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fault(place, "ce texte n’est pas de l’Unicode valable.")
            return ""
        if filled and not value:
            self.fault(place, "ce texte est vide.")
        return str(value)

    def whole(self, place: str, value: Any, most: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            self.fault(place, f"un nombre entier de 0 à {most} est attendu.")
            return 0
        return value

    def truth(self, place: str, value: Any) -> bool:
        if not isinstance(value, bool):
            self.fault(place, "true ou false est attendu.")
        return value is True

    def one_of(self, place: str, value: Any, known: tuple[Name, ...]) -> Name:
        """One of some names; the first of them and a fault else."""
        found = next((name for name in known if name == value), None)
        if found is None:
            self.fault(place, f"une de ces valeurs est attendue{NBSP}: {', '.join(known)}.")
        return found or known[0]

    def decimal(self, place: str, value: Any) -> Decimal:
        if not isinstance(value, str) or not NUMBER.fullmatch(value):
            self.fault(place, "un nombre écrit comme un texte est attendu.")
            return Decimal(0)
        return Decimal(value)
