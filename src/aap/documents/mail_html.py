"""The HTML part of a mail, made from its text: paragraphs, lists, and its first link as a button.

A line that ends in a space goes on in the next one, as `render_mail` leaves it: the others end where they end. A line
« words : » with a link alone in the next line is a button with these words; later ones are links with their words. A line
that begins with « ▸ » is the heading of a part, whose first link is a button again.
Nothing comes from elsewhere: no picture, no style sheet, no font.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from jinja2 import Template
from markupsafe import Markup, escape

from aap.core import french
from aap.documents.templating import document_environment

PART = "▸ "
_TAIL = r"(?:/[^\s<>\"]*)?(?<![.,;:!?)])(?=[\s.,;:!?)]|$)"
_LEAD = re.compile(r"(.{1,70}?)\s*:$")


def html_of(subject: str, body: str, *, site: str) -> str:
    """A whole page, `lang=fr`, that reads on a phone and in dark mode.

    Only addresses under `site` become links: what somebody wrote into a message never looks as if the service said it.
    """
    address = re.compile(re.escape(site.rstrip("/")) + _TAIL)
    blocks: list[Markup] = []
    buttons = 0
    for text in re.split(r"\n{2,}", body.strip("\n")):
        for kind, lines in _runs(_joined(text), address):
            if kind == "list":
                items = Markup().join(Markup("<li>{}</li>").format(_linked(line, address)) for line in lines)
                blocks.append(Markup("<ul>{}</ul>").format(items))
            elif kind == "heading":
                blocks.append(Markup("<h2>{}</h2>").format(french.spaced(lines[0])))
                buttons = 0
            elif kind == "link":
                words, target = lines
                blocks.append(_LINK[buttons > 0].format(words=words, target=target))
                buttons += 1
            else:
                said = Markup("<br>").join(_linked(line, address) for line in lines)
                blocks.append(Markup("<p>{}</p>").format(said))
    return _page().render(subject=subject, blocks=blocks)


@cache
def _page() -> Template:
    return document_environment("mail").get_template("page.html")


_LINK = (
    Markup('<p class="go"><a class="button" href="{target}">{words}</a></p>'),
    Markup('<p><a href="{target}">{words}</a></p>'),
)


def _joined(text: str) -> list[str]:
    """The lines of a paragraph, those that go on put together."""
    lines: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        if goes_on:
            lines[-1] += line
        else:
            lines.append(line)
        goes_on = line.endswith(" ")
    return [line.strip(" ") for line in lines]


def _runs(lines: Sequence[str], address: re.Pattern[str]) -> list[tuple[str, list[str]]]:
    """The lines as lists, links with their words, and what else stands between them."""
    runs: list[tuple[str, list[str]]] = []
    for line in lines:
        before = runs[-1] if runs else ("", [])
        lead = _LEAD.fullmatch(before[1][-1]) if before[0] == "text" else None
        if address.fullmatch(line) and lead:
            before[1].pop()
            if not before[1]:
                runs.pop()
            runs.append(("link", [french.spaced(lead[1]), line]))
        elif line.startswith(PART):
            runs.append(("heading", [line.removeprefix(PART)]))
        elif line.startswith("- "):
            if before[0] != "list":
                runs.append(("list", []))
            runs[-1][1].append(line[2:])
        else:
            if before[0] != "text":
                runs.append(("text", []))
            runs[-1][1].append(line)
    return runs


def _linked(line: str, address: re.Pattern[str]) -> Markup:
    """Escaped, with the addresses in it as links."""
    made, end = Markup(), 0
    for found in address.finditer(line):
        made += escape(french.spaced(line[end : found.start()]))
        made += Markup('<a href="{0}">{0}</a>').format(found[0])
        end = found.end()
    return made + escape(french.spaced(line[end:]))
