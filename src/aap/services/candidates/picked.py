"""What an official has picked out of the list of candidates, over its pages and filters, to act on several at once.

It is each person's own, and kept until they put it back: it survives the closing of a browser.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session, col, delete, select

from aap.records.applications import Application
from aap.records.candidate_lists import PickedDossier
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import recused_dossiers
from aap.services.permissions import Permission, ensure


def picked_dossiers(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[str, ...]:
    """Ids of what this person has picked in the call, by reference, without what they have been recused of since. Two queries."""
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    found = session.exec(
        select(PickedDossier.application_id)
        .join(Application, col(Application.id) == col(PickedDossier.application_id))
        .where(PickedDossier.person_id == actor.person_id, PickedDossier.call_id == call.id)
        .order_by(col(Application.reference))
    ).all()
    hidden = recused_dossiers(session, actor, call.id) if found else frozenset()
    return tuple(one for one in found if one not in hidden)


def pick(session: Session, *, actor: Actor, call: OpenedCall, ids: Collection[str]) -> int:
    """Adds dossiers of the call to what is picked, and gives how many came to it."""
    ensure(actor, Permission.DOSSIER_LABEL, call.target(), kind="call", id=call.id)
    there = session.exec(
        select(Application.id).where(
            Application.call_id == call.id,
            col(Application.submitted_at).is_not(None),
            col(Application.id).in_(list(ids)),
        )
    ).all()
    already = set(session.exec(select(PickedDossier.application_id).where(PickedDossier.person_id == actor.person_id)))
    fresh = set(there) - already - recused_dossiers(session, actor, call.id)
    session.add_all(
        PickedDossier(person_id=actor.person_id, call_id=call.id, application_id=one) for one in sorted(fresh)
    )
    return len(fresh)


def put_back(session: Session, *, actor: Actor, call: OpenedCall, ids: Collection[str] | None = None) -> None:
    """Takes dossiers out of what is picked; all of the call's without `ids`."""
    ensure(actor, Permission.DOSSIER_LABEL, call.target(), kind="call", id=call.id)
    asked = delete(PickedDossier).where(
        col(PickedDossier.person_id) == actor.person_id, col(PickedDossier.call_id) == call.id
    )
    if ids is not None:
        asked = asked.where(col(PickedDossier.application_id).in_(list(ids)))
    session.execute(asked)
