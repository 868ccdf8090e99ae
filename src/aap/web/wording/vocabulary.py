"""How the sentences of a subject are written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import LazyString

Words = Mapping[str, LazyString | Callable[..., str]]
"""Key → a sentence with the names of its values in it (`%(most)s`), or a function of these values where the sentence
depends on them (a number, a list, a quotation)."""
