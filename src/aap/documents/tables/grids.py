"""The marks that a cell of a criterion may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from aap.core.call.lots import rubrics_of
from aap.core.call.schema import CallFile, Criterion, Rubric, Scale
from aap.core.french import plain
from aap.core.inputs import Application
from aap.core.scoring.criteria import asked_criteria
from aap.documents.tables.cells import NO, YES, Refused, read_number, yes


class MarkGrid:
    """The marks of one criterion's scale, of any (no scale), or the yes and no of a gate: 1 and 0.

    Texts already read are remembered: a scale has few.
    """

    def __init__(self, scale: Scale | None, *, gate: bool = False) -> None:
        self.scale = scale
        self.gate = gate
        self.known: dict[str, Decimal | Refused] = {}

    @classmethod
    def of(cls, rubric: Rubric, criterion: Criterion) -> MarkGrid:
        return cls(rubric.scale_of(criterion), gate=criterion.kind == "gate")

    def mark(self, text: str) -> Decimal | Refused:
        if text not in self.known:
            self.known[text] = self._read(text)
        return self.known[text]

    def _read(self, text: str) -> Decimal | Refused:
        if self.gate:
            try:
                return Decimal(1 if yes(text) else 0)
            except Refused:
                return Refused("ce critère demande une réponse, oui ou non", "oui, non, 1 ou 0")
        allowed = ""
        if self.scale is not None:
            lowest, highest, step = self.scale.min, self.scale.max, self.scale.step
            allowed = f"de {plain(lowest)} à {plain(highest)} par pas de {plain(step)}"
        try:
            value = read_number(text)
        except Refused:
            if self.scale is None and text.casefold() in YES | NO:  # perhaps a gate's: the call can't be read
                return Decimal(0)
            return Refused("ce n’est pas une note", allowed)
        if self.scale is None:
            return value
        if not lowest <= value <= highest:
            return Refused("cette note est hors de l'échelle", allowed)
        if (value - lowest) % step:
            return Refused("cette note n’est pas sur la grille de l'échelle", allowed)
        return value


class Grids:
    """The grids of an application's marks, by criterion: those of the call's rubric, or of its lot's."""

    def __init__(self, call: CallFile | None, applications: Sequence[Application]) -> None:
        self._call = call
        held = {application.id: application.attributes for application in applications}
        self._rubrics = rubrics_of(call, held) if call is not None else {}
        self._known: dict[int, dict[str, MarkGrid]] = {}

    def rubric(self, application_id: str) -> Rubric | None:
        """None where it isn't known: the call can't be read, or the application has no lot."""
        if self._call is not None and self._call.lots is None:
            return self._call.rubric
        return self._rubrics.get(application_id)

    def of(self, application_id: str) -> Mapping[str, MarkGrid] | None:
        """None where the rubric isn't known."""
        rubric = self.rubric(application_id)
        if rubric is None:
            return None
        if id(rubric) not in self._known:
            self._known[id(rubric)] = {c.id: MarkGrid.of(rubric, c) for c in asked_criteria(rubric)}
        return self._known[id(rubric)]

    def is_computed(self, application_id: str, criterion_id: str) -> bool:
        """Whether it is a criterion that nobody marks."""
        rubric = self.rubric(application_id)
        return rubric is not None and any(c.id == criterion_id and c.kind == "computed" for c in rubric.criteria)
