"""Each reason code says what happened, with its figures, and names nobody else."""

from __future__ import annotations

import dataclasses

from tests.unit.core.ranking.small_runs import a_call, decided, ran, said


def test_a_laureate_reads_its_rank_score_and_amount() -> None:
    run = ran(a_call(), {"a": "80", "b": "70", "c": "60"}, amounts={"a": 12000})
    assert said(run, "a") == ("laureate", "selected", "Classé 1ᵉʳ avec 80,00 points sur 100. Retenu, pour 12 000 €.")


def test_when_places_are_gone_the_last_retained_score_is_told() -> None:
    run = ran(a_call(), {"a": "80", "b": "65", "c": "64.2"})
    assert said(run, "c") == (
        "not_selected",
        "count_reached",
        "Classé 3ᵉ avec 64,20 points sur 100. Les 2 places ont été attribuées ; le dernier projet retenu à son rang en "
        "obtient 65,00.",
    )


def test_one_place_reads_in_the_singular() -> None:
    run = ran(a_call(laureates=1, waiting_list=1), {"a": "80", "b": "65"})
    assert said(run, "b") == (
        "waiting_list",
        "count_reached",
        "Classé 2ᵉ avec 65,00 points sur 100. La seule place a été attribuée ; le projet retenu en obtient 80,00. "
        "Inscrit 1ᵉʳ sur la liste d’attente.",
    )


def test_close_scores_are_shown_with_as_many_decimals_as_tell_them_apart() -> None:
    run = ran(a_call(), {"a": "80", "b": "65.04", "c": "65.02"})
    assert said(run, "c")[2] == (
        "Classé 3ᵉ avec 65,02 points sur 100. Les 2 places ont été attribuées ; le dernier projet retenu à son rang en "
        "obtient 65,04."
    )


def test_equal_scores_parted_by_the_smaller_request_say_so() -> None:
    run = ran(a_call(), {"a": "80", "b": "65", "c": "65"}, amounts={"b": 500})
    assert said(run, "c")[2] == (
        "Classé 3ᵉ avec 65,00 points sur 100. Les 2 places ont été attribuées ; le dernier projet retenu à son rang en "
        "obtient autant et passe devant par un montant demandé plus faible."
    )


def test_equal_in_everything_the_public_draw_is_named() -> None:
    run = ran(a_call(), {"a": "80", "b": "65", "c": "65"})
    loser = next(row.application_id for row in run.rows if row.rank == 3)
    assert said(run, loser)[2].endswith("en obtient autant et passe devant par le tirage au sort public.")


def test_the_budget_is_told_by_exchange_with_lower_laureates() -> None:
    run = ran(a_call(budget=1000), {"a": "80", "b": "70", "c": "60"}, amounts={"a": 500, "b": 900, "c": 500})
    assert said(run, "b") == (
        "not_selected",
        "budget_exhausted",
        "Classé 2ᵉ avec 70,00 points sur 100. Son montant est de 900 € : le retenir à la place du seul projet retenu "
        "moins bien classé ferait dépasser l’enveloppe de 1 000 €.",
    )


def test_the_budget_is_told_by_what_is_left_where_no_laureate_is_lower() -> None:
    run = ran(a_call(budget=1000), {"a": "80", "b": "70"}, amounts={"a": 500, "b": 900})
    assert said(run, "b")[2] == (
        "Classé 2ᵉ avec 70,00 points sur 100. Le projet retenu laisse 500 € de l’enveloppe de 1 000 €, pour un montant "
        "de 900 €."
    )


def test_a_minimum_names_its_rule_for_who_enters_and_who_stays_out() -> None:
    quota = {"id": "rural", "title": "Zones rurales", "where": {"territory": "rural"}, "min": 1}
    run = ran(a_call(quotas=[quota]), {"a": "80", "b": "70", "c": "60"}, attributes={"c": {"territory": ("rural",)}})
    assert said(run, "c") == (
        "laureate",
        "selected_by_quota:rural",
        "Classé 3ᵉ avec 60,00 points sur 100. Retenu, pour 1 000 €, grâce à la règle « Zones rurales » "
        "(au moins 1 projet) : sans cette règle, il ne l’aurait pas été.",
    )
    assert said(run, "b") == (
        "not_selected",
        "quota_min:rural",
        "Classé 2ᵉ avec 70,00 points sur 100. Le retenir à la place du seul projet retenu moins bien classé ne "
        "respecterait plus le minimum de la règle « Zones rurales » (au moins 1 projet).",
    )


