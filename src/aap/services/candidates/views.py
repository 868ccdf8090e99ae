"""Views of the list of candidates that officials keep: filters, order and columns under a name, for themselves or for all."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, func, select

from aap.records.candidate_lists import CandidateView
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission, ensure

LONGEST_NAME, LONGEST_QUERY, MOST = 60, 2_000, 50


def keep_view(
    session: Session, *, actor: Actor, call: OpenedCall, name: str, query: str, shared: bool, now: datetime
) -> None:
    """Keeps a view; one's own of the same name takes its new content. Raises InvalidInput on `name`."""
    ensure(actor, Permission.DOSSIER_LABEL, call.target(), kind="call", id=call.id)
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput({"name": Objection("candidates.view_name_length", most=LONGEST_NAME)})
    own = [CandidateView.call_id == call.id, CandidateView.person_id == actor.person_id]
    kept = session.exec(select(CandidateView).where(*own, CandidateView.name == name)).first()
    if kept is None:
        if session.exec(select(func.count()).where(*own)).one() >= MOST:
            raise InvalidInput({"name": Objection("candidates.too_many_views", most=MOST)})
        kept = CandidateView(call_id=call.id, person_id=actor.person_id, name=name, query="", created_at=now)
    kept.query, kept.shared = query[:LONGEST_QUERY], shared
    session.add(kept)


def drop_view(session: Session, *, actor: Actor, call: OpenedCall, view_id: str) -> None:
    """Takes one's own view away. Raises NotFound, also of another's."""
    ensure(actor, Permission.DOSSIER_LABEL, call.target(), kind="call", id=call.id)
    kept = session.get(CandidateView, view_id)
    if kept is None or kept.call_id != call.id or kept.person_id != actor.person_id:
        raise NotFound("candidate_view", view_id)
    session.delete(kept)
