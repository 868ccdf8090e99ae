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


def _short(dossiers: int) -> str:
    return ngettext(
        "%(n)s\u00a0dossier a moins d’évaluations qui comptent que la grille n’en demande.",
        "%(n)s\u00a0dossiers ont moins d’évaluations qui comptent que la grille n’en demande.",
        dossiers,
        n=number(dossiers),
    )


def _under_discussion(dossiers: int) -> str:
    return ngettext(
        "%(num)s dossier est encore discuté entre ses évaluateurs.",
        "%(num)s dossiers sont encore discutés entre leurs évaluateurs.",
        dossiers,
    )


def _divergent(dossiers: int) -> str:
    return ngettext(
        "%(n)s\u00a0dossier dont les évaluations divergent au-delà du seuil de l’appel n’a pas été revu.",
        "%(n)s\u00a0dossiers dont les évaluations divergent au-delà du seuil de l’appel n’ont pas été revus.",
        dossiers,
        n=number(dossiers),
    )


def _contested(dossiers: int) -> str:
    return ngettext(
        "%(n)s\u00a0dossier que la correction de la sévérité fait changer de côté du seuil n’a pas été revu.",
        "%(n)s\u00a0dossiers que la correction de la sévérité fait changer de côté du seuil n’ont pas été revus.",
        dossiers,
        n=number(dossiers),
    )


def _erratic(dossiers: int) -> str:
    return ngettext(
        "%(n)s\u00a0dossier noté par un évaluateur aux notes dispersées n’a pas été revu.",
        "%(n)s\u00a0dossiers notés par un évaluateur aux notes dispersées n’ont pas été revus.",
        dossiers,
        n=number(dossiers),
    )


def _taken_back(version: int) -> str:
    return gettext(
        "Ce calcul a été arrêté (version %(n)s) puis repris : relancez le calcul, la version reprise reste telle quelle.",
        n=version,
    )


def _marks_missing(places: Sequence[tuple[str, str]]) -> str:
    """`places`: reference of the dossier and code of the reviewer."""
    named = (
        gettext("%(dossier)s (évaluateur %(reviewer)s)", dossier=dossier, reviewer=reviewer)
        for dossier, reviewer in places
    )
    return gettext("Des évaluations remises n’ont pas toutes leurs notes\u00a0: %(places)s.", places=", ".join(named))


def _cannot_be_retained(place: str) -> str:
    """`place`: where the dossier stands."""
    why = {
        "below_threshold": gettext("il est sous un seuil de la grille"),
        "ineligible": gettext("il est irrecevable"),
        "incomplete": gettext("il n’a pas encore toutes ses évaluations"),
        "withdrawn": gettext("il est retiré"),
        "declined": gettext("l’association a renoncé"),
        "out": gettext("l’autorité l’a écarté"),
    }
    return gettext("Ce dossier ne peut pas être retenu\u00a0: %(why)s.", why=why[place])


def _not_all_before_jury(dossiers: int) -> str:
    return ngettext(
        "%(n)s\u00a0dossier n’est pas encore passé devant le jury\u00a0: votez sa liste, ou examinez-le.",
        "%(n)s\u00a0dossiers ne sont pas encore passés devant le jury\u00a0: votez leurs listes, ou examinez-les.",
        dossiers,
        n=number(dossiers),
    )


def _too_many_votes(members: int) -> str:
    return ngettext(
        "%(n)s\u00a0membre peut voter ici, une fois sortis ceux qui sont déportés\u00a0: il y a trop de voix.",
        "%(n)s\u00a0membres peuvent voter ici, une fois sortis ceux qui sont déportés\u00a0: il y a trop de voix.",
        members,
        n=number(members),
    )