def test_a_maximum_by_value_names_the_rule_and_the_value() -> None:
    quota = {"id": "par-region", "title": "Par région", "each": "region", "max": 1}
    region = {name: {"region": ("corse",)} for name in "ab"} | {"c": {"region": ("bretagne",)}}
    run = ran(a_call(quotas=[quota]), {"a": "80", "b": "70", "c": "60"}, attributes=region)
    assert said(run, "b") == (
        "not_selected",
        "quota_max:par-region=corse",
        "Classé 2ᵉ avec 70,00 points sur 100. Le retenir à la place du seul projet retenu moins bien classé ferait "
        "dépasser le maximum de la règle « Par région » pour « corse » (au plus 1 projet).",
    )


def test_in_merit_the_places_taken_before_are_told() -> None:
    run = ran(a_call(mode="merit"), {"a": "80", "b": "70", "c": "60"})
    assert said(run, "c")[1:] == (
        "count_reached",
        "Classé 3ᵉ avec 60,00 points sur 100. Les 2 places ont été attribuées ; le dernier projet retenu à son rang en "
        "obtient 70,00.",
    )


def test_in_merit_a_place_kept_for_a_minimum_is_told() -> None:
    quota = {"id": "rural", "title": "Zones rurales", "where": {"territory": "rural"}, "min": 1}
    run = ran(
        a_call(mode="merit", quotas=[quota]),
        {"a": "80", "b": "70", "c": "60"},
        attributes={"c": {"territory": ("rural",)}},
    )
    assert said(run, "b")[1:] == (
        "count_reached",
        "Classé 2ᵉ avec 70,00 points sur 100. Le retenir avec le projet mieux classé déjà retenu ne laisserait plus "
        "assez de places (2 places en tout) pour respecter les autres règles.",
    )


def test_the_jury_is_named_and_not_quoted() -> None:
    run = ran(
        a_call(),
        {"a": "80", "b": "70", "c": "60", "d": "50"},
        decisions=[decided("a", "out"), decided("d", "in"), decided("c", "declined")],
    )
    assert said(run, "a") == (
        "not_selected",
        "jury_out",
        "Classé 1ᵉʳ avec 80,00 points sur 100. Le jury a décidé de ne pas retenir ce projet.",
    )
    assert said(run, "d") == (
        "laureate",
        "jury_in",
        "Classé 4ᵉ avec 50,00 points sur 100. Retenu par décision du jury, pour 1 000 €.",
    )
    assert said(run, "c") == (
        "not_selected",
        "declined",
        "Classé 3ᵉ avec 60,00 points sur 100. L’association a renoncé à la subvention.",
    )


def test_what_the_authority_decided_is_said_to_be_its_decision() -> None:
    by_authority = [dataclasses.replace(decided(name, kind), stage="authority") for name, kind in
                    (("a", "out"), ("d", "in"))]  # fmt: skip
    run = ran(a_call(), {"a": "80", "b": "70", "c": "60", "d": "50"}, decisions=by_authority)
    assert [said(run, name)[1:] for name in "ad"] == [
        ("jury_out", "Classé 1ᵉʳ avec 80,00 points sur 100. L’autorité a décidé de ne pas retenir ce projet."),
        ("jury_in", "Classé 4ᵉ avec 50,00 points sur 100. Retenu par décision de l’autorité, pour 1 000 €."),
    ]
    both = [decided("c", "in"), by_authority[1]]
    run = ran(a_call(), {"a": "80", "b": "70", "c": "60", "d": "50"}, decisions=both)
    assert "le sont par décision du jury ou de l’autorité." in said(run, "a")[2]


def test_thresholds_tell_the_figure_and_the_minimum() -> None:
    run = ran(a_call(threshold=50), {"a": "80", "b": "49.99"})
    assert said(run, "b") == (
        "below_threshold",
        "below_threshold:overall",
        "Note finale de 49,99 points sur 100, pour un minimum de 50.",
    )
    run = ran(a_call(criterion={"threshold": 60}), {"a": "80", "b": "49"})
    assert said(run, "b") == (
        "below_threshold",
        "below_threshold:quality",
        "Note moyenne de 49,0 sur 100 au critère « Qualité », pour un minimum de 60.",
    )


