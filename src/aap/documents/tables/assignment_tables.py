"""The tables of an assignment: dossiers, reviewers, pairs, fits; and the people that an official invites to review.

Every problem of every file is found before anything is handed over. Several values in a cell stand between `|`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from aap.core.assignment.problem import Dossier, Pair, Reviewer
from aap.core.french import listed
from aap.core.identifiers import BadEmail, read_email
from aap.core.problems import BadInput, cited, nearest
from aap.core.territories import fold
from aap.documents.tables.cells import Refused, yes
from aap.documents.tables.table_rows import ZEROS_LOST, Reading, Sheet, TableSource, by_figures, without_zeros

DOSSIER_COLUMNS, DOSSIER_OPTIONS = ("application_id",), ("themes", "department", "reviews")
REVIEWER_COLUMNS = ("reviewer_id",)
REVIEWER_OPTIONS = ("themes", "departments", "min_load", "max_load", "available")
PAIR_COLUMNS = ("application_id", "reviewer_id")
PEOPLE_COLUMNS = ("courriel", "nom")
PEOPLE_OPTIONS = ("themes", "departements", "minimum", "maximum", "disponible")

MOST_LOAD = 1_000
DEFAULT_MOST = 25


@dataclass(frozen=True, slots=True)
class InvitedPerson:
    """A reviewer to invite; `row` of the table (0: typed into a form)."""

    email: str
    name: str
    themes: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    min_load: int = 0
    max_load: int = DEFAULT_MOST
    available: bool = True
    row: int = 0


def several(text: str) -> tuple[str, ...]:
    """The values of a cell, each once, in the order given."""
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[|\n]", text) if part.strip()))


def read_whole(most: int) -> Callable[[str], int]:
    """Reads a whole number from 0 to `most`."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10) or int(text) > most:
            raise Refused("ce n'est pas un nombre entier possible", f"de 0 à {most}")
        return int(text)

    return read


def _opened(source: TableSource, required: tuple[str, ...], optional: tuple[str, ...]) -> Sheet | BadInput:
    try:
        return Sheet.read(source, required, optional)
    except BadInput as error:
        return error


def read_dossiers(source: TableSource) -> Reading[Dossier]:
    """One row a dossier; an id stands once."""
    sheet = _opened(source, DOSSIER_COLUMNS, DOSSIER_OPTIONS)
    if isinstance(sheet, BadInput):
        return Reading(problems=sheet.problems, readable=False)
    names, themes = sheet.getter("application_id"), sheet.getter("themes")
    department, reviews = sheet.getter("department"), sheet.getter("reviews")
    seen: dict[str, int] = {}
    values = []
    for row, cells in sheet.rows:
        name = names(cells)
        if not _fresh(sheet, row, "application_id", name, seen):
            continue
        text = reviews(cells)
        count = sheet.value(row, "reviews", text, read_whole(100)) if text else None
        values.append(Dossier(name, several(themes(cells)), department(cells), count))
    return Reading(tuple(values), sheet.sorted_problems())


def read_reviewers(source: TableSource) -> Reading[Reviewer]:
    """One row a reviewer; an id stands once; the minimum is at most the maximum."""
    sheet = _opened(source, REVIEWER_COLUMNS, REVIEWER_OPTIONS)
    if isinstance(sheet, BadInput):
        return Reading(problems=sheet.problems, readable=False)
    names, themes, departments = sheet.getter("reviewer_id"), sheet.getter("themes"), sheet.getter("departments")
    seen: dict[str, int] = {}
    values = []
    for row, cells in sheet.rows:
        name = names(cells)
        fresh = _fresh(sheet, row, "reviewer_id", name, seen)
        least, most = _loads(sheet, row, cells, "min_load", "max_load")
        available = _available(sheet, row, cells, "available")
        if fresh:
            values.append(Reviewer(name, several(themes(cells)), several(departments(cells)), least, most, available))
    return Reading(tuple(values), sheet.sorted_problems())


def read_pairs(source: TableSource, dossiers: Collection[str], reviewers: Collection[str]) -> Reading[Pair]:
    """Pairs of known ids; the same pair twice is one. Further columns are left alone."""
    sheet = _opened(source, PAIR_COLUMNS, ())
    if isinstance(sheet, BadInput):
        return Reading(problems=sheet.problems, readable=False)
    return Reading(tuple(pair for _, pair, _ in _pairs(sheet, dossiers, reviewers)), sheet.sorted_problems())


def read_affinities(
    source: TableSource, dossiers: Collection[str], reviewers: Collection[str]
) -> Reading[tuple[Pair, int]]:
    """Fits of known pairs, whole numbers from 0 to 100; a pair stands once."""
    return _said_of_pairs(source, dossiers, reviewers, "fit", read_whole(100), "cette paire a déjà une adéquation")


def read_preferences(
    source: TableSource, dossiers: Collection[str], reviewers: Collection[str]
) -> Reading[tuple[Pair, int]]:
    """The reviewers' lists: ranks of known pairs, from 1; a pair stands once, and so does a rank of a reviewer."""
    already = "cette paire a déjà un rang"
    return _said_of_pairs(source, dossiers, reviewers, "rank", read_rank, already, once="ce rang est déjà")


