"""The table of what changed in a list since its run: one row a change, in their order (docs/file-mode.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from aap.core.french import NBSP, listed
from aap.core.problems import BadInput, nearest
from aap.core.ranking.later_list import CHANGE_KINDS, PLACES, Change
from aap.core.values import parse_day
from aap.documents.tables.cells import read_euros
from aap.documents.tables.table_rows import Sheet, TableSource

COLUMNS = ("change", "application_id", "reason", "author", "date")
OPTIONS = ("amount", "place")


def read_changes(source: TableSource, known: Sequence[str]) -> tuple[Change, ...]:
    """The changes of a table, in its order. `known`: the applications of the run. Raises BadInput with every error."""
    sheet = Sheet.read(source, COLUMNS, OPTIONS)
    get = {heading: sheet.getter(heading) for heading in (*COLUMNS, *OPTIONS)}
    changes: list[Change] = []
    for row, cells in sheet.rows:
        kind = next((name for name in CHANGE_KINDS if name == get["change"](cells).casefold()), None)
        if kind is None:
            found, allowed = get["change"](cells) or "rien", listed(CHANGE_KINDS, "ou")
            sheet.refuse(row, "change", "changement inconnu", found, allowed, nearest=nearest(found, CHANGE_KINDS))
        name = get["application_id"](cells)
        if sheet.identifier(row, "application_id", name) and name not in known:
            sheet.refuse(
                row, "application_id", "ce dossier n’est pas dans l’archive", name, nearest=nearest(name, known)
            )
        for heading in ("reason", "author"):
            sheet.needed(row, heading, get[heading](cells))
        text = get["amount"](cells)
        amount = sheet.value(row, "amount", text, read_euros) if text else None
        if kind == "amount" and not text:
            sheet.refuse(row, "amount", "le nouveau montant manque")
        elif kind == "left" and text:
            sheet.refuse(row, "amount", "un lauréat qui part (left) ne reçoit rien", text, "une cellule vide")
        place = next((one for one in PLACES if one == get["place"](cells).casefold()), None)
        if kind == "corrected" and place is None:
            message = "une correction dit où le dossier passe"
            sheet.refuse(row, "place", message, get["place"](cells) or "rien", listed(PLACES, "ou"))
        elif kind != "corrected" and get["place"](cells):
            message = f"seule une correction (corrected) dit où le dossier passe{NBSP}: laissez cette cellule vide"
            sheet.refuse(row, "place", message, get["place"](cells))
        on = _day(sheet, row, get["date"](cells))
        if kind is not None and on is not None:
            changes.append(Change(kind, name, get["reason"](cells), get["author"](cells), on, amount, place))
    problems = sheet.sorted_problems()
    if any(problem.is_error for problem in problems):
        raise BadInput(problems)
    return tuple(changes)


def _day(sheet: Sheet, row: int, text: str) -> date | None:
    try:
        return parse_day(text)
    except ValueError:
        sheet.refuse(row, "date", "une date est attendue", text or "rien", "2025-05-12")
        return None