def test_what_is_not_ranked_says_why() -> None:
    run = ran(
        a_call(),
        {"a": "80", "b": "70", "c": "60"},
        applications={"b": {"eligible": False, "ineligible_reason": "Siège hors de France"}},
        decisions=[decided("c", "withdrawn")],
    )
    assert said(run, "b") == ("ineligible", "ineligible", "Candidature irrecevable : Siège hors de France.")
    assert said(run, "c") == ("withdrawn", "withdrawn", "La candidature a été retirée ; elle n’est pas classée.")


def test_no_sentence_names_another_association_or_a_reviewer() -> None:
    run = ran(a_call(budget=2500, waiting_list=1), {"a": "80", "b": "70", "c": "60", "d": "55"}, amounts={"b": 2000})
    for row in run.rows:
        assert "Association" not in row.reason
        assert "r1" not in row.reason


def test_what_the_jury_took_is_told_apart_from_what_ranks_before() -> None:
    run = ran(
        a_call(mode="merit", laureates=3, budget=2000),
        {"a": "80", "b": "70", "c": "60"},
        amounts={"a": 900, "b": 700, "c": 800},
        decisions=[decided("c", "in")],
    )
    assert said(run, "b")[1:] == (
        "budget_exhausted",
        "Classé 2ᵉ avec 70,00 points sur 100. Le projet mieux classé déjà retenu et celui retenu par décision du jury "
        "laissent 300 € de l’enveloppe de 2 000 €, pour un montant de 700 €.",
    )


def test_of_two_whom_the_jury_took_only_those_lower_down_are_told_apart() -> None:
    run = ran(
        a_call(mode="merit", laureates=6, budget=2000),
        {"a": "80", "b": "70", "c": "65", "d": "60", "e": "55", "f": "50"},
        amounts={"a": 500, "b": 700, "c": 400, "d": 700, "e": 500, "f": 700},
        decisions=[decided("c", "in"), decided("e", "in")],
    )
    left = "laissent 600 € de l’enveloppe de 2 000 €, pour un montant de 700 €."
    assert [said(run, name)[2] for name in "bdf"] == [
        "Classé 2ᵉ avec 70,00 points sur 100. Le projet mieux classé déjà retenu et ceux retenus par décision du jury "
        + left,
        "Classé 4ᵉ avec 60,00 points sur 100. Les projets mieux classés déjà retenus et celui retenu par décision du jury "
        + left,
        "Classé 6ᵉ avec 50,00 points sur 100. Les projets mieux classés déjà retenus " + left,
    ]


def test_the_first_of_the_ranking_is_not_compared_with_who_ranks_before() -> None:
    run = ran(a_call(mode="merit", budget=500), {"a": "80", "b": "70"}, amounts={"a": 501, "b": 500})
    assert said(run, "a")[1:] == (
        "budget_exhausted",
        "Classé 1ᵉʳ avec 80,00 points sur 100. Son montant de 501 € dépasse l’enveloppe de 500 €.",
    )


def test_in_merit_places_and_budget_gone_together_read_as_places_gone() -> None:
    run = ran(a_call(mode="merit", laureates=1, budget=1000), {"a": "80", "b": "70"})
    assert said(run, "b")[1:] == (
        "count_reached",
        "Classé 2ᵉ avec 70,00 points sur 100. La seule place a été attribuée ; le projet retenu en obtient 80,00.",
    )


def test_an_amount_beyond_the_request_is_the_jurys() -> None:
    run = ran(a_call(), {"a": "80"}, decisions=[decided("a", "amount", "1500")])
    assert said(run, "a")[2] == (
        "Classé 1ᵉʳ avec 80,00 points sur 100. Retenu, pour 1 500 €, montant fixé par le jury au-delà des 1 000 € demandés."
    )


def test_one_of_several_exchanges_reads_as_one() -> None:
    quotas = [
        {"id": "nord", "title": "Nord", "where": {"region": "nord"}, "min": 1},
        {"id": "sud", "title": "Sud", "where": {"region": "sud"}, "min": 1},
    ]
    run = ran(
        a_call(quotas=quotas),
        {"a": "80", "b": "70", "c": "60"},
        attributes={"b": {"region": ("nord",)}, "c": {"region": ("sud",)}},
    )
    assert said(run, "a")[1:] == (
        "quota_min:nord",
        "Classé 1ᵉʳ avec 80,00 points sur 100. Le retenir à la place d’un des 2 projets retenus moins bien classés ne "
        "respecterait plus le minimum de la règle « Nord » (au moins 1 projet) ; à la place du seul autre, une autre "
        "règle ne serait plus respectée.",
    )
