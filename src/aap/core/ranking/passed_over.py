"""Why a candidate is not retained, in words: each clause from a certificate of the selection, so true by construction.

In `value` the certificate counts the exchanges with lower-ranked laureates that break a rule, in `merit` it names the
rule that stands between the candidate and those retained before it (where the work was not enough to find it, it is as in
`value`). No other association, application or reviewer is named; of another application nothing is told but its score,
and that of the last retained only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from aap.core import french
from aap.core.call.points import in_points
from aap.core.call.schema import CallFile, Lot
from aap.core.quotas.bounds import of_side
from aap.core.quotas.quota_words import bounds_in_words, rule_name
from aap.core.ranking.ranking import Ranking
from aap.core.ranking.standing import Standing, whose
from aap.core.ranking.tie_break import parted_by, tie_in_words
from aap.core.scoring.totals import UNIT, from_ten_thousandths
from aap.core.selection.outcome import Certificate, Reason, SelectionOutcome
from aap.core.selection.problem import RuleRef, Rules

Figure = int | str | None


@dataclass(frozen=True, slots=True)
class Clause:
    """The sentences after the opening one. `decimals`: of the candidate's score; `figures`: what the clause rests on."""

    text: str
    figures: dict[str, Figure]
    decimals: int = 2


@dataclass(frozen=True, slots=True)
class _Company:
    """Those whom a candidate would join: `better`-ranked ones, and `imposed` lower-ranked ones; `spent` cents in all.

    `whole`: they are the whole selection, not only those retained before. `whose`: who imposed the others (`whose`).
    """

    better: int
    imposed: int
    spent: int
    whole: bool
    whose: str = ""

    def subject(self) -> str:
        """`les projets mieux classés déjà retenus`, as the subject of a clause."""
        return french.listed([phrase for phrase, _ in self._phrases()])

    def joined(self) -> str:
        """`aux projets mieux classés déjà retenus`, after « ajouter »."""
        return french.listed([phrase for _, phrase in self._phrases()])

    @property
    def plural(self) -> bool:
        return self.better + self.imposed > 1

    def _phrases(self) -> list[tuple[str, str]]:
        one, many = ("projet retenu", "projets retenus")
        if not self.whole:
            one, many = ("projet mieux classé déjà retenu", "projets mieux classés déjà retenus")
        phrases = []
        if self.better:
            phrases.append((f"les {many}", f"aux {many}") if self.better > 1 else (f"le {one}", f"au {one}"))
        if self.imposed:
            noun = ("ceux retenus", "celui retenu") if self.better else ("les projets retenus", "le projet retenu")
            phrase = f"{noun[0 if self.imposed > 1 else 1]} par décision {self.whose}"
            start, _, rest = phrase.partition(" ")
            phrases.append((phrase, {"les": f"aux {rest}", "le": f"au {rest}"}.get(start, f"à {phrase}")))
        return phrases


