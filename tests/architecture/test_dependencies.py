"""What is imported is declared: no package comes only because another one brings it along."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import defaultdict
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
INSTALLED = packages_distributions()

BY_NAME = {
    "bootstrap-flask": "Bootstrap's style sheet, read by its package's name",
    "nh3": "Flask-Security cleans the name of a passkey with it, and doesn't start with passkeys without it",
    "tzdata": "the time zones of Python, where the machine has none",
    "fontpkg-source-sans-3": "files, read by their package's name",
    "manimgx-fonts": "files, read by their package's name",
    "noto-cjk-sans-otc": "files, read by their package's name",
}
"""Declared, though no import statement names them."""


def canonical(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower()


def imported(folder: str) -> dict[str, set[str]]:
    """Distributions that the files of a folder import, and which files do."""
    ours = {path.stem for path in (ROOT / "tests").rglob("*.py")} | {"aap", "tests", "bench", "scripts"}
    found: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module or ""]
            for name in {module.partition(".")[0] for module in modules} - set(sys.stdlib_module_names) - ours:
                for distribution in INSTALLED.get(name, [f"?{name}"]):
                    found[canonical(distribution)].add(str(path.relative_to(ROOT)))
    return found


RUN = {canonical(one) for one in PROJECT["project"]["dependencies"]}
OPTIONAL = {canonical(one) for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra}
DEVELOPMENT = {canonical(one) for group in PROJECT["dependency-groups"].values() for one in group}


@pytest.mark.parametrize(
    ("folder", "declared"),
    [("src", RUN | OPTIONAL), ("tests", RUN | OPTIONAL | DEVELOPMENT), ("bench", RUN | DEVELOPMENT)],
)
def test_what_is_imported_is_declared(folder: str, declared: set[str]) -> None:
    assert {name: files for name, files in imported(folder).items() if name not in declared} == {}


def test_what_is_declared_is_imported_or_has_its_reason() -> None:
    assert RUN - set(imported("src")) == set(BY_NAME)


def test_the_package_says_who_made_it_what_it_is_and_that_it_is_typed() -> None:
    project = PROJECT["project"]
    assert {"authors", "urls", "classifiers", "keywords", "license", "readme"} <= set(project)
    assert "Typing :: Typed" in project["classifiers"]
    assert (ROOT / "src/aap/py.typed").exists()
