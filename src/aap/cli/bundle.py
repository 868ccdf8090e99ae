"""`aap verify` and `aap bundle public`: replay a run from its bundle, and publish it without names."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import click

from aap.cli.progress import ProgressLine

DIFFERENT = 4
FAILED = 1


@click.command(name="verify", help="Refaire le calcul d’un lot (bundle.json) et dire ce qui diffère.")
@click.argument("bundle", type=click.Path(path_type=Path))
def verify_command(bundle: Path) -> None:
    """Exit code 0 where everything holds, 4 with what differs, 1 where the file can't be read."""
    from aap.core.bundle import verify

    content = _content(bundle)
    progress = ProgressLine()
    try:
        differences = verify(content, progress=progress, processes=os.cpu_count() or 1)
    finally:
        progress.clear()
    if differences:
        click.echo(f"{bundle.name}\u00a0: le lot ne se vérifie pas.", err=True)
        for difference in differences:
            click.echo(f"  {difference}", err=True)
        sys.exit(DIFFERENT)
    click.echo(f"{bundle.name}\u00a0: le calcul refait donne les mêmes résultats.")


def _content(path: Path) -> bytes:
    from aap.core.bundle import MAX_BYTES

    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            click.echo(f"{path.name}\u00a0: le fichier dépasse {MAX_BYTES // 1_000_000} Mo.", err=True)
            sys.exit(DIFFERENT)
        return path.read_bytes()
    except OSError as error:
        click.echo(f"{path}\u00a0: le fichier ne peut pas être lu ({error.strerror}).", err=True)
        sys.exit(FAILED)


@click.group(name="bundle", help="Faire d’un lot une version publique, sans les noms.")
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
    from aap.core.bundle import verify
    from aap.core.public_bundle import public_bundle
    from aap.core.run import json_text
    from aap.documents.csv_out import csv_bytes

    content = _content(bundle)
    differences = verify(content, processes=os.cpu_count() or 1)
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
