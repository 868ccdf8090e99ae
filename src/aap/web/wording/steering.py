"""What services/steering object to, in words."""

from __future__ import annotations

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from aap.records.applications import ApplicationState
from aap.web import state_words
from aap.web.figures import number
from aap.web.wording.vocabulary import Words


def _to_screen(dossiers: int) -> str:
    return ngettext(
        "%(n)s\u00a0dossier sans avis de recevabilité.",
        "%(n)s\u00a0dossiers sans avis de recevabilité.",
        dossiers,
        n=number(dossiers),
    )


def _to_complete(dossiers: int) -> str:
    return ngettext(
        "%(n)s\u00a0dossier en attente de compléments de l’association.",
        "%(n)s\u00a0dossiers en attente de compléments de l’association.",
        dossiers,
        n=number(dossiers),
    )


def _unassigned(dossiers: int, reviewers: int) -> str:
    needed = ngettext("%(n)s\u00a0évaluateur", "%(n)s\u00a0évaluateurs", reviewers, n=number(reviewers))
    return ngettext(
        "%(n)s\u00a0dossier confié à moins de %(needed)s.",
        "%(n)s\u00a0dossiers confiés à moins de %(needed)s.",
        dossiers,
        n=number(dossiers),
        needed=needed,
    )


def _reviews_missing(reviews: int) -> str:
    return ngettext(
        "%(n)s\u00a0évaluation confiée et non remise.",
        "%(n)s\u00a0évaluations confiées et non remises.",
        reviews,
        n=number(reviews),
    )


def _many_state(state: str) -> str:
    return gettext(
        "L’état du dossier ne le permet pas : %(state)s.",
        state=state_words.application_states()[ApplicationState(state)].lower(),
    )


WORDS: Words = {
    "steering.many_completion_unexplained": _("Dites à l’association ce qui manque, en %(most)s caractères au plus."),
    "steering.many_date": _("Indiquez une date à venir."),
    "steering.many_message_length": _("Écrivez votre message, en %(most)s caractères au plus."),
    "steering.many_no_section": _("Choisissez au moins une partie du dossier."),
    "steering.many_recused": _("Cette personne est déportée de ce dossier, ou un conflit est à confirmer."),
    "steering.many_reviewer_unknown": _("Choisissez un évaluateur de l’appel."),
    "steering.many_reviewer_unnamed": _("Choisissez qui reçoit le dossier, ou qui le quitte."),
    "steering.many_theirs_already": _("Cette personne a déjà ce dossier."),
    "steering.many_admitted": _("Déjà recevable."),
    "steering.many_changed": _("Le dossier a changé entre-temps : il est laissé tel quel."),
    "steering.many_changed_since": _("Des dossiers ont changé depuis : relisez ce qui va se passer, puis confirmez."),
    "steering.many_field_unknown": _("Le message nomme ce qui n’existe pas : %(fields)s."),
    "steering.many_gone": _("Le dossier n’est plus accessible."),
    "steering.many_nothing": _("Rien ne peut être fait pour ces dossiers."),
    "steering.many_oneself": _("Vous ne pouvez pas vous confier des dossiers à vous-même."),
    "steering.many_refused": _("Déclaré irrecevable : il s’examine un à un."),
    "steering.many_state": _many_state,
    "steering.many_to_check": _(
        "Une règle de recevabilité n’est pas remplie, ou reste à vérifier : il s’examine un à un."
    ),
    "steering.cautions_unanswered": _("Indiquez pourquoi vous passez à l’étape suivante malgré ces points."),
    "steering.seed_missing": _("Indiquez le résultat tiré au sort, tel qu’il est publié (200 caractères au plus)."),
    "steering.source_missing": _("Indiquez d’où il vient : chacun doit pouvoir le vérifier."),
    "steering.still_open": _("Des dossiers peuvent encore être déposés jusqu’au %(until)s."),
    "steering.to_screen": _to_screen,
    "steering.to_complete": _to_complete,
    "steering.unassigned": _unassigned,
    "steering.reviews_missing": _reviews_missing,
}
