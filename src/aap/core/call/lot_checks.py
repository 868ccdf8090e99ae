"""Checks of a call's lots: each lot's rules, what it doesn't give being the call's, and what they name of each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from aap.core.call.lots import rubric_of, selection_of
from aap.core.call.rubric_checks import check_rubric
from aap.core.call.schema import CallFile, Lot, Lots
from aap.core.call.selection_checks import check_selection
from aap.core.call.sources import possible_values
from aap.core.findings import Finding, repeated, unknown
from aap.core.french import listed, plain, quoted
from aap.core.paths import ANY, Path

BASE: Path = ("lots",)
IDS: Path = (*BASE, "items", ANY, "id")


def check_lots(call: CallFile) -> Iterator[Finding]:
    """What doesn't fit in `lots`; nothing for a call without."""
    lots = call.lots
    if lots is None:
        return
    yield from repeated((((*BASE, "items", i, "id"), lot.id) for i, lot in enumerate(lots.items)), "un autre lot")
    if call.selection.budget is not None:
        message = "une enveloppe de l’appel ne sert à aucun lot : chacun donne la sienne, ou n’en a pas"
        yield Finding(
            ("selection", "budget"), message, found=plain(call.selection.budget), severity="warning", rests_on=(BASE,)
        )  # fmt: skip
    yield from _spill(lots)
    yield from _attribute(call, lots)
    for i, lot in enumerate(lots.items):
        yield from _lot(call, lot, (*BASE, "items", i))


def _spill(lots: Lots) -> Iterator[Finding]:
    items = {lot.id: lot for lot in lots.items}
    for i, name in enumerate(lots.spill):
        path: Path = (*BASE, "spill", i)
        yield from unknown(path, name, items, "ce lot n’existe pas", IDS)
        if name in lots.spill[:i]:
            yield Finding(path, "ce lot est déjà cité dans cet ordre", found=name)
        elif name in items and items[name].selection.budget is None:
            message = "ce lot n’a pas d’enveloppe à lui : il n’a rien à laisser ni à recevoir"
            rests_on: Path = (*BASE, "items", ANY, "selection", "budget")
            yield Finding(path, message, found=name, allowed="un lot qui a selection.budget", rests_on=(rests_on,))


def _attribute(call: CallFile, lots: Lots) -> Iterator[Finding]:
    """Warnings: a table of applications may bring columns that the form doesn't know."""
    attributes = call.form.attributes
    path: Path = (*BASE, "attribute")
    if not attributes:
        return
    for finding in unknown(path, lots.attribute, attributes, "", ("form", "attributes")):
        yield replace(finding, message="form.attributes ne définit pas cette caractéristique", severity="warning")
    possible = possible_values(call, attributes.get(lots.attribute, ""))
    ids = [lot.id for lot in lots.items]
    without = [value for value in possible or () if value not in ids]
    if without:
        message = (
            "une réponse au formulaire n’est l’identifiant d’aucun lot : un tel dossier ne pourrait pas être classé"
        )
        rests_on: tuple[Path, ...] = (IDS, ("form",))
        found = listed([quoted(value) for value in without])
        yield Finding(path, message, found=found, allowed=listed(ids, "ou"), severity="warning", rests_on=rests_on)


def _lot(call: CallFile, lot: Lot, path: Path) -> Iterator[Finding]:
    """The lot's own rules, and those that the call's no longer fit with; what the call itself is told is not repeated."""
    selection, rubric = selection_of(call, lot), rubric_of(call, lot)
    base: Path = (*path, "selection")
    yield from _of_lot(
        check_selection(call, selection, base, has_budget=selection.budget is not None),
        check_selection(call, call.selection, ("selection",), has_budget=True),
        base,
        lot.selection.model_fields_set,
    )
    base = (*path, "rubric")
    yield from _of_lot(
        check_rubric(call, rubric, base),
        check_rubric(call, call.rubric, ("rubric",)),
        base,
        lot.rubric.model_fields_set,
    )


def _of_lot(
    found: Iterable[Finding], of_call: Iterable[Finding], base: Path, given: Collection[str]
) -> Iterator[Finding]:
    """`given`: the keys that the lot gives itself; what is found at another is told at the lot."""
    part, depth = base[-1], len(base)
    told = {(one.path[1:], one.message) for one in of_call}
    for one in found:
        within = one.path[depth:]
        inherited = tuple((part, *other[depth:]) for other in one.rests_on if other[:depth] == base)
        if within and within[0] in given:
            yield replace(one, rests_on=(*one.rests_on, *inherited))
        elif (within, one.message) not in told:
            place = base if given else base[:-1]
            yield replace(one, path=place, at_key=False, rests_on=(*one.rests_on, *inherited, (part,)))
