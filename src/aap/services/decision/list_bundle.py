"""The list in force, as a file that anybody can verify: the frozen run's bundle, and what changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from aap.core.delays import paris
from aap.core.ranking.later_list import Change, later_bundle
from aap.core.ranking.run_input import json_text
from aap.documents.media_types import BY_ENDING, MadeFile
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.people import Person
from aap.records.rankings import Decision, Outcome
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import ensure_whole
from aap.services.permissions import Permission, ensure
from aap.services.ranking.runs import frozen_run

LEFT = "Le lauréat a renoncé."


def list_bundle(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> MadeFile:
    """The bundle of the list in force; its download is logged.

    Raises NotFound (no frozen run), RecusedFromCall where the actor is recused of a dossier of the call.
    """
    ensure(actor, Permission.DECISIONS_NOTIFY, call.target(), kind="call", id=call.id)
    ensure_whole(session, actor, call.id)
    run = frozen_run(session, call.id)
    changes = changes_since(session, call.id)
    content = json_text(later_bundle(json.loads(run.bundle), changes)).encode() + b"\n"
    after = {"file": "list.json", "sha256": hashlib.sha256(content).hexdigest(), "changes": len(changes)}
    record(session, actor, "decision.list_downloaded", run, now=now, after=after)
    return MadeFile(f"{call.id}-liste-en-vigueur.json", BY_ENDING["json"], content)


def changes_since(session: Session, call_id: str) -> list[Change]:
    """What changed in a call's list since its run was frozen, in the order in which it happened. One query."""
    found = session.exec(
        select(Decision, Application.reference, Association.name, Person.name)
        .join(Application, col(Decision.application_id) == Application.id)
        .join(Association, col(Application.association_id) == Association.id)
        .outerjoin(Person, col(Decision.author_id) == Person.id)
        .where(Decision.call_id == call_id, Decision.outcome == Outcome.LAUREATE, col(Decision.voided_at).is_(None))
    ).all()
    dated = [one for decision, reference, association, author in found
             for one in _changes(decision, reference, association, author or "")]  # fmt: skip
    return [change for _, change in sorted(dated, key=_order)]


def _order(dated: tuple[datetime, Change]) -> tuple[datetime, bool, str]:
    """By time; at the same moment who left first, for a place must be free for who is called."""
    at, change = dated
    return at, change.kind != "left", change.application_id


def _changes(decision: Decision, reference: str, association: str, author: str) -> Iterator[tuple[datetime, Change]]:
    if decision.replaces_id is not None:
        amount = Decimal(decision.amount or 0) / 100
        called = Change("called", reference, decision.reason, author, paris(decision.created_at).date(), amount)
        yield decision.created_at, called
    if decision.answer == "declined" and decision.answered_at is not None:
        left = Change("left", reference, LEFT, association, paris(decision.answered_at).date())
        yield decision.answered_at, left
