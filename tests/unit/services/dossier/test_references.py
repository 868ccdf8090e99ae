"""A reference is found as people say it, and short where the call has no other that ends so."""

from __future__ import annotations

import pytest

from aap.services.dossier.references import said, short_names

CALL = ("AAP-2025-0018", "AAP-2025-0180", "AAP-2025-0071", "AAP-2024-0071", "AAP-2025-K7M2P")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("18", ("AAP-2025-0018",)),
        ("0018", ("AAP-2025-0018",)),
        (" 2025-0018 ", ("AAP-2025-0018",)),
        ("2025 18", ("AAP-2025-0018",)),
        ("aap-2025-0018", ("AAP-2025-0018",)),
        ("k7m2p", ("AAP-2025-K7M2P",)),
        ("71", ("AAP-2024-0071", "AAP-2025-0071")),
        ("2024-71", ("AAP-2024-0071",)),
        ("8", ()),
        ("7M2P", ()),
        ("", ()),
        ("–", ()),
    ],
)
def test_a_reference_is_found_as_it_is_said(typed: str, found: tuple[str, ...]) -> None:
    assert said(typed, CALL) == found


def test_the_whole_comes_before_what_ends_so() -> None:
    assert said("A-1", ("A-1", "B-A-1")) == ("A-1",)
    assert said("1", ("A-1", "B-A-1")) == ("A-1", "B-A-1")


def test_a_short_name_is_one_that_no_other_has() -> None:
    assert dict(short_names(CALL)) == {
        "AAP-2025-0018": "0018",
        "AAP-2025-0180": "0180",
        "AAP-2025-0071": "AAP-2025-0071",
        "AAP-2024-0071": "AAP-2024-0071",
        "AAP-2025-K7M2P": "K7M2P",
    }
