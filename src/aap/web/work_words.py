"""Long work and mails in words: what they are, and why they didn't succeed."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from aap.documents.mail_texts import Mail
from aap.services.workers import WORKER_DIED


def job_kinds() -> Mapping[str, str]:
    """Kinds of long work."""
    return {
        "appeal_file": _("Dossier d’un recours"),
        "assignment": _("Répartition des dossiers"),
        "decision_paper": _("Courrier d’un recours ou d’une correction"),
        "audit": _("Vérification du journal"),
        "letters": _("Lettres de décision"),
        "letters_book": _("Lettres en un seul fichier"),
        "many": _("Action sur plusieurs dossiers"),
        "points": _("Points qui auraient suffi"),
        "ranking": _("Classement"),
        "ranking_list": _("Mise en page du classement"),
        "receipt": _("Accusé de réception"),
        "reviewer_dossiers": _("Dossiers à évaluer hors ligne"),
    }


def reason_words(reason: str) -> str:
    """Why a try failed: the machine's own words, but for what the product itself says."""
    if reason == WORKER_DIED:
        return _("Le processus de fond s’est arrêté chaque fois qu’il faisait ce travail.")
    return reason


def mail_kind(kind: str) -> str:
    """What a mail is, without naming the dossier that it is about. Mails of 0.1.0 don't say."""
    return mail_kinds().get(kind, _("Courriel"))


def mail_kinds() -> Mapping[str, str]:
    return {
        Mail.APPEAL_ACKNOWLEDGED: _("Accusé de réception d’un recours"),
        Mail.APPEAL_ANSWERED: _("Réponse à un recours"),
        Mail.APPEAL_WITHDRAWN: _("Retrait d’un recours"),
        Mail.CORRECTION_DROPPED: _("Abandon d’une correction"),
        Mail.CORRECTION_INTENT: _("Lettre d’intention"),
        Mail.OBSERVATIONS: _("Observations sur une correction"),
        Mail.ACCEPTANCE_NOTED: _("Acceptation d’une subvention"),
        Mail.DECLINE_NOTED: _("Confirmation d’un renoncement"),
        Mail.GRANT_LAPSED: _("Subvention caduque"),
        Mail.ANSWER_REMINDER: _("Rappel d’une réponse attendue"),
        Mail.CLAIM_DECIDED: _("Décision sur un rattachement"),
        Mail.CLAIM_OPENED: _("Demande de rattachement"),
        Mail.CLAIM_PROOF: _("Preuve d’un rattachement"),
        Mail.COMPLETION_LAPSED: _("Fin d’un délai de complément"),
        Mail.INVITATION: _("Invitation dans une association"),
        Mail.RECEIPT: _("Accusé de réception"),
        Mail.DRAFT_REMINDER: _("Rappel d’un brouillon"),
        Mail.SIGNATURE: _("Demande de signature"),
        Mail.SIGNATURE_ANSWERED: _("Réponse à une demande de signature"),
        Mail.DECISION: _("Notification d’une décision"),
        Mail.DECISION_UNREAD: _("Rappel d’une décision à lire"),
        Mail.CHANGE_EMAIL: _("Changement d’adresse"),
        Mail.AUDIT_WITNESS: _("Empreinte du journal, pour le témoin"),
        Mail.CONFIRM_EMAIL: _("Confirmation d’une adresse"),
        Mail.EMAIL_CHANGED: _("Adresse changée"),
        Mail.FACTOR_CHANGED: _("Second facteur changé"),
        Mail.FACTORS_RESET: _("Second facteur à refaire"),
        Mail.INVITATION_LINK: _("Invitation"),
        Mail.KNOWN_ADDRESS: _("Adresse déjà connue"),
        Mail.PASSWORD_CHANGED: _("Mot de passe changé"),
        Mail.RESET_PASSWORD: _("Nouveau mot de passe"),
        Mail.SIGN_IN_LINK: _("Lien de connexion"),
        Mail.WELCOME: _("Ouverture d’un compte"),
        Mail.COMPLETION_ASKED: _("Demande de complément"),
        Mail.MESSAGE_FROM_SERVICE: _("Message du service"),
        Mail.REOPENING_ASKED: _("Demande de réouverture d’une évaluation"),
        Mail.FREEZE_PROPOSED: _("Classement à confirmer"),
        Mail.UNFREEZE_PROPOSED: _("Reprise d’un classement à confirmer"),
        Mail.CORRECTIONS: _("Corrections d’un dossier déposé"),
        Mail.COMMENT: _("Commentaire d’un collègue"),
        Mail.DAILY_DIGEST: _("Courriel du jour"),
        Mail.DISCUSSION_OPENED: _("Discussion ouverte entre évaluateurs"),
        Mail.DOSSIERS_ASSIGNED: _("Dossiers à évaluer"),
        Mail.FURTHER_REVIEW: _("Évaluation supplémentaire"),
        Mail.REVIEWER_INVITATION: _("Invitation à évaluer"),
        Mail.REVIEWER_REMINDER: _("Rappel d’évaluations à rendre"),
        Mail.REVIEW_REOPENED: _("Évaluation rouverte"),
        Mail.CONTEST: _("Recours gracieux"),
        Mail.GRANT_DECLINED: _("Renoncement à une subvention"),
        Mail.MESSAGE_TO_SERVICE: _("Message d’une association"),
        Mail.WITHDRAWAL: _("Retrait d’un dossier"),
        Mail.WITHDRAWN: _("Retrait d’un dossier, à l’association"),
        Mail.DECISION_READ: _("Dates après une décision"),
    }
