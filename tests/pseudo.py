"""A language in which every marked text stands between ⟦ and ⟧: what a page shows outside was not marked.

What is no text of the pages is known by where it comes from: the database, the call files, the territories, and the
sentences of the core, the documents and the services, which are not in the catalogue.
"""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from flask_babel import get_babel
from ruamel.yaml import YAML
from scripts.catalogues import ROOT, catalogues
from sqlalchemy import text as sql

from aap.app import create_app
from aap.core import french
from aap.records.territories import territories
from aap.services.platform import Platform

OPEN, CLOSE = "⟦", "⟧"
SPOKEN = ("title", "alt", "aria-label", "aria-description", "placeholder", "data-label", "label")
UNSEEN = ("script", "style", "code", "template")
PUNCTUATION = " \u00a0.,;:!?()«»…–·/|\"'*"
LONGEST = 60  # words of a phrase that is not a whole text
LETTERS = re.compile(r"[^\W\d_]{2,}")
FORMATS = re.compile(
    "|".join(
        (
            r"\b\d+(?: \d{3})*(?:,\d+)? (?:€|%|o|ko|Mo|Go|h|min|s)(?!\w)",  # amounts, sizes, durations
            rf"\b\d{{1,2}}(?:ᵉʳ)? (?:{'|'.join(french.MONTHS)}) \d{{4}}(?: à \d{{1,2}} h(?: \d{{2}}(?: min \d{{2}} s)?)?)?",
            r"\b\d+ ?(?:ᵉʳ|ʳᵉ|ᵉ)",
            r"[\w.+-]+@[\w.-]+|https?://\S+|\S+\.(?:json|pdf|csv|xlsx|zip|html)\b",
            r"\b\d+\.\d+\.\d+[\w.]*",  # versions
            r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|^\d+\. ",  # identifiers, numbers of a list
            r"\b[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+\b|\b[A-Z]{2}\d{2}[A-Z0-9 ]{10,30}\b|\b[0-9a-f]{8,64}\b",  # references
        )
    )
)
"""Figures, dates and references as they are written in French."""


def pseudo_app(platform: Platform, folder: Path) -> Flask:
    """The application, speaking the pseudo-language; `folder` takes its catalogues."""
    for domain, texts in catalogues().items():
        marked = Catalog(locale="fr")
        for message in texts:
            if message.id:
                words = message.id if isinstance(message.id, tuple) else (message.id,)
                said = tuple(f"{OPEN}{word}{CLOSE}" for word in words)
                marked.add(message.id, said if len(said) > 1 else said[0], context=message.context)
        path = folder / "fr/LC_MESSAGES" / f"{domain}.mo"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_mo(file, marked)
    app = create_app(platform=platform)
    get_babel(app).translation_directories[:] = [str(folder)]
    app.extensions["security"].i18n_domain._translation_directories[0] = str(folder)
    return app


