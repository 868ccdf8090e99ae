"""A line of the audit log: what it names, and the bytes that its hash covers."""

from __future__ import annotations

import hashlib
import hmac
import json
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
def test_a_line_of_today_needs_the_key_and_covers_all_that_it_says(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda size: "5" * 2 * size)
    platform.keys.file.write_text(KEY)
    now = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    opened = {"before": {"state": "draft"}, "after": {"state": "open", "reason": "à l’heure"}}
    with platform.database.writing() as session:
        record(session, Actor("p-1", "", ""), "call.state", Subject("call", "essai", "essai"), now=now, **opened)
        suspected = Subject("recusal", "r-1", "essai")
        record(session, SYSTEM, "recusal.suspected", suspected, now=now, after={"person": "p-2"})
    with platform.database.reading() as session:
        lines = session.exec(select(AuditLine).order_by(AuditLine.sequence)).all()
    # Made apart from this code: HKDF-SHA256 of the key with « aap audit chain », HMAC-SHA256 of the JSON of the line.
    salted = [hashlib.sha256(f"{'5' * 32}:{body}".encode()).hexdigest() for body in (
        '{"after":{"reason":"à l’heure","state":"open"},"before":{"state":"draft"}}',
        '{"after":{"person":"p-2"},"before":{}}',
    )]  # fmt: skip
    derived = hkdf(b"aap audit chain")
    first = mac(derived, ["1", "2026-03-01T12:30:00+00:00", "p-1", "call.state", "call", "essai", "essai", salted[0],
                          "0" * 64, ""])  # fmt: skip
    second = mac(derived, ["2", "2026-03-01T12:30:00+00:00", "system", "recusal.suspected", "recusal", "r-1", "essai",
                           salted[1], first, ""])  # fmt: skip
    assert [(one.hash, one.values_digest) for one in lines] == [(first, salted[0]), (second, salted[1])]


KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"


def hkdf(info: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, one block."""
    extracted = hmac.digest(b"\0" * 32, b"0123456789abcdef0123456789abcdef", "sha256")
    return hmac.digest(extracted, info + b"\1", "sha256")


def mac(key: bytes, parts: list[str]) -> str:
    message = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
    return hmac.digest(key, message, "sha256").hex()
