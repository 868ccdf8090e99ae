"""What an association says of itself, as call files name it."""

from __future__ import annotations

from datetime import date
from typing import Any

from aap.core.call.sources import SOURCES
from aap.core.questions.base.condition import value_of
from aap.core.values import day_of
from aap.services.dossier.facts import association_fields
from tests.factories import Factory


def test_every_source_of_an_association_gives_a_value_of_its_kind(factory: Factory) -> None:
    association = factory.association(
        acronym="LPF", siret="13002526500013", rna="W691000001", object="Éduquer", created_on=date(2019, 5, 28)
    )
    fields: Any = association_fields(association)
    found = {name: value_of(fields.get(name.partition(".")[2])) for name in SOURCES if name != "request.amount"}
    assert {name for name, values in found.items() if not values} == set()
    days = {name for name, one in SOURCES.items() if one.compared == "day"}
    assert {name for name, values in found.items() if day_of(values[0])} == days
    closed = {name: one.values for name, one in SOURCES.items() if one.values}
    assert {name for name, values in closed.items() if found[name][0] not in values} == set()
    assert found["association.region"] == ("Auvergne-Rhône-Alpes",)
