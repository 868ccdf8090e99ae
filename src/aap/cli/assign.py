"""`aap assign`: dossiers to reviewers from tables, without a database (docs/assignment.md)."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from aap.cli.output_folder import FolderRefused, check_place, write, written_whole
from aap.cli.streams import check_once, input_name, table_source
from aap.core import french
from aap.core.problems import BadInput, Problem

if TYPE_CHECKING:
    from aap.core.assignment.distribution import Proposal
    from aap.core.assignment.problem import Demand, Pair
    from aap.documents.tables.table_rows import Reading

DONE, FAILED, BAD_INPUT, UNMET = 0, 1, 2, 3
MOST_REVIEWS = 100

_FILE = click.Path(path_type=Path)


@click.command(
    name="assign", help="Répartir des dossiers entre des évaluateurs, à partir de tableaux CSV, XLSX ou ODS."
)
@click.option("--dossiers", required=True, type=_FILE, metavar="FICHIER", help="Tableau des dossiers.")
@click.option("--reviewers", required=True, type=_FILE, metavar="FICHIER", help="Tableau des évaluateurs.")
@click.option(
    "--reviews", type=click.IntRange(1, MOST_REVIEWS), default=3, show_default=True, metavar="N",
    help="Évaluations par dossier.",
)  # fmt: skip
@click.option("--conflicts", type=_FILE, metavar="FICHIER", help="Paires interdites.")
@click.option("--earlier", type=_FILE, metavar="FICHIER", help="Paires à éviter : dossier antérieur déjà lu.")
@click.option("--fixed", type=_FILE, metavar="FICHIER", help="Paires qui restent : notées ou verrouillées.")
@click.option("--current", type=_FILE, metavar="FICHIER", help="Répartition en place, à compléter.")
@click.option("--affinities", type=_FILE, metavar="FICHIER", help="Adéquations de 0 à 100, au lieu des thèmes.")
@click.option("--preferences", type=_FILE, metavar="FICHIER", help="Préférences des évaluateurs : un rang par paire.")
@click.option("--rebuild", is_flag=True, help="Avec --current : tout répartir à neuf, sauf ce qui est fixé.")
@click.option("--same-department", is_flag=True, help="Permettre les dossiers des départements à éviter.")
@click.option(
    "--bridges", type=click.FloatRange(0, 1), metavar="PART",
    help="Part d'évaluations croisées : le dossier est lu hors de son thème (0.15 si la plupart des évaluateurs ont un thème).",
)  # fmt: skip
@click.option("--seed", default="", metavar="TEXTE", help="Départage les répartitions de même valeur.")
@click.option("--out", required=True, type=_FILE, metavar="DOSSIER", help="Dossier à écrire ; il ne doit pas exister.")
@click.option("--force", is_flag=True, help="Remplacer une répartition déjà écrite dans ce dossier.")
def assign_command(
    *,
    dossiers: Path,
    reviewers: Path,
    reviews: int,
    conflicts: Path | None,
    earlier: Path | None,
    fixed: Path | None,
    current: Path | None,
    affinities: Path | None,
    preferences: Path | None,
    rebuild: bool,
    same_department: bool,
    bridges: float | None,
    seed: str,
    out: Path,
    force: bool,
) -> None:
    """The command; exit codes: 0 done, 1 anything else, 2 bad input, 3 done, but not everything could be satisfied."""
    from aap.core.assignment.distribution import Options, assign

    check_once([dossiers, reviewers, conflicts, earlier, fixed, current, affinities, preferences])
    try:
        check_place(out, force=force)
        demand = _read(dossiers, reviewers, conflicts, earlier, fixed, current, affinities, preferences)
        demand = dataclasses.replace(demand, reviews=reviews, avoid_department=not same_department, seed=seed)
        complete = current is not None and not rebuild
        share = None if bridges is None else Fraction(str(bridges))
        proposal = assign(demand, Options("complete" if complete else "rebuild", bridges=share))
        with written_whole(out, force=force) as folder:
            unmet = _write_all(proposal, folder)
    except FolderRefused as refusal:
        _fail([str(refusal)], BAD_INPUT)
    except BadInput as refusal:
        _fail([str(problem) for problem in refusal.problems], BAD_INPUT)
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        _fail([f"Écriture impossible{place}\u00a0: {error.strerror or error}."], FAILED)
    _tell(proposal, out)
    if unmet:
        _fail(unmet, UNMET)


def _read(
    dossiers: Path,
    reviewers: Path,
    conflicts: Path | None,
    earlier: Path | None,
    fixed: Path | None,
    current: Path | None,
    affinities: Path | None,
    preferences: Path | None,
) -> Demand:
    """All tables, every problem of every one of them at once. Raises BadInput."""
    from aap.core.assignment.problem import Demand
    from aap.documents.tables.assignment_tables import (
        read_affinities,
        read_dossiers,
        read_pairs,
        read_preferences,
        read_reviewers,
    )

    found_dossiers, found_reviewers = read_dossiers(table_source(dossiers)), read_reviewers(table_source(reviewers))
    problems: list[Problem] = [*found_dossiers.problems, *found_reviewers.problems]
    known = {one.id for one in found_dossiers.values}, {one.id for one in found_reviewers.values}
    whole = not any(problem.is_error for problem in problems)  # else known ids would be missing, and be reported too

    def pairs(path: Path | None) -> frozenset[Pair]:
        if path is None or not whole:
            return frozenset()
        reading = read_pairs(table_source(path), *known)
        problems.extend(reading.problems)
        return frozenset(reading.values)

    def numbers(path: Path | None, read: Callable[..., Reading[tuple[Pair, int]]]) -> dict[Pair, int]:
        if path is None or not whole:
            return {}
        reading = read(table_source(path), *known)
        problems.extend(reading.problems)
        return dict(reading.values)

    barred, read_before, stays, held = pairs(conflicts), pairs(earlier), pairs(fixed), pairs(current)
    fits, ranks = numbers(affinities, read_affinities), numbers(preferences, read_preferences)
    if not problems and not found_dossiers.values:
        problems.append(Problem(input_name(dossiers), "le tableau n'a aucune ligne"))
    if not problems and not found_reviewers.values:
        problems.append(Problem(input_name(reviewers), "le tableau n'a aucune ligne"))
    if any(problem.is_error for problem in problems):
        raise BadInput(problem for problem in problems if problem.is_error)
    return Demand(
        found_dossiers.values,
        found_reviewers.values,
        1,
        conflicts=barred,
        earlier=read_before,
        fixed=stays,
        current=held,
        affinities=fits,
        preferences=ranks,
    )


def _write_all(proposal: Proposal, folder: Path) -> list[str]:
    """Writes the files; gives the sentences of what couldn't be satisfied."""
    from aap.core.assignment.report import assignment_table, figures, load_table, unmet
    from aap.core.results import Table
    from aap.documents.tables.csv_out import csv_bytes

    left = unmet(proposal)
    rows = tuple(
        (one.kind, str(one.missing), "|".join(one.dossiers), "|".join(one.reviewers), one.sentence) for one in left
    )
    write(folder, "assignment.csv", csv_bytes(assignment_table(proposal)))
    write(folder, "loads.csv", csv_bytes(load_table(proposal)))
    write(folder, "unmet.csv", csv_bytes(Table(("kind", "missing", "dossiers", "reviewers", "reason"), rows)))
    report = json.dumps(figures(proposal), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    write(folder, "report.json", report.encode())
    return [one.sentence for one in left]


def _tell(proposal: Proposal, out: Path) -> None:
    link = proposal.connection
    parts = french.count(len(link.components), "réseau", "réseaux")
    click.echo(
        f"{french.count(int(proposal.given.sum()), 'évaluation')} pour "
        f"{french.count(len(proposal.grid.dossiers), 'dossier')}, {parts}. Résultats dans {out}."
    )
    bridges = proposal.bridges
    if not bridges.wanted:
        return
    before, after = bridges.without, link.errors
    click.echo(
        f"{french.count(bridges.made, 'évaluation croisée', 'évaluations croisées')} (l'évaluateur ne connaît aucun thème du "
        f"dossier), {bridges.found} sans part demandée. Erreur type attendue d'une note calibrée\u00a0: "
        f"{_points(after.score)} points, {_points(before.score)} sans."
    )
    if before.across is not None and after.across is not None:
        click.echo(
            "Entre deux dossiers de thèmes différents, la seule sévérité des évaluateurs en fait "
            f"{_points(after.across)} points, {_points(before.across)} sans."
        )


def _points(error: float) -> str:
    return french.number(Fraction(error), 2)


def _fail(lines: list[str], code: int) -> NoReturn:
    if code == BAD_INPUT and len(lines) > 1:
        click.echo(f"{french.count(len(lines), 'erreur')}\u00a0:", err=True)
    for line in lines:
        click.echo(line, err=True)
    sys.exit(code)
