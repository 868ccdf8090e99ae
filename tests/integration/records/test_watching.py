"""What was changed beside the application is told: in the log, and in the rows that decide who gets a grant."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from aap.records.applications import Application
from aap.records.audit import AuditLine, AuditStanding
from aap.records.calls import CallState
from aap.records.chain import plain_hash
from aap.records.rankings import Decision, JuryDecision
from aap.records.reviews import Mark, Review
from aap.services.actor import SYSTEM
from aap.services.audit import AuditFault, ChainCheck, Stray, Subject, log_head, record, verify_chain
from aap.services.platform import Platform
from tests.databases import on_both_databases, unguard
from tests.worlds.offices import Offices


def read(platform: Platform, **given: object) -> ChainCheck:
    with platform.database.reading() as session:
        return verify_chain(session, rows=True, **given)  # type: ignore[arg-type]


def log_lines(platform: Platform, number: int = 3) -> None:
    for one in range(number):
        with platform.database.writing() as session:
            record(session, SYSTEM, "essai", Subject("instance"), now=platform.clock(), after={"number": one})


@on_both_databases
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_line SET action = 'autre' WHERE sequence = 1",
        "DELETE FROM audit_line WHERE sequence = 3",
        "UPDATE audit_values SET content = '{}' WHERE sequence = 1",
        "UPDATE audit_values SET content = NULL, salt = 'autre' WHERE sequence = 1",
        "DELETE FROM audit_values WHERE sequence = 1",
        "UPDATE audit_standing SET digest = 'autre'",
        "DELETE FROM audit_standing",
    ],
)
def test_the_database_refuses_to_change_or_remove_what_was_logged(
    platform: Platform, factory: object, statement: str
) -> None:
    log_lines(platform)
    factory.call()  # type: ignore[attr-defined]
    before = read(platform)
    with pytest.raises(DBAPIError, match="the audit log is only added to"), platform.database.writing() as session:
        session.execute(text(statement))
    assert (read(platform), before.sound) == (before, True)


@on_both_databases
def test_values_are_erased_and_the_log_still_holds(platform: Platform) -> None:
    log_lines(platform)
    with platform.database.writing() as session:
        session.execute(text("UPDATE audit_values SET content = NULL WHERE sequence = 2"))
    assert read(platform).sound is True


@on_both_databases
def test_a_log_cut_emptied_or_made_anew_is_found_by_a_head_that_was_kept(platform: Platform) -> None:
    log_lines(platform)
    with platform.database.reading() as session:
        kept = log_head(session)
    log_lines(platform, 1)
    head = {"head": kept.hash, "count": kept.lines}
    assert (read(platform, **head).known, kept.lines, read(platform, head=kept.hash, count=2).known) == (True, 3, False)
    with platform.database.writing() as session:
        unguard(session)
        session.execute(text("DELETE FROM audit_values WHERE sequence >= 3"))
        session.execute(text("DELETE FROM audit_line WHERE sequence >= 3"))
    cut = read(platform, **head)
    assert (cut.lines, cut.faults, cut.known) == (2, (), False)
    with platform.database.writing() as session:  # its owner adds other lines with the application itself
        record(session, SYSTEM, "autre", Subject("instance"), now=platform.clock())
    again = read(platform, **head)
    assert (again.lines, again.faults, again.known) == (3, (), False)
    with platform.database.writing() as session:
        session.execute(text("DELETE FROM audit_values"))
        session.execute(text("DELETE FROM audit_line"))
    emptied = read(platform, **head)
    assert (emptied.lines, emptied.faults, emptied.known, read(platform).known) == (0, (), False, True)


@on_both_databases
def test_a_line_hashed_again_without_the_key_is_a_changed_one(platform: Platform) -> None:
    log_lines(platform)
    with platform.database.writing() as session:
        unguard(session)
        line = session.get_one(AuditLine, 3)
        session.expunge(line)
        line.action = "autre"
        values = {"action": "autre", "hash": plain_hash(line)}
        session.execute(text("UPDATE audit_line SET action = :action, hash = :hash WHERE sequence = 3"), values)
    assert read(platform).faults == (AuditFault(3, "changed"),)


@on_both_databases
@pytest.mark.parametrize("reached", [CallState.DELIBERATING, CallState.PUBLISHED])
def test_what_the_application_does_is_what_stands(office: Offices, platform: Platform, reached: CallState) -> None:
    office(reached)
    found = read(platform)
    assert (found.faults, found.strays) == ((), ())


def first_id(session: Session, model: type[Mark | Review | Application | Decision | JuryDecision]) -> str:
    return str(session.exec(select(model.id).order_by(col(model.id)).limit(1)).one())


@on_both_databases
@pytest.mark.parametrize(
    ("statement", "kind", "fault"),
    [
        ("UPDATE mark SET score = 10000 WHERE id = (SELECT min(id) FROM mark)", "review", "changed"),
        ("DELETE FROM mark WHERE id = (SELECT min(id) FROM mark)", "review", "changed"),
        ("UPDATE application SET requested_amount = 1 WHERE reference = :reference", "application", "changed"),
        ("UPDATE application SET state = 'accepted' WHERE reference = :reference", "application", "changed"),
        ("UPDATE decision SET amount = 9900 WHERE id = (SELECT min(id) FROM decision)", "decision", "changed"),
        ("UPDATE ranking_run SET report = '{}'", "ranking_run", "changed"),
        ("UPDATE ranking_row SET granted_amount = 1 WHERE id = (SELECT min(id) FROM ranking_row)", "ranking_run",
         "changed"),
        ("UPDATE call SET state = 'archived'", "call", "changed"),
        ("INSERT INTO jury_decision (id, call_id, application_id, decision, reason, created_at) SELECT 'glissée', "
         "call_id, id, 'in', 'x', created_at FROM application WHERE reference = :reference", "jury_decision",
         "unknown"),
    ],
)  # fmt: skip
def test_a_row_changed_in_the_database_is_told_with_the_line_that_said_otherwise(
    office: Offices, platform: Platform, statement: str, kind: str, fault: str
) -> None:
    here = office(CallState.DECIDED)
    with platform.database.writing() as session:
        session.execute(text(statement), {"reference": here.dossiers[2].reference} if ":reference" in statement else {})
    found = read(platform)
    assert (found.faults, {(one.kind, one.fault) for one in found.strays}) == ((), {(kind, fault)})
    with platform.database.reading() as session:
        for stray in found.strays:
            noted = select(AuditStanding.sequence).where(AuditStanding.object_id == stray.id)
            assert stray.sequence == (max(session.exec(noted), default=0))


@on_both_databases
def test_a_row_put_back_as_it_was_with_its_older_note_is_told(office: Offices, platform: Platform) -> None:
    here = office()
    dossier = here.dossiers[0]
    with platform.database.writing() as session:
        session.get_one(Application, dossier.id).requested_amount = 10_000_00
        record(session, SYSTEM, "essai", dossier, now=platform.clock())
    assert read(platform).sound is True
    with platform.database.writing() as session:
        unguard(session)
        last = session.exec(
            select(AuditStanding).where(AuditStanding.object_id == dossier.id).order_by(col(AuditStanding.id).desc())
        ).first()
        session.execute(text("DELETE FROM audit_standing WHERE id = :id"), {"id": last.id})
        session.execute(text("UPDATE application SET requested_amount = 4000000 WHERE id = :id"), {"id": dossier.id})
    found = read(platform)
    assert (found.faults, found.strays) == ((AuditFault(last.sequence, "changed"),), ())


@on_both_databases
def test_a_removed_row_is_told_and_one_that_the_application_removed_is_not(office: Offices, platform: Platform) -> None:
    here = office()
    now = platform.clock()
    with platform.database.writing() as session:
        for one in here.dossiers[:2]:
            session.add(
                JuryDecision(call_id=here.call.id, application_id=one.id, decision="out", reason="x", created_at=now)
            )
    with platform.database.writing() as session:
        session.delete(
            session.exec(select(JuryDecision).where(JuryDecision.application_id == here.dossiers[0].id)).one()
        )
    assert read(platform).strays == ()
    with platform.database.writing() as session:
        left = session.exec(select(JuryDecision.id)).one()
        session.execute(text("DELETE FROM jury_decision"))
    (stray,) = read(platform).strays
    assert (stray.kind, stray.id, stray.fault) == ("jury_decision", left, "gone")
    assert isinstance(stray, Stray)


@on_both_databases
def test_what_changes_after_a_transaction_s_last_line_is_covered_by_the_next_line(
    office: Offices, platform: Platform
) -> None:
    here = office()
    with platform.database.writing() as session:
        session.get_one(Application, here.dossiers[0].id).title = "Autre titre"
    log_lines(platform, 1)
    with platform.database.reading() as session:
        head = log_head(session)
        noted = session.exec(select(AuditStanding.object_id).where(AuditStanding.sequence == head.lines)).all()
    assert here.dossiers[0].id in noted
    assert read(platform).sound is True
    with platform.database.writing() as session:
        unguard(session)
        session.execute(text("DELETE FROM audit_standing WHERE sequence = :line"), {"line": head.lines})
    assert AuditFault(head.lines, "changed") in read(platform).faults


def test_a_digest_can_t_be_made_without_the_key(office: Offices, platform: Platform) -> None:
    """The digest of a row tells nothing of it, and a plain hash in its place is none."""
    here = office()
    with platform.database.writing() as session:
        unguard(session)
        plain = hashlib.sha256(b"x").hexdigest()
        session.execute(
            text("UPDATE audit_standing SET digest = :digest WHERE object_id = :id"),
            {"digest": plain, "id": here.dossiers[0].id},
        )
    assert (("application", here.dossiers[0].id, "changed")) in {
        (one.kind, one.id, one.fault) for one in read(platform).strays
    }
