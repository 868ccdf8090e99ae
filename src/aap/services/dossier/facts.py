"""What a dossier's answers say of it, for lists and quotas: its title, theme, amount and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aap.core.answers.conditions import attributes_of, budget_asked, shown_answers
from aap.core.call.schema import CallFile
from aap.core.questions.base.condition import value_of
from aap.records.associations import Association
from aap.records.territories import territories


@dataclass(frozen=True)
class DossierFacts:
    """`requested_amount` in cents; `attributes`: name → values, as quotas name them."""

    title: str
    theme: str
    requested_amount: int
    attributes: dict[str, list[str]]


def association_fields(association: Association) -> Mapping[str, Any]:
    """What `association.<field>` means in a call file. Regions and departments go by their names."""
    department = territories().department(association.department)
    fields = association.model_dump()
    fields["department"] = department.name if department else ""
    fields["region"] = department.region.name if department else ""
    return fields


def dossier_facts(call: CallFile, answers: Mapping[str, Any], association: Association) -> DossierFacts:
    """Reads the dossier's answers (question → answer, all sections together); only those that count say anything."""
    form = call.form
    counting = shown_answers(form, answers)
    project = budget_asked(form, counting, "project")
    attributes = attributes_of(form, counting, association_fields(association))
    return DossierFacts(
        title=str(counting.get(form.title_question or "", "")),
        theme=next(iter(value_of(counting.get(form.theme_question or ""))), ""),
        requested_amount=project.request if project else 0,
        attributes={name: list(values) for name, values in attributes.items()},
    )


@lru_cache(maxsize=256)
def region_name(department: str) -> str:
    """The region of a department's code; empty where it isn't known."""
    found = territories().department(department)
    return found.region.name if found else ""
