"""A disk without room, a database that is damaged, locked or read-only: every page still answers, in words.

On a small file system of its own where one can be mounted (as root), and everywhere with a database that refuses to write.
"""

from __future__ import annotations

import errno
import io
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import event
from sqlmodel import select

from aap import jobs
from aap.cli import main
from aap.identity.accounts import AccountDatastore
from aap.records.applications import Submission
from aap.records.audit import AuditLine
from aap.records.people import Person, Role
from aap.services.file_store import FileStore
from aap.services.platform import Platform
from aap.services.upkeep.service_health import HealthWatch
from tests.conftest import Browser
from tests.factories import PASSWORD
from tests.kept.walking import bare_pages
from tests.worlds.applicants import ANSWERS, Space, pdf

DEPOSIT = {"capacity": "self", "attestation": ["0", "1", "2", "3"]}
MOUNTED = os.geteuid() == 0


class Disk:
    """`fill` leaves no room in the instance, `free` gives it back."""

    def fill(self) -> None:
        raise NotImplementedError

    def free(self) -> None:
        raise NotImplementedError


class Mounted(Disk):
    """A file system of 24 MB, filled to its last byte."""

    def __init__(self, platform: Platform) -> None:
        self.platform, self.ballast = platform, platform.settings.instance / "ballast"

    def fill(self) -> None:
        driver = sqlite3.connect(self.platform.settings.instance / "aap.sqlite3")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        driver.close()
        with self.ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        self.ballast.unlink()


