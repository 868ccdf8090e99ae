"""Why each application is where it is: a reason code, its figures, and one French text that a porteur understands.

Every clause is built from a figure of the ranking or from a certificate of the selection that was checked in integers,
so what it says is true by construction. It never names another association, another application or a reviewer, and
never repeats what a jury wrote. Scores are shown with as many decimals as tell the compared ones apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import assert_never

from aap.core import french
from aap.core.call.lots import lot_name
from aap.core.call.points import score_in_words
from aap.core.call.schema import CallFile, Criterion, Lot
from aap.core.quotas.quota_words import bounds_in_words, rule_name
from aap.core.ranking.below_threshold import below_criterion, below_overall
from aap.core.ranking.passed_over import Figure, PassedOver
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.standing import OVERALL, Standing, whose
from aap.core.results import Status
from aap.core.scoring.totals import UNIT, from_ten_thousandths
from aap.core.selection.outcome import Reason, SelectionOutcome
from aap.core.selection.problem import Rules

__all__ = ["Explanation", "Figure", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the run says of one application. `figures` are what the sentence rests on (money in cents, scores as text).

    `code` is a reason code of `ranking.csv`.
    """

    status: Status
    code: str
    sentence: str
    waiting_rank: int | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict)


def explain(
    call: CallFile, rules: Rules, ranking: Ranking, outcome: SelectionOutcome, lot: Lot | None = None
) -> dict[str, Explanation]:
    """One explanation an application, by id, in the order of the ranking's table. `lot`: whose ranking it is."""
    return _Explainer(call, rules, ranking, outcome, lot).all()


def _decider(standing: Standing) -> str:
    return "L’autorité" if standing.decision is not None and standing.decision.is_authoritys else "Le jury"


