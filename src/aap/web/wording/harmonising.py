"""What services/harmonising object to, in words."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from aap.core.french import quoted
from aap.web.wording.vocabulary import Words


def _agreed_mark_missing(criterion: str) -> str:
    return gettext("Donnez la note convenue du critère %(criterion)s.", criterion=quoted(criterion))


WORDS: Words = {
    "harmonising.cause_missing": _("Aucun seuil de l’appel n’est atteint : indiquez pourquoi ce dossier est revu."),
    "harmonising.closing_unexplained": _("Indiquez pourquoi le consensus est abandonné : le journal le conserve."),
    "harmonising.jury_decided": _("Le jury a déjà pris une décision sur ce dossier : retirez-la d’abord."),
    "harmonising.meeting_to_come": _("La séance ne peut pas être à venir."),
    "harmonising.meeting_undated": _("Indiquez la date de la séance."),
    "harmonising.reason_missing": _("Indiquez comment la note a été convenue : le procès-verbal le reproduit."),
    "harmonising.recused_attendees": _("%(people)s : déport enregistré sur ce dossier, sans participation possible."),
    "harmonising.reviewer_not_available": _("Choisissez un évaluateur disponible, qui n’a pas déjà eu ce dossier."),
    "harmonising.text_too_long": _("%(most)s caractères au plus."),
    "harmonising.too_few_attendees": _("Indiquez au moins deux participants, un par ligne."),
    "harmonising.too_few_reviews": _("Il faut au moins deux évaluations soumises pour ouvrir un consensus."),
    "harmonising.agreed_mark_missing": _agreed_mark_missing,
}