class Refusing(Disk):
    """A database and a store that refuse to write what a full disk refuses."""

    def __init__(self, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
        self.platform, self.monkeypatch = platform, monkeypatch

    def _refuse(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.split(None, 1)[0].upper() in ("INSERT", "UPDATE", "DELETE"):
            raise sqlite_error(sqlite3.SQLITE_FULL, "database or disk is full")

    def fill(self) -> None:
        event.listen(self.platform.database.engine, "before_cursor_execute", self._refuse)
        self.monkeypatch.setattr(FileStore, "put", _no_room)
        self.monkeypatch.setattr("os.posix_fallocate", _no_room)

    def free(self) -> None:
        event.remove(self.platform.database.engine, "before_cursor_execute", self._refuse)
        self.monkeypatch.undo()


def _no_room(*_given: object, **_named: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def sqlite_error(code: int, words: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


@pytest.fixture(params=["refusing", pytest.param("mounted", marks=pytest.mark.skipif(not MOUNTED, reason="not root"))])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Before the instance is opened in it."""
    if request.param == "mounted":
        (tmp_path / "instance").mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(tmp_path / "instance")]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("nothing can be mounted here")
    yield request.param
    if request.param == "mounted":
        subprocess.run(["umount", "-l", str(tmp_path / "instance")], check=True)


@pytest.fixture
def disk(small_disk: str, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Mounted(platform) if small_disk == "mounted" else Refusing(platform, monkeypatch)


@pytest.fixture
def one(disk: Disk, space: Callable[..., Space]) -> Space:
    return space(ANSWERS).attach_all()


def deposits(platform: Platform) -> list[str]:
    with platform.database.reading() as session:
        return [one.receipt_number for one in session.exec(select(Submission))]


@pytest.mark.usefixtures("small_disk")
def test_every_page_can_be_read_on_a_full_disk(
    app: Flask, browser: Callable[[], Browser], factory: Any, one: Space, disk: Disk
) -> None:
    people = [one.person, *(factory.person(role) for role in (Role.REVIEWER, Role.OFFICIAL, Role.ADMIN))]
    visitors = [browser(), *(browser().sign_in(person) for person in people)]
    own = ["", "/depot", "/sections/projet", "/sections/pieces", "/relecture"]
    addresses = [*bare_pages(app), *(one.url + tail for tail in own)]
    disk.fill()
    failed = [
        (place, address, answer.status_code)
        for place, visitor in enumerate(visitors)
        for address in addresses
        if (answer := visitor.get(address)).status_code >= 500 and address not in ("/sante", "/sante/complet")
    ]
    assert failed == []


@pytest.mark.usefixtures("small_disk")
def test_pages_and_exports_of_a_call_answer_on_a_full_disk(
    app: Flask, browser: Callable[[], Browser], factory: Any, one: Space, disk: Disk
) -> None:
    """What has to note who took it (an export of personal data) can't be handed out, and says so."""
    addresses = sorted(
        rule.rule.replace("<call_id>", one.call.id)
        for rule in app.url_map.iter_rules()
        if rule.arguments == {"call_id"} and "GET" in (rule.methods or ()) and "<call_id>" in rule.rule
    )
    visitors = [browser().sign_in(factory.person(role)) for role in (Role.OFFICIAL, Role.ADMIN)]
    disk.fill()
    answers = [(address, visitor.get(address)) for visitor in visitors for address in addresses]
    assert len([answer for _address, answer in answers if answer.status_code == 200]) > 20
    unsaid = [
        (address, answer.status_code)
        for address, answer in answers
        if answer.status_code >= 500 and not (answer.status_code == 507 and "plus de place" in answer.text)
    ]
    assert unsaid == []


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_is_told_with_507_and_nothing_is_half_kept(
    browser: Callable[[], Browser], factory: Any, platform: Platform, one: Space, disk: Disk
) -> None:
    stranger, page = factory.person(), browser().sign_in(one.person)
    version = one.dossier().sections["projet"].version
    autosave = f"{one.url}/sections/projet/enregistrement"
    token = page.token(f"{one.url}/depot")
    disk.fill()
    signing = browser().post("/connexion", {"email": stranger.email, "password": PASSWORD})
    asked = {"Accept": "application/json"}
    saving = page.client.post(
        autosave, data={"version": version, "q.titre": "Autre", "csrf_token": token}, headers=asked
    )
    sending = page.client.post(
        f"{one.url}/pieces/statuts", headers=asked, content_type="multipart/form-data",
        data={"csrf_token": token, "f.statuts": (io.BytesIO(pdf("Autre")), "autre.pdf")},
    )  # fmt: skip
    depositing = page.client.post(f"{one.url}/depot", data={**DEPOSIT, "csrf_token": token})
    assert [answer.status_code for answer in (signing, saving, sending, depositing)] == [507] * 4
    for answer in (signing, depositing):
        assert "Ce site n’a plus de place" in answer.text
        assert answer.headers["X-Request-Id"] in answer.text
    assert (saving.json["title"], "pas perdu" in saving.json["error"]) == ("Ce site n’a plus de place", True)
    assert "Ce fichier n’a pas pu être enregistré" in sending.json["error"]
    disk.free()
    assert (deposits(platform), one.dossier().sections["projet"].version) == ([], version)
    assert page.client.post(f"{one.url}/depot", data={**DEPOSIT, "csrf_token": token}).status_code == 303
    assert len(deposits(platform)) == 1


@pytest.mark.usefixtures("small_disk")
def test_on_a_full_disk_signing_out_and_a_new_password_are_told_and_change_nothing(
    browser: Callable[[], Browser], factory: Any, platform: Platform, disk: Disk
) -> None:
    leaving, changing = factory.person(), factory.person()
    leaver, changer = browser().sign_in(leaving), browser().sign_in(changing)
    tokens = [page.token("/compte") for page in (leaver, changer)]
    before = account_of(platform, changing)
    disk.fill()
    new = "une phrase de passe toute neuve"
    out = leaver.client.post("/deconnexion", data={"csrf_token": tokens[0]})
    changed = changer.client.post("/mot-de-passe", data=passwords(PASSWORD, new, tokens[1]))
    for answer in (out, changed):
        assert (answer.status_code, "Ce site n’a plus de place" in answer.text) == (507, True)
    disk.free()
    assert account_of(platform, changing) == before


def passwords(old: str, new: str, token: str) -> dict[str, str]:
    return {"password": old, "new_password": new, "new_password_confirm": new, "csrf_token": token}


def account_of(platform: Platform, person: Person) -> tuple[str | None, list[str]]:
    """The password's hash, and what the log has of this account."""
    with platform.database.reading() as session:
        lines = session.exec(select(AuditLine.action).where(AuditLine.object_id == person.id))
        return session.get_one(Person, person.id).password, list(lines)


@pytest.mark.parametrize("refused", ["INSERT INTO audit_line", "UPDATE user_session"])
def test_a_password_that_changed_stands_with_its_line_in_the_log_and_the_end_of_other_sessions_or_not_at_all(
    browser: Callable[[], Browser], factory: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    person = factory.person()
    page = browser().sign_in(person)
    browser().sign_in(person)
    token = page.token("/compte")
    before = account_of(platform, person)
    put = AccountDatastore.commit_with

    def late(store: AccountDatastore, *given: Any) -> None:
        """The disk is full once everything else that changing a password does is stored."""
        event.listen(platform.database.engine, "before_cursor_execute", refuse)
        put(store, *given)

    def refuse(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(refused):
            raise sqlite_error(sqlite3.SQLITE_FULL, "database or disk is full")

    monkeypatch.setattr(AccountDatastore, "commit_with", late)
    changed = page.client.post("/mot-de-passe", data=passwords(PASSWORD, "une phrase de passe toute neuve", token))
    event.remove(platform.database.engine, "before_cursor_execute", refuse)
    monkeypatch.undo()
    after = account_of(platform, person)
    assert (changed.status_code, after[0], "person.password_changed" in after[1]) == (507, before[0], False)
    token = page.token("/compte")
    again = page.client.post("/mot-de-passe", data=passwords(PASSWORD, "une phrase de passe toute neuve", token))
    after = account_of(platform, person)
    assert (again.status_code, after[0] != before[0], "person.password_changed" in after[1]) == (302, True, True)


@pytest.mark.usefixtures("small_disk")
def test_health_says_that_the_disk_is_full_and_that_it_is_not_any_more(
    browser: Callable[[], Browser], platform: Platform, disk: Disk
) -> None:
    disk.fill()
    for address in ("/sante", "/sante/complet"):
        answer = browser().get(address)
        assert (answer.status_code, answer.json) == (503, {"status": "unavailable", "fault": "full"})
    disk.free()
    assert str(HealthWatch(platform).look().state) == "ok"


def test_a_stored_deposit_is_acknowledged_whatever_fails_after_it(
    app: Flask, browser: Callable[[], Browser], platform: Platform, space: Callable[..., Space],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    one = space(ANSWERS).attach_all()
    failed: list[int] = []
    armed: list[bool] = []

    def fails(given: object = None, *_more: object, **_named: object) -> object:
        if armed:
            failed.append(len(deposits(platform)))
            raise OSError(errno.ENOSPC, "No space left on device")
        return given

    app.after_request(fails)
    app.teardown_request(fails)
    page = browser().sign_in(one.person)
    token = page.token(f"{one.url}/depot")
    monkeypatch.setattr(jobs, "wake", fails)
    monkeypatch.setattr(app.session_interface.inner, "save_session", fails)
    armed.append(True)
    answer = page.client.post(f"{one.url}/depot", data={**DEPOSIT, "csrf_token": token})
    armed.clear()
    assert (answer.status_code, answer.location) == (303, f"{one.url}/accuse")
    assert failed == [1, 1, 1, 1]
    assert deposits(platform)[0] in page.get(f"{one.url}/accuse").text


def test_what_fails_before_anything_is_stored_is_told(
    app: Flask, browser: Callable[[], Browser], factory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = factory.person()
    page = browser()
    token = page.token("/connexion")
    monkeypatch.setattr(app.session_interface.inner, "save_session", _no_room)
    answer = page.client.post("/connexion", data={"email": person.email, "password": PASSWORD, "csrf_token": token})
    assert (answer.status_code, "Ce site n’a plus de place" in answer.text) == (507, True)


@pytest.mark.parametrize(
    ("code", "words", "title"),
    [
        (sqlite3.SQLITE_BUSY, "database is locked", "Le service est très sollicité"),
        (sqlite3.SQLITE_READONLY, "attempt to write a readonly database", "Rien ne peut être enregistré en ce moment"),
        (sqlite3.SQLITE_CORRUPT, "database disk image is malformed", "Le service est momentanément indisponible"),
    ],
)
def test_a_database_that_takes_nothing_is_told_with_503(
    browser: Callable[[], Browser], factory: Any, platform: Platform, code: int, words: str, title: str
) -> None:
    person = factory.person()
    page = browser()
    token = page.token("/connexion")

    def refuse(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(("INSERT", "UPDATE")):
            raise sqlite_error(code, words)

    event.listen(platform.database.engine, "before_cursor_execute", refuse)
    answer = page.client.post("/connexion", data={"email": person.email, "password": PASSWORD, "csrf_token": token})
    assert (answer.status_code, title in answer.text, answer.headers["Retry-After"]) == (503, True, "10")
    assert (words in answer.text, "Traceback" in answer.text) == (False, False)


def test_a_damaged_database_is_told_in_words_by_pages_and_health(
    browser: Callable[[], Browser], platform: Platform
) -> None:
    platform.database.dispose()
    for path in platform.settings.instance.glob("aap.sqlite3*"):
        path.write_bytes(os.urandom(20_000))
    page = browser().get("/")
    assert (page.status_code, "Le service est momentanément indisponible" in page.text) == (503, True)
    health = browser().get("/sante")
    assert (health.status_code, health.json) == (503, {"status": "unavailable", "fault": "damaged"})


@pytest.mark.parametrize("command", ["audit verify", "tick", "serve --port 0", "backup ailleurs"])
def test_a_command_says_that_the_database_is_damaged_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (tmp_path / "aap.sqlite3").write_bytes(os.urandom(20_000))
    monkeypatch.setenv("AAP_INSTANCE", str(tmp_path))
    monkeypatch.setenv("AAP_BASE_URL", "https://appels.example.org")
    ended = CliRunner().invoke(main, command.split())
    assert ended.exit_code == 1
    assert "La base de données est endommagée" in ended.output
    assert ("aap restore" in ended.output, "Traceback" in ended.output) == (True, False)
