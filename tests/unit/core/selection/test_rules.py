"""Whatever a quota may ask for is checked, solved, explained and said: a new kind that is forgotten somewhere fails here."""

from __future__ import annotations

import pytest

from aap.core.call.checks import check_call
from aap.core.call.json_schema import call_file_schema
from aap.core.call.schema import CallFile
from aap.core.call.wording import rules_in_words
from aap.core.quotas.bounds import KINDS as BOUNDS
from aap.core.quotas.quota import Quota
from aap.core.quotas.quota_words import bounds_in_words, quota_in_words
from aap.core.selection.problem import Candidate
from aap.core.selection.rows import compile_system
from aap.core.selection.rules import rules_of
from aap.core.selection.select import select
from tests.unit.core.ranking.ranking_builders import a_call

KINDS = [name for name in Quota.model_fields if name not in ("id", "title", "where", "each")]


def asking(**bound: int) -> CallFile:
    """A call with one place, and one quota on those whose size is small."""
    return a_call(laureates=1, budget=1000, quotas=[{"id": "small", "where": {"size": "small"}, **bound}])


def test_what_a_quota_may_ask_for_are_the_kinds_of_bound() -> None:
    assert [bound.key for bound in BOUNDS] == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_quota_asks_for_is_enough_alone_and_is_said(kind: str) -> None:
    call = asking(**{kind: 1})
    (quota,) = call.selection.quotas
    (sentence,) = next(section.sentences for section in rules_in_words(call) if section.id == "quotas")
    assert [finding for finding in check_call(call) if finding.path[:2] == ("selection", "quotas")] == []
    assert {"required": [kind]} in call_file_schema()["$defs"]["Quota"]["anyOf"]
    assert sentence.rpartition("\u00a0: ")[2] != "."
    assert quota_in_words(quota) != ""


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_quota_asks_for_holds_and_gives_its_reason(kind: str) -> None:
    """A minimum lets in the second of the ranking for the first; a maximum of nothing leaves its member out."""
    rules = rules_of(asking(**{kind: 1}))
    people = [Candidate("large", 2, 100), Candidate("small", 1, 100, {"size": ("small",)})]
    sides = {row.rule.kind for row in compile_system(people, rules).rows if row.quota_part}
    assert sides
    assert all(bounds_in_words(rules.quotas[0], side) for side in sides)
    if "quota_min" in sides:
        outcome = select(people, rules)
        assert (outcome.retained, str(outcome.reasons["small"])) == (("small",), "selected_by_quota:small")
    else:
        outcome = select(people[::-1], rules_of(asking(**{kind: 0})))
        assert (outcome.retained, str(outcome.reasons["small"])) == (("large",), "quota_max:small")
