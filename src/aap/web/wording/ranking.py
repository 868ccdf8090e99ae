"""What services/ranking object to, in words."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from aap.web.figures import number
from aap.web.wording.vocabulary import Words


def _unscreened(dossiers: int) -> str:
    return ngettext(
        "La recevabilité de %(n)s\u00a0dossier n’est pas encore décidée.",
        "La recevabilité de %(n)s\u00a0dossiers n’est pas encore décidée.",
        dossiers,
        n=number(dossiers),
    )


def _marks_missing(places: Sequence[tuple[str, str]]) -> str:
    """`places`: reference of the dossier and code of the reviewer."""
    named = (
        gettext("%(dossier)s (évaluateur %(reviewer)s)", dossier=dossier, reviewer=reviewer)
        for dossier, reviewer in places
    )
    return gettext("Des évaluations remises n’ont pas toutes leurs notes\u00a0: %(places)s.", places=", ".join(named))


WORDS: Words = {
    "ranking.amount_of_left_out": _("Le jury a écarté ce dossier : retenez-le, avec le montant que vous décidez."),
    "ranking.arbitrated_already": _("L’autorité a déjà décidé de ce dossier : retirez d’abord cette décision."),
    "ranking.arbitration_unexplained": _(
        "Indiquez le motif : il figure au procès-verbal, et la lettre le cite si la décision change le résultat."
    ),
    "ranking.given_up": _("L’association a retiré ce dossier ou renoncé à la subvention : il n’y a rien à décider."),
    "ranking.imposed_no_candidate": _(
        "Ce dossier ne peut pas être lauréat : il est irrecevable, sous un seuil, retiré, ou ses évaluations manquent."
    ),
    "ranking.meeting_open": _("Le jury siège : l’autorité décide quand sa séance est close."),
    "ranking.nothing_proposed": _("Aucun classement n’est calculé : il n’y a encore rien à arbitrer."),
    "ranking.agreed_mark_stands": _(
        "Une note de consensus existe déjà pour ce dossier : le jury ne peut pas s’y ajouter."
    ),
    "ranking.decided_already": _("Le jury a déjà pris cette décision : retirez-la d’abord."),
    "ranking.decided_otherwise": _("Une autre décision du jury existe pour ce dossier : retirez-la d’abord."),
    "ranking.inputs_changed": _("Des notes, des dossiers ou des décisions ont changé depuis ce calcul : relancez-le."),
    "ranking.jury_amount": _("Indiquez un montant en euros, au plus celui qui est demandé, deux décimales au plus."),
    "ranking.jury_decision_missing": _("Choisissez une décision."),
    "ranking.jury_reason_missing": _("Indiquez le motif : il figure au procès-verbal."),
    "ranking.no_candidate": _("Ce dossier n’est pas candidat à la sélection."),
    "ranking.nothing_found": _(
        "La quantité de calcul fixée n’a pas suffi : aucune sélection qui respecte toutes les règles n’a été trouvée, et "
        "rien ne prouve qu’il n’y en a pas. Assouplissez une règle, ou faites le calcul hors ligne (aap rank --work)."
    ),
    "ranking.not_proposed": _("Ce classement n’a pas été proposé."),
    "ranking.not_ranked": _("Ce dossier n’est pas dans ce classement."),
    "ranking.points_unknown": _("La quantité de calcul fixée n’a pas suffi pour le dire."),
    "ranking.rejection_unexplained": _("Indiquez pourquoi le classement revient en délibération."),
    "ranking.removal_unexplained": _("Indiquez pourquoi cette décision est retirée."),
    "ranking.retained_already": _("Ce dossier est déjà retenu."),
    "ranking.set_aside_pending": _(
        "Une mise à l’écart d’évaluations attend sa seconde personne : elle se décide avant que les rangs soient connus."
    ),
    "ranking.reviews_missing": _("Des dossiers n’ont pas encore toutes leurs évaluations."),
    "ranking.rubric_not_sealed": _("La grille n’est pas celle qui a été scellée à l’ouverture de l’appel."),
    "ranking.rules_not_triable": _("Ces règles ne peuvent pas être essayées sur ce classement."),
    "ranking.seed_changed": _("La graine du tirage au sort a changé depuis ce calcul : relancez-le."),
    "ranking.unproven_unexplained": _(
        "Indiquez pourquoi ce classement est arrêté sans preuve qu’il est le meilleur : le motif figure au procès-verbal."
    ),
    "ranking.unproven_unexplained_before": _(
        "Rien ne prouve que cette sélection est la meilleure, et elle a été proposée sans motif : renvoyez-la en "
        "délibération, puis proposez-la de nouveau avec un motif."
    ),
    "ranking.withdrawn": _("L’association a retiré ce dossier."),
    "ranking.unscreened": _unscreened,
    "ranking.marks_missing": _marks_missing,
}
