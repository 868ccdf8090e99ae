"""A page as a person and a screen reader find it: fields with their values, errors and the links that lead to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from xml.etree.ElementTree import Element

import html5lib
from werkzeug.test import TestResponse


@dataclass
class ReadPage:
    root: Element

    @classmethod
    def of(cls, answer: TestResponse) -> ReadPage:
        return cls(html5lib.parse(answer.data, namespaceHTMLElements=False))

    @cached_property
    def by_id(self) -> dict[str, Element]:
        """Elements by id, those of the script's patterns left out. An id that stands twice fails."""
        found: dict[str, Element] = {}
        for element in self._walk(self.root):
            if name := element.get("id"):
                assert name not in found, f"the id {name} stands twice"
                found[name] = element
        return found

    def _walk(self, element: Element) -> list[Element]:
        if element.tag == "template":
            return []
        return [element, *(one for child in element for one in self._walk(child))]

    @cached_property
    def elements(self) -> list[Element]:
        return self._walk(self.root)

    @property
    def uneven_tables(self) -> list[tuple[str, list[int]]]:
        """(caption, how many columns its rows have) of the tables whose rows don't agree, the heading's among them."""
        found = []
        for table in (one for one in self.elements if one.tag == "table"):
            rows = [one for one in self._walk(table) if one.tag == "tr"]
            widths = {sum(int(cell.get("colspan", 1)) for cell in row if cell.tag in ("th", "td")) for row in rows}
            if len(widths) > 1 and not any(cell.get("rowspan") for row in rows for cell in row):
                found.append((" ".join("".join(table.itertext()).split())[:60], sorted(widths)))
        return found

    @property
    def summary(self) -> list[tuple[str, str]]:
        """(target, message) of the summary's links."""
        boxes = [one for one in self.elements if "error-summary" in (one.get("class") or "").split()]
        return [
            (link.get("href", "").removeprefix("#"), text_of(link))
            for box in boxes
            for link in self._walk(box)
            if link.tag == "a"
        ]

    @cached_property
    def errors(self) -> dict[str, str]:
        """Id of a field → the error that stands beside it and describes it."""
        found = {}
        for element in self.elements:
            name = element.get("id") or ""
            if name.endswith("-error") and "field-error" in (element.get("class") or ""):
                found[name.removesuffix("-error")] = text_of(element)
        return found

    def unsaid_errors(self) -> list[str]:
        """Errors that no field or group refers to by aria-describedby, and links of the summary that lead nowhere."""
        described = {one for e in self.elements for one in (e.get("aria-describedby") or "").split()}
        silent = [f"{name} is described by nothing" for name in self.errors if f"{name}-error" not in described]
        return silent + [f"no element {target}" for target, _ in self.summary if target not in self.by_id]

    @cached_property
    def values(self) -> dict[str, list[str]]:
        """Name of an input → what it holds (of boxes and radios: those that are chosen)."""
        found: dict[str, list[str]] = {}
        for element in self.elements:
            name = element.get("name")
            if name is None or element.tag not in ("input", "textarea", "select"):
                continue
            kept = found.setdefault(name, [])
            if element.tag == "textarea":
                kept.append((element.text or "").removeprefix("\n"))
            elif element.tag == "select":
                kept += [o.get("value", "") for o in element.iter("option") if o.get("selected") is not None]
            elif element.get("type") not in ("radio", "checkbox") or element.get("checked") is not None:
                kept.append(element.get("value") or "")
        return found

    @property
    def text(self) -> str:
        return text_of(self.root)


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())
