"""A run's parts: the lots of a call, or the call itself where it has none.

A lot is a call: it has its rules, its applications, their marks and the jury's decisions on them. What the lots have in
common is their calibration, where they mark alike, and the money that one leaves to the next.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aap.core import french
from aap.core.call.lots import lot_name, lot_of, measure_of, parts_of
from aap.core.call.schema import CallFile, Lot
from aap.core.problems import BadInput, Problem, cited, nearest
from aap.core.ranking.ranking import Ranking

if TYPE_CHECKING:
    from aap.core.ranking.explanation import Explanation
    from aap.core.ranking.run_input import RunInput
    from aap.core.results import ResultRow
    from aap.core.selection.outcome import SelectionOutcome
    from aap.core.selection.problem import Rules


class WithoutLot(BadInput):
    """Applications that belong to none of the call's lots, or to several. `faults`: application id -> what is wrong."""

    def __init__(self, faults: Mapping[str, Problem]) -> None:
        self.faults = dict(faults)
        super().__init__(self.faults.values())


@dataclass(frozen=True, slots=True)
class Part:
    """What is ranked on its own. `given.call` has the rules that hold here, and no lots.

    `calibration`: the ids of the lots whose reviews are calibrated together, joined by `|`; empty without lots.
    """

    lot: Lot | None
    given: RunInput
    calibration: str = ""

    @property
    def id(self) -> str:
        return self.lot.id if self.lot else ""


@dataclass(frozen=True)
class RunPart:
    """One ranking and its selection: the whole call (`lot` None), or a lot as a call. `calibration`: see `Part`."""

    lot: Lot | None
    given: RunInput
    calibration: str
    rules: Rules
    ranking: Ranking
    outcome: SelectionOutcome
    explanations: Mapping[str, Explanation]
    rows: tuple[ResultRow, ...]


def parted(given: RunInput) -> tuple[Part, ...]:
    """The parts of a run in file order. Raises WithoutLot."""
    call = given.call
    if call.lots is None:
        return (Part(None, given),)
    lots = {application.id: lot_of(call, application.attributes) for application in given.applications}
    faults = {a.id: fault for a in given.applications if (fault := lot_fault(call, a.id, a.attributes)) is not None}
    if faults:
        raise WithoutLot(faults)
    parts = parts_of(call)
    measures = {lot.id: measure_of(own.rubric) for lot, own in parts if lot is not None}
    made = []
    for lot, own in parts:
        assert lot is not None
        inside = {name for name, its in lots.items() if its is not None and its.id == lot.id}
        made.append(
            Part(
                lot,
                dataclasses.replace(
                    given,
                    call=own,
                    applications=tuple(one for one in given.applications if one.id in inside),
                    marks=tuple(mark for mark in given.marks if mark.application_id in inside),
                    decisions=tuple(  # what names no application is about all of them
                        one for one in given.decisions if not one.application_id or one.application_id in inside
                    ),
                ),
                "|".join(name for name, measure in measures.items() if measure == measures[lot.id]),
            )
        )
    return tuple(made)


def lot_fault(call: CallFile, application_id: str, attributes: Mapping[str, tuple[str, ...]]) -> Problem | None:
    """What is wrong with an application's lot; None where it has one, or the call has no lots."""
    if call.lots is None or lot_of(call, attributes) is not None:
        return None
    ids = [lot.id for lot in call.lots.items]
    held = attributes.get(call.lots.attribute, ())
    if not held:
        message = f"la candidature {cited(application_id)} n’a pas de lot"
    elif len(held) > 1:
        message = f"la candidature {cited(application_id)} a plusieurs lots"
    else:
        message = f"la candidature {cited(application_id)} a un lot que l’appel n’a pas"
    return Problem(
        file="candidatures",
        heading=call.lots.attribute,
        message=message,
        found="|".join(held),
        allowed=f"un lot et un seul{french.NBSP}: {french.listed(ids, 'ou')}",
        nearest=nearest(held[0], ids) if len(held) == 1 else "",
    )


def pooled(rankings: Sequence[Ranking]) -> Ranking:
    """Rankings that share a calibration as one, for what looks at all of its applications: those of one lot come together."""
    return dataclasses.replace(
        rankings[0],
        standings=tuple(standing for ranking in rankings for standing in ranking.standings),
        candidates=tuple(candidate for ranking in rankings for candidate in ranking.candidates),
    )


def said_of(lot: Lot | None, text: str) -> str:
    """A warning, with the lot that it is about."""
    if lot is None:
        return text
    name = lot_name(lot)
    return f"{name[:1].upper()}{name[1:]}{french.NBSP}: {text}"
