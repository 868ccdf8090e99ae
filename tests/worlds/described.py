"""What a person types to describe an association."""

from __future__ import annotations

import pytest

TYPED = {
    "name": "Les Passerelles fictives",
    "acronym": "LPF",
    "siret": "130 025 265 00013",
    "rna": "w691 234 567",
    "object": "Relier les générations.",
    "created_on": "1/2/2011",
    "address": "12 rue de l’Exemple",
    "commune": "lyon",
    "postal_code": "",
    "email": "Contact@Passerelles.example.org",
    "phone": "01 99 00 12 34",
    "website": "passerelles.example.org",
    "iban": "FR14 2004 1010 0505 0001 3M02 606",
    "representative_name": "Dominique Exemple",
    "representative_capacity": "présidente",
    "representative_email": "presidence@example.org",
    "officers": "Dominique Exemple, présidente\n\nSacha Fictif ; trésorier\nLou Modèle",
}


@pytest.fixture
def typed() -> dict[str, object]:
    return dict(TYPED)
