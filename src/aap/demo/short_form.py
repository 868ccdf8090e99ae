"""Answers for the short form of `mentorat-2026`, from what the same association wrote a year before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from aap.core.budgets.accounting import Budget
from aap.demo.associations import seeded
from aap.demo.attachments import DemoFile, attachments
from aap.demo.budgets import project_budget
from aap.demo.dossiers import DemoDossier
from aap.demo.storytelling import capital, story_facts, tell
from aap.demo.texts.project import SUMMARY
from aap.demo.texts.titles import project_title

ELIGIBILITY = {"statut": "oui", "mentorat": "oui", "obligations": "oui"}
QUESTIONS_OF_FILES = ("statuts", "comptes", "rib")
_MOST_LETTERS = 2000
_THEMES: Mapping[str, str] = {"scolarite": "scolarite", "insertion": "insertion", "mobilite": "mobilite"}


def short_answers(seed: int, earlier: DemoDossier, now: datetime) -> dict[str, Any]:
    """A complete set of answers; the project starts after the decision of the call that is open `now`."""
    rng = seeded(seed, "short", earlier.key)
    association = earlier.association
    request = max(5, min(300, int(earlier.requested_amount / 100_000 * rng.uniform(0.6, 1.1)))) * 1000
    young = max(20, int(int(str(earlier.answers["jeunes"])) * rng.uniform(0.8, 1.4)))
    facts = story_facts(association, rng, earlier.answers["publics"], young, 10)
    territories = _territories(earlier)
    starts = (now + timedelta(days=130)).date().replace(day=1)
    period = {"start": starts.isoformat(), "end": (starts + timedelta(days=330)).isoformat()}
    plan: Budget = project_budget(association, request, rng.uniform(0.4, 0.75), rng)
    answers = {
        "titre": project_title(association, earlier.theme, young, rng),
        "theme": _THEMES.get(earlier.theme, "inclusion"),
        "resume": _undated(tell(SUMMARY, facts, earlier.qualities["quality"], rng), starts.year),
        "periode": period,
        "actions": _steps(earlier, rng),
        "nombre": str(young),
        "territoires": territories,
        "commune": association.commune.code,
        "orienteurs": {"value": "oui", "detail": f"{capital(facts['orienteur'])}, {max(6, young // 3)} jeunes par an."},
        "taille": association.size,
        "mentors": facts["mentors"].replace("\u202f", ""),
        "partenaires": [{"nom": one["nom"], "role": one["role"]} for one in earlier.answers["partenaires"][:8]],
        "budget": plan.stored(),
    }  # fmt: skip
    if "qpv" in territories:
        answers["quartiers"] = earlier.answers.get("quartiers", "Belle-Source")
    return answers


def short_attachments(earlier: DemoDossier) -> tuple[DemoFile, ...]:
    """Statutes, accounts and bank details."""
    return tuple(file for file in attachments(earlier) if file.question in QUESTIONS_OF_FILES)


def _territories(earlier: DemoDossier) -> list[str]:
    names = {"rural": "rural", "qpv": "qpv", "outre-mer": "outre-mer", "petite-ville": "autre", "metropole": "autre"}
    found = {names[one] for one in earlier.answers["territoires"]}
    return [one for one in ("rural", "qpv", "outre-mer", "autre") if one in found]


def _steps(earlier: DemoDossier, rng: Random) -> list[dict[str, str]]:
    actions = earlier.answers["actions"]
    chosen = sorted(rng.sample(range(len(actions)), min(len(actions), rng.choice((2, 3, 4)))))
    return [
        {"intitule": actions[index]["intitule"], "description": str(actions[index]["description"])[:800]}
        for index in chosen
    ]


def _undated(text: str, year: int) -> str:
    """The text a year later, within the length of the question."""
    text = text.replace("2025", str(year))
    return text if len(text) <= _MOST_LETTERS else text[:_MOST_LETTERS].rpartition(". ")[0] + "."
