"""Passwords: their hashes (argon2id), as Flask-Security checks them, and the rules for choosing one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from typing import Any

from argon2 import PasswordHasher
from flask_babel import gettext as _
from flask_security import PasswordUtil

from aap.core.composed import nfc, with_few_marks
from aap.core.territories import fold
from aap.identity.guessing import Pattern, guess

PEPPER = "aap"
"""Salt of the HMAC before the hash; argon2 has its own random salt besides."""

TIME_COST, MEMORY_COST, PARALLELISM = 2, 19_456, 1
"""Rounds, kibibytes and lanes of argon2id: the least that OWASP's password storage sheet gives (m = 19 MiB, t = 2, p = 1).

A hash costs 20 ms of a core, so that an hour in which everybody signs in is held. One of 0.1.0 (64 MiB, t = 3) is made
anew when its owner signs in.
"""

SHORTEST, LONGEST = 12, 1000
ENOUGH = 10.0
"""Logarithm of the guesses that a password must stand: out of reach of who tries here, and dear even to who holds its hash."""


def hashing_options() -> dict[str, int]:
    """The same for passlib, which checks and renews hashes for Flask-Security."""
    costs = {"time_cost": TIME_COST, "memory_cost": MEMORY_COST, "parallelism": PARALLELISM, "digest_size": 32}
    return {f"argon2__{name}": value for name, value in costs.items()}


def hash_password(password: str) -> str:
    """The stored form, also for accounts made by commands. The steps before argon2 are Flask-Security's."""
    normalised = unicodedata.normalize("NFKD", with_few_marks(password))
    digest = hmac.new(PEPPER.encode(), normalised.encode(), hashlib.sha512).digest()
    hasher = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_COST, parallelism=PARALLELISM)
    return hasher.hash(base64.b64encode(digest))


def weakness(password: str, *own_words: str) -> str | None:
    """Why a password can't be taken, in French; None where it can. `own_words`: name and e-mail of its owner.

    A length, and no guess that an attacker would make first: no rule on the kinds of characters, as the CNIL
    (deliberation 2022-100), the ANSSI and NIST SP 800-63B advise.
    """
    if len(password) < SHORTEST:
        return _("Ce mot de passe est trop court : %(n)s caractères au moins.", n=SHORTEST)
    if len(password) > LONGEST:
        return _("Ce mot de passe est trop long : %(n)s caractères au plus.", n=LONGEST)
    if _little_besides(password, own_words):
        return f"{_why(Pattern.OWN)} {_advice()}"
    found = guess(password, own_words)
    return f"{_why(found.pattern)} {_advice()}" if found.digits < ENOUGH else None


def _little_besides(password: str, own_words: tuple[str, ...]) -> bool:
    """Whether hardly anything is left without the owner's name and address, and without figures and signs at the ends."""
    folded = fold(password).replace(" ", "")
    rest = folded
    for part in (part for words in own_words for part in re.split(r"[\s@.]+", fold(words)) if len(part) > 3):
        rest = rest.replace(part, "")
    rest = rest.strip("0123456789!?.*-_@ ")
    return len(rest) < 4 and rest != folded.strip("0123456789!?.*-_@ ")


def _why(pattern: Pattern) -> str:
    """What makes the password guessable."""
    return {
        Pattern.OWN: _("Ce mot de passe serait deviné trop vite : il reprend votre nom ou votre adresse."),
        Pattern.KNOWN: _("Ce mot de passe serait deviné trop vite : il est fait de mots de passe très répandus."),
        Pattern.WORD: _(
            "Ce mot de passe serait deviné trop vite : un mot courant, même suivi de chiffres, ne suffit pas."
        ),
        Pattern.KEYBOARD: _("Ce mot de passe serait deviné trop vite : il suit les touches du clavier."),
        Pattern.REPEAT: _("Ce mot de passe serait deviné trop vite : il répète toujours la même chose."),
        Pattern.SEQUENCE: _("Ce mot de passe serait deviné trop vite : il suit l’alphabet ou compte."),
        Pattern.DATE: _("Ce mot de passe serait deviné trop vite : il est fait de dates."),
        Pattern.OTHER: _("Ce mot de passe serait deviné trop vite."),
    }[pattern]


def _advice() -> str:
    return _("Choisissez plutôt quatre ou cinq mots sans rapport entre eux.")


class PasswordRules(PasswordUtil):
    """The rules above, where Flask-Security asks."""

    def normalize(self, password: str) -> str:
        normalised: str = super().normalize(with_few_marks(password))
        return normalised

    def validate(self, password: str, is_register: bool, **fields: Any) -> tuple[list[str] | None, str]:
        user = fields.get("user")
        name = fields.get("name") or getattr(user, "name", "") or ""
        email = fields.get("email") or getattr(user, "email", "") or ""
        normalised: str = self.normalize(password)
        found = weakness(nfc(password), str(name), str(email))
        return ([found] if found else None), normalised
