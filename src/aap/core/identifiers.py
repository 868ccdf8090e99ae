"""Numbers and addresses that name somebody, as people type them: with spaces, hyphens, or their own name before them."""

from __future__ import annotations

import re
from typing import Literal

from email_validator import EmailNotValidError, validate_email
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.fr import siret

from aap.core.french import NBSP

_PARTED = re.compile(r"[\s.\-\u2010-\u2015\u00b7]+")
_RNA = re.compile(r"W[0-9][0-9A-Z][0-9]{7}")  # W, the prefecture (W75, W2A, W9R), seven digits
_APOSTROPHES = re.compile("[\u2018\u2019\u02bc\u00b4`]")
_QUOTES = re.compile('[«»\u201c\u201d\u201e\u2039\u203a"]')


def bare_number(text: str, name: str) -> str:
    """A number without what parts its figures, nor its name before it: `IBAN : FR76 3000-6000…` is `FR7630006000…`."""
    plain = _PARTED.sub("", text).upper()
    return re.sub(rf"^(?:N[°O]?)?{name}(?:N[°O])?:?(?=.)", "", plain)


class BadSiret(ValueError):
    """Why a text is no SIRET: its `reason`."""

    def __init__(self, reason: Literal["length", "checksum", "invalid"]) -> None:
        super().__init__(reason)
        self.reason = reason


def read_siret(text: str) -> str:
    """Fourteen digits, checked; `00000000000000` passes the sum and is nobody's. Raises BadSiret."""
    digits = bare_number(text, "SIRET")
    if not re.fullmatch(r"[0-9]{14}", digits):
        raise BadSiret("length")
    if digits.startswith("0" * 9):
        raise BadSiret("invalid")
    try:
        return str(siret.validate(digits))
    except InvalidChecksum as error:
        raise BadSiret("checksum") from error
    except ValidationError as error:
        raise BadSiret("invalid") from error


def read_rna(text: str) -> str:
    """`W751234567`. Raises ValueError."""
    number = bare_number(text, "RNA")
    if not _RNA.fullmatch(number):
        raise ValueError("no number of the register of associations")
    return number


class BadEmail(ValueError):
    """A text that is no e-mail address. `slip`, in French, says which sign is one too many; empty where nothing is known."""

    def __init__(self, slip: str = "") -> None:
        super().__init__(slip or "no address")
        self.slip = slip


def read_email(text: str) -> str:
    """The address as mails are sent to it. Raises BadEmail.

    Word processors turn `'` into `’`, which the rules of addresses allow and no mailbox has: it is told, not mailed to.
    """
    address = text.strip()
    if found := _APOSTROPHES.search(address):
        raise BadEmail(
            f"Cette adresse contient une apostrophe courbe ({found[0]}){NBSP}: écrivez-la avec l’apostrophe droite (')."
        )
    if found := _QUOTES.search(address):
        raise BadEmail(f"Cette adresse contient un guillemet ({found[0]}){NBSP}: écrivez-la sans guillemets.")
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise BadEmail from error
