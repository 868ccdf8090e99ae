"""The sheet of one dossier's algorithmic processing, as the law lets a person ask for it.

CRPA L311-3-1 and R311-3-1-2: on request, in an intelligible form and without infringing secrets protected by law, the
administration tells (1) the degree and manner in which the processing contributed to the decision, (2) the data
processed and their sources, (3) the parameters and, where there are any, their weights, applied to the person's
situation, (4) the operations that the processing carried out. The four parts below are these, in this order.

Reviewers bear numbers, in the order of the sheet, and no other application is named. The authority's counsel confirms
the wording before it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from aap.core import french
from aap.core.call.attribute_names import attribute_title, value_label
from aap.core.call.criterion_words import (
    computed_in_words,
    counts_for,
    mark_in_words,
    minimum_in_words,
    scale_in_words,
)
from aap.core.call.lots import lot_name
from aap.core.call.points import figure, out_of
from aap.core.call.schema import Lot, Rubric
from aap.core.quotas.quota_words import quota_in_words
from aap.core.ranking.counted_reviews import reviews_of
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.reason_figures import correction, decimals_of, named_last, with_figures
from aap.core.ranking.run_input import RunInput
from aap.core.ranking.standing import Standing
from aap.core.results import Census, ResultRow
from aap.core.scoring.criteria import asked_criteria
from aap.core.scoring.totals import UNIT, Review, from_ten_thousandths
from aap.core.selection.problem import Rules


@dataclass(frozen=True, slots=True)
class SheetPart:
    """One of the four parts: a title, paragraphs, and a table (its first row is the header; empty: none)."""

    title: str
    paragraphs: tuple[str, ...]
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessingSheet:
    """The sheet of one application. `result_hash` links it to the run that it describes."""

    application_id: str
    association: str
    call_title: str
    parts: tuple[SheetPart, ...]
    result_hash: str


class Ranked(Protocol):
    """What of a run the sheet is made of: the part of a `Run` that ranks the application, or a kept one read from its
    bundle."""

    @property
    def lot(self) -> Lot | None: ...
    @property
    def given(self) -> RunInput: ...
    @property
    def rules(self) -> Rules: ...
    @property
    def rows(self) -> Sequence[ResultRow]: ...
    @property
    def ranking(self) -> Ranking: ...


def processing_sheet(run: Ranked, application_id: str, *, result_hash: str, since: str = "") -> ProcessingSheet:
    """The sheet of one application of a run. `since`: what was decided after it. Raises KeyError for an id not in it."""
    standings = {standing.id: standing for standing in run.ranking.standings}
    standing = standings[application_id]
    row = next(row for row in run.rows if row.application_id == application_id)
    reviews = [
        review for review in reviews_of(run.given) if review.application_id == application_id
    ]  # fmt: skip
    call = run.given.call
    return ProcessingSheet(
        application_id=application_id,
        association=row.association,
        call_title=call.call.title or call.id,
        parts=(
            _contribution(run, since),
            _sources(run, standing, reviews),
            _parameters(run),
            _operations(run, standing, row, reviews),
        ),
        result_hash=result_hash,
    )


def _contribution(run: Ranked, since: str) -> SheetPart:
    kinds = {decision.decision for decision in run.given.decisions}
    decided = " Le jury a pris des décisions, qui l’emportent sur le calcul." if kinds - {"set_aside"} else ""
    if "set_aside" in kinds:
        decided += " Des évaluations ont été écartées ; elles ne comptent pas."
    return SheetPart(
        "Part du traitement dans la décision",
        (
            "Un calcul prépare la décision : il classe les dossiers d’après les notes des évaluateurs et propose ceux "
            f"que les règles de l’appel permettent de retenir.{decided} L’autorité décide ; le calcul n’évalue aucun "
            "dossier par lui-même.",
            *filter(None, (french.spaced(since),)),
        ),
    )


def _sources(run: Ranked, standing: Standing, reviews: list[Review]) -> SheetPart:
    application = standing.application
    named = {
        name
        for quota in run.rules.quotas
        for name in ((quota.each,) if quota.each else tuple(quota.where or {}))
    }  # fmt: skip
    rubric = run.given.call.rubric
    named |= {criterion.from_ for criterion in rubric.criteria if criterion.kind == "computed" and criterion.from_}
    lines = [("Donnée", "Valeur", "Source")]
    lines.append(("Montant demandé", french.euros(application.requested_amount), "dossier"))
    if standing.grant != application.requested_amount:
        lines.append(("Montant retenu pour le calcul", french.euros(standing.grant), "instruction ou jury"))
    for name in sorted(named):
        values = [value_label(run.given.call, name, value) for value in application.attributes.get(name, ())]
        lines.append((attribute_title(name).capitalize(), french.listed(values) or "sans valeur", "dossier"))
    for number, review in enumerate(reviews, start=1):
        for criterion in asked_criteria(rubric):
            lines.append(
                (
                    f"Évaluation {number}, {criterion.title or criterion.id}",
                    mark_in_words(criterion, review.marks[criterion.id]),
                    "évaluateur",
                )
            )
    for criterion in rubric.criteria:
        if criterion.id in standing.agreed:
            mark = mark_in_words(criterion, standing.agreed[criterion.id])
            lines.append((f"Note arrêtée en commun, {criterion.title or criterion.id}", mark, "jury"))
    return SheetPart("Données traitées et leurs sources", (), tuple(lines))


def _parameters(run: Ranked) -> SheetPart:
    call = run.given.call
    lines = [("Critère", "Poids", "Échelle", "Minimum")]
    for criterion in call.rubric.criteria:
        lines.append(
            (
                criterion.title or criterion.id,
                counts_for(criterion, call.rubric),
                scale_in_words(criterion, call.rubric),
                minimum_in_words(criterion),
            )
        )
    rules = [f"Dossier du {lot_name(run.lot)}, qui a son classement et ses règles."] if run.lot else []
    rules += [computed_in_words(one, call.rubric) for one in call.rubric.criteria if one.kind == "computed"]
    if call.rubric.threshold is not None:
        rules.append(f"Note minimale : {french.exact(call.rubric.threshold)} {out_of(call.rubric)}.")
    if run.rules.laureates is not None:
        rules.append(f"Nombre de places : {french.number(run.rules.laureates)}.")
    if run.rules.limit is not None:
        received = f", dont {french.euros(run.rules.received)} laissés par un autre lot" if run.rules.received else ""
        rules.append(f"Enveloppe : {french.euros(run.rules.limit)}{received}.")
    if run.rules.mode == "value" and run.rules.protect_top:
        rules.append(f"Premiers candidats retenus quel que soit leur montant : {french.number(run.rules.protect_top)}.")
    for quota in run.rules.quotas:
        each = f" pour chaque {attribute_title(quota.each)}" if quota.each else ""
        rules.append(f"{french.quoted(quota.title or quota.id)}{each} : {quota_in_words(quota)}.")
    return SheetPart("Paramètres et poids", tuple(map(french.spaced, rules)), tuple(lines))


def _operations(run: Ranked, standing: Standing, row: ResultRow, reviews: list[Review]) -> SheetPart:
    calibrated = run.ranking.method == "calibrated"
    severities = run.ranking.calibration.severities
    rubric = run.given.call.rubric
    header = ("Évaluation", f"Total {out_of(rubric)}", "Écart de l’évaluateur", "Total corrigé")
    lines = [header if calibrated else header[:2]]
    for number, review in enumerate(reviews, start=1):
        severity = Fraction(severities[review.reviewer_id].value, UNIT)
        cells = (
            french.number(number),
            figure(review.total, rubric, 4),
            figure(severity, rubric, 4),
            figure(review.total - severity, rubric, 4),
        )
        lines.append(cells if calibrated else cells[:2])
    texts = [
        f"Chaque évaluation donne un total {out_of(rubric)} : les notes, ramenées à leur échelle, comptent selon les poids."
    ]
    if any(criterion.kind == "computed" for criterion in rubric.criteria):
        texts.append("Les notes calculées d’après le dossier y entrent comme les autres.")
    if any(criterion.bonus is not None for criterion in rubric.criteria):
        texts.append("Un bonus ajoute ses points au total, hors des poids.")
    if calibrated:
        texts.append(
            "Chaque évaluateur a un écart, estimé sur les dossiers que d’autres ont lus aussi : positif, ses notes sont "
            "plus généreuses que les leurs pour les mêmes dossiers. Il est retranché du total."
        )
    last = Census.of(run.rows, run.ranking.method).last_before(row.rank)
    score = row.score(run.ranking.method)
    decimals = decimals_of(rubric, score, named_last(row.reason, rubric, last))
    if standing.score is not None:
        shown = figure(from_ten_thousandths(standing.score), rubric, 4)
        if standing.agreed:
            texts.append(
                "Une note a été arrêtée en commun pour chaque critère après les évaluations ; leur total remplace la "
                f"moyenne : {shown}."
            )
        elif standing.consensus:
            texts.append(f"Un total a été arrêté en commun après les évaluations ; il remplace leur moyenne : {shown}.")
        else:
            texts.append(f"La note est leur moyenne : {shown} {out_of(rubric)}.")
        if score is not None and decimals < 4:
            texts.append(_as_decided(rubric, row.raw_score, score, decimals))
    if run.rules.mode == "value":
        texts.append(
            "La sélection proposée est, parmi toutes celles qui respectent les règles, celle dont la somme des notes "
            "est la plus grande."
        )
    else:
        texts.append(
            "Les dossiers sont pris dans l’ordre du classement ; un dossier est retenu si toutes les règles peuvent "
            "encore être respectées avec lui et avec ceux retenus avant lui."
        )
    reason = with_figures(
        row.reason, rubric, reason_code=row.reason_code, score=score, marks=row.marks, last=last
    )  # fmt: skip
    texts.append(f"Pour ce dossier : {reason}")
    return SheetPart("Opérations effectuées", tuple(map(french.spaced, texts)), tuple(lines) if reviews else ())


def _as_decided(rubric: Rubric, raw_score: Decimal | None, score: Decimal, decimals: int) -> str:
    """The same score with the decimals that letter and page show, and the sum that they make."""
    shown = figure(score, rubric, decimals)
    found = correction(rubric, raw_score, score, decimals)
    if found is None:
        return f"La décision et la page du dossier l’arrondissent à {shown}."
    return (
        f"La décision et la page du dossier arrondissent ces chiffres : moyenne des notes {found.mean}, correction "
        f"{found.change}, note finale {shown}."
    )
