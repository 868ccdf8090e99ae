"""Versions of the list in force: written in the transaction of the act that changes it, read by their number, never edited.

Version 1 is that of the frozen run, when its decisions are prepared. Each later one follows from one change, and is what
the decisions in force then say. The bundle of a version is the run's with all changes up to it: `aap verify` replays it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from aap.core.delays import paris
from aap.core.ranking.later_list import CHANGE_KINDS, PLACES, Change, change_value, fingerprint
from aap.core.ranking.run_input import json_text
from aap.core.results import MASKED
from aap.documents.media_types import BY_ENDING, MadeFile
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.decided import ListChange, ListVersion
from aap.records.rankings import Decision, Outcome, RankingRun
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.decision.in_force import DECIDED, GIVEN_UP, InForce, as_list, in_force
from aap.services.dossier.access import ensure_whole, recused_dossiers
from aap.services.errors import NotFound
from aap.services.permissions import Permission, ensure

LEFT = "Le lauréat a renoncé."
SILENT = "Le lauréat n’a pas répondu dans le délai que l’appel et sa lettre donnaient."
FROZEN = "Classement arrêté : une décision par dossier."


# --- written ----------------------------------------------------------------------------------------------------------


def first_version(session: Session, *, actor: Actor, run: RankingRun, now: datetime) -> ListVersion:
    """The list of a frozen run whose decisions were just prepared."""
    return _kept(
        session,
        run=run,
        change=ListChange.FROZEN,
        decision=None,
        reason=FROZEN,
        author=actor.name,
        author_id=actor.row_id,
        bundle_hash=fingerprint(json.loads(run.bundle)),
        now=now,
    )


def add_version(
    session: Session,
    *,
    change: ListChange,
    decision: Decision,
    reason: str,
    author: str,
    author_id: str | None,
    now: datetime,
) -> ListVersion:
    """The list after `decision` was made or answered. `author`: as the bundle names them.

    The call is held, so that of two acts at once the second counts on from the first.
    """
    hold_call(session, get_call(session, decision.call_id))
    run = session.get_one(RankingRun, decision.run_id)
    before = _since_frozen(session, decision.call_id)
    came_in = change in (ListChange.CALLED, ListChange.AMOUNT) or (
        change is ListChange.CORRECTED and decision.outcome == Outcome.LAUREATE
    )
    held = _kept(
        session,
        run=run,
        change=change,
        decision=decision,
        reason=reason,
        author=author,
        author_id=author_id,
        amount=decision.amount if came_in else None,
        place=("laureate" if came_in else "not_selected") if change is ListChange.CORRECTED else "",
        bundle_hash="",
        now=now,
    )
    held.bundle_hash = fingerprint(_bundle(session, run, [*before, held]))
    session.add(held)
    session.flush()
    return held


def _kept(session: Session, *, run: RankingRun, decision: Decision | None, now: datetime, **given: Any) -> ListVersion:
    session.flush()
    granted, waiting, gave_up = _decided(session, run.call_id)
    last = session.exec(
        select(ListVersion.number)
        .where(ListVersion.call_id == run.call_id)
        .order_by(col(ListVersion.number).desc())
        .limit(1)
    ).first()
    held = ListVersion(
        call_id=run.call_id,
        number=(last or 0) + 1,
        run_id=run.id,
        application_id=decision.application_id if decision else None,
        decision_id=decision.id if decision else None,
        granted=granted,
        waiting=waiting,
        gave_up=gave_up,
        created_at=now,
        **given,
    )
    session.add(held)
    session.flush()
    return held


def _decided(session: Session, call_id: str) -> tuple[dict[str, int], list[str], list[str]]:
    """What the decisions in force say: who is granted what, who waits, who gave up. One query."""
    found = session.exec(
        select(Decision, Application.reference)
        .where(Decision.call_id == call_id, Decision.application_id == Application.id, in_force())
        .order_by(col(Application.reference))
    ).all()
    laureates = [decision for decision, _ in found if decision.outcome == Outcome.LAUREATE]
    waiting = sorted(
        (decision.row.get("waiting_rank") or 0, reference, decision.application_id)
        for decision, reference in found
        if decision.outcome == Outcome.WAITING_LIST and decision.answer not in GIVEN_UP
    )
    return (
        {one.application_id: one.amount or 0 for one in laureates if one.answer not in GIVEN_UP},
        [application_id for _, _, application_id in waiting],
        [one.application_id for one in laureates if one.answer in GIVEN_UP],
    )


# --- read -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListVersionLine:
    """One version as its page shows it. `reference`, `association`: whom the change is about, masked for who is recused
    of it; empty for the first version. `amount` in cents. `voided`: its run was sent back before the letters left."""

    number: int
    at: datetime
    change: ListChange
    reference: str
    association: str
    amount: int | None
    place: str
    reason: str
    author: str
    laureates: int
    total: int
    waiting: int
    bundle_hash: str
    voided: bool
    masked: bool = False


def version_lines(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[ListVersionLine, ...]:
    """The versions of a call's list, the latest first. One query, and the recusals."""
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    found = session.exec(
        select(ListVersion, Application.reference, Association.name)
        .outerjoin(Application, col(Application.id) == col(ListVersion.application_id))
        .outerjoin(Association, col(Association.id) == col(Application.association_id))
        .where(ListVersion.call_id == call.id)
        .order_by(col(ListVersion.number).desc())
    ).all()
    counts_from = next((one.number for one, _, _ in found if one.change == ListChange.FROZEN), 0)
    if call.state not in DECIDED:
        counts_from = found[0][0].number + 1 if found else 0
    return tuple(
        _line(version, reference or "", name or "", version.application_id in hidden, version.number < counts_from)
        for version, reference, name in found
    )


