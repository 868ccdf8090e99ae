"""A call's lots, each as a call: what a lot does not give is the call's.

`parts_of` is what to ask where something holds for every ranking of a call, be there lots or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

from aap.core import french
from aap.core.call.schema import CallFile, Criterion, Lot, Rubric, SelectionRules


def call_of_lot(call: CallFile, lot: Lot) -> CallFile:
    """The lot as a call without lots: rubric and selection are the call's where the lot gives none, key by key.

    Quotas are taken as a whole; a budget each lot gives itself, or has none.
    """
    return call.model_copy(update={"selection": selection_of(call, lot), "rubric": rubric_of(call, lot), "lots": None})


def selection_of(call: CallFile, lot: Lot) -> SelectionRules:
    """The lot's selection, as `call_of_lot` says it."""
    given = lot.selection.model_fields_set - ({"mode"} if lot.selection.mode is None else set())
    return call.selection.model_copy(update={"budget": None} | {key: getattr(lot.selection, key) for key in given})


def rubric_of(call: CallFile, lot: Lot) -> Rubric:
    """The lot's rubric, as `call_of_lot` says it."""
    return call.rubric.model_copy(update={key: getattr(lot.rubric, key) for key in lot.rubric.model_fields_set})


def parts_of(call: CallFile) -> tuple[tuple[Lot | None, CallFile], ...]:
    """What is ranked on its own: the lots in file order, each with its call; (None, the call) where it has no lots."""
    if call.lots is None:
        return ((None, call),)
    return tuple((lot, call_of_lot(call, lot)) for lot in call.lots.items)


def criteria_of(call: CallFile) -> tuple[Criterion, ...]:
    """The criteria of every ranking of the call, each id once: as the first lot that has it says."""
    found: dict[str, Criterion] = {}
    for _, part in parts_of(call):
        for criterion in part.rubric.criteria:
            found.setdefault(criterion.id, criterion)
    return tuple(found.values())


def lot_name(lot: Lot) -> str:
    """`lot « Collectif »`."""
    return f"lot {french.quoted(lot_title(lot))}"


def lot_title(lot: Lot) -> str:
    return lot.title or lot.id


def lot_of(call: CallFile, attributes: Mapping[str, tuple[str, ...]]) -> Lot | None:
    """The lot of an application by its attributes; None where the call has none or they don't name exactly one."""
    if call.lots is None:
        return None
    held = attributes.get(call.lots.attribute, ())
    return next((lot for lot in call.lots.items if held == (lot.id,)), None)


def rubric_for(call: CallFile, attributes: Mapping[str, tuple[str, ...]]) -> Rubric:
    """The rubric that an application is marked on: its lot's; the call's where it has none."""
    lot = lot_of(call, attributes)
    return call.rubric if lot is None else rubric_of(call, lot)


def rubrics_of(call: CallFile, attributes: Mapping[str, Mapping[str, tuple[str, ...]]]) -> dict[str, Rubric]:
    """Application → the rubric that it is marked on, its lot's; `attributes` by application. None for one without a lot."""
    if call.lots is None:
        return dict.fromkeys(attributes, call.rubric)
    by_lot = {lot.id: part.rubric for lot, part in parts_of(call) if lot is not None}
    lots = {name: lot_of(call, own) for name, own in attributes.items()}
    return {name: by_lot[lot.id] for name, lot in lots.items() if lot is not None}


def following(call: CallFile) -> Mapping[str, str]:
    """Lot id → the lot that what it leaves of its budget is added to."""
    order = call.lots.spill if call.lots else ()
    return dict(pairwise(order))


def in_spilling_order(call: CallFile) -> tuple[str, ...]:
    """The ids of the lots in an order in which each comes after the one that leaves it money."""
    if call.lots is None:
        return ()
    ids = [lot.id for lot in call.lots.items]
    return tuple(dict.fromkeys([*(name for name in call.lots.spill if name in ids), *ids]))


def measure_of(rubric: Rubric) -> object:
    """What the totals of reviews rest on: rubrics of one measure share a calibration, whatever their thresholds."""
    measure = []
    for criterion in rubric.criteria:
        scale = criterion.scale or rubric.scale
        measure.append(
            (
                criterion.id,
                criterion.kind,
                Fraction(rubric.share_of(criterion)),
                criterion.bonus,
                None if scale is None else (scale.min, scale.max, scale.step),
                criterion.from_,
                tuple(sorted(criterion.points.items())),
                tuple((band.min, band.mark) for band in criterion.bands),
                criterion.otherwise,
            )
        )
    return tuple(sorted(measure, key=lambda one: one[0]))
