"""From a bundle's JSON value back to what stands for reviews where no mark is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from aap.core.call.schema import Rubric
from aap.core.inputs import ReviewSummary
from aap.core.ranking.bundle_values import JsonReader

MAX_REVIEWS = 10_000
_FRACTION = re.compile(r"-?\d{1,15}(?:/[1-9]\d{0,14})?", re.ASCII)


def read_summaries(reader: JsonReader, value: Any, rubrics: Mapping[str, Rubric]) -> dict[str, ReviewSummary]:
    """One summary for each application. `rubrics`: application id -> the rubric that it is marked on."""
    if not isinstance(value, dict):
        reader.fault("inputs.summaries", "un objet est attendu.")
        return {}
    if value.keys() != rubrics.keys():
        reader.fault("inputs.summaries", "chaque dossier, et lui seul, a un résumé de ses évaluations.")
    return {
        name: _summary(reader, f"inputs.summaries.{name}", own, rubrics[name])
        for name, own in value.items()
        if name in rubrics
    }


def _summary(reader: JsonReader, place: str, value: Any, rubric: Rubric) -> ReviewSummary:
    parts = reader.mapping(place, value, ("reviews", "means", "missed"))
    known = {criterion.id: rubric.scale_of(criterion) for criterion in rubric.criteria}
    missed = reader.text(f"{place}.missed", parts["missed"])
    if missed and missed not in known:
        reader.fault(f"{place}.missed", "ce critère n’est pas dans la grille.")
    means: dict[str, Fraction] = {}
    for criterion, text in parts["means"].items() if isinstance(parts["means"], dict) else ():
        scale = known.get(criterion)
        if scale is None or not isinstance(text, str) or not _FRACTION.fullmatch(text):
            reader.fault(f"{place}.means.{criterion}", "la note moyenne d’un critère de la grille est attendue (7/3).")
            continue
        means[criterion] = Fraction(text)
        if not scale.min <= means[criterion] <= scale.max:
            reader.fault(f"{place}.means.{criterion}", "cette note moyenne n’est pas sur l’échelle de son critère.")
    if not isinstance(parts["means"], dict):
        reader.fault(f"{place}.means", "un objet est attendu.")
    reviews = reader.whole(f"{place}.reviews", parts["reviews"], MAX_REVIEWS)
    wanted = set(rubric.tie_break) if reviews else set()
    if not wanted <= means.keys() | {one.id for one in rubric.criteria if one.kind == "computed"}:
        reader.fault(f"{place}.means", "il manque un critère qui départage.")
    return ReviewSummary(reviews, means, missed)
