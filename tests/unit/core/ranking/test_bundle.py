"""A bundle replays to the same results; any change in it is found and told, never a traceback."""

from __future__ import annotations

import copy
import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest

from aap.core.call.schema import Rubric
from aap.core.inputs import Application, Mark
from aap.core.ranking.bundle import Difference, Verification, run_bundle, verification, verify_bundle
from aap.core.ranking.bundle_reading import read_bundle
from aap.core.ranking.public_bundle import public_bundle
from aap.core.ranking.run import RunOptions, run_call
from aap.core.ranking.run_input import json_text, result_hash
from aap.core.ranking.singled_out import SingledOut
from aap.core.results import Table
from tests.unit.core.ranking.small_runs import a_call, decided, ran

QUOTA = {"id": "rural", "title": "Zones rurales", "where": {"territory": "rural"}, "min": 1}


@pytest.fixture(scope="module")
def bundle() -> dict[str, Any]:
    run = ran(
        a_call(threshold=30, budget=2000, waiting_list=1, quotas=[QUOTA], laureates=3),
        {"a": "80", "b": "70", "c": "70", "d": "55", "e": "20", "f": "62.5"},
        amounts={"b": 900, "f": 400},
        attributes={"d": {"territory": ("rural",), "nom": ("Dupont",)}},
        applications={"f": {"eligible": False, "ineligible_reason": "Siège hors de France"}},
        decisions=[decided("b", "amount", "700"), decided("a", "out")],
    )
    value: dict[str, Any] = json.loads(json_text(run_bundle(run)))
    return value


def set_at(value: Any, path: str, new: Any) -> None:
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    for step in steps:
        value = value[step]
    if new is DELETED:
        del value[last]
    else:
        value[last] = new


DELETED = object()

CHANGES: dict[str, Any] = {
    "inputs/applications/0/requested_cents": 5,
    "inputs/applications/0/association": "Autre nom",
    "inputs/applications/3/attributes/territory": ["urbain"],
    "inputs/applications/5/eligible": True,
    "inputs/applications/5/ineligible_reason": "Autre motif",
    "inputs/applications/1/draw_token": "jeton",
    "inputs/applications/4": DELETED,
    "inputs/marks/0/3": "81",
    "inputs/marks/0/1": "r2",
    "inputs/marks/0": DELETED,
    "inputs/decisions/0/decision": "in",
    "inputs/decisions/1/amount": "800",
    "inputs/decisions/1/reason": "autre",
    "inputs/decisions/0/stage": "authority",
    "inputs/decisions/0": DELETED,
    "call/id": "autre-appel",
    "call/rubric/threshold": "10",
    "call/rubric/criteria/0/weight": "2",
    "call/selection/budget": "2001",
    "call/selection/laureates": "2",
    "call/selection/mode": "merit",
    "call/selection/quotas": [],
    "call/scoring/method": "calibrated",
    "options/draw_seed": "autre graine",
    "options/notices": ["Une phrase de plus."],
    "results/ranking/1/0": "2",
    "results/ranking/1/1": "z",
    "results/ranking/1/2": "Autre nom",
    "results/ranking/2/3": "not_selected",
    "results/ranking/2/4": "jury_in",
    "results/ranking/2/5": "Une autre phrase.",
    "results/ranking/2/6": "71.0000",
    "results/ranking/2/7": "71.0000",
    "results/ranking/2/11": "2",
    "results/ranking/2/12": "1.00",
    "results/ranking/2/13": "1.00",
    "results/ranking/2/14": "1",
    "results/ranking/2/15": "71.0000",
    "results/ranking/6": DELETED,
    "results/reviewers/1/3": "0.0100",
    "results/reviewers/1": DELETED,
    "results/report/engine_version": "0.0.1",
    "results/report/rubric_hash": "0" * 64,
    "results/report/inputs_hash": "0" * 64,
    "results/report/result_hash": "0" * 64,
    "results/report/counts/laureate": 4,
    "results/report/budget/granted": 1,
    "results/report/quotas/0/achieved": 2,
    "results/report/objective": 1,
    "results/report/proven_optimal": False,
    "results/report/tie_proven": False,
    "results/report/final": False,
    "results/report/variance/noise": 3.5,
    "results/report/contested": ["a"],
    "results/report/warnings": ["Autre"],
    "results/report/solver": "autre",
    "results/report/mode": DELETED,
}


