"""The tree: subjects that say what they are, few and in order, and tests that stand where their source stands."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/aap"
SUBJECTS = [
    path.parent.relative_to(SOURCE).as_posix()
    for room in ("core", "services", "documents")
    for path in sorted((SOURCE / room).rglob("__init__.py"))
    if path.parent != SOURCE / room
]
HELPERS = {"__init__", "conftest"}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_package_says_in_one_line_what_its_subject_is_and_exports_nothing(subject: str) -> None:
    tree = ast.parse((SOURCE / subject / "__init__.py").read_text())
    first_line = (ast.get_docstring(tree) or "").partition("\n")[0]
    assert first_line.endswith((".", ":"))
    assert [type(node).__name__ for node in tree.body] == ["Expr"]


def test_the_services_have_fifteen_subjects_at_most() -> None:
    assert len([name for name in SUBJECTS if name.startswith("services/")]) <= 15


def test_nothing_lies_loose_in_the_services_but_the_ground_they_stand_on() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    order = next(one for one in contracts if one.get("containers") == ["aap.services"])
    assert order["exhaustive"] is True  # what is in no layer breaks the contract
    loose = {path.stem for path in (SOURCE / "services").glob("*.py")} - HELPERS
    assert loose == {
        "actor", "audit", "digests", "errors", "file_store", "mailed_tokens", "smtp", "outbox", "page_links", "permissions",
        "platform", "recusals", "safekeeping", "sessions", "workers",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["unit", "integration"])
def test_tests_are_the_same_tree_as_the_source(kind: str) -> None:
    own = {"house", "security", "upgrade"}  # about the whole house
    tests = ROOT / "tests" / kind
    folders = {
        path.parent.relative_to(tests)
        for path in tests.rglob("test_*.py")
        if path.parent.relative_to(tests).parts[0] not in own
    }
    assert sorted(
        str(folder)
        for folder in folders
        if not (SOURCE / folder).is_dir() and not (SOURCE / folder.parent / f"{folder.name}.py").is_file()
        and folder != Path("cli/file_mode")  # `aap rank` and `aap verify` together
    ) == []  # fmt: skip
