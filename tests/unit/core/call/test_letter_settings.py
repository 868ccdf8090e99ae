"""What is typed at decision time: every fault at once, blanks kept, the call file where nothing is typed."""

from __future__ import annotations

from datetime import date

import pytest

from aap.core.call.letter_settings import (
    FIELDS,
    DecisionTerms,
    SettingFault,
    as_content,
    content_hash,
    in_effect,
    read_settings,
    with_terms,
)
from tests.unit.documents.papers import samples

TYPED = {
    "signed_on": "15/04/2025",
    "act": "arrêté n° 2025-112",
    "delegated_on": "2025-01-06",
    "delegation": "arrêté portant délégation",
    "first_name": "Hélène",
    "last_name": "Exemplaire",
    "capacity": "Cheffe du service",
    "on_behalf": "Pour la ministre et par délégation",
    "expires": "2025-10-31",
    "visas": "Vu la loi ;\n\n  Vu le décret ;\n",
    "closing_refusal": "Veuillez agréer, {greeting}, mes salutations.",
}


def test_what_is_typed_is_read_and_kept_as_it_was_typed() -> None:
    terms, faults = read_settings(TYPED)
    assert faults == {}
    assert terms == DecisionTerms(
        signed_on=date(2025, 4, 15),
        delegated_on=date(2025, 1, 6),
        expires=date(2025, 10, 31),
        first_name="Hélène",
        last_name="Exemplaire",
        capacity="Cheffe du service",
        on_behalf="Pour la ministre et par délégation",
        delegation="arrêté portant délégation",
        act="arrêté n° 2025-112",
        visas=("Vu la loi ;", "Vu le décret ;"),
        closing={"refusal": "Veuillez agréer, {greeting}, mes salutations."},
    )
    assert terms.act_in_words == "arrêté n° 2025-112 du 15\u00a0avril\u00a02025"
    assert terms.delegation_in_words == "arrêté portant délégation du 6\u00a0janvier\u00a02025"
    assert read_settings(as_content(terms)) == (terms, {})
    assert list(as_content(terms)) == [name for name in FIELDS if name in TYPED]


def test_every_fault_is_told_at_once() -> None:
    _, faults = read_settings(
        {
            "signed_on": "2025-04-15",
            "act_on": "31/02/2025",
            "delegated_on": "2025-05-01",
            "expires": "2025-04-15",
            "capacity": "x" * 301,
            "published": "{title}",
            "visas": "Vu {amount} ;",
            "closing_laureate": "Bravo {",
            "closing_refusal": "Le recours gracieux suspend le délai.",
        }
    )
    assert {name: (fault.why, fault.name) for name, fault in faults.items()} == {
        "act_on": ("day", ""),
        "delegated_on": ("delegated_later", ""),
        "expires": ("before_signature", ""),
        "capacity": ("too_long", ""),
        "published": ("unknown_name", "title"),
        "visas": ("unknown_name", "amount"),
        "closing_laureate": ("brace", ""),
        "closing_refusal": ("suspends", ""),
    }
    assert faults["capacity"] == SettingFault("too_long", most=300)
    assert "greeting" not in faults["visas"].allowed


def test_nothing_typed_is_what_the_call_file_says() -> None:
    call = samples.call(**samples.SIGNED)
    now = in_effect(call, read_settings({})[0])
    assert (now.signed_on, now.last_name, now.capacity, now.published, now.expires) == (
        date(2025, 4, 24), "Exemplaire", "Cheffe du service", "décision n° 12 du 24 avril 2025", date(2025, 10, 31),
    )  # fmt: skip
    assert with_terms(call, None) is call


def test_a_name_that_is_typed_never_borrows_the_capacity_of_the_files_signatory() -> None:
    call = samples.call(**samples.SIGNED)
    now = in_effect(call, DecisionTerms(first_name="Paul", last_name="Autre", signed_on=date(2025, 4, 15)))
    assert (now.first_name, now.last_name, now.capacity, now.delegation) == ("Paul", "Autre", "", "")
    letters = with_terms(call, now).letters
    assert (letters.signed_on, letters.signatory.last_name, letters.signatory.capacity) == (
        date(2025, 4, 15), "Autre", None,
    )  # fmt: skip


def test_the_hash_is_that_of_the_content_whatever_its_order() -> None:
    content = as_content(read_settings(TYPED)[0])
    assert content_hash(content) == content_hash(dict(reversed(content.items())))
    assert content_hash(content) != content_hash({**content, "act": "arrêté n° 2025-113"})


@pytest.mark.parametrize("text", ["2025-13-01", "hier", "0001-01-01", "15/04/0025", "20250415x"])
def test_what_is_no_day_is_told(text: str) -> None:
    assert read_settings({"signed_on": text})[1] == {"signed_on": SettingFault("day")}


@pytest.mark.parametrize("text", ["2025-04-15", "15/04/2025", "15.4.25", "15 avril 2025"])
def test_a_day_is_read_as_on_every_other_page(text: str) -> None:
    terms, faults = read_settings({"signed_on": text})
    assert (terms.signed_on, faults) == (date(2025, 4, 15), {})
