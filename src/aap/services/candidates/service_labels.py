"""Labels: words that the service puts on dossiers for its own work. Associations, reviewers and juries never read them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, delete, select

from aap.records.applications import Application
from aap.records.candidate_lists import CandidateLabel
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import recused_dossiers
from aap.services.errors import InvalidInput, Objection
from aap.services.permissions import Permission, ensure

LONGEST = 40


def label_dossiers(
    session: Session, *, actor: Actor, call: OpenedCall, ids: Collection[str], name: str, now: datetime
) -> int:
    """Puts a label on dossiers of the call, and gives on how many it was not yet. Raises InvalidInput on `label`."""
    ensure(actor, Permission.DOSSIER_LABEL, call.target(), kind="call", id=call.id)
    name = " ".join(name.split())
    if not name or len(name) > LONGEST:
        raise InvalidInput({"label": Objection("candidates.label_length", most=LONGEST)})
    mine = _own(session, actor, call, ids)
    there = set(
        session.exec(
            select(CandidateLabel.application_id).where(CandidateLabel.call_id == call.id, CandidateLabel.name == name)
        )
    )
    fresh = sorted(mine - there)
    for application_id in fresh:
        session.add(
            CandidateLabel(
                call_id=call.id, application_id=application_id, name=name, created_by=actor.person_id, created_at=now
            )
        )
    if fresh:
        after = {"label": name, "dossiers": len(fresh)}
        record(session, actor, "dossiers.labelled", call.record, now=now, after=after)
    return len(fresh)


def unlabel_dossiers(
    session: Session, *, actor: Actor, call: OpenedCall, ids: Collection[str], name: str, now: datetime
) -> int:
    """Takes a label off dossiers of the call, and gives off how many it was taken."""
    ensure(actor, Permission.DOSSIER_LABEL, call.target(), kind="call", id=call.id)
    mine = _own(session, actor, call, ids)
    there = session.exec(
        select(CandidateLabel).where(
            CandidateLabel.call_id == call.id, CandidateLabel.name == name, col(CandidateLabel.application_id).in_(mine)
        )
    ).all()
    if there:
        session.execute(delete(CandidateLabel).where(col(CandidateLabel.id).in_([one.id for one in there])))
        after = {"label": name, "dossiers": len(there)}
        record(session, actor, "dossiers.unlabelled", call.record, now=now, after=after)
    return len(there)


def _own(session: Session, actor: Actor, call: OpenedCall, ids: Collection[str]) -> set[str]:
    """Of these, the submitted dossiers of the call that this person is not recused of. Two queries."""
    there = session.exec(
        select(Application.id).where(
            Application.call_id == call.id,
            col(Application.submitted_at).is_not(None),
            col(Application.id).in_(list(ids)),
        )
    )
    return set(there) - recused_dossiers(session, actor, call.id)
