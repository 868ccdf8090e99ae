"""What the fields of an association's description are called, and the registers that know them."""

from __future__ import annotations

from flask_babel import gettext as _

from aap.records.associations import Register


def labels() -> dict[str, str]:
    """Field → label, in the page's order; the summary of errors names them."""
    return {
        "name": _("Nom de l’association"),
        "acronym": _("Sigle"),
        "siret": _("Numéro SIRET"),
        "rna": _("Numéro RNA"),
        "object": _("Objet"),
        "created_on": _("Date de création"),
        "address": _("Adresse du siège"),
        "postal_code": _("Code postal"),
        "commune": _("Commune"),
        "email": _("Adresse électronique de l’association"),
        "phone": _("Téléphone"),
        "website": _("Site internet"),
        "representative_name": _("Prénom et nom"),
        "representative_capacity": _("Fonction"),
        "representative_email": _("Adresse électronique du représentant légal"),
        "officers": _("Personnes chargées de l’administration"),
        "iban": _("IBAN"),
    }


def register_name(register: Register) -> str:
    """Within a sentence."""
    return {
        Register.BUSINESS: _("le répertoire des entreprises"),
        Register.ASSOCIATIONS: _("le répertoire des associations"),
    }[register]
