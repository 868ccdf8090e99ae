"""One word for one thing in what people read, and no judgement on a person."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

FORBIDDEN = {
    "a dossier has a « note », as its criteria and its evaluations have": re.compile(
        r"\b([Ll]e|[Uu]n|d’un|[Dd]u|[Aa]u|[Cc]e|[Ss]on|[Aa]ucun|[Ll]es|[Dd]es|[Dd]e|[Aa]ux|sur) scores?\b"
        r"|\b[Ss]cores? (de|minimal|moyen|brut|bruts|corrigés?|égal|final)\b"
    ),
    "a page says what is left to do, and no word on who does it": re.compile(
        r"[Tt]rop lent|retardataire|paresseu|bâcl"
    ),
    "a key of the call file is no word for who reads a page": re.compile(
        r"[à-ü].*\((waiting_list|at_limit|selection), \w+\)"
    ),
}
FRENCH = (
    "classer-des-tableaux", "comment-marche-le-classement", "guide-administration", "guide-association", "guide-evaluation",
    "guide-instruction", "verifier-une-liste",
)  # fmt: skip


def read_by_people() -> dict[str, str]:
    """Where → text: templates without their comments, French docs, strings of the code that are no docstrings."""
    found = {
        str(path.relative_to(ROOT)): re.sub(
            r"\{#.*?#\}|\{[{%][^\"']*?[%}]\}", "", path.read_text(encoding="utf-8"), flags=re.S
        )
        for path in (ROOT / "templates").rglob("*")
        if path.suffix in (".html", ".txt")
    }
    found |= {f"docs/{name}.md": (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in FRENCH}
    for path in (ROOT / "src" / "aap").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        strings = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
        ]
        found[str(path.relative_to(ROOT))] = "\n".join(strings)
    return found


MAY_SAY = {
    "src/aap/documents/papers/letter_words.py": "reads the reasons that release 0.1.0 kept",
    "src/aap/core/ranking/reason_figures.py": "reads the reasons that release 0.1.0 kept",
    "src/aap/core/call/equivalents.py": "names what people write instead of a key",
}


def test_a_thing_has_one_word_and_nobody_is_judged() -> None:
    found = {
        (where, why): [one.group() for one in words.finditer(text)][:3]
        for where, text in read_by_people().items()
        for why, words in FORBIDDEN.items()
        if where not in MAY_SAY and words.search(text)
    }
    assert found == {}