def test_an_untouched_bundle_verifies(bundle: dict[str, Any]) -> None:
    assert verify_bundle(json_text(bundle)) == ()


@pytest.mark.parametrize("path", CHANGES)
def test_any_changed_field_is_found(bundle: dict[str, Any], path: str) -> None:
    changed = copy.deepcopy(bundle)
    set_at(changed, path, CHANGES[path])
    assert verify_bundle(json_text(changed)) != ()


WITHOUT_EFFECT = ("engine_version", "solver", "result_hash")  # once the hash agrees, nothing decided rests on them


@pytest.mark.parametrize(
    "path", [path for path in CHANGES if path.startswith("results/r") and not path.endswith(WITHOUT_EFFECT)]
)
def test_a_changed_result_is_found_also_when_its_hash_was_made_again(bundle: dict[str, Any], path: str) -> None:
    changed = copy.deepcopy(bundle)
    set_at(changed, path, CHANGES[path])
    results = changed["results"]

    def table(rows: list[list[str]]) -> Table:
        return Table(tuple(rows[0]), tuple(tuple(row) for row in rows[1:]))

    results["report"]["result_hash"] = result_hash(
        table(results["ranking"]), table(results["reviewers"]), results["report"]
    )
    assert verify_bundle(json_text(changed)) != ()


def test_what_differs_is_said_in_french(bundle: dict[str, Any]) -> None:
    changed = copy.deepcopy(bundle)
    changed["results"]["ranking"][2][3] = "not_selected"
    row = bundle["results"]["ranking"][2]
    assert f"ranking, {row[1]}, status\u00a0: l’archive contient «\u00a0not_selected\u00a0»" in "\n".join(
        map(str, verify_bundle(json_text(changed)))
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "3",
        '"bundle"',
        "{}",
        '{"bundle": 1}',
        '{"bundle": 1, "bundle": 1}',
        "[" * 100_000,
        '{"bundle": NaN}',
        '{"bundle": 1e999}',
        '{"a": "\\ud800"}',
        "9" * 5000,
    ],
)
def test_what_is_no_bundle_is_told_without_a_traceback(text: str) -> None:
    assert verify_bundle(text) != ()


@pytest.mark.parametrize(
    ("text", "cause"),
    [("[" * 100_000, "trop de niveaux imbriqués"), ('{"a": ' * 100_000, "trop de niveaux imbriqués"),
     ('{"bundle": ' + "9" * 100_000 + "}", "un nombre a trop de chiffres")],
)  # fmt: skip
def test_nesting_and_figures_without_end_are_named_in_french(text: str, cause: str) -> None:
    assert [one.message for one in verify_bundle(text)] == [f"Ce n’est pas une archive lisible (JSON)\u00a0: {cause}."]


def test_bytes_that_are_no_text_are_told() -> None:
    assert verify_bundle(b"\xff\xfe\x00{") != ()


@pytest.mark.parametrize("value", [None, True, -1, 10**30, 1.5, "", "x", "\ud800", [], {}, [[]], {"a": 1}])
def test_a_value_of_another_type_anywhere_is_told_and_never_raises(bundle: dict[str, Any], value: Any) -> None:
    def paths(node: Any, before: str = "") -> list[str]:
        children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        found = []
        for key, child in children:
            path = f"{before}/{key}" if before else str(key)
            found += [path, *paths(child, path)]
        return found

    for path in paths(bundle):
        if path.startswith("results/ranking/") and path.count("/") == 3 and not path.startswith("results/ranking/1/"):
            continue  # the cells of one row stand for all
        changed = copy.deepcopy(bundle)
        current = changed
        for step in path.split("/"):
            current = current[int(step) if isinstance(current, list) else step]
        if current == value and type(current) is type(value):
            continue
        set_at(changed, path, value)
        assert verify_bundle(json.dumps(changed)) != () or _same_meaning(path, value), path


