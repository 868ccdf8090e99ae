"""What a dossier's answers say of it, for lists and quotas: its title, theme, amount and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aap.core.answers.conditions import attributes_of
from aap.core.budgets.accounting import parse_budget
from aap.core.call.schema import CallFile
from aap.core.questions.base.condition import value_of
from aap.core.questions.budget import BudgetQuestion
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
    """Reads the dossier's answers (question → answer, all sections together)."""
    form = call.form
    project = next(
        (
            question
            for section in form.sections
            for question in section.questions
            if isinstance(question, BudgetQuestion) and question.budget == "project"
        ),
        None,
    )
    request = parse_budget("project", answers.get(project.id)).request if project else 0
    attributes = attributes_of(form, answers, association_fields(association))
    return DossierFacts(
        title=str(answers.get(form.title_question or "", "")),
        theme=next(iter(value_of(answers.get(form.theme_question or ""))), ""),
        requested_amount=request,
        attributes={name: list(values) for name, values in attributes.items()},
    )


@lru_cache(maxsize=256)
def region_name(department: str) -> str:
    """The region of a department's code; empty where it isn't known."""
    found = territories().department(department)
    return found.region.name if found else ""
