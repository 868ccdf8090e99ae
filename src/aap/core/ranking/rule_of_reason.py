"""The rule behind a reason code in a few words, where a list has no room for the whole reason."""

from __future__ import annotations

from aap.core import french
from aap.core.call.schema import CallFile
from aap.core.quotas.quota_words import rule_name
from aap.core.ranking.standing import OVERALL
from aap.core.scoring.marking import title_of
from aap.core.selection.rules import rules_of

_RULE_WORDS = {
    "selected": "Retenu à son rang",
    "reduced": "Retenu pour un montant réduit",
    "drawn": "Tiré au sort entre projets que les notes ne départagent pas",
    "jury_in": "Retenu par décision du jury ou de l’autorité",
    "jury_out": "Écarté par décision du jury ou de l’autorité",
    "count_reached": "Toutes les places sont attribuées",
    "budget_exhausted": "L’enveloppe est épuisée",
    "ineligible": "Irrecevable",
    "incomplete": "Évaluations incomplètes",
    "withdrawn": "Retiré par l’association",
    "declined": "L’association a renoncé à la subvention",
}
_QUOTA_WORDS = {
    "selected_by_quota": "Retenu grâce à un minimum",
    "quota_max": "Maximum atteint",
    "quota_min": "Place gardée pour un minimum",
}


def rule_of_reason(call: CallFile, code: str) -> str:
    """What a `reason_code` of a ranking (`quota_max:region=Bretagne`) names, as people call it; an unknown code as it is."""
    kind, _, rest = code.partition(":")
    if kind == "below_threshold":
        if rest == OVERALL:
            return "Sous le seuil de la note totale"
        titles = {one.id: title_of(one) for one in call.rubric.criteria}
        return f"Sous le seuil du critère {french.quoted(titles.get(rest, rest))}"
    if kind in _QUOTA_WORDS:
        name, _, value = rest.partition("=")
        quota = next((one for one in rules_of(call).quotas if one.id == name), None)
        return f"{_QUOTA_WORDS[kind]}{french.NBSP}: {rule_name(quota, value) if quota else rest}"
    return _RULE_WORDS.get(kind, code)
