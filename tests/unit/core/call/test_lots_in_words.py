"""The rules of a call with lots, in words: what holds in each lot, and what one leaves to the next."""

from __future__ import annotations

from typing import Any

from aap.core.call.schema import CallFile
from aap.core.call.wording import rules_in_words

CALL: dict[str, Any] = {
    "schema": 1,
    "call": {"id": "lots-2026"},
    "rubric": {
        "scale": {"min": 0, "max": 5, "step": 1},
        "criteria": [{"id": "quality", "title": "Qualité", "weight": 1}],
    },
    "scoring": {"method": "raw"},
    "selection": {"mode": "value", "quotas": [{"id": "rural", "where": {"territory": "rural"}, "min": 2}]},
    "lots": {
        "attribute": "volet",
        "items": [
            {"id": "collectif", "title": "Projets collectifs", "selection": {"laureates": 20, "budget": 600000}},
            {
                "id": "essai",
                "selection": {"budget": 1000, "quotas": []},
                "rubric": {"criteria": [{"id": "idea", "weight": 2}]},
            },
        ],
        "spill": ["essai", "collectif"],
    },
}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_each_lot_says_its_own_rules() -> None:
    sections = {section.id: section for section in rules_in_words(CallFile.model_validate(CALL))}
    assert [name for name in sections if name.startswith(("lot", "selection", "quotas"))] == [
        "lots",
        "lot-collectif",
        "lot-essai",
    ]
    assert [plain(sentence) for sentence in sections["lots"].sentences] == [
        "L’appel compte 2 lots : « Projets collectifs » et « essai ».",
        "Chaque dossier relève d’un lot et d’un seul. Chaque lot a son classement, ses règles et sa liste de lauréats.",
        "Ce qu’un lot laisse de son enveloppe s’ajoute à celle du suivant, dans cet ordre : « essai » puis « Projets "
        "collectifs ».",
    ]
    one, other = sections["lot-collectif"], sections["lot-essai"]
    assert (one.title.replace("\u00a0", " "), one.criteria) == ("Lot « Projets collectifs »", ())
    assert [plain(sentence) for sentence in (*one.sentences[:2], one.sentences[-1])] == [
        "20 projets au plus sont retenus.",
        "L’enveloppe est de 600 000 € au plus.",
        "Type de territoire : rural : au moins 2 lauréats.",
    ]
    assert [criterion.id for criterion in other.criteria] == ["idea"]
    assert not any("territoire" in sentence for sentence in other.sentences)


def test_lots_that_leave_nothing_say_nothing_of_it() -> None:
    call = CALL | {"lots": {key: value for key, value in CALL["lots"].items() if key != "spill"}}
    sections = {section.id: section for section in rules_in_words(CallFile.model_validate(call))}
    assert len(sections["lots"].sentences) == 2
