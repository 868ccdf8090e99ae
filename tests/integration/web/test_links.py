"""Mails lead to pages that are there, under the public address."""

from __future__ import annotations

import inspect

import pytest
from flask import Flask

from aap.services.page_links import Links
from aap.web.public_links import PublicLinks

LINKS = PublicLinks("https://appels.example.org/depots/")

PAGES = {
    "sign_in": "security.login",
    "sign_in_link": "account.open_link",
    "account": "account.home",
    "health": "public.health",
    "dossier": "association.dossier",
    "section": "association.section",
    "decision": "association.decision",
    "invitation": "association.invitation",
    "signature": "association.signature",
    "reviews": "reviewer.home",
    "interests": "reviewer.interests",
    "claims": "association.claims",
    "claim_proof": "association.claim_proof",
    "freezing": "official.freeze",
    "unfreezing": "official.unfreeze",
    "receipt": "association.receipt",
    "messages": "association.messages",
    "own_claim": "association.own_claim_page",
    "review": "reviewer.dossier",
    "discussion": "reviewer.discussion",
    "reviews_followed": "official.reviews",
    "inspected": "official.dossier",
    "appeal": "official.appeal",
    "correction": "official.correction",
    "replacements": "official.replacements",
    "journal": "admin.journal",
}
"""Link → the view that it leads to."""


def address(name: str) -> str:
    method = getattr(LINKS, name)
    return str(method(*[7 if name == "number" else "ab/c" for name in inspect.signature(method).parameters]))


def test_every_link_is_named_here() -> None:
    assert PAGES.keys() == {
        name for name, _ in inspect.getmembers(Links, inspect.isfunction) if not name.startswith("_")
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_link_leads_to_its_page_under_the_public_address(app: Flask, name: str) -> None:
    assert address(name).startswith("https://appels.example.org/depots/")
    path = address(name).removeprefix("https://appels.example.org/depots").replace("ab%2Fc", "abc")
    endpoint, values = app.url_map.bind("appels.example.org").match(path, method="GET")
    words = {value for name, value in values.items() if name != "number"}
    assert (endpoint, words) == (PAGES[name], {"abc"} if "abc" in path else set())
