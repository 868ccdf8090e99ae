"""The database: its shape comes from the migrations alone, and its rules hold in it."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, select

from aap.records.migrations import _without_foreign_keys, configuration, upgrade
from aap.records.people import Person
from aap.records.types import FileHash
from aap.services.actor import SYSTEM
from aap.services.audit import AuditFault, Subject, record, verify_chain
from aap.services.platform import Platform
from tests.databases import on_both_databases, unguard
from tests.factories import Factory


@on_both_databases
def test_migrations_from_empty_give_exactly_the_tables_of_the_code(platform: Platform) -> None:
    with platform.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_every_column_that_names_a_stored_file_is_of_the_type_that_a_backup_follows() -> None:
    columns = [column for table in SQLModel.metadata.sorted_tables for column in table.columns]
    named = {str(column) for column in columns if column.name.endswith("sha256")}
    followed = {str(column) for column in columns if isinstance(column.type, FileHash)}
    assert named == followed >= {"document.sha256"}


def test_sqlite_is_durable_and_keeps_foreign_keys(platform: Platform) -> None:
    with platform.database.reading() as session:
        found = {name: session.execute(text(f"PRAGMA {name}")).scalar() for name in
                 ("journal_mode", "foreign_keys", "synchronous")}  # fmt: skip
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}


@on_both_databases
def test_an_email_with_capitals_is_refused_by_the_database(factory: Factory) -> None:
    with pytest.raises(IntegrityError):
        factory.person(email="Personne@example.org")


def test_what_the_database_refuses_is_told_to_the_logs_without_its_values(factory: Factory) -> None:
    factory.person(email="lea@example.org")
    with pytest.raises(IntegrityError) as refused:
        factory.person(email="lea@example.org")
    assert "lea@example.org" not in str(refused.value)


@on_both_databases
def test_a_failed_use_case_leaves_nothing(platform: Platform, factory: Factory) -> None:
    person = factory.person()

    def rename_and_fail() -> None:
        with platform.database.writing() as session:
            session.get_one(Person, person.id).name = "Autre"
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        rename_and_fail()
    with platform.database.reading() as session:
        assert session.exec(select(Person.name).where(Person.id == person.id)).one() == person.name


def _log_three_lines(platform: Platform) -> None:
    for number in range(3):
        with platform.database.writing() as session:
            record(session, SYSTEM, "essai", Subject("instance"), now=platform.clock(), after={"number": number})


@on_both_databases
def test_an_untouched_audit_log_has_no_fault(platform: Platform) -> None:
    _log_three_lines(platform)
    with platform.database.reading() as session:
        assert verify_chain(session).faults == ()


@on_both_databases
@pytest.mark.parametrize(
    ("tampering", "faults"),
    [
        ("UPDATE audit_line SET action = 'autre' WHERE sequence = 2", (AuditFault(2, "changed"),)),
        ("UPDATE audit_values SET content = '{}' WHERE sequence = 2", (AuditFault(2, "values_changed"),)),
        (
            "DELETE FROM audit_values WHERE sequence = 2; DELETE FROM audit_line WHERE sequence = 2",
            (AuditFault(2, "missing"),),
        ),
        ("DELETE FROM audit_values WHERE sequence = 2", ()),
    ],
)
def test_verify_finds_what_was_tampered_with_and_forgives_erased_values(
    platform: Platform, tampering: str, faults: tuple[AuditFault, ...]
) -> None:
    _log_three_lines(platform)
    with platform.database.writing() as session:
        unguard(session)
        for statement in tampering.split(";"):
            session.execute(text(statement))
    with platform.database.reading() as session:
        assert verify_chain(session).faults == faults


@on_both_databases
def test_secrets_that_were_readable_are_encrypted_by_the_upgrade(platform: Platform, factory: Factory) -> None:
    iban = "FR7630006000011234567890189"
    person = factory.person(tf_totp_secret="JBSWY3DPEHPK3PXP")
    association = factory.association(person, iban=iban)

    def totp() -> str:
        with platform.database.engine.connect() as connection:
            found = text("SELECT tf_totp_secret FROM person WHERE id = :id")
            return str(connection.execute(found, {"id": person.id}).scalar())

    def stored(column: str) -> object:
        with platform.database.engine.connect() as connection:
            return connection.execute(
                text(f"SELECT {column} FROM association WHERE id = :id"), {"id": association.id}
            ).scalar()

    with (
        platform.database.writing_engine.connect() as connection,
        _without_foreign_keys(connection),
        connection.begin(),
    ):
        config = configuration(platform.database.url)
        config.attributes["connection"] = connection
        command.downgrade(config, "0012")
    assert (stored("iban"), totp()) == (iban, "JBSWY3DPEHPK3PXP")
    upgrade(platform.database.engine)
    keys = platform.keys
    assert (totp() == "JBSWY3DPEHPK3PXP", keys.decrypt(totp())) == (False, "JBSWY3DPEHPK3PXP")
    assert (keys.decrypt(str(stored("iban"))), stored("iban_digest")) == (iban, keys.digest(iban))
