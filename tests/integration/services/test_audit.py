"""A line of the audit log: what it names, and the bytes that its hash covers."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.audit import AuditLine
from aap.records.outbox import Job
from aap.records.reviews import Review
from aap.services.actor import SYSTEM, Actor
from aap.services.audit import Subject, record
from aap.services.platform import Platform
from tests.databases import on_both_databases
from tests.factories import Factory


@on_both_databases
def test_a_line_names_its_object_by_its_table_and_the_call_that_the_object_names(
    platform: Platform, factory: Factory
) -> None:
    call = factory.call()
    application = Application(call_id=call.id, association_id="b-1", reference="R-1", created_at=factory.now)
    association = Association(name="Les Mentors", created_at=factory.now)
    review = Review(assignment_id="a-1", application_id=application.id, person_id="p-1")
    job = Job(kind="backup")
    with platform.database.writing() as session:
        for subject, given in (
            (call.record, None), (application, None), (association, None), (review, call.id), (job, None),
            (Subject("instance"), None), (Subject("application", "d-2", call.id), None), (application, "another"),
        ):  # fmt: skip
            record(session, SYSTEM, "essai", subject, now=factory.now, call_id=given)
    with platform.database.reading() as session:
        lines = session.exec(select(AuditLine).where(AuditLine.action == "essai").order_by(AuditLine.sequence)).all()
    assert [(one.object_kind, one.object_id, one.call_id) for one in lines] == [
        ("call", call.id, call.id),
        ("application", application.id, call.id),
        ("association", association.id, ""),
        ("review", review.id, call.id),
        ("job", job.id, ""),
        ("instance", "", ""),
        ("application", "d-2", call.id),
        ("application", application.id, "another"),
    ]


@on_both_databases
def test_a_person_s_line_hashes_as_in_the_first_version_and_the_system_s_says_whose_it_is(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda size: "5" * 2 * size)
    now = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    opened = {"before": {"state": "draft"}, "after": {"state": "open", "reason": "à l’heure"}}
    with platform.database.writing() as session:
        record(session, Actor("p-1", "", ""), "call.state", Subject("call", "essai", "essai"), now=now, **opened)
        suspected = Subject("recusal", "r-1", "essai")
        record(session, SYSTEM, "recusal.suspected", suspected, now=now, after={"person": "p-2"})
    with platform.database.reading() as session:
        lines = session.exec(select(AuditLine).order_by(AuditLine.sequence)).all()
    assert [(one.hash, one.values_digest) for one in lines] == [
        (
            "aec3cf70f7cf56c2fb21af40f1de3016788b7ae24e951403842299075f619963",
            "a0561bbd892fb2cf5abc868946b56256881c36634ad1948565e082fba2cf3daf",
        ),
        (
            # The system has a name since (it had none, and old lines keep their hash: see test_system_actor).
            "3293b4cf77e8404ce074699329cb5dcb372381d2653a051799614e9063ffc838",
            "0feec99e4d30ceefe255f620ab14a7d8a9eb59208e065c13c5492d39bc945346",
        ),
    ]
