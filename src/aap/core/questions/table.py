"""`table`: rows of simple values, stored as a list of mappings, column id → text, decimal text or ISO date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from aap.core.findings import Finding, repeated
from aap.core.french import count, plain, spaced
from aap.core.paths import Path
from aap.core.questions.base.cell_types import (
    CellType,
    parts_as_typed,
    read_parts,
    with_raw,
    without_blank_end,
    words_of_cell,
)
from aap.core.questions.base.faults import AnswerFault, CheckedDossier, lengths
from aap.core.questions.base.in_words import Head, Outline, ReadAnswer, Surroundings
from aap.core.questions.base.posted import MAX_ROWS, Posted
from aap.core.questions.base.question import TYPES, Question
from aap.core.questions.text import LONGEST_CELL
from aap.core.scalars import Count, Flag, KeyId, Strict, Text, refused_name
from aap.core.values import RAW, Answers, is_blank, list_of, mapping_of, text_of


def cells() -> dict[str, CellType]:
    """The types that a column may have."""
    return {name: kind.cell for name, kind in TYPES.items() if kind.cell is not None}


def _cell_type(name: str) -> str:
    if name not in cells():
        raise refused_name(sorted(cells()))
    return name


class _OneOfCells:
    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "enum": sorted(cells())}


class Column(Strict):
    id: KeyId = Field(description="Identifiant de la colonne.")
    label: Text = Field(description="Intitulé de la colonne.")
    type: Annotated[str, AfterValidator(_cell_type), _OneOfCells()] = Field(
        default="text", description="Type des cellules : text, number, money ou date."
    )
    required: Flag = Field(default=True, description="Cellule obligatoire (true par défaut).")

    @property
    def cell(self) -> CellType:
        return cells()[self.type]


class TableQuestion(Question):
    compared = None
    missing = "Remplissez au moins une ligne."

    type: Literal["table"] = Field(description="Un tableau à remplir, ligne par ligne.")
    columns: tuple[Column, ...] = Field(min_length=1, description="Les colonnes.")
    max_rows: Count | None = Field(default=None, gt=0, description="Nombre maximal de lignes.")

    def misfits(self, path: Path) -> Iterator[Finding]:
        named = (((*path, "columns", i, "id"), column.id) for i, column in enumerate(self.columns))
        yield from repeated(named, "une autre colonne")

    def is_dated(self) -> bool:
        return any(TYPES[column.type].dated for column in self.columns)

    def typed_in(self, posted: Posted, name: str) -> Any:
        blank = {column.id: "" for column in self.columns}
        rows = [{column: posted.one(f"{name}.{row}.{column}") for column in blank} for row in posted.rows(name)]
        return posted.edited(rows, name, blank, self.max_rows or MAX_ROWS)

    def may_add(self, typed: Any) -> bool:
        """Whether there is room for one more row."""
        return self.max_rows is None or len(typed) < self.max_rows

    def read(self, typed: Any) -> tuple[Any, Any]:
        rows = [with_raw(*read_parts(self._cells, mapping_of(row))) for row in list_of(typed)[:MAX_ROWS]]
        return without_blank_end(rows), None

    def as_typed(self, value: Any, raw: Any) -> Any:
        rows = [mapping_of(row) for row in list_of(value)]
        return [parts_as_typed(self._cells, row, mapping_of(row.get(RAW))) for row in rows]

    @property
    def _cells(self) -> dict[str, CellType]:
        return {column.id: column.cell for column in self.columns}

    def problems(self, value: Any, raw: Any, path: Path, dossier: CheckedDossier) -> Iterator[AnswerFault]:
        rows = [mapping_of(row) for row in list_of(value)]
        filled = sum(not is_blank(row) for row in rows)
        if self.max_rows is not None and filled > self.max_rows:
            yield AnswerFault(path, "too_many", f"Le tableau compte {filled} lignes : {plain(self.max_rows)} au plus.")
        for index, row in enumerate(rows):
            if is_blank(row):
                continue
            unread = mapping_of(row.get(RAW))
            for column in self.columns:
                at = (*path, index, column.id)
                yield from _problems_of_cell(column, row.get(column.id), unread.get(column.id), at)

    def first_input(self, path: Path) -> Path:
        return (*path, 0, self.columns[0].id)

    def words(self, value: Any, blank: ReadAnswer, around: Surroundings) -> ReadAnswer:
        head = [Head(spaced(column.label), column.cell.figures) for column in self.columns]
        rows = [self._row_in_words(mapping_of(row)) for row in list_of(value) if not is_blank(row)]
        return replace(blank, kind="table", head=head, rows=rows)

    def _row_in_words(self, row: Answers) -> list[str]:
        unread = mapping_of(row.get(RAW))
        return [words_of_cell(cell, row.get(column), unread.get(column)) for column, cell in self._cells.items()]

    def limits(self) -> list[str]:
        return [f"{count(self.max_rows, 'ligne')} au plus"] if self.max_rows else []

    def outline(self) -> Outline:
        columns = [column.label for column in self.columns]
        return Outline(words=f"Tableau : {' ; '.join(columns)}", columns=columns)

    def kept(self, before: Any, answer: Any) -> Any:
        columns = self._cells.keys()
        rows = [
            {key: cell for key, cell in row.items() if key in columns} for row in answer if isinstance(row, Mapping)
        ]
        return [row for row in rows if row] or None

    def shape(self) -> tuple[object, ...]:
        return (*super().shape(), tuple(self._cells))


def _problems_of_cell(column: Column, value: Any, typed: Any, at: Path) -> Iterator[AnswerFault]:
    if is_blank(value) and is_blank(typed):
        if column.required:
            yield AnswerFault(at, "missing", "Remplissez cette case.", column.label)
    elif message := column.cell.unreadable(value, text_of(typed)):
        yield AnswerFault(at, "unreadable", message, column.label)
    else:
        for found in lengths(text_of(value), 0, LONGEST_CELL, at):
            yield replace(found, label=column.label)
