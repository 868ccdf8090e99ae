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
from aap.core.call.schema import CallFile, Criterion
from aap.core.ranking import OVERALL, Ranking, Standing
from aap.core.results import Status
from aap.core.scoring import UNIT, decimal_of
from aap.core.selection.outcome import Certificate, Reason, SelectionOutcome
from aap.core.selection.problem import QuotaRule, RuleRef, Rules

Figure = int | str | None


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


def explain(call: CallFile, rules: Rules, ranking: Ranking, outcome: SelectionOutcome) -> dict[str, Explanation]:
    """One explanation an application, by id, in the order of the ranking's table."""
    return _Explainer(call, rules, ranking, outcome).all()


def bounds_in_words(quota: QuotaRule, kind: str) -> str:
    """The minimum (`kind` quota_min) or maximum (quota_max) of a quota: `au moins 10 projets`."""
    parts = []
    if kind == "quota_min":
        if quota.min is not None:
            parts.append(f"au moins {french.count(quota.min, 'projet')}")
        if quota.min_share is not None:
            parts.append(f"au moins {french.percent(quota.min_share)} du montant attribué")
    else:
        if quota.max is not None:
            parts.append(f"au plus {french.count(quota.max, 'projet')}")
        if quota.max_share is not None:
            parts.append(f"au plus {french.percent(quota.max_share)} de l’enveloppe")
    return french.listed(parts)


def counterfactual(points: int | None) -> str:
    """What would have changed the outcome, from the smallest number of points found by re-solving (x 10,000).

    None: no score would have been enough, the other rules being what they are.
    """
    if points is None:
        return "Aucun score plus élevé n’aurait suffi : les autres règles de l’appel ne le permettaient pas.".replace(
            " :", french.NBSP + ":"
        )
    return f"Avec {french.points(decimal_of(points), 4)} de plus, toutes choses égales par ailleurs, il était retenu."


