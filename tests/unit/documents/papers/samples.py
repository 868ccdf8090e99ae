"""A call, outcomes and texts that the documents' tests share."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

from pypdf import PdfReader

from aap.core.call.schema import CallFile
from aap.core.results import ResultRow
from aap.documents.papers.letter_facts import LetterFacts
from aap.documents.papers.letters import LetterView, Recipient, letter_view

LONG_NAME = "Association pour l’accompagnement " + "des jeunes et de leurs familles " * 5 + "du Limousin"
HOSTILE = '<img src="file:///etc/passwd"><script>alert(1)</script>&{amount}'


def call(**letters: Any) -> CallFile:
    """A small call with two criteria, calibrated; `letters` is the call file's block."""
    return CallFile.model_validate(
        {
            "schema": 1,
            "call": {
                "id": "essai-2025",
                "title": "Appel d'essai 2025",
                "reference": "ESSAI-2025",
                "authority": {
                    "name": "Préfecture d’Essai",
                    "service": "Service de la vie associative",
                    "city": "Limoges",
                    "court": "tribunal administratif de Limoges",
                },
                "closes_at": "2025-02-28T23:59:59+01:00",
                "decision_by": "2025-04-25",
                "contact": "appel@example.org",
            },
            "rubric": {
                "scale": {"min": 0, "max": 5, "step": "0.5"},
                "threshold": 50,
                "criteria": [
                    {"id": "quality", "title": "Qualité", "weight": 3, "threshold": 2},
                    {"id": "reach", "title": "Portée", "weight": 1},
                ],
            },
            "scoring": {"method": "calibrated"},
            "selection": {"mode": "value", "laureates": 67, "budget": 12000000},
            "letters": letters,
        }
    )


ADDRESS = ("3 impasse des Tilleuls", "23000 Guéret")
SIGNED: dict[str, Any] = {
    "signed_on": "2025-04-24",
    "published": "décision n° 12 du 24 avril 2025",
    "waiting_list_expires": "2025-10-31",
    "signatory": {
        "first_name": "Hélène",
        "last_name": "Exemplaire",
        "capacity": "Cheffe du service",
        "delegation": "arrêté du 6 janvier 2025",
    },
}


def facts(status: str = "not_selected", **changes: Any) -> LetterFacts:
    values: dict[str, Any] = {
        "application_id": "D-0042",
        "association": "Les Passerelles",
        "status": status,
        "reason": "Classé 71ᵉ avec 64,35 points sur 100. Le nombre de lauréats prévu est atteint par des mieux classés",
        "requested_amount": 4_800_000,
        "rank": 71,
        "ranked": 212,
        "retained": 67,
        "score": Decimal("64.3512"),
        "raw_score": Decimal("62.9048"),
        "reviews": 3,
        "marks": {"quality": Decimal("3.5"), "reach": Decimal("2.0810")},
    }
    return LetterFacts(**{**values, **changes})


def letter(status: str = "not_selected", call_file: CallFile | None = None, **changes: Any) -> LetterView:
    outcome = facts(status, **changes)
    return letter_view(
        call_file or call(**SIGNED),
        outcome,
        recipient=Recipient(outcome.association, "Madame Awa Diop, présidente", ADDRESS),
        project="Parrainer",
    )


def row(number: int, **changes: Any) -> ResultRow:
    values: dict[str, Any] = {
        "rank": number,
        "application_id": f"D-{number:04d}",
        "association": f"Association {number}",
        "status": "laureate",
        "reason_code": "selected",
        "reason": "Retenu.",
        "raw_score": Decimal("80.0000"),
        "calibrated_score": Decimal("81.2500"),
        "ci_low": None,
        "ci_high": None,
        "selection_probability": None,
        "reviews": 3,
        "requested_amount": 1_000_000,
        "granted_amount": 1_000_000,
        "waiting_rank": None,
    }
    return ResultRow(**{**values, **changes})


def pages(pdf: bytes) -> list[str]:
    """Text of each page, its spaces (also no-break ones and line ends) made single plain spaces."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def text_of(pdf: bytes) -> str:
    return " ".join(pages(pdf))


DAY = date(2025, 4, 24)
