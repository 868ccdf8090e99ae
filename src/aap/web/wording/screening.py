"""What services/screening object to, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from aap.web.wording.vocabulary import Words

WORDS: Words = {
    "screening.amount_above_request": _("Le montant proposé ne peut pas dépasser le montant demandé."),
    "screening.amount_unexplained": _("Indiquez ce qui justifie ce montant."),
    "screening.attribute_unknown": _("Cette donnée n’existe pas dans l’appel."),
    "screening.bar_in_value": _("Une valeur ne peut pas contenir de barre verticale."),
    "screening.closing_unconfirmed": _("Cochez la case pour confirmer : aucun montant ne changera plus."),
    "screening.reopening_unexplained": _("Indiquez pourquoi les montants se rouvrent : le journal conserve ce motif."),
    "screening.evidence_missing": _("Indiquez la pièce ou la vérification sur laquelle vous vous appuyez."),
    "screening.motive_missing": _("Indiquez le motif : il figure dans la lettre à l’association."),
}