WORDS: Words = {
    "ranking.amounts_open": _("Les montants proposés ne sont pas arrêtés : ils le sont avant que les notes s’ouvrent."),
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
    "ranking.appointing_act": _("Indiquez l’acte qui nomme le jury, en 500 caractères au plus."),
    "ranking.cannot_be_retained": _cannot_be_retained,
    "ranking.decided_already": _("Le jury a déjà pris cette décision : retirez-la d’abord."),
    "ranking.decided_otherwise": _("Une autre décision du jury existe pour ce dossier : retirez-la d’abord."),
    "ranking.earlier_choice_impossible": _(
        "Une décision antérieure du jury ne peut plus tenir\u00a0: retirez d’abord celle qui porte sur %(dossiers)s."
    ),
    "ranking.inputs_changed": _("Des notes, des dossiers ou des décisions ont changé depuis ce calcul : relancez-le."),
    "ranking.jury_amount": _("Indiquez un montant en euros, au plus celui qui est demandé, deux décimales au plus."),
    "ranking.jury_decision_missing": _("Choisissez une décision."),
    "ranking.jury_empty": _("Composez d’abord le jury : dites qui y siège."),
    "ranking.jury_reason_missing": _("Indiquez le motif : il figure au procès-verbal."),
    "ranking.list_empty": _("Aucun dossier de cette liste n’est à voter."),
    "ranking.meeting_day": _("Indiquez le jour de la séance."),
    "ranking.meeting_open_already": _("Une séance est déjà ouverte."),
    "ranking.member_account_unknown": _("Aucun compte n’a cette adresse."),
    "ranking.member_name": _("Indiquez le nom, en 200 caractères au plus."),
    "ranking.member_not_there": _("Dites quel membre présent appelle ce dossier."),
    "ranking.member_recused": _("Ce membre est déporté de ce dossier."),
    "ranking.member_sits_already": _("Ce compte est déjà celui d’un membre du jury."),
    "ranking.no_meeting": _("Aucune séance du jury n’est ouverte."),
    "ranking.no_run_yet": _("Calculez d’abord un classement : le jury délibère sur lui."),
    "ranking.not_all_before_jury": _not_all_before_jury,
    "ranking.no_candidate": _("Ce dossier n’est pas candidat à la sélection."),
    "ranking.nothing_found": _(
        "La quantité de calcul fixée n’a pas suffi : aucune sélection qui respecte toutes les règles n’a été trouvée, et "
        "rien ne prouve qu’il n’y en a pas. Assouplissez une règle, ou faites le calcul hors ligne (aap rank --work)."
    ),
    "ranking.marks_closed": _(
        "Le classement se calcule pendant la délibération : avant, les notes sont fermées ; après, il est arrêté."
    ),
    "ranking.no_second": _(
        "Personne d’autre ne pourrait confirmer : désignez qui le peut, ou confiez l’appel à un autre agent. Les agents "
        "déportés d’un dossier de l’appel ne comptent pas."
    ),
    "ranking.not_proposed": _("Ce classement n’a pas été proposé."),
    "ranking.not_ranked": _("Ce dossier n’est pas dans ce classement."),
    "ranking.nothing_taken_back": _("Aucune reprise de ce classement n’attend sa seconde personne."),
    "ranking.points_unknown": _("La quantité de calcul fixée n’a pas suffi pour le dire."),
    "ranking.quorum": _("Indiquez combien de membres doivent être présents : de 1 à %(most)s."),
    "ranking.quorum_missing": _(
        "Le quorum n’est pas atteint (présents : %(present)s, quorum : %(quorum)s) : rien ne peut être voté."
    ),
    "ranking.rejection_unexplained": _("Indiquez pourquoi le classement revient en délibération."),
    "ranking.removal_unexplained": _("Indiquez pourquoi cette décision est retirée."),
    "ranking.retained_already": _("Ce dossier est déjà retenu."),
    "ranking.second_awaited": _("Une proposition attend sa seconde personne : qui peut confirmer ne change pas avant."),
    "ranking.second_unknown": _("Choisissez parmi les agents de cet appel."),
    "ranking.seconds_named_by_first": _(
        "Vous avez désigné vous-même qui peut confirmer : une autre personne propose, ou désigne à son tour."
    ),
    "ranking.set_aside_pending": _(
        "Une mise à l’écart d’évaluations attend sa seconde personne : elle se décide avant que les rangs soient connus."
    ),
    "ranking.reviews_missing": _("Des dossiers n’ont pas encore toutes leurs évaluations."),
    "ranking.rubric_not_sealed": _("La grille n’est pas celle qui a été scellée à l’ouverture de l’appel."),
    "ranking.rules_not_triable": _("Ces règles ne peuvent pas être essayées sur ce classement."),
    "ranking.seed_changed": _("La graine du tirage au sort a changé depuis ce calcul : relancez-le."),
    "ranking.text_too_long": _("Écrivez %(most)s caractères au plus."),
    "ranking.too_many_votes": _too_many_votes,
    "ranking.votes_against": _("Il y a plus de voix contre que pour : ce choix n’est pas celui du jury."),
    "ranking.votes_unreadable": _("Écrivez les voix en chiffres."),
    "ranking.unproven_unexplained": _(
        "Indiquez pourquoi ce classement est arrêté sans preuve qu’il est le meilleur : le motif figure au procès-verbal."
    ),
    "ranking.unproven_unexplained_before": _(
        "Rien ne prouve que cette sélection est la meilleure, et elle a été proposée sans motif : renvoyez-la en "
        "délibération, puis proposez-la de nouveau avec un motif."
    ),
    "ranking.waiver_too_long": _("%(most)s caractères au plus."),
    "ranking.waiver_unexplained": _(
        "Indiquez pourquoi ce dossier n’est pas revu : le procès-verbal reproduit ce motif."
    ),
    "ranking.withdrawn": _("L’association a retiré ce dossier."),
    "ranking.taken_back": _taken_back,
    "ranking.unscreened": _unscreened,
    "ranking.marks_missing": _marks_missing,
    "ranking.short": _short,
    "ranking.under_discussion": _under_discussion,
    "ranking.gate_divergent": _divergent,
    "ranking.gate_contested": _contested,
    "ranking.gate_erratic": _erratic,
}
