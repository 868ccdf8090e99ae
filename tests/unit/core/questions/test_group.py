"""What is repeated, named as a sentence names it."""

from __future__ import annotations

import pytest

from aap.core.questions.group import GroupQuestion


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"item_label": "Étape", "item_article": "une"}, "une étape"),
        ({"item_label": "Atelier", "item_article": "un"}, "un atelier"),
        ({"item_label": "Étape"}, ""),
        ({}, "un bloc"),
    ],
)
def test_one_more_of_them_agrees_where_the_call_file_says_its_article(given: dict[str, str], named: str) -> None:
    inner = [{"id": "nom", "label": "Nom", "type": "text"}]
    question = GroupQuestion.model_validate({"id": "g", "label": "G", "type": "group", "questions": inner, **given})
    assert question.one_more == named
