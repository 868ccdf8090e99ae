"""How soon a password would be guessed: zxcvbn, taught what people type in France.

zxcvbn (D. Wheeler, USENIX Security 2016) knows thirty thousand leaked passwords, English words and names, dates, repeats
and keyboards. It is taught here the words of `common_words.txt`, the AZERTY keyboard and the years of today. Its tables
are read when the first password is chosen, not at the start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from math import log10
from typing import Any

from aap.core.composed import without_accents

WEIGHED = 40
"""How many characters are weighed: what follows could only make it harder to guess, and time grows with the square."""

_SEPARATORS = re.compile(r"[-_.]+")

_ONE_LETTER_FOR = {
    "a": ["4", "@"], "b": ["8"], "c": ["("], "e": ["3"], "g": ["9"], "i": ["1", "!"], "o": ["0"], "s": ["$", "5"],
    "t": ["7", "+"], "x": ["%"], "z": ["2"],
}  # fmt: skip
"""What stands for a letter. One letter a sign: zxcvbn's own table tries every combination, seconds for one password."""


class Pattern(StrEnum):
    """What the longest guessable part of a password is."""

    OWN = "own"
    KNOWN = "known"
    WORD = "word"
    KEYBOARD = "keyboard"
    REPEAT = "repeat"
    SEQUENCE = "sequence"
    DATE = "date"
    OTHER = "other"


@dataclass(frozen=True)
class Guess:
    """`digits`: the logarithm of how many guesses it takes. `pattern`: what makes it guessable."""

    digits: float
    pattern: Pattern


def guess(password: str, own_words: Iterable[str] = ()) -> Guess:
    """How soon the password is guessed by who knows these words about its owner (name, e-mail)."""
    own = sorted({part for words in own_words for part in re.split(r"\W+", words.lower()) if len(part) > 2})
    head = password[:WEIGHED]
    forms = dict.fromkeys((head, _SEPARATORS.sub("", head), without_accents(head)))
    return min((_weighed(form, own) for form in forms if form), key=lambda one: one.digits)


def _weighed(text: str, own: list[str]) -> Guess:
    matching, scoring = _taught()
    # The words of one person go into a table of this call: zxcvbn's own function keeps them in one that threads share.
    tables = {**matching.RANKED_DICTIONARIES, "user_inputs": matching.build_ranked_dict(own)}
    found = scoring.most_guessable_match_sequence(text, matching.omnimatch(text, tables))
    parts = [part for part in found["sequence"] if part["pattern"] != "bruteforce"]
    longest = max(parts, key=lambda part: len(part["token"]), default=None)
    return Guess(log10(found["guesses"]), Pattern.OTHER if longest is None else _pattern(longest))


def _pattern(part: dict[str, Any]) -> Pattern:
    if part["pattern"] == "dictionary":
        return {"user_inputs": Pattern.OWN, "passwords": Pattern.KNOWN}.get(part["dictionary_name"], Pattern.WORD)
    named = {"spatial": Pattern.KEYBOARD, "regex": Pattern.DATE}
    return named.get(part["pattern"]) or Pattern(part["pattern"])


@cache
def _taught() -> tuple[Any, Any]:
    """zxcvbn's two modules, with what was added to their tables."""
    from zxcvbn import matching, scoring

    matching.add_frequency_lists({"french": french_words()})
    matching.GRAPHS["azerty"] = _neighbours()
    matching.REGEXEN["recent_year"] = re.compile(r"19\d\d|20[0-4]\d")
    matching.L33T_TABLE.clear()
    matching.L33T_TABLE.update(_ONE_LETTER_FOR)
    return matching, scoring


def french_words() -> list[str]:
    """The words of the list, the most guessed first, each once."""
    return list(dict.fromkeys(word for line in _lines("common_words.txt") for word in line))


def _lines(name: str) -> list[list[str]]:
    """The words of each line of a file beside this one, without its remarks."""
    text = files("aap.identity").joinpath(name).read_text("utf-8")
    return [line.split() for line in text.splitlines() if not line.startswith("#")]


def _neighbours() -> dict[str, list[str | None]]:
    """Character → the six keys around its own, clockwise from the left, as zxcvbn draws slanted keyboards.

    Each row lies half a key further right than the one above.
    """
    rows = enumerate(_lines("azerty.txt"))
    keys = {(int(start) + place, row): key for row, (start, *held) in rows for place, key in enumerate(held)}
    around = ((-1, 0), (0, -1), (1, -1), (1, 0), (0, 1), (-1, 1))
    return {
        character: [keys.get((x + right, y + down)) for right, down in around]
        for (x, y), key in keys.items()
        for character in key
    }