class _Explainer:
    """Holds what every sentence of one run looks at."""

    def __init__(
        self, call: CallFile, rules: Rules, ranking: Ranking, outcome: SelectionOutcome, lot: Lot | None
    ) -> None:
        self.call = call
        self.where = f" du {lot_name(lot)}" if lot else ""
        self.rules = rules
        self.ranking = ranking
        self.outcome = outcome
        self.quotas = {quota.id: quota for quota in rules.quotas}
        self.retained = frozenset(outcome.retained)
        self.successors = frozenset(outcome.only_successors)
        self.waiting = {name: place for place, name in enumerate(outcome.waiting_list, start=1)}
        head = ranking.candidates[: rules.protect_top] if rules.mode == "value" else ()
        self.protected = frozenset(candidate.id for candidate in head)
        self.passed_over = PassedOver(call, rules, ranking, outcome, lot)

    def all(self) -> dict[str, Explanation]:
        return {standing.id: self.one(standing) for standing in self.ranking.standings}

    def one(self, standing: Standing) -> Explanation:
        match standing.place:
            case "withdrawn":
                sentence = f"La candidature a été retirée{french.NBSP}; elle n’est pas classée."
                return Explanation("withdrawn", "withdrawn", sentence)
            case "ineligible":
                return self._ineligible(standing)
            case "incomplete":
                return self._incomplete(standing)
            case "below_threshold":
                return self._below(standing)
            case "declined":
                text = f"{self._opening(standing)} L’association a renoncé à la subvention."
                return Explanation("not_selected", "declined", text, figures=self._figures(standing))
            case "out":
                text = f"{self._opening(standing)} {_decider(standing)} a décidé de ne pas retenir ce projet."
                return Explanation("not_selected", "jury_out", text, figures=self._figures(standing))
            case "candidate":
                reason = self.outcome.reasons[standing.id]
                if standing.id in self.retained:
                    return self._laureate(standing, reason)
                return self._passed_over(standing, reason)
            case _:
                assert_never(standing.place)

    # --- not ranked ---------------------------------------------------------------------------------------------

    def _ineligible(self, standing: Standing) -> Explanation:
        given = standing.application.ineligible_reason.strip()
        why = french.spaced(french.closed(given or "une condition de recevabilité n’est pas remplie"))
        return Explanation("ineligible", "ineligible", f"Candidature irrecevable{french.NBSP}: {why}")

    def _incomplete(self, standing: Standing) -> Explanation:
        there, needed = len(standing.reviewers), self.call.rubric.min_reviews
        start = (
            "Aucune évaluation reçue" if there == 0 else french.count(there, "évaluation reçue", "évaluations reçues")
        )
        on = f"sur {needed} nécessaires" if needed > 1 else "alors qu’une est nécessaire"
        return Explanation(
            "incomplete",
            "incomplete",
            f"{start} {on}{french.NBSP}: le dossier ne peut pas encore être classé.",
            figures={"reviews": there, "min_reviews": needed},
        )

    def _below(self, standing: Standing) -> Explanation:
        if standing.missed == OVERALL:
            text, figures = below_overall(standing, self.call.rubric)
        else:
            text, figures = below_criterion(standing, self._criterion(standing.missed), self.call.rubric)
        return Explanation("below_threshold", f"below_threshold:{standing.missed}", text, figures=figures)

    def _criterion(self, criterion_id: str) -> Criterion:
        return next(criterion for criterion in self.call.rubric.criteria if criterion.id == criterion_id)

    # --- ranked -------------------------------------------------------------------------------------------------

    def _figures(self, standing: Standing) -> dict[str, Figure]:
        assert standing.score is not None
        return {"rank": standing.rank, "score": str(from_ten_thousandths(standing.score)), "grant": standing.grant}

    def _opening(self, standing: Standing, decimals: int = 2) -> str:
        assert standing.rank is not None
        assert standing.score is not None
        said = score_in_words(Fraction(standing.score, UNIT), self.call.rubric, decimals)
        agreed = ", note arrêtée en commun après les évaluations" if standing.consensus else ""
        return f"Classé {french.ordinal(standing.rank)}{self.where} avec {said}{agreed}."

    def _laureate(self, standing: Standing, reason: Reason) -> Explanation:
        figures = self._figures(standing)
        asked = standing.application.requested_amount
        granted = self.outcome.granted_to(standing.id, standing.grant)
        figures["grant"] = granted
        amount = french.euros(granted)
        if asked > granted:
            amount += f" sur {french.euros(asked)} demandés"
        elif asked < granted:  # only the jury may go beyond what was asked
            amount += f", montant fixé par le jury au-delà des {french.euros(asked)} demandés"
        match reason.kind:
            case "reduced":
                if standing.grant != asked:
                    amount += f", au lieu des {french.euros(standing.grant)} prévus"
                why = f"Retenu, pour {amount}{french.NBSP}: {self.passed_over.largest_offer(standing, granted)}."
            case "drawn":
                why = f"Retenu, pour {amount}, par tirage au sort{french.NBSP}: {self.passed_over.zone_in_words()}."
            case "jury_in":
                why = f"Retenu par décision {whose([standing])}, pour {amount}."
            case "selected_by_quota":
                quota = self.quotas[reason.quota]
                figures |= {"quota": reason.quota, "value": reason.value or None}
                why = (
                    f"Retenu, pour {amount}, grâce à la règle {rule_name(quota, reason.value)} "
                    f"({bounds_in_words(quota, 'quota_min')}){french.NBSP}: sans cette règle, il ne l’aurait pas été."
                )
            case _:
                why = f"Retenu, pour {amount}."
                if standing.id in self.protected:
                    size = len(self.protected)
                    head = "le premier candidat" if size == 1 else f"les {french.number(size)} premiers candidats"
                    whatever = "quel que soit son montant" if size == 1 else "quel que soit leur montant"
                    verb = "est retenu" if size == 1 else "sont retenus"
                    why += f" Selon les règles de l’appel, {head} {verb} {whatever}."
                elif self.passed_over.is_after_line(standing):
                    why += f" {self.passed_over.only_needed()}"
        return Explanation("laureate", str(reason), f"{self._opening(standing)} {why}", figures=figures)

    def _passed_over(self, standing: Standing, reason: Reason) -> Explanation:
        clause = self.passed_over.clause(standing, reason)
        figures = self._figures(standing) | clause.figures
        text = f"{self._opening(standing, clause.decimals)} {clause.text}"
        place = self.waiting.get(standing.id)
        if place is not None:
            text += f" Inscrit {french.ordinal(place)} sur la liste d’attente"
            text += f"{french.NBSP}: il peut prendre la place d’un lauréat." if standing.id in self.successors else "."
            figures["waiting_rank"] = place
        return Explanation("waiting_list" if place else "not_selected", str(reason), text, place, figures)
