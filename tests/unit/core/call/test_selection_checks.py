"""The funding line, the zone of doubt, the waiting list, least shares: what fits, and what is told where it doesn't."""

from __future__ import annotations

import pytest

from tests.unit.core.call.told import told

MERIT = "mode: merit, laureates: 10, budget: 1000"
VALUE = "mode: value, laureates: 10, budget: 1000"


@pytest.mark.parametrize(
    "rules",
    [
        f"{MERIT}, at_limit: stop",
        f"{MERIT}, at_limit: reduce, reduce_to: 0.7, draw_zone: {{interval: 0.5}}",
        f"{VALUE}, at_limit: skip, protect_top: 3",
        f"{MERIT}, waiting_list: {{by_rank: 5, successors: true, if_none: leave}}",
        f"{MERIT}, waiting_list: {{if_none: without:r}}, quotas: [{{id: r, where: {{x: y}}, min: 1}}]",
    ],
)
def test_the_rules_of_the_second_edition_are_sound(rules: str) -> None:
    assert told(selection=rules) == []


WRONG = [
    (
        f"{VALUE}, at_limit: stop",
        ["at_limit ! une ligne de financement n’existe qu’avec mode: merit ; avec value, la somme des notes décide [stop]"],
    ),
    (
        f"{MERIT}, at_limit: reduce",
        ["at_limit ! reduce propose ce qui reste : dites la plus petite part de la demande qui peut être proposée [reduce]"],
    ),
    (f"{MERIT}, at_limit: stop, reduce_to: 0.7", ["reduce_to ! cette part ne sert qu’avec at_limit: reduce [0.7]"]),
    (f"{MERIT}, at_limit: reduce, reduce_to: 70", ["reduce_to ! ce nombre n’est pas possible ici [70]"]),
    (
        f"{MERIT}, draw_zone: {{interval: 0.5}}",
        ["draw_zone ! le tirage dans la zone de doute ne sert qu’avec mode: merit et at_limit: stop ou reduce []"],
    ),
    (f"{MERIT}, waiting_list: {{if_none: drop}}", ["waiting_list.if_none ! cette règle de remplacement n’existe pas [drop]"]),
    (
        f"{MERIT}, waiting_list: {{if_none: without:rurla}}, quotas: [{{id: rural, where: {{x: y}}, min: 1}}]",
        ["waiting_list.if_none ! ce quota n’existe pas [without:rurla]"],
    ),
    (f"{MERIT}, waiting_list: -1", ["waiting_list ! ce nombre n’est pas possible ici [-1]"]),
    (f"{MERIT}, at_limit: reduc, reduce_to: 0.7", ["at_limit ! cette valeur n’est pas possible ici [reduc]"]),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "problems"), WRONG)
def test_a_rule_that_does_not_fit_is_told_at_its_key(rules: str, problems: list[str]) -> None:
    assert [one.removeprefix("selection.") for one in told(selection=rules)] == problems


@pytest.mark.parametrize(
    ("shares", "told_at", "words"),
    [
        (
            (0.25, 0.25, 0.25, 0.25),
            3,
            "font ensemble 100 % : peu de listes, ou aucune, tombent aussi juste au centime près",
        ),
        ((0.5, 0.45), 1, "font ensemble 95 %"),
        ((0.5, 0.44), None, ""),
        ((1.0,), None, ""),
        ((0.6, 0.5), 1, "dépassent ensemble le tout (110 %)"),
    ],
)
def test_least_shares_of_one_attribute_leave_room(shares: tuple[float, ...], told_at: int | None, words: str) -> None:
    quotas = [f"{{id: q{i}, where: {{region: r{i}}}, min_share: {share}}}" for i, share in enumerate(shares)]
    found = [one.replace("\u202f", " ") for one in told(selection=f"{MERIT}, quotas: [{', '.join(quotas)}]")]
    assert len(found) == (told_at is not None)
    for one in found:
        assert one.startswith(
            f"selection.quotas[{told_at}].min_share ? les parts minimales des valeurs de « region » {words}"
        )
