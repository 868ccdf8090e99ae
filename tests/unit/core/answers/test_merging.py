"""Two pages of one section: what each changed is kept, and only what both changed is left to choose."""

from __future__ import annotations

from typing import Any

import pytest

from aap.core.answers.merging import Merged, base_text, mark_of, merge, read_base
from aap.core.values import RAW

QUESTIONS = ("title", "period", "amount")
START = {"title": "A title", "period": {"start": "2026-09-01"}}


def merged(mine: dict[str, Any], theirs: dict[str, Any], **values: Any) -> Merged:
    return merge(QUESTIONS, mine, theirs, base=read_base(base_text(QUESTIONS, START)), **values)


def test_a_mark_tells_answers_apart_and_goes_through_the_page() -> None:
    marks = [
        mark_of(answers, "a") for answers in ({}, {"a": "1"}, {"a": 1}, {RAW: {"a": "1"}}, {"a": "1", RAW: {"a": "x"}})
    ]
    assert (marks[0], len(set(marks)), {len(mark) for mark in marks[1:]}) == ("", 5, {12})
    assert mark_of({"a": {"x": 1, "y": 2}}, "a") == mark_of({"a": {"y": 2, "x": 1}}, "a")
    assert read_base(base_text(QUESTIONS, START)) == {name: mark_of(START, name) for name in START}


@pytest.mark.parametrize(
    ("mine", "theirs", "answers", "taken", "elsewhere", "disputed"),
    [
        (START, START, START, (), (), ()),
        ({**START, "title": "Mine"}, START, {**START, "title": "Mine"}, ("title",), (), ()),
        ({"title": "A title"}, START, {"title": "A title"}, ("period",), (), ()),
        (START, {**START, "amount": "5"}, {**START, "amount": "5"}, (), ("amount",), ()),
        ({**START, "title": "Mine"}, {**START, "amount": "5"}, {**START, "title": "Mine", "amount": "5"},
         ("title",), ("amount",), ()),
        ({**START, "title": "Same"}, {**START, "title": "Same"}, {**START, "title": "Same"}, (), (), ()),
        ({**START, "title": "Mine"}, {**START, "title": "Theirs"}, {**START, "title": "Theirs"}, (), (), ("title",)),
        ({**START, RAW: {"amount": "much"}}, START, {**START, RAW: {"amount": "much"}}, ("amount",), (), ()),
        ({"title": "Mine"}, {"title": "A title", RAW: {"period": "soon"}}, {"title": "Mine", RAW: {"period": "soon"}},
         ("title",), (), ("period",)),
    ],
)  # fmt: skip
def test_what_each_page_changed_is_kept(
    mine: dict[str, Any], theirs: dict[str, Any], answers: dict[str, Any], taken: tuple[str, ...],
    elsewhere: tuple[str, ...], disputed: tuple[str, ...],
) -> None:  # fmt: skip
    assert merged(mine, theirs) == Merged(answers, taken, elsewhere, disputed)


def test_a_page_overrules_itself_but_not_from_behind_and_gives_up_what_it_chose_to() -> None:
    mine, theirs = {**START, "title": "Longer"}, {**START, "title": "Long"}
    assert merged(mine, theirs, own=["title"]).answers == mine
    assert merged(mine, theirs, overtaken=["title"]) == Merged(theirs, (), (), ())
    assert merged(mine, theirs, given_up=["title"]) == Merged(theirs, (), (), ())


def test_a_page_without_a_base_is_stale_as_a_whole_or_not() -> None:
    mine, theirs = {"title": "Mine"}, {"title": "Theirs"}
    assert merge(QUESTIONS, mine, theirs, base=None, stale=False).answers == mine
    assert merge(QUESTIONS, mine, theirs, base=None, stale=True).disputed == ("title",)
