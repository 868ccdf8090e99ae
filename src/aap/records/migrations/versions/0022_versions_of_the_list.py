"""The list in force has versions: those of calls that were decided before are made from their decisions.

What an instance could download as its list before is the bundle of its last version, byte for byte.

Revision: 0022
After: 0021
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from aap.records.types import UtcDateTime, new_id

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

DECISION = sa.table(
    "decision",
    *(sa.column(name) for name in ("id", "call_id", "application_id", "run_id", "replaces_id", "outcome", "amount",
                                   "reason", "author_id", "answer")),
    sa.column("row", sa.JSON()), sa.column("created_at", UtcDateTime()), sa.column("answered_at", UtcDateTime()),
    sa.column("voided_at", UtcDateTime()),
)  # fmt: skip
RUN = sa.table("ranking_run", sa.column("id"), sa.column("bundle"))
APPLICATION = sa.table("application", sa.column("id"), sa.column("reference"), sa.column("association_id"))
ASSOCIATION = sa.table("association", sa.column("id"), sa.column("name"))
PERSON = sa.table("person", sa.column("id"), sa.column("name"))
VERSION = sa.table(
    "list_version",
    *(sa.column(name) for name in ("id", "call_id", "number", "run_id", "change", "application_id", "decision_id",
                                   "amount", "place", "reason", "author", "author_id", "bundle_hash")),
    *(sa.column(name, sa.JSON()) for name in ("granted", "waiting", "gave_up")),
    sa.column("created_at", UtcDateTime()),
)  # fmt: skip
LEFT = "Le lauréat a renoncé."
FROZEN = "Classement arrêté : une décision par dossier."
PARIS = ZoneInfo("Europe/Paris")


def upgrade() -> None:
    with op.batch_alter_table("list_version") as table:
        table.add_column(sa.Column("gave_up", sa.JSON(), nullable=False, server_default="[]"))
    connection = op.get_bind()
    found = connection.execute(
        sa.select(DECISION, APPLICATION.c.reference, ASSOCIATION.c.name, PERSON.c.name.label("person"))
        .join(APPLICATION, APPLICATION.c.id == DECISION.c.application_id)
        .join(ASSOCIATION, ASSOCIATION.c.id == APPLICATION.c.association_id)
        .outerjoin(PERSON, PERSON.c.id == DECISION.c.author_id)
        .where(DECISION.c.voided_at.is_(None))
    ).all()
    of_run: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for one in found:
        of_run[one.call_id, one.run_id].append(one)
    for (call_id, run_id), decisions in sorted(of_run.items()):
        bundle = connection.execute(sa.select(RUN.c.bundle).where(RUN.c.id == run_id)).scalar_one()
        connection.execute(sa.insert(VERSION), list(versions(call_id, run_id, bundle, decisions)))


def versions(call_id: str, run_id: str, bundle: str, decisions: list[Any]) -> Iterator[dict[str, Any]]:
    """The versions that the decisions of a run made, in the order in which they came."""
    first = [one for one in decisions if one.replaces_id is None]
    granted = {one.application_id: one.amount or 0 for one in first if one.outcome == "laureate"}
    places = sorted((one.row.get("waiting_rank") or 0, one.reference, one.application_id) for one in first
                    if one.outcome == "waiting_list")  # fmt: skip
    waiting, gave_up = [place[2] for place in places], list[str]()
    own = {key: value for key, value in json.loads(bundle).items() if key not in ("previous", "changes")}
    fingerprint, changes = hashed(own), list[dict[str, Any]]()

    def made(number: int, **values: Any) -> dict[str, Any]:
        held = {
            "granted": dict(granted),
            "waiting": list(waiting),
            "gave_up": list(gave_up),
            "bundle_hash": fingerprint,
        }
        shared = {"id": new_id(), "call_id": call_id, "run_id": run_id, "number": number, "place": ""}
        return {**shared, **held, **values}

    prepared = min(first, key=lambda one: (one.created_at, one.id))
    yield made(1, change="frozen", application_id=None, decision_id=None, amount=None, reason=FROZEN,
               author=prepared.person or "", author_id=prepared.author_id, created_at=prepared.created_at)  # fmt: skip
    for number, (at, kind, one) in enumerate(sorted(happened(decisions), key=in_order), start=2):
        called = kind == "called"
        if called:
            granted[one.application_id] = one.amount or 0
            waiting = [name for name in waiting if name != one.application_id]
        else:
            granted.pop(one.application_id, None)
            gave_up.append(one.application_id)
        reason, author = (one.reason, one.person or "") if called else (LEFT, one.name)
        amount = (one.amount or 0) if called else None
        changes.append({
            "change": kind, "application_id": one.reference, "place": None, "reason": reason, "author": author,
            "amount": None if amount is None else euros(amount), "date": at.astimezone(PARIS).date().isoformat(),
        })  # fmt: skip
        fingerprint = hashed({**own, "previous": fingerprint, "changes": changes})
        yield made(number, change=kind, application_id=one.application_id, decision_id=one.id, amount=amount,
                   reason=reason, author=author, author_id=one.author_id if called else None, created_at=at)  # fmt: skip


def happened(decisions: list[Any]) -> Iterator[tuple[datetime, str, Any]]:
    """Who was called from the waiting list and who gave the grant up: before, nothing else changed a list."""
    for one in decisions:
        if one.outcome == "laureate" and one.replaces_id is not None:
            yield one.created_at, "called", one
        if one.outcome == "laureate" and one.answer == "declined" and one.answered_at is not None:
            yield one.answered_at, "left", one


def in_order(change: tuple[datetime, str, Any]) -> tuple[datetime, bool, str]:
    """By time; at the same moment who left first, for a place must be free for who is called."""
    at, kind, one = change
    return at, kind != "left", one.reference


def euros(cents: int) -> str:
    return format((Decimal(cents) / 100).normalize(), "f")


def hashed(bundle: dict[str, Any]) -> str:
    """SHA-256 of a bundle's canonical JSON."""
    text = json.dumps(bundle, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def downgrade() -> None:
    with op.batch_alter_table("list_version") as table:
        table.drop_column("gave_up")
