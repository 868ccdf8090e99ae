"""Whom a public bundle lets people recognise who know the field: by its amounts and the attributes that rules name.

Names are not in it; but a request of 47 312 € from an overseas department is as good as a name to whoever read the dossier.
The authority decides knowing how many stand alone so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from aap.core.call.schema import CallFile
from aap.core.ranking.bundle import list_in_force
from aap.core.ranking.bundle_reading import BundleContent
from aap.core.ranking.later_list import first_list
from aap.core.ranking.parts import parted
from aap.core.ranking.run_input import normalised


@dataclass(frozen=True, slots=True)
class SingledOut:
    """How many laureates the bundle's list has and how many others there are, and how many of each nobody else of theirs
    is shown like."""

    laureates: int
    laureates_alone: int
    others: int
    others_alone: int


def attributes_of_rules(call: CallFile) -> frozenset[str]:
    """The attributes that the rules of a call without lots, or of one lot, name: without them its list can't be replayed."""
    by_quotas = {
        name for quota in call.selection.quotas for name in ((quota.each,) if quota.each else (quota.where or {}))
    }
    return frozenset(by_quotas | {criterion.from_ for criterion in call.rubric.criteria if criterion.from_})


def singled_out(bundle: BundleContent) -> SingledOut:
    """Of each its request, what the run granted, what changed since and its attributes are shown."""
    given = normalised(bundle.given)
    named = {given.call.lots.attribute} if given.call.lots else set()
    named.update(*(attributes_of_rules(part.given.call) for part in parted(given)))
    granted = first_list(bundle.ranking).granted
    retained = list_in_force(bundle).granted if bundle.changes else granted
    changed: dict[str, list[Hashable]] = {}
    for change in bundle.changes:
        changed.setdefault(change.application_id, []).append((change.kind, change.amount, change.place, change.on))
    laureates: list[Hashable] = []
    others: list[Hashable] = []
    for one in given.applications:
        held = tuple(sorted((name, values) for name, values in one.attributes.items() if name in named))
        since = tuple(changed.get(one.id, ()))
        shown = (one.requested_amount, one.proposed_amount, granted.get(one.id), since, held)
        (laureates if one.id in retained else others).append(shown)
    return SingledOut(len(laureates), _alone(laureates), len(others), _alone(others))


def _alone(shown: Sequence[Hashable]) -> int:
    return sum(1 for count in Counter(shown).values() if count == 1)
