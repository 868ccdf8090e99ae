"""What an operator does with an instance: backup, restore, the audit log, the first account, the minute's work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from aap.cli.progress_bar import ProgressLine
from aap.core.french import count, plain
from aap.services.actor import SYSTEM
from aap.settings import Settings

BAD_INPUT = 2
DIFFERENCE = 4
MOST_OF_A_REPORT = 1_000_000  # bytes: what came back follows, and isn't needed whole
FAULTS = {"missing": "manque", "changed": "a été changée", "values_changed": "porte des valeurs qui ont été changées"}


@click.command("backup", help="Sauvegarder l’instance (base et fichiers) dans le dossier neuf DIR, sans l’arrêter.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def backup_command(folder: Path) -> None:
    from aap.services.platform import open_platform
    from aap.services.upkeep.backing_up import BackupFault, make_backup
    from aap.web.wording.sentences import sentence

    settings = existing_settings()
    line = ProgressLine()
    try:
        made = make_backup(open_platform(settings), folder, tell=lambda done, total: line("Fichiers", done, total))
    except BackupFault as fault:
        line.clear()
        _refuse(*map(sentence, fault.faults))
    line.clear()
    megabytes = plain(round((made.database_size + made.files_size) / 1_000_000))
    click.echo(f"Sauvegarde faite dans {folder}\u00a0: la base, {count(made.files, 'fichier')}, {megabytes}\u00a0Mo.")
    click.echo(f"Journal\u00a0: {count(made.audit_lines, 'ligne')}, empreinte {made.head}")


@click.command("restore", help="Remettre la sauvegarde DIR dans l’instance (AAP_INSTANCE), qui doit être vide.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--check-only", is_flag=True, help="Relire et vérifier la sauvegarde, sans rien remettre.")
def restore_command(folder: Path, check_only: bool) -> None:
    from aap.services.upkeep.backing_up import BackupFault, check_backup, restore_backup
    from aap.web.wording.sentences import sentence

    settings = Settings()
    line = ProgressLine()

    def tell(done: int, total: int) -> None:
        line("Vérification", done, total)

    try:
        held = check_backup(folder, tell=tell) if check_only else restore_backup(folder, settings.instance, tell=tell)
    except BackupFault as fault:
        line.clear()
        _refuse(*map(sentence, fault.faults))
    line.clear()
    what = "Sauvegarde intacte" if check_only else f"Instance remise dans {settings.instance}"
    click.echo(f"{what}\u00a0: la base du {held.made_at}, {count(held.files, 'fichier')}, journal vérifié.")


@click.group("audit", help="Le journal : une chaîne de lignes où rien ne se change ni ne disparaît sans trace.")
def audit_group() -> None:
    """The group that `aap` registers."""


@audit_group.command("verify", help="Relire toute la chaîne. Code de sortie : 0 si rien ne manque, 4 sinon.")
@click.option("--head", default="", help="Empreinte notée plus tôt : dit aussi si elle est toujours dans la chaîne.")
def audit_verify(head: str) -> None:
    from aap.services.audit import verify_chain
    from aap.services.platform import open_platform

    platform = open_platform(existing_settings(), migrate=False)
    with platform.database.reading() as session:
        found = verify_chain(session, head=head.strip().lower())
    for fault in found.faults:
        click.echo(f"La ligne {fault.sequence} {FAULTS[fault.fault]}.", err=True)
    if not found.known:
        click.echo(
            "L’empreinte donnée n’est pas dans la chaîne\u00a0: des lignes ont disparu ou ont été refaites.", err=True
        )
    if found.faults or not found.known:
        sys.exit(DIFFERENCE)
    click.echo(f"{count(found.lines, 'ligne')}, rien ne manque. Dernière empreinte\u00a0: {found.head}")


@click.command(
    "tick", help="Envoyer les rappels dus, clore les demandes de compléments échues, reprendre ce qui attend."
)
def tick_command() -> None:
    from aap import jobs
    from aap.services.platform import open_platform

    kept = jobs.tick_beside_workers(open_platform(existing_settings()))
    click.echo(f"{count(kept.reminders, 'rappel')}, {count(kept.lapsed, 'demande')} de compléments close.")


@click.command("bounce", help="Noter qu’un courriel est revenu : le rapport du serveur est lu sur l’entrée standard.")
def bounce_command() -> None:
    from aap.services.platform import open_platform
    from aap.services.upkeep.bounces import take_bounce

    platform = open_platform(existing_settings(), migrate=False)
    report = sys.stdin.buffer.read(MOST_OF_A_REPORT)
    with platform.database.writing() as session:
        known = take_bounce(session, report, now=platform.clock())
    # Never an error: the mail server would send the report back, and again.
    click.echo("Le courriel est noté comme revenu." if known else "Aucun courriel de l’instance n’est nommé.")


@click.group("person", help="Les comptes : l’administration se fait ensuite dans le navigateur.")
def person_group() -> None:
    """The group that `aap` registers."""


@person_group.command("add", help="Ouvrir un compte à EMAIL et lui envoyer un lien ; le lien est aussi affiché ici.")
@click.argument("email")
@click.option("--name", required=True, help="Prénom et nom.")
@click.option("--role", type=click.Choice(["admin", "official"]), default="admin", show_default=True)
def person_add(email: str, name: str, role: str) -> None:
    from aap.services.account.people import invite_person
    from aap.services.account.sign_in_links import make_token
    from aap.services.errors import InvalidInput
    from aap.services.platform import open_platform
    from aap.web.public_links import PublicLinks
    from aap.web.wording.sentences import sentence

    platform = open_platform(Settings())
    links = PublicLinks(platform.settings.base_url)
    now = platform.clock()
    try:
        with platform.database.writing() as session:
            person = invite_person(
                session, platform, links, actor=SYSTEM, email=email, name=name, role=role, call_id="", now=now
            )
            token = make_token(platform.settings.secret_key, person, "invitation", now)
    except InvalidInput as refused:
        _refuse(*map(sentence, refused.objections))
    click.echo(
        f"Compte ouvert pour {person.name} ({person.email}). Lien, valable deux semaines et une seule fois\u00a0:"
    )
    click.echo(links.sign_in_link(token))


def existing_settings() -> Settings:
    """The settings of an instance that is there: a wrong AAP_INSTANCE doesn't make a new one."""
    settings = Settings()
    if not settings.database_url and not (settings.instance / "aap.sqlite3").exists():
        _refuse(f"Il n’y a pas d’instance dans {settings.instance}\u00a0: voyez AAP_INSTANCE.")
    return settings


def _refuse(*sentences: str) -> NoReturn:
    for sentence in sentences:
        click.echo(sentence, err=True)
    sys.exit(BAD_INPUT)
