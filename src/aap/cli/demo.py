"""`aap demo`: fills the instance with a realistic call, led to its end, and one that is open."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click

from aap.cli.progress_bar import ProgressLine
from aap.demo import filling
from aap.services.platform import open_platform
from aap.settings import Settings


@click.command("demo", help="Remplir l’instance d’un appel fictif complet, et d’un appel ouvert.")
@click.option("--seed", type=int, default=7, show_default=True, help="La même graine donne la même démonstration.")
@click.option("--force", is_flag=True, help="Effacer d’abord l’instance de démonstration.")
@click.option("--if-empty", is_flag=True, help="Ne rien faire si l’instance contient déjà quelque chose.")
@click.option("--accounts", is_flag=True, help="Afficher les comptes de démonstration, en JSON.")
def demo_command(seed: int, force: bool, if_empty: bool, accounts: bool) -> None:
    settings = Settings()
    if accounts:
        click.echo(json.dumps(filling.demo_accounts(open_platform(settings)), ensure_ascii=False, indent=2))
        return
    if settings.environment == "production":
        click.echo("La démonstration ne se fait pas dans une instance de production.", err=True)
        sys.exit(2)
    if force:
        erase(settings)
    platform = open_platform(settings)
    if not filling.is_empty(platform):
        if if_empty:
            return
        click.echo("L’instance n’est pas vide. Pour l’effacer et la refaire : aap demo --force", err=True)
        sys.exit(2)
    progress = ProgressLine()
    filling.fill_instance(platform, seed=seed, tell=progress)
    progress.clear()
    click.echo(f"Démonstration prête dans {settings.instance}.")


def erase(settings: Settings) -> None:
    """Removes what the demonstration made, and nothing else in the folder: the key stays, which its backups need."""
    if settings.database_url:
        click.echo("--force n’efface que l’instance embarquée (SQLite).", err=True)
        sys.exit(2)
    for name in ("aap.sqlite3", "aap.sqlite3-wal", "aap.sqlite3-shm", "queue.sqlite3", "queue.sqlite3-wal",
                 "queue.sqlite3-shm"):  # fmt: skip
        (settings.instance / name).unlink(missing_ok=True)
    for folder in (settings.files_folder, settings.mail_folder):
        shutil.rmtree(Path(folder), ignore_errors=True)
