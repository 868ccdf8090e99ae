"""What services/harmonising object to, in words."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from aap.core.french import quoted
from aap.web.wording.vocabulary import Words


def _agreed_mark_missing(criterion: str) -> str:
    return gettext("Donnez la note convenue du critère %(criterion)s.", criterion=quoted(criterion))


WORDS: Words = {
    "harmonising.agreed_total": _("Donnez un total de 0 à %(most)s."),
    "harmonising.total_beside_marks": _("Donnez la note de chaque critère, ou un total seul : pas les deux."),
    "harmonising.cause_missing": _("Aucun seuil de l’appel n’est atteint : indiquez pourquoi ce dossier est revu."),
    "harmonising.marks_closed": _(
        "Les notes de ce dossier restent fermées jusqu’à la délibération : aucun seuil n’y est atteint."
    ),
    "harmonising.closing_unexplained": _("Indiquez pourquoi le consensus est abandonné : le journal le conserve."),
    "harmonising.discussion_unexplained": _("Dites pourquoi : le journal le conserve."),
    "harmonising.jury_decided": _("Le jury a déjà pris une décision sur ce dossier : retirez-la d’abord."),
    "harmonising.meeting_to_come": _("La séance ne peut pas être à venir."),
    "harmonising.meeting_undated": _("Indiquez la date de la séance."),
    "harmonising.reason_missing": _("Indiquez comment la note a été convenue : le procès-verbal le reproduit."),
    "harmonising.recused_attendees": _("%(people)s : déport enregistré sur ce dossier, sans participation possible."),
    "harmonising.reviewer_not_available": _("Choisissez un évaluateur disponible, qui n’a pas déjà eu ce dossier."),
    "harmonising.no_such_review": _("Cette personne n’a remis aucune évaluation à écarter ici."),
    "harmonising.no_such_reviewer": _("Choisissez un évaluateur de l’appel."),
    "harmonising.ranks_known": _(
        "Un classement a été calculé : ses rangs sont connus, plus aucune évaluation ne s’écarte."
    ),
    "harmonising.set_aside_already": _("C’est déjà écarté, ou proposé."),
    "harmonising.set_aside_unexplained": _("Indiquez le motif : le journal et le classement le conservent."),
    "harmonising.still_discussed": _(
        "Les évaluateurs discutent encore de ce dossier : attendez la fin de la discussion, ou mettez-y fin."
    ),
    "harmonising.text_too_long": _("%(most)s caractères au plus."),
    "harmonising.too_few_attendees": _("Indiquez au moins deux participants, un par ligne."),
    "harmonising.too_few_reviews": _("Il faut au moins deux évaluations soumises pour ouvrir un consensus."),
    "harmonising.agreed_mark_missing": _agreed_mark_missing,
}
