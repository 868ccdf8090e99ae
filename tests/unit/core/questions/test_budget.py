"""A budget's own lines, what other funders have granted, and its years: read, checked line by line, said in words."""

from __future__ import annotations

from typing import Any

from aap.core.answers.checking import check_section
from aap.core.answers.comparing import in_lines
from aap.core.answers.conditions import source_values
from aap.core.call.schema import Form, Section
from aap.core.questions.base.in_words import Surroundings
from aap.core.questions.base.posted import Posted
from aap.core.questions.base.question import as_typed, read_answers
from aap.core.questions.budget import BudgetQuestion
from aap.records.territories import territories

ONE = BudgetQuestion(id="b", label="Budget", type="budget", budget="project")
TWO = BudgetQuestion(id="b", label="Budget", type="budget", budget="project", years=(2026, 2027))
BALANCED = {"b.60": "1 000", "b.61": "500", "b.request": "900", "b.74-region": "600"}


def read(question: BudgetQuestion, **typed: str) -> dict[str, Any]:
    posted = Posted({name: [text] for name, text in typed.items()}, territories())
    return read_answers([question], {"b": question.typed_in(posted, "b")})


def told(question: BudgetQuestion, answers: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = check_section(Section(id="s", title="S", questions=(question,)), answers)
    return [
        (one.field, one.label, one.message.replace("\u00a0", " ").replace("\u202f", " "))
        for one in found
        if one.severity == "error"
    ]


def test_a_budget_without_lines_of_its_own_is_stored_as_it_always_was() -> None:
    assert read(ONE, **BALANCED) == {
        "b": {"charges": {"60": "1000.00", "61": "500.00"}, "products": {"request": "900.00", "74-region": "600.00"},
              "contributions": {}}
    }  # fmt: skip


def test_own_lines_are_a_part_of_a_line_of_the_form_and_do_not_change_the_totals() -> None:
    answers = read(ONE, **BALANCED, **{"b.own.0.account": "61", "b.own.0.label": "Salles", "b.own.0.amount": "400"})
    assert answers["b"]["own"] == [{"account": "61", "label": "Salles", "amount": "400.00"}]
    assert told(ONE, answers) == []
    assert ONE.budget_of(answers["b"]).charges == 150_000
    assert as_typed(ONE, answers)["own"] == [{"account": "61", "label": "Salles", "amount": "400"}]
    around = Surroundings(answers, territories(), {})
    assert [text for text in in_lines(ONE.read_out(answers, around)).split("\n") if "61" in text or "dont" in text] == [
        "61 Services extérieurs : locations, entretien, assurances, documentation\u00a0: 500\u00a0€",
        "– dont Salles\u00a0: 400\u00a0€",
    ]


def test_own_lines_beyond_their_line_or_unfinished_are_told_with_the_line() -> None:
    typed = {
        "b.own.0.account": "61", "b.own.0.label": "Salles", "b.own.0.amount": "400",
        "b.own.1.account": "61", "b.own.1.label": "Assurance", "b.own.1.amount": "200",
        "b.own.2.amount": "beaucoup",
        "b.own.3.account": "request", "b.own.3.label": "x", "b.own.3.amount": "1",
    }  # fmt: skip
    answers = read(ONE, **BALANCED, **typed)
    assert as_typed(ONE, answers)["own"][2] == {"account": "", "label": "", "amount": "beaucoup"}
    pick = "Choisissez la ligne du formulaire dont celle-ci fait partie."
    number = "Ce n’est pas un montant. Écrivez-le en chiffres, par exemple 12 000,50."
    assert told(ONE, answers) == [
        ("b.own.2.account", "Budget (votre ligne 3)", pick),
        ("b.own.2.label", "Budget (votre ligne 3)", "Dites de quoi il s’agit."),
        ("b.own.2.amount", "Budget (votre ligne 3)", number),
        ("b.own.3.account", "Budget (votre ligne 4)", pick),
        (
            "b.61",
            "Budget (61 Services extérieurs)",
            "Vos lignes font 600 €, et cette ligne du formulaire 500 € : elles en font partie, et ne peuvent pas la dépasser.",
        ),
    ]


def test_what_another_funder_granted_is_a_part_of_what_it_is_asked_for() -> None:
    answers = read(ONE, **BALANCED, **{"b.obtained.74-region": "250"})
    assert answers["b"]["obtained"] == {"74-region": "250.00"}
    assert told(ONE, answers) == []
    shown = in_lines(ONE.read_out(answers, Surroundings(answers, territories(), {})))
    assert "74 Conseil régional\u00a0: 600\u00a0€ (dont 250\u00a0€ obtenus)" in shown
    answers = read(ONE, **BALANCED, **{"b.obtained.74-region": "601", "b.obtained.74-europe": "x"})
    assert told(ONE, answers) == [
        (
            "b.obtained.74-region",
            "Budget (74 Conseil régional, dont obtenu)",
            "Ce financeur a accordé 601 €, et cette ligne prévoit 600 € : ce qui est obtenu fait partie du montant de la ligne.",
        ),
        (
            "b.obtained.74-europe",
            "Budget (74 Fonds européens, dont obtenu)",
            "Ce n’est pas un montant. Écrivez-le en chiffres, par exemple 12 000,50.",
        ),
    ]


def test_years_stand_side_by_side_and_each_balances_but_the_request_is_the_first_ones() -> None:
    later = {"b.2027.60": "2 000", "b.2027.request": "1 500", "b.2027.70": "500"}
    answers = read(TWO, **BALANCED, **later)
    assert answers["b"]["later"] == {
        "2027": {"charges": {"60": "2000.00"}, "products": {"request": "1500.00", "70": "500.00"}, "contributions": {}}
    }
    assert told(TWO, answers) == []
    form = Form(sections=(Section(id="s", title="S", questions=(TWO,)),))
    assert source_values(form, answers, {})["request.amount"] == "900.00"
    assert TWO.budget_of(answers["b"], "2027").request == 150_000
    (charges, products, *_rest) = TWO.read_out(answers, Surroundings(answers, territories(), {})).sides
    assert (charges.years, charges.totals, products.totals) == (
        ("2026", "2027"),
        (150_000, 200_000),
        (150_000, 200_000),
    )
    assert [(line.number, tuple(line.amounts)) for line in charges.lines] == [
        ("60", (100_000, 200_000)),
        ("61", (50_000, 0)),
    ]
    assert as_typed(TWO, answers)["later"]["2027"]["products"] == {"70": "500", "request": "1\u202f500"}


def test_a_later_year_is_asked_for_and_its_faults_name_it() -> None:
    assert told(TWO, read(TWO, **BALANCED)) == [("b.2027.60", "Budget (2027)", "Remplissez le budget de 2027.")]
    assert told(TWO, read(TWO, **BALANCED, **{"b.2027.60": "20.000"}))[0][:2] == (
        "b.2027.60", "Budget (2027, 60 Achats)",
    )  # fmt: skip
    unbalanced = told(TWO, read(TWO, **BALANCED, **{"b.2027.60": "10", "b.2027.request": "5"}))
    assert unbalanced[0][:2] == ("b.2027.products", "Budget (2027, Total des produits)")


def test_a_fault_of_an_amount_names_its_line() -> None:
    assert told(ONE, read(ONE, **{"b.62": "12..5"})) == [
        (
            "b.62",
            "Budget (62 Autres services extérieurs)",
            "Ce n’est pas un montant. Écrivez-le en chiffres, par exemple 12 000,50.",
        )
    ]


def test_of_another_call_only_the_years_after_its_first_are_kept() -> None:
    answers = read(TWO, **BALANCED, **{"b.2027.60": "10"})
    assert TWO.still_fits(TWO, answers["b"])["later"] == answers["b"]["later"]
    assert TWO.model_copy(update={"years": (2026, 2028)}).still_fits(TWO, answers["b"]).keys() == answers[
        "b"
    ].keys() - {"later"}
    assert ONE.still_fits(TWO, answers["b"]).keys() == answers["b"].keys() - {"later"}
