"""A letter greets its reader by the capacity that was typed, agreed with the person, and guesses nobody."""

from __future__ import annotations

import pytest

from aap.documents.papers.greeting import NEUTRAL, greeting


@pytest.mark.parametrize(
    ("capacity", "said"),
    [
        ("Présidente", "Madame la Présidente"),
        ("président", "Monsieur le Président"),
        ("PRESIDENTE", "Madame la Présidente"),
        ("Présidente du conseil d’administration", "Madame la Présidente"),
        ("Vice-présidente", "Madame la Vice-Présidente"),
        ("co président", "Monsieur le Co-Président"),
        ("coordinatrice", "Madame la Coordinatrice"),
        ("Directeur général", "Monsieur le Directeur"),
        ("Administratrice", "Madame l’Administratrice"),
        ("Secrétaire générale", "Madame la Secrétaire générale"),
        ("Trésorier adjoint", "Monsieur le Trésorier"),
    ],
)
def test_the_greeting_agrees_with_the_capacity(capacity: str, said: str) -> None:
    assert greeting(capacity) == said


@pytest.mark.parametrize(
    "capacity",
    [
        "",
        "Secrétaire",
        "Maire",
        "Président(e)",
        "Président·e",
        "président.e",
        "Présidente ou président",
        "présidentes",
        "bénévole",
    ],
)
def test_a_capacity_that_says_nothing_of_the_person_is_greeted_as_both(capacity: str) -> None:
    assert greeting(capacity) == NEUTRAL
