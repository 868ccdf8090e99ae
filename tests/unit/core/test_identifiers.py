"""SIRET, RNA and e-mail addresses as people type them."""

from __future__ import annotations

import pytest

from aap.core.identifiers import BadEmail, BadSiret, bare_number, read_email, read_rna, read_siret

SIRET = "13002526500013"
IBAN = "FR7630006000011234567890189"


@pytest.mark.parametrize(
    "typed",
    [SIRET, "130 025 265 00013", "130.025.265-00013", "SIRET : 130\u00a0025\u202f265 00013", "N° SIRET 13002526500013"],
)
def test_a_siret_is_read_however_its_figures_are_parted(typed: str) -> None:
    assert read_siret(typed) == SIRET


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("0" * 14, "invalid"),
        ("00000000000018", "invalid"),
        ("13002526500014", "checksum"),
        ("130025265", "length"),
        ("", "length"),
    ],
)
def test_a_siret_that_is_nobodys_is_refused_with_its_reason(typed: str, reason: str) -> None:
    with pytest.raises(BadSiret) as caught:
        read_siret(typed)
    assert caught.value.reason == reason


@pytest.mark.parametrize("typed", ["W751234567", "w 751 234 567", "RNA : W751234567"])
def test_an_rna_is_read_however_it_is_typed(typed: str) -> None:
    assert read_rna(typed) == "W751234567"


@pytest.mark.parametrize(
    "typed",
    [
        "FR76 3000 6000 0112 3456 7890 189", "fr76-3000-6000-0112-3456-7890-189", "IBAN FR7630006000011234567890189",
        "IBAN : FR76\u00a03000\u202f6000 0112 3456 7890 189",
    ],
)  # fmt: skip
def test_an_iban_loses_its_name_spaces_and_hyphens(typed: str) -> None:
    assert bare_number(typed, "IBAN") == IBAN


def test_an_address_is_normalised() -> None:
    assert read_email(" Jo.O'Brien@Exemple.FR ") == "Jo.O'Brien@exemple.fr"


@pytest.mark.parametrize(
    ("typed", "slip"),
    [("l’asso@exemple.fr", "apostrophe courbe (’)"), ("« a@exemple.fr", "guillemet («)"), ("a@exemple", ""), ("", "")],
)
def test_an_address_that_no_mailbox_has_is_refused_with_the_sign_that_is_too_many(typed: str, slip: str) -> None:
    with pytest.raises(BadEmail) as caught:
        read_email(typed)
    assert slip in caught.value.slip
    assert bool(caught.value.slip) is bool(slip)
