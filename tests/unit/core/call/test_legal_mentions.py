"""What the law asks of letters is looked for in the texts that a call file puts in the place of the defaults."""

from __future__ import annotations

from typing import Any

import pytest

from aap.core.call.checks import check_call
from aap.core.call.legal_mentions import blanks, legal_problems, suspends_a_delay
from aap.core.call.letter_settings import DecisionTerms, in_effect
from tests.unit.documents.papers import samples

WHOLE = (
    "Vous pouvez contester cette décision dans un délai de {delay} :",
    "– par un recours gracieux, qui proroge le délai ;",
    "– devant le {court}.",
    "{award}",
)


def found(**letters: Any) -> list[tuple[str, str]]:
    return [(one.path, one.message.partition(" (")[0]) for one in legal_problems(samples.call(**letters))]


def test_the_defaults_and_a_whole_text_lack_nothing() -> None:
    assert found() == found(**samples.SIGNED) == found(appeals=WHOLE) == []


def test_an_appeal_that_is_said_to_suspend_is_told_at_its_place() -> None:
    culture = (
        "Cette décision peut être contestée dans les deux mois qui suivent sa notification :",
        "par un recours gracieux adressé au président, qui suspend le délai du recours contentieux ;",
        "par un recours devant le {court}.",
    )
    assert found(appeals=culture) == [
        ("letters.appeals[1]", "un recours gracieux ou hiérarchique ne suspend pas le délai du recours contentieux : "
         "formé dans ce délai, il le proroge"),
        ("letters.appeals", "les refus ne citent pas la décision qui attribue les subventions ni sa publication"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Le recours gracieux SUSPEND le délai.", True),
        ("Il entraîne la suspension du délai de recours.", True),
        ("ce délai est suspendu", False),  # the words stand the other way round: left to who reads
        ("Il ne suspend pas le délai.", False),
        ("Un référé-suspension peut être demandé dans ce délai.", False),
        ("Il proroge le délai.", False),
    ],
)
def test_suspending_is_read_in_its_forms(text: str, says: bool) -> None:
    assert suspends_a_delay(text) is says


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (0, "le délai de recours n’est pas dit"),
        (1, "le recours gracieux ou hiérarchique n’est pas dit, ni qu’il proroge le délai du recours contentieux"),
        (2, "le tribunal à saisir n’est pas dit"),
        (3, "les refus ne citent pas la décision qui attribue les subventions ni sa publication"),
    ],
)
def test_each_mention_that_is_left_out_of_the_ways_of_appeal_is_told(left_out: int, said: str) -> None:
    rest = [text for place, text in enumerate(WHOLE) if place != left_out]
    assert found(appeals=rest) == [("letters.appeals", said)]


def test_refusals_may_cite_the_decision_themselves() -> None:
    own = {"paragraphs": ["Refusé ; la décision n° 12 attribue les subventions ({published})."]}
    assert found(published="BO", appeals=WHOLE[:3], refusal=own, ineligible=own) == []
    assert len(found(published="BO", appeals=WHOLE[:3], refusal=own)) == 1


def test_a_mention_of_the_calculation_says_that_there_is_one_and_that_its_rules_can_be_had() -> None:
    assert [path for path, _ in found(algorithm="La décision est humaine.")] == ["letters.algorithm"] * 2
    assert found(algorithm="Un calcul classe les projets ; vous pouvez demander ses règles.") == []


def test_the_check_of_a_call_warns_of_them() -> None:
    warned = [one for one in check_call(samples.call(appeals=WHOLE[:3])) if "letters" in one.path]
    assert [(one.path, one.severity) for one in warned] == [(("letters", "appeals"), "warning")]


def test_blanks_are_named_by_what_fills_them_for_the_kinds_that_are_to_be_made() -> None:
    call = samples.call(laureate={"paragraphs": ["Par {act}, vous recevez {amount}."]})
    nothing = in_effect(call)
    person = ("signed_on", "first_name", "last_name", "capacity")
    assert blanks(call, nothing, frozenset({"laureate"})) == (*person, "act")
    assert blanks(call, nothing, frozenset({"refusal"})) == (*person, "act")
    assert blanks(call, nothing, frozenset({"waiting_list"})) == (*person, "act", "expires")
    assert blanks(call, in_effect(call, DecisionTerms(on_behalf="Pour la ministre")), frozenset({"laureate"})) == (
        *person, "delegation", "act",
    )  # fmt: skip
    signed = samples.call(**samples.SIGNED)
    assert blanks(signed, in_effect(signed), frozenset({"laureate", "refusal", "waiting_list", "ineligible"})) == ()