class PassedOver:
    """Holds what every such sentence of one run looks at."""

    def __init__(
        self, call: CallFile, rules: Rules, ranking: Ranking, outcome: SelectionOutcome, lot: Lot | None = None
    ) -> None:
        self.call = call
        self.lot = lot
        self.rules = rules
        self.outcome = outcome
        self.quotas = {quota.id: quota for quota in rules.quotas}
        by_id = {standing.id: standing for standing in ranking.standings}
        self.laureates = [by_id[name] for name in outcome.retained]
        self.retained = retained = frozenset(outcome.retained)
        self.line = by_id[outcome.funding_line.id] if outcome.funding_line is not None else None
        self.company: dict[str, _Company] = {}
        imposed = [candidate for candidate in ranking.candidates if candidate.imposed]
        self.whose = whose([by_id[candidate.id] for candidate in imposed])
        later, later_spent = len(imposed), sum(candidate.grant for candidate in imposed)
        better = spent = 0
        for candidate in ranking.candidates:
            if candidate.imposed:
                later, later_spent = later - 1, later_spent - candidate.grant
            self.company[candidate.id] = _Company(better, later, spent + later_spent, False, self.whose)
            if candidate.id in retained:
                better, spent = better + 1, spent + outcome.granted_to(candidate.id, candidate.grant)
        self.everybody = _Company(len(retained), 0, outcome.granted, whole=True)

    def clause(self, standing: Standing, reason: Reason) -> Clause:
        """Why this candidate is not retained."""
        certificate = self.outcome.certificates[standing.id]
        if self.rules.mode == "value" or certificate.exchanges:
            return self._by_value(standing, reason, certificate)
        if self.outcome.zone:
            return self._with_a_zone(standing, reason, certificate)
        if certificate.after_line:
            return self._after_line(reason)
        clause = self._by_merit(standing, reason, certificate)
        if standing is self.line and self.rules.at_limit == "reduce" and reason.kind != "count_reached":
            assert self.rules.reduce_to is not None
            share = french.percent(self.rules.reduce_to)
            amount = french.euros(standing.grant)
            more = f"Aucun montant réduit, égal à au moins {share} de {amount}, n’était possible."
            clause = replace(clause, text=f"{clause.text} {more}")
        return clause

    # --- value ------------------------------------------------------------------------------------------------------

    def _by_value(self, standing: Standing, reason: Reason, certificate: Certificate) -> Clause:
        """From the exchanges with lower-ranked laureates; without any, from adding it to the selection."""
        lower = certificate.exchanges
        if lower == 0 and reason.kind == "count_reached":
            return self._places_taken(standing)
        breaking = sum(times for rule, times in certificate.broken if _same_rule(rule, reason))
        figures: dict[str, Figure] = {"lower_laureates": lower, "exchanges_broken": breaking} if lower else {}
        if breaking:
            return Clause(self._exchanges(standing, reason, lower, breaking), figures)
        if reason.kind == "count_reached":  # the jury imposed all who are lower, and their exchange breaks nothing else
            only = (
                "un projet moins bien classé est retenu"
                if lower == 1
                else f"les {french.number(lower)} projets retenus moins bien classés le sont"
            )
            return Clause(f"{self._places()}{french.NNBSP}; {only} par décision {self.whose}.", figures)
        return self._adding(standing, reason, self.everybody, figures)

    def _exchanges(self, standing: Standing, reason: Reason, lower: int, breaking: int) -> str:
        if lower == 1:
            start = "le retenir à la place du seul projet retenu moins bien classé"
        elif breaking == lower:
            start = f"le retenir à la place de l’un quelconque des {french.number(lower)} projets retenus moins bien classés"
        else:
            some = "d’un" if breaking == 1 else f"de {french.number(breaking)}"
            start = f"le retenir à la place {some} des {french.number(lower)} projets retenus moins bien classés"
        sentence = f"{start} {self._consequence(reason)}"
        if self._is_money(reason):
            sentence = f"son montant est de {french.euros(standing.grant)}{french.NBSP}: {sentence}"
        others = lower - breaking
        if others:
            whom = "du seul autre" if others == 1 else "des autres"
            sentence += f"{french.NNBSP}; à la place {whom}, une autre règle ne serait plus respectée"
        return sentence[:1].upper() + sentence[1:] + "."

    # --- merit ------------------------------------------------------------------------------------------------------

    def _by_merit(self, standing: Standing, reason: Reason, certificate: Certificate) -> Clause:
        """From the rule that the reason names; `adding` says whether nobody else's entry could mend it."""
        company = self.company[standing.id]
        figures: dict[str, Figure] = {"rule": str(certificate.freeing) if certificate.freeing else None}
        if any(_same_rule(rule, reason) for rule in certificate.adding):
            if reason.kind == "count_reached":
                clause = self._places_taken(standing)
                return Clause(clause.text, figures | clause.figures, clause.decimals)
            return self._adding(standing, reason, company, figures)
        start = "Le retenir"
        if company.better:
            many = "les projets mieux classés déjà retenus"
            start += f" avec {many if company.better > 1 else 'le projet mieux classé déjà retenu'}"
        if certificate.freeing is None:
            return Clause(f"{start} ne permettrait plus de respecter toutes les règles de l’appel à la fois.", figures)
        match reason.kind:
            case "count_reached":
                rest = f"ne laisserait plus assez de places ({self._limit()} en tout) pour respecter les autres règles."
            case "budget_exhausted":
                rest = f"ne laisserait plus assez dans {self._envelope()} pour respecter les autres règles."
            case _:
                bound = "le maximum" if reason.kind == "quota_max" else "le minimum"
                quota = self.quotas[reason.quota]
                rest = (
                    f"ne permettrait plus de respecter {bound} de la règle {rule_name(quota, reason.value)} "
                    f"({bounds_in_words(quota, reason.kind)}) en même temps que les autres règles."
                )
        return Clause(f"{start} {rest}", figures)

    # --- the funding line -------------------------------------------------------------------------------------------

    def is_after_line(self, standing: Standing) -> bool:
        return self.line is not None and not self.outcome.zone and _ranks_before(self.line, standing)

    def largest_offer(self, standing: Standing, offer: int) -> str:
        """Why that many cents are offered at the line: all that the others leave, or else all that the rules let."""
        company = self.company[standing.id]
        left = None if self.rules.limit is None else self.rules.limit - company.spent
        if left is not None and left // 100 * 100 == offer and not self.outcome.zone:
            assert self.rules.limit is not None
            nearly = "" if left == offer else ", à l’euro près,"
            budget = french.euros(self.rules.limit)
            if not company.better and not company.imposed:
                return f"c’est{nearly} toute l’enveloppe de {budget}"
            verb = "laissent" if company.plural else "laisse"
            return f"c’est{nearly} ce que {company.subject()} {verb} de l’enveloppe de {budget}"
        return "c’est le plus grand montant, en euros entiers, que les règles de l’appel permettent encore à ce rang"

    def only_needed(self) -> str:
        """Who is retained after the line."""
        assert self.line is not None
        assert self.line.rank is not None
        return (
            f"Après le {french.ordinal(self.line.rank)} rang, où s’arrête l’attribution dans l’ordre du classement, seuls "
            "sont retenus les projets dont les minimums de l’appel ont besoin."
        )

    def zone_in_words(self) -> str:
        """Why there was a draw, and between how many."""
        number = len(self.outcome.zone)
        if number == 1:
            return "les notes ne départagent pas ce projet de la ligne de financement"
        return (
            f"les notes ne départagent pas {french.number(number)} projets proches de la ligne de financement, et leur ordre "
            "est celui du tirage au sort public annoncé par l’appel"
        )

    def _with_a_zone(self, standing: Standing, reason: Reason, certificate: Certificate) -> Clause:
        """Where an order was drawn, nothing is told of who stands before: the draw, and the rule that ended it."""
        figures: dict[str, Figure] = {"zone": len(self.outcome.zone)}
        zone = self.zone_in_words()
        start = f"{zone[:1].upper()}{zone[1:]}."
        if standing.id not in self.outcome.zone:
            start = "Selon les règles de l’appel, les projets sont retenus dans l’ordre du classement, ceux que les notes ne "
            start += "départagent pas de la ligne de financement dans l’ordre d’un tirage au sort public."
        if certificate.after_line:
            return Clause(
                f"{start} L’attribution s’est arrêtée avant ce projet, au premier que {self._upto(reason)}.", figures
            )
        match reason.kind:
            case "count_reached" | "budget_exhausted":
                end = f"Ce projet est le premier que {self._upto(reason)}."
            case _:
                end = f"Dans cet ordre, le retenir {self._consequence(reason)}."
        if standing is not self.line and reason.kind in ("count_reached", "budget_exhausted"):
            end = "Dans cet ordre, le retenir ne permettrait plus de respecter toutes les règles de l’appel à la fois."
        return Clause(f"{start} {end}", figures)

    def _upto(self, reason: Reason) -> str:
        """`l’enveloppe de 12 000 € ne permet plus de financer en entier`, after « le premier que »."""
        match reason.kind:
            case "count_reached":
                return f"le nombre de places ({french.number(self.rules.laureates or 0)}) ne permet plus de retenir"
            case "budget_exhausted":
                assert self.rules.limit is not None
                return f"l’enveloppe de {french.euros(self.rules.limit)} ne permet plus de financer en entier"
            case _:
                return "les places ou l’enveloppe ne permettent plus de retenir avec les autres règles"

    def _after_line(self, reason: Reason) -> Clause:
        """The line, what drew it, and who is retained after it."""
        line = self.line
        assert line is not None
        assert line.rank is not None
        figures: dict[str, Figure] = {"line_rank": line.rank}
        if self.rules.laureates == 0:
            return Clause(f"{self._places()}.", figures)
        offered = ", à qui un montant réduit est proposé" if line.id in self.retained else ""
        text = (
            "Selon les règles de l’appel, les projets sont retenus dans l’ordre du classement jusqu’au premier que "
            f"{self._upto(reason)}, au {french.ordinal(line.rank)} rang{offered}."
        )
        return Clause(f"{text} {self._retained_after(line)}", figures)

    def _retained_after(self, line: Standing) -> str:
        later = [one for one in self.laureates if _ranks_before(line, one)]
        by_jury = sum(self.outcome.reasons[one.id].kind == "jury_in" for one in later)
        needed = len(later) - by_jury
        if not later:
            return "Après ce rang, aucun projet n’est retenu."
        kinds = []
        if needed == 1:
            kinds.append("un projet dont les minimums de l’appel ont besoin")
        elif needed:
            kinds.append(f"{french.number(needed)} projets dont les minimums de l’appel ont besoin")
        if by_jury == 1:
            kinds.append(f"un projet retenu par décision {self.whose}")
        elif by_jury:
            kinds.append(f"{french.number(by_jury)} projets retenus par décision {self.whose}")
        verb = "seuls sont retenus" if len(later) > 1 else "seul est retenu"
        return f"Après ce rang, {verb} {french.listed(kinds)}."

    # --- clauses ----------------------------------------------------------------------------------------------------

    def _limit(self) -> str:
        return french.count(self.rules.laureates or 0, "place")

    def _envelope(self) -> str:
        """`l’enveloppe de 620 000 € (dont 20 000 € laissés par un autre lot)`."""
        assert self.rules.limit is not None
        text = f"l’enveloppe de {french.euros(self.rules.limit)}"
        if self.rules.received:
            text += f" (dont {french.euros(self.rules.received)} laissés par un autre lot)"
        return text

    def _places(self) -> str:
        places = self.rules.laureates or 0
        if places == 0:
            return f"{'Ce lot' if self.lot else 'L’appel'} ne prévoit aucune place"
        if places == 1:
            return "La seule place a été attribuée"
        return f"Les {french.number(places)} places ont été attribuées"

    def _places_taken(self, standing: Standing) -> Clause:
        """No place is left: the last retained one that ranks before, with its score or what settled the tie."""
        places = self._places()
        last = next((other for other in reversed(self.laureates) if _ranks_before(other, standing)), None)
        if last is None:
            by_jury = f" par décision {self.whose}" if self.rules.laureates else ""
            return Clause(f"{places}{by_jury}.", {"places": self.rules.laureates})
        assert last.score is not None
        assert standing.score is not None
        figures: dict[str, Figure] = {
            "places": self.rules.laureates,
            "last_score": str(from_ten_thousandths(last.score)),
        }
        by_rank = self.outcome.reasons[last.id].kind == "selected"
        who = "le dernier projet retenu à son rang" if by_rank else "le dernier projet retenu"
        if self.rules.laureates == 1:
            who = "le projet retenu"
        elif last is not self.laureates[-1]:
            who = "le dernier projet retenu mieux classé"
        if last.score == standing.score:
            tie = parted_by(last, standing, self.call.rubric)
            figures["tie"] = tie
            words = tie_in_words(tie, self.call.rubric)
            return Clause(f"{places}{french.NNBSP}; {who} en obtient autant et passe devant {words}.", figures)
        rubric = self.call.rubric
        own, other = (in_points(Fraction(score, UNIT), rubric) for score in (standing.score, last.score))
        decimals = max(2, french.decimals_apart(own, other))  # two, as in the tables beside
        text = f"{places}{french.NNBSP}; {who} en obtient {french.number(other, decimals)}."
        return Clause(text, figures, decimals)

    def _adding(self, standing: Standing, reason: Reason, company: _Company, figures: dict[str, Figure]) -> Clause:
        alone = not company.better and not company.imposed
        if reason.kind == "budget_exhausted":
            assert self.rules.limit is not None
            left = self.rules.limit - company.spent
            figures = {**figures, "budget_left": left}
            amount = french.euros(standing.grant)
            if alone:
                return Clause(f"Son montant de {amount} dépasse {self._envelope()}.", figures)
            verb = ("laissent" if company.plural else "laisse") + f" {french.euros(left)}"
            if left == 0:
                verb = "ne laissent rien" if company.plural else "ne laisse rien"
            subject = company.subject()
            text = f"{subject[:1].upper()}{subject[1:]} {verb} de {self._envelope()}, pour un montant de {amount}."
            return Clause(text, figures)
        start = "Le retenir" if alone else f"L’ajouter {company.joined()}"
        return Clause(f"{start} {self._consequence(reason)}.", figures)

    def _consequence(self, reason: Reason) -> str:
        """What breaking the reason's rule means, as the end of a clause in the conditional."""
        if reason.kind == "budget_exhausted":
            return f"ferait dépasser {self._envelope()}"
        quota = self.quotas[reason.quota]
        name, bounds = rule_name(quota, reason.value), bounds_in_words(quota, reason.kind)
        if reason.kind == "quota_max":
            return f"ferait dépasser le maximum de la règle {name} ({bounds})"
        return f"ne respecterait plus le minimum de la règle {name} ({bounds})"

    def _is_money(self, reason: Reason) -> bool:
        """Whether the amount of the application has a part in the reason."""
        if reason.kind == "budget_exhausted":
            return True
        return any(bound.counts == "money" for bound in of_side(self.quotas[reason.quota].bounds, reason.kind))


def _ranks_before(one: Standing, other: Standing) -> bool:
    assert one.rank is not None
    assert other.rank is not None
    return one.rank < other.rank


def _same_rule(rule: RuleRef, reason: Reason) -> bool:
    """Whether the rule is the one that the reason names."""
    if reason.kind == "count_reached":
        return rule.kind == "laureates"
    if reason.kind == "budget_exhausted":
        return rule.kind == "budget"
    return rule.kind == reason.kind and rule.id == reason.quota and rule.value == reason.value
