"""The table of what persons decided after the marks: one row an application, and a few that may stand beside others.

`amount` stands beside `in`; marks agreed by criterion are several rows; a review set aside stands beside anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import get_args

from aap.core.call.schema import Rubric
from aap.core.french import NBSP, listed, plain
from aap.core.inputs import DecisionKind, JuryDecision, Mark
from aap.core.problems import BadInput, cited, nearest
from aap.core.scoring.criteria import bonus_of, marked_criteria
from aap.documents.tables.cells import Refused, read_euros, read_number
from aap.documents.tables.grids import Grids, MarkGrid
from aap.documents.tables.table_rows import Known, KnownIds, Reading, Sheet, TableSource

DECISION_COLUMNS = ("application_id", "decision", "reason", "author")
DECISION_OPTIONS = ("amount", "criterion", "reviewer_id")

DECISIONS: tuple[DecisionKind, ...] = get_args(DecisionKind)


def read_decisions(
    source: TableSource, known: Known | None, grids: Grids, marks: Reading[Mark]
) -> Reading[JuryDecision]:
    """The decisions, checked against each other, the applications, the rubric and the reviews that there are."""
    try:
        sheet = Sheet.read(source, DECISION_COLUMNS, DECISION_OPTIONS)
    except BadInput as error:
        return Reading(problems=error.problems, readable=False)
    return _Decisions(sheet, known, grids, marks).read()


@dataclass(slots=True)
class _Earlier:
    """What the rows above say of one application: kind → row, and the marks agreed by criterion → row."""

    kinds: dict[DecisionKind, int] = field(default_factory=dict)
    agreed: dict[str, int] = field(default_factory=dict)


class _Decisions:
    def __init__(self, sheet: Sheet, known: Known | None, grids: Grids, marks: Reading[Mark]) -> None:
        self.sheet = sheet
        self.known = known
        self.grids = grids
        self.marks = marks
        self.ids = KnownIds(sheet, known)
        self.earlier: dict[str, _Earlier] = {}
        self.aside: dict[tuple[str, str], int] = {}

    def read(self) -> Reading[JuryDecision]:
        sheet = self.sheet
        application, decision, reason, author = (sheet.getter(heading) for heading in DECISION_COLUMNS)
        amount, criterion, reviewer = (sheet.getter(heading) for heading in DECISION_OPTIONS)
        imposed_at: dict[str, int] = {}
        values: list[JuryDecision] = []
        for row, cells in sheet.rows:
            application_id, kind = application(cells), self._kind(row, decision(cells))
            if application_id or kind != "set_aside":
                self.ids.check(row, application_id)
            for heading, text in (("reason", reason(cells)), ("author", author(cells))):
                if not text:
                    message = f"cette cellule est vide{NBSP}: une décision dit son motif et qui l’a prise"
                    sheet.warn(message, row, heading)
            if kind is None:
                continue
            on, whose = criterion(cells), reviewer(cells)
            self._only_where_it_has_a_sense(row, kind, on, whose)
            if kind == "set_aside":
                self._no_amount(row, kind, amount(cells))
                counts = self._set_aside(row, application_id, whose)
                value = None
            else:
                self._check_alone(row, application_id, kind, on)
                counts = True
                value = self._amount(row, kind, application_id, on, amount(cells))
                self._compare_with_request(row, application_id, kind, value, amount(cells))
            if counts:
                values.append(JuryDecision(application_id, kind, value, reason(cells), author(cells), on, whose))
            if kind == "in":
                imposed_at[application_id] = row
        self._check_all_agreed()
        return Reading(tuple(values), sheet.sorted_problems(), rows=imposed_at)

    def _kind(self, row: int, text: str) -> DecisionKind | None:
        for kind in DECISIONS:
            if text.casefold() == kind:
                return kind
        close = nearest(text, DECISIONS)
        self.sheet.refuse(row, "decision", "décision inconnue", text or "rien", listed(DECISIONS, "ou"), nearest=close)
        return None

    def _only_where_it_has_a_sense(self, row: int, kind: DecisionKind, criterion: str, reviewer: str) -> None:
        if criterion and kind != "consensus":
            message = f"un critère n’a pas de sens pour la décision {cited(kind)}"
            self.sheet.refuse(row, "criterion", message, criterion, "une cellule vide")
        if reviewer and kind != "set_aside":
            message = f"un évaluateur n’a pas de sens pour la décision {cited(kind)}"
            self.sheet.refuse(row, "reviewer_id", message, reviewer, "une cellule vide")

    # --- reviews set aside ------------------------------------------------------------------------------------------

    def _set_aside(self, row: int, application_id: str, reviewer: str) -> bool:
        """Checks that there is such a review; whether it isn't left out already, as an incomplete one."""
        if not self.sheet.identifier(row, "reviewer_id", reviewer):
            return False
        pair = (application_id, reviewer)
        if pair in self.aside:
            message = f"cette évaluation est déjà écartée à la ligne{NBSP}{self.aside[pair]}"
            self.sheet.refuse(row, "reviewer_id", message, reviewer)
            return False
        self.aside[pair] = row
        if not self.marks.readable:
            return True
        there = self.marks.reviews
        reviewers = {name for _, name in there}
        if reviewer not in reviewers:
            message = "aucune évaluation n’est de cet évaluateur"
            self.sheet.refuse(row, "reviewer_id", message, reviewer, nearest=nearest(reviewer, reviewers))
        elif application_id and pair not in there:
            if self.known is None or application_id in self.known:  # else told with the application
                of = f"la candidature {cited(application_id)}"
                self.sheet.refuse(row, "reviewer_id", f"cet évaluateur n’a pas évalué {of}", reviewer)
        else:
            own = {one for one in there if one[1] == reviewer and application_id in ("", one[0])}
            if own <= self.marks.dropped:
                message = "cette évaluation est incomplète et déjà laissée de côté"
                self.sheet.warn(message, row, "reviewer_id", reviewer)
                return False
        return True

    # --- amounts, agreed totals and marks ---------------------------------------------------------------------------

    def _check_alone(self, row: int, application_id: str, kind: DecisionKind, criterion: str) -> None:
        """One decision an application, except `amount` beside `in` and a mark agreed for each criterion."""
        earlier = self.earlier.setdefault(application_id, _Earlier())
        for other, other_row in earlier.kinds.items():
            if kind == other == "consensus" and criterion and earlier.agreed:
                if criterion in earlier.agreed:
                    message = f"une note arrêtée est déjà donnée à la ligne{NBSP}{earlier.agreed[criterion]}"
                    self.sheet.refuse(row, "criterion", message, criterion)
            elif kind == other == "consensus" and (criterion or earlier.agreed):
                where = f"à la ligne{NBSP}{other_row}"
                message = f"un total arrêté et des notes arrêtées par critère ne vont pas ensemble ({where})"
                self.sheet.refuse(row, "criterion", message, criterion, "l’un ou l’autre")
            elif {kind, other} != {"in", "amount"}:
                message = f"la candidature a déjà une décision, {cited(other)}, à la ligne{NBSP}{other_row}"
                self.sheet.refuse(row, "application_id", message, application_id, "amount à côté de in, seulement")
                return
        earlier.kinds.setdefault(kind, row)
        if kind == "consensus" and criterion:
            earlier.agreed.setdefault(criterion, row)

    def _check_all_agreed(self) -> None:
        """Who agrees on marks agrees on all of them: a gate alone may be left to the reviews."""
        for application_id, earlier in self.earlier.items():
            rubric = self.grids.rubric(application_id)
            needed = [criterion.id for criterion in marked_criteria(rubric)] if rubric is not None else []
            missing = [cited(name) for name in needed if name not in earlier.agreed]
            if earlier.agreed and missing:
                row = min(earlier.agreed.values())
                message = f"note arrêtée absente pour {listed(missing)}, de la candidature {cited(application_id)}"
                self.sheet.refuse(row, "criterion", message, allowed="une ligne pour chaque critère noté")

    def _no_amount(self, row: int, kind: DecisionKind, text: str) -> None:
        if text:
            how = " (écrivez une ligne amount)" if kind != "set_aside" else ""
            message = f"un montant n’a pas de sens pour la décision {cited(kind)}{how}"
            self.sheet.refuse(row, "amount", message, text, "une cellule vide")

    def _amount(self, row: int, kind: DecisionKind, application_id: str, criterion: str, text: str) -> Decimal | None:
        """Euros for `amount`, points on 100 or an agreed mark for `consensus`, nothing for the others."""
        if kind not in ("amount", "consensus"):
            self._no_amount(row, kind, text)
            return None
        agreed = kind == "consensus" and criterion
        grid = self._grid(row, application_id, criterion) if agreed else None
        if not text:
            allowed = "un montant en euros" if kind == "amount" else "un total sur 100"
            if agreed:
                allowed = "une note sur l’échelle du critère"
            message = f"cette cellule est obligatoire pour la décision {cited(kind)}"
            self.sheet.refuse(row, "amount", message, allowed=allowed)
            return None
        if agreed:
            mark = grid.mark(text) if grid is not None else None
            if isinstance(mark, Refused):
                self.sheet.refuse(row, "amount", mark.message, text, mark.allowed)
                return None
            return mark
        if kind == "amount":
            return self.sheet.value(row, "amount", text, read_euros)
        rubric = self.grids.rubric(application_id)
        return self.sheet.value(row, "amount", text, lambda cell: _points(cell, rubric))

    def _grid(self, row: int, application_id: str, criterion: str) -> MarkGrid | None:
        grids = self.grids.of(application_id)
        if grids is None:
            return MarkGrid(None)
        grid = grids.get(criterion)
        if grid is None:
            computed = self.grids.is_computed(application_id, criterion)
            message = "ce critère se calcule, personne n’en arrête la note" if computed else "critère inconnu"
            close = "" if computed else nearest(criterion, grids)
            self.sheet.refuse(row, "criterion", message, criterion, listed(tuple(grids), "ou"), nearest=close)
        return grid

    def _compare_with_request(
        self, row: int, application_id: str, kind: DecisionKind, value: Decimal | None, text: str
    ) -> None:
        requested = (self.known or {}).get(application_id)
        if kind == "amount" and value is not None and requested is not None and value * 100 > requested:
            message = f"le montant décidé dépasse le montant demandé ({plain(Decimal(requested) / 100)}{NBSP}€)"
            self.sheet.warn(message, row, "amount", text)


def _points(text: str, rubric: Rubric | None) -> Decimal:
    """An agreed total on 100, with the bonuses of the rubric."""
    value = read_number(text)
    most = 100 + (bonus_of(rubric) if rubric is not None else 0)
    if not 0 <= value <= most:
        beyond = " (100 et les bonus)" if most > 100 else ""
        raise Refused("le total convenu est hors de l'échelle", f"de 0 à {plain(Decimal(most))}{beyond}")
    return value
