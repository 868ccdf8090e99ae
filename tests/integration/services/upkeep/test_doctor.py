"""What a diagnosis says of a sound instance, and of each thing that is broken in it."""

from __future__ import annotations

import io
import os
import shutil
import time
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import text

from aap.records.applications import Document
from aap.records.associations import Association
from aap.records.keys import KeyRing, new_key, read_keys
from aap.records.outbox import Job, JobState, OutboxMail, WorkerProcess
from aap.records.types import new_id
from aap.services.actor import SYSTEM
from aap.services.audit import Subject, record
from aap.services.errors import Objection
from aap.services.platform import Platform, open_platform
from aap.services.upkeep import instance_checks, machine_checks
from aap.services.upkeep.backing_up import make_backup
from aap.services.upkeep.doctor import examine
from aap.services.upkeep.forwarding_mark import forget_forwarding, note_forwarding, untrusted_forwarding
from aap.services.upkeep.observation import Check, Gravity, Observation, gravest
from aap.services.upkeep.waiting import waiting_work
from aap.settings import DEFAULT_SECRET, Settings
from aap.web.public_links import PublicLinks
from aap.web.wording.sentences import sentence
from tests.databases import on_both_databases, unguard
from tests.factories import Factory
from tests.ports import free_port
from tests.worlds.registers import standing_registers

LINKS = PublicLinks("http://127.0.0.1:1")
SECRET = "5Uq0vK7ZrB2mXw9cT4eLh8sJ1yPdNf6aGoQi3RtHkWnE"
SOUND = Settings(
    environment="production", secret_key=SECRET, base_url="https://aap.ministere-essai.fr",
    mail_sender="aap@ministere-essai.fr", smtp_host="127.0.0.1", publisher="P", publication_director="D", hosting="H",
    contact="c@ministere-essai.fr", data_protection="d@ministere-essai.fr",
)  # fmt: skip


def settings_with(**values: Any) -> Settings:
    return SOUND.model_copy(update=values)


def said(findings: Iterator[Observation]) -> list[tuple[Gravity, str]]:
    return [(one.gravity, one.said.key.removeprefix("upkeep.")) for one in findings]


def keep(platform: Platform, factory: Factory, content: bytes) -> Document:
    """A stored file and the row that names it."""
    application = factory.application(factory.call(), factory.association(factory.person()))
    kept = platform.files.put(io.BytesIO(content))
    document = Document(
        association_id=application.association_id, application_id=application.id, question="statuts",
        name="statuts.pdf", content_type="application/pdf", size=kept.size, sha256=kept.sha256,
        uploaded_at=factory.now,
    )  # fmt: skip
    with platform.database.writing() as session:
        session.add(document)
    return document


# --- the machine ------------------------------------------------------------------------------------------------------


def test_sound_settings_say_one_line() -> None:
    assert list(machine_checks.check_variables(SOUND)) == [
        Observation(
            Check.SETTINGS, Gravity.OK, Objection("upkeep.settings_sound", address="https://aap.ministere-essai.fr")
        )
    ]


@pytest.mark.parametrize(
    ("values", "gravity", "key"),
    [
        ({"environment": "demo"}, Gravity.ATTENTION, "not_in_production"),
        ({"base_url": "http://aap.ministere-essai.fr"}, Gravity.FAULT, "address_without_tls"),
        ({"base_url": "https://localhost"}, Gravity.FAULT, "address_of_the_machine"),
        ({"mail_sender": "ne-pas-repondre@example.org"}, Gravity.ATTENTION, "sender_of_an_example"),
        ({"rate_limit": False}, Gravity.ATTENTION, "tries_without_limit"),
        ({"immediate_jobs": True}, Gravity.ATTENTION, "jobs_in_requests"),
        ({"hosting": ""}, Gravity.ATTENTION, "notices_empty"),
        ({"secret_key": DEFAULT_SECRET}, Gravity.FAULT, "published_secret"),
        ({"smtp_host": "smtp.essai.fr", "smtp_user": "aap", "smtp_tls": "off"}, Gravity.ATTENTION, "password_in_clear"),
    ],
)
def test_each_unsafe_setting_is_named_alone(values: dict[str, Any], gravity: Gravity, key: str) -> None:
    assert said(machine_checks.check_variables(settings_with(**values))) == [(gravity, key)]


Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    ("free", "gravity", "key"),
    [
        (50_000_000_000, Gravity.OK, "room"),
        (1_500_000_000, Gravity.ATTENTION, "little_room"),
        (100_000_000, Gravity.FAULT, "no_room"),
    ],
)
def test_room_is_said_by_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, gravity: Gravity, key: str
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(100_000_000_000, 0, free))
    assert said(machine_checks.check_disk(tmp_path)) == [(gravity, key)]


