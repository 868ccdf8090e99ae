"""`aap rank`: rank and select from tables, without a database (docs/file-mode.md)."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import click

from aap.cli.call import load_call_file
from aap.cli.output_folder import FolderRefused, check_place, write, written_whole
from aap.cli.progress import ProgressLine
from aap.core import french
from aap.core.call.schema import CallFile
from aap.core.problems import BadInput, Problem

if TYPE_CHECKING:
    from aap.core.run import Run
    from aap.core.selection import InfeasibleRules
    from aap.documents.press import Press
    from aap.documents.tables_in import RunInputs

DONE, FAILED, BAD_INPUT, INFEASIBLE = 0, 1, 2, 3
MAX_DRAWS = 100_000

_FILE = click.Path(path_type=Path)


@click.command(name="rank", help="Classer et sélectionner à partir de tableaux CSV ou XLSX, sans base de données.")
@click.option("--call", "call_path", required=True, type=_FILE, metavar="FICHIER", help="Fichier de l’appel (YAML).")
@click.option("--applications", required=True, type=_FILE, metavar="FICHIER", help="Tableau des candidatures.")
@click.option("--reviews", required=True, type=_FILE, metavar="FICHIER", help="Tableau des notes, une par ligne.")
@click.option("--decisions", type=_FILE, metavar="FICHIER", help="Tableau des décisions du jury.")
@click.option("--out", required=True, type=_FILE, metavar="DOSSIER", help="Dossier à écrire ; il ne doit pas exister.")
@click.option(
    "--draws", type=click.IntRange(0, MAX_DRAWS), default=400, show_default=True, metavar="N",
    help="Tirages pour la probabilité d’être retenu ; 0 pour s’en passer.",
)  # fmt: skip
@click.option("--draw-seed", metavar="TEXTE", help="Graine publique du tirage au sort qui départage les égalités.")
@click.option("--prices", is_flag=True, help="Coût de chaque quota, même au-delà de 1 000 candidats.")
@click.option("--letters", is_flag=True, help="Écrire aussi une lettre PDF par dossier.")
@click.option("--force", is_flag=True, help="Remplacer un classement déjà écrit dans ce dossier.")
@click.option(
    "--drop-incomplete-reviews", is_flag=True, help="Laisser de côté les évaluations sans toutes leurs notes."
)
def rank_command(
    *,
    call_path: Path,
    applications: Path,
    reviews: Path,
    decisions: Path | None,
    out: Path,
    draws: int,
    draw_seed: str | None,
    prices: bool,
    letters: bool,
    force: bool,
    drop_incomplete_reviews: bool,
) -> None:
    """The command; exit codes: 0 done, 1 anything else, 2 bad input, 3 the rules can't all hold."""
    from aap.core.run import RunOptions, run_call
    from aap.core.selection import InfeasibleRules
    from aap.documents.press import Press

    signal.signal(signal.SIGTERM, _stopped)
    try:
        check_place(out, force=force)
        _check_seed(draw_seed)
        inspected = load_call_file(call_path)
        call = inspected.call
        assert call is not None
        _tell_warnings(inspected.problems)
        inputs = _read(call, applications, reviews, decisions, drop_incomplete=drop_incomplete_reviews)
        _tell_warnings(inputs.warnings)
        if letters:
            _check_letters(call, call_path)
        progress = ProgressLine()
        cores = os.cpu_count() or 1
        try:
            with Press(cores if letters else 1) as press:
                run = run_call(
                    call,
                    inputs.applications,
                    inputs.marks,
                    inputs.decisions,
                    options=RunOptions(draws, draw_seed, prices, _notices(inputs.warnings)),
                    progress=progress,
                    processes=cores,
                )
                with written_whole(out, force=force) as folder:
                    _write_all(run, folder, press, letters=letters, progress=progress)
        finally:
            progress.clear()
    except FolderRefused as refusal:
        _fail([str(refusal)], BAD_INPUT)
    except BadInput as refusal:
        files = {"décisions": decisions.name if decisions else "", "évaluations": reviews.name}
        problems = (dataclasses.replace(p, file=files.get(p.file) or p.file) for p in refusal.problems)
        _fail([str(problem) for problem in problems], BAD_INPUT)
    except InfeasibleRules as refusal:
        _fail(_conflict(refusal), INFEASIBLE)
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        _fail([f"Écriture impossible{place}\u00a0: {error.strerror or error}."], FAILED)
    _tell_result(run, out)


def _check_seed(seed: str | None) -> None:
    if seed is not None and not seed.strip():
        raise BadInput([Problem("--draw-seed", "la graine du tirage est vide")])


def _stopped(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _read(
    call: CallFile, applications: Path, reviews: Path, decisions: Path | None, *, drop_incomplete: bool
) -> RunInputs:
    from aap.documents.tables_in import read_run_inputs

    return read_run_inputs(call, applications, reviews, decisions, drop_incomplete)


def _check_letters(call: CallFile, path: Path) -> None:
    """A text of `letters` that names a value which isn't there is found before anything is computed."""
    from aap.core.letter_texts import placeholder_problems

    found = placeholder_problems(call)
    if found:
        raise BadInput(Problem(path.name, problem.message, key=problem.path, found=problem.found) for problem in found)


def _notices(warnings: Iterable[Problem]) -> tuple[str, ...]:
    """What the report keeps of the reading: the reviews left out, without row numbers (rows may come in any order)."""
    return tuple(
        sorted(
            f"{problem.message[:1].upper()}{problem.message[1:]}, évaluateur {problem.found}."
            for problem in warnings
            if problem.heading == "reviewer_id"
        )
    )


def _write_all(run: Run, folder: Path, press: Press, *, letters: bool, progress: ProgressLine) -> None:
    from aap.documents.ranking_files import table_files

    progress("Écriture des fichiers", 0, 1)
    to_sign = press.laureates(run)
    for name, content in table_files(run):
        write(folder, name, content)
    write(folder, "laureates.pdf", to_sign.result())
    if letters:
        for name, content in press.letters(run, lambda done, total: progress("Lettres", done, total)):
            write(folder, name, content)


def _tell_warnings(problems: Iterable[Problem]) -> None:
    for problem in problems:
        if not problem.is_error:
            click.echo(str(problem), err=True)


def _conflict(refusal: InfeasibleRules) -> list[str]:
    lines = ["Les règles ne peuvent pas toutes être respectées. Celles-ci sont en conflit\u00a0:"]
    lines += [f"  {name}" for name in refusal.names]
    if not refusal.smallest_proven:
        lines.append("(Aucune de ces règles ne peut être ôtée de la liste ; une liste plus courte peut exister.)")
    return lines


def _fail(lines: list[str], code: int) -> NoReturn:
    if code == BAD_INPUT and len(lines) > 1:
        click.echo(f"{french.count(len(lines), 'erreur')}\u00a0:", err=True)
    for line in lines:
        click.echo(line, err=True)
    sys.exit(code)


def _tell_result(run: Run, out: Path) -> None:
    for warning in run.warnings:
        click.echo(f"Avertissement\u00a0: {warning}", err=True)
    laureates = run.report["counts"]["laureate"]
    click.echo(
        f"{french.count(laureates, 'lauréat')} sur {french.count(len(run.rows), 'dossier')}, "
        f"{french.euros(run.outcome.granted)} attribués. Résultats dans {out}."
    )
