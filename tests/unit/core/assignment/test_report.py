"""What can't be satisfied is said in words, with its figures."""

from __future__ import annotations

from fractions import Fraction

from aap.core.assignment.distribution import Options, assign
from aap.core.assignment.problem import Demand, Dossier, Reviewer
from aap.core.assignment.report import assignment_table, figures, load_table, unmet

ERRORS = ("mean_error", "severity_error", "across_error")


def french(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def sentences(demand: Demand) -> list[str]:
    return [french(one.sentence) for one in unmet(assign(demand))]


def test_a_complete_assignment_has_nothing_to_say() -> None:
    demand = Demand([Dossier("d1"), Dossier("d2")], [Reviewer("r1"), Reviewer("r2", min_load=1)], 2)
    proposal = assign(demand)
    assert (proposal.complete, unmet(proposal)) == (True, ())


def test_too_little_capacity_is_counted() -> None:
    demand = Demand([Dossier(f"d{i}") for i in range(5)], [Reviewer(f"r{j}", max_load=3) for j in range(3)], 2)
    assert sentences(demand) == [
        "Il reste 10 évaluations à confier et 3 évaluateurs peuvent en prendre 9 au plus : il en manque 1. Relevez des "
        "maximums, invitez des évaluateurs, ou demandez moins d’évaluations par dossier."
    ]


def test_a_dossier_without_enough_reviewers_says_why() -> None:
    reviewers = [
        Reviewer("r1"),
        Reviewer("r2"),
        Reviewer("r3", departments=("75",)),
        Reviewer("r4", available=False),
        Reviewer("r5"),
    ]
    demand = Demand(
        [Dossier("d1", department="75"), Dossier("d2")],
        reviewers,
        3,
        conflicts=frozenset({("d1", "r1")}),
        earlier=frozenset({("d1", "r2")}),
    )
    assert sentences(demand) == [
        "Le dossier d1 n’a que 1 évaluateur possible sur 5 pour 3 évaluations : 1 en conflit d’intérêts, 1 indisponibles, "
        "1 avec un département à éviter et 1 qui ont lu un dossier antérieur."
    ]


def test_dossiers_that_share_too_few_reviewers_are_named_together() -> None:
    dossiers = [Dossier(f"d{i}") for i in range(6)]
    reviewers = [Reviewer(f"r{j}", max_load=2) for j in range(8)]
    far = frozenset((f"d{i}", f"r{j}") for i in range(4) for j in range(3, 8))
    assert sentences(Demand(dossiers, reviewers, 2, conflicts=far)) == [
        "4 dossiers (d0, d1, d2 et d3) ne peuvent aller qu’à 3 évaluateurs (r0, r1 et r2), qui ont 6 places pour "
        "8 évaluations : il en manque 2."
    ]


def test_a_minimum_that_can_t_be_reached_says_why() -> None:
    one = Demand(
        [Dossier("d1"), Dossier("d2")],
        [Reviewer("r1", min_load=2), Reviewer("r2", min_load=2)],
        1,
    )
    assert [text.split(" : ")[1] for text in sentences(one)] in (
        ["les minimums demandent ensemble plus d’évaluations qu’il n’y en a à confier."],
        ["les minimums demandent ensemble plus d’évaluations qu’il n’y en a à confier."] * 2,
    )
    other = Demand(
        [Dossier("d1"), Dossier("d2")],
        [Reviewer("r1", min_load=2), Reviewer("r2")],
        1,
        conflicts=frozenset({("d1", "r1")}),
    )
    assert sentences(other) == [
        "r1 devait recevoir au moins 2 dossiers et en reçoit 1 : 1 dossier seulement peut l’être."
    ]


def test_bridges_that_can_t_be_made_are_counted() -> None:
    dossiers = [Dossier(f"d{i}", ("a",) if i < 2 else ("b",)) for i in range(4)]
    reviewers = [Reviewer(f"r{j}", ("a",) if j < 2 else ("b",)) for j in range(4)]
    barred = frozenset(
        (f"d{i}", f"r{j}") for i in range(4) for j in range(4) if (i < 2) != (j < 2) and (i, j) not in ((0, 2), (2, 0))
    )
    proposal = assign(Demand(dossiers, reviewers, 2, conflicts=barred), Options(bridges=Fraction(1, 2)))
    assert [(one.kind, one.missing, french(one.sentence)) for one in unmet(proposal)] == [
        (
            "bridges",
            2,
            "La part d’évaluations croisées (50 %) en demande 4 et 2 au plus sont possibles : il en manque 2. Une évaluation "
            "est croisée quand l’évaluateur ne connaît aucun thème du dossier. Invitez des évaluateurs d’autres thèmes, relevez "
            "des maximums ou levez des exclusions.",
        )
    ]
    assert figures(proposal)["bridges"] == {
        "share": 0.5,
        "usual": False,
        "wanted": 4,
        "made": 2,
        "missing": 2,
        "without": {"made": 2, **{key: figures(proposal)["connection"][key] for key in ERRORS}},
    }


def test_tables_name_what_is_fixed_kept_and_new() -> None:
    demand = Demand(
        [Dossier("d1"), Dossier("d2")],
        [Reviewer("r1", max_load=4), Reviewer("r2")],
        2,
        fixed=frozenset({("d1", "r1")}),
        current=frozenset({("d1", "r2")}),
    )
    proposal = assign(demand, Options(mode="complete"))
    assert assignment_table(proposal).rows == (
        ("d1", "r1", "60", "fixed"),
        ("d1", "r2", "60", "kept"),
        ("d2", "r1", "60", "new"),
        ("d2", "r2", "60", "new"),
    )
    assert load_table(proposal).rows == (("r1", "2", "0", "4", "60"), ("r2", "2", "0", "25", "60"))
