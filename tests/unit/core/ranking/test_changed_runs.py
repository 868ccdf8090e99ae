"""What changed from one run to a later one."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from aap.core.inputs import Application, JuryDecision, Mark
from aap.core.ranking.changed_runs import InputCounts, KeptRun, PlaceChange, RunChanges, run_changes
from aap.core.ranking.run_input import RunInput
from aap.core.results import ResultRow, Status
from tests.unit.core.ranking.small_runs import a_call

OUT = JuryDecision("a", "out", None, "Le projet a commencé.", "Noé Exemple")
LESS = JuryDecision("b", "amount", Decimal("9000"), "Budget revu.", "Noé Exemple")


def row(name: str, status: Status, granted: int | None = None, waiting: int | None = None) -> ResultRow:
    return ResultRow(
        rank=1, application_id=name, association=f"Association {name}", status=status, reason_code="selected", reason="",
        raw_score=None, calibrated_score=None, ci_low=None, ci_high=None, selection_probability=None, reviews=2,
        requested_amount=10_000_00, granted_amount=granted, waiting_rank=waiting,
    )  # fmt: skip


def given(*decisions: JuryDecision, marks: tuple[Mark, ...] = (), names: str = "abcd") -> RunInput:
    applications = tuple(Application(name, f"Association {name}", 10_000_00) for name in names)
    return RunInput(a_call(), applications, marks, decisions)


def mark(name: str, score: str) -> Mark:
    return Mark(name, "R1", "qualite", Decimal(score))


ROWS = (row("a", "laureate", 10_000_00), row("b", "laureate", 10_000_00), row("c", "waiting_list", None, 1),
        row("d", "not_selected"))  # fmt: skip
NONE = InputCounts(0, 0, 0)


def test_the_same_run_again_changed_nothing() -> None:
    found = run_changes(KeptRun(given(OUT), ROWS, "r", "s"), KeptRun(given(OUT), ROWS, "r", "s"))
    assert found == RunChanges((), (), (), (), (), (), (), NONE, NONE, rules=False, seed=False)
    assert bool(found) is False


def test_entries_exits_amounts_and_the_waiting_list_are_told_with_what_was_before() -> None:
    later = (row("c", "laureate", 10_000_00), row("b", "laureate", 9_000_00), row("d", "waiting_list", None, 1),
             row("a", "not_selected"))  # fmt: skip
    found = run_changes(KeptRun(given(), ROWS), KeptRun(given(OUT, LESS), later))
    assert found == RunChanges(
        added=(OUT, LESS),
        removed=(),
        laureates_in=(
            PlaceChange("c", "Association c", "waiting_list", "laureate", None, 10_000_00, 1, None),
        ),
        laureates_out=(PlaceChange("a", "Association a", "laureate", "not_selected", 10_000_00, None, None, None),),
        other_amounts=(PlaceChange("b", "Association b", "laureate", "laureate", 10_000_00, 9_000_00, None, None),),
        waiting_in=(PlaceChange("d", "Association d", "not_selected", "waiting_list", None, None, None, 1),),
        waiting_out=(PlaceChange("c", "Association c", "waiting_list", "laureate", None, 10_000_00, 1, None),),
        applications=NONE,
        marks=NONE,
        rules=False,
        seed=False,
    )  # fmt: skip


def test_a_decision_with_another_reason_is_one_taken_away_and_one_added() -> None:
    again = dataclasses.replace(OUT, reason="Le projet est fini.")
    found = run_changes(KeptRun(given(OUT), ROWS), KeptRun(given(again), ROWS))
    assert (found.removed, found.added, bool(found)) == ((OUT,), (again,), True)


def test_dossiers_and_marks_are_counted_rules_and_seed_named() -> None:
    before = KeptRun(given(marks=(mark("a", "3"), mark("b", "4"))), ROWS, "rules", "seed")
    cut = given(marks=(mark("a", "5"), mark("c", "4")), names="abc")
    first = dataclasses.replace(cut.applications[0], requested_amount=8_000_00)
    after = KeptRun(dataclasses.replace(cut, applications=(first, *cut.applications[1:])), ROWS[:3], "other", "drawn")
    found = run_changes(before, after)
    assert (found.applications, found.marks) == (InputCounts(0, 1, 1), InputCounts(1, 1, 1))
    assert (found.rules, found.seed) == (True, True)
