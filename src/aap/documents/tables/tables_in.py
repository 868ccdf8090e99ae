"""The three tables that the ranking takes in: applications, marks, decisions (docs/file-mode.md).

Every problem of every file is found before anything is handed over: a table is read wholly or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import get_args

from aap.core.call.lots import lot_of, parts_of
from aap.core.call.schema import CallFile, Scale
from aap.core.french import NBSP, listed, plain
from aap.core.inputs import Application, DecisionKind, JuryDecision, Mark
from aap.core.problems import BadInput, Problem, cited, nearest
from aap.core.scalars import truth_value
from aap.documents.tables.attribute_columns import (
    APPLICATION_COLUMNS,
    APPLICATION_OPTIONS,
    check_columns,
    check_lot,
    check_values,
    named_attributes,
)
from aap.documents.tables.cells import Refused, read_euros, read_number, yes
from aap.documents.tables.table_rows import Known, KnownIds, Reading, Sheet, TableSource

MARK_COLUMNS = ("application_id", "reviewer_id", "criterion", "score")
MARK_OPTIONS = ("comment",)
DECISION_COLUMNS = ("application_id", "decision", "reason", "author")
DECISION_OPTIONS = ("amount",)

DECISIONS: tuple[DecisionKind, ...] = get_args(DecisionKind)


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
    marks = _marks(reviews, _Grids(call, dossiers.values), known, drop_incomplete)
    return dossiers, marks, _decisions(decisions, known) if decisions is not None else NO_DECISIONS


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


def _marks(source: TableSource, grids_of: _Grids, known: Known | None, drop_incomplete: bool) -> Reading[Mark]:
    """Where the rubric isn't known any criterion and any number will do; only the problems of the reading are of use then."""
    try:
        sheet = Sheet.read(source, MARK_COLUMNS, MARK_OPTIONS)
    except BadInput as error:
        return Reading(problems=error.problems, readable=False)
    application, reviewer, criterion, score = (sheet.getter(heading) for heading in MARK_COLUMNS)
    comment = sheet.getter("comment")
    ids = KnownIds(sheet, known)
    any_number = _Grid(None)
    marks: list[Mark] = []
    reviews: dict[tuple[str, str], _ReviewRows] = {}
    for row, cells in sheet.rows:
        application_id, reviewer_id, criterion_id = application(cells), reviewer(cells), criterion(cells)
        is_named = ids.check(row, application_id) & sheet.identifier(row, "reviewer_id", reviewer_id)
        grids = grids_of.of(application_id)
        grid = any_number if grids is None else grids.get(criterion_id)
        if grid is None:
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
    return Reading(tuple(marks), sheet.sorted_problems())


@dataclass(slots=True)
class _ReviewRows:
    """Where the marks of one review stand: its first row, the row of each criterion, the rows without a mark."""

    first: int
    rows: dict[str, int] = field(default_factory=dict)
    empty: list[tuple[int, str]] = field(default_factory=list)
    damaged: bool = False  # a row of it names nothing known: what is missing can't be told


class _Grid:
    """The marks of one criterion's scale, or of any (None). Texts already read are remembered: a scale has few."""

    def __init__(self, scale: Scale | None) -> None:
        self.scale = scale
        self.known: dict[str, Decimal | Refused] = {}

    def mark(self, text: str) -> Decimal | Refused:
        if text not in self.known:
            self.known[text] = self._read(text)
        return self.known[text]

    def _read(self, text: str) -> Decimal | Refused:
        allowed = ""
        if self.scale is not None:
            lowest, highest, step = self.scale.min, self.scale.max, self.scale.step
            allowed = f"de {plain(lowest)} à {plain(highest)} par pas de {plain(step)}"
        try:
            value = read_number(text)
        except Refused:
            return Refused("ce n’est pas une note", allowed)
        if self.scale is None:
            return value
        if not lowest <= value <= highest:
            return Refused("cette note est hors de l'échelle", allowed)
        if (value - lowest) % step:
            return Refused("cette note n’est pas sur la grille de l'échelle", allowed)
        return value


