"""Conflicts of interests: what a reviewer declared, matched with who stands behind a dossier.

Identifiers (SIRET, RNA, e-mail) are compared exactly: a match is certain. Names are folded (case, accents, hyphens,
the order of words, legal form, civility, small words): a match is probable and a person confirms it. A name that holds
all the words of the other, at least two, is probable too (« Croix bleue » and « La Croix bleue de Lyon »), as is
another establishment of the same company (same SIREN: the first nine digits of the SIRET).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from aap.core.french import NBSP, quoted
from aap.core.territories import fold

Kind = Literal["organisation", "person"]

_LEGAL_FORMS = frozenset({
    "association", "assoc", "asso", "fondation", "societe", "ste", "sarl", "sas", "sasu", "sa", "scop", "scic", "sci",
    "eurl", "gie", "cooperative", "comite", "loi", "1901",
})  # fmt: skip
_SMALL_WORDS = frozenset({
    "l", "la", "le", "les", "d", "de", "du", "des", "un", "une", "et", "en", "au", "aux", "a", "pour", "par", "sur",
    "dans", "avec",
})  # fmt: skip
_CIVILITIES = frozenset({
    "m", "mr", "mme", "mlle", "monsieur", "madame", "dr", "docteur", "me", "maitre", "pr", "professeur",
})  # fmt: skip

_FEWEST_WORDS = 2  # of a name within another, and of a person's name


@dataclass(frozen=True, slots=True)
class Interest:
    """An employer, a board, an association or a person of a reviewer; or the reviewer (`relation` « vous-même »)."""

    person_id: str
    kind: Kind
    name: str
    siret: str = ""
    rna: str = ""
    email: str = ""
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Who stands behind a dossier: the association, an officer, a partner. `role` in French, for the reason."""

    application_id: str
    kind: Kind
    name: str
    role: str
    siret: str = ""
    rna: str = ""
    email: str = ""
    acronym: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """One conflict found; `reason` is a French sentence for the register."""

    person_id: str
    application_id: str
    certain: bool
    reason: str


def name_words(name: str, kind: Kind) -> frozenset[str]:
    """The words that a name is compared by. A name of nothing but legal forms and small words keeps them."""
    words = frozenset(fold(name).split())
    left = words - (_CIVILITIES if kind == "person" else _LEGAL_FORMS | _SMALL_WORDS)
    return left or words


def matches(interests: Sequence[Interest], parties: Sequence[Party]) -> tuple[Match, ...]:
    """The strongest conflict of every reviewer and dossier, sorted by them. Certain goes before probable."""
    index = _Index(parties)
    found: dict[tuple[str, str], Match] = {}
    for interest in sorted(interests, key=_order):
        for party, certain, why in index.of(interest):
            key = interest.person_id, party.application_id
            if key in found and (found[key].certain or not certain):
                continue
            found[key] = Match(*key, certain, _reason(interest, party, why))
    return tuple(found[key] for key in sorted(found))


def _order(interest: Interest) -> tuple[str, ...]:
    return interest.person_id, interest.kind, interest.name, interest.siret, interest.rna, interest.relation


def _reason(interest: Interest, party: Party, why: str) -> str:
    declared = f"{quoted(interest.name)} ({interest.relation})" if interest.relation else quoted(interest.name)
    return f"{why[:1].upper()}{why[1:]}{NBSP}: {declared}, et {quoted(party.name)}, {party.role}."


class _Index:
    def __init__(self, parties: Sequence[Party]) -> None:
        self.parties = sorted(parties, key=lambda one: (one.application_id, one.role, one.name))
        self.by_siret: dict[str, list[int]] = defaultdict(list)
        self.by_siren: dict[str, list[int]] = defaultdict(list)
        self.by_rna: dict[str, list[int]] = defaultdict(list)
        self.by_email: dict[str, list[int]] = defaultdict(list)
        self.by_acronym: dict[str, list[int]] = defaultdict(list)
        self.by_word: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.words = [name_words(one.name, one.kind) for one in self.parties]
        for at, one in enumerate(self.parties):
            for index, key in (
                (self.by_siret, one.siret),
                (self.by_siren, one.siret[:9]),
                (self.by_rna, one.rna.upper()),
                (self.by_email, one.email.lower()),
                (self.by_acronym, fold(one.acronym).replace(" ", "")),
            ):
                if key:
                    index[key].append(at)
            for word in self.words[at]:
                self.by_word[one.kind, word].append(at)

    def of(self, interest: Interest) -> Iterator[tuple[Party, bool, str]]:
        """Parties in conflict with an interest: certain or not, and why."""
        for index, key, why in (
            (self.by_siret, interest.siret, f"même SIRET {interest.siret}"),
            (self.by_rna, interest.rna.upper(), f"même numéro RNA {interest.rna.upper()}"),
            (self.by_email, interest.email.lower(), "même adresse électronique"),
        ):
            for at in index.get(key, ()) if key else ():
                yield self.parties[at], True, why
        for at in self.by_siren.get(interest.siret[:9], ()) if interest.siret else ():
            yield self.parties[at], False, "même SIREN, autre établissement"
        if interest.kind == "organisation":
            acronym = fold(interest.name).replace(" ", "")
            if len(acronym) >= 3:
                for at in self.by_acronym.get(acronym, ()):
                    yield self.parties[at], False, "même sigle"
        yield from self._by_name(interest)

    def _by_name(self, interest: Interest) -> Iterator[tuple[Party, bool, str]]:
        words = name_words(interest.name, interest.kind)
        if interest.kind == "person" and len(words) < _FEWEST_WORDS:
            return
        common: Counter[int] = Counter()
        for word in words:
            common.update(self.by_word.get((interest.kind, word), ()))
        for at in sorted(common):
            theirs = self.words[at]
            smaller = min(len(words), len(theirs))
            if common[at] < smaller:
                continue
            if words == theirs:
                yield self.parties[at], False, "noms semblables"
            elif smaller >= _FEWEST_WORDS:
                yield self.parties[at], False, "un nom contient l’autre"


def pairs(found: Iterable[Match]) -> frozenset[tuple[str, str]]:
    """(application id, person id) of the matches."""
    return frozenset((one.application_id, one.person_id) for one in found)
