"""What file mode does and the pages don't yet is refused online, in words; what is missing to open is told with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from aap.cli.call import call_group
from aap.core.call.loading import load_call
from aap.core.call.online import NOT_YET, not_yet_online
from aap.core.call.starter import starter_text
from tests.unit.core.call.told import problems_of

USES = {
    "lots": {"more": "lots: {attribute: volet, items: [{id: un, selection: {budget: 5}}]}", "selection": "mode: merit"},
    "rubric.criteria[1].kind": {"rubric": "criteria: [{id: a, weight: 1}, {id: b, kind: gate}]"},
    "rubric.criteria[0].kind": {
        "rubric": "criteria: [{id: a, kind: computed, weight: 1, from: taille, points: {petite: 1}}]"
    },
    "rubric.criteria[1].bonus": {"rubric": "criteria: [{id: a, weight: 1}, {id: b, bonus: 5}]"},
    "call.max_per_applicant": {"call": "max_per_applicant: 2"},
    "call.applicants": {"call": "applicants: [association, company]"},
    "call.consortium": {"call": "consortium: true"},
    "call.invited": {"call": "invited: {from: lettres-2025, outcomes: [laureate]}"},
}
"""The key that asks for it → how it is written."""


def test_each_line_of_the_list_is_tried_here() -> None:
    assert len(NOT_YET) == len(USES)
    assert len({one.reason for one in NOT_YET}) == len(NOT_YET)


@pytest.mark.parametrize("key", USES)
def test_what_the_pages_cannot_do_is_sound_in_file_mode_and_refused_online(key: str) -> None:
    assert [one for one in problems_of(**USES[key]) if one.is_error] == []
    missing = {one.key for one in problems_of(online=True)}
    found = [one for one in problems_of(online=True, **USES[key]) if one.key not in missing]
    told = [one for one in found if one.key == key]
    assert [(one.is_error, one.line is not None, one.column is not None) for one in told] == [(True, True, True)]
    assert told[0].message in {one.reason for one in NOT_YET}


def test_values_that_say_what_is_so_anyway_are_no_obstacle() -> None:
    text = starter_text("essai-2027").replace(
        "  contact:",
        "  max_per_applicant: 1\n  applicants: [association]\n  consortium: false\n  contact:",
    )
    assert list(not_yet_online(load_call(text, name="f"))) == []


def test_check_says_online_everything_at_once_and_without_only_what_ranking_needs(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(
        "schema: 1\ncall: {id: essai, consortium: true, opens_at: demain}\n"
        "rubric: {scale: {min: 0, max: 5, step: 1}, criteria: [{id: a, weight: 1}]}\n"
        "scoring: {method: raw}\nselection: {mode: merit, laureates: 3}\n"
    )
    offline = CliRunner().invoke(call_group, ["check", str(file)])
    online = CliRunner().invoke(call_group, ["check", "--online", str(file)])
    assert (offline.exit_code, online.exit_code) == (2, 2)
    keys = [line.split("\u00a0: ")[1] for line in online.output.splitlines() if line.count("\u00a0: ") > 1]
    assert [line for line in offline.output.splitlines() if "opens_at" in line] != []
    assert offline.output.count("\n") == 2
    assert set(keys) == {
        "call.title", "call.authority", "call.closes_at", "call.contact", "call.consortium", "call.opens_at",
        "form.sections", "form.title_question", "rubric.criteria[0].title",
    }  # fmt: skip
    file.write_text(starter_text("essai-2027"))
    assert CliRunner().invoke(call_group, ["check", "--online", str(file)]).exit_code == 0
