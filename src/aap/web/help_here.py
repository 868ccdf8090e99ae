"""Help where one is: the guide of the page's role, and whom to ask about its call. The frame shows it at the foot of every
page of who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from flask import request, url_for
from jinja2 import pass_context
from jinja2.runtime import Context

from aap.core import french
from aap.records.people import Role
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.dossiers import OpenedDossier
from aap.services.permissions import Permission, allowed
from aap.web.context import current_actor, platform
from aap.web.user_guides import GUIDES, guide_address

Kind = TypeVar("Kind")

_GUIDES = {"association": "association", "reviewer": "evaluation", "official": "instruction", "admin": "administration"}
"""Blueprint → the guide of whoever is there."""

_PARTS = {
    "association.start": "avant-de-commencer",
    "association.eligibility": "avant-de-commencer",
    "association.dossier": "remplir-le-dossier",
    "association.section": "remplir-le-dossier",
    "association.save": "remplir-le-dossier",
    "association.read_through": "remplir-le-dossier",
    "association.check": "deposer",
    "association.signature": "deposer",
    "association.status": "ensuite",
    "association.receipt": "ensuite",
    "association.messages": "ensuite",
    "association.decision": "ensuite",
    "association.withdraw": "ensuite",
    "association.create": "votre-compte-et-votre-association",
    "association.show": "votre-compte-et-votre-association",
    "association.describe": "votre-compte-et-votre-association",
    "association.members": "votre-compte-et-votre-association",
    "association.safe": "votre-compte-et-votre-association",
    "reviewer.home": "votre-liste",
    "reviewer.dossier": "noter-un-dossier",
    "reviewer.specimens": "le-tour-de-calibrage",
    "reviewer.specimen": "le-tour-de-calibrage",
    "reviewer.recuse": "se-deporter",
    "reviewer.hand_back": "rendre-un-dossier-faute-de-temps",
    "reviewer.offline": "hors-ligne",
    "official.call": "les-etapes-dun-appel",
    "official.advance": "les-etapes-dun-appel",
    "official.candidates": "les-candidats",
    "official.dossier": "un-dossier",
    "official.reviews": "les-evaluations",
    "official.interests": "interets-et-deports",
    "official.conflicts": "interets-et-deports",
    "official.claims": "les-demandes-de-rattachement",
    "official.gates": "a-revoir-avant-la-deliberation",
    "official.ranking": "le-classement",
    "official.run": "le-classement",
    "official.jury": "le-jury",
    "official.arbitration": "larbitrage-de-lautorite",
    "official.freeze": "arreter-decider-notifier",
    "official.decisions": "arreter-decider-notifier",
    "official.notify": "arreter-decider-notifier",
    "official.unfreeze": "reprendre-un-classement-arrete",
    "official.list_versions": "la-liste-en-vigueur",
    "official.replacements": "un-laureat-renonce",
    "official.corrections": "corriger-une-decision-notifiee",
    "official.appeals": "les-recours",
    "official.appeal": "les-recours",
    "admin.people": "les-personnes",
    "admin.person": "les-personnes",
    "admin.calls": "les-appels",
    "admin.call": "les-appels",
    "admin.journal": "le-journal",
    "admin.system": "le-systeme",
}
"""Page → the anchor of the part of its guide that is about it; a page that is not named leads to the guide's beginning."""

_NAMES = ("call", "dossier", "page", "found", "own")
"""What views call the thing that a page is about."""


@dataclass(frozen=True)
class HelpHere:
    """`guide`: (what the link says, its address). `email`, `phone`, `hours`: of the page's call, where there is one
    and it gives them. `messages`: where this association writes to the service, if it may
    now. `site`: whom to ask about the site itself."""

    guide: tuple[str, str]
    email: str = ""
    phone: str = ""
    hours: str = ""
    messages: str = ""
    site: str = ""

    @property
    def phone_link(self) -> str:
        return "tel:" + "".join(one for one in self.phone if one.isdigit() or one == "+")


@pass_context
def help_here(context: Context) -> HelpHere | None:
    """What the page that is being written should offer; None for who isn't signed in."""
    actor = current_actor()
    if actor is None:
        return None
    call = _found(OpenedCall, context)
    identity = call.file.call if call else None
    return HelpHere(
        guide=_guide(actor),
        email=(identity.contact or "") if identity else "",
        phone=(identity.phone or "") if identity else "",
        hours=french.spaced(identity.phone_hours or "") if identity else "",
        messages=_messages(actor, _found(OpenedDossier, context)),
        site=platform().settings.contact,
    )


def may_write(actor: Actor, dossier: OpenedDossier) -> bool:
    """Whether a message of theirs would reach the service: the one reason to offer « Échanger avec le service »."""
    return allowed(actor, Permission.APPLICATION_MESSAGE, dossier.target)


def _messages(actor: Actor, dossier: OpenedDossier | None) -> str:
    elsewhere = request.blueprint != "association" or request.endpoint == "association.messages"
    if dossier is None or elsewhere or not may_write(actor, dossier):
        return ""
    return url_for("association.messages", application_id=dossier.id)


def _guide(actor: Actor) -> tuple[str, str]:
    name = _GUIDES.get(request.blueprint or "") or _of_role(actor)
    return str(GUIDES[name]), guide_address(name, _PARTS.get(request.endpoint or "", ""))


def _of_role(actor: Actor) -> str:
    """On a page of no role: the guide of the role in which somebody has most to do."""
    if actor.memberships:
        return "association"
    held = {Role.OFFICIAL: "instruction", Role.REVIEWER: "evaluation", Role.ADMIN: "administration"}
    return next((guide for role, guide in held.items() if actor.has_role(role)), "association")


def _found(kind: type[Kind], context: Context) -> Kind | None:
    """The call, or the dossier, that the page is about: itself, or what its view's thing is part of."""
    held: list[Any] = [context.get(name) for name in _NAMES]
    for value in [*held, *(getattr(one, name, None) for name in ("call", "opened", "dossier") for one in held)]:
        if isinstance(value, kind):
            return value
        inner = getattr(value, "call", None)
        if isinstance(inner, kind):
            return inner
    return None
