"""Roles and memberships in words."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from aap.records.people import MembershipRole, Role
from aap.services.account.second_factor import Factors


def role_name(role: Role) -> str:
    return {
        Role.REVIEWER: _("Évaluateur"),
        Role.OFFICIAL: _("Instructeur"),
        Role.ADMIN: _("Administrateur"),
        Role.CONSULTED: _("Service consulté"),
        Role.JURY: _("Membre du jury"),
    }[role]


def role_words(role: Role, call_title: str) -> str:
    """« Instructeur de l’appel « … » », « Administrateur de l’instance »."""
    if role is Role.ADMIN:
        return _("Administrateur de l’instance")
    if not call_title:
        return _("%(role)s de tous les appels", role=role_name(role))
    return _("%(role)s de l’appel «\u00a0%(title)s\u00a0»", role=role_name(role), title=call_title)


def membership_words(role: MembershipRole) -> str:
    """What somebody may do for an association, within a sentence."""
    return {
        MembershipRole.OWNER: _("responsable\u00a0: remplit, dépose et gère les personnes"),
        MembershipRole.EDITOR: _("rédacteur\u00a0: remplit et dépose"),
        MembershipRole.READER: _("lecteur\u00a0: consulte"),
    }[role]


def membership_choices() -> dict[str, str]:
    """Membership role → what it may do, to choose from."""
    return {role: words[0].upper() + words[1:] for role in MembershipRole if (words := membership_words(role))}


def factor_words(held: Factors) -> str:
    """What a person proves themselves with besides the password, for an administrator: never a code, nor a name."""
    parts = [_("application de codes")] if held.authenticator else []
    if held.passkeys:
        parts.append(ngettext("%(num)s clé d’accès", "%(num)s clés d’accès", len(held.passkeys)))
    return ", ".join(parts)
