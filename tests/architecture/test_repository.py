"""The repository itself: links that lead somewhere, reasons for dependencies, nothing of a machine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.version import Version

from aap import __version__
from aap.cli import main

ROOT = Path(__file__).parents[2]

MINIMUM = {
    "flask": "3.1.1", "jinja2": "3.1.6", "werkzeug": "3.1.4", "pillow": "12.0", "weasyprint": "68.0",
    "openpyxl": "3.1.5", "defusedxml": "0.7.1", "gunicorn": "23.0", "ruamel.yaml": "0.18", "sqlalchemy": "2.0.40",
    "pikepdf": "9.11", "flask-security": "5.6", "flask-compress": "1.17", "brotli": "1.2",
}  # fmt: skip
"""Versions from which the flaws published so far are mended."""


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name]


@pytest.mark.parametrize("page", [path.relative_to(ROOT).as_posix() for path in tracked("*.md")])
def test_every_link_of_a_page_leads_to_a_file(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(), flags=re.S)
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    broken = [link for link in links if "://" not in link and not ((ROOT / page).parent / link).exists()]
    assert broken == []


def named_paths(text: str) -> list[str]:
    rooms = "src|tests|templates|scripts|bench|docs|rubrics|core|services|documents|web|records|identity|cli|demo"
    return re.findall(rf"`((?:{rooms})/[\w./-]+)`", re.sub(r"```.*?```", "", text, flags=re.S))


@pytest.mark.parametrize(
    "page",
    [path.relative_to(ROOT).as_posix() for path in tracked("*.md")
     if "decisions" not in path.parts and path.name != "CHANGELOG.md"],  # both tell what was
)  # fmt: skip
def test_every_path_that_a_page_names_is_there(page: str) -> None:
    gone = [
        name
        for name in named_paths((ROOT / page).read_text())
        if not any(
            (folder / written).exists()
            for folder in (ROOT, ROOT / "src/aap", ROOT / "src/aap/web")
            for written in (name, f"{name}.py", re.sub(r"\.[\w.]+$", ".py", name))  # the file, or something in it
        )
    ]
    assert gone == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    reasons = (ROOT / "docs/decisions/0002-dependencies.md").read_text().lower()
    names = [re.split(r"[>=<\[;]", line)[0] for line in project["dependencies"]]
    assert [name for name in names if name.lower() not in reasons] == []


def test_installed_versions_are_at_least_the_safe_ones() -> None:
    found = {name: Version(version(name)) for name in MINIMUM}
    assert {name: str(held) for name, held in found.items() if held < Version(MINIMUM[name])} == {}


def test_no_file_names_a_registry_or_a_path_of_a_machine() -> None:
    hosts = "|".join(rf"{name}\.(?:org|com)" for name in ("py" + "pi", "python" + "hosted", "npm" + "js"))
    said = re.compile(hosts + r"|--(?:extra-)?index-url|resolved\": \"http|/(?:root|work|home)/[a-z]")
    texts = [path for path in tracked("*.py", "*.md", "*.txt", "*.toml", "*.sh", "*.html", "*.yaml", "Makefile", ".ci/*")
             if path != Path(__file__).resolve()]  # fmt: skip
    assert {str(path.relative_to(ROOT)): said.findall(path.read_text()) for path in texts
            if said.search(path.read_text())} == {}  # fmt: skip


def test_requirements_are_locked_with_hashes() -> None:
    for name, least in (("run.txt", 50), ("dev.txt", 50), ("verify.txt", 10), ("scan.txt", 50)):
        text = (ROOT / "requirements" / name).read_text()
        pins = re.split(r"^(?=[\w.\[\]-]+==)", text, flags=re.M)[1:]
        assert len(pins) >= least, name
        assert [pin for pin in pins if "--hash=sha256:" not in pin] == []


def test_only_the_page_of_an_instance_is_kept_in_the_tree() -> None:
    assert [path.relative_to(ROOT).as_posix() for path in tracked("instance")] == ["instance/README.md"]
    made = ["instance/aap.sqlite3", "instance/aap.sqlite3-wal", "instance/queue.sqlite3", "instance/files/ab/abcd",
            "instance/mail/1.eml"]  # fmt: skip
    asked = subprocess.run(["git", "check-ignore", *made], cwd=ROOT, capture_output=True, check=False, text=True)
    assert asked.stdout.splitlines() == made


def test_the_version_stands_in_one_place_and_the_changes_begin_with_it() -> None:
    given = re.findall(r"^## (\S+)( \(unreleased\))?$", (ROOT / "CHANGELOG.md").read_text(), flags=re.M)
    assert given[0] == (
        Version(__version__).base_version,
        " (unreleased)" if Version(__version__).is_devrelease else "",
    )
    assert all(not unreleased for _, unreleased in given[1:])
    assert [Version(name) for name, _ in given] == sorted((Version(name) for name, _ in given), reverse=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert ("version" in project, project["dynamic"]) == (False, ["version"])
    assert CliRunner().invoke(main, ["--version"]).output == f"aap {__version__}\n"


def test_no_line_of_a_template_is_longer_than_160_characters() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("templates/*.html")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > 160
    ]
    assert long == []


def test_no_column_of_a_table_lacks_its_heading() -> None:
    """A corner above the headings of rows is empty; any other column says what it holds, if only to who can't see it."""
    empty = re.compile(r"<thead>(?:(?!</thead>).)*?[^\s>][^<]*</th>\s*(?:\{%[^%]*%\}\s*)*<td>\s*</td>", re.DOTALL)
    lacking = [str(path.relative_to(ROOT)) for path in tracked("templates/*.html") if empty.search(path.read_text())]
    assert lacking == []
