"""Criteria of every kind, thresholds and ties: what fits, and what is told where it doesn't."""

from __future__ import annotations

import pytest

from tests.unit.core.call.told import told

A = "{id: a, weight: 60}"
FORM = """\
form:
  attributes: {taille: answers.taille, nom: answers.nom, prix: answers.prix}
  sections:
    - id: projet
      title: Projet
      questions:
        - {id: taille, label: T, type: choice, options: [{value: petite, label: P}, {value: grande, label: G}]}
        - {id: nom, label: N, type: text}
        - {id: prix, label: P, type: money}
"""


def criterion(*keys: str, more: str = "", rest: str = "") -> list[str]:
    """What is told of a second criterion with these keys."""
    return told(rubric=f"criteria: [{A}, {{id: b, {', '.join(keys)}}}]{rest}", more=more)


@pytest.mark.parametrize(
    "keys",
    [
        "weight: 33.3, threshold: 2, threshold_on: any",
        "bonus: 5",
        "kind: gate",
        "kind: gate, fails_if: majority, comment: always",
        "kind: computed, weight: 1, from: taille, points: {petite: 1, grande: 2.5}, otherwise: 0.5, threshold: 1",
        "kind: computed, bonus: 3, from: prix, bands: [{min: 0, mark: 1}, {min: 50, mark: 3}]",
    ],
)
def test_a_criterion_of_each_kind_is_sound(keys: str) -> None:
    assert criterion(keys, more=FORM) == []


ONE_OF = "un critère a un poids (weight) ou un bonus, l’un des deux"
COMPUTED_ONLY = "cette clé ne sert qu’à un critère calculé (kind: computed)"
WRONG = [
    ("title: B", [f"! {ONE_OF} [ni l’un ni l’autre]"]),
    ("weight: 1, bonus: 2", [f"! {ONE_OF} [les deux]"]),
    ("weight: 0", [".weight ! ce nombre n’est pas possible ici [0]"]),
    ("kind: gate, weight: 3", [".weight ! un critère oui ou non (kind: gate) n’a ni poids ni bonus []"]),
    ("kind: gate, bonus: 3", [".bonus ! un critère oui ou non (kind: gate) n’a ni poids ni bonus []"]),
    (
        "kind: gate, threshold: 1",
        [".threshold ! un critère oui ou non (kind: gate) n’en a pas : fails_if dit quand il est manqué []"],
    ),
    (
        "kind: gate, scale: {min: 0, max: 1, step: 1}",
        [".scale ! un critère oui ou non (kind: gate) n’en a pas : on y répond par oui ou par non []"],
    ),
    ("kind: gate, comment: below:2", [".comment ! un critère oui ou non n’a pas de note [below:2]"]),
    ("weight: 1, fails_if: any", [".fails_if ! cette clé ne sert qu’à un critère oui ou non (kind: gate) []"]),
    ("weight: 1, threshold_on: any", [".threshold_on ! cette clé dit ce que regarde threshold, et le critère n’en a pas []"]),
    ("weight: 1, from: taille", [f".from ! {COMPUTED_ONLY} []"]),
    ("weight: 1, points: {x: 1}", [f".points ! {COMPUTED_ONLY} []"]),
    ("weight: 1, otherwise: 1", [f".otherwise ! {COMPUTED_ONLY} []"]),
    (
        "kind: computed, weight: 1",
        [
            "! un critère calculé a des points (par valeur) ou des tranches (bands), l’un des deux [ni l’un ni l’autre]",
            "! un critère calculé dit de quelle caractéristique vient sa note (from) []",
        ],
    ),
    (
        "kind: computed, weight: 1, from: t, points: {x: 1}, bands: [{min: 0, mark: 1}]",
        ["! un critère calculé a des points (par valeur) ou des tranches (bands), l’un des deux [les deux]"],
    ),
    (
        "kind: computed, weight: 1, from: t, bands: [{min: 5, mark: 1}, {min: 5, mark: 2}, {min: 4, mark: 3}]",
        [
            ".bands[1].min ! les tranches vont du plus petit minimum au plus grand, et celle d’avant commence à 5 [5]",
            ".bands[2].min ! les tranches vont du plus petit minimum au plus grand, et celle d’avant commence à 5 [4]",
        ],
    ),
    (
        "kind: computed, weight: 1, from: t, points: {x: 6, y: 0.3}, otherwise: -1",
        [
            ".points.x ! cette note n’est pas sur l’échelle du critère [6]",
            ".points.y ! cette note n’est pas sur l’échelle du critère [0.3]",
            ".otherwise ! cette note n’est pas sur l’échelle du critère [-1]",
        ],
    ),
    (
        "kind: computed, weight: 1, from: t, points: {x: 1}, threshold: 9",
        [".threshold ! le seuil est hors de l’échelle du critère [9]"],
    ),
    (
        "kind: computed, weight: 1, from: t, points: {x: 1}, comment: always",
        [".comment ! personne ne note un critère calculé : il n’y a rien à commenter [always]"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "problems"), WRONG)
def test_a_criterion_that_does_not_fit_is_told_at_its_key(keys: str, problems: list[str]) -> None:
    assert [one.removeprefix("rubric.criteria[1]").strip() for one in criterion(keys)] == problems


def test_a_computed_criterion_looks_at_what_the_form_gives() -> None:
    computed = "kind: computed, weight: 1"
    assert criterion(f"{computed}, from: tailel, points: {{petite: 1}}", more=FORM) == [
        "rubric.criteria[1].from ? form.attributes ne définit pas cette caractéristique [tailel]"
    ]
    assert criterion(f"{computed}, from: taille, points: {{petit: 1}}", more=FORM) == [
        "rubric.criteria[1].points.petit ? aucune réponse au formulaire ne donne cette valeur à « taille » [petit]"
    ]
    assert criterion(f"{computed}, from: nom, bands: [{{min: 0, mark: 1}}]", more=FORM) == [
        "rubric.criteria[1].bands ? des tranches demandent un nombre, et « nom » n’en est pas un dans le formulaire []"
    ]


def test_at_least_one_criterion_has_a_weight() -> None:
    assert told(rubric="criteria: [{id: a, bonus: 5}, {id: b, kind: gate}]") == [
        "rubric.criteria ! aucun critère n’a de poids (weight) : il en faut au moins un []"
    ]


def test_only_what_is_marked_or_computed_needs_a_scale() -> None:
    assert told(scale="version: 1", rubric="criteria: [{id: a, weight: 1}, {id: b, kind: gate}]") == [
        "rubric.criteria[0] ! ce critère n’a pas d’échelle de notation []"
    ]


@pytest.mark.parametrize(
    ("total", "threshold", "sound"), [(15, 10, True), (15, 15, True), (15, 16, False), (200, 101, True)]
)
def test_the_threshold_is_read_in_the_points_of_the_call(total: int, threshold: int, sound: bool) -> None:
    found = told(rubric=f"out_of: {total}, threshold: {threshold}, criteria: [{A}]")
    message = f"rubric.threshold ! le seuil général porte sur le total, sur {total} (rubric.out_of) [{threshold}]"
    assert found == ([] if sound else [message])


def test_a_gate_that_everybody_passes_separates_nobody() -> None:
    rest = ", tie_break: [b, a]"
    assert criterion("kind: gate", rest=rest) == [
        "rubric.tie_break[0] ? ce critère oui ou non ne départage personne : tous ceux qui restent y ont reçu oui partout [b]"
    ]
    assert criterion("kind: gate, fails_if: majority", rest=rest) == []
