"""What every page of the product owes its readers, and no validator sees; asked of each HTML answer of the tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from werkzeug.test import TestResponse

NO_FORM = "La saisie ne peut pas être prise"
"""The title of the page of a refusal that no form of ours can lead to: it has no field to name."""

SPECIMENS = "Guide de style"
"""The page that shows each component: lists and trails of it are of nothing."""


def faults_of(answer: TestResponse, root: Element) -> list[str]:
    """Sentences about the page; `root` is parsed without namespaces."""
    elements = [one for one in _walk(root) if one.tag != "template"]
    classes = {name for one in elements if _text(one) for name in (one.get("class") or "").split()}
    title = " ".join(text for one in elements if one.tag == "title" for text in [_text(one)])
    found = [f"the id {name} stands twice" for name in _twice(elements)]
    refused = answer.status_code == 422 and NO_FORM not in title
    if (refused or "field-error" in classes) and "error-summary" not in classes:
        found.append("a refused form has no summary of its errors")
    if refused and not title.startswith("Erreur"):
        found.append(f"the title of a refused form doesn't say it: {title}")
    found += [fault for one in elements if one.tag == "table" for fault in _table_faults(one)]
    return found if SPECIMENS in title else [*found, *_unsaid_in_title(elements, title)]


def _walk(element: Element) -> Iterator[Element]:
    yield element
    if element.tag != "template":
        for child in element:
            yield from _walk(child)


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _twice(elements: list[Element]) -> list[str]:
    return [name for name, count in Counter(one.get("id") for one in elements).items() if name and count > 1]


def _table_faults(table: Element) -> Iterator[str]:
    """A caption, a scope for each heading, and a heading for each row."""
    caption = next((one for one in _walk(table) if one.tag == "caption"), None)
    if caption is None or not _text(caption):
        yield f"a table has no caption: {_text(table)[:80]}"
    name = _text(caption if caption is not None else table)[:60]
    if any(one.tag == "th" and not one.get("scope") for one in _walk(table)):
        yield f"a heading without scope: {name}"
    for body in (one for one in _walk(table) if one.tag in ("tbody", "tfoot")):
        for row in (one for one in body if one.tag == "tr"):
            cells = [one for one in row if one.tag in ("td", "th")]
            if len(cells) > 1 and not any(one.get("scope") in ("row", "rowgroup") for one in cells):
                yield f"a row without heading: {name}"
                return


def _unsaid_in_title(elements: list[Element], title: str) -> Iterator[str]:
    """The dossier that a page is about, the page of a list, its filter."""
    title = " ".join(title.split())
    for trail in (one for one in elements if one.get("class") == "trail"):
        names = [one for one in _walk(trail) if one.tag == "a" and "/dossiers/" in (one.get("href") or "")]
        if names and not any(_text(one) in title for one in names):
            yield f"the title doesn't name the dossier {_text(names[-1])}: {title}"
    for pages in (one for one in elements if one.get("class") == "pages"):
        shown = [_text(one) for one in _walk(pages) if one.get("aria-current")]
        if shown and shown != ["Page 1"] and shown[0].lower() not in title:
            yield f"the title doesn't name the page of the list: {title}"
    for form in (one for one in elements if one.tag == "form" and "filter-bar" in (one.get("class") or "")):
        for chosen in _chosen(form):
            if chosen not in title:
                yield f"the title doesn't name the filter {chosen}: {title}"


def _chosen(form: Element) -> Iterator[str]:
    """What a form that filters holds, in the words of its fields."""
    for one in _walk(form):
        if one.tag == "input" and one.get("type") in ("text", "search") and (one.get("value") or "").strip():
            yield " ".join((one.get("value") or "").split())
        if one.tag == "option" and one.get("selected") is not None and one.get("value"):
            yield _text(one)
