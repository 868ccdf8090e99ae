"""`aap verify` and `aap bundle …`: replay a run from its bundle, publish it without names, explain one application."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import click

from aap.cli.progress_bar import ProgressLine
from aap.cli.streams import check_once, input_name, is_stream, read_input, table_source, write_output

DIFFERENT = 4
BAD_INPUT = 2
FAILED = 1


@click.command(name="verify", help="Refaire le calcul d’une archive (bundle.json) et dire ce qui diffère.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Répondre en JSON sur la sortie, et rien d’autre.")
def verify_command(bundle: Path, as_json: bool) -> None:
    """Exit code 0 where everything holds, 4 with what differs, 1 where the file can't be read."""
    from aap.core.ranking.bundle import verification

    content = _content(bundle)
    progress = ProgressLine()
    try:
        found = verification(content, progress=progress, processes=os.cpu_count() or 1)
    finally:
        progress.clear()
    if as_json:
        told = [{**dataclasses.asdict(one), "sentence": str(one)} for one in found.differences]
        answer = _report(content) | {
            "bundle": input_name(bundle),
            "agrees": not found.differences,
            "scores_given": found.scores_given,
            "differences": told,
        }
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        sys.exit(DIFFERENT if found.differences else 0)
    if found.differences:
        click.echo(f"{input_name(bundle)}\u00a0: l’archive ne se vérifie pas.", err=True)
        for difference in found.differences:
            click.echo(f"  {difference}", err=True)
        sys.exit(DIFFERENT)
    if not found.with_marks:
        click.echo(
            f"{input_name(bundle)}\u00a0: la sélection refaite à partir des notes des dossiers de l’archive donne les mêmes "
            "résultats. Elle ne porte pas celles des évaluateurs\u00a0: "
            "les premières ont été prises telles quelles, sans être recalculées."
        )
    elif found.scores_given:
        click.echo(
            f"{input_name(bundle)}\u00a0: la sélection refaite à partir des notes des dossiers de l’archive donne les mêmes "
            "résultats. Elle vient d’une version précédente du moteur\u00a0: "
            "les notes corrigées, leurs intervalles, les sévérités, les "
            "tirages, les avertissements et les phrases des motifs ont été pris tels quels, sans être recalculés."
        )
    else:
        click.echo(f"{input_name(bundle)}\u00a0: le calcul refait donne les mêmes résultats.")
    _tell_list(content)


def _report(content: bytes) -> dict[str, Any]:
    """The report that a bundle carries; nothing where it can't be read."""
    from aap.core.ranking.bundle import read_text
    from aap.core.ranking.bundle_values import MalformedBundle

    try:
        return dict(read_text(content).report)
    except MalformedBundle:
        return {}


def _tell_list(content: bytes, *, err: bool = False) -> None:
    """Which list a later bundle gives."""
    from aap.core import french
    from aap.core.ranking.bundle import list_in_force, read_text
    from aap.core.ranking.later_list import first_list

    bundle = read_text(content)
    if not bundle.changes:
        return
    before, now = first_list(bundle.ranking).granted, list_in_force(bundle)
    click.echo(
        f"Liste en vigueur après {french.count(len(bundle.changes), 'changement')}\u00a0: "
        f"{french.count(len(now.granted), 'lauréat')}, {french.euros(now.total)}.",
        err=err,
    )
    moved = (("Entrés", now.granted.keys() - before.keys()), ("Sortis", before.keys() - now.granted.keys()))
    changed = {name for name in before.keys() & now.granted.keys() if before[name] != now.granted[name]}
    for word, names in (*moved, ("Montant changé", changed)):
        if names:
            click.echo(f"{word}\u00a0: {', '.join(sorted(names))}.", err=err)


def _content(path: Path) -> bytes:
    from aap.core.ranking.bundle import MAX_BYTES

    try:
        content = read_input(MAX_BYTES) if is_stream(path) else None
        if (path.stat().st_size if content is None else len(content)) > MAX_BYTES:
            click.echo(f"{input_name(path)}\u00a0: le fichier dépasse {MAX_BYTES // 1_000_000} Mo.", err=True)
            sys.exit(DIFFERENT)
        return path.read_bytes() if content is None else content
    except OSError as error:
        click.echo(f"{path}\u00a0: le fichier ne peut pas être lu ({error.strerror}).", err=True)
        sys.exit(FAILED)


@click.group(
    name="bundle", help="Publier une archive sans les noms, la suivre quand la liste change, expliquer un dossier."
)
def bundle_group() -> None:
    """The group that `aap` registers."""


