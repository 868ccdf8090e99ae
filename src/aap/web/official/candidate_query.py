"""The list of candidates in an address: what it is narrowed to, its order, its columns; and what these are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from aap.core.amounts import BadAmount, read_amount
from aap.services.candidates.candidate_filter import FLAGS, CandidateFilter
from aap.services.candidates.columns import COLUMNS
from aap.services.candidates.listing import SORTS
from aap.services.errors import InvalidInput
from aap.web.official.pages import typed_euros
from aap.web.wording.sentences import worded

_TEXTS = {
    "text": "q", "state": "etat", "outcome": "issue", "region": "region", "department": "departement", "theme": "theme",
    "label": "etiquette", "reviewer": "evaluateur", "flag": "signale",
}  # fmt: skip
_MONEY = {"least": "montant_min", "most": "montant_max"}
_SCORES = {"lowest": "note_min", "highest": "note_max"}
FILTERS = (*_TEXTS.values(), *_MONEY.values(), *_SCORES.values())
LONGEST = 200


@dataclass(frozen=True)
class CandidateQuery:
    """`typed`: filters as they were typed; `problems`: filter → why it isn't understood, and then it narrows nothing."""

    wanted: CandidateFilter
    columns: tuple[str, ...]
    typed: Mapping[str, str]
    problems: Mapping[str, str]

    def address(self, **changed: str) -> str:
        """The query of an address that asks for the same, with what is changed; without the page."""
        kept = [*self.typed.items(), *(("colonnes", one) for one in self.columns)]
        if self.wanted.sort != "reference":
            kept.append(("tri", self.wanted.sort))
        return urlencode([(name, value) for name, value in kept if name not in changed] + list(changed.items()))


def query_of(arguments: MultiDict[str, str]) -> CandidateQuery:
    """What an address asks for."""
    typed = {name: arguments.get(name, "").strip()[:LONGEST] for name in FILTERS}
    problems: dict[str, str] = {}
    money: dict[str, int | None] = {}
    for name, argument in _MONEY.items():
        try:
            euros = typed_euros(typed[argument], argument)
            money[name] = None if euros is None else int(euros * 100)
        except InvalidInput as refused:
            problems |= worded(refused.problems)
    scores: dict[str, Decimal | None] = {}
    for name, argument in _SCORES.items():
        try:
            scores[name] = read_amount(typed[argument]) if typed[argument] else None
        except BadAmount:
            problems[argument] = _("Écrivez un nombre, par exemple 62,5.")
    sort = arguments.get("tri", "reference")
    texts: dict[str, Any] = {name: typed[argument] for name, argument in _TEXTS.items()}
    wanted = CandidateFilter(**texts, sort=sort if sort.removeprefix("-") in SORTS else "reference")
    if wanted.flag not in FLAGS:
        wanted = replace(wanted, flag="")
    named = {one.key for one in COLUMNS}
    return CandidateQuery(
        wanted=replace(wanted, **money, **scores),  # type: ignore[arg-type]
        columns=tuple(dict.fromkeys(one for one in arguments.getlist("colonnes") if one in named)),
        typed={name: value for name, value in typed.items() if value},
        problems=problems,
    )


def query_in(text: str) -> CandidateQuery:
    """The same, of the query of an address that a form has kept."""
    return query_of(MultiDict(parse_qsl(text[:2_000])))


def column_titles() -> dict[str, str]:
    return {
        "dossier": _("Dossier"),
        "association": _("Association"),
        "siret": _("SIRET"),
        "rna": _("RNA"),
        "commune": _("Commune"),
        "departement": _("Département"),
        "region": _("Région"),
        "projet": _("Projet"),
        "theme": _("Thème"),
        "montant": _("Montant demandé"),
        "propose": _("Montant proposé"),
        "rang": _("Rang"),
        "note": _("Note"),
        "decision": _("Décision"),
        "accorde": _("Montant accordé"),
        "etat": _("État"),
        "depose": _("Déposé le"),
        "evaluations": _("Évaluations remises"),
        "confiees": _("Évaluations confiées"),
        "etiquettes": _("Étiquettes"),
    }


def flag_words() -> dict[str, str]:
    """What a dossier may be looked for by, besides what it is."""
    return {
        "message": _("Message à lire"),
        "completed": _("Compléments reçus, à examiner"),
        "unassigned": _("Sans évaluateur"),
        "unsent": _("Courriel non parti"),
        "picked": _("Ma sélection"),
    }
