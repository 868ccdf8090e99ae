"""The three tables that the ranking takes in: applications, marks, decisions (docs/file-mode.md).

Every problem of every file is found before anything is handed over: a table is read wholly or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aap.core.call.schema import CallFile
from aap.core.french import NBSP, listed
from aap.core.inputs import Application, JuryDecision, Mark
from aap.core.problems import BadInput, Problem, cited, nearest
from aap.core.scalars import truth_value
from aap.documents.tables.attribute_columns import (
    APPLICATION_COLUMNS,
    APPLICATION_OPTIONS,
    check_columns,
    check_lot,
    check_numbers,
    check_values,
    named_attributes,
)
from aap.documents.tables.cells import Refused, read_euros, yes
from aap.documents.tables.decisions_in import read_decisions
from aap.documents.tables.grids import Grids, MarkGrid
from aap.documents.tables.table_rows import Known, KnownIds, Reading, Sheet, TableSource

MARK_COLUMNS = ("application_id", "reviewer_id", "criterion", "score")
MARK_OPTIONS = ("comment",)


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What a run of the ranking takes in, in the order of the files, and what deserves a look.

    `imposed_at`: the row of the jury's `in`, by application id, for what is found wrong with it later.
    """

    applications: tuple[Application, ...]
    marks: tuple[Mark, ...]
    decisions: tuple[JuryDecision, ...] = ()
    warnings: tuple[Problem, ...] = ()
    imposed_at: Mapping[str, int] = field(default_factory=dict)


NO_DECISIONS: Reading[JuryDecision] = Reading()


def read_run_inputs(
    call: CallFile,
    applications: TableSource,
    reviews: TableSource,
    decisions: TableSource | None = None,
    drop_incomplete_reviews: bool = False,
) -> RunInputs:
    """Read the tables of a run and check them against the call and against each other.

    Args:
        call: the checked call.
        applications, reviews, decisions: paths, or files held in memory; decisions may be absent.
        drop_incomplete_reviews: leave out, with a warning, a review in which a criterion has no mark.

    Raises:
        BadInput: every error of every file.
    """
    dossiers, marks, jury = _readings(call, applications, reviews, decisions, drop_incomplete_reviews)
    found = (*dossiers.problems, *marks.problems, *jury.problems)
    if any(problem.is_error for problem in found):
        raise BadInput(found)
    return RunInputs(dossiers.values, marks.values, jury.values, found, jury.rows)


def problems_without_call(
    applications: TableSource, reviews: TableSource, decisions: TableSource | None = None
) -> tuple[Problem, ...]:
    """What is wrong in the tables whatever the call says: for a person whose call file can't be used either."""
    readings = _readings(None, applications, reviews, decisions, drop_incomplete=True)
    return tuple(problem for reading in readings for problem in reading.problems if problem.is_error)


def _readings(
    call: CallFile | None,
    applications: TableSource,
    reviews: TableSource,
    decisions: TableSource | None,
    drop_incomplete: bool,
) -> tuple[Reading[Application], Reading[Mark], Reading[JuryDecision]]:
    dossiers = _applications(applications, call)
    known = dossiers.requested if dossiers.readable else None
    grids = Grids(call, dossiers.values)
    marks = _marks(reviews, grids, known, drop_incomplete)
    if decisions is None:
        return dossiers, marks, NO_DECISIONS
    return dossiers, marks, read_decisions(decisions, known, grids, marks)


# --- applications -----------------------------------------------------------------------------------------------------


def _applications(source: TableSource, call: CallFile | None) -> Reading[Application]:
    try:
        named = named_attributes(call) if call is not None else ()
        sheet = Sheet.read(source, APPLICATION_COLUMNS, (*APPLICATION_OPTIONS, *named), every_column=True)
    except BadInput as error:
        return Reading(problems=error.problems, readable=False)
    get = {heading: sheet.getter(heading) for heading in (*APPLICATION_COLUMNS, *APPLICATION_OPTIONS)}
    attributes = [(heading, sheet.getter(heading)) for heading in sheet.headings if heading and heading not in get]
    if call is not None:
        check_columns(sheet, call, [heading for heading, _ in attributes])
    values: list[Application] = []
    first_row: dict[str, int] = {}
    requested_of: dict[str, int] = {}
    tokens: dict[str, int] = {}
    for row, cells in sheet.rows:
        problems_before = len(sheet.problems)
        id_ = get["application_id"](cells)
        if sheet.identifier(row, "application_id", id_):
            if id_ in first_row:
                message = f"cet identifiant est déjà celui de la ligne{NBSP}{first_row[id_]}"
                sheet.refuse(row, "application_id", message, id_)
            first_row.setdefault(id_, row)
        if not get["association"](cells):
            sheet.warn("le nom de l’association est vide", row, "association")
        requested = _amount(sheet, row, "requested_amount", get["requested_amount"](cells))
        proposed = None
        if text := get["proposed_amount"](cells):
            proposed = _amount(sheet, row, "proposed_amount", text)
            if proposed is not None and requested is not None and proposed > requested:
                allowed = f"{get['requested_amount'](cells)} au plus"
                sheet.refuse(row, "proposed_amount", "le montant proposé dépasse le montant demandé", text, allowed)
        eligible: bool | None = True
        if text := get["eligible"](cells):
            eligible = sheet.value(row, "eligible", text, yes)
        token = get["draw_token"](cells)
        if first_row.get(id_) == row and tokens.setdefault(token or id_, row) != row:
            message = f"même jeton de tirage que la ligne{NBSP}{tokens[token or id_]}"
            sheet.warn(message, row, "draw_token", token or id_)
        requested_of.setdefault(id_, requested or 0)
        held = {heading: _several(cell(cells)) for heading, cell in attributes}
        if call is not None:
            check_lot(sheet, row, call, id_, held)
        sound = not any(problem.is_error for problem in sheet.problems[problems_before:])
        if sound and requested is not None and eligible is not None:
            values.append(
                Application(
                    id=id_,
                    association=get["association"](cells),
                    requested_amount=requested,
                    proposed_amount=proposed,
                    eligible=eligible,
                    ineligible_reason=get["ineligible_reason"](cells),
                    draw_token=token,
                    attributes=held,
                )
            )
            if call is not None:
                check_numbers(sheet, row, call, values[-1])
    if not sheet.rows:
        sheet.refuse(1, "", "la table ne contient aucune candidature")
    if call is not None and values:
        check_values(sheet, call, values)
    return Reading(tuple(values), sheet.sorted_problems(), requested_of)


