"""Every figure that a refused candidate reads is recomputed from the table, and no sentence has an unknown form."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from aap.core.ranking.run import Run
from aap.core.results import ResultRow
from tests.unit.core.selection.test_whole_calls import SEED, a_random_call, random_tables, run
from tests.unit.core.selection.whole_call import WholeCall, cents

pytestmark = pytest.mark.thorough

NUMBER = r"(\d+(?: \d{3})*(?:,\d+)?)"
OPENING = rf"Classé (\d+)(?:ᵉʳ|ᵉ) avec {NUMBER} points? sur 100(?:, note arrêtée en commun après les évaluations)?\. "
RULE = r"la règle « [^»]+ »(?: pour « [^»]+ »)? \([^)]+\)"
COMPANY = r"(?:(?:le|les|au|aux|à) )?(?:projets?|celui|ceux) [a-zéà ]+"
BOUND = rf"(?:ferait dépasser le maximum|ne respecterait plus le minimum) de {RULE}"
BROKEN = rf"(?:ferait dépasser l’enveloppe de {NUMBER} €|{BOUND})"
MONEY = rf"(?:Son montant est de {NUMBER} € : le|Le) retenir à la place"
PLACES = r"(?:La seule place a été attribuée|Les (\d+) places ont été attribuées)"
TIE = r"par (?:le tirage au sort public|un montant demandé plus faible|sa note au critère « [^»]+ »)"
FORMS = {
    "places": rf"{PLACES} ; le (?:dernier )?projet retenu(?: à son rang| mieux classé)? en obtient {NUMBER}\.",
    "tie": rf"{PLACES} ; le (?:dernier )?projet retenu(?: à son rang| mieux classé)? en obtient autant et passe devant {TIE}\.",
    "jury": rf"{PLACES} par décision du jury\.",
    "jury below": rf"{PLACES} ; (?:un projet moins bien classé est retenu|les (\d+) projets retenus moins bien classés le sont) "
    r"par décision du jury\.",
    "left": rf"(?:L|l)es? {COMPANY} (?:laissent|laisse|ne laissent rien|ne laisse rien)(?: {NUMBER} €)? de l’enveloppe de "
    rf"{NUMBER} €, pour un montant de {NUMBER} €\.",
    "alone": rf"Son montant de {NUMBER} € dépasse l’enveloppe de {NUMBER} €\.",
    "adding": rf"(?:Le retenir|L’ajouter {COMPANY}) {BROKEN}\.",
    "only exchange": rf"{MONEY} du seul projet retenu moins bien classé {BROKEN}\.",
    "any exchange": rf"{MONEY} de l’un quelconque des (\d+) projets retenus moins bien classés {BROKEN}\.",
    "exchanges": rf"{MONEY} (d’un|de \d+) des (\d+) projets retenus moins bien classés {BROKEN} ; "
    r"à la place (?:du seul autre|des autres), une autre règle ne serait plus respectée\.",
    "merit": rf"Le retenir(?: avec {COMPANY})? ne "
    rf"(?:laisserait plus assez (?:de places \((\d+) places? en tout\)|dans l’enveloppe de {NUMBER} €) "
    r"pour respecter les autres règles"
    rf"|permettrait plus de respecter (?:le maximum|le minimum) de {RULE} en même temps que les autres règles"
    r"|permettrait plus de respecter toutes les règles de l’appel à la fois)\.",
}
WAITING = r"(?: Inscrit (\d+)(?:ᵉʳ|ᵉ) sur la liste d’attente\.)?"


def amount(text: str) -> int:
    """Cents of `12 000,50`."""
    return cents(text.replace(" ", "").replace(",", "."))


class Reader:
    """One run's table, and the figures of its sentences recomputed."""

    def __init__(self, call: Mapping[str, Any], answer: Run, redone: WholeCall) -> None:
        self.rules = call["selection"]
        self.laureates = [row for row in answer.rows if row.status == "laureate"]
        self.imposed = {name for name, jury in redone.jury.items() if "in" in jury}
        self.grant = {dossier.id: dossier.grant for dossier in redone.dossiers}

    def check(self, row: ResultRow) -> str:
        """The name of the sentence's form, after checking its figures."""
        text = row.reason.replace("\u202f", " ").replace("\u00a0", " ")
        opening = re.match(OPENING, text)
        assert opening is not None, text
        assert row.rank == int(opening[1])
        assert row.raw_score is not None
        decimals = len(opening[2].partition(",")[2])
        assert amount(opening[2]) == cents(round(Fraction(row.raw_score), decimals))
        found = {
            name: match
            for name, form in FORMS.items()
            if (match := re.fullmatch(form + WAITING, text[opening.end() :])) is not None
        }
        assert len(found) == 1, text
        name, match = found.popitem()
        waiting = match.groups()[-1]
        assert (int(waiting) if waiting else None) == row.waiting_rank
        self._figures(name, match, row)
        return name

    def _figures(self, name: str, match: re.Match[str], row: ResultRow) -> None:
        assert row.rank is not None
        lower = [one for one in self.laureates if one.rank is not None and one.rank > row.rank]
        higher = [one for one in self.laureates if one not in lower]
        groups = match.groups()
        if name in ("places", "tie"):
            assert len(self.laureates) == self.rules["laureates"] == int(groups[0] or 1)
            if name == "places":
                assert amount(groups[1]) == cents(
                    round(Fraction(higher[-1].raw_score or 0), len(groups[1].partition(",")[2]))
                )
                assert (higher[-1].raw_score or 0) > (row.raw_score or 0)
            else:
                assert higher[-1].raw_score == row.raw_score
        elif name == "jury":
            assert {one.application_id for one in self.laureates} <= self.imposed
        elif name == "jury below":
            assert lower
            assert {one.application_id for one in lower} <= self.imposed
            assert len(lower) == int(groups[1] or 1)
        elif name == "left":
            limit, own = amount(groups[1]), amount(groups[2])
            left = amount(groups[0]) if groups[0] else 0
            company = self.laureates
            if self.rules["mode"] == "merit":
                company = [one for one in self.laureates if one in higher or one.application_id in self.imposed]
            assert left == limit - sum(one.granted_amount or 0 for one in company)
            assert limit == cents(self.rules["budget"])
            assert own == self.grant[row.application_id]
            assert own > left
        elif name == "alone":
            assert (
                cents(self.rules["budget"]) == amount(groups[1]) < amount(groups[0]) == self.grant[row.application_id]
            )
        elif name == "only exchange":
            assert len(lower) == 1
        elif name == "any exchange":
            assert len(lower) == int(groups[1])
        elif name == "exchanges":
            assert len(lower) == int(groups[2])
            assert int(groups[1].removeprefix("de ").replace("d’un", "1")) < len(lower)


@pytest.mark.parametrize("block", range(8))
def test_the_sentence_of_every_refused_candidate_has_true_figures(block: int) -> None:
    seen = set()
    for number in range(block * 60, block * 60 + 60):
        chance = random.Random(f"phrases {number}")
        call = a_random_call(chance)
        tables = random_tables(chance, call)
        redone = WholeCall(call, *tables, SEED)
        if redone.imposed_in_vain() or redone.lines() is None:
            continue
        answer = run(call, tables)
        reader = Reader(call, answer, redone)
        candidates = {dossier.id for dossier in redone.candidates}
        for row in answer.rows:
            if row.application_id in candidates and row.status != "laureate":
                seen.add(reader.check(row))
    assert {"places", "left", "only exchange", "adding"} <= seen