def _line(version: ListVersion, reference: str, association: str, masked: bool, voided: bool) -> ListVersionLine:
    return ListVersionLine(
        number=version.number,
        at=version.created_at,
        change=ListChange(version.change),
        reference="" if masked else reference,
        association=MASKED if masked else association,
        amount=None if masked else version.amount,
        place=version.place,
        reason="" if masked else version.reason,
        author="" if masked else version.author,
        laureates=len(version.granted),
        total=sum(version.granted.values()),
        waiting=len(version.waiting),
        bundle_hash=version.bundle_hash,
        voided=voided,
        masked=masked,
    )


def find_version(session: Session, call_id: str, number: int) -> ListVersion:
    """A version by its number. Raises NotFound."""
    found = session.exec(
        select(ListVersion).where(ListVersion.call_id == call_id, ListVersion.number == number)
    ).first()
    if found is None:
        raise NotFound("list_version", f"{call_id}/{number}")
    return found


def list_at(session: Session, *, actor: Actor, call: OpenedCall, number: int) -> InForce:
    """The list that a version holds. Raises NotFound. One query."""
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    return as_list(find_version(session, call.id, number))


def reasons_since(session: Session, call_id: str, number: int) -> dict[str, str]:
    """Application's id → why a version up to this one retains it, where that isn't the run's reason. One query."""
    return {
        one.application_id or "": one.reason
        for one in _since_frozen(session, call_id, number)
        if one.change not in (ListChange.FROZEN, ListChange.LEFT)
    }


def retained_since(session: Session, call_id: str, number: int) -> dict[str, ListChange]:
    """Application's id → how it came into the versions up to this one, where the run didn't retain it: called from the
    waiting list, or by a corrected decision. One query."""
    return {
        one.application_id or "": ListChange(one.change)
        for one in _since_frozen(session, call_id, number)
        if one.change == ListChange.CALLED or (one.change == ListChange.CORRECTED and one.place == "laureate")
    }


@dataclass(frozen=True)
class Departures:
    """What became of the laureates of a frozen run, whether they gave up or a correction took the grant.

    `gone`: ids of who was a laureate of the list and is none any more; `places`: that they left and nobody took, as
    `aap verify` counts them (below 0 where corrections retained more); `called`: how many came from the waiting list.
    """

    gone: frozenset[str]
    places: int
    called: int


