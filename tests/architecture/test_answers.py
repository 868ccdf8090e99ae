"""One function says which answers of a dossier count, and everything asks it.

What a dossier hides stays stored: a module that reads the stored answers, or looks at a condition by itself, would take
it for what the dossier says. Those that may, stand here with their reason; the others get answers from
`shown_answers`, `OpenedDossier.answers` or `counting_answers`.
"""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "aap"

STORED = frozenset({"SectionAnswers", "RedraftedSection", "SectionVersion", "merge_sections", "is_shown"})
"""The records of stored answers (of a deposit, of what is written apart from it, of earlier versions), all of them together, and
whether one condition holds."""

MAY = {
    "core/answers/conditions.py": "is the one that says it",
    "core/questions/group.py": "the questions of a block depend on the block",
    "services/dossier/dossiers.py": "gives what was typed to its page, and what counts to everybody else",
    "services/dossier/applying.py": "saves what is typed, hidden or not, and titles the dossier by what counts",
    "services/dossier/redrafting.py": "puts what was written apart in the place of what was deposited",
    "services/dossier/section_history.py": "compares what was typed, hidden or not, for those who typed it",
    "services/dossier/taken_over.py": "compares what counts with what the earlier dossier held",
    "services/dossier/completion.py": "takes back to what was deposited",
    "services/dossier/reading_links.py": "puts the deposited answers, which count, in the place of what is written since",
    "services/panel/interests.py": "asks shown_answers where a condition could hide a partner",
    "services/steering/appeal_file.py": "opens the dossier from its sections",
    "services/screening/verdicts.py": "asks shown_answers for many dossiers at once",
    "services/screening/official_dossier.py": "opens the dossier from its sections",
    "web/forms/fields.py": "the questions of a block of the form that is being filled in",
}


def readers() -> set[str]:
    found = set()
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        if name.startswith(("demo/", "records/")):
            continue
        imported = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        if imported & STORED:
            found.add(name)
    return found


def test_who_reads_stored_answers_has_a_reason() -> None:
    assert readers() == set(MAY)