@dataclass
class _Page(HTMLParser):
    """What a page shows or says: text nodes in order, and attributes."""

    texts: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        if tag in UNSEEN:
            self.hidden.append(tag)
        self.texts.append("")
        self.attributes += [value for name in SPOKEN if (value := held.get(name))]
        if tag == "input" and held.get("type") in ("submit", "button", "reset"):
            self.attributes.append(held.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if self.hidden and self.hidden[-1] == tag:
            self.hidden.pop()
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.texts.append(data)


def plain(words: str) -> str:
    return " ".join(words.replace("\u200b", "").split())


def outside(page: str) -> list[str]:
    """The texts of a page that stand outside ⟦ ⟧, in order."""
    read = _Page()
    read.feed(page)
    read.close()
    found, depth = [], 0
    for node in read.texts:
        left = ""
        if depth == 0 and CLOSE in node.split(OPEN)[0]:  # cut out of a marked text
            node = node.split(CLOSE, 1)[1]
        for letter in node:
            depth += (letter == OPEN) - (letter == CLOSE)
            if depth == 0 and letter != CLOSE:
                left += letter
            elif letter == OPEN:
                left += "\n"
        found += left.split("\n") if left.strip() else []
    for value in read.attributes:
        while OPEN in value:
            value, shorter = re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", "\n", value), value
            if value == shorter:
                break
        found += value.split("\n")
    return [plain(one) for one in found if LETTERS.search(one)]


class Known:
    """What may stand outside: phrases that come from elsewhere than the pages."""

    def __init__(self, platform: Platform) -> None:
        self.phrases: set[str] = {"aap", "CSV", "ODS", "XLSX"}  # the product's name
        self._take(("Madame la Présidente", "lauréat"))  # of the letters that are previewed; of a warning of the engine
        self._take(("La place resterait vide, à moins que l’appel ne dise quelle règle n’est alors pas demandée.",))
        self._take(_of_the_database(platform))
        self._take(_of_the_call_files())
        self._take(_of_the_territories())
        self._take(_of_the_code())

    def _take(self, texts: Iterable[str]) -> None:
        for words in texts:
            for line in (words, *words.splitlines(), *re.split(r"\{+[^{}]*\}+", words)):
                for phrase in (_core(plain(line)), _core(plain(french.spaced(line)))):
                    if LETTERS.search(phrase):
                        self.phrases |= {phrase, phrase[:1].upper() + phrase[1:], phrase[:1].lower() + phrase[1:]}

    def explains(self, words: str) -> bool:
        """Whether the whole text is made of known phrases, figures and dates."""
        if _core(words) in self.phrases:
            return True
        parts = words.split()
        reached = {0}
        for start in range(len(parts)):
            if start in reached:
                rest = parts[start : start + LONGEST]
                ends = {n for n in range(1, len(rest) + 1) if _core(" ".join(rest[:n])) in self.phrases}
                reached |= {start + n for n in ends | _figures(rest)}
        return len(parts) in reached


def _figures(parts: list[str]) -> set[int]:
    """How many of these words are a figure, a date or a sign at their beginning."""
    found = FORMATS.match(" ".join(parts).lstrip(PUNCTUATION))
    return {len(found.group().split()) if found else 0, 0 if LETTERS.search(parts[0]) else 1}


def _core(phrase: str) -> str:
    return phrase.strip(PUNCTUATION)


def _of_the_database(platform: Platform) -> Iterator[str]:
    with platform.database.engine.connect() as connection:
        names = connection.execute(sql("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        for name in names:
            for row in connection.execute(sql(f'SELECT * FROM "{name}"')):
                for cell in row:
                    if isinstance(cell, str):
                        yield from _leaves(cell)


def _leaves(cell: str) -> Iterator[str]:
    yield cell
    if cell[:1] in "{[":
        with suppress(ValueError):
            yield from _strings(json.loads(cell))
    elif "\nrubric:" in cell:
        yield from _strings(YAML(typ="safe").load(cell))


def _strings(held: object) -> Iterator[str]:
    if isinstance(held, dict):
        for one in held.values():
            yield from _strings(one)
    elif isinstance(held, list):
        for one in held:
            yield from _strings(one)
    elif isinstance(held, str):
        yield held


def _of_the_call_files() -> Iterator[str]:
    for path in (ROOT / "rubrics").glob("*.yaml"):
        yield from _strings(YAML(typ="safe").load(path.read_text()))


def _of_the_territories() -> Iterator[str]:
    france = territories()
    yield from (one.name for one in (*france.regions(), *france.departments()))
    yield from (commune.label for commune in france)


@cache
def _of_the_code() -> frozenset[str]:
    """The sentences of core, documents and services: what is quoted there and is no name of the code."""
    found: set[str] = set()
    for folder in ("core", "documents", "services"):
        for path in (ROOT / "src/aap" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    if "wording" in path.name or re.search(r"[^\x00-\x7f]| |^[A-Z]", node.value):
                        found.add(node.value)
                elif isinstance(node, (ast.Dict, ast.List)):
                    held = node.values if isinstance(node, ast.Dict) else node.elts
                    found |= {one.value for one in held if isinstance(one, ast.Constant) and isinstance(one.value, str)}
                elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("count", "counted", "plural"):
                    words = [one.value for one in node.args if isinstance(one, ast.Constant)]
                    found |= {form for word in words if isinstance(word, str) for form in (word, f"{word}s")}
    return frozenset(found)


def unmarked(page: str, known: Known) -> list[str]:
    return [words for words in outside(page) if not known.explains(html.unescape(words))]
