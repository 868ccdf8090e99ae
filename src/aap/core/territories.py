"""Communes, departments and regions of France: lookup by code, search by name or postal code.

The table is given as a value (aap.records.territories reads the shipped one). A commune's department gives its region
and its zone: `metro`, `drom` (overseas departments and regions) or `com` (other overseas).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest
from typing import Any, Literal, TypeVar

from aap.core.composed import without_accents

Zone = Literal["metro", "drom", "com"]

_Row = TypeVar("_Row", bound=tuple[Any, ...])

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})
_ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_END = "\U0010ffff"  # sorts after every name, so a prefix is a slice of the sorted index


@dataclass(frozen=True, slots=True)
class Region:
    """`code` is INSEE's (`53`); other overseas have their department's code (`987`)."""

    code: str
    name: str
    zone: Zone


@dataclass(frozen=True, slots=True)
class Department:
    """`code` is the number that people know (`29`, `2A`, `974`)."""

    code: str
    name: str
    region: Region
    zone: Zone


@dataclass(frozen=True, slots=True)
class Commune:
    """A present commune. `population` is None for the few that have no inhabitants counted."""

    code: str
    name: str
    postal_codes: tuple[str, ...]
    department: Department
    population: int | None

    @property
    def region(self) -> Region:
        return self.department.region

    @property
    def zone(self) -> Zone:
        return self.department.zone

    @property
    def label(self) -> str:
        """`Saint-Denis (Réunion)`: the name with what tells it from its homonyms."""
        return f"{self.name} ({self.department.name})"


_CEDEX = re.compile(r"\bcedex(?: \d{1,2})?\b")
_DISTRICT = re.compile(r"\b(\d{1,2}) ?(?:ere?|i?eme|e)?(?: (?:arr|ardt|arrdt|arrondissement))?\b")
_DISTRICTS = {"75056": 20, "69123": 9, "13055": 16}
"""The arrondissements of Paris, Lyon and Marseille, which are no communes: people say « Paris 13 », « Lyon 3e »."""
_DISTRICT_CODES = {"751": "75056", "6938": "69123", "132": "13055"}
"""How INSEE's codes of these arrondissements begin."""


def fold(text: str) -> str:
    """A name as it is compared: no accents, case, hyphens or apostrophes, `st` written out."""
    words = re.findall(r"[a-z0-9]+", without_accents(text.lower().translate(_LIGATURES)))
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words)


def place_asked(query: str) -> tuple[str, tuple[str, ...]]:
    """The name, folded, and the numbers of `35000 Rennes`, `Paris 13e arrondissement`, `35042 Rennes cedex 7`.

    A code of a cedex is no postal code: only the department's figures are kept of it.
    """
    folded = fold(query)
    cedex = _CEDEX.search(folded) is not None
    words = _DISTRICT.sub(r"\1", _CEDEX.sub("", folded)).split()
    numbers = tuple(word[:2] if cedex and len(word) == 5 else word for word in words if word[0].isdigit())
    return " ".join(word for word in words if not word[0].isdigit()), numbers


class Territories:
    """The table of territories, indexed. Build it once: reading 35,000 communes takes a fraction of a second.

    `table` has the keys `regions` [code, name, zone], `departments` [code, name, region, zone] and `communes`
    [code, name, department, postal codes separated by spaces, population or None].
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._regions = {code: Region(code, name, zone) for code, name, zone in table["regions"]}
        self._departments = {
            code: Department(code, name, self._regions[region], zone)
            for code, name, region, zone in table["departments"]
        }
        self._communes = {
            code: Commune(code, name, tuple(postal.split()), self._departments[department], population)
            for code, name, department, postal, population in table["communes"]
        }

    def __len__(self) -> int:
        return len(self._communes)

    def __iter__(self) -> Iterator[Commune]:
        return iter(self._communes.values())

    def commune(self, code: str) -> Commune | None:
        """The commune with this INSEE code, or None."""
        return self._communes.get(code.strip().upper())

    def commune_around(self, code: str) -> Commune | None:
        """The commune with this INSEE code, or the one whose arrondissement has it (`75113` is in Paris)."""
        whole = next((commune for start, commune in _DISTRICT_CODES.items() if code.startswith(start)), "")
        return self.commune(code) or self.commune(whole)

    def department(self, code: str) -> Department | None:
        return self._departments.get(code.strip().upper())

    def region(self, code: str) -> Region | None:
        return self._regions.get(code.strip().upper())

    def departments(self) -> tuple[Department, ...]:
        """All departments and other overseas, by code."""
        return tuple(self._departments.values())

    def regions(self) -> tuple[Region, ...]:
        """All regions and other overseas, by name."""
        return tuple(sorted(self._regions.values(), key=lambda region: fold(region.name)))

    def find_communes(self, query: str, limit: int = 10) -> tuple[Commune, ...]:
        """Communes whose name, a word of it, postal code or INSEE code starts with `query`.

        Order: the exact name first, then names that start so, then names with a later word that starts so; within
        each the most populated first, then by code. A mixed query (`castillon 64`, `35000 rennes`, `paris 13`) narrows
        the name by postal code, department or arrondissement. Empty for a query without letter or digit.
        """
        name, numbers = place_asked(query)
        if limit <= 0 or not (name or numbers):
            return ()
        if not name:
            return self._by_number(numbers, limit)
        entries = _slice(self._name_index, name)
        ordered = sorted((2 if start else int(key != name), weight, code) for key, start, weight, code in entries)
        found: dict[str, Commune] = {}
        for _, _, code in ordered:
            commune = self._communes[code]
            if all(_has_number(commune, number) for number in numbers):
                found[code] = commune
                if len(found) == limit:
                    break
        return tuple(found.values())

    def _by_number(self, numbers: Sequence[str], limit: int) -> tuple[Commune, ...]:
        first = numbers[0].upper()
        codes = {code for _, code in _slice(self._number_index, first)}
        matching = [self._communes[code] for code in codes]
        kept = [one for one in matching if all(_has_number(one, number) for number in numbers[1:])]
        return tuple(nsmallest(limit, kept, key=lambda one: (one.code != first, -(one.population or 0), one.code)))

    @cached_property
    def _name_index(self) -> list[tuple[str, int, int, str]]:
        """(folded name from a word on, that word's position, minus the population, code), sorted."""
        index: list[tuple[str, int, int, str]] = []
        for commune in self._communes.values():
            words = fold(commune.name).split()
            weight = -(commune.population or 0)
            index.extend((" ".join(words[start:]), start, weight, commune.code) for start in range(len(words)))
        return sorted(index)

    @cached_property
    def _number_index(self) -> list[tuple[str, str]]:
        """(postal or INSEE code, code), sorted."""
        return sorted(
            (number, commune.code)
            for commune in self._communes.values()
            for number in {commune.code, *commune.postal_codes}
        )


def _slice(index: list[_Row], prefix: str) -> list[_Row]:
    """The rows of a sorted index whose first value starts with `prefix`."""
    return index[bisect_left(index, prefix, key=_first) : bisect_left(index, prefix + _END, key=_first)]


def _first(row: tuple[Any, ...]) -> str:
    key: str = row[0]
    return key


def _has_number(commune: Commune, number: str) -> bool:
    """True if a postal code, the INSEE code or the department's number starts so, or where it is an arrondissement's."""
    wanted = number.upper()
    if len(number) <= 2 and number.isdigit() and 0 < int(number) <= _DISTRICTS.get(commune.code, 0):
        return True
    return commune.code.startswith(wanted) or any(code.startswith(wanted) for code in commune.postal_codes)
