"""Amounts that officials type: read by the reader that everybody shares."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aap.services.errors import InvalidInput, Objection
from aap.web.official.pages import typed_euros


@pytest.mark.parametrize(
    ("text", "euros"),
    [("", None), (" € ", None), ("12 000,50 €", Decimal("12000.50")), ("1\u202f200", Decimal(1200)), ("0", Decimal(0))],
)
def test_euros_are_read_as_officials_type_them(text: str, euros: Decimal | None) -> None:
    assert typed_euros(text) == euros


@pytest.mark.parametrize(
    ("text", "objection"),
    [
        ("20.000", Objection("page.amount_ambiguous", thousands="20000", decimals="20,00")),
        ("1,500 €", Objection("page.amount_ambiguous", thousands="1500", decimals="1,50")),
        ("douze", Objection("page.amount_unreadable")),
        ("-5", Objection("page.amount_unreadable")),
        ("12.3456", Objection("page.amount_unreadable")),
    ],
)
def test_what_is_no_amount_or_two_is_objected_beside_its_field(text: str, objection: Objection) -> None:
    with pytest.raises(InvalidInput) as refused:
        typed_euros(text, "enveloppe")
    assert refused.value.problems == {"enveloppe": objection}