def test_a_folder_that_others_read_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert (Gravity.ATTENTION, "folder_open") in said(machine_checks.check_disk(tmp_path))


def test_a_file_that_a_command_run_by_another_account_left_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "aap.sqlite3-wal").write_bytes(b"")
    own = Path.lstat

    def as_if_given_away(path: Path) -> os.stat_result:
        found = list(own(path))
        found[4] += path.name == "aap.sqlite3-wal"  # the owner
        return os.stat_result(found)

    monkeypatch.setattr(Path, "lstat", as_if_given_away)
    *_, found = machine_checks.check_disk(tmp_path)
    values = {"folder": str(tmp_path), "names": ("aap.sqlite3-wal",)}
    assert found == Observation(Check.DISK, Gravity.FAULT, Objection("upkeep.owned_by_others", **values))


def test_a_clock_beside_the_log_the_files_or_the_database_is_a_fault(
    tmp_path: Path, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_checks, "clock_is_kept", lambda: True)
    now = open_platform(platform.settings, migrate=False).clock()
    minute = timedelta(minutes=1)
    assert said(machine_checks.check_clock(tmp_path, now, now, now)) == [(Gravity.OK, "clock_sound")]
    assert said(machine_checks.check_clock(tmp_path, now, now + minute, now + minute)) == [
        (Gravity.FAULT, "clock_of_database"), (Gravity.FAULT, "clock_before_log"),
    ]  # fmt: skip
    assert said(machine_checks.check_clock(tmp_path, now - minute, None, None)) == [(Gravity.FAULT, "clock_of_files")]
    monkeypatch.setattr(machine_checks, "clock_is_kept", lambda: False)
    assert said(machine_checks.check_clock(tmp_path, now, None, None)) == [(Gravity.ATTENTION, "clock_not_kept")]


class _Takes:
    async def handle_DATA(self, *_: object) -> str:
        raise AssertionError("a diagnosis sends no mail")