def _same_meaning(path: str, value: Any) -> bool:
    """Values that another way of writing leaves the same: an option that has no effect on this small call."""
    return path == "options/prices" and value is True


@pytest.mark.parametrize("marks", [False, True])
def test_the_public_bundle_verifies_and_bears_no_name(bundle: dict[str, Any], marks: bool) -> None:
    text = json_text(bundle)
    published = public_bundle(text, key="secret", marks=marks)
    public = json_text(published.value)
    assert verification(public) == Verification((), not marks, marks)
    assert len(published.value["inputs"]["marks"]) == (len(bundle["inputs"]["marks"]) if marks else 0)
    assert len(published.value["results"]["reviewers"]) == (2 if marks else 1)
    assert published.singled_out == SingledOut(laureates=2, laureates_alone=2, others=4, others_alone=1)
    for secret in ("Association", "Siège", "Dupont", "motif", 'jury"', '"r1"'):
        assert secret not in public
    names = {row[1]: row[2] for row in published.correspondence.rows if row[0] == "dossier"}
    laureates = {row[1] for row in bundle["results"]["ranking"][1:] if row[3] == "laureate"}
    assert {row[1] for row in published.value["results"]["ranking"][1:] if row[3] == "laureate"} == {
        names[name] for name in laureates
    }
    assert published == public_bundle(text, key="secret", marks=marks)
    assert names != {
        row[1]: row[2] for row in public_bundle(text, key="other").correspondence.rows if row[0] == "dossier"
    }


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("applications/0/association", "Association a"),
        ("applications/5/ineligible_reason", "Siège hors de France"),
        ("decisions/0/reason", "motif"),
        ("decisions/1/author", "jury"),
    ],
)
def test_a_public_bundle_in_which_one_name_is_left_is_refused(bundle: dict[str, Any], path: str, left: str) -> None:
    public = json.loads(json_text(public_bundle(json_text(bundle), key="secret").value))
    set_at(public["inputs"], path, left)
    refusal = Difference("public", message="une archive publique ne porte ni nom, ni motif, ni auteur de décision.")
    assert refusal in verify_bundle(json_text(public))


def test_a_bundle_says_which_decisions_are_the_authoritys_and_so_does_its_public_one() -> None:
    by_authority = dataclasses.replace(decided("a", "out"), stage="authority")
    run = ran(a_call(), {"a": "80", "b": "70", "c": "60"}, decisions=[by_authority, decided("c", "in")])
    value = json.loads(json_text(run_bundle(run)))
    public = json.loads(json_text(public_bundle(json_text(value), key="secret").value))
    for one in (value, public):
        assert verify_bundle(json_text(one)) == ()
        assert {kept["decision"]: kept.get("stage") for kept in one["inputs"]["decisions"]} == {
            "out": "authority", "in": None,
        }  # fmt: skip
    value["inputs"]["decisions"][0]["stage"] = "jury"
    assert verify_bundle(json_text(value)) == (
        Difference("inputs.decisions[0].stage", message="cette étape est inconnue."),
    )


SUMMARIES: dict[str, tuple[Any, str]] = {
    "reviews": ("trois", ".reviews"),
    "means": ({"quality": "70 environ"}, ".means.quality"),
    "missed": ("inconnu", ".missed"),
}


