"""The canonical form, the starter, the schema, the words of the rules, and the shipped calls."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from aap.cli.call import call_group
from aap.core.call.canonical import call_hash, canonical_json, decimal_text, rubric_hash
from aap.core.call.descriptions import DESCRIPTIONS
from aap.core.call.loading import inspect_call, load_call
from aap.core.call.opening import findings_for_opening
from aap.core.call.schema import CallFile
from aap.core.call.starter import WAYS, starter_text
from aap.core.call.wording import rules_in_words
from aap.core.paths import shown
from aap.core.questions.base.question import TYPES

ROOT = Path(__file__).parents[4]
SMALL = """\
schema: 1
call: {id: essai}
rubric: {scale: {min: 0, max: 20, step: 1}, criteria: [{id: a, weight: 1}, {id: b, weight: 2}]}
scoring: {method: raw}
selection: {mode: merit, laureates: 3, quotas: [{id: q, where: {z: [x, y]}, min: 1}]}
"""


def test_the_canonical_form_holds_only_what_is_given() -> None:
    assert canonical_json(load_call(SMALL, name="f")) == (
        '{"call":{"id":"essai"},"rubric":{"criteria":[{"id":"a","weight":"1"},{"id":"b","weight":"2"}],'
        '"scale":{"max":"20","min":"0","step":"1"}},"schema":1,"scoring":{"method":"raw"},"selection":{"laureates":3,'
        '"mode":"merit","quotas":[{"id":"q","min":1,"where":{"z":["x","y"]}}]}}'
    )


def test_the_rubric_hash_sees_what_ranks_and_nothing_else() -> None:
    base = load_call(SMALL, name="f")
    renamed = load_call(SMALL.replace("id: essai", "id: autre, title: Autre"), name="f")
    rewritten = load_call(SMALL.replace("weight: 2", "weight: 2.00"), name="f")
    heavier = load_call(SMALL.replace("weight: 2", "weight: 3"), name="f")
    assert rubric_hash(renamed) == rubric_hash(rewritten) == rubric_hash(base) != rubric_hash(heavier)
    assert call_hash(rewritten) == call_hash(base) != call_hash(renamed)


def test_floats_have_no_canonical_form() -> None:
    with pytest.raises(TypeError):
        canonical_json({"a": 0.1})


@given(st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=6))
def test_a_decimal_keeps_its_value_in_canonical_form(value: Decimal) -> None:
    assert Decimal(decimal_text(value)) == value
    assert decimal_text(value) == decimal_text(value * Decimal("1.00"))


@pytest.mark.parametrize("path", sorted((ROOT / "rubrics").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_calls_shipped_are_sound_and_survive_their_canonical_form(path: Path) -> None:
    inspected = inspect_call(path.read_bytes(), name=path.name, online=True)
    assert [(one.key, one.severity) for one in inspected.problems] == [("call.decision_by", "warning")]
    assert inspected.call is not None
    assert call_hash(CallFile.model_validate_json(canonical_json(inspected.call))) == call_hash(inspected.call)


@pytest.mark.parametrize("way", [way.id for way in WAYS])
def test_the_starter_is_sound_and_could_open(way: str) -> None:
    inspected = inspect_call(starter_text("mon-appel-2027", way), name="f", online=True)
    assert inspected.problems == ()
    assert inspected.call is not None
    assert inspected.call.id == "mon-appel-2027"
    rules = inspected.call.selection
    assert (rules.mode if rules.mode == "value" else rules.at_limit) == way


def test_the_starter_follows_the_most_usual_rule_where_none_is_asked_for() -> None:
    assert starter_text("mon-appel-2027") == starter_text("mon-appel-2027", "reduce")


def test_what_an_opening_needs_is_listed() -> None:
    keys = [shown(one.path) for one in findings_for_opening(load_call(SMALL, name="f"))]
    assert keys == [
        "call.title", "call.authority", "call.opens_at", "call.closes_at", "call.contact", "form.sections",
        "form.title_question", "rubric.criteria[0].title", "rubric.criteria[1].title", "selection.quotas[0]",
    ]  # fmt: skip


def test_the_rules_are_said_in_french() -> None:
    sections = {section.id: section for section in rules_in_words(load_call(SMALL, name="f"))}
    plain = [sentence.replace("\u00a0", " ").replace("\u202f", " ") for sentence in sections["selection"].sentences]
    assert list(sections) == ["rubric", "scoring", "selection", "quotas", "algorithm"]
    assert plain == [
        "3 projets au plus sont retenus.",
        "Le classement est parcouru de haut en bas : un projet est retenu dès lors qu’il reste possible de respecter "
        "toutes les règles avec lui et tous ceux déjà retenus.",
        "Le montant pris en compte est le montant demandé, sauf décision motivée du jury.",
    ]
    assert [s.replace("\u00a0", " ") for s in sections["quotas"].sentences] == ["Z : x ou y : au moins 1 lauréat."]
    assert [criterion.share for criterion in sections["rubric"].criteria] == ["33,3\u202f%", "66,7\u202f%"]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            "at_limit: stop, laureates: 3",
            ["Le parcours s’arrête au premier projet que le nombre de places ne permet plus de retenir.",
             "Après lui ne sont retenus que les projets dont les équilibres minimaux ont besoin, le moins de projets "
             "possible, et parmi eux les mieux classés."],
        ),
        (
            "at_limit: reduce, reduce_to: 0.7, draw_zone: {interval: 0.5}, budget: 1000, laureates: 3",
            ["Le parcours s’arrête au premier projet que l’enveloppe ou le nombre de places ne permet plus de retenir.",
             "Ce projet se voit proposer le plus grand montant entier, en euros, que les règles permettent encore, si ce "
             "montant atteint 70 % du montant pris en compte.",
             "Après lui ne sont retenus que les projets dont les équilibres minimaux ont besoin, le moins de projets "
             "possible, et parmi eux les mieux classés.",
             "Les projets dont l’intervalle à 50 % contient la note de ce premier projet ne sont pas départagés par les "
             "notes : un tirage au sort public fixe leur ordre, et le parcours est refait."],
        ),
        (
            "budget: 1000",
            ["Un projet que l’enveloppe ne permet plus de retenir est passé, et le parcours continue : un projet moins bien "
             "classé et moins coûteux peut donc être retenu."],
        ),
    ],
)  # fmt: skip
def test_what_happens_where_money_or_places_run_out_is_said(rules: str, words: list[str]) -> None:
    call = load_call(SMALL.replace("laureates: 3", rules), name="f")
    sections = {section.id: section for section in rules_in_words(call)}
    plain = [sentence.replace("\u00a0", " ").replace("\u202f", " ") for sentence in sections["selection"].sentences]
    walk = next(at for at, sentence in enumerate(plain) if sentence.startswith("Le classement est parcouru"))
    assert plain[walk + 1 : -1] == words


@pytest.mark.parametrize(
    ("rules", "faults"),
    [
        ("mode: value, at_limit: stop", [("selection.at_limit", "error")]),
        ("mode: merit, at_limit: reduce", [("selection.at_limit", "error")]),
        ("mode: merit, at_limit: stop, reduce_to: 0.5", [("selection.reduce_to", "error")]),
        ("mode: merit, draw_zone: {interval: 0.5}", [("selection.draw_zone", "error")]),
        ("mode: merit, at_limit: stop, draw_zone: {interval: 0.5}", []),
    ],
)
def test_keys_of_the_funding_line_that_do_not_go_together_are_told(rules: str, faults: list) -> None:
    inspected = inspect_call(SMALL.replace("mode: merit", rules), name="f")
    assert [(problem.key, problem.severity) for problem in inspected.problems] == faults


def test_every_key_is_described_in_the_schema_and_in_the_reference() -> None:
    printed = json.loads(CliRunner().invoke(call_group, ["schema"]).stdout)
    parts = {"CallFile": printed, **printed["$defs"]}
    described = {
        name: {key: one["description"] for key, one in part["properties"].items()} for name, part in parts.items()
    }
    assert {name: keys for name, keys in described.items() if name in DESCRIPTIONS} == DESCRIPTIONS
    own = {kind.__name__ for kind in TYPES.values()} | {"Column"}
    assert set(described) == set(DESCRIPTIONS) | own
    reference = (ROOT / "docs" / "call-file.md").read_text()
    rows = {f"| `{key}` |" for keys in described.values() for key in keys} | {f"| `{name}` |" for name in TYPES}
    assert [row for row in rows if row not in reference] == []
    assert [text for keys in described.values() for text in keys.values() if text not in reference] == []


def test_the_schema_offers_the_types_of_question_and_to_each_its_own_keys() -> None:
    parts = json.loads(CliRunner().invoke(call_group, ["schema"]).stdout)["$defs"]
    asked = parts["Section"]["properties"]["questions"]["items"]
    assert asked["discriminator"]["propertyName"] == "type"
    assert asked["discriminator"]["mapping"] == {name: f"#/$defs/{kind.__name__}" for name, kind in TYPES.items()}
    assert [one["$ref"] for one in asked["oneOf"]] == [
        asked["discriminator"]["mapping"][name] for name in sorted(TYPES)
    ]
    inner = parts["GroupQuestion"]["properties"]["questions"]["items"]["discriminator"]["mapping"]
    assert set(TYPES) - set(inner) == {"budget", "group"}
    choice = parts["ChoiceQuestion"]
    assert choice["properties"]["type"]["const"] == "choice"
    assert set(choice["required"]) == {"id", "label", "type", "options"}
    assert choice["additionalProperties"] is False
    own = {"options", "detail_if", "detail_label"}
    assert set(choice["properties"]) - set(parts["DateQuestion"]["properties"]) == own
    assert parts["Column"]["properties"]["type"]["enum"] == ["date", "money", "number", "text"]


KEYWORDS = {
    "$schema", "$defs", "$ref", "type", "title", "description", "default", "properties", "required",
    "additionalProperties", "patternProperties", "propertyNames", "minProperties", "items", "minItems", "anyOf", "oneOf",
    "allOf", "if", "then", "else", "not",
    "enum", "const", "pattern", "format", "minLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "discriminator",  # of OpenAPI: which key tells the choices of oneOf apart; others may pass over it
}  # fmt: skip


def keywords(part: object) -> set[str]:
    """The keywords of a JSON Schema, not the names of what it describes."""
    if isinstance(part, list):
        return set[str]().union(*map(keywords, part))
    if not isinstance(part, dict):
        return set()
    found = set(part)
    for key, inner in part.items():
        found |= (
            keywords(list(inner.values()) if key in ("properties", "patternProperties", "$defs") else inner)
            if key not in ("default", "discriminator")
            else set()
        )
    return found


def test_the_schema_speaks_the_words_of_json_schema_only() -> None:
    schema = json.loads(CliRunner().invoke(call_group, ["schema"]).stdout)
    assert keywords(schema) - KEYWORDS == set()
    share, _ = schema["$defs"]["Quota"]["properties"]["max_share"]["anyOf"]
    assert share == {"type": "number", "minimum": 0, "maximum": 1}


def test_the_schema_asks_for_one_group_a_bound_and_a_scale() -> None:
    parts = json.loads(CliRunner().invoke(call_group, ["schema"]).stdout)["$defs"]
    assert parts["Quota"]["oneOf"] == [{"required": ["where"]}, {"required": ["each"]}]
    assert [part["required"] for part in parts["Quota"]["anyOf"]] == [["min"], ["max"], ["min_share"], ["max_share"]]
    assert parts["Rubric"]["anyOf"][0] == {"required": ["scale"]}
    assert parts["Rubric"]["anyOf"][1]["properties"]["criteria"]["items"]["anyOf"][0] == {"required": ["scale"]}


def test_check_tells_problems_and_exits_with_two(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(SMALL)
    bad.write_text(SMALL.replace("mode: merit", "mode: best"))
    results = [CliRunner().invoke(call_group, ["check", str(path)]) for path in (good, bad, tmp_path, tmp_path / "no")]
    assert [result.exit_code for result in results] == [0, 2, 2, 2]
    assert f"{bad}:5:19" in results[1].stderr


def test_new_takes_the_way_of_choosing_from_an_option() -> None:
    answers = [CliRunner().invoke(call_group, ["new", "mon-appel", *more]) for more in ([], ["--selection", "stop"])]
    assert [answer.stdout for answer in answers] == [starter_text("mon-appel"), starter_text("mon-appel", "stop")]
    assert CliRunner().invoke(call_group, ["new", "mon-appel", "--selection", "hasard"]).exit_code == 2


def test_in_a_terminal_new_asks_first_and_says_what_each_way_leads_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aap.cli.call._at_a_terminal", lambda: True)
    answer = CliRunner().invoke(call_group, ["new", "mon-appel"], input="9\n4\n")
    assert answer.stdout == starter_text("mon-appel", "value")
    for way in WAYS:
        assert all(consequence in answer.stderr for consequence in way.consequences)
        assert f"({way.id})" in answer.stderr
    assert CliRunner().invoke(call_group, ["new", "mon-appel"], input="\n").stdout == starter_text(
        "mon-appel", "reduce"
    )


def test_new_never_replaces_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    codes = [CliRunner().invoke(call_group, ["new", "mon-appel", "--out", str(path)]).exit_code for _ in range(2)]
    assert (codes, path.read_text()) == ([0, 2], starter_text("mon-appel"))
    assert CliRunner().invoke(call_group, ["new", "Non"]).exit_code == 2


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"contact": "a@example.org"}, "Une question ? Écrivez à a@example.org."),
        (
            {"contact": "a@example.org", "phone": "01 40 20 53 00", "phone_hours": "le matin"},
            "Une question ? Écrivez à a@example.org, ou appelez le 01 40 20 53 00 (le matin).",
        ),
        ({"phone": "3939"}, "Une question ? Appelez le 3939."),
    ],
)
def test_the_calendar_says_how_to_ask_a_question(given: dict[str, str], sentence: str) -> None:
    call = load_call(SMALL, name="f")
    asked = call.model_copy(update={"call": call.call.model_copy(update=given)})
    told = [text for section in rules_in_words(asked) for text in section.sentences if "Une question" in text]
    assert [text.replace("\u00a0", " ").replace("\u202f", " ") for text in told] == [sentence]
