"""The settings of letters as people call them: on their page, and in what names one that is blank."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

NAMES: Mapping[str, LazyString] = {
    "signed_on": _("Date de signature"),
    "first_name": _("Prénom du signataire"),
    "last_name": _("Nom du signataire"),
    "capacity": _("Qualité du signataire"),
    "on_behalf": _("Signe pour"),
    "delegation": _("Délégation de signature"),
    "delegated_on": _("Date de la délégation"),
    "act": _("Acte et numéro"),
    "act_on": _("Date de l’acte"),
    "published": _("Publication de l’acte"),
    "expires": _("Fin de validité de la liste d’attente"),
    "visas": _("Visas de l’acte"),
    "articles": _("Articles de l’acte"),
    "closing_laureate": _("Formule finale, lauréats"),
    "closing_waiting_list": _("Formule finale, liste d’attente"),
    "closing_refusal": _("Formule finale, non retenus"),
    "closing_ineligible": _("Formule finale, irrecevables"),
}
_ELSEWHERE: Mapping[str, LazyString] = {"call.authority": _("l’autorité et son service (fichier de l’appel)")}


def field_name(name: str) -> str:
    """What a setting is called."""
    return str(NAMES[name] if name in NAMES else _ELSEWHERE[name])
