"""States of a call and of a dossier in words, for the pages of officials, reviewers and administrators."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from aap.records.applications import ApplicationState
from aap.records.calls import CallState
from aap.records.reviews import Confidence


def call_states() -> Mapping[CallState, str]:
    return {
        CallState.DRAFT: _("Préparation"),
        CallState.OPEN: _("Dépôt des dossiers"),
        CallState.CLOSED: _("Recevabilité"),
        CallState.REVIEWING: _("Évaluation"),
        CallState.DELIBERATING: _("Délibération"),
        CallState.PROPOSED: _("Classement proposé"),
        CallState.ARBITRATED: _("Classement arrêté"),
        CallState.DECIDED: _("Décisions"),
        CallState.PUBLISHED: _("Publié"),
        CallState.ARCHIVED: _("Archivé"),
    }


def application_states() -> Mapping[str, str]:
    return {
        ApplicationState.DRAFT: _("Brouillon"),
        ApplicationState.SUBMITTED: _("À examiner"),
        ApplicationState.TO_COMPLETE: _("À compléter"),
        ApplicationState.ELIGIBLE: _("Recevable"),
        ApplicationState.INELIGIBLE: _("Irrecevable"),
        ApplicationState.LAUREATE: _("Lauréat"),
        ApplicationState.WAITING_LIST: _("Liste d’attente"),
        ApplicationState.NOT_SELECTED: _("Non retenu"),
        ApplicationState.NOTIFIED: _("Notifié"),
        ApplicationState.ACCEPTED: _("Accepté par le lauréat"),
        ApplicationState.DECLINED: _("Subvention abandonnée"),
        ApplicationState.WITHDRAWN: _("Retiré"),
    }


def confidence_words() -> Mapping[str, str]:
    """How well a reviewer knows the subject, for « Votre connaissance du sujet »."""
    return {
        Confidence.HIGH: _("bonne"),
        Confidence.MEDIUM: _("moyenne"),
        Confidence.LOW: _("faible"),
        Confidence.UNSAID: _("non précisée"),
    }


APPLICATION_KINDS: Mapping[str, str] = {
    ApplicationState.SUBMITTED: "warning",
    ApplicationState.TO_COMPLETE: "warning",
    ApplicationState.ELIGIBLE: "info",
    ApplicationState.INELIGIBLE: "danger",
    ApplicationState.LAUREATE: "success",
    ApplicationState.WAITING_LIST: "info",
    ApplicationState.ACCEPTED: "success",
}
