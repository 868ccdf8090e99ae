"""`aap rank`: rank and select from tables, without a database (docs/file-mode.md)."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from aap.cli.call import read_call_file
from aap.cli.output_folder import FolderRefused, check_place, place_aside, write, written_whole
from aap.cli.progress_bar import ProgressLine
from aap.cli.streams import check_once, input_name, table_source, write_output
from aap.core import french
from aap.core.call.schema import CallFile
from aap.core.problems import BadInput, Problem, in_order
from aap.core.ranking.draw_counts import DEFAULT_DRAWS, MAX_DRAWS, MAX_WORK

if TYPE_CHECKING:
    from aap.core.ranking.run import Run, RunOptions
    from aap.core.selection.outcome import InfeasibleRules
    from aap.documents.papers.press import Press
    from aap.documents.tables.tables_in import RunInputs

DONE, FAILED, BAD_INPUT, INFEASIBLE = 0, 1, 2, 3

_FILE = click.Path(path_type=Path)


@click.command(name="rank", help="Classer et sélectionner à partir de tableaux CSV, XLSX ou ODS, sans base de données.")
@click.option("--call", "call_path", required=True, type=_FILE, metavar="FICHIER", help="Fichier de l’appel (YAML).")
@click.option("--applications", required=True, type=_FILE, metavar="FICHIER", help="Tableau des candidatures.")
@click.option("--reviews", required=True, type=_FILE, metavar="FICHIER", help="Tableau des notes, une par ligne.")
@click.option("--decisions", type=_FILE, metavar="FICHIER", help="Tableau des décisions du jury.")
@click.option("--out", required=True, type=_FILE, metavar="DOSSIER", help="Dossier à écrire ; il ne doit pas exister.")
@click.option(
    "--draws", type=click.IntRange(0, MAX_DRAWS), default=DEFAULT_DRAWS, show_default=True, metavar="N",
    help="Tirages pour la probabilité d’être retenu ; 0 pour s’en passer.",
)  # fmt: skip
@click.option("--draw-seed", metavar="TEXTE", help="Graine publique du tirage au sort qui départage les égalités.")
@click.option("--prices", is_flag=True, help="Coût de chaque quota, même au-delà de 1 000 candidats.")
@click.option(
    "--work", type=click.IntRange(1, MAX_WORK), default=1, show_default=True, metavar="N",
    help="N fois le calcul habituel avant de garder une sélection sans preuve.",
)  # fmt: skip
@click.option("--letters", is_flag=True, help="Écrire aussi une lettre PDF par dossier.")
@click.option("--force", is_flag=True, help="Remplacer un classement déjà écrit dans ce dossier.")
@click.option("--json", "as_json", is_flag=True, help="Écrire le rapport (report.json) sur la sortie, et rien d’autre.")
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
    work: int,
    letters: bool,
    force: bool,
    as_json: bool,
    drop_incomplete_reviews: bool,
) -> None:
    """The command; exit codes: 0 done, 1 anything else, 2 bad input, 3 the rules can't all hold."""
    check_once([call_path, applications, reviews, decisions])
    try:
        check_place(out, force=force)
        _check_seed(draw_seed)
        with _press(letters) as press, ProgressLine() as progress:
            call, inputs, remarks = _read(
                call_path, applications, reviews, decisions, drop_incomplete=drop_incomplete_reviews, letters=letters
            )
            from aap.core.ranking.run import RunOptions  # brings in numpy, while the press loads

            chosen = RunOptions(draws, draw_seed, prices, _notices(inputs.warnings), work)
            run = _ranked(call, inputs, chosen, progress)
            with written_whole(out, force=force) as folder:
                _write_all(run, folder, press, letters=letters, progress=progress)
                kept = place_aside(out.resolve())
    except FolderRefused as refusal:
        _fail([str(refusal)], BAD_INPUT)
    except BadInput as refusal:
        files = {"décisions": _name_of(decisions), "évaluations": input_name(reviews)}
        _refuse([dataclasses.replace(p, file=files.get(p.file) or p.file) for p in refusal.problems])
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        _fail([f"Écriture impossible{place}\u00a0: {error.strerror or error}."], FAILED)
    for remark in remarks:
        click.echo(str(remark), err=True)
    _tell_result(run, out, kept, as_json=as_json)


def _check_seed(seed: str | None) -> None:
    if seed is not None and not seed.strip():
        raise BadInput([Problem("--draw-seed", "la graine du tirage est vide")])


def _name_of(path: Path | None) -> str:
    return input_name(path) if path is not None else ""


def _read(
    call_path: Path,
    applications: Path,
    reviews: Path,
    decisions: Path | None,
    *,
    drop_incomplete: bool,
    letters: bool,
) -> tuple[CallFile, RunInputs, Sequence[Problem]]:
    """The call, its tables, and what deserves a look in the call file; tells the warnings of the tables.

    Those of the call file are told once there is a ranking: they name rules, and where rules can't all hold, those that
    are named are those in conflict. Raises BadInput with every error of every file.
    """
    from aap.documents.tables.tables_in import problems_without_call, read_run_inputs

    dossiers, marks = table_source(applications), table_source(reviews)
    jury = table_source(decisions) if decisions is not None else None
    inspected = read_call_file(call_path, conflicts_are_errors=False)
    call = inspected.call
    if call is None:
        raise BadInput((*inspected.problems, *problems_without_call(dossiers, marks, jury)))
    problems = list(inspected.problems)
    if letters:
        problems = [*_strict_letters(call, problems), *_missing_for_letters(call, input_name(call_path, whole=True))]
    try:
        inputs = read_run_inputs(call, dossiers, marks, jury, drop_incomplete)
    except BadInput as refusal:
        raise BadInput((*problems, *refusal.problems)) from None
    if any(problem.is_error for problem in problems):
        raise BadInput((*problems, *inputs.warnings))
    for problem in inputs.warnings:
        click.echo(str(problem), err=True)
    return call, inputs, problems


