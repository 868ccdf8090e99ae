"""What pages object to by themselves, before a service is asked."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from aap.web.wording.vocabulary import Words

WORDS: Words = {
    "page.amount_unreadable": _("Écrivez un montant en euros, par exemple 12 000,50."),
    "page.amount_ambiguous": _(
        "Ce montant peut se lire de deux façons : écrivez %(thousands)s s’il s’agit de milliers, ou %(decimals)s s’il s’agit "
        "de centimes."
    ),
    "page.answer_missing": _("Choisissez une réponse."),
    "page.day_unreadable": _("Écrivez une date, par exemple 28/02/2025."),
    "page.decision_missing": _("Choisissez une décision."),
    "page.file_missing": _("Choisissez d’abord un fichier d’appel (.yaml)."),
    "page.file_too_large": _("Un fichier d’appel pèse 1 Mo au plus."),
    "page.not_before_jury": _("Ce dossier n’est pas dans le dernier classement, ou il est retiré."),
    "page.person_missing": _("Choisissez la personne à déporter."),
}
