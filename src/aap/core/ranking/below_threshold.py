"""Why an application is below a threshold, in one sentence that is true by construction, with its figures."""

from __future__ import annotations

from fractions import Fraction

from aap.core import french
from aap.core.call.attribute_names import attribute_title
from aap.core.call.points import in_points, out_of
from aap.core.call.schema import Criterion, Rubric
from aap.core.ranking.passed_over import Figure
from aap.core.ranking.standing import Standing
from aap.core.scoring.totals import UNIT, from_ten_thousandths

Said = tuple[str, dict[str, Figure]]


def below_overall(standing: Standing, rubric: Rubric) -> Said:
    """The score is under the minimum: both in the points of the call, with decimals enough to read differently."""
    assert rubric.threshold is not None
    assert standing.score is not None
    score = in_points(Fraction(standing.score, UNIT), rubric)
    shown = french.points(score, max(2, french.decimals_apart(score, Fraction(rubric.threshold))))
    agreed = ", arrêtée en commun après les évaluations," if standing.consensus else ""
    text = (
        f"Note finale de {shown} {out_of(rubric)}{agreed or ','} pour un minimum de {french.exact(rubric.threshold)}."
    )
    return text, {"score": str(from_ten_thousandths(standing.score)), "threshold": str(rubric.threshold)}


def below_criterion(standing: Standing, criterion: Criterion, rubric: Rubric) -> Said:
    """A gate is missed, or the mark that a threshold looks at is under it."""
    if criterion.kind == "gate":
        return _gate(standing, criterion)
    assert criterion.threshold is not None
    least = french.exact(criterion.threshold)
    at = f"au critère {french.quoted(criterion.title or criterion.id)}"
    figures: dict[str, Figure] = {"criterion": criterion.id, "threshold": str(criterion.threshold)}
    if criterion.threshold_on == "any" and standing.missed_marks:
        low = sorted(mark for mark in standing.missed_marks if mark < criterion.threshold)
        there = len(standing.missed_marks)
        figures |= {"lowest": french.exact(low[0]), "reviews": there, "below": len(low)}
        every = f"pour un minimum de {least} dans chaque évaluation"
        if there == 1:
            return f"Note de {_on(low[0], criterion, rubric)} {at}, pour un minimum de {least}.", figures
        if len(low) == 1:
            return f"Une évaluation sur {there} donne {_on(low[0], criterion, rubric)} {at}, {every}.", figures
        worst = f"la plus basse {_on(low[0], criterion, rubric)}"
        count = f"{len(low)} évaluations sur {there}" if len(low) < there else f"Les {there} évaluations"
        return f"{count} donnent moins de {least} {at}, {worst}, {every}.", figures
    if criterion.threshold_on == "any" and criterion.kind == "marked" and criterion.id not in standing.agreed:
        return f"Une évaluation au moins donne moins de {least} {at}.", figures
    mean = standing.mean_marks[criterion.id]
    shown = french.number(mean, french.decimals_apart(mean, Fraction(criterion.threshold)))
    figures["mean"] = shown
    note = "Note moyenne"
    how = ""
    if criterion.id in standing.agreed:
        note = "Note arrêtée en commun"
    elif criterion.kind == "computed":
        note = "Note"
        how = f", calculée d’après {french.quoted(attribute_title(criterion.from_ or ''))}"
    return f"{note} de {shown} {_scale(criterion, rubric)} {at}{how}, pour un minimum de {least}.", figures


def _gate(standing: Standing, criterion: Criterion) -> Said:
    title = f"Critère éliminatoire {french.quoted(criterion.title or criterion.id)}{french.NBSP}: "
    figures: dict[str, Figure] = {"criterion": criterion.id}
    if criterion.id in standing.agreed:
        return f"{title}la réponse arrêtée en commun est non.", figures
    there = len(standing.missed_marks)
    noes = sum(1 for answer in standing.missed_marks if not answer)
    if not there:  # a list that shows no mark
        return f"{title}les évaluations répondent non.", figures
    figures |= {"reviews": there, "noes": noes}
    if there == 1:
        return f"{title}l’évaluation répond non.", figures
    said = f"{noes} évaluations sur {there} répondent non" if noes > 1 else f"une évaluation sur {there} répond non"
    if noes == there:
        said = f"les {there} évaluations répondent non"
    if criterion.fails_if == "majority":
        rule = "" if noes == there else f", plus que les {there - noes} qui répondent oui"
        if there - noes == 1:
            rule = ", une seule répond oui"
        return f"{title}{said}{rule}.", figures
    return f"{title}{said}, alors qu’une seule suffit à écarter le dossier.", figures


def _on(mark: Fraction | object, criterion: Criterion, rubric: Rubric) -> str:
    return f"{french.exact(mark)} {_scale(criterion, rubric)}"  # type: ignore[arg-type]


def _scale(criterion: Criterion, rubric: Rubric) -> str:
    scale = rubric.scale_of(criterion)
    top = french.exact(scale.max)
    return f"sur {top}" if scale.min == 0 else f"sur une échelle de {french.exact(scale.min)} à {top}"
