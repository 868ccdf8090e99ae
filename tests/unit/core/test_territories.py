"""Lookup and search of communes."""

from __future__ import annotations

import pytest

from aap.core.territories import Territories, fold
from aap.records.territories import territories

SMALL = Territories(
    {
        "regions": [["53", "Bretagne", "metro"], ["04", "La Réunion", "drom"], ["75", "Nouvelle-Aquitaine", "metro"]],
        "departments": [
            ["29", "Finistère", "53", "metro"],
            ["33", "Gironde", "75", "metro"],
            ["974", "La Réunion", "04", "drom"],
        ],
        "communes": [
            ["29019", "Brest", "29", "29200", 139619],
            ["29020", "Briec", "29", "29510", 5700],
            ["33000", "Saint-Denis-de-Pile", "33", "33910", 5800],
            ["33001", "L'Île-Saint-Denis", "33", "33911", 8000],
            ["33002", "Saint-Denis", "33", "33912", 90],
            ["97411", "Saint-Denis", "974", "97400 97417", 153000],
        ],
    }
)


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("bre", ["29019"]),
        ("BREST", ["29019"]),
        ("br", ["29019", "29020"]),
        ("st denis", ["97411", "33002", "33000", "33001"]),
        ("Saint-Dénis", ["97411", "33002", "33000", "33001"]),
        ("saint-denis 33", ["33002", "33000", "33001"]),
        ("97417", ["97411"]),
        ("29", ["29019", "29020"]),
        ("29510 briec", ["29020"]),
        ("ile", ["33001"]),
        ("zzz", []),
        (" -' ", []),
    ],
)
def test_search_orders_exact_names_then_population(query: str, codes: list[str]) -> None:
    assert [commune.code for commune in SMALL.find_communes(query)] == codes


def test_search_stops_at_the_limit() -> None:
    assert [commune.code for commune in SMALL.find_communes("saint denis", limit=2)] == ["97411", "33002"]
    assert SMALL.find_communes("saint", limit=0) == ()


def test_homonyms_are_told_apart_by_their_department() -> None:
    labels = [commune.label for commune in SMALL.find_communes("saint denis", limit=2)]
    assert labels == ["Saint-Denis (La Réunion)", "Saint-Denis (Gironde)"]


def test_folding_drops_accents_ligatures_and_abbreviations() -> None:
    assert fold("  St-Œuilly-l’Évêque ") == "saint oeuilly l eveque"


def test_shipped_table_holds_every_present_commune() -> None:
    table = territories()
    assert len(table) == 34969
    assert (len(table.regions()), len(table.departments())) == (26, 109)
    reunion = table.commune("97411")
    assert reunion is not None
    assert (reunion.name, reunion.department.name, reunion.region.name, reunion.zone) == (
        "Saint-Denis", "La Réunion", "La Réunion", "drom",
    )  # fmt: skip
    assert table.commune("2a004") == table.find_communes("Ajaccio")[0]
    assert table.commune("75101") is None


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("Paris 13", ["75056"]), ("PARIS 13EME ARRONDISSEMENT", ["75056"]), ("paris 1er", ["75056"]), ("Paris 21", []),
        ("Lyon 3e arr.", ["69123"]), ("Lyon 10", []), ("Marseille 16 ème", ["13055"]), ("35042 Rennes Cedex 7", ["35238"]),
    ],
)  # fmt: skip
def test_arrondissements_and_cedex_lead_to_their_commune(query: str, codes: list[str]) -> None:
    assert [commune.code for commune in territories().find_communes(query)] == codes


def test_shipped_paris_has_its_postal_codes() -> None:
    assert [commune.code for commune in territories().find_communes("75011 paris")] == ["75056"]


def test_the_commune_around_an_arrondissement_is_the_city() -> None:
    found = {code: commune.name if (commune := territories().commune_around(code)) else None for code in (
        "75113", "69383", "13201", "69123", "2A004", "75000", "", "x")}  # fmt: skip
    assert found == {
        "75113": "Paris", "69383": "Lyon", "13201": "Marseille", "69123": "Lyon", "2A004": "Ajaccio", "75000": None,
        "": None, "x": None,
    }  # fmt: skip
