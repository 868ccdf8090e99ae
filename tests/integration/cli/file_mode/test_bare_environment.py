"""Who only checks a published list installs requirements/verify.txt: it is enough for that, and no more than that."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from click.testing import CliRunner

from aap.cli import main

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "docs/exemple-classement"
LOCKED = re.findall(r"^([\w.-]+)==(\S+)(?: ; python_full_version ([<>]=?) '3\.12')?",
                    (ROOT / "requirements/verify.txt").read_text(), flags=re.M)  # fmt: skip
HERE = {name for name, _, when in LOCKED if not when or (when == "<") == (sys.version_info < (3, 12))}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages: those of verify.txt, as they are installed here, and ours."""
    folder = tmp_path_factory.mktemp("packages")
    for name in HERE:
        held = distribution(name)
        for top in {file.parts[0] for file in held.files or () if file.parts[0] not in ("..", "__pycache__")}:
            (folder / top).symlink_to(Path(str(held.locate_file(top))))
    (folder / "aap").symlink_to(ROOT / "src/aap")
    return folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "out"
    tables = {"--call": "appel.yaml", "--applications": "candidatures.csv", "--reviews": "notes.csv"}
    options = [part for name, file in tables.items() for part in (name, str(EXAMPLE / file))]
    assert CliRunner().invoke(main, ["rank", *options, "--draws", "8", "--out", str(out)]).exit_code == 0
    return out / "bundle.json"


def aap(bare: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command with the folder's packages and no others: -S leaves this environment's own out."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "aap.cli", *arguments], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(bare), "PATH": "", "PYTHONUTF8": "1"},
    )  # fmt: skip


def test_a_published_list_is_checked_and_explained(bare: Path, bundle: Path, tmp_path: Path) -> None:
    checked = aap(bare, "verify", str(bundle))
    assert (checked.returncode, checked.stderr) == (0, "")
    public, names = tmp_path / "public.json", tmp_path / "names.csv"
    published = aap(bare, "bundle", "public", str(bundle), "--out", str(public), "--correspondence", str(names))
    assert (published.returncode, published.stderr) == (0, "")
    said = aap(bare, "verify", str(public)).stdout
    assert said.startswith(
        "public.json\xa0: la sélection refaite à partir des notes des dossiers de l’archive donne les mêmes résultats."
    )
    explained = aap(bare, "bundle", "explain", str(bundle), "D")
    assert explained.stdout.startswith("D\xa0: Classé 5ᵉ")


def test_a_changed_list_is_found_out(bare: Path, bundle: Path, tmp_path: Path) -> None:
    changed = tmp_path / "bundle.json"
    text = bundle.read_text()
    changed.write_text(text.replace('"laureate"', '"not_selected"', 1))
    assert changed.read_text() != text
    assert aap(bare, "verify", str(changed)).returncode == 4


@pytest.mark.parametrize("command", ["check", "show"])
def test_call_files_are_checked_and_told(bare: Path, command: str) -> None:
    told = aap(bare, "call", command, str(EXAMPLE / "appel.yaml"))
    assert (told.returncode, told.stderr) == (0, "")


RANK = ["rank", "--call", "appel.yaml", "--applications", "candidatures.csv", "--reviews", "notes.csv", "--out", "out"]


@pytest.mark.parametrize("arguments", [["demo"], ["serve"], ["audit", "verify"], RANK], ids=" ".join)
def test_another_command_names_what_is_missing_and_what_installs_it(
    bare: Path, tmp_path: Path, arguments: list[str]
) -> None:
    places = {"out": str(tmp_path / "out")} | {file.name: str(file) for file in EXAMPLE.iterdir()}
    told = aap(bare, *[places.get(argument, argument) for argument in arguments])
    sentence, install = told.stderr.splitlines()
    named = re.fullmatch(
        "Cette commande a besoin de «\xa0(.+)\xa0», qui n’est pas installé ici. Pour tout installer\xa0:", sentence
    )
    assert named is not None
    assert set(packages_distributions()[named[1]]).isdisjoint(HERE)
    assert install == f"    {sys.executable} -m pip install --require-hashes -r {ROOT}/requirements/run.txt"
    assert (told.returncode, list(tmp_path.iterdir())) == (1, [])


def test_what_is_locked_for_it_is_what_runs_everywhere_else() -> None:
    run = (ROOT / "requirements/run.txt").read_text()
    assert [f"{name}=={version}" for name, version, _ in LOCKED if f"{name}=={version} " not in run] == []
