"""The dossiers that wait to be screened, one after the other, without a way back through the list."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from aap.records.applications import Application, ApplicationState
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import recused_dossiers
from aap.services.permissions import Permission, ensure


@dataclass(frozen=True)
class ToScreen:
    """`left`: how many wait, of those that this person may see; `following`: the reference of the one that comes after,
    empty where none other waits."""

    left: int
    following: str


def to_screen(session: Session, *, actor: Actor, call: OpenedCall, after: str) -> ToScreen:
    """What waits, by reference: after the last one comes the first. Two queries."""
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    found = session.exec(
        select(Application.reference)
        .where(
            Application.call_id == call.id,
            Application.state == ApplicationState.SUBMITTED,
            col(Application.id).not_in(hidden),
        )
        .order_by(col(Application.reference))
    ).all()
    others = [reference for reference in found if reference != after]
    later = [reference for reference in others if reference > after]
    return ToScreen(len(found), next(iter(later or others), ""))
