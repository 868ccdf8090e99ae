"""The instance's folder is for nobody else, and it doesn't open without its keys."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from aap.cli import main
from aap.records.keys import KeyFault, new_key
from aap.services.actor import SYSTEM
from aap.services.audit import Subject, record
from aap.services.platform import Platform, open_platform
from tests.databases import on_both_databases


def modes(folder: Path) -> set[tuple[str, str]]:
    """(d or f, mode) of everything in the folder, and of itself."""
    return {
        ("d" if path.is_dir() else "f", oct(stat.S_IMODE(path.stat().st_mode))) for path in (folder, *folder.rglob("*"))
    }


def test_an_instance_that_others_could_read_is_closed_at_its_opening_and_the_logs_say_so(platform: Platform) -> None:
    folder = platform.settings.instance
    (folder / "files/ab").mkdir(parents=True)
    (folder / "files/ab/piece").write_bytes(b"x")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with capture_logs() as logs:
        open_platform(platform.settings, clock=platform.clock).database.dispose()
    assert modes(folder) == {("d", "0o700"), ("f", "0o600")}
    (said,) = [one for one in logs if one["event"] == "instance.closed_to_others"]
    assert said["entries"] >= 4
    with capture_logs() as logs:
        open_platform(platform.settings, clock=platform.clock).database.dispose()
    assert logs == []


def test_what_a_command_makes_is_for_nobody_else(tmp_path: Path) -> None:
    instance = tmp_path / "neuve"
    made = CliRunner().invoke(
        main, ["person", "add", "a@example.org", "--name", "Dominique Exemple"],
        env={"AAP_INSTANCE": str(instance), "AAP_IMMEDIATE_JOBS": "1"},
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert modes(instance) == {("d", "0o700"), ("f", "0o600")}


@on_both_databases
def test_an_instance_without_its_keys_or_with_others_does_not_open_and_makes_no_new_ones(platform: Platform) -> None:
    with platform.database.writing() as session:
        record(session, SYSTEM, "essai", Subject("instance"), now=platform.clock())
    file = platform.settings.key_file
    kept = file.read_text()
    for content, fault in (
        (None, "missing"),
        (new_key(), "foreign"),
        ("pas une clé", "unreadable"),
        ("# rien\n", "empty"),
    ):
        file.unlink()
        if content is not None:
            file.write_text(content)
        with pytest.raises(KeyFault) as refused:
            open_platform(platform.settings, clock=platform.clock)
        assert (refused.value.fault, file.exists()) == (fault, content is not None)
        file.write_text(content or "")
    file.write_text(f"{new_key()}\n{kept}")  # a newer one before it
    open_platform(platform.settings, clock=platform.clock).database.dispose()


def test_a_command_says_which_keys_it_wants_and_ends_with_2(platform: Platform) -> None:
    with platform.database.writing() as session:
        record(session, SYSTEM, "essai", Subject("instance"), now=platform.clock())
    platform.settings.key_file.unlink()
    done = CliRunner().invoke(main, ["audit", "verify"], env={"AAP_INSTANCE": str(platform.settings.instance)})
    assert (done.exit_code, done.output) == (
        2,
        "Les clés de cette instance manquent\u00a0: remettez le fichier "
        f"{platform.settings.key_file}, ou donnez AAP_DATA_KEY.\n",
    )
