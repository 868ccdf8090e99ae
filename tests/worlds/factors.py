"""A second factor set up as a person does it: by the pages, with a device that is a line of code."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from aap.services.account.totp import code_at

FACTORS = "/compte/second-facteur"


def with_authenticator(page: Any, clock: Any) -> str:
    """Sets up an authenticator in a signed-in browser; gives its secret."""
    page.post(f"{FACTORS}/application", page=FACTORS)
    shown = page.get(f"{FACTORS}/application").text
    secret = re.search(r"<code>([A-Z2-7 ]{39})</code>", shown).group(1).replace(" ", "")  # type: ignore[union-attr]
    answer = page.post(f"{FACTORS}/application/code", {"code": code_at(secret, clock())}, page=f"{FACTORS}/application")
    assert answer.location == FACTORS, answer.text
    return secret


def with_codes(page: Any) -> list[str]:
    """Asks for recovery codes; gives them as they are shown."""
    return re.findall(r"<li><code>([a-z0-9-]{29})</code></li>", page.post(f"{FACTORS}/codes", page=FACTORS).text)


def first_step(page: Any, person: Any, password: str) -> str:
    """Signs in by password; gives where that leads, without what comes after."""
    return urlsplit(page.post("/connexion", {"email": person.email, "password": password}).location).path
