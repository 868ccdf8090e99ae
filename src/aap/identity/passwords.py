"""Passwords: their hashes (argon2id), as Flask-Security checks them, and the rules for choosing one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
from typing import Any

from argon2 import PasswordHasher
from flask_babel import gettext as _
from flask_security import PasswordUtil

from aap.core.composed import nfc, with_few_marks
from aap.core.territories import fold

PEPPER = "aap"
"""Salt of the HMAC before the hash; argon2 has its own random salt besides."""

TIME_COST, MEMORY_COST, PARALLELISM = 2, 19_456, 1
"""Rounds, kibibytes and lanes of argon2id: the least that OWASP's password storage sheet gives (m = 19 MiB, t = 2, p = 1).

A hash costs 20 ms of a core, so that an hour in which everybody signs in is held. One of 0.1.0 (64 MiB, t = 3) is made
anew when its owner signs in.
"""

SHORTEST, LONGEST = 12, 1000
_COMMON = (
    "motdepasse",
    "password",
    "azerty",
    "qwerty",
    "123456",
    "bonjour",
    "soleil",
    "administrateur",
    "appelaprojet",
)


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
    (deliberation 2022-100) and NIST SP 800-63B advise.
    """
    if len(password) < SHORTEST:
        return _("Ce mot de passe est trop court : %(n)s caractères au moins.", n=SHORTEST)
    if len(password) > LONGEST:
        return _("Ce mot de passe est trop long : %(n)s caractères au plus.", n=LONGEST)
    if len(set(password)) < 5:
        return _("Ce mot de passe répète toujours les mêmes caractères.")
    folded = fold(password).replace(" ", "")
    rest = folded
    own = [part for word in own_words for part in fold(word).split()]
    for guess in (*_COMMON, *(part for part in own if len(part) > 3)):
        rest = rest.replace(guess, "")
    rest = rest.strip("0123456789!?.*-_ ")
    if len(rest) < 4 and rest != folded:
        return _(
            "Ce mot de passe serait deviné trop vite : évitez votre nom, votre adresse et les mots de passe connus."
        )
    return None


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
