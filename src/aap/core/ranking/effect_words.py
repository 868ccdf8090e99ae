"""The effect of a jury's choice in French sentences: `Retenir le dossier 0071 écarterait le 0064 (63,2 points, Grand Est)
et laisserait 12 000 €.`"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from aap.core import french
from aap.core.french import NBSP
from aap.core.ranking.effect import ChoiceEffect, Moved, QuotaMoved


def effect_in_words(effect: ChoiceEffect, names: Mapping[str, str], hidden: Collection[str] = ()) -> tuple[str, ...]:
    """One sentence with who enters, who leaves and what is left, then one for each grant and rule that changes.

    `names`: reference → as it is said. Of the dossiers `hidden` nothing is told but that one moves; money and rules then
    stay unsaid too, for they would tell its grant.
    """
    return tuple(_Wording(effect, names, hidden).sentences())


class _Wording:
    def __init__(self, effect: ChoiceEffect, names: Mapping[str, str], hidden: Collection[str]) -> None:
        self.effect = effect
        self.names = names
        self.hidden = frozenset(hidden)
        self.masked = not self.hidden.isdisjoint(effect.moves)

    def sentences(self) -> Iterator[str]:
        yield self._moves()
        if self.masked:
            yield "Les montants et les règles ne sont pas dits, car ils révéleraient un dossier dont vous êtes déporté."
        else:
            for grant in self.effect.grants:
                if grant.id != self.effect.choice.application_id:
                    yield (
                        f"Le {self._name(grant.id)} recevrait {french.euros(grant.after)} au lieu de "
                        f"{french.euros(grant.before)}."
                    )
            for quota in self.effect.quotas:
                yield self._quota(quota)
        if not self.effect.proven:
            yield (
                "La quantité de calcul fixée n’a pas suffi pour le prouver"
                + f"{NBSP}: le calcul du classement tranchera."
            )

    def _moves(self) -> str:
        effect, clauses = self.effect, []
        own = self._own()
        if own:
            clauses.append(own)
        if effect.leaves:
            clauses.append(f"écarterait {self._listed(effect.leaves)}")
        if effect.enters:
            clauses.append(f"ferait entrer {self._listed(effect.enters)}")
        start = f"{self._verb()} le dossier {self._name(effect.choice.application_id)}"
        if effect.choice.kind == "amount" and effect.choice.amount is not None:
            start = (
                f"Accorder {french.euros(effect.choice.amount)} au dossier {self._name(effect.choice.application_id)}"
            )
        unchanged = not (clauses or effect.grants or effect.quotas or effect.left != effect.left_before)
        if unchanged:
            return f"{start} ne changerait rien au résultat."
        if not (effect.leaves or effect.enters):
            clauses.append("ne déplacerait aucun autre dossier")
        if effect.left is not None and not self.masked:
            clauses.append(f"laisserait {french.euros(effect.left)}")
        return f"{start} {french.listed(clauses)}."

    def _verb(self) -> str:
        return {"in": "Retenir", "out": "Écarter", "amount": "Accorder", "none": "S’en tenir aux notes pour"}[
            self.effect.choice.kind
        ]

    def _own(self) -> str:
        """What becomes of the dossier itself, where the choice alone doesn't say it."""
        before, after = self.effect.before, self.effect.after
        if self.effect.choice.kind in ("amount", "none"):
            if before is None and after is not None:
                return "en ferait un lauréat"
            if before is not None and after is None:
                return "n’en ferait plus un lauréat"
        return ""

    def _listed(self, moved: tuple[Moved, ...]) -> str:
        shown = [self._moved(one) for one in moved if one.id not in self.hidden]
        masked = len(moved) - len(shown)
        if masked:
            shown.append(
                "un dossier dont vous êtes déporté" if masked == 1 else f"{masked} dossiers dont vous êtes déporté"
            )
        return french.listed(shown)

    def _moved(self, one: Moved) -> str:
        told = [french.points(one.points), *one.groups]
        return f"le {self._name(one.id)} ({', '.join(told)})"

    def _name(self, reference: str) -> str:
        return self.names.get(reference, reference)

    def _quota(self, quota: QuotaMoved) -> str:
        name = french.quoted(quota.title) + (f" pour {french.quoted(quota.value)}" if quota.value else "")
        start = f"Règle {name} ({quota.asked}){NBSP}: "
        if quota.of_money:
            return f"{start}{french.euros(quota.money_after)} au lieu de {french.euros(quota.money_before)}."
        return f"{start}{french.count(quota.after, 'lauréat')} au lieu de {french.number(quota.before)}."