def test_a_public_bundle_without_marks_is_replayed_from_its_scores_and_tells_what_was_done_to_it() -> None:
    call = a_call(laureates=2, budget=2000, criterion={"threshold": 30}, tie_break=["quality"])
    run = ran(call, {"a": "80", "b": "70", "c": "70", "d": "20"}, amounts={"c": 900})
    public = json.loads(json_text(public_bundle(json_text(run_bundle(run)), key="secret").value))
    assert verification(json_text(public)) == Verification((), True, False)
    assert {tuple(one["means"].items()) for one in public["inputs"]["summaries"].values()} == {
        (("quality", "80"),), (("quality", "70"),), (("quality", "20"),),
    }  # fmt: skip
    assert sorted(one["missed"] for one in public["inputs"]["summaries"].values()) == ["", "", "", "quality"]

    def places(value: Any) -> list[str]:
        return [one.place for one in verify_bundle(json_text(value))]

    first = next(iter(public["inputs"]["summaries"]))
    for key, (wrong, place) in SUMMARIES.items():
        changed = copy.deepcopy(public)
        changed["inputs"]["summaries"][first][key] = wrong
        assert places(changed)[0] == f"inputs.summaries.{first}{place}"
    changed = copy.deepcopy(public)
    del changed["inputs"]["summaries"][first]
    assert places(changed) == ["inputs.summaries"]
    changed = copy.deepcopy(public)
    changed["results"]["ranking"][1][6] = changed["results"]["ranking"][1][7] = "60.0000"
    assert "results.report.result_hash" in places(changed)
    changed = copy.deepcopy(public)
    changed["results"]["ranking"][1][6] = changed["results"]["ranking"][1][7] = ""
    assert places(changed) == ["results.ranking"]
    changed = copy.deepcopy(public)
    changed["inputs"]["marks"] = [[changed["inputs"]["applications"][0]["id"], "E0001", "quality", "80"]]
    assert places(changed) == ["inputs.summaries"]


def test_a_list_without_marks_names_no_single_review() -> None:
    call = a_call(laureates=2, min_reviews=1, criterion={"threshold": 30, "threshold_on": "any"})
    run = ran(call, {"a": "80", "b": "20"})
    public = public_bundle(json_text(run_bundle(run)), key="secret").value
    assert verify_bundle(json_text(public)) == ()
    reasons = [row[5].replace("\u00a0", " ") for row in public["results"]["ranking"][1:]]
    assert reasons[1] == "Une évaluation au moins donne moins de 30 au critère « Qualité »."
    assert {one["means"].get("quality") for one in public["inputs"]["summaries"].values()} == {None}


def test_only_applications_parted_by_the_draw_keep_their_token() -> None:
    run = ran(a_call(laureates=1), {"a": "80", "b": "70", "c": "70", "d": "70"}, amounts={"d": 500})
    public = public_bundle(json_text(run_bundle(run)), key="secret").value
    tokens = sorted(application["draw_token"] for application in public["inputs"]["applications"])
    assert tokens == ["", "", "b", "c"]


def test_marks_that_break_no_tie_leave_the_draw_to_part_and_its_tokens_in_the_bundle() -> None:
    call = a_call(laureates=3)
    second = {"id": "reach", "title": "Portée", "weight": 1}
    rubric = {**call.rubric.model_dump(mode="json", exclude_none=True), "tie_break": []}
    rubric["criteria"] = [{"id": "quality", "title": "Qualité", "weight": 1}, second]
    call = call.model_copy(update={"rubric": Rubric.model_validate(rubric)})
    names = "abcdefgh"
    run = run_call(
        call,
        [Application(id=name, association=name, requested_amount=100_00) for name in names],
        [
            Mark(name, "r", criterion, Decimal(mark))
            for at, name in enumerate(names)
            for criterion, mark in (("quality", 50 + at), ("reach", 50 - at))
        ],
        options=RunOptions(draws=0),
    )
    public = public_bundle(json_text(run_bundle(run)), key="secret").value
    assert verify_bundle(json_text(public)) == ()
    assert sorted(one["draw_token"] for one in public["inputs"]["applications"]) == list(names)


def test_scores_of_another_platform_within_a_thousandth_are_kept_and_replayed(bundle: dict[str, Any]) -> None:
    content = read_bundle(bundle)
    assert content.scores["b"].raw_score == 700000
    changed = copy.deepcopy(bundle)
    for row in changed["results"]["ranking"][1:]:
        if row[7]:
            row[7] = f"{float(row[7]) + 0.0004:.4f}"
    results = changed["results"]
    results["report"]["result_hash"] = result_hash(
        Table(tuple(results["ranking"][0]), tuple(map(tuple, results["ranking"][1:]))),
        Table(tuple(results["reviewers"][0]), tuple(map(tuple, results["reviewers"][1:]))),
        results["report"],
    )
    assert verify_bundle(json_text(changed)) == ()
