"""Acts before which whoever is signed in says again who they are, unless they did lately (`AAP_CONFIRM_MINUTES`).

The one list of them. A form that was sent too late isn't lost: it waits in the page that asks for the password, and goes on
from there.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request, url_for
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from aap.identity import current_session
from aap.services.permissions import Permission
from aap.services.sessions import is_confirmed
from aap.web.context import arrived_at, platform

ACTS = frozenset(
    {
        Permission.RANKING_FREEZE,
        Permission.RANKING_UNFREEZE,
        Permission.SECONDS_NAME,
        Permission.DECISIONS_NOTIFY,
        Permission.GRANT_CORRECT,
        Permission.RESULTS_PUBLISH,
        Permission.PEOPLE_MANAGE,
        Permission.RECUSAL_LIFT,
        Permission.CALL_OPEN,
    }
)
"""Whatever is sent under these permissions, by whatever page: new pages too."""

ROLES = frozenset(
    {"association.change", "association.invite", "official.invite", "official.invite_table", "official.arbitrate"}
)
"""Pages that give or take a place in an association or on a panel, when they are sent."""

EXPORTS = frozenset(
    {
        "account.export",
        "official.addresses",
        "official.assignment_export",
        "official.award_act",
        "official.briefing",
        "official.briefing_workbook",
        "official.conflict_register",
        "official.download_run",
        "official.export_candidates",
        "official.letters",
        "official.letters_book",
        "official.list_in_force",
        "official.list_version_file",
        "official.minutes",
        "official.minutes_document",
        "official.version_minutes_file",
    }
)
"""Files that take personal data of many people, or all of one's own, out of the service."""

NAMES: dict[str, LazyString] = {
    "account.export": _("Télécharger vos données"),
    "admin.give": _("Changer les rôles d’une personne"),
    "admin.invite": _("Inviter une personne"),
    "admin.invite_again": _("Inviter une personne de nouveau"),
    "admin.lift_recusal": _("Lever un déport"),
    "admin.open_call": _("Ouvrir un appel"),
    "admin.seconds": _("Désigner qui peut confirmer"),
    "admin.reset_second_factor": _("Réinitialiser le second facteur d’une personne"),
    "admin.switch": _("Fermer ou rouvrir un compte"),
    "association.change": _("Changer le rôle d’un membre"),
    "association.invite": _("Inviter un membre"),
    "official.addresses": _("Télécharger les adresses"),
    "official.arbitrate": _("Répondre à une demande de rattachement"),
    "official.assignment_export": _("Télécharger la répartition"),
    "official.award_act": _("Télécharger l’acte d’attribution"),
    "official.briefing": _("Télécharger la note à l’autorité"),
    "official.briefing_workbook": _("Télécharger le tableau d’arbitrage"),
    "official.cancel_hour": _("Annuler une notification"),
    "official.confirm_hour": _("Confirmer une notification"),
    "official.conflict_register": _("Télécharger le registre des conflits"),
    "official.list_in_force": _("Télécharger la liste en vigueur"),
    "official.correct_decision": _("Corriger une décision"),
    "official.end_correction": _("Abandonner une correction"),
    "official.note_observations": _("Enregistrer des observations"),
    "official.send_correction": _("Envoyer une lettre d’intention"),
    "official.take_correction": _("Prendre une décision qui en remplace une autre"),
    "official.list_version_file": _("Télécharger une version de la liste"),
    "official.paper_answer": _("Enregistrer une réponse reçue par écrit"),
    "official.raise_grant": _("Relever une subvention réduite"),
    "official.download_run": _("Télécharger un classement"),
    "official.export_candidates": _("Télécharger la liste des candidatures"),
    "official.freeze": _("Arrêter le classement"),
    "official.invite": _("Inviter un évaluateur"),
    "official.invite_table": _("Inviter des évaluateurs"),
    "official.letters": _("Télécharger les courriers"),
    "official.letters_book": _("Télécharger les courriers"),
    "official.minutes": _("Télécharger le procès-verbal"),
    "official.minutes_document": _("Télécharger le procès-verbal (texte)"),
    "official.seconds": _("Désigner qui peut confirmer"),
    "official.unfreeze": _("Reprendre le classement arrêté"),
    "official.version_minutes_file": _("Télécharger le procès-verbal d’une version reprise"),
    "official.note_return": _("Noter le retour d’un recommandé"),
    "official.note_sendings": _("Noter des envois recommandés"),
    "official.propose_hour": _("Proposer une notification"),
    "official.open_data": _("Dire comment les subventions sont versées"),
    "official.publish": _("Publier les résultats"),
    "official.send_trial": _("Envoyer un courriel d’essai"),
    "official.replace": _("Appeler un dossier de la liste complémentaire"),
}
"""What waits for the password, by its page, as the subject of a sentence."""

UNDER_WAY = "confirm_"
"""How the fields of the page that asks begin: a form's own fields never do."""


class ConfirmationNeeded(Exception):
    """The password has to be given again first."""


def is_asked_of(endpoint: str, method: str, permission: Permission) -> bool:
    """Whether this request is one of the acts."""
    sent = method not in ("GET", "HEAD", "OPTIONS")
    return endpoint in EXPORTS or (sent and (permission in ACTS or endpoint in ROLES))


def is_done() -> bool:
    """Whether who is signed in said lately who they are."""
    row = current_session()
    return row is not None and is_confirmed(row, platform().settings, arrived_at())


def kept_fields() -> list[tuple[str, str]]:
    """The fields of the form that waits, in their order, without what this page itself asks."""
    return [(name, text) for name, text in request.form.items(multi=True) if not name.startswith(UNDER_WAY)]


def page_before(path: str) -> str:
    """The page whose form was sent to this address: the same one, or the one that the browser came from."""
    if leads_to(path, "GET"):
        return path
    came_from = urlsplit(request.referrer or "").path
    return came_from if leads_to(came_from, "GET") else url_for("account.home")


def leads_to(path: str, method: str) -> bool:
    """Whether the address is of a page of ours that takes this method, and, where it is sent a form, one of the acts.

    Nothing else is ever led to with what somebody typed.
    """
    from aap.web.access import permission_of

    endpoint = _page_at(path, method)
    if endpoint is None:
        return False
    permission = permission_of(current_app, endpoint)
    if permission is None:
        return False
    return method == "GET" or is_asked_of(endpoint, method, permission)


def act_at(path: str, method: str) -> str:
    """What is done at this address, as the subject of a sentence; empty where it is a page like others."""
    endpoint = _page_at(path, method)
    return str(NAMES[endpoint]) if endpoint in NAMES and (method != "GET" or endpoint in EXPORTS) else ""


def _page_at(path: str, method: str) -> str | None:
    """The page of ours at an address, None where there is none that takes this method."""
    parts, root = urlsplit(path), request.script_root
    if parts.scheme or parts.netloc or not path.startswith(f"{root}/") or path.startswith(("//", "/\\")):
        return None
    try:
        endpoint, _values = current_app.url_map.bind("").match(parts.path.removeprefix(root), method=method)
    except (HTTPException, RequestRedirect):
        return None
    return str(endpoint)
