"""`aap doctor`: line by line what is sound, what wants attention and what is at fault, and what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from aap.cli.operating import existing_settings
from aap.cli.progress_bar import ProgressLine
from aap.services.upkeep.observation import Gravity, Observation, gravest

SIGNS = {Gravity.OK: "bon", Gravity.ATTENTION: "attention", Gravity.FAULT: "PANNE"}


@click.command(
    "doctor",
    help="Examiner l’instance et sa machine, sans rien changer. Code de sortie\u00a0: 0 si tout va, 1 s’il y a de quoi "
    "s’occuper, 2 s’il y a une panne.",
)
@click.option("--fast", is_flag=True, help="Ne pas relire le contenu des fichiers déposés, ni toute la base.")
@click.option("--json", "as_json", is_flag=True, help="Répondre en JSON, pour une machine.")
def doctor_command(fast: bool, as_json: bool) -> None:
    from aap.services.platform import open_platform
    from aap.services.upkeep.doctor import examine
    from aap.web.public_links import PublicLinks

    platform = open_platform(existing_settings(), migrate=False)
    line = ProgressLine()
    tell = None if as_json else lambda done, total: line("Fichiers", done, total)
    found = []
    for one in examine(platform, PublicLinks(platform.settings.base_url), fast=fast, tell=tell):
        found.append(one)
        if not as_json:
            line.clear()
            click.echo(_line(one))
    if as_json:
        click.echo(json.dumps(_as_json(found), ensure_ascii=False, indent=2))
    sys.exit(int(gravest(found)))


def _line(one: Observation) -> str:
    from aap.web.wording.diagnosis import CHECKS
    from aap.web.wording.sentences import sentence

    return f"{SIGNS[one.gravity]:<10} {CHECKS[one.check]!s:<17} {sentence(one.said)}"


def _as_json(found: Iterable[Observation]) -> dict[str, Any]:
    """Keys and values as services name them, and the sentence; moments in ISO 8601."""
    from aap.web.wording.sentences import sentence

    found = list(found)
    return {
        "gravity": gravest(found).name.lower(),
        "observations": [
            {
                "check": str(one.check),
                "gravity": one.gravity.name.lower(),
                "key": one.said.key.partition(".")[2],
                "values": {name: _plain(value) for name, value in one.said.values.items()},
                "sentence": sentence(one.said),
            }
            for one in found
        ],
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str | tuple) else value.isoformat()