def departures(session: Session, call_id: str) -> Departures:
    """Since the run of a call was frozen, as its versions tell it. One query."""
    found = _since_frozen(session, call_id)
    if not found:
        return Departures(frozenset(), 0, 0)
    first, last = found[0].granted, found[-1].granted
    return Departures(
        gone=frozenset(id for one in found for id in one.granted) - last.keys(),
        places=len(first) - len(last),
        called=sum(one.change == ListChange.CALLED for one in found),
    )


def retained_when_decided(session: Session, call_id: str) -> dict[str, int]:
    """Decision → how many were retained once it was made, as its letter says. One query.

    A decision that made no version is not there: the frozen run's number counts for it.
    """
    return {
        one.decision_id: len(one.granted)
        for one in _since_frozen(session, call_id)
        if one.decision_id is not None and one.change != ListChange.LEFT
    }


# --- as a file that anybody can verify --------------------------------------------------------------------------------


def version_bundle(session: Session, *, actor: Actor, call: OpenedCall, number: int, now: datetime) -> MadeFile:
    """The bundle of a version; its download is logged.

    Raises NotFound, RecusedFromCall where the actor is recused of a dossier of the call.
    """
    ensure(actor, Permission.DECISIONS_READ, call.target(), kind="call", id=call.id)
    ensure_whole(session, actor, call.id)
    version = find_version(session, call.id, number)
    run = session.get_one(RankingRun, version.run_id)
    content = json_text(bundle_of(session, version)).encode() + b"\n"
    after = {"file": "list.json", "version": number, "sha256": hashlib.sha256(content).hexdigest()}
    record(session, actor, "decision.list_downloaded", run, now=now, after=after)
    return MadeFile(f"{call.id}-liste-{number}.json", BY_ENDING["json"], content)


def bundle_of(session: Session, version: ListVersion) -> dict[str, Any]:
    """The bundle of a version: the run's, with all that changed up to it. Two queries."""
    run = session.get_one(RankingRun, version.run_id)
    return _bundle(session, run, _since_frozen(session, version.call_id, version.number))


def _since_frozen(session: Session, call_id: str, last: int | None = None) -> Sequence[ListVersion]:
    """The versions up to the `last` one in their order, from the one that its frozen run gave. One query."""
    up_to = ListVersion.call_id == call_id if last is None else (
        (col(ListVersion.call_id) == call_id) & (col(ListVersion.number) <= last)
    )  # fmt: skip
    found = session.exec(select(ListVersion).where(up_to).order_by(col(ListVersion.number))).all()
    first = max((at for at, one in enumerate(found) if one.change == ListChange.FROZEN), default=0)
    return found[first:]


def _bundle(session: Session, run: RankingRun, versions: Sequence[ListVersion]) -> dict[str, Any]:
    """`previous` is what the version before is kept with, so that no bundle but this one is hashed."""
    own = {key: value for key, value in json.loads(run.bundle).items() if key not in ("previous", "changes")}
    changed = [one for one in versions if one.change != ListChange.FROZEN]
    if not changed:
        return own
    references = _references(session, run.call_id)
    changes = [change_value(_change(one, references[one.application_id or ""])) for one in changed]
    return {**own, "previous": versions[-2].bundle_hash, "changes": changes}


def _references(session: Session, call_id: str) -> dict[str, str]:
    found = session.exec(
        select(ListVersion.application_id, Application.reference).where(
            ListVersion.call_id == call_id, ListVersion.application_id == Application.id
        )
    )
    return {application_id or "": reference for application_id, reference in found}


def _change(version: ListVersion, reference: str) -> Change:
    return Change(
        kind=next(kind for kind in CHANGE_KINDS if kind == version.change),
        application_id=reference,
        reason=version.reason,
        author=version.author,
        on=paris(version.created_at).date(),
        amount=None if version.amount is None else Decimal(version.amount) / 100,
        place=next((place for place in PLACES if place == version.place), None),
    )
