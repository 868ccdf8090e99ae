"""A backup is whole, is checked, and comes back as it was; the commands say so by their exit codes."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlmodel import select

from aap.cli import main
from aap.records.applications import Document
from aap.records.associations import Association
from aap.records.audit import AuditLine
from aap.records.keys import KeyRing, new_key, read_keys, write_keys
from aap.records.people import Person
from aap.services.actor import SYSTEM
from aap.services.audit import Subject, record, verify_chain
from aap.services.errors import Objection
from aap.services.platform import Platform, open_platform
from aap.services.upkeep.backing_up import Backup, BackupFault, check_backup, make_backup, restore_backup
from aap.settings import Settings
from tests.factories import Factory


@pytest.fixture
def filled(factory: Factory, platform: Platform) -> Document:
    """An instance with people, a dossier, a stored file and some lines of the log."""
    application = factory.application(factory.call(), factory.association(factory.person()))
    kept = platform.files.put(io.BytesIO(b"%PDF-1.7 statuts"))
    document = Document(
        association_id=application.association_id, application_id=application.id, question="statuts",
        name="statuts.pdf", content_type="application/pdf", size=kept.size, sha256=kept.sha256,
        uploaded_at=factory.now,
    )  # fmt: skip
    with platform.database.writing() as session:
        session.add(document)
        record(session, SYSTEM, "essai", Subject("instance"), now=factory.now, after={"é": "à"})
    return document


def test_what_is_restored_is_what_was_backed_up(platform: Platform, filled: Document, tmp_path: Path) -> None:
    made = make_backup(platform, tmp_path / "sauvegarde")
    with platform.database.writing() as session:
        record(session, SYSTEM, "plus tard", Subject("instance"), now=platform.clock())
    restored = restore_backup(tmp_path / "sauvegarde", tmp_path / "neuve", platform.keys)
    write_keys(tmp_path / "neuve" / "data.key", platform.keys.texts)
    assert restored == made
    again = open_platform(Settings(instance=tmp_path / "neuve", environment="testing", secret_key="x"))
    with again.database.reading() as session, platform.database.reading() as before:
        assert again.files.read(filled.sha256) == b"%PDF-1.7 statuts"
        assert [person.email for person in session.exec(select(Person))] == [
            person.email for person in before.exec(select(Person))
        ]
        assert (verify_chain(session).faults, verify_chain(session).head) == ((), made.head)
        assert "plus tard" not in session.exec(select(AuditLine.action)).all()
    again.database.dispose()
    assert (made.files, made.files_size) == (1, len(b"%PDF-1.7 statuts"))


def test_a_backup_leaves_a_line_in_the_log_and_no_half_folder(
    platform: Platform, filled: Document, tmp_path: Path
) -> None:
    make_backup(platform, tmp_path / "une")
    with pytest.raises(BackupFault) as there:
        make_backup(platform, tmp_path / "une")
    assert there.value.faults == (Objection("upkeep.backup_exists", folder=str(tmp_path / "une")),)
    platform.files.path(filled.sha256).unlink()
    with pytest.raises(BackupFault) as lacking:
        make_backup(platform, tmp_path / "deux")
    assert lacking.value.faults == (Objection("upkeep.file_missing_here", name=filled.sha256),)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["instance", "une"]
    with platform.database.reading() as session:
        assert session.exec(select(AuditLine.action)).all().count("system.backup") == 1


def test_a_backup_made_while_people_write_is_sound(platform: Platform, filled: Document, tmp_path: Path) -> None:
    assert filled
    stop = threading.Event()
    written = []

    def write() -> None:
        while not stop.is_set():
            with platform.database.writing() as session:
                record(session, SYSTEM, "pendant", Subject("instance"), now=platform.clock())
            written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 3:
            stop.wait(0.01)
        made = make_backup(platform, tmp_path / "sauvegarde")
    finally:
        stop.set()
        writer.join()
    assert check_backup(tmp_path / "sauvegarde", platform.keys) == made


def _break_file(folder: Path, sha256: str) -> None:
    (folder / "files" / sha256[:2] / sha256).write_bytes(b"autre")


def _remove_file(folder: Path, sha256: str) -> None:
    (folder / "files" / sha256[:2] / sha256).unlink()


def _break_database(folder: Path, _sha256: str) -> None:
    with (folder / "aap.sqlite3").open("r+b") as stream:
        stream.seek(5000)
        stream.write(b"\xff" * 64)


def _no_list(folder: Path, _sha256: str) -> None:
    (folder / "sauvegarde.json").write_text("{}")


@pytest.mark.parametrize(
    ("breaking", "keys"),
    [
        (_break_file, ["upkeep.file_changed"]),
        (_remove_file, ["upkeep.number_of_files", "upkeep.file_missing"]),
        (_break_database, ["upkeep.database_changed"]),
        (_no_list, ["upkeep.no_backup"]),
    ],
)
def test_a_broken_backup_is_told_and_not_restored(
    platform: Platform, filled: Document, tmp_path: Path, breaking: object, keys: list[str]
) -> None:
    make_backup(platform, tmp_path / "sauvegarde")
    breaking(tmp_path / "sauvegarde", filled.sha256)  # type: ignore[operator]
    with pytest.raises(BackupFault) as refused:
        restore_backup(tmp_path / "sauvegarde", tmp_path / "neuve", platform.keys)
    assert [fault.key for fault in refused.value.faults] == keys
    assert not (tmp_path / "neuve").exists()


def unguarded(path: Path) -> sqlite3.Connection:
    """The database without what keeps its log, as who holds the file may make it."""
    connection = sqlite3.connect(path)
    for table in ("audit_line", "audit_values", "audit_standing"):
        for kind in ("keeps", "stays"):
            connection.execute(f"DROP TRIGGER IF EXISTS {table}_{kind}")
    return connection


def signed_again(folder: Path, keys: KeyRing) -> None:
    """The list of a backup made anew for the database that is there, by who holds the keys."""
    listed = json.loads((folder / "sauvegarde.json").read_text())
    listed["database_sha256"] = hashlib.sha256((folder / "aap.sqlite3").read_bytes()).hexdigest()
    listed["signature"] = keys.mac("backup", Backup(**listed).message)
    (folder / "sauvegarde.json").write_text(json.dumps(listed))


def test_a_rewritten_log_in_a_backup_is_found(platform: Platform, filled: Document, tmp_path: Path) -> None:
    assert filled
    make_backup(platform, tmp_path / "sauvegarde")
    path = tmp_path / "sauvegarde" / "aap.sqlite3"
    with unguarded(path) as connection:
        connection.execute("DELETE FROM audit_values WHERE sequence = (SELECT max(sequence) FROM audit_line)")
        connection.execute("DELETE FROM audit_line WHERE sequence = (SELECT max(sequence) FROM audit_line)")
    connection.close()
    signed_again(tmp_path / "sauvegarde", platform.keys)
    with pytest.raises(BackupFault) as refused:
        check_backup(tmp_path / "sauvegarde", platform.keys)
    assert refused.value.faults == (Objection("upkeep.journal_differs"),)


def test_a_backup_that_was_changed_or_is_another_instance_s_is_not_taken(
    platform: Platform, filled: Document, tmp_path: Path
) -> None:
    assert filled
    folder = tmp_path / "sauvegarde"
    made = make_backup(platform, folder)
    other = KeyRing(read_keys(new_key()))

    def refused(keys: KeyRing | None) -> tuple[Objection, ...]:
        with pytest.raises(BackupFault) as fault:
            check_backup(folder, keys)
        return fault.value.faults

    assert refused(None) == (Objection("upkeep.key_wanted", key=made.key),)
    assert refused(other) == (Objection("upkeep.other_key", key=made.key, held=other.names),)
    signed_again(folder, other)
    assert refused(platform.keys) == (Objection("upkeep.manifest_changed", manifest="sauvegarde.json"),)
    listed = json.loads((folder / "sauvegarde.json").read_text())
    unsigned = {name: value for name, value in listed.items() if name not in ("key", "signature")}
    (folder / "sauvegarde.json").write_text(json.dumps({**unsigned, "format": 1}))
    assert refused(platform.keys) == (Objection("upkeep.backup_unsigned"),)
    assert check_backup(folder, platform.keys, unsigned=True).format == 1


def test_neither_the_key_nor_an_iban_is_in_a_backup(platform: Platform, filled: Document, tmp_path: Path) -> None:
    iban = "FR7630006000011234567890189"
    with platform.database.writing() as session:
        session.get_one(Association, filled.association_id).iban = iban
        key = platform.keys.texts[0]
    make_backup(platform, tmp_path / "sauvegarde")
    content = b"".join(path.read_bytes() for path in (tmp_path / "sauvegarde").rglob("*") if path.is_file())
    assert (iban.encode() in content, key.encode() in content) == (False, False)


def test_an_instance_that_holds_something_is_never_written_over(
    platform: Platform, filled: Document, tmp_path: Path
) -> None:
    assert filled
    make_backup(platform, tmp_path / "sauvegarde")
    with pytest.raises(BackupFault) as refused:
        restore_backup(tmp_path / "sauvegarde", platform.settings.instance, platform.keys)
    assert [fault.key for fault in refused.value.faults] == ["upkeep.instance_not_empty"]


def test_a_folder_that_holds_only_the_page_of_the_checkout_is_restored_into(
    platform: Platform, filled: Document, tmp_path: Path
) -> None:
    made, new = make_backup(platform, tmp_path / "sauvegarde"), tmp_path / "neuve"
    new.mkdir()
    (new / "README.md").write_text("What lands here")
    assert restore_backup(tmp_path / "sauvegarde", new, platform.keys) == made
    assert (new / "README.md").read_text() == "What lands here"
    assert (new / "files" / filled.sha256[:2] / filled.sha256).exists()


# --- commands ---------------------------------------------------------------------------------------------------------


def aap(instance: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"AAP_INSTANCE": str(instance), "AAP_IMMEDIATE_JOBS": "1"})


def test_the_commands_back_up_check_and_restore(platform: Platform, filled: Document, tmp_path: Path) -> None:
    assert filled
    kept, new = str(tmp_path / "sauvegarde"), tmp_path / "neuve"
    assert aap(platform.settings.instance, "backup", kept).exit_code == 0
    assert aap(platform.settings.instance, "backup", kept).exit_code == 2
    key = str(platform.settings.key_file)
    without = aap(new, "restore", kept, "--check-only")
    assert (without.exit_code, "Il faut la clé" in without.output) == (2, True)
    assert aap(new, "restore", kept, "--check-only", "--key-file", key).exit_code == 0
    assert not new.exists()
    assert aap(new, "restore", kept, "--key-file", key).exit_code == 0
    assert (new / "data.key").read_text() == platform.settings.key_file.read_text()
    assert (new.stat().st_mode & 0o777, (new / "data.key").stat().st_mode & 0o777) == (0o700, 0o600)
    assert aap(new, "restore", kept).exit_code == 2
    assert aap(new, "audit", "verify").exit_code == 0
    assert aap(tmp_path / "rien", "backup", str(tmp_path / "b")).exit_code == 2
    assert not (tmp_path / "rien").exists()


def test_audit_verify_tells_faults_and_lines_cut_off_at_the_end(platform: Platform, tmp_path: Path) -> None:
    for number in range(3):
        with platform.database.writing() as session:
            record(session, SYSTEM, "essai", Subject("instance"), now=platform.clock(), after={"n": number})
    instance = platform.settings.instance
    done = aap(instance, "audit", "verify")
    assert done.exit_code == 0
    head = done.output.split()[-1]
    with unguarded(instance / "aap.sqlite3") as connection:
        connection.execute("DELETE FROM audit_values WHERE sequence = 3")
        connection.execute("DELETE FROM audit_line WHERE sequence = 3")
    assert aap(instance, "audit", "verify").exit_code == 0
    assert aap(instance, "audit", "verify", "--head", head).exit_code == 4
    assert aap(instance, "audit", "verify", "--count", "3").exit_code == 4
    assert aap(instance, "audit", "verify", "--count", "2").exit_code == 0
    with sqlite3.connect(instance / "aap.sqlite3") as connection:
        connection.execute("UPDATE audit_line SET action = 'autre' WHERE sequence = 1")
    connection.close()
    changed = aap(instance, "audit", "verify")
    assert (changed.exit_code, "La ligne 1 a été changée." in changed.output) == (4, True)


def test_the_first_administrator_comes_from_the_command(platform: Platform, browser: object) -> None:
    instance = platform.settings.instance
    made = aap(instance, "person", "add", "Admin@example.org", "--name", "Dominique Exemple")
    assert made.exit_code == 0
    with platform.database.reading() as session:
        person = session.exec(select(Person)).one()
    assert (person.email, person.name, person.password) == ("admin@example.org", "Dominique Exemple", None)
    assert "/connexion/lien/" in made.output
    again = aap(instance, "person", "add", "admin@example.org", "--name", "Autre")
    assert (again.exit_code, "existe déjà" in again.output) == (2, True)


def test_tick_does_the_minutes_work_once(platform: Platform) -> None:
    done = aap(platform.settings.instance, "tick")
    assert (done.exit_code, done.output) == (0, "0\u00a0rappel, 0\u00a0demande de compléments close.\n")
