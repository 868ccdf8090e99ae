"""A list in force later: each change is replayed by the rules, and none can be added, dropped or turned round unseen."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from aap.core.ranking.bundle import list_in_force, read_text, run_bundle, verify_bundle
from aap.core.ranking.later_list import Change, change_value, fingerprint, later_bundle
from aap.core.ranking.public_bundle import public_bundle
from aap.core.ranking.run_input import json_text
from aap.core.ranking.singled_out import SingledOut
from tests.unit.core.ranking.small_runs import a_call, ran

RURAL = {"id": "rural", "where": {"territory": "rural"}, "min": 1}
DAY = date(2025, 5, 12)


@pytest.fixture(scope="module")
def first() -> dict[str, Any]:
    """a and b are laureates for 2,000 of 2,000 euros; c (1,500), d (800) and e (600, rural) wait; b alone is rural."""
    run = ran(
        a_call(budget=2000, laureates=2, waiting_list={"by_rank": 3}, quotas=[RURAL]),
        {"a": "90", "b": "80", "c": "70", "d": "60", "e": "50"},
        amounts={"c": 1500, "d": 800, "e": 600},
        attributes={"b": {"territory": ("rural",)}, "e": {"territory": ("rural",)}},
    )
    value: dict[str, Any] = json.loads(json_text(run_bundle(run)))
    return value


def change(kind: Any, name: str, amount: str | None = None, place: Any = None) -> Change:
    return Change(kind, name, "motif", "service", DAY, None if amount is None else Decimal(amount), place)


def verified(first: dict[str, Any], *changes: Change) -> tuple[dict[str, int], int, list[str]]:
    """The list after the changes in cents, the places left free, and what `aap verify` finds."""
    text = json_text(later_bundle(first, changes))
    state = list_in_force(read_text(text))
    found = [str(one).replace("\u00a0", " ") for one in verify_bundle(text)]
    return state.granted, state.places, found


@pytest.mark.parametrize(
    ("changes", "granted", "places", "found"),
    [
        ([], {"a": 1000, "b": 1000}, 0, []),
        ([change("left", "a")], {"b": 1000}, 1, []),
        ([change("left", "a"), change("called", "d")], {"b": 1000, "d": 800}, 0, []),
        ([change("left", "a"), change("called", "d", "500.50")], {"b": 1000, "d": 500.5}, 0, []),
        (
            [change("left", "a"), change("called", "c")], {"b": 1000, "c": 1500}, 0,
            ["changes[1] : les règles appellent le dossier d, pas le dossier c."],
        ),
        ([change("left", "b"), change("called", "e")], {"a": 1000, "e": 600}, 0, []),
        (
            [change("left", "b"), change("left", "a"), change("called", "c")], {"c": 1500}, 1,
            ["changes[2] : les règles appellent le dossier e, pas le dossier c."],
        ),
        ([change("called", "d")], {"a": 1000, "b": 1000, "d": 800}, -1, ["changes[0] : aucune place n’est libre."]),
        (
            [change("left", "a"), change("called", "a")], {"a": 1000, "b": 1000}, 0,
            ["changes[1] : les règles appellent le dossier d, pas le dossier a."],
        ),
        ([change("left", "d")], {"a": 1000, "b": 1000}, 0, ["changes[0] : le dossier d n’est pas lauréat."]),
        ([change("left", "z")], {"a": 1000, "b": 1000}, 0,
         ["changes[0] : le dossier z n’est pas candidat dans ce classement."]),
        ([change("amount", "a", "900")], {"a": 900, "b": 1000}, 0, []),
        ([change("amount", "a", "1000.01")], {"a": 1000.01, "b": 1000}, 0,
         ["changes[0] : ce changement enfreint la règle budget."]),
        (
            [change("amount", "a", "400"), change("left", "b"), change("called", "e")], {"a": 400, "e": 600}, 0, [],
        ),
        ([change("corrected", "b", place="not_selected")], {"a": 1000}, 1,
         ["changes[0] : ce changement enfreint la règle quota_min:rural."]),
        ([change("corrected", "a", place="not_selected"), change("corrected", "d", place="laureate")],
         {"b": 1000, "d": 800}, 0, []),
        ([change("corrected", "d", place="laureate")], {"a": 1000, "b": 1000, "d": 800}, -1,
         ["changes[0] : ce changement enfreint la règle laureates.",
          "changes[0] : ce changement enfreint la règle budget."]),
        ([change("corrected", "a", place="laureate")], {"a": 1000, "b": 1000}, 0,
         ["changes[0] : le dossier a est déjà lauréat."]),
    ],
)  # fmt: skip
def test_each_change_is_replayed_with_everything_else_as_it_was(
    first: dict[str, Any], changes: list[Change], granted: dict[str, float], places: int, found: list[str]
) -> None:
    assert verified(first, *changes) == ({name: euros * 100 for name, euros in granted.items()}, places, found)


def test_a_quota_that_the_call_gives_up_where_nobody_can_enter_is_not_asked_of_the_one_called() -> None:
    people = {"a": "90", "b": "80", "c": "70"}
    selection = {"budget": 2000, "laureates": 2, "quotas": [RURAL]}
    rural = {"b": {"territory": ("rural",)}}

    def made(**waiting: Any) -> dict[str, Any]:
        call = a_call(**selection, waiting_list={"by_rank": 1, **waiting})
        value: dict[str, Any] = json.loads(json_text(run_bundle(ran(call, people, attributes=rural))))
        return value

    changes = (change("left", "b"), change("called", "c"))
    assert verified(made(if_none="without:rural"), *changes) == ({"a": 100_000, "c": 100_000}, 0, [])
    assert verified(made(), *changes)[2] == ["changes[1] : l’entrée du dossier c enfreint une règle : quota_min:rural."]


def test_the_bundle_of_a_later_list_names_the_one_before_back_to_the_run(first: dict[str, Any]) -> None:
    left, called = change("left", "a"), change("called", "d")
    one, two = later_bundle(first, [left]), later_bundle(first, [left, called])
    assert (one["previous"], one["changes"]) == (fingerprint(first), [change_value(left)])
    assert (two["previous"], two["changes"]) == (fingerprint(one), [change_value(left), change_value(called)])
    assert later_bundle(one, [left, called]) == two
    assert later_bundle(two, []) == first
    assert {key: value for key, value in two.items() if key not in ("previous", "changes")} == first


def test_what_is_done_to_the_changes_shows(first: dict[str, Any]) -> None:
    bundle = later_bundle(first, [change("left", "a"), change("called", "d")])

    def places(**other: Any) -> list[str]:
        return [one.place for one in verify_bundle(json_text({**bundle, **other}))]

    changes = bundle["changes"]
    assert places() == []
    assert places(previous="0" * 64) == ["previous"]
    assert places(changes=changes[:1]) == ["previous"]
    assert places(changes=changes[::-1]) == ["previous", "changes[0]"]
    assert places(changes=[{**changes[0], "reason": "autre motif"}, changes[1]]) == ["previous"]
    assert places(changes=[]) == ["changes"]
    assert places(changes=None) == ["changes"]
    assert places(previous=None) == ["previous"]
    for key, wrong in {
        "change": "parti", "application_id": "", "amount": 5, "place": "laureate", "reason": None, "date": "12/05/2025",
        "author": 3,
    }.items():  # fmt: skip
        assert places(changes=[{**changes[0], key: wrong}, changes[1]])[0] == f"changes[0].{key}", key
    assert places(changes=[{**changes[0], "amount": "-1"}])[0] == "changes[0].amount"
    assert places(changes=[{**changes[0], "change": "amount"}])[0] == "changes[0].amount"
    assert places(changes=[{**changes[0], "change": "corrected"}])[0] == "changes[0].place"


def test_the_public_bundle_of_a_later_list_gives_the_same_list_without_a_word_of_who_and_why(
    first: dict[str, Any],
) -> None:
    changes = [change("left", "a"), change("called", "d", "500.50")]
    published = public_bundle(json_text(later_bundle(first, changes)), key="secret")
    names = {row[1]: row[2] for row in published.correspondence.rows if row[0] == "dossier"}
    text = json_text(published.value)
    assert verify_bundle(text) == ()
    assert list_in_force(read_text(text)).granted == {names["b"]: 100_000, names["d"]: 50_050}
    assert "motif" not in text
    told = {**published.value, "changes": [{**published.value["changes"][0], "reason": "motif"}]}
    assert "une archive publique ne porte ni nom" in " ".join(str(one) for one in verify_bundle(json_text(told)))


def test_a_public_bundle_counts_the_laureates_of_its_list_among_whom_it_singles_out(first: dict[str, Any]) -> None:
    changes = [change("left", "a"), change("called", "d"), change("left", "d")]
    found = [
        public_bundle(json_text(later_bundle(first, changes[:count])), key="k").singled_out
        for count in range(len(changes) + 1)
    ]
    assert found == [
        SingledOut(2, 2, 3, 3), SingledOut(1, 1, 4, 4), SingledOut(2, 2, 3, 3), SingledOut(1, 1, 4, 4),
    ]  # fmt: skip
