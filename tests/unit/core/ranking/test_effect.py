"""What a choice would do is what the next run does: who enters, who leaves, what is left; and it reads in French."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from aap.core.inputs import AUTHORITY, JuryDecision
from aap.core.ranking.bundle import read_text, run_bundle, verify_bundle
from aap.core.ranking.effect import ChoiceKind, JuryChoice, NotRetainable, StoredRun, decided_with
from aap.core.ranking.effect_words import effect_in_words
from aap.core.ranking.ranking import ImposedNotCandidate
from aap.core.ranking.run import Run, run_call
from aap.core.ranking.run_input import json_text
from aap.core.selection.outcome import InfeasibleRules
from tests.unit.core.ranking.small_runs import a_call, decided, ran
from tests.unit.core.selection.test_whole_calls import a_random_call, random_tables, run

RURAL = {"id": "rural", "title": "Zones rurales", "where": {"territory": "rural"}, "min": 1}
REGION = {"id": "region", "title": "Par région", "each": "region", "max": 1}
NAMES = {name: f"00{number}" for number, name in enumerate("abcdef", start=71)}


def stored(run: Run) -> StoredRun:
    return StoredRun(read_text(json_text(run_bundle(run))))


def words(run: Run, choice: JuryChoice, since: Sequence[JuryDecision] = (), hidden: Sequence[str] = ()) -> list[str]:
    """The effect of a choice in plain spaces, `since` having been decided after the run."""
    kept = stored(run)
    effect = kept.effect(kept.selected(since), since, choice)
    return [text.replace("\u00a0", " ").replace("\u202f", " ") for text in effect_in_words(effect, NAMES, hidden)]


@pytest.fixture(scope="module")
def small() -> Run:
    """a and b are laureates (1,000 € each of 2,500); c (700), d and e (rural, 1,500) follow, f is ineligible."""
    return ran(
        a_call(mode="merit", laureates=2, budget=2500, threshold=40, quotas=[REGION]),
        {"a": "90", "b": "80", "c": "70", "d": "60", "e": "50", "f": "95", "g": "30"},
        amounts={"c": 700, "e": 1500},
        attributes={"a": {"region": ("Grand Est",)}, "b": {"region": ("Bretagne",)}, "c": {"region": ("Corse",)}},
        applications={"f": {"eligible": False}},
    )


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (
            JuryChoice("c", "in"),
            ["Retenir le dossier 0073 écarterait le 0072 (80,0 points, Bretagne) et laisserait 800 €.",
             "Règle « Par région » pour « Bretagne » (au plus 1 projet) : 0 lauréat au lieu de 1.",
             "Règle « Par région » pour « Corse » (au plus 1 projet) : 1 lauréat au lieu de 0."],
        ),
        (
            JuryChoice("a", "out"),
            ["Écarter le dossier 0071 ferait entrer le 0073 (70,0 points, Corse) et laisserait 800 €.",
             "Règle « Par région » pour « Corse » (au plus 1 projet) : 1 lauréat au lieu de 0.",
             "Règle « Par région » pour « Grand Est » (au plus 1 projet) : 0 lauréat au lieu de 1."],
        ),
        (JuryChoice("a", "in"), ["Retenir le dossier 0071 ne changerait rien au résultat."]),
        (JuryChoice("d", "out"), ["Écarter le dossier 0074 ne changerait rien au résultat."]),
        (
            JuryChoice("a", "amount", 400_00),
            ["Accorder 400 € au dossier 0071 ne déplacerait aucun autre dossier et laisserait 1 100 €."],
        ),
    ],
)  # fmt: skip
def test_a_choice_says_who_enters_who_leaves_and_what_is_left(small: Run, choice: JuryChoice, said: list[str]) -> None:
    assert words(small, choice) == said


def test_what_was_decided_since_the_run_counts_on_both_sides(small: Run) -> None:
    since = (decided("a", "out"),)
    assert words(small, JuryChoice("d", "in"), since)[0] == (
        "Retenir le dossier 0074 écarterait le 0073 (70,0 points, Corse) et laisserait 500 €."
    )
    assert words(small, JuryChoice("a", "none"), since)[0] == (
        "S’en tenir aux notes pour le dossier 0071 en ferait un lauréat, écarterait le 0073 (70,0 points, Corse) et "
        "laisserait 500 €."
    )


def test_of_a_masked_dossier_only_the_move_is_told(small: Run) -> None:
    assert words(small, JuryChoice("c", "in"), hidden=["b"]) == [
        "Retenir le dossier 0073 écarterait un dossier dont vous êtes déporté.",
        "Les montants et les règles ne sont pas dits, car ils révéleraient un dossier dont vous êtes déporté.",
    ]


def test_the_offer_at_the_line_follows_the_choice() -> None:
    run = ran(
        a_call(mode="merit", laureates=3, budget=2500, at_limit="reduce", reduce_to="0.4"),
        {"a": "90", "b": "80", "c": "70"},
    )
    assert words(run, JuryChoice("a", "amount", 700_00)) == [
        "Accorder 700 € au dossier 0071 ne déplacerait aucun autre dossier et laisserait 0 €.",
        "Le 0073 recevrait 800 € au lieu de 500 €.",
    ]


def test_who_is_no_candidate_is_refused_with_its_place_and_rules_that_conflict_are_named(small: Run) -> None:
    kept = stored(small)
    before = kept.selected(())
    places = {}
    for name, since in (("f", ()), ("g", ()), ("b", (decided("b", "withdrawn"),)), ("c", (decided("c", "declined"),))):
        with pytest.raises(NotRetainable) as refused:
            kept.effect(before, since, JuryChoice(name, "in"))
        places[name] = refused.value.place
    assert places == {"f": "ineligible", "g": "below_threshold", "b": "withdrawn", "c": "declined"}
    since = (decided("a", "in"), decided("b", "in"))
    with pytest.raises(InfeasibleRules) as conflict:
        kept.effect(kept.selected(since), since, JuryChoice("c", "in"))
    assert conflict.value.names == ("laureates", "decision:a", "decision:b", "decision:c")


def test_lots_are_chosen_apart_and_the_money_that_one_leaves_goes_on() -> None:
    call = a_call(mode="merit", laureates=5)
    call = type(call).model_validate(
        call.model_dump(by_alias=True, exclude_unset=True)
        | {
            "lots": {
                "attribute": "lot",
                "items": [
                    {"id": "un", "selection": {"budget": 1000}},
                    {"id": "deux", "selection": {"budget": 1000}},
                ],
                "spill": ["un", "deux"],
            }
        }
    )
    lots = {name: {"lot": ("un" if name in "ab" else "deux",)} for name in "abcd"}
    run = ran(call, {"a": "90", "b": "80", "c": "70", "d": "60"}, attributes=lots)
    granted = {row.application_id for row in run.rows if row.status == "laureate"}
    assert granted == {"a", "c"}
    both_out = (decided("b", "out"),)
    assert words(run, JuryChoice("a", "out"), both_out) == [
        "Écarter le dossier 0071 ferait entrer le 0074 (60,0 points) et laisserait 0 €."
    ]


def test_decisions_stand_together_as_the_table_says() -> None:
    held = (decided("a", "consensus", "60"), decided("a", "out"), decided("b", "in"))

    def kinds(kind: ChoiceKind, name: str = "a") -> list[tuple[str, str]]:
        return [(one.application_id, one.decision) for one in decided_with(held, JuryChoice(name, kind, 100))]

    assert kinds("in") == [("a", "consensus"), ("b", "in"), ("a", "in")]
    assert kinds("amount", "b") == [("a", "consensus"), ("a", "out"), ("b", "in"), ("b", "amount")]
    assert kinds("out", "b") == [("a", "consensus"), ("a", "out"), ("b", "out")]
    assert kinds("none") == [("a", "consensus"), ("b", "in")]


def test_what_the_authority_decided_stays_and_counts_in_the_place_of_the_jurys_choice(small: Run) -> None:
    def left(by_authority: str, kind: ChoiceKind) -> list[tuple[str, bool]]:
        held = (dataclasses.replace(decided("a", by_authority), stage=AUTHORITY),)
        return [(one.decision, one.is_authoritys) for one in decided_with(held, JuryChoice("a", kind, 400_00))]

    assert left("out", "in") == left("out", "amount") == left("out", "none") == [("out", True)]
    assert left("in", "out") == [("in", True)]
    assert left("in", "amount") == [("amount", False), ("in", True)]
    kept = stored(small)
    held = (dataclasses.replace(decided("a", "out"), stage=AUTHORITY),)
    assert kept.selected(decided_with(held, JuryChoice("a", "none"))).granted == kept.selected(held).granted
    with pytest.raises(NotRetainable) as refused:
        kept.effect(kept.selected(held), held, JuryChoice("a", "in"))
    assert refused.value.place == "out"


@pytest.mark.parametrize("kind", ["in", "out", "declined"])
def test_an_agreed_mark_and_the_jurys_word_stand_side_by_side_in_a_bundle(kind: Any) -> None:
    both = [decided("c", "consensus", "85"), decided("c", kind), *([decided("c", "amount", "500")] * (kind == "in"))]
    run = ran(a_call(), {"a": "90", "b": "80", "c": "70"}, decisions=both)
    row = next(row for row in run.rows if row.application_id == "c")
    assert (row.raw_score, row.reason_code) == (
        Decimal(85),
        {"in": "jury_in", "out": "jury_out", "declined": "declined"}[kind],
    )
    assert verify_bundle(json_text(run_bundle(run))) == ()
    value = json.loads(json_text(run_bundle(run)))
    value["inputs"]["decisions"].append(value["inputs"]["decisions"][0] | {"decision": "withdrawn", "amount": None})
    assert "ce dossier a déjà une autre décision" in " ".join(map(str, verify_bundle(json_text(value))))


def test_what_the_letter_would_say_is_what_the_next_run_says(small: Run) -> None:
    kept = stored(small)
    for choice in (JuryChoice("c", "in"), JuryChoice("a", "out"), JuryChoice("a", "amount", 400_00)):
        after = decided_with((), choice)
        given = small.given
        again = run_call(given.call, given.applications, given.marks, after, options=small.options)
        row = next(one for one in again.rows if one.application_id == choice.application_id)
        told, granted = kept.explained(after, choice.application_id)
        assert (told.status, told.sentence, granted) == (row.status, row.reason, row.granted_amount)


@pytest.mark.thorough
@pytest.mark.parametrize("block", range(4))
def test_the_effect_is_what_two_whole_runs_differ_by(block: int) -> None:
    compared = refused = conflicts = 0
    for number in range(block * 25, block * 25 + 25):
        chance = random.Random(f"effect {number}")
        call = a_random_call(chance)
        try:
            first = run(call, random_tables(chance, call))
        except (InfeasibleRules, ImposedNotCandidate):
            continue
        given = first.given
        kept = stored(first)
        before = kept.selected(given.decisions)
        for row in first.rows:
            choice = JuryChoice(row.application_id, chance.choice(("in", "out", "amount", "none")), 500_00)
            after = decided_with(given.decisions, choice)
            try:
                effect = kept.effect(before, given.decisions, choice)
            except NotRetainable:
                refused += 1
                continue
            except InfeasibleRules as conflict:
                names = conflict.names
            else:
                names = ()
            if names:
                with pytest.raises(InfeasibleRules) as told:
                    run_call(given.call, given.applications, given.marks, after, options=first.options)
                assert told.value.names == names
                conflicts += 1
                continue
            second = run_call(given.call, given.applications, given.marks, after, options=first.options)
            was = {one.application_id: one.granted_amount for one in first.rows if one.status == "laureate"}
            now = {one.application_id: one.granted_amount for one in second.rows if one.status == "laureate"}
            own = choice.application_id
            assert (effect.before, effect.after) == (was.get(own), now.get(own))
            assert [one.id for one in effect.enters] == [name for name in now if name not in was and name != own]
            assert [one.id for one in effect.leaves] == [name for name in was if name not in now and name != own]
            assert {one.id: (one.before, one.after) for one in effect.grants} == {
                name: (cents, now[name]) for name, cents in was.items() if now.get(name, cents) != cents
            }
            limit = given.call.selection.budget
            assert effect.left == int(limit * 100) - sum(cents or 0 for cents in now.values())  # type: ignore[operator]
            compared += 1
    assert all((compared, refused, conflicts)), (compared, refused, conflicts)