@bundle_group.command(name="public", help="Écrire une archive pseudonymisée qui vérifie la même liste.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FICHIER", help="Archive publique à écrire."
)
@click.option("--key", metavar="TEXTE", help="Clé secrète des pseudonymes ; sans elle, une clé est tirée au hasard.")
@click.option("--marks", is_flag=True, help="Y mettre aussi les notes des évaluateurs, sous pseudonyme.")
@click.option(
    "--correspondence", type=click.Path(path_type=Path), metavar="FICHIER",
    help="Écrire aussi, pour l’administration seule, la table des pseudonymes (CSV).",
)  # fmt: skip
def public_command(bundle: Path, out: Path, key: str | None, marks: bool, correspondence: Path | None) -> None:
    """Exit code 0 done, 4 where the given bundle does not verify."""
    from aap.core import french
    from aap.core.ranking.bundle import verify_bundle
    from aap.core.ranking.public_bundle import public_bundle
    from aap.core.ranking.run_input import json_text
    from aap.documents.tables.csv_out import csv_bytes

    check_once([out, correspondence])
    content = _content(bundle)
    differences = verify_bundle(content, processes=os.cpu_count() or 1)
    if differences:
        click.echo(
            f"{input_name(bundle)}\u00a0: l’archive ne se vérifie pas, rien n’est publié (aap verify dit pourquoi).",
            err=True,
        )
        sys.exit(DIFFERENT)
    published = public_bundle(content, key=key or secrets.token_hex(32), marks=marks)
    _write(out, json_text(published.value).encode() + b"\n")
    if correspondence is not None:
        _write(correspondence, csv_bytes(published.correspondence))
    err = is_stream(out) or is_stream(correspondence)
    if not is_stream(out):
        click.echo(f"Archive publique écrite dans {out}.", err=err)
    found = published.singled_out
    for alone, of, one, many in (
        (found.laureates_alone, found.laureates, "lauréat est seul", "lauréats sont seuls"),
        (found.others_alone, found.others, "autre dossier est seul", "autres dossiers sont seuls"),
    ):
        click.echo(
            f"{french.count(alone, one, many)}, sur {french.number(of)}, à avoir son montant et ses caractéristiques\u00a0: "
            "qui connaît le domaine peut le reconnaître.",
            err=err,
        )


def _write(path: Path, content: bytes) -> None:
    """To a new file, or standard output."""
    if is_stream(path):
        write_output(content)
        return
    if path.exists():
        click.echo(f"{path} existe déjà.", err=True)
        sys.exit(BAD_INPUT)
    path.write_bytes(content)


@bundle_group.command(name="change", help="Écrire l’archive d’une liste où des lauréats sont partis ou entrés depuis.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--changes", required=True, type=click.Path(path_type=Path), metavar="FICHIER",
    help="Table des changements depuis cette archive : change, application_id, amount, place, reason, author, date.",
)  # fmt: skip
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FICHIER", help="Archive à écrire.")
def change_command(bundle: Path, changes: Path, out: Path) -> None:
    """Exit code 0 done, 2 bad input or a change that the rules don't allow, 4 where the given bundle does not verify."""
    from aap.core.problems import BadInput
    from aap.core.ranking.bundle import read_text, verify_bundle
    from aap.core.ranking.later_list import later_bundle
    from aap.core.ranking.run_input import json_text
    from aap.documents.tables.changes_in import read_changes

    check_once([bundle, changes])
    content = _content(bundle)
    if verify_bundle(content, processes=os.cpu_count() or 1):
        click.echo(f"{input_name(bundle)}\u00a0: l’archive ne se vérifie pas (aap verify dit pourquoi).", err=True)
        sys.exit(DIFFERENT)
    before = read_text(content)
    try:
        read = read_changes(table_source(changes), [application.id for application in before.given.applications])
    except BadInput as refusal:
        for problem in refusal.problems:
            click.echo(str(problem), err=True)
        sys.exit(BAD_INPUT)
    later = json_text(later_bundle(json.loads(content), (*before.changes, *read))).encode() + b"\n"
    broken = verify_bundle(later, processes=os.cpu_count() or 1)
    if broken:
        for difference in broken:
            click.echo(f"{input_name(changes)}\u00a0: {difference}", err=True)
        sys.exit(BAD_INPUT)
    _write(out, later)
    _tell_list(later, err=is_stream(out))
    if not is_stream(out):
        click.echo(f"Archive écrite dans {out}.")


@bundle_group.command(
    name="explain", help="Dire pourquoi un dossier est où il est, et combien de points lui manquaient."
)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("dossier")
def explain_command(bundle: Path, dossier: str) -> None:
    """Exit code 0 done, 2 for an unknown application, 4 where the bundle can't be read."""
    from aap.core.ranking.bundle import rankings_of, read_text, received_by
    from aap.core.ranking.bundle_values import MalformedBundle
    from aap.core.ranking.counterfactual import NothingToGain, in_words, points_needed

    try:
        content = read_text(_content(bundle))
    except MalformedBundle as error:
        click.echo(f"{input_name(bundle)}\u00a0: {error}", err=True)
        sys.exit(DIFFERENT)
    at = {name: place for place, name in enumerate(content.ranking.header)}
    row = next((row for row in content.ranking.rows if row[at["application_id"]] == dossier), None)
    if row is None:
        click.echo(f"{input_name(bundle)}\u00a0: le dossier {dossier} n’y figure pas.", err=True)
        sys.exit(2)
    click.echo(f"{dossier}\u00a0: {row[at['reason']]}")
    for part, ranking in rankings_of(content):
        if any(standing.id == dossier for standing in ranking.standings):
            with contextlib.suppress(NothingToGain):
                points = points_needed(part.given.call, ranking, dossier, received_by(content, part))
                click.echo(in_words(points, part.given.call.rubric))
