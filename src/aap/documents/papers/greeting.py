"""How a letter greets its reader: by the capacity that the association typed, agreed with the person.

`Présidente` is « Madame la Présidente », `Trésorier` « Monsieur le Trésorier ». A capacity that says nothing of the person
(`Maire`, `Secrétaire`, `Président(e)`, nothing) is greeted « Madame, Monsieur »: nobody is guessed from a first name.
"""

from __future__ import annotations

import re

from aap.core.composed import without_accents

NEUTRAL = "Madame, Monsieur"

_FEMININE = {
    "administrateur": "administratrice",
    "coordinateur": "coordinatrice",
    "coordonnateur": "coordonnatrice",
    "directeur": "directrice",
    "délégué": "déléguée",
    "fondateur": "fondatrice",
    "gérant": "gérante",
    "président": "présidente",
    "secrétaire général": "secrétaire générale",
    "trésorier": "trésorière",
}
_OF_WOMEN = frozenset(_FEMININE.values())
_TITLES = sorted((*_FEMININE, *_FEMININE.values()), key=len, reverse=True)
# Both forms in one, or one beside the other: « président(e) », « président·e », « présidente ou président ».
_BOTH = re.compile(r"\w[(·.•/-]+e\b|\bou\b")


def greeting(capacity: str) -> str:
    """« Madame la Présidente », « Monsieur le Directeur », or « Madame, Monsieur » where the capacity doesn't say."""
    typed = without_accents(" ".join(capacity.split())).casefold()
    if _BOTH.search(typed):
        return NEUTRAL
    for prefix in ("", "vice", "co"):
        if not typed.startswith(prefix):
            continue
        bare = typed.removeprefix(prefix).lstrip(" -")
        for title in _TITLES:
            if re.match(rf"{without_accents(title)}(?!\w)", bare):
                said = "-".join(part[:1].upper() + part[1:] for part in (prefix, title) if part)
                woman = title in _OF_WOMEN
                return f"{'Madame' if woman else 'Monsieur'} {_with_article(said, 'la' if woman else 'le')}"
    return NEUTRAL


def _with_article(title: str, article: str) -> str:
    return f"l’{title}" if title[0] in "AEÉIOU" else f"{article} {title}"