def _press(letters: bool) -> Press:
    """What makes the PDFs, in other processes: they load while this one loads, reads and ranks."""
    from aap.documents.papers.press import Press

    return Press((os.cpu_count() or 1) if letters else 1)


def _ranked(call: CallFile, inputs: RunInputs, options: RunOptions, progress: ProgressLine) -> Run:
    """The run; raises BadInput with the rows at fault, and ends with INFEASIBLE where the rules can't all hold."""
    from aap.core.ranking.ranking import ImposedNotCandidate
    from aap.core.ranking.run import run_call
    from aap.core.selection.outcome import InfeasibleRules, NothingFound

    try:
        return run_call(
            call,
            inputs.applications,
            inputs.marks,
            inputs.decisions,
            options=options,
            progress=progress,
            processes=os.cpu_count() or 1,
        )
    except ImposedNotCandidate as refusal:
        named = zip(sorted(refusal.places), refusal.problems, strict=True)
        rows = inputs.imposed_at
        raise BadInput(
            in_order(dataclasses.replace(p, file="décisions", row=rows.get(name)) for name, p in named)
        ) from None
    except InfeasibleRules as refusal:
        progress.clear()
        _fail(_conflict(refusal), INFEASIBLE)
    except NothingFound:
        progress.clear()
        _fail(
            [
                "La quantité de calcul fixée n’a pas suffi\u00a0: aucune sélection qui respecte toutes les règles n’a été "
                "trouvée, et rien ne prouve qu’il n’y en a pas. Recommencez avec plus de calcul (--work 10), ou "
                "assouplissez une règle."
            ],
            FAILED,
        )


def _strict_letters(call: CallFile, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Texts of `letters` that can't be filled in are errors where letters are asked for."""
    from aap.core.call.letter_texts import placeholder_problems

    unfit = {problem.path for problem in placeholder_problems(call)}
    for problem in problems:
        yield dataclasses.replace(problem, severity="error") if problem.key in unfit else problem


def _missing_for_letters(call: CallFile, name: str) -> Iterator[Problem]:
    """What letters ask of a call file beyond what ranking needs: an error without `letters`, warnings for the rest."""
    if "letters" not in call.model_fields_set:
        message = "cette clé est obligatoire pour écrire les lettres"
        yield Problem(name, message, key="letters", allowed="letters: {} pour s’en tenir aux textes par défaut")
    for key, value in (("call.title", call.call.title), ("call.authority", call.call.authority)):
        if value is None:
            message = "les lettres n’auront pas cette mention"
            yield Problem(name, message, key=key, severity="warning")


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
    progress("Écriture des fichiers", 0, 1)
    to_sign = press.laureates(run)
    from aap.documents.report.ranking_files import table_files  # loads while the list is laid out

    for name, content in table_files(run):
        write(folder, name, content)
    write(folder, "laureates.pdf", to_sign.result())
    if letters:
        for name, content in press.letters(run, lambda done, total: progress("Lettres", done, total)):
            write(folder, name, content)


def _conflict(refusal: InfeasibleRules) -> list[str]:
    lines = ["Les règles ne peuvent pas toutes être respectées. Celles-ci sont en conflit\u00a0:"]
    lines += [f"  {name}" for name in refusal.names]
    if not refusal.irreducible:
        lines.append("(La quantité de calcul fixée n’a pas suffi pour abréger cette liste\u00a0: voyez --work.)")
    elif not refusal.smallest_proven:
        lines.append("(Aucune de ces règles ne peut être ôtée de la liste ; une liste plus courte peut exister.)")
    return lines


def _refuse(problems: Sequence[Problem]) -> NoReturn:
    errors = sum(problem.is_error for problem in problems)
    heading = [f"{french.count(errors, 'erreur')}\u00a0:"] if errors > 1 else []
    _fail([*heading, *(str(problem) for problem in problems)], BAD_INPUT)


def _fail(lines: list[str], code: int) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(code)


def _tell_result(run: Run, out: Path, kept: Path | None, *, as_json: bool) -> None:
    for warning in run.warnings:
        click.echo(f"Avertissement\u00a0: {warning}", err=True)
    if kept is not None:
        click.echo(f"{out} contenait autre chose qu’un classement\u00a0: son contenu est gardé dans {kept}.", err=True)
    laureates = run.report["counts"]["laureate"]
    granted = sum(row.granted_amount or 0 for row in run.rows)
    click.echo(
        f"{french.count(laureates, 'lauréat')} sur {french.count(len(run.rows), 'dossier')}, "
        f"{french.euros(granted)} attribués. Résultats dans {out}.",
        err=as_json,
    )
    if as_json:
        from aap.documents.report.ranking_files import readable_json

        write_output(readable_json(run.report))
