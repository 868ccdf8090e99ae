"""What an operator does with an instance: backup, restore, the audit log, the first account, the minute's work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from aap.cli.progress_bar import ProgressLine
from aap.core.french import count, plain
from aap.services.actor import SYSTEM
from aap.settings import Settings

if TYPE_CHECKING:
    from aap.records.keys import KeyRing

BAD_INPUT = 2
DIFFERENCE = 4
MOST_OF_A_REPORT = 1_000_000  # bytes: what came back follows, and isn't needed whole
FAULTS = {"missing": "manque", "changed": "a été changée", "values_changed": "porte des valeurs qui ont été changées"}
STRAYS = {
    "changed": "n’est plus ce que la ligne {line} en a noté",
    "gone": "n’est plus dans la base, et aucune ligne depuis la {line} ne le dit",
    "unknown": "est dans la base, et aucune ligne ne le dit",
}


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
    where = settings.key_file if not settings.data_key else "AAP_DATA_KEY"
    click.echo(
        f"La clé {made.key} ({where}) n’y est pas\u00a0: gardez-la à part, la sauvegarde ne sert à rien sans elle."
    )


@click.command("restore", help="Remettre la sauvegarde DIR dans l’instance (AAP_INSTANCE), qui doit être vide.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--check-only", is_flag=True, help="Relire et vérifier la sauvegarde, sans rien remettre.")
@click.option(
    "--key-file", type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Fichier des clés de l’instance sauvegardée\u00a0; sinon AAP_DATA_KEY, ou le fichier des clés de l’instance.",
)  # fmt: skip
@click.option("--unsigned", is_flag=True, help="Accepter une sauvegarde de la version 0.1.0, que rien ne signe.")
def restore_command(folder: Path, check_only: bool, key_file: Path | None, unsigned: bool) -> None:
    from aap.records.keys import KeyRing, write_keys
    from aap.services.safekeeping import held_keys
    from aap.services.upkeep.backing_up import BackupFault, check_backup, restore_backup
    from aap.web.wording.sentences import sentence

    settings = Settings()
    line = ProgressLine()

    def tell(done: int, total: int) -> None:
        line("Vérification", done, total)

    keys = KeyRing(file=key_file) if key_file else held_keys(settings.data_key, settings.key_file) or _asked_keys()
    try:
        if check_only:
            held = check_backup(folder, keys, unsigned=unsigned, tell=tell)
        else:
            held = restore_backup(folder, settings.instance, keys, unsigned=unsigned, tell=tell)
    except BackupFault as fault:
        line.clear()
        _refuse(*map(sentence, fault.faults))
    line.clear()
    if keys and not check_only and not settings.data_key and not settings.key_file.exists():
        write_keys(settings.key_file, keys.texts, only_new=True)
    what = "Sauvegarde intacte" if check_only else f"Instance remise dans {settings.instance}"
    click.echo(f"{what}\u00a0: la base du {held.made_at}, {count(held.files, 'fichier')}, journal vérifié.")


def _asked_keys() -> KeyRing | None:
    """The keys as somebody at a terminal types them; None where nobody is there, or nothing is typed."""
    from aap.records.keys import KeyRing, read_keys

    if not sys.stdin.isatty():
        return None
    typed = click.prompt("Clé de l’instance sauvegardée", default="", hide_input=True, show_default=False)
    try:
        return KeyRing(read_keys(typed)) if typed else None
    except ValueError:
        _refuse("Ce n’est pas une clé\u00a0: elle a 44 caractères.")


@click.group("audit", help="Le journal : une chaîne de lignes où rien ne se change ni ne disparaît sans trace.")
def audit_group() -> None:
    """The group that `aap` registers."""


@audit_group.command(
    "verify", help="Relire tout le journal et le comparer avec la base. Code de sortie\u00a0: 0 si tout y est, 4 sinon."
)
@click.option("--head", default="", help="Empreinte notée plus tôt : dit aussi si sa ligne est toujours là.")
@click.option("--count", "lines", type=click.IntRange(min=0), help="Nombre de lignes, noté avec l’empreinte.")
def audit_verify(head: str, lines: int | None) -> None:
    from aap.services.audit import verify_chain
    from aap.services.platform import open_platform

    platform = open_platform(existing_settings(), migrate=False)
    with platform.database.reading() as session:
        found = verify_chain(session, head=head.strip().lower(), count=lines, rows=True)
    for fault in found.faults:
        click.echo(f"La ligne {fault.sequence} {FAULTS[fault.fault]}.", err=True)
    for stray in found.strays:
        click.echo(f"{stray.kind} {stray.id} {STRAYS[stray.fault].format(line=stray.sequence)}.", err=True)
    if not found.known:
        click.echo(
            "La ligne notée n’est plus dans le journal\u00a0: des lignes ont disparu ou ont été refaites.", err=True
        )
    if not found.sound:
        sys.exit(DIFFERENCE)
    click.echo(f"{count(found.lines, 'ligne')}, rien ne manque. Dernière empreinte\u00a0: {found.head}")


KEY_FAULTS = {
    "empty": "Le fichier des clés {where} n’en contient aucune.",
    "foreign": "Les clés données ne sont pas celles de cette base\u00a0: voyez AAP_DATA_KEY et {where}.",
    "missing": "Les clés de cette instance manquent\u00a0: remettez le fichier {where}, ou donnez AAP_DATA_KEY.",
    "undecipherable": "Une donnée chiffrée ne s’ouvre avec aucune des clés\u00a0: voyez AAP_DATA_KEY et {where}.",
    "unreadable": "Le fichier des clés {where} ne se lit pas, ou ne contient pas que des clés.",
}


@click.group(
    "keys", help="Les clés de l’instance\u00a0: elles chiffrent les secrets, scellent le journal et les sauvegardes."
)
def keys_group() -> None:
    """The group that `aap` registers."""


@keys_group.command("new", help="Afficher une clé neuve, sans rien changer.")
def keys_new() -> None:
    from aap.records.keys import new_key

    click.echo(new_key())


@keys_group.command(
    "rotate", help="Mettre une clé neuve en usage et rechiffrer ce qui l’est. Les anciennes se gardent."
)
def keys_rotate() -> None:
    from aap.services.platform import open_platform
    from aap.services.upkeep.rotating import rotate_keys

    platform = open_platform(existing_settings())
    done = rotate_keys(platform)
    if not done.made and platform.keys.file is None and not done.secrets:
        click.echo(
            f"Rien à refaire\u00a0: tout est chiffré par la clé {done.key}. Pour en changer, mettez une clé neuve "
            "(aap keys new) avant les autres dans AAP_DATA_KEY."
        )
        return
    click.echo(f"Clé en usage\u00a0: {done.key}. {count(done.secrets, 'secret')} rechiffrés.")
    click.echo("Gardez les anciennes clés\u00a0: elles relisent le journal et les sauvegardes d’avant.")


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
