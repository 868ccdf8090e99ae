"""`aap …`: the same services and core as the web application, for operators and scripts.

Each command lives in a module of its own that is imported when the command is called, so that `aap --help` and small
commands start at once.
"""

from __future__ import annotations

import importlib
import io
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from aap import __version__
from aap.cli.signals import signals_heard

# name -> (module and attribute, one line of help). A command that isn't installed yet is simply not offered.
COMMANDS: dict[str, tuple[str, str]] = {
    "call": ("aap.cli.call:call_group", "Vérifier, décrire et créer des fichiers d’appel."),
    "rank": ("aap.cli.rank:rank_command", "Classer et sélectionner à partir de tableaux, sans base de données."),
    "assign": ("aap.cli.assign:assign_command", "Répartir des dossiers entre des évaluateurs, à partir de tableaux."),
    "verify": ("aap.cli.bundle:verify_command", "Refaire le calcul d’une archive et dire ce qui diffère."),
    "demo": ("aap.cli.demo:demo_command", "Remplir l’instance d’une démonstration."),
    "serve": ("aap.cli.serve:serve_command", "Servir l’application et faire le travail de fond."),
    "worker": ("aap.cli.serve:worker_command", "Faire seulement le travail de fond."),
    "bounce": ("aap.cli.operating:bounce_command", "Noter qu’un courriel est revenu (rapport sur l’entrée standard)."),
    "tick": ("aap.cli.operating:tick_command", "Faire une fois ce que l’heure demande : rappels, compléments échus."),
    "audit": ("aap.cli.operating:audit_group", "Vérifier le journal."),
    "backup": ("aap.cli.operating:backup_command", "Sauvegarder l’instance dans un dossier neuf."),
    "restore": ("aap.cli.operating:restore_command", "Remettre une sauvegarde dans une instance vide."),
    "doctor": ("aap.cli.examine:doctor_command", "Examiner l’instance et sa machine, et dire quoi faire."),
    "keys": ("aap.cli.operating:keys_group", "Les clés qui chiffrent les secrets et scellent le journal."),
    "person": ("aap.cli.operating:person_group", "Ouvrir un compte, par exemple celui du premier administrateur."),
    "bundle": ("aap.cli.bundle:bundle_group", "Publier une archive sans les noms, expliquer un de ses dossiers."),
}


OF_THE_INSTANCE = frozenset(
    {"demo", "serve", "worker", "tick", "audit", "backup", "restore", "doctor", "keys", "person"}
)
"""Commands that open the instance: what they make is for nobody else on the machine. The others write for who calls."""


class LazyGroup(click.Group):
    """A group whose commands are imported on demand; unexpected errors end in one line and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names of the commands, none of which is imported for it, and the options of `aap` itself."""
        names = [name for name in self.list_commands(ctx) if name in COMMANDS and name.startswith(incomplete)]
        return [
            *(CompletionItem(name, help=COMMANDS[name][1]) for name in names),
            *click.Command.shell_complete(self, ctx, incomplete),
        ]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commandes"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx) if name in COMMANDS])

    def main(self, *given: Any, **options: Any) -> Any:
        with signals_heard() as signals:
            try:
                return super().main(*given, **options)
            except BaseException:
                if signals.code is None:
                    raise
                sys.exit(signals.code)

    def invoke(self, ctx: click.Context) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a terminal that lacks a narrow space still gets the sentence
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort, SystemExit):
            raise
        except KeyboardInterrupt:
            click.echo("Interrompu.", err=True)
            sys.exit(130)  # or the code of the signal that was heard
        except BrokenPipeError:
            sys.exit(1)
        except Exception as error:
            if os.environ.get("AAP_DEBUG") == "1":
                raise
            refused = _refused(error)
            if refused:
                click.echo(refused, err=True)
                sys.exit(2)
            click.echo(_missing(error) or _storage(error) or _unexpected(error), err=True)
            sys.exit(1)


def _refused(error: Exception) -> str | None:
    """What is wrong with the settings or the keys, in words; None for another error."""
    if type(error).__name__ == "WrongSettings":  # by name: most commands never load the settings
        return f"Les réglages ne conviennent pas\u00a0:\n{error}"
    if type(error).__name__ == "KeyFault":
        from aap.cli.operating import KEY_FAULTS

        return KEY_FAULTS[error.fault].format(where=error.where)  # type: ignore[attr-defined]
    return None


def _unexpected(error: Exception) -> str:
    message = " ".join(str(error).split()) or "sans message"
    return f"Erreur inattendue ({type(error).__name__})\u00a0: {message} (AAP_DEBUG=1 en montre le détail)."


def _storage(error: Exception) -> str | None:
    """Where the disk or the database is at fault: which of them, and what to do about it."""
    if "sqlalchemy" not in sys.modules and not isinstance(error, OSError):
        return None  # file mode knows no database
    try:
        from aap.records.store_faults import fault_of
    except ModuleNotFoundError:
        return None
    fault = fault_of(error)
    if fault is None:
        return None
    cause = " ".join(str(getattr(error, "orig", None) or error).split())
    return f"{_STORAGE[fault.value]} ({cause})"


_STORAGE = {
    "full": "Il n’y a plus de place\u00a0: libérez de l’espace, puis recommencez. Ce qui était enregistré ne l’est pas moins.",
    "busy": "La base de données est occupée par un autre programme\u00a0: réessayez dans un instant.",
    "damaged": "La base de données est endommagée\u00a0: arrêtez le service, gardez une copie de l’instance et remettez la "
    "dernière sauvegarde (aap restore).",
    "read_only": "La base de données ou son dossier n’est ouvert qu’en lecture\u00a0: voyez les droits du dossier de "
    "l’instance (AAP_INSTANCE).",
    "away": "La base de données ne répond pas\u00a0: voyez AAP_DATABASE_URL, et les droits du dossier de l’instance.",
}


def _missing(error: Exception) -> str | None:
    """Where a package is not installed: which one, and the command that installs all of them."""
    name = error.name.partition(".")[0] if isinstance(error, ModuleNotFoundError) and error.name else "aap"
    if name == "aap":
        return None
    locked = Path("requirements", "run.txt")
    checkout = Path(__file__).resolve().parents[3]
    known = (checkout / locked).is_file()
    where = shlex.quote(str(checkout / locked)) if known else f"{locked}   # fichier des sources d’aap"
    return (
        f"Cette commande a besoin de «\u00a0{name}\u00a0», qui n’est pas installé ici. Pour tout installer\u00a0:\n"
        f"    {shlex.quote(sys.executable)} -m pip install --require-hashes -r {where}"
    )


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Appels à projets : classer, sélectionner, décider, et pouvoir le refaire.",
)
@click.version_option(
    __version__, prog_name="aap", message="%(prog)s %(version)s", help="Dire la version, et rien d’autre."
)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Entry point of the `aap` script."""
    if ctx.invoked_subcommand in OF_THE_INSTANCE:
        os.umask(0o077)
