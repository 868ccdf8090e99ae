"""What services/review object to, in words."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from aap.core.french import quoted
from aap.web.wording.vocabulary import Words


def _agreed_mark_missing(criterion: str) -> str:
    return gettext("Donnez la note convenue de %(criterion)s.", criterion=quoted(criterion))


def _agreed_reason_missing(criterion: str) -> str:
    return gettext("Dites pourquoi, pour %(criterion)s.", criterion=quoted(criterion))


WORDS: Words = {
    "review.consent_missing": _("Indiquez quand et comment l’association a donné son accord."),
    "review.change_unexplained": _("Dites en une phrase pourquoi vous changez : le motif est conservé."),
    "review.corrected_in_discussion": _(
        "Ce dossier est discuté entre ses évaluateurs : les notes se changent dans la discussion, tant qu’elle est ouverte."
    ),
    "review.correction_unexplained": _("Indiquez ce que vous souhaitez corriger."),
    "review.dossier_not_given": _("Le dossier %(reference)s ne vous est pas confié, ou ne l’est plus."),
    "review.dossier_over": _("Le dossier %(reference)s n’est plus à évaluer."),
    "review.in_consensus": _("Le dossier %(reference)s est en consensus : ses notes sont figées."),
    "review.nobody_to_remind": _(
        "Choisissez au moins un évaluateur en retard, qui n’a pas déjà reçu un rappel aujourd’hui."
    ),
    "review.note_too_long": _("2 000 caractères au plus."),
    "review.nothing_changed": _(
        "Vous n’avez rien changé : changez une note ou un commentaire, ou gardez votre évaluation."
    ),
    "review.number_of_specimens": _("Il faut de %(least)s à %(most)s dossiers d’essai."),
    "review.post_empty": _("Écrivez votre message."),
    "review.reopening_unexplained": _("Indiquez pourquoi l’évaluation est rouverte : le motif est conservé."),
    "review.reviews_begun": _(
        "Des évaluations ont déjà commencé : tous les candidats doivent être traités de la même façon."
    ),
    "review.round_out_of_time": _("Le tour s’ouvre entre la clôture de l’appel et la fin des évaluations."),
    "review.rubric_changed": _(
        "La grille de cet appel a été modifiée depuis l’ouverture de cette page. "
        "Vos saisies sont encore là : relisez-les avec la nouvelle grille, puis enregistrez."
    ),
    "review.specimen_empty": _("Écrivez au moins une partie du dossier."),
    "review.specimen_not_agreed": _("Chaque dossier d’essai doit avoir sa note convenue et son motif."),
    "review.specimen_not_over": _("Seul un dossier d’un appel antérieur, déjà décidé, peut servir d’essai."),
    "review.specimen_of_candidate": _(
        "Cette association est candidate à cet appel : son dossier ne peut pas servir d’essai."
    ),
    "review.specimen_unknown": _("Aucun dossier d’un appel que vous suivez ne porte ce numéro."),
    "review.specimen_untitled": _("Donnez un titre au dossier d’essai."),
    "review.submit_unread": _("Écrivez « oui » ou « non » (ou laissez vide) dans la colonne « Soumettre »."),
    "review.submitted_already": _("L’évaluation du dossier %(reference)s est déjà soumise : demandez sa réouverture."),
    "review.text_too_long": _("%(most)s caractères au plus."),
    "review.too_late": _("Le délai est passé pour le dossier %(reference)s."),
    "review.too_many_specimens": _("Un tour a %(most)s dossiers d’essai au plus."),
    "review.workbook_before_amendment": _(
        "La grille de l’appel a été modifiée depuis le téléchargement : téléchargez un nouveau classeur, et reportez-y vos notes."
    ),
    "review.workbook_of_another_call": _("Ce classeur est celui d’un autre appel."),
    "review.workbook_of_another_reviewer": _("Ce classeur est celui d’un autre évaluateur : téléchargez le vôtre."),
    "review.workbook_too_long": _("Ce classeur a trop de lignes."),
    "review.agreed_mark_missing": _agreed_mark_missing,
    "review.agreed_reason_missing": _agreed_reason_missing,
}