def test_a_mail_server_that_answers_is_told_from_one_that_does_not() -> None:
    port = free_port()
    server = Controller(_Takes(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        assert said(machine_checks.check_mail(settings_with(smtp_port=port))) == [(Gravity.OK, "mail_server_answers")]
        # it offers no TLS, and knows nobody
        assert said(machine_checks.check_mail(settings_with(smtp_port=port, smtp_tls="starttls"))) == [
            (Gravity.FAULT, "mail_server_silent")
        ]
    finally:
        server.stop()
    assert said(machine_checks.check_mail(settings_with(smtp_port=port))) == [(Gravity.FAULT, "mail_server_silent")]
    assert said(machine_checks.check_mail(settings_with(smtp_host=""))) == [(Gravity.FAULT, "mails_into_a_folder")]


def test_an_antivirus_is_asked_only_where_it_is_named(tmp_path: Path) -> None:
    assert list(machine_checks.check_antivirus("")) == []
    silent = f"unix:{tmp_path}/clamd.ctl"
    assert said(machine_checks.check_antivirus(silent)) == [(Gravity.FAULT, "antivirus_silent")]


def test_a_proxy_that_no_setting_names_wants_attention(tmp_path: Path) -> None:
    def found(**values: Any) -> list[Observation]:
        return list(machine_checks.check_forwarding(settings_with(instance=tmp_path, **values)))

    not_counted = Objection("upkeep.proxies_not_counted", address="https://aap.ministere-essai.fr")
    assert found() == [Observation(Check.PROXY, Gravity.ATTENTION, not_counted)]
    assert (found(trusted_proxies=1), found(environment="demo")) == ([], [])
    note_forwarding(tmp_path)
    seen = untrusted_forwarding(tmp_path)
    passed = Observation(Check.PROXY, Gravity.ATTENTION, Objection("upkeep.proxy_not_trusted", at=seen))
    assert (found(), found(environment="demo"), found(trusted_proxies=1)) == ([passed], [passed], [])
    forget_forwarding(tmp_path)
    assert found(environment="demo") == []


def test_a_public_address_where_nobody_answers_wants_attention() -> None:
    found = said(machine_checks.check_address(SOUND, f"http://127.0.0.1:{free_port()}/sante"))
    assert found == [(Gravity.ATTENTION, "address_silent")]


# --- the instance -----------------------------------------------------------------------------------------------------


@on_both_databases
def test_a_new_instance_is_sound_and_has_no_backup(platform: Platform) -> None:
    beat(platform)
    keys = {one.said.key.removeprefix("upkeep."): one.gravity for one in examine(platform, LINKS)}
    assert {key: keys[key] for key in ("database_sound", "log_whole", "files_whole", "work_gets_on")} == {
        "database_sound": Gravity.OK, "log_whole": Gravity.OK, "files_whole": Gravity.OK, "work_gets_on": Gravity.OK,
    }  # fmt: skip
    assert ("no_backup_yet" in keys, "backup_by_server" in keys) == (
        not platform.settings.database_url, bool(platform.settings.database_url),
    )  # fmt: skip


def test_files_that_are_gone_or_changed_are_named_and_strays_are_counted(platform: Platform, factory: Factory) -> None:
    gone, changed, sound = (keep(platform, factory, content) for content in (b"un", b"deux", b"trois"))
    stray = platform.files.put(io.BytesIO(b"personne"))
    fresh = platform.files.put(io.BytesIO(b"en chemin"))
    long_ago = time.time() - 2 * instance_checks.ON_ITS_WAY
    os.utime(platform.files.path(stray.sha256), (long_ago, long_ago))
    assert platform.files.path(fresh.sha256).exists()
    platform.files.path(gone.sha256).unlink()
    platform.files.path(changed.sha256).write_bytes(b"DEUX")
    with platform.database.reading() as session:
        whole = list(instance_checks.check_files(session, platform.files, fast=False))
        fast = list(instance_checks.check_files(session, platform.files, fast=True))
    missing = Observation(Check.FILES, Gravity.FAULT, Objection("upkeep.files_missing", files=1, names=(gone.sha256,)))
    strays = Observation(Check.FILES, Gravity.OK, Objection("upkeep.files_of_nobody", files=1, size=8))
    assert whole == [
        missing,
        Observation(Check.FILES, Gravity.FAULT, Objection("upkeep.files_changed", files=1, names=(changed.sha256,))),
        strays,
    ]
    assert fast == [missing, strays]
    assert platform.files.read(sound.sha256) == b"trois"


def test_a_changed_log_is_told_with_its_first_line(platform: Platform) -> None:
    with platform.database.writing() as session:
        for number in range(3):
            record(session, SYSTEM, "essai", Subject("instance"), now=platform.clock(), after={"n": number})
    assert log_of(platform) == [(Gravity.OK, "log_whole")]
    with platform.database.writing() as session:
        unguard(session)
        session.execute(text("UPDATE audit_line SET action = 'autre' WHERE sequence = 2"))
    with platform.database.reading() as session:
        (found,) = instance_checks.check_log(session)
    assert (found.gravity, found.said.key, found.said.values["first"]) == (Gravity.FAULT, "upkeep.log_broken", 2)


def test_a_row_that_is_not_what_the_log_noted_is_told_but_by_a_fast_look(platform: Platform, factory: Factory) -> None:
    factory.call()
    with platform.database.writing() as session:
        record(session, SYSTEM, "essai", Subject("instance"), now=platform.clock())
    assert log_of(platform) == [(Gravity.OK, "log_whole")]
    with platform.database.writing() as session:
        session.execute(text("UPDATE call SET state = 'archived'"))
    beside = Observation(Check.LOG, Gravity.FAULT, Objection("upkeep.rows_beside_log", rows=1))
    with platform.database.reading() as session:
        assert list(instance_checks.check_log(session)) == [beside]
        assert said(instance_checks.check_log(session, fast=True)) == [(Gravity.OK, "log_whole")]


@on_both_databases
def test_keys_that_open_nothing_old_keys_in_use_and_an_open_file_are_told(platform: Platform, factory: Factory) -> None:
    associations = [factory.association(factory.person()) for _ in range(3)]
    with platform.database.writing() as session:
        for one in associations:
            session.get_one(Association, one.id).iban = "FR7630006000011234567890189"

    def found() -> list[Observation]:
        with platform.database.reading() as session:
            return list(instance_checks.check_secrets(session, platform.keys))

    def told(gravity: Gravity, key: str, **values: Any) -> Observation:
        return Observation(Check.KEYS, gravity, Objection(f"upkeep.{key}", **values))

    keys = platform.keys
    assert found() == [told(Gravity.OK, "keys_sound", newest=keys.name, secrets=3)]
    keys.add(new_key())
    keys.file.chmod(0o640)
    stranger = KeyRing(read_keys(new_key())).encrypt("FR7630006000011234567890189")
    with platform.database.writing() as session:
        changed = text("UPDATE association SET iban = :token WHERE id = :id")
        session.execute(changed, {"token": stranger, "id": associations[0].id})
    assert found() == [
        told(Gravity.FAULT, "secrets_closed", secrets=1),
        told(Gravity.ATTENTION, "secrets_of_older_keys", secrets=2),
        told(Gravity.ATTENTION, "keys_open", file=str(keys.file), mode="0640"),
    ]


def log_of(platform: Platform) -> list[tuple[Gravity, str]]:
    with platform.database.reading() as session:
        return said(instance_checks.check_log(session))


def test_a_database_of_another_version_or_a_damaged_one_is_told(platform: Platform, factory: Factory) -> None:
    keep(platform, factory, b"un")
    with platform.database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with platform.database.reading() as session:
        assert said(instance_checks.check_database(session, fast=True)) == [(Gravity.FAULT, "database_step")]
    platform.database.dispose()
    path = platform.settings.instance / "aap.sqlite3"
    with closing(path.open("r+b")) as held:
        held.seek(100)
        held.write(os.urandom(path.stat().st_size - 100))
    found = list(examine(platform, LINKS))
    keys = [one.said.key for one in found if one.check is Check.DATABASE]
    assert keys == ["upkeep.database_damaged", "upkeep.database_not_read"]
    assert gravest(found) is Gravity.FAULT


@on_both_databases
def test_work_that_waits_or_failed_is_counted(platform: Platform, factory: Factory, clock: Any) -> None:
    with platform.database.writing() as session:
        mail = {"recipient": "a@example.org", "subject": "s", "body": "b", "created_at": factory.now}
        session.add(OutboxMail(**mail, not_before=factory.now, id=new_id()))
        session.add(OutboxMail(**mail, not_before=factory.now, given_up_at=factory.now, error="refusé"))
        session.add(Job(kind="letters", state=JobState.FAILED, created_at=factory.now))
    assert queue_of(platform)[0] == (Gravity.FAULT, "no_worker")
    beat(platform)
    assert queue_of(platform) == [(Gravity.ATTENTION, "mails_given_up"), (Gravity.ATTENTION, "jobs_failed")]
    clock.move(minutes=20)
    assert queue_of(platform)[0] == (Gravity.FAULT, "worker_silent")
    beat(platform)
    assert queue_of(platform) == [
        (Gravity.FAULT, "work_late"), (Gravity.ATTENTION, "mails_given_up"), (Gravity.ATTENTION, "jobs_failed"),
    ]  # fmt: skip


def beat(platform: Platform) -> None:
    with platform.database.writing() as session:
        session.merge(WorkerProcess(id="essai", started_at=platform.clock(), seen_at=platform.clock()))


def queue_of(platform: Platform) -> list[tuple[Gravity, str]]:
    with platform.database.reading() as session:
        return said(instance_checks.check_queue(waiting_work(session, platform.clock()), platform.clock()))


def test_a_backup_grows_old(platform: Platform, tmp_path: Path, clock: Any) -> None:
    def found() -> list[tuple[Gravity, str]]:
        with platform.database.reading() as session:
            return said(instance_checks.check_backup_age(session, platform.settings, platform.clock()))

    assert found() == [(Gravity.ATTENTION, "no_backup_yet")]
    make_backup(platform, tmp_path / "une")
    assert found() == [(Gravity.OK, "backup_recent")]
    clock.move(days=3)
    assert found() == [(Gravity.ATTENTION, "backup_old")]


def test_a_diagnosis_leaves_nothing_behind(platform: Platform) -> None:
    before = sorted(path.name for path in platform.settings.instance.rglob("*"))
    with platform.database.reading() as session:
        lines = session.execute(text("SELECT count(*) FROM audit_line")).scalar()
    list(examine(platform, LINKS))
    with platform.database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM audit_line")).scalar() == lines
    assert sorted(path.name for path in platform.settings.instance.rglob("*")) == before


def test_registers_are_asked_only_where_they_are_set_and_silence_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert list(machine_checks.check_registers(settings_with())) == []
    with standing_registers() as standing:
        both = settings_with(
            business_register=standing.business_register, association_register=standing.association_register
        )
        assert said(machine_checks.check_registers(both)) == [(Gravity.OK, "register_answers")] * 2
        standing.status = 401
        told = list(machine_checks.check_registers(both))
    assert [(one.gravity, sentence(one.said).replace("\u00a0", " ")) for one in told] == [
        (Gravity.ATTENTION, "Le répertoire des entreprises ne répond pas (HTTP 401) : les pages s’en passent. Voyez "
         "AAP_BUSINESS_REGISTER, et si cette machine peut joindre l’adresse."),
        (Gravity.ATTENTION, "Le répertoire des associations ne répond pas (HTTP 401) : les pages s’en passent. Voyez "
         "AAP_ASSOCIATION_REGISTER, et si cette machine peut joindre l’adresse."),
    ]  # fmt: skip
