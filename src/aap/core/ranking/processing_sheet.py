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
from fractions import Fraction
from typing import Protocol

from aap.core import french
from aap.core.call.lots import lot_name
from aap.core.call.schema import Lot
from aap.core.call.wording import attribute_title, value_label
from aap.core.quotas.quota_words import quota_in_words
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.run import RunInput
from aap.core.ranking.standing import Standing
from aap.core.results import ResultRow
from aap.core.scoring.totals import UNIT, Review, from_ten_thousandths, reviews_from_marks
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


def processing_sheet(run: Ranked, application_id: str, *, result_hash: str) -> ProcessingSheet:
    """The sheet of one application of a run. Raises KeyError for an id that is not in it."""
    standings = {standing.id: standing for standing in run.ranking.standings}
    standing = standings[application_id]
    row = next(row for row in run.rows if row.application_id == application_id)
    reviews = [
        review for review in reviews_from_marks(run.given.marks, run.given.call.rubric)
        if review.application_id == application_id
    ]  # fmt: skip
    call = run.given.call
    return ProcessingSheet(
        application_id=application_id,
        association=row.association,
        call_title=call.call.title or call.id,
        parts=(
            _contribution(run),
            _sources(run, standing, reviews),
            _parameters(run),
            _operations(run, standing, row, reviews),
        ),
        result_hash=result_hash,
    )


def _contribution(run: Ranked) -> SheetPart:
    decided = " Le jury a pris des décisions, qui l’emportent sur le calcul." if run.given.decisions else ""
    return SheetPart(
        "Part du traitement dans la décision",
        (
            "Un calcul prépare la décision : il classe les dossiers d’après les notes des évaluateurs et propose ceux "
            f"que les règles de l’appel permettent de retenir.{decided} L’autorité décide ; le calcul n’évalue aucun "
            "dossier par lui-même.",
        ),
    )


def _sources(run: Ranked, standing: Standing, reviews: list[Review]) -> SheetPart:
    application = standing.application
    named = {
        name
        for quota in run.rules.quotas
        for name in ((quota.each,) if quota.each else tuple(quota.where or {}))
    }  # fmt: skip
    criteria = run.given.call.rubric.criteria
    lines = [("Donnée", "Valeur", "Source")]
    lines.append(("Montant demandé", french.euros(application.requested_amount), "dossier"))
    if standing.grant != application.requested_amount:
        lines.append(("Montant retenu pour le calcul", french.euros(standing.grant), "instruction ou jury"))
    for name in sorted(named):
        values = [value_label(run.given.call, name, value) for value in application.attributes.get(name, ())]
        lines.append((attribute_title(name).capitalize(), french.listed(values) or "sans valeur", "dossier"))
    for number, review in enumerate(reviews, start=1):
        for criterion in criteria:
            lines.append(
                (
                    f"Évaluation {number}, {criterion.title or criterion.id}",
                    french.exact(review.marks[criterion.id]),
                    "évaluateur",
                )
            )
    return SheetPart("Données traitées et leurs sources", (), tuple(lines))


def _parameters(run: Ranked) -> SheetPart:
    call = run.given.call
    lines = [("Critère", "Poids", "Échelle", "Minimum")]
    for criterion in call.rubric.criteria:
        scale = call.rubric.scale_of(criterion)
        lines.append(
            (
                criterion.title or criterion.id,
                french.percent(call.rubric.share_of(criterion)),
                f"de {french.exact(scale.min)} à {french.exact(scale.max)}",
                "" if criterion.threshold is None else french.exact(criterion.threshold),
            )
        )
    rules = [f"Dossier du {lot_name(run.lot)}, qui a son classement et ses règles."] if run.lot else []
    if call.rubric.threshold is not None:
        rules.append(f"Score minimal : {french.exact(call.rubric.threshold)} sur 100.")
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
    header = ("Évaluation", "Total sur 100", "Écart de l’évaluateur", "Total corrigé")
    lines = [header if calibrated else header[:2]]
    for number, review in enumerate(reviews, start=1):
        severity = Fraction(severities[review.reviewer_id].value, UNIT)
        cells = (
            french.number(number),
            french.number(review.total, 4),
            french.number(severity, 4),
            french.number(review.total - severity, 4),
        )
        lines.append(cells if calibrated else cells[:2])
    texts = ["Chaque évaluation donne un total sur 100 : les notes, ramenées à leur échelle, comptent selon les poids."]
    if calibrated:
        texts.append(
            "Chaque évaluateur a un écart, estimé sur les dossiers que d’autres ont lus aussi : positif, ses notes sont "
            "plus généreuses que les leurs pour les mêmes dossiers. Il est retranché du total."
        )
    if standing.consensus and standing.score is not None:
        agreed = french.number(from_ten_thousandths(standing.score), 4)
        texts.append(f"Un total a été arrêté en commun après les évaluations ; il remplace leur moyenne : {agreed}.")
    elif standing.score is not None:
        texts.append(f"Le score est leur moyenne : {french.number(from_ten_thousandths(standing.score), 4)} sur 100.")
    if run.rules.mode == "value":
        texts.append(
            "La sélection proposée est, parmi toutes celles qui respectent les règles, celle dont la somme des scores "
            "est la plus grande."
        )
    else:
        texts.append(
            "Les dossiers sont pris dans l’ordre du classement ; un dossier est retenu si toutes les règles peuvent "
            "encore être respectées avec lui et avec ceux retenus avant lui."
        )
    texts.append(f"Pour ce dossier : {row.reason}")
    return SheetPart("Opérations effectuées", tuple(map(french.spaced, texts)), tuple(lines) if reviews else ())
