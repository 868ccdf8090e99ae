"""How a criterion of any kind is said in tables: what it counts for, and a mark on it."""

from __future__ import annotations

from decimal import Decimal

from aap.core import french
from aap.core.call.attribute_names import attribute_title
from aap.core.call.points import in_points
from aap.core.call.schema import Criterion, Rubric


def counts_for(criterion: Criterion, rubric: Rubric) -> str:
    """`40 %` of the weights, `bonus : 5 points au plus` in the points of the call, `éliminatoire` for a gate."""
    if criterion.kind == "gate":
        return "éliminatoire"
    if criterion.bonus is not None:
        most = in_points(criterion.bonus, rubric)
        return f"bonus{french.NBSP}: {french.plain(most)}{french.NBSP}{'points' if french.is_plural(most) else 'point'} au plus"
    return french.percent(rubric.share_of(criterion), 1)


def scale_in_words(criterion: Criterion, rubric: Rubric) -> str:
    """`de 0 à 5`, `oui ou non`."""
    if criterion.kind == "gate":
        return "oui ou non"
    scale = rubric.scale_of(criterion)
    return f"de {french.exact(scale.min)} à {french.exact(scale.max)}"


def minimum_in_words(criterion: Criterion) -> str:
    """What an application must reach on the criterion, empty where nothing is asked."""
    if criterion.kind == "gate":
        return "aucun non" if criterion.fails_if == "any" else "pas plus de non que de oui"
    if criterion.threshold is None:
        return ""
    each = " dans chaque évaluation" if criterion.threshold_on == "any" and criterion.kind == "marked" else ""
    return f"{french.exact(criterion.threshold)}{each}"


def mean_in_words(criterion: Criterion, rubric: Rubric, mean: Decimal, reviews: int | None = None) -> str:
    """A mean mark as a table shows it: `3,50 sur 5`; for a gate `oui`, `non`, `oui dans 2 évaluations sur 3`."""
    if criterion.kind != "gate":
        return f"{french.number(mean, 2)} sur{french.NBSP}{french.plain(rubric.scale_of(criterion).max)}"
    if mean in (0, 1):
        return "oui" if mean else "non"
    if not reviews:
        return f"oui{french.NBSP}: {french.percent(mean, 1)}"
    yes = round(mean * reviews)
    return f"oui dans {french.count(yes, 'évaluation')} sur {reviews}"


def mark_in_words(criterion: Criterion, mark: Decimal) -> str:
    """One reviewer's mark: `3,5`; for a gate `oui` or `non`."""
    if criterion.kind == "gate":
        return "oui" if mark else "non"
    return french.exact(mark)


def computed_in_words(criterion: Criterion, rubric: Rubric) -> str:
    """How a computed criterion's mark comes about, in one sentence."""
    name = french.quoted(criterion.title or criterion.id)
    of = french.quoted(attribute_title(criterion.from_ or ""))
    given = [f"{french.exact(mark)} pour {french.quoted(value)}" for value, mark in criterion.points.items()]
    given += [f"{french.exact(band.mark)} à partir de {french.exact(band.min)}" for band in criterion.bands]
    otherwise = rubric.scale_of(criterion).min if criterion.otherwise is None else criterion.otherwise
    marks = french.listed([*given, f"{french.exact(otherwise)} sinon"])
    return french.spaced(f"Personne ne note {name} : sa note se calcule d’après {of}, {marks}.")
