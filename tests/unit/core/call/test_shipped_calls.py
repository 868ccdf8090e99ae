"""The call files that come with the product: valid, and as different from one another as they claim."""

from __future__ import annotations

import pytest

from aap.core.call.letter_texts import placeholder_problems
from aap.core.call.loading import load_call
from aap.core.call.schema import CallFile
from aap.own_files import rubrics_folder

NAMES = ("culture-territoires-2026", "mentorat-2025", "mentorat-2026")


def _call(name: str) -> CallFile:
    path = rubrics_folder() / f"{name}.yaml"
    return load_call(path.read_bytes(), name=path.name)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_call_file_has_no_error_and_fills_its_letters(name: str) -> None:
    call = _call(name)
    assert call.id == name
    assert placeholder_problems(call) == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_question_is_linked_to_criteria_that_exist(name: str) -> None:
    call = _call(name)
    criteria = {criterion.id for criterion in call.rubric.criteria}
    linked = {one for section in call.form.sections for question in section.questions for one in question.criteria}
    assert linked == criteria


def test_the_headline_call_selects_67_with_a_form_of_40_questions() -> None:
    call = _call("mentorat-2025")
    assert sum(len(section.questions) for section in call.form.sections) == 40
    rules = call.selection
    assert (rules.laureates, rules.budget, rules.mode, rules.at_limit) == (67, 12_000_000, "merit", "reduce")


def test_the_culture_call_shares_neither_scale_nor_limit_nor_scoring_with_the_mentoring_one() -> None:
    mentoring, culture = _call("mentorat-2025"), _call("culture-territoires-2026")
    assert [str(call.rubric.scale.max) for call in (mentoring, culture) if call.rubric.scale] == ["5", "20"]
    assert [call.selection.at_limit for call in (mentoring, culture)] == ["reduce", "skip"]
    assert [call.selection.amounts for call in (mentoring, culture)] == ["proposed", "proposed"]
    assert [call.scoring.method for call in (mentoring, culture)] == ["calibrated", "raw"]
    types = {question.type for section in culture.form.sections for question in section.questions}
    assert {"commune", "date", "group", "table", "file", "budget"} <= types
