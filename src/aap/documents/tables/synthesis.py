"""The synthesis of a ranking: candidates, laureates and money by value of each attribute, as a workbook.

What a minister's office and the Cour des comptes ask first: who applied, who was retained, for how much, by territory
and by subject.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from aap.core.call.attribute_names import attribute_title, value_label
from aap.core.call.schema import CallFile
from aap.core.inputs import Application
from aap.core.results import ResultRow
from aap.documents.tables.workbooks import describe

NO_VALUE = "(sans valeur)"
TOTAL = "Ensemble"
MOST_VALUES = 120
"""An attribute with more values than this is no group but a name: it has no sheet."""

_COLUMNS = {
    "candidates": ("Candidats", "#,##0"),
    "eligible": ("Classés", "#,##0"),
    "laureates": ("Lauréats", "#,##0"),
    "rate": ("Lauréats / candidats", "0.0%"),
    "score": ("Note moyenne des classés", "0.0"),
    "requested": ("Montant demandé", "#,##0\u00a0€"),
    "granted": ("Montant attribué", "#,##0\u00a0€"),
    "share": ("Part du montant attribué", "0.0%"),
}


def synthesis_tables(
    call: CallFile, applications: Sequence[Application], rows: Sequence[ResultRow]
) -> Mapping[str, pd.DataFrame]:
    """Attribute → one line a value and a last line for all.

    Columns are those of `_COLUMNS`; money in euros. A dossier with several values counts once for each of them, and its
    money is split equally among them, as the quotas do: lines of an attribute add up to the money of all, not to the
    number of dossiers. A masked line counts among the dossiers, and is in no score and no money.
    """
    lines = _lines(call, applications, rows)
    tables = {}
    for name in sorted({name for one in applications for name in one.attributes}):
        split = lines.assign(value=lines[name]).explode("value")
        split["value"] = split["value"].fillna(NO_VALUE)
        parts = split.groupby(level=0)["value"].transform("size")
        split[["requested", "granted"]] = split[["requested", "granted"]].div(parts, axis=0)
        if split["value"].nunique() > MOST_VALUES:
            continue
        found = _summed(split.groupby("value", sort=True))
        found.index = [value_label(call, name, str(value)) for value in found.index]
        whole = _summed(lines.assign(value=TOTAL).groupby("value"))
        tables[name] = pd.concat([found.sort_index(), whole])
    return tables


def _lines(call: CallFile, applications: Sequence[Application], rows: Sequence[ResultRow]) -> pd.DataFrame:
    """One line an application: its outcome, its money in euros, and its values by attribute."""
    by_id = {row.application_id: row for row in rows}
    records = []
    for one in applications:
        row = by_id[one.id]
        score = row.score(call.scoring.method)
        records.append(
            {
                "eligible": row.rank is not None,
                "laureate": row.status == "laureate",
                "score": float(score) if score is not None and row.rank is not None else None,
                "requested": None if row.masked else row.requested_amount / 100,
                "granted": _granted(row),
                **{name: list(dict.fromkeys(values)) for name, values in one.attributes.items()},
            }
        )
    columns = ["eligible", "laureate", "score", "requested", "granted"]
    frame = pd.DataFrame.from_records(records)
    return frame if len(frame) else pd.DataFrame(columns=columns)


def _granted(row: ResultRow) -> float | None:
    if row.masked:
        return None
    return (row.granted_amount or 0) / 100 if row.status == "laureate" else 0.0


def _summed(groups: pd.api.typing.DataFrameGroupBy[Any, Any]) -> pd.DataFrame:
    found = groups.agg(
        candidates=("laureate", "size"),
        eligible=("eligible", "sum"),
        laureates=("laureate", "sum"),
        score=("score", "mean"),
    )
    for money in ("requested", "granted"):
        found[money] = groups[money].sum(min_count=1)  # nothing but masked lines: no money rather than none
    found["rate"] = found["laureates"] / found["candidates"]
    total = found["granted"].sum()
    found["share"] = found["granted"] / total if total else 0.0
    return found[list(_COLUMNS)]


def synthesis_workbook(
    call: CallFile, applications: Sequence[Application], rows: Sequence[ResultRow], title: str
) -> bytes:
    """One sheet an attribute. The same values give the same bytes."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with pd.ExcelWriter(out, engine="xlsxwriter", engine_kwargs={"options": options}) as writer:
        book = writer.book
        describe(book, title, call.call.authority.name if call.call.authority else "")
        heading = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EDF5", "bottom": 1}
        )
        last = {
            format_: book.add_format({"bold": True, "top": 1, "num_format": format_})
            for _, format_ in _COLUMNS.values()
        }
        cells = {format_: book.add_format({"num_format": format_}) for _, format_ in _COLUMNS.values()}
        tables = synthesis_tables(call, applications, rows) or {"": pd.DataFrame(columns=list(_COLUMNS))}
        for name, table in tables.items():
            label = attribute_title(name) if name else TOTAL
            sheet = _sheet_name(label, set(writer.sheets))
            table.to_excel(writer, sheet_name=sheet, header=False, startrow=1, index_label=label)
            page = writer.sheets[sheet]
            page.set_column(0, 0, 44)
            page.write_string(0, 0, label[:1].upper() + label[1:], heading)
            for column, (words, format_) in enumerate(_COLUMNS.values(), start=1):
                page.set_column(column, column, 16, cells[format_])
                page.write_string(0, column, words, heading)
            if len(table):
                page.set_row(len(table), None, last["#,##0"])
                for column, (key, (_, format_)) in enumerate(_COLUMNS.items(), start=1):
                    page.write(len(table), column, *_cell(table[key].iloc[-1]), last[format_])
            page.freeze_panes(1, 1)
            page.set_landscape()
            page.set_paper(9)
            page.fit_to_pages(1, 0)
            page.set_footer("&L&A&R&P / &N")
    return out.getvalue()


def _cell(value: float) -> tuple[float | None]:
    return (None,) if pd.isna(value) else (float(value),)


def _sheet_name(label: str, taken: set[str]) -> str:
    """A name that a workbook takes: 31 characters, none of []:*?/\\, each name once."""
    plain = "".join(" " if character in "[]:*?/\\'" else character for character in label).strip()[:28] or "Feuille"
    name, number = plain, 2
    while name.lower() in {other.lower() for other in taken}:
        name, number = f"{plain} {number}", number + 1
    return name
