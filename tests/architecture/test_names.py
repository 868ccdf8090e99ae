"""One name, one thing: whoever searches for a name finds the one place that it means."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src/aap"

FILTER = "the template filter of the function of that name in core/french.py: it takes None and texts too"
VALUE_AND_ROW = "the row of records, and the value that the core computes with"
SHARED_NAMES: Mapping[str, str] = {
    "Application": VALUE_AND_ROW,
    "Interest": VALUE_AND_ROW,
    "JuryDecision": VALUE_AND_ROW,
    "Mark": VALUE_AND_ROW,
    "Review": VALUE_AND_ROW,
    "Reviewer": VALUE_AND_ROW,
    "day": FILTER,
    "euros": FILTER,
    "file_size": FILTER,
    "hour": FILTER,
    "moment": FILTER,
    "listed": FILTER,
    "number": FILTER,
    "ordinal": FILTER,
    "percent": FILTER,
    "plain": FILTER,
}
"""Public functions and classes that two modules may define, each with the reason why a reader isn't misled."""

SHARED_FILES: Mapping[str, str] = {
    "access": "who may do what: by route (web), by dossier (services)",
    "accounts": "a person's account: signing in (identity), what they do with it (services)",
    "agreement": "how far reviewers agree: the figures (core), of a call (services)",
    "appeals": "appeals against decisions: use cases, pages",
    "assignment": "who reviews what: the official's pages, the objections in words",
    "associations": "associations: rows, use cases, invented ones",
    "audit": "the audit log: rows, use cases",
    "blueprint": "Flask's: one an actor",
    "budgets": "budgets: their sheets, the page, invented ones",
    "bundle": "a run's bundle: its content (core), the command",
    "call": "the call: its commands, the objections in words",
    "calls": "calls: rows, use cases, pages",
    "candidates": "the list of candidates: use cases, pages",
    "claims": "claims to a SIRET: pages of who claims and who holds it, pages of who decides",
    "comments": "comments between co-authors: use cases, pages",
    "confirming": "the password again before some acts: which ones (web), the page that asks",
    "consensus": "the consensus: use cases, pages",
    "culture": "the cultural call of the demonstration: its dossiers, their sentences",
    "discussions": "discussions between reviewers: rows, how officials follow them",
    "dossier": "a dossier: its PDF, each actor's page",
    "dossiers": "dossiers: use cases, invented ones",
    "eligibility": "the conditions to apply: the rules, the public page",
    "errors": "domain errors: what they carry (services), how they are worded (web)",
    "forms": "WTForms' forms of the account: Flask-Security's, our own",
    "home": "an actor's first page",
    "gates": "what stands in the way of the deliberation: use cases, pages",
    "identifiers": "numbers that name somebody: read as people type them (core), invented ones",
    "interests": "interests of who works on a call: matching (core), use cases, pages",
    "journal": "the audit log: what happens to accounts (identity), its page",
    "jury": "the jury's decisions: use cases, pages",
    "letter_settings": "what letters say that is known only at decision time: read and merged (core), the page",
    "letters": "letters of decision: their PDF, use cases, the objections in words",
    "mails": "mails: how they are made, and those of a subject",
    "many": "one act on many dossiers: use cases, pages",
    "marking": "marking: what the rubric asks (core), the page",
    "members": "members of an association: use cases, pages",
    "operating": "running an instance: use cases, commands",
    "outbox": "mails and jobs to send: rows, use cases",
    "pages": "what the pages of one actor share",
    "past_grants": "grants that associations had elsewhere: rows, use cases, the page that reads them in",
    "people": "people: rows, use cases, pages, invented ones and their sentences",
    "portrait": "a call in numbers: what is counted, its page",
    "preferences": "the dossiers that a reviewer would rather read: use cases, the page",
    "problem": "what a solver is given: of the assignment, of the selection",
    "proposed_amounts": "what the service would grant: use cases, pages",
    "ranking": "the ranking: computed (core), its pages",
    "readable": "a dossier in words: an answer (core), the whole (services)",
    "receipts": "the receipt of a deposit: its PDF, its sending",
    "recusals": "recusals: when one stands (services), pages of officials and administrators",
    "results": "the results of a run: the tables (core), what is published",
    "reviewers": "the reviewers of a call: use cases, pages",
    "reviewing": "marking the dossiers: use cases, invented reviews",
    "reviews": "reviews: rows, the official's pages, invented remarks",
    "screening": "whether a dossier is eligible: use cases, the objections in words",
    "sections": "a section of the form: its fields, the page",
    "specimens": "the dossiers that every reviewer marks first: rows, use cases, pages, invented ones",
    "territories": "communes, departments, regions: values, a call's rows",
    "words": "the words of one actor's pages",
    "workers": "processes that work in the background; officials and members of the jury who work on a call (panel)",
}
"""File names that stand in more than one folder: the one subject that they all treat."""


def modules() -> list[Path]:
    return [path for path in sorted(SOURCES.rglob("*.py")) if "migrations" not in path.parts]


def called_by_a_framework(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether nobody imports it: Flask finds a view by its blueprint, click a command by its group."""
    found = [ast.unparse(one.func) for one in node.decorator_list if isinstance(one, ast.Call)]
    return any(name.rpartition(".")[2] in {"route", "get", "post", "command", "group"} for name in found)


def public_names(path: Path) -> Iterable[str]:
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if not node.name.startswith("_") and not called_by_a_framework(node):
            yield node.name


def test_a_public_name_is_defined_once() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in modules():
        for name in public_names(path):
            places[name].append(str(path.relative_to(SOURCES)))
    shared = {name: found for name, found in places.items() if len(found) > 1}
    assert {name: found for name, found in shared.items() if name not in SHARED_NAMES} == {}
    assert set(SHARED_NAMES) == set(shared)


def test_files_of_one_name_treat_one_subject() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in modules():
        if not path.stem.startswith("__"):
            places[path.stem].append(str(path.relative_to(SOURCES)))
    shared = {name: found for name, found in places.items() if len(found) > 1}
    assert {name: found for name, found in shared.items() if name not in SHARED_FILES} == {}
    assert set(SHARED_FILES) == set(shared)