def _amount(sheet: Sheet, row: int, heading: str, text: str) -> int | None:
    """Cents."""
    if not sheet.needed(row, heading, text):
        return None
    amount = sheet.value(row, heading, text, read_euros)
    return None if amount is None else int(amount * 100)


def _several(text: str) -> tuple[str, ...]:
    """The values of an attribute: `a|b` holds two, an empty cell none; a value given twice counts once."""
    if "|" not in text:
        return (truth_value(text),) if text else ()
    return tuple(dict.fromkeys(truth_value(part) for part in (part.strip() for part in text.split("|")) if part))


# --- marks ------------------------------------------------------------------------------------------------------------


def _marks(source: TableSource, grids_of: Grids, known: Known | None, drop_incomplete: bool) -> Reading[Mark]:
    """Where the rubric isn't known any criterion and any number will do; only the problems of the reading are of use then."""
    try:
        sheet = Sheet.read(source, MARK_COLUMNS, MARK_OPTIONS)
    except BadInput as error:
        return Reading(problems=error.problems, readable=False)
    application, reviewer, criterion, score = (sheet.getter(heading) for heading in MARK_COLUMNS)
    comment = sheet.getter("comment")
    ids = KnownIds(sheet, known)
    any_number = MarkGrid(None)
    marks: list[Mark] = []
    reviews: dict[tuple[str, str], _ReviewRows] = {}
    for row, cells in sheet.rows:
        application_id, reviewer_id, criterion_id = application(cells), reviewer(cells), criterion(cells)
        is_named = ids.check(row, application_id) & sheet.identifier(row, "reviewer_id", reviewer_id)
        grids = grids_of.of(application_id)
        grid = any_number if grids is None else grids.get(criterion_id)
        if grids_of.is_computed(application_id, criterion_id):
            message = "ce critère se calcule, personne ne le note"
            sheet.refuse(row, "criterion", message, criterion_id, listed(tuple(grids or ()), "ou"))
        elif grid is None:
            close = nearest(criterion_id, grids or ())
            sheet.refuse(
                row,
                "criterion",
                "critère inconnu",
                criterion_id or "rien",
                listed(tuple(grids or ()), "ou"),
                nearest=close,
            )
        review = reviews.setdefault((application_id, reviewer_id), _ReviewRows(row))
        if grid is None or not is_named:
            review.damaged = True
        elif criterion_id in review.rows:
            message = f"note déjà donnée à la ligne{NBSP}{review.rows[criterion_id]}"
            sheet.refuse(row, "criterion", message, criterion_id)
        else:
            review.rows[criterion_id] = row
        text = score(cells)
        if not text:
            review.empty.append((row, criterion_id))
        elif grid is not None:
            mark = grid.mark(text)
            if isinstance(mark, Refused):
                sheet.refuse(row, "score", mark.message, text, mark.allowed)
            else:
                marks.append(Mark(application_id, reviewer_id, criterion_id, mark, comment(cells)))
    dropped = _check_complete(sheet, reviews, grids_of, drop_incomplete)
    if dropped:
        marks = [mark for mark in marks if (mark.application_id, mark.reviewer_id) not in dropped]
    given = frozenset(reviews)
    return Reading(tuple(marks), sheet.sorted_problems(), reviews=given, dropped=frozenset(dropped))


@dataclass(slots=True)
class _ReviewRows:
    """Where the marks of one review stand: its first row, the row of each criterion, the rows without a mark."""

    first: int
    rows: dict[str, int] = field(default_factory=dict)
    empty: list[tuple[int, str]] = field(default_factory=list)
    damaged: bool = False  # a row of it names nothing known: what is missing can't be told


def _check_complete(
    sheet: Sheet, reviews: Mapping[tuple[str, str], _ReviewRows], grids_of: Grids, drop: bool
) -> set[tuple[str, str]]:
    """Reports the reviews in which a mark is missing; those that are left out instead are returned."""
    dropped = set()
    for (application_id, reviewer_id), review in reviews.items():
        criteria = tuple(grids_of.of(application_id) or ())
        missing = [] if review.damaged else [criterion for criterion in criteria if criterion not in review.rows]
        if not missing and not review.empty:
            continue
        if drop:
            dropped.add((application_id, reviewer_id))
            without = listed(list(dict.fromkeys((*missing, *(criterion for _, criterion in review.empty)))), "et")
            message = f"évaluation incomplète laissée de côté (candidature {application_id}, sans note pour {without})"
            sheet.warn(message, review.first, "reviewer_id", reviewer_id)
            continue
        for row, criterion in review.empty:
            sheet.refuse(row, "score", f"note absente pour le critère {cited(criterion)}")
        if missing:
            criteria_missed = listed([cited(criterion) for criterion in missing], "et")
            message = f"évaluation incomplète de la candidature {cited(application_id)}{NBSP}: sans note pour "
            sheet.refuse(review.first, "reviewer_id", message + criteria_missed, reviewer_id)
    return dropped
