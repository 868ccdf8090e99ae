"""Rules and quotas of published results in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core import french
from aap.core.call.schema import CallFile
from aap.services.decision.publishing import PublishedResults, QuotaResult
from aap.web import figures
from aap.web.public.words import rules_by_id


@dataclass(frozen=True)
class AppliedRule:
    """A rule by which laureates were retained, and how many."""

    words: str
    laureates: int


@dataclass(frozen=True)
class PublishedQuota:
    """One balance of the call. `achieved`: what came out, in words; `groups`: of a quota on each value."""

    rule: str
    achieved: str
    groups: tuple[QuotaResult, ...]


def rule_words(call: CallFile, reason_code: str) -> str:
    """The rule behind a laureate's reason code; an unknown one reads as the ranking."""
    kind, _sep, rest = reason_code.partition(":")
    if kind == "jury_in":
        return _("Décision motivée du jury")
    if kind == "called":
        return _("Appel de la liste d’attente")
    if kind == "corrected":
        return _("Décision corrigée")
    if kind == "drawn":
        return _("Tirage au sort entre les projets que les notes ne départagent pas")
    if kind == "reduced":
        return _("Classement, montant réduit")
    if kind == "selected_by_quota":
        quota_id, _sep, value = rest.partition("=")
        title = next((quota.title for quota in call.selection.quotas if quota.id == quota_id and quota.title), quota_id)
        name = f"{title}, {value}" if value else title
        return _("Équilibre %(name)s", name=french.quoted(french.spaced(name)))
    return _("Classement")


def laureates_by_rule(call: CallFile, results: PublishedResults) -> list[AppliedRule]:
    """How many laureates each rule retained, the most first."""
    counts: dict[str, int] = {}
    for one in results.laureates:
        words = rule_words(call, one.reason_code)
        counts[words] = counts.get(words, 0) + 1
    return [AppliedRule(words, count) for words, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def published_quotas(call: CallFile, quotas: Sequence[QuotaResult]) -> list[PublishedQuota]:
    """Each quota of the call with what the selection achieved."""
    section = rules_by_id(call).get("quotas")
    sentences = section.sentences if section else ()
    return [
        PublishedQuota(sentence, _achieved(groups), groups if quota.each else ())
        for quota, sentence in zip(call.selection.quotas, sentences, strict=True)
        if (groups := tuple(one for one in quotas if one.id == quota.id))
    ]


def _achieved(groups: Sequence[QuotaResult]) -> str:
    if len(groups) == 1 and not groups[0].value:
        return group_words(groups[0])
    counts = [one.laureates for one in groups]
    return _("de %(least)s à %(most)s lauréats par groupe", least=min(counts), most=max(counts))


def group_words(group: QuotaResult) -> str:
    """`12 lauréats`, `12 lauréats, 480 000 €`."""
    words: str = ngettext("%(num)s\u00a0lauréat", "%(num)s\u00a0lauréats", group.laureates)
    return words if group.amount is None else f"{words}, {figures.euros(group.amount)}"
