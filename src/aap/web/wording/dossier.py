"""What services/dossier object to, in words."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from aap.web.figures import number
from aap.web.wording.vocabulary import Words


def _too_many_files(most: int) -> str:
    if most == 1:
        return gettext("Cette question reçoit un seul fichier\u00a0: retirez-en un, puis recommencez.")
    return gettext("Cette question reçoit %(most)s fichiers au plus\u00a0: retirez-en un, puis recommencez.", most=most)


def _reference_ambiguous(dossiers: int) -> str:
    return gettext(
        "%(n)s\u00a0dossiers ont un numéro qui finit ainsi\u00a0: écrivez-en davantage, ou le numéro entier.",
        n=number(dossiers),
    )


WORDS: Words = {
    "dossier.attestation_unticked": _("Cochez cette attestation pour déposer le dossier."),
    "dossier.broken_rules_unseen": _("Confirmez que vous déposez ce dossier malgré les règles qu’il ne respecte pas."),
    "dossier.capacity_missing": _("Dites à quel titre vous déposez ce dossier."),
    "dossier.changed_since_sent": _("Le dossier a changé depuis l’envoi de ce lien\u00a0: demandez-en un nouveau."),
    "dossier.comment_length": _("Écrivez votre commentaire, en %(most)s caractères au plus."),
    "dossier.comments_full": _("Ce dossier a déjà %(most)s commentaires\u00a0: supprimez-en qui ne servent plus."),
    "dossier.completion_unexplained": _("Dites à l’association ce qui manque, en %(most)s caractères au plus."),
    "dossier.date_not_to_come": _("Indiquez une date à venir."),
    "dossier.document_kind_missing": _("Choisissez ce qu’est ce document."),
    "dossier.incomplete": _("Le dossier n’est pas complet\u00a0: voyez la liste de ce qui manque."),
    "dossier.mandate_missing": _("Joignez le pouvoir signé par le représentant légal."),
    "dossier.link_day": _("Indiquez un jour à venir, le %(latest)s au plus tard."),
    "dossier.link_name": _("Dites pour qui est ce lien, par exemple «\u00a0le bureau\u00a0»."),
    "dossier.link_of_withdrawn": _("Ce dossier est retiré\u00a0: il n’y a plus rien à faire relire."),
    "dossier.links_full": _("Ce dossier a déjà %(most)s liens ouverts\u00a0: retirez-en un."),
    "dossier.message_length": _("Écrivez votre message, en %(most)s caractères au plus."),
    "dossier.no_section_chosen": _("Choisissez au moins une partie du dossier."),
    "dossier.not_approved": _("Le représentant légal n’a pas encore approuvé ce dossier tel qu’il est."),
    "dossier.only_accounts_provisional": _("Seuls des comptes annuels peuvent être provisoires."),
    "dossier.promise_missing": _(
        "Indiquez quand les comptes approuvés seront prêts, par exemple après l’assemblée générale."
    ),
    "dossier.promise_past": _(
        "Cette date est passée\u00a0: déposez les comptes approuvés, ou donnez une date à venir."
    ),
    "dossier.promise_too_far": _("Cette date est trop lointaine\u00a0: vérifiez l’année."),
    "dossier.promise_without_provisional": _("Cochez cette case, ou effacez la date promise."),
    "dossier.question_full": _("Retirez d’abord un fichier, puis recommencez."),
    "dossier.reference_ambiguous": _reference_ambiguous,
    "dossier.reference_unknown": _("Aucun dossier déposé ne porte ce numéro."),
    "dossier.remark_missing": _("Dites ce qui est à changer."),
    "dossier.representative_capacity_missing": _("Indiquez sa fonction, par exemple «\u00a0président\u00a0»."),
    "dossier.representative_email_unreadable": _("Ce n’est pas une adresse électronique."),
    "dossier.representative_name_missing": _("Indiquez le prénom et le nom du représentant légal."),
    "dossier.nothing_corrected": _("Rien n’a changé depuis votre dépôt\u00a0: il n’y a pas de corrections à déposer."),
    "dossier.safe_full": _("Le coffre contient %(most)s documents au plus\u00a0: retirez les anciens."),
    "dossier.signature_unanswered": _("Approuvez le dossier, ou dites ce qui est à changer."),
    "dossier.withdrawal_reason_too_long": _("Dites-le en %(most)s caractères au plus."),
    "dossier.too_many_files": _too_many_files,
}
