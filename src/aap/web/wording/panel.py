"""What services/panel object to, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from aap.web.wording.vocabulary import Words

WORDS: Words = {
    "panel.availability_missing": _("Dites si cette personne est disponible."),
    "panel.declaration_incomplete": _("Confirmez que votre déclaration est complète, même si vous n’avez aucun lien."),
    "panel.department_unknown": _("Aucun département n’a le code %(code)s. Exemples\u00a0: 69, 2A, 974."),
    "panel.email_unreadable": _("Écrivez une adresse comme nom@exemple.fr."),
    "panel.interest_kind_unknown": _("Choisissez une organisation ou une personne."),
    "panel.interest_name_length": _("Indiquez le nom (250 caractères au plus)."),
    "panel.interest_relation_too_long": _("200 caractères au plus."),
    "panel.least_above_most": _("Le minimum ne peut pas dépasser le maximum."),
    "panel.lifting_unexplained": _("Indiquez pourquoi ce déport est levé\u00a0: le registre le conserve."),
    "panel.load_unreadable": _("Indiquez un nombre entier de 0 à %(most)s."),
    "panel.match_unanswered": _("Dites si c’est un lien ou non."),
    "panel.member_recusal": _(
        "Cette personne est membre de l’association\u00a0: seul un administrateur peut lever ce déport."
    ),
    "panel.name_length": _("Indiquez le prénom et le nom (200 caractères au plus)."),
    "panel.own_recusal_unexplained": _("Indiquez le lien qui vous fait vous déporter : le registre le conserve."),
    "panel.recusal_unexplained": _("Indiquez le lien\u00a0: le registre le conserve."),
    "panel.reviewer_already": _("Cette personne évalue déjà pour cet appel."),
    "panel.rna_invalid": _("Un numéro RNA est un W suivi de neuf chiffres. Vérifiez-le, ou laissez la case vide."),
    "panel.siret_invalid": _("Un numéro SIRET a quatorze chiffres. Vérifiez-le, ou laissez la case vide."),
    "panel.table_empty": _("Le tableau n’a aucune ligne."),
    "panel.table_refused": _("Le tableau contient des erreurs\u00a0: rien n’en a été pris."),
    "panel.theme_unknown": _("Choisissez parmi les thèmes de l’appel."),
    "panel.rank_twice": _("Le rang %(rank)s est déjà donné à un autre dossier."),
    "panel.rank_unreadable": _("Un rang de 1 à %(most)s, ou rien."),
    "panel.too_many_interests": _("%(most)s lignes au plus."),
}
