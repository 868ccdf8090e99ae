"""`aap verify` and `aap bundle …`: replay a run from its bundle, publish it without names, explain one application."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from pathlib import Path

import click

from aap.cli.progress_bar import ProgressLine

DIFFERENT = 4
FAILED = 1


@click.command(name="verify", help="Refaire le calcul d’un lot (bundle.json) et dire ce qui diffère.")
@click.argument("bundle", type=click.Path(path_type=Path))
def verify_command(bundle: Path) -> None:
    """Exit code 0 where everything holds, 4 with what differs, 1 where the file can't be read."""
    from aap.core.ranking.bundle import verify_bundle

    content = _content(bundle)
    progress = ProgressLine()
    try:
        differences = verify_bundle(content, progress=progress, processes=os.cpu_count() or 1)
    finally:
        progress.clear()
    if differences:
        click.echo(f"{bundle.name}\u00a0: le lot ne se vérifie pas.", err=True)
        for difference in differences:
            click.echo(f"  {difference}", err=True)
        sys.exit(DIFFERENT)
    click.echo(f"{bundle.name}\u00a0: le calcul refait donne les mêmes résultats.")


def _content(path: Path) -> bytes:
    from aap.core.ranking.bundle import MAX_BYTES

    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            click.echo(f"{path.name}\u00a0: le fichier dépasse {MAX_BYTES // 1_000_000} Mo.", err=True)
            sys.exit(DIFFERENT)
        return path.read_bytes()
    except OSError as error:
        click.echo(f"{path}\u00a0: le fichier ne peut pas être lu ({error.strerror}).", err=True)
        sys.exit(FAILED)


@click.group(name="bundle", help="Publier un lot sans les noms, expliquer un de ses dossiers.")
def bundle_group() -> None:
    """The group that `aap` registers."""


@bundle_group.command(name="public", help="Écrire un lot pseudonymisé qui vérifie la même liste.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FICHIER", help="Lot public à écrire.")
@click.option("--key", metavar="TEXTE", help="Clé secrète des pseudonymes ; sans elle, une clé est tirée au hasard.")
@click.option(
    "--correspondence", type=click.Path(path_type=Path), metavar="FICHIER",
    help="Écrire aussi, pour l’administration seule, la table des pseudonymes (CSV).",
)  # fmt: skip
def public_command(bundle: Path, out: Path, key: str | None, correspondence: Path | None) -> None:
    """Exit code 0 done, 4 where the given bundle does not verify."""
    from aap.core.ranking.bundle import verify_bundle
    from aap.core.ranking.public_bundle import public_bundle
    from aap.core.ranking.run import json_text
    from aap.documents.tables.csv_out import csv_bytes

    content = _content(bundle)
    differences = verify_bundle(content, processes=os.cpu_count() or 1)
    if differences:
        click.echo(
            f"{bundle.name}\u00a0: le lot ne se vérifie pas, rien n’est publié (aap verify dit pourquoi).", err=True
        )
        sys.exit(DIFFERENT)
    published = public_bundle(content, key=key or secrets.token_hex(32))
    for path, written in (
        (out, json_text(published.value).encode() + b"\n"),
        *(((correspondence, csv_bytes(published.correspondence)),) if correspondence else ()),
    ):
        if path.exists():
            click.echo(f"{path} existe déjà.", err=True)
            sys.exit(2)
        path.write_bytes(written)
    click.echo(f"Lot public écrit dans {out}.")


@bundle_group.command(
    name="explain", help="Dire pourquoi un dossier est où il est, et combien de points lui manquaient."
)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("dossier")
def explain_command(bundle: Path, dossier: str) -> None:
    """Exit code 0 done, 2 for an unknown application, 4 where the bundle can't be read."""
    from aap.core.ranking.bundle import rankings_of, read_text, received_by
    from aap.core.ranking.bundle_reading import MalformedBundle
    from aap.core.ranking.counterfactual import NothingToGain, in_words, points_needed

    try:
        content = read_text(_content(bundle))
    except MalformedBundle as error:
        click.echo(f"{bundle.name}\u00a0: {error}", err=True)
        sys.exit(DIFFERENT)
    at = {name: place for place, name in enumerate(content.ranking.header)}
    row = next((row for row in content.ranking.rows if row[at["application_id"]] == dossier), None)
    if row is None:
        click.echo(f"{bundle.name}\u00a0: le dossier {dossier} n’y figure pas.", err=True)
        sys.exit(2)
    click.echo(f"{dossier}\u00a0: {row[at['reason']]}")
    for part, ranking in rankings_of(content):
        if any(standing.id == dossier for standing in ranking.standings):
            with contextlib.suppress(NothingToGain):
                points = points_needed(part.given.call, ranking, dossier, received_by(content, part))
                click.echo(in_words(points))