class _Explainer:
    """Holds what every sentence of one run looks at."""

    def __init__(self, call: CallFile, rules: Rules, ranking: Ranking, outcome: SelectionOutcome) -> None:
        self.call = call
        self.rules = rules
        self.ranking = ranking
        self.outcome = outcome
        self.quotas = {quota.id: quota for quota in rules.quotas}
        self.by_id = {standing.id: standing for standing in ranking.standings}
        self.retained = frozenset(outcome.retained)
        self.waiting = {name: place for place, name in enumerate(outcome.waiting_list, start=1)}
        head = ranking.candidates[: rules.protect_top] if rules.mode == "value" else ()
        self.protected = frozenset(candidate.id for candidate in head)
        self.last = self.by_id[outcome.retained[-1]] if outcome.retained else None
        self.grant_before: dict[str, int] = {}
        spent = 0
        for candidate in ranking.candidates:
            self.grant_before[candidate.id] = spent
            if candidate.id in self.retained:
                spent += candidate.grant

    def all(self) -> dict[str, Explanation]:
        return {standing.id: self.one(standing) for standing in self.ranking.standings}

    def one(self, standing: Standing) -> Explanation:
        match standing.place:
            case "withdrawn":
                return Explanation("withdrawn", "withdrawn", "La candidature a été retirée ; elle n’est pas classée.")
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
                text = f"{self._opening(standing)} Le jury a décidé de ne pas retenir ce projet."
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
            threshold = self.call.rubric.threshold
            assert threshold is not None
            assert standing.score is not None
            score = Fraction(standing.score, UNIT)
            shown = french.points(score, _decimals_apart(score, Fraction(threshold)))
            text = f"Score de {shown} sur 100, pour un minimum de {french.plain(threshold, 8)}."
            figures: dict[str, Figure] = {"score": str(decimal_of(standing.score)), "threshold": str(threshold)}
            return Explanation("below_threshold", f"below_threshold:{OVERALL}", text, figures=figures)
        criterion = self._criterion(standing.missed)
        assert criterion.threshold is not None
        mean = standing.mean_marks[criterion.id]
        scale = self.call.rubric.scale_of(criterion)
        top = french.plain(scale.max)
        on = f"sur {top}" if scale.min == 0 else f"sur une échelle de {french.plain(scale.min)} à {top}"
        shown = french.number(mean, _decimals_apart(mean, Fraction(criterion.threshold)))
        text = (
            f"Note moyenne de {shown} {on} au critère {french.quoted(criterion.title or criterion.id)}, "
            f"pour un minimum de {french.plain(criterion.threshold, 8)}."
        )
        return Explanation(
            "below_threshold",
            f"below_threshold:{criterion.id}",
            text,
            figures={"criterion": criterion.id, "mean": shown, "threshold": str(criterion.threshold)},
        )

    def _criterion(self, criterion_id: str) -> Criterion:
        return next(criterion for criterion in self.call.rubric.criteria if criterion.id == criterion_id)

    # --- ranked -------------------------------------------------------------------------------------------------

    def _figures(self, standing: Standing) -> dict[str, Figure]:
        assert standing.score is not None
        return {"rank": standing.rank, "score": str(decimal_of(standing.score)), "grant": standing.grant}

    def _opening(self, standing: Standing, decimals: int = 1) -> str:
        assert standing.rank is not None
        assert standing.score is not None
        points = french.points(Fraction(standing.score, UNIT), decimals)
        agreed = ", score arrêté en commun après les évaluations" if standing.consensus else ""
        return f"Classé {french.ordinal(standing.rank)} avec {points} sur 100{agreed}."

    def _laureate(self, standing: Standing, reason: Reason) -> Explanation:
        figures = self._figures(standing)
        asked = standing.application.requested_amount
        amount = french.euros(standing.grant)
        if asked != standing.grant:
            amount += f" sur {french.euros(asked)} demandés"
        match reason.kind:
            case "jury_in":
                why = f"Retenu par décision du jury, pour {amount}."
            case "selected_by_quota":
                rule = self._rule_name(reason.quota, reason.value)
                figures |= {"quota": reason.quota, "value": reason.value or None}
                why = (
                    f"Retenu, pour {amount}, grâce à la règle {rule} "
                    f"({bounds_in_words(self.quotas[reason.quota], 'quota_min')}){french.NBSP}: sans cette règle, "
                    "il ne l’aurait pas été."
                )
            case _:
                why = f"Retenu, pour {amount}."
                if standing.id in self.protected:
                    size = len(self.protected)
                    head = "le premier candidat" if size == 1 else f"les {french.number(size)} premiers candidats"
                    whatever = "quel que soit son montant" if size == 1 else "quel que soit leur montant"
                    verb = "est retenu" if size == 1 else "sont retenus"
                    why += f" Selon les règles de l’appel, {head} {verb} {whatever}."
        return Explanation("laureate", str(reason), f"{self._opening(standing)} {why}", figures=figures)

    def _passed_over(self, standing: Standing, reason: Reason) -> Explanation:
        figures = self._figures(standing)
        certificate = self.outcome.certificates[standing.id]
        decimals = 1
        if self.rules.mode == "value":
            why, decimals = self._value_reason(standing, reason, certificate, figures)
        else:
            why, decimals = self._merit_reason(standing, reason, certificate, figures)
        text = f"{self._opening(standing, decimals)} {why}"
        place = self.waiting.get(standing.id)
        if place is not None:
            text += f" Inscrit {french.ordinal(place)} sur la liste d’attente."
            figures["waiting_rank"] = place
        return Explanation("waiting_list" if place else "not_selected", str(reason), text, place, figures)

    def _value_reason(
        self, standing: Standing, reason: Reason, certificate: Certificate, figures: dict[str, Figure]
    ) -> tuple[str, int]:
        """From the exchanges with lower-ranked laureates; without any, from adding it to the selection."""
        lower = certificate.exchanges
        if lower == 0:
            if reason.kind == "count_reached":
                return self._places_taken(standing, figures)
            return self._adding(standing, reason, self.outcome.granted, "aux projets retenus", figures), 1
        kind = "laureates" if reason.kind == "count_reached" else reason.kind
        breaking = sum(
            times
            for rule, times in certificate.broken
            if _same_rule(rule, reason) or (kind == "laureates" and rule.kind == "laureates")
        )
        figures |= {"lower_laureates": lower, "exchanges_broken": breaking}
        by_jury = sum(times for rule, times in certificate.broken if rule.kind == "decision")
        if reason.kind == "count_reached" and breaking == 0:
            taken = self._places()
            if by_jury == lower:
                only = (
                    "un projet moins bien classé est retenu"
                    if lower == 1
                    else (f"les {french.number(lower)} projets retenus moins bien classés le sont")
                )
                return f"{taken}{french.NNBSP}; {only} par décision du jury.", 1
            return f"{taken}, et aucun échange avec un projet moins bien classé ne respecterait les règles.", 1
        if breaking == 0:
            return self._adding(standing, reason, self.outcome.granted, "aux projets retenus", figures), 1
        consequence = self._consequence(reason)
        grant = f"Son montant est de {french.euros(standing.grant)}{french.NBSP}: " if _is_money(self, reason) else ""
        if lower == 1:
            start = "le retenir à la place du seul projet retenu moins bien classé"
        elif breaking == lower:
            all_ = f"des {french.number(lower)} projets retenus moins bien classés"
            start = f"le retenir à la place de l’un quelconque {all_}"
        else:
            start = (
                f"le retenir à la place de {french.number(breaking)} des {french.number(lower)} projets retenus "
                "moins bien classés"
            )
        sentence = f"{grant}{start} {consequence}"
        others = lower - breaking
        if others == 1:
            sentence += f"{french.NNBSP}; à la place du seul autre, une autre règle ne serait plus respectée"
        elif others > 1:
            sentence += f"{french.NNBSP}; à la place des autres, une autre règle ne serait plus respectée"
        return _capital(sentence) + ".", 1

    def _merit_reason(
        self, standing: Standing, reason: Reason, certificate: Certificate, figures: dict[str, Figure]
    ) -> tuple[str, int]:
        """From the rule whose removal lets it in; `adding` says whether those ranked before already exhaust it."""
        if certificate.freeing is None:
            return (
                "Aucune sélection qui respecte toutes les règles de l’appel ne le contient avec tous les projets "
                "mieux classés déjà retenus.",
                1,
            )
        figures["rule"] = str(certificate.freeing)
        direct = any(
            _same_rule(rule, reason) or (rule.kind == "laureates" and reason.kind == "count_reached")
            for rule in certificate.adding
        )
        if direct and reason.kind == "count_reached":
            return self._places_taken(standing, figures)
        if direct:
            spent = self.grant_before[standing.id]
            return self._adding(standing, reason, spent, "aux projets mieux classés déjà retenus", figures), 1
        start = "Le retenir avec les projets mieux classés"
        match reason.kind:
            case "count_reached":
                rest = (
                    f"ne laisserait plus assez de places ({self._limit()} en tout) pour respecter toutes les autres "
                    "règles."
                )
            case "budget_exhausted":
                assert self.rules.budget is not None
                rest = (
                    f"ne laisserait plus assez dans l’enveloppe de {french.euros(self.rules.budget)} pour respecter "
                    "toutes les autres règles."
                )
            case _:
                bound = "le maximum" if reason.kind == "quota_max" else "le minimum"
                words = bounds_in_words(self.quotas[reason.quota], reason.kind)
                rest = (
                    f"ne permettrait plus de respecter {bound} de la règle "
                    f"{self._rule_name(reason.quota, reason.value)} ({words}) en même temps que toutes les autres."
                )
        return f"{start} {rest}", 1

    # --- clauses ------------------------------------------------------------------------------------------------

    def _limit(self) -> str:
        return french.count(self.rules.laureates or 0, "place")

    def _places(self) -> str:
        places = self.rules.laureates or 0
        if places == 0:
            return "L’appel ne prévoit aucune place"
        if places == 1:
            return "La seule place a été attribuée"
        return f"Les {french.number(places)} places ont été attribuées"

    def _places_taken(self, standing: Standing, figures: dict[str, Figure]) -> tuple[str, int]:
        """All places went to better-ranked applications: the last of them by rank, with its score or the tie."""
        places = self._places()
        last = self._last_before(standing)
        if last is None or last.score is None or standing.score is None:
            return f"{places}.", 1
        figures |= {"places": self.rules.laureates, "last_score": str(decimal_of(last.score))}
        by_rank = self.outcome.reasons[last.id].kind == "selected"
        who = "le dernier projet retenu à son rang" if by_rank else "le dernier projet retenu"
        if self.rules.laureates == 1:
            who = "le projet retenu"
        if last.score == standing.score:
            tie = self._tie(last, standing)
            figures["tie"] = tie
            return f"{places}{french.NNBSP}; {who} en obtient autant et passe devant {self._tie_in_words(tie)}.", 1
        own, other = Fraction(standing.score, UNIT), Fraction(last.score, UNIT)
        decimals = _decimals_apart(own, other)
        return f"{places}{french.NNBSP}; {who} en obtient {french.number(other, decimals)}.", decimals

    def _last_before(self, standing: Standing) -> Standing | None:
        """The last retained application that ranks before this one."""
        assert standing.rank is not None
        if self.last is not None and self.last.rank is not None and self.last.rank < standing.rank:
            return self.last
        found = None
        for name in self.outcome.retained:
            other = self.by_id[name]
            assert other.rank is not None
            if other.rank > standing.rank:
                break
            found = other
        return found

    def _tie(self, before: Standing, after: Standing) -> str:
        """What ranks `before` first on equal scores: `mark:<criterion>`, `amount` or `draw`."""
        for criterion in self.call.rubric.tie_break:
            if before.mean_marks[criterion] != after.mean_marks[criterion]:
                return f"mark:{criterion}"
        if before.application.requested_amount != after.application.requested_amount:
            return "amount"
        return "draw"

    def _tie_in_words(self, tie: str) -> str:
        if tie == "amount":
            return "par un montant demandé plus faible"
        if tie == "draw":
            return "par le tirage au sort public"
        criterion = self._criterion(tie.removeprefix("mark:"))
        return f"par sa note au critère {french.quoted(criterion.title or criterion.id)}"

    def _adding(self, standing: Standing, reason: Reason, spent: int, to_what: str, figures: dict[str, Figure]) -> str:
        if reason.kind == "budget_exhausted":
            assert self.rules.budget is not None
            left = self.rules.budget - spent
            figures["budget_left"] = left
            rest = "ne laissent rien" if left == 0 else f"laissent {french.euros(left)}"
            who = to_what.removeprefix("aux ")
            return (
                f"Les {who} {rest} de l’enveloppe de {french.euros(self.rules.budget)}, pour un montant de "
                f"{french.euros(standing.grant)}."
            )
        return f"L’ajouter {to_what} {self._consequence(reason)}."

    def _consequence(self, reason: Reason) -> str:
        """What breaking the reason's rule means, as the end of a clause in the conditional."""
        match reason.kind:
            case "budget_exhausted":
                assert self.rules.budget is not None
                return f"ferait dépasser l’enveloppe de {french.euros(self.rules.budget)}"
            case "quota_max":
                words = bounds_in_words(self.quotas[reason.quota], "quota_max")
                return f"ferait dépasser le maximum de la règle {self._rule_name(reason.quota, reason.value)} ({words})"
            case "quota_min":
                words = bounds_in_words(self.quotas[reason.quota], "quota_min")
                name = self._rule_name(reason.quota, reason.value)
                return f"ne respecterait plus le minimum de la règle {name} ({words})"
            case _:
                return f"ferait dépasser le nombre de places ({self._limit()})"

    def _rule_name(self, quota_id: str, value: str) -> str:
        quota = self.quotas[quota_id]
        name = french.quoted(quota.title or quota.id)
        return f"{name} pour {french.quoted(value)}" if value else name


def _is_money(explainer: _Explainer, reason: Reason) -> bool:
    """Whether the amount of the application has a part in the reason."""
    if reason.kind == "budget_exhausted":
        return True
    if reason.kind in {"quota_max", "quota_min"}:
        quota = explainer.quotas[reason.quota]
        return (quota.max_share if reason.kind == "quota_max" else quota.min_share) is not None
    return False


def _same_rule(rule: RuleRef, reason: Reason) -> bool:
    """Whether the rule is the one that the reason names."""
    if reason.kind == "budget_exhausted":
        return rule.kind == "budget"
    return rule.kind == reason.kind and rule.id == reason.quota and rule.value == reason.value


def _decimals_apart(first: Fraction, second: Fraction, *, least: int = 1, most: int = 8) -> int:
    """The fewest decimals with which two different values read differently."""
    for decimals in range(least, most):
        if french.rounded(first, decimals) != french.rounded(second, decimals):
            return decimals
    return least if first == second else most


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
