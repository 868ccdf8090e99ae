"""Texts in composed form (NFC), in a time that grows with their length only.

Normalising puts the marks of one letter in order, which takes the square of their number: a megabyte of accents on one
`e` holds a processor for an hour. No language writes more than a few, so at most 30 are kept on a letter, as in
Unicode's Stream-Safe Text Format (UAX #15, section 13).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MOST_MARKS = 30
"""Combining marks on one letter."""

# Marks are no letters, digits or ASCII: what this doesn't find holds no long run of them.
_CANDIDATES = re.compile(rf"[^\w\x00-\x7f]{{{MOST_MARKS + 1},}}")


def nfc(text: str) -> str:
    """The text in composed form; marks beyond 30 on one letter are left out."""
    return text if text.isascii() else unicodedata.normalize("NFC", with_few_marks(text))


def without_accents(text: str) -> str:
    """The text without accents and compatibility forms: `Île` is `Ile`; for comparing what people write."""
    plain = unicodedata.normalize("NFKD", with_few_marks(text))
    return "".join(char for char in plain if not unicodedata.combining(char))


def with_few_marks(text: str) -> str:
    """The text without the marks beyond 30 on one letter: to be normalised in any form."""
    kept, end = [], 0
    for position in _marks_too_many(text):
        kept.append(text[end:position])
        end = position + 1
    return "".join([*kept, text[end:]]) if kept else text


def piled_marks(text: str) -> int | None:
    """Where a letter bears more than 30 marks (the position of the 31st), None where none does."""
    return next(_marks_too_many(text), None)


def _marks_too_many(text: str) -> Iterator[int]:
    """The position of each mark that stands after 30 others."""
    for match in _CANDIDATES.finditer(text):
        run = 0
        for position in range(match.start(), match.end()):
            run = run + 1 if unicodedata.combining(text[position]) else 0
            if run > MOST_MARKS:
                yield position