class _Grids:
    """The grids of the marks of an application, by criterion: those of the call's rubric, or of its lot's."""

    def __init__(self, call: CallFile | None, applications: Sequence[Application]) -> None:
        self.call = call
        parts = parts_of(call) if call is not None else ()
        self._of_lot = {
            lot and lot.id: {c.id: _Grid(own.rubric.scale_of(c)) for c in own.rubric.criteria} for lot, own in parts
        }
        self._lots = {}
        if call is not None and call.lots is not None:
            self._lots = {one.id: lot.id for one in applications if (lot := lot_of(call, one.attributes)) is not None}

    def of(self, application_id: str) -> Mapping[str, _Grid] | None:
        """None where the rubric isn't known."""
        if self.call is None or self.call.lots is None:
            return self._of_lot.get(None)
        return self._of_lot.get(self._lots.get(application_id, ""))


def _check_complete(
    sheet: Sheet, reviews: Mapping[tuple[str, str], _ReviewRows], grids_of: _Grids, drop: bool
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


# --- decisions --------------------------------------------------------------------------------------------------------


def _decisions(source: TableSource, known: Known | None) -> Reading[JuryDecision]:
    try:
        sheet = Sheet.read(source, DECISION_COLUMNS, DECISION_OPTIONS)
    except BadInput as error:
        return Reading(problems=error.problems, readable=False)
    application, decision, reason, author = (sheet.getter(heading) for heading in DECISION_COLUMNS)
    amount = sheet.getter("amount")
    ids = KnownIds(sheet, known)
    earlier: dict[str, dict[DecisionKind, int]] = {}
    imposed_at: dict[str, int] = {}
    values: list[JuryDecision] = []
    for row, cells in sheet.rows:
        application_id, kind = application(cells), _kind(sheet, row, decision(cells))
        ids.check(row, application_id)
        for heading, text in (("reason", reason(cells)), ("author", author(cells))):
            if not text:
                sheet.warn(f"cette cellule est vide{NBSP}: une décision dit son motif et qui l’a prise", row, heading)
        if kind is None:
            continue
        _check_alone(sheet, row, application_id, kind, earlier.setdefault(application_id, {}))
        value = _decision_amount(sheet, row, kind, amount(cells))
        requested = (known or {}).get(application_id)
        if kind == "amount" and value is not None and requested is not None and value * 100 > requested:
            message = f"le montant décidé dépasse le montant demandé ({plain(Decimal(requested) / 100)}{NBSP}€)"
            sheet.warn(message, row, "amount", amount(cells))
        values.append(JuryDecision(application_id, kind, value, reason(cells), author(cells)))
        if kind == "in":
            imposed_at[application_id] = row
    return Reading(tuple(values), sheet.sorted_problems(), rows=imposed_at)


def _kind(sheet: Sheet, row: int, text: str) -> DecisionKind | None:
    for kind in DECISIONS:
        if text.casefold() == kind:
            return kind
    sheet.refuse(
        row, "decision", "décision inconnue", text or "rien", listed(DECISIONS, "ou"), nearest=nearest(text, DECISIONS)
    )
    return None


def _check_alone(
    sheet: Sheet, row: int, application_id: str, kind: DecisionKind, earlier: dict[DecisionKind, int]
) -> None:
    """One decision an application, except `amount` beside `in`."""
    for other, other_row in earlier.items():
        if {kind, other} != {"in", "amount"}:
            message = f"la candidature a déjà une décision, {cited(other)}, à la ligne{NBSP}{other_row}"
            sheet.refuse(row, "application_id", message, application_id, "amount à côté de in, seulement")
            return
    earlier[kind] = row


def _decision_amount(sheet: Sheet, row: int, kind: DecisionKind, text: str) -> Decimal | None:
    """Euros for `amount`, points on 100 for `consensus`, nothing for the others."""
    if kind not in ("amount", "consensus"):
        if text:
            message = f"un montant n’a pas de sens pour la décision {cited(kind)} (écrivez une ligne amount)"
            sheet.refuse(row, "amount", message, text, "une cellule vide")
        return None
    if not text:
        allowed = "un montant en euros" if kind == "amount" else "un total sur 100"
        sheet.refuse(row, "amount", f"cette cellule est obligatoire pour la décision {cited(kind)}", allowed=allowed)
        return None
    return sheet.value(row, "amount", text, read_euros if kind == "amount" else _points)


def _points(text: str) -> Decimal:
    value = read_number(text)
    if not 0 <= value <= 100:
        raise Refused("le total convenu est hors de l'échelle", "de 0 à 100")
    return value
