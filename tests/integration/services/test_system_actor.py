"""The system acts under a name, with permissions of its own: nothing passes because nobody is there."""

from __future__ import annotations

import hashlib

import pytest

from aap.records.audit import AuditLine, AuditValues
from aap.records.calls import CallState
from aap.records.chain import CLOSED, values_digest
from aap.records.outbox import Job
from aap.records.people import Person, Role
from aap.services.actor import SYSTEM, author_of_work
from aap.services.audit import AuditFault, Subject, record, verify_chain
from aap.services.call.calls import close_call, open_call
from aap.services.errors import NotFound, StateForbids
from aap.services.permissions import TABLE, Grant, Permission, Target, Who, allowed, conceivable, ensure
from aap.services.platform import Platform
from aap.services.ranking.computing import compute_run, store_run
from aap.services.ranking.input import ranking_input
from aap.services.upkeep.auditing import AuditFilter, read_log
from tests.databases import on_both_databases
from tests.factories import Factory
from tests.worlds.offices import Offices


def test_what_the_system_may_stands_in_the_table() -> None:
    granted = {
        permission: grant.calls for permission, grants in TABLE.items() for grant in grants if grant.who is Who.SYSTEM
    }
    assert granted == {
        Permission.CALL_LOAD: frozenset({CallState.DRAFT}),
        Permission.CALL_OPEN: frozenset({CallState.DRAFT}),
        Permission.CALL_ADVANCE: frozenset({CallState.OPEN}),
        Permission.PEOPLE_MANAGE: None,
    }


def test_the_system_is_nobody_else_and_nobody_is_the_system() -> None:
    everywhere = Target(call_id="x", association_id="y", assigned=True)
    held = {permission for permission in TABLE if allowed(SYSTEM, permission, everywhere)}
    public = {permission for permission, grants in TABLE.items() if Grant(Who.ANYONE) in grants}
    assert held - public - {Permission.RESULTS_READ} == {
        Permission.CALL_LOAD, Permission.CALL_OPEN, Permission.CALL_ADVANCE, Permission.PEOPLE_MANAGE,
    }  # fmt: skip
    assert not any(conceivable(None, permission) for permission in held - public - {Permission.RESULTS_READ})


@on_both_databases
def test_the_system_opens_and_closes_a_call_in_its_time_and_the_log_names_it(
    factory: Factory, platform: Platform
) -> None:
    call = factory.call(CallState.DRAFT)
    with platform.database.writing() as session:
        open_call(session, actor=SYSTEM, call_id=call.id, now=factory.now)
    with platform.database.writing() as session, pytest.raises(StateForbids):
        open_call(session, actor=SYSTEM, call_id=call.id, now=factory.now)
    with platform.database.writing() as session:
        close_call(session, actor=SYSTEM, call_id=call.id, now=call.accepted_until.replace(year=2099))
    admin = factory.actor(factory.person(Role.ADMIN))
    with platform.database.reading() as session:
        page = read_log(session, actor=admin, wanted=AuditFilter(person="syst", action="call.state"))
    assert [(line.person, line.person_id, line.after["state"]) for line in page.lines if line.after] == [
        ("système", "system", "closed"),
        ("système", "system", "open"),
    ]


@on_both_databases
def test_lines_of_before_the_system_had_a_name_still_verify(factory: Factory, platform: Platform) -> None:
    """They say nobody (the empty text), which their hash covers; the first keyed line closes their chain."""
    with platform.database.writing() as session:
        content = {"before": {}, "after": {"n": 1}}
        line = AuditLine(
            sequence=1, at=factory.now, action="essai", object_kind="instance",
            values_digest=values_digest("sel", content), previous_hash="0" * 64, hash="",
        )  # fmt: skip
        parts = (
            "1", line.at.isoformat(), "", "essai", "instance", "", "", line.values_digest, line.previous_hash,
        )  # fmt: skip
        line.hash = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
        session.add(line)
        session.flush()
        session.add(AuditValues(sequence=1, salt="sel", content=content))
    with platform.database.reading() as session:
        assert verify_chain(session).faults == (AuditFault(1, "changed"),)  # a plain line is none of today's
    with platform.database.writing() as session:
        record(session, SYSTEM, CLOSED, Subject("audit"), now=factory.now)
        record(session, SYSTEM, "essai", Subject("instance"), now=factory.now, after={"n": 2})
    with platform.database.reading() as session:
        assert verify_chain(session).faults == ()


def test_a_run_is_kept_in_the_name_of_nobody_who_may_not(office: Offices, platform: Platform) -> None:
    here = office()
    with platform.database.reading() as session:
        given = ranking_input(session, here.call)
    run = compute_run(here.call, given, draws=0)
    with platform.database.writing() as session, pytest.raises(NotFound):
        store_run(session, actor=SYSTEM, call=here.call, given=given, run=run, now=here.factory.now)


def test_work_asked_by_an_account_that_was_closed_is_done_in_nobody_s_name(
    factory: Factory, platform: Platform
) -> None:
    person = factory.person(Role.OFFICIAL)
    with platform.database.writing() as session:
        session.get_one(Person, person.id).active = False
        session.add(Job(kind="ranking", author_id=person.id, created_at=factory.now))
    with platform.database.reading() as session:
        assert author_of_work(session, None) is SYSTEM
        with pytest.raises(NotFound):
            author_of_work(session, person.id)


def test_the_system_is_refused_what_the_table_doesn_t_grant() -> None:
    with pytest.raises(NotFound):
        ensure(SYSTEM, Permission.DOSSIER_INSPECT, Target(call_id="x"), kind="application", id="y")
