"""`aap call …`: check, describe and start call files."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aap.cli.streams import INPUT_NAME, check_once, input_name, is_stream, read_input
from aap.core.call.loading import CallFileError, InspectedCall, inspect_call
from aap.core.call.yaml_tree import MAX_BYTES
from aap.core.problems import Problem
from aap.core.scalars import CALL_ID

if TYPE_CHECKING:
    from aap.core.call.wording import WordedSection

BAD_INPUT = 2


@click.group(name="call", help="Vérifier, décrire et créer des fichiers d’appel.")
def call_group() -> None:
    """The group that `aap` registers."""


def read_call_file(path: Path, *, conflicts_are_errors: bool = True, online: bool = False) -> InspectedCall:
    """Read and check the call file at `path` (`-`: standard input); a file that can't be read is a problem like any other.

    `conflicts_are_errors`, `online`: see `inspect_call`.
    """
    if is_stream(path):
        content = read_input(MAX_BYTES)
        return inspect_call(content, name=INPUT_NAME, conflicts_are_errors=conflicts_are_errors, online=online)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)  # one byte too many is enough to refuse
    except FileNotFoundError:
        return InspectedCall(None, (Problem(str(path), "le fichier n’existe pas"),))
    except IsADirectoryError:
        return InspectedCall(None, (Problem(str(path), "c’est un dossier, un fichier est attendu"),))
    except OSError as error:
        found = error.strerror or type(error).__name__
        return InspectedCall(None, (Problem(str(path), "le fichier ne peut pas être lu", found=found),))
    return inspect_call(content, name=str(path), conflicts_are_errors=conflicts_are_errors, online=online)


def load_call_file(path: Path) -> InspectedCall:
    """Like `read_call_file`, but raises CallFileError where the file holds an error."""
    inspected = read_call_file(path)
    if inspected.call is None:
        raise CallFileError(inspected.problems)
    return inspected


FILE = click.argument("file", type=click.Path(path_type=Path))


@call_group.command("check", help="Vérifier des fichiers d’appel : toutes les erreurs, avec ligne et colonne.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--online", is_flag=True, help="Vérifier aussi ce que demande l’ouverture de l’appel en ligne.")
def check(files: tuple[Path, ...], online: bool) -> None:
    check_once(files)
    failed = False
    for file in files:
        inspected = read_call_file(file, online=online)
        for problem in inspected.problems:
            click.echo(str(problem), err=True)
        errors = sum(problem.is_error for problem in inspected.problems)
        failed = failed or errors > 0
        name = input_name(file, whole=True)
        click.echo(f"{name}\u00a0: {_verdict(errors, len(inspected.warnings))}", err=errors > 0)
    sys.exit(BAD_INPUT if failed else 0)


def _verdict(errors: int, warnings: int) -> str:
    noted = f"{warnings} avertissement{'s' if warnings > 1 else ''}"
    if errors:
        return f"{errors} erreur{'s' if errors > 1 else ''}" + (f", {noted}" if warnings else "")
    return "aucune erreur" + (f", {noted}" if warnings else "")


@call_group.command("schema", help="Écrire le schéma JSON des fichiers d’appel, pour un éditeur.")
def schema() -> None:
    from aap.core.call.json_schema import call_file_schema

    click.echo(json.dumps(call_file_schema(), ensure_ascii=False, indent=2))


@call_group.command("new", help="Écrire un fichier d’appel de départ, commenté, sur la sortie ou dans --out.")
@click.argument("call_id", metavar="[ID]", default="mon-appel")
@click.option("--out", type=click.Path(path_type=Path), help="Fichier à créer ; jamais remplacé.")
@click.option(
    "--selection",
    type=click.Choice(["reduce", "stop", "skip", "value"]),
    help="Comment les lauréats sont choisis ; demandé dans un terminal, sinon reduce.",
)
def new(call_id: str, out: Path | None, selection: str | None) -> None:
    from aap.core.call.starter import WAYS, starter_text

    if not re.fullmatch(CALL_ID, call_id):
        allowed = "de 3 à 64 minuscules, chiffres ou tirets, une lettre ou un chiffre en premier"
        click.echo(
            str(Problem(call_id, "cet identifiant n’est pas bien formé", found=call_id, allowed=allowed)), err=True
        )
        sys.exit(BAD_INPUT)
    if selection is None:
        selection = _asked_way() if _at_a_terminal() else WAYS[0].id
    text = starter_text(call_id, selection)
    if out is None or is_stream(out):
        click.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        click.echo(str(Problem(str(out), "ce fichier existe déjà")), err=True)
        sys.exit(BAD_INPUT)
    except OSError as error:
        found = error.strerror or type(error).__name__
        click.echo(str(Problem(str(out), "le fichier ne peut pas être écrit", found=found)), err=True)
        sys.exit(BAD_INPUT)


def _at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asked_way() -> str:
    """Asks on the error output how laureates are chosen, so that the file may go to the standard one."""
    from aap.core.call.starter import WAYS

    click.echo("Comment les lauréats sont-ils choisis ?", err=True)
    for number, way in enumerate(WAYS, start=1):
        click.echo(f"\n  {number}. {way.title[:1].upper()}{way.title[1:]} ({way.id})", err=True)
        for consequence in way.consequences:
            click.echo(f"     – {consequence}", err=True)
    answer: int = click.prompt("\nVotre choix", type=click.IntRange(1, len(WAYS)), default=1, err=True)
    return WAYS[answer - 1].id


@call_group.command("show", help="Dire les règles d’un appel en français, comme sa page publique.")
@FILE
def show(file: Path) -> None:
    from aap.core.call.wording import rules_in_words

    inspected = read_call_file(file)
    for problem in inspected.problems:
        click.echo(str(problem), err=True)
    if inspected.call is None:
        sys.exit(BAD_INPUT)
    identity = inspected.call.call
    click.echo(identity.title or identity.id)
    for section in rules_in_words(inspected.call):
        click.echo("\n" + "\n".join(_lines(section)))


def _lines(section: WordedSection) -> list[str]:
    lines = [section.title.upper()]
    lines += [f"  {sentence}" for sentence in section.sentences]
    for criterion in section.criteria:
        lines += ["", f"  {criterion.title} ({criterion.share})"]
        lines += [f"    {text}" for text in (criterion.question, *criterion.sentences) if text]
        lines += [f"    {mark:>4} : {meaning}" for mark, meaning in criterion.levels]
    return lines
