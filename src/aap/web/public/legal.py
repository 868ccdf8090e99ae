"""Legal notices, personal data, accessibility, contact: what the operator's settings and the calls say."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template

from aap.core import french
from aap.services.call.calls import OpenedCall
from aap.services.call.public_calls import public_calls
from aap.services.permissions import Permission, allowed
from aap.web import figures
from aap.web.access import requires
from aap.web.accessibility import DEROGATIONS, SAMPLE, statement
from aap.web.context import platform, reading
from aap.web.public.blueprint import blueprint
from aap.web.public.words import phone_words, privacy_words
from aap.web.user_guides import GUIDES


@dataclass(frozen=True)
class CallContact:
    """Whom to write to about one call."""

    id: str
    title: str
    service: str
    contact: str
    phone: str
    privacy: str


def _contacts(calls: tuple[OpenedCall, ...]) -> list[CallContact]:
    """The latest calls first."""
    return [
        CallContact(
            id=call.id,
            title=french.spaced(call.record.title),
            service=authority.office if (authority := call.file.call.authority) else "",
            contact=call.file.call.contact or "",
            phone=phone_words(call.file.call),
            privacy=privacy_words(call.file),
        )
        for call in reversed(calls)
    ]


def _calls() -> tuple[OpenedCall, ...]:
    with reading() as session:
        return public_calls(session)


@dataclass(frozen=True)
class Operator:
    """Who answers for the site; an empty text: not said."""

    publisher: str
    director: str
    hosting: str
    contact: str
    data_protection: str


def operator(calls: tuple[OpenedCall, ...]) -> Operator:
    """By the settings; the publisher else the authorities of the calls."""
    settings = platform().settings
    named = sorted({call.file.call.authority.name for call in calls if call.file.call.authority})
    return Operator(
        publisher=settings.publisher or figures.listed(named),
        director=settings.publication_director,
        hosting=settings.hosting,
        contact=settings.contact,
        data_protection=settings.data_protection,
    )


@blueprint.get("/mentions-legales")
@requires(Permission.PUBLIC_READ)
def legal() -> str:
    return render_template("public/legal.html", operator=operator(_calls()))


@blueprint.get("/donnees-personnelles")
@requires(Permission.PUBLIC_READ)
def privacy() -> str:
    calls = _calls()
    return render_template("public/privacy.html", operator=operator(calls), contacts=_contacts(calls))


@blueprint.get("/contact")
@requires(Permission.PUBLIC_READ)
def contact() -> str:
    calls = _calls()
    return render_template("public/contact.html", operator=operator(calls), contacts=_contacts(calls))


@blueprint.get("/plan-du-site")
@requires(Permission.PUBLIC_READ)
def site_map() -> str:
    """The second way through the site (RGAA 12.1)."""
    calls = _calls()
    return render_template("public/site_map.html", calls=_contacts(calls), published=_published(calls), guides=GUIDES)


def _published(calls: tuple[OpenedCall, ...]) -> set[str]:
    return {call.id for call in calls if allowed(None, Permission.RESULTS_READ, call.target())}


@blueprint.get("/accessibilite")
@requires(Permission.PUBLIC_READ)
def accessibility() -> str:
    """The statement that the RGAA asks for (décret n° 2019-768, article 4; model of the RGAA 4.1)."""
    calls = _calls()
    return render_template(
        "public/accessibility.html",
        statement=statement(),
        sample=SAMPLE,
        derogations=DEROGATIONS,
        operator=operator(calls),
        contacts=_contacts(calls),
    )