def _said_of_pairs(
    source: TableSource,
    dossiers: Collection[str],
    reviewers: Collection[str],
    heading: str,
    read: Callable[[str], int],
    already: str,
    once: str = "",
) -> Reading[tuple[Pair, int]]:
    """A number of each known pair; `already`, `once`: how a pair that stands twice is refused, and a reviewer's number."""
    sheet = _opened(source, (*PAIR_COLUMNS, heading), ())
    if isinstance(sheet, BadInput):
        return Reading(problems=sheet.problems, readable=False)
    typed = sheet.getter(heading)
    seen: dict[Pair, int] = {}
    taken: dict[tuple[str, int], int] = {}
    values = []
    for row, pair, cells in _pairs(sheet, dossiers, reviewers):
        if pair in seen:
            sheet.refuse(row, heading, f"{already}, à la ligne {seen[pair]}", " ".join(pair))
            continue
        seen[pair] = row
        value = sheet.value(row, heading, typed(cells), read)
        if value is None:
            continue
        before = taken.setdefault((pair[1], value), row)
        if once and before != row:
            sheet.refuse(row, heading, f"{once} à la ligne {before}", str(value))
            continue
        values.append((pair, value))
    return Reading(tuple(values), sheet.sorted_problems())


def read_rank(text: str) -> int:
    """A place in a list, from 1."""
    if not (text.isascii() and text.isdigit() and 1 <= len(text) < 6) or int(text) == 0:
        raise Refused("ce n'est pas un rang", "1 pour le premier, 2 pour le suivant…")
    return int(text)


def _pairs(sheet: Sheet, dossiers: Collection[str], reviewers: Collection[str]) -> list[tuple[int, Pair, list[str]]]:
    found = []
    for row, cells in sheet.rows:
        sound = True
        pair = sheet.getter("application_id")(cells), sheet.getter("reviewer_id")(cells)
        for heading, text, known in (("application_id", pair[0], dossiers), ("reviewer_id", pair[1], reviewers)):
            if not sheet.identifier(row, heading, text):
                sound = False
            elif text not in known and without_zeros(text) in (zeros := by_figures(known)):
                kept = cited(zeros[without_zeros(text)])
                sheet.refuse(row, heading, ZEROS_LOST, text, f"{kept}, écrit pareil dans les deux tableaux")
                sound = False
            elif text not in known:
                near = nearest(text, known) if len(sheet.problems) < 20 else ""
                sheet.refuse(row, heading, "cet identifiant n'est dans aucun tableau", text, nearest=near)
                sound = False
        if sound:
            found.append((row, pair, cells))
    return found


def _fresh(sheet: Sheet, row: int, heading: str, name: str, seen: dict[str, int]) -> bool:
    if not sheet.identifier(row, heading, name):
        return False
    if name in seen:
        sheet.refuse(row, heading, f"cet identifiant est déjà à la ligne {seen[name]}", name)
        return False
    seen[name] = row
    return True


def _loads(sheet: Sheet, row: int, cells: list[str], low: str, high: str) -> tuple[int, int]:
    texts = sheet.getter(low)(cells), sheet.getter(high)(cells)
    least = sheet.value(row, low, texts[0], read_whole(MOST_LOAD)) if texts[0] else 0
    most = sheet.value(row, high, texts[1], read_whole(MOST_LOAD)) if texts[1] else max(DEFAULT_MOST, least or 0)
    if least is not None and most is not None and least > most:
        sheet.refuse(row, low, "le minimum dépasse le maximum", f"{least} > {most}")
    return least or 0, most or 0


def _available(sheet: Sheet, row: int, cells: list[str], heading: str) -> bool:
    text = sheet.getter(heading)(cells)
    found = sheet.value(row, heading, text, yes) if text else True
    return True if found is None else found


def read_people(source: TableSource, themes: Mapping[str, str], departments: Collection[str]) -> Reading[InvitedPerson]:
    """The people to invite. `themes`: id → title (either may be written); `departments`: known codes."""
    sheet = _opened(source, PEOPLE_COLUMNS, PEOPLE_OPTIONS)
    if isinstance(sheet, BadInput):
        return Reading(problems=sheet.problems, readable=False)
    seen: dict[str, int] = {}
    values = []
    for row, cells in sheet.rows:
        text = sheet.getter("courriel")(cells)
        email = sheet.value(row, "courriel", text, address) if sheet.needed(row, "courriel", text) else None
        name = sheet.getter("nom")(cells)
        if sheet.needed(row, "nom", name) and len(name) > 200:
            sheet.refuse(row, "nom", "ce nom est trop long", name, "200 caractères au plus")
        if email is not None and email in seen:
            sheet.refuse(row, "courriel", f"cette adresse est déjà à la ligne {seen[email]}", text)
        elif email is not None:
            seen[email] = row
        least, most = _loads(sheet, row, cells, "minimum", "maximum")
        known_themes = _known_themes(sheet, row, several(sheet.getter("themes")(cells)), themes)
        codes = several(sheet.getter("departements")(cells).upper())
        for code in codes:
            if code not in departments:
                sheet.refuse(row, "departements", "aucun département n'a ce code", code, "par exemple 69, 2A, 974")
        values.append(
            InvitedPerson(
                email or "", name, known_themes, codes, least, most, _available(sheet, row, cells, "disponible"), row
            )
        )
    return Reading(tuple(values), sheet.sorted_problems())


def _known_themes(sheet: Sheet, row: int, typed: tuple[str, ...], themes: Mapping[str, str]) -> tuple[str, ...]:
    by_word = {fold(title): name for name, title in themes.items()} | {fold(name): name for name in themes}
    found = []
    for text in typed:
        if fold(text) in by_word:
            found.append(by_word[fold(text)])
        else:
            allowed = listed(list(themes), "ou") or "aucun : l'appel n'a pas de thème"
            sheet.refuse(row, "themes", "ce thème n'est pas de l'appel", text, allowed, nearest=nearest(text, themes))
    return tuple(dict.fromkeys(found))


def address(text: str) -> str:
    """An e-mail address in lower case."""
    try:
        return read_email(text).lower()
    except BadEmail as bad:
        raise Refused(bad.slip or "ce n'est pas une adresse électronique", "nom@exemple.fr") from None
