"""What services/assignment object to, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from aap.web.wording.vocabulary import Words

WORDS: Words = {
    "assignment.lock_unsaid": _("Dites s’il faut verrouiller ou déverrouiller."),
    "assignment.mode_unknown": _("Choisissez l’une des deux façons de répartir."),
    "assignment.no_dossiers": _("Aucun dossier n’est à répartir\u00a0: il faut des dossiers déposés et recevables."),
    "assignment.no_reviewer": _("Choisissez un évaluateur de l’appel."),
    "assignment.no_reviewers": _("Aucun évaluateur n’est inscrit\u00a0: invitez-en d’abord."),
    "assignment.nobody_named": _("Choisissez qui reçoit le dossier, ou qui le quitte."),
    "assignment.not_theirs": _("Cette personne n’a pas ce dossier."),
    "assignment.number_of_reviews": _("Indiquez un nombre entier de 1 à 20."),
    "assignment.recused": _("Cette personne est déportée de ce dossier, ou un conflit est à confirmer."),
    "assignment.review_begun": _("Cette évaluation est commencée ou soumise\u00a0: elle ne peut pas être déplacée."),
    "assignment.situation_changed": _(
        "La situation a changé depuis cette proposition (une note, un déport, un dossier, un profil)\u00a0: "
        "faites-en une nouvelle."
    ),
    "assignment.theirs_already": _("Cette personne a déjà ce dossier."),
}
