"""What a reader of a tagged PDF is told: a table over several pages is one table, and what only decorates is left out.

WeasyPrint tags page by page: each page's part of a table is a table of its own, under a head that was printed again, and
the running foot is marked as content that nothing leads to. Every table of the templates has a caption, so a part without
one goes on with the table before it (ISO 14289-1, 7.5 and 7.8: one table, and running heads and feet are artifacts).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Element = Any  # a structure element of pydyf, which knows no types


def read_as_a_whole(_document: object, pdf: Any) -> None:
    """A finisher for WeasyPrint: mends the structure before the file is written."""
    tree = _Tree(pdf)
    tree.join_tables()
    tree.say_scopes()
    tree.leave_out_what_is_not_told()


class _Tree:
    def __init__(self, pdf: Any) -> None:
        self._pdf = pdf
        self._root: Element = self._at(pdf.catalog["StructTreeRoot"])

    def _at(self, reference: bytes) -> Any:
        return self._pdf.objects[int(reference.split()[0])]

    def _kids(self, element: Element) -> list[Element]:
        """The elements below; not what they mark on a page."""
        found = (self._at(kid) for kid in element.get("K", ()) if not isinstance(kid, int))
        return [one for one in found if one.get("Type") == "/StructElem"]

    def _walk(self, element: Element) -> Iterator[Element]:
        yield element
        for kid in self._kids(element):
            yield from self._walk(kid)

    def _below(self, element: Element, *kinds: str) -> list[Element]:
        return [one for one in self._walk(element) if one.get("S") in kinds]

    # --- tables ---------------------------------------------------------------------------------------------------

    def join_tables(self) -> None:
        """Rows of a table's later parts come to its first one; the heads that were printed again go."""
        whole: Element | None = None
        for table in self._below(self._root, "/Table"):
            if whole is None or self._below(table, "/Caption"):
                whole = table
                continue
            self._give_heads(table, whole)
            for part in self._kids(table):
                if part["S"] != "/THead":
                    part["P"] = whole.reference
                    whole["K"].append(part.reference)
            self._at(table["P"])["K"].remove(table.reference)

    def _give_heads(self, part: Element, whole: Element) -> None:
        """Cells of `part` name the headings of its own printed head; from now on those of the first."""
        heads = zip(*(self._heads(table) for table in (part, whole)), strict=False)
        names = {again["ID"].string: first["ID"] for again, first in heads if "ID" in again and "ID" in first}
        for cell in self._below(part, "/TD"):
            named = cell["A"].get("Headers")
            if named is not None:
                named[:] = [names.get(name.string, name) for name in named]

    def _heads(self, table: Element) -> list[Element]:
        return [cell for head in self._kids(table) if head["S"] == "/THead" for cell in self._below(head, "/TH")]

    def say_scopes(self) -> None:
        """A heading in the head is its column's, any other its row's."""
        for table in self._below(self._root, "/Table"):
            columns = {cell.number for cell in self._heads(table)}
            for cell in self._below(table, "/TH"):
                cell["A"]["Scope"] = "/Column" if cell.number in columns else "/Row"

    # --- artifacts ------------------------------------------------------------------------------------------------

    def leave_out_what_is_not_told(self) -> None:
        """What the structure doesn't lead to is marked as an artifact in its page."""
        told: dict[bytes, set[int]] = {}
        for element in self._walk(self._root):
            told.setdefault(element.get("Pg", b""), set()).update(k for k in element.get("K", ()) if isinstance(k, int))
        by_page = self._at(self._root["ParentTree"])["Nums"]
        for number, page in enumerate(self._pdf.page_references):
            kept = told.get(page, set())
            self._mark(self._at(self._at(page)["Contents"]).stream, kept)
            owners = by_page[2 * number + 1]
            owners[:] = [owner if mark in kept else "null" for mark, owner in enumerate(owners)]

    @staticmethod
    def _mark(stream: list[Any], kept: set[int]) -> None:
        """`/P << /MCID 3 >> BDC` becomes `/Artifact BMC` where mark 3 isn't kept."""
        for at in [at for at, word in enumerate(stream) if word == b"BDC"]:
            if stream[at - 1]["MCID"] not in kept:
                stream[at - 2 : at + 1] = ["/Artifact", b"BMC", b""]
