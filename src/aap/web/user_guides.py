"""The users' guides (`docs/guide-*.md`) as pages: the help that every signed-in page leads to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from flask import url_for
from flask_babel import lazy_gettext
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from aap.core import french
from aap.own_files import guide_file

GUIDES = {
    "association": lazy_gettext("Guide de l’association"),
    "evaluation": lazy_gettext("Guide de l’évaluation"),
    "instruction": lazy_gettext("Guide de l’instruction"),
    "administration": lazy_gettext("Guide de l’administration"),
}
"""Name in the address and in the file's → what a link to it says."""


@dataclass(frozen=True)
class ReadGuide:
    """`parts`: (anchor, title) of its headings of the second level; `body`: its HTML, without the title."""

    title: str
    parts: tuple[tuple[str, str], ...]
    body: Markup


def anchor_of(title: str) -> str:
    """The anchor of a heading: its words, without accents."""
    return re.sub(r"[^a-z0-9-]", "", unicodedata.normalize("NFD", title.lower()).replace(" ", "-"))


@cache
def read_guide(name: str) -> ReadGuide:
    """A guide as our pages show it: a link to another guide leads to its page, one to what is not served is its words."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(guide_file(name).read_text())
    title, parts, words, in_head = "", [], "", False
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            words, anchor = french.spaced(tokens[at + 1].content), anchor_of(tokens[at + 1].content)
            token.attrSet("id", anchor)
            if token.tag == "h1":
                title = words
            elif token.tag == "h2":
                parts.append((anchor, words))
        elif token.type == "table_open":
            token.attrSet("class", "table")
            token.attrSet("data-caption", words)
        elif token.type in ("thead_open", "tbody_open"):
            in_head = token.type == "thead_open"
        elif token.type == "th_open":
            token.attrSet("scope", "col")
        elif token.type == "tr_open" and not in_head:
            _name_row(tokens, at + 1)
        elif token.children:
            token.children = _within_the_site(token.children)
    first = next(at for at, token in enumerate(tokens) if token.type == "heading_close") + 1
    html = parser.renderer.render(tokens[first:], parser.options, {})
    html = re.sub(r'<table class="table" data-caption="([^"]*)">', _captioned, html)
    return ReadGuide(title, tuple(parts), Markup(html.replace("</table>", "</table></div>")))  # noqa: S704 - no HTML of others


def _name_row(tokens: Sequence[Token], first: int) -> None:
    """The first cell of a row names it."""
    closed = next(at for at, token in enumerate(tokens[first:], first) if token.type == "td_close")
    tokens[first].tag = tokens[closed].tag = "th"
    tokens[first].attrSet("scope", "row")


def _captioned(found: re.Match[str]) -> str:
    """A table's start: it rolls on a small screen, and is called as the heading above it."""
    region = f'<div class="table-region" tabindex="0" role="region" aria-label="{found[1]}">'
    return f'{region}<table class="table"><caption class="visually-hidden">{found[1]}</caption>'


def _within_the_site(tokens: Sequence[Token]) -> list[Token]:
    kept, leads = [], True
    for token in tokens:
        if token.type == "link_open":
            found = re.fullmatch(r"guide-(\w+)\.md(?:#(.+))?", str(token.attrGet("href")))
            leads = found is not None
            if found is not None:
                token.attrSet("href", f"{found[1]}{'#' + anchor_of(found[2]) if found[2] else ''}")
        token.content = french.spaced(token.content) if token.type == "text" else token.content
        if leads or token.type not in ("link_open", "link_close"):
            kept.append(token)
    return kept


def guide_address(name: str, part: str = "") -> str:
    """The page of a guide, at the anchor of one of its parts."""
    return url_for("public.guide", guide_name=name, _anchor=part or None)
