"""The one door to a dossier: who may know it, and which dossiers must not be told to whom.

A reference or an id becomes a dossier here, an actor becomes the set of dossiers that they are recused of here, and the
SQL conditions of a recusal are written here. What lists, counts, exports and files do with it is the same everywhere:

- a line about such a dossier keeps its place and loses its content (`core.results.MASKED`);
- what can't be masked without telling the dossier apart is refused in words (`ensure_whole`);
- numbers of dossiers, reviews and decisions are the call's, the same for everybody: they never depend on who asks.

`tests/architecture/test_one_door.py` fails when a query on reviews, marks, ranking rows or decisions is made without it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam
from sqlalchemy import select as sql_select
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from aap.core.results import masked_text
from aap.records.applications import Application, ApplicationState
from aap.records.people import Person
from aap.records.reviews import Assignment
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall, get_call
from aap.services.dossier.references import said
from aap.services.errors import InvalidInput, NotFound, Objection, RecusedFromActs, RecusedFromCall
from aap.services.permissions import Permission, Target, ensure
from aap.services.recusals import dossiers_apart, pairs_apart, people_apart, stands


def dossier_target(
    call: OpenedCall,
    application: Application,
    *,
    session: Session | None = None,
    actor: Actor | None = None,
    corrections: bool = False,
) -> Target:
    """What permissions on a dossier are asked for; with a session and an actor, whether they are recused of it.

    `corrections`: whether the association has opened corrections of its deposit."""
    return Target(
        call_id=call.id,
        call_state=call.state,
        association_id=application.association_id,
        application_state=ApplicationState(application.state),
        recused=session is not None and actor is not None and is_recused(session, actor, application.id),
        corrections=corrections,
    )


_IS_RECUSED = sql_select(col(Application.id)).where(
    col(Application.id) == bindparam("application_id"), stands(bindparam("person_id"))
)


def is_recused(session: Session, actor: Actor, application_id: str) -> bool:
    """Whether this person may see nothing of the dossier."""
    asked = {"person_id": actor.person_id, "application_id": application_id}
    return session.execute(_IS_RECUSED, asked).first() is not None


def get_dossier(session: Session, application_id: str) -> tuple[OpenedCall, Application]:
    """A dossier with its call. Raises NotFound."""
    application = session.get(Application, application_id)
    if application is None:
        raise NotFound("application", application_id)
    return get_call(session, application.call_id), application


def dossier_of(
    session: Session, *, actor: Actor, permission: Permission, application_id: str
) -> tuple[OpenedCall, Application]:
    """A dossier on which this official may do this now. Raises NotFound, also for who is recused, and StateForbids."""
    call, application = get_dossier(session, application_id)
    target = dossier_target(call, application, session=session, actor=actor)
    ensure(actor, permission, target, kind="application", id=application_id)
    return call, application


def find_dossier(session: Session, call_id: str, reference: str) -> str:
    """The id of a call's submitted dossier by its reference. Raises NotFound."""
    found = session.exec(
        select(Application.id).where(
            Application.call_id == call_id,
            Application.reference == reference,
            col(Application.submitted_at).is_not(None),
        )
    ).first()
    if found is None:
        raise NotFound("application", reference)
    return found


def typed_dossier(session: Session, call_id: str, typed: str) -> str:
    """The id of a call's submitted dossier by its reference as people say it: `18`, `0018`, `2025-0018`, or whole.

    Raises InvalidInput on `reference` where none, or more than one, ends so.
    """
    there = session.exec(
        select(Application.reference, Application.id).where(
            Application.call_id == call_id, col(Application.submitted_at).is_not(None)
        )
    ).all()
    ids = dict(there)
    found = said(typed, ids)
    if not found:
        raise InvalidInput({"reference": Objection("dossier.reference_unknown")})
    if len(found) > 1:
        raise InvalidInput({"reference": Objection("dossier.reference_ambiguous", dossiers=len(found))})
    return ids[found[0]]


# --- who is recused of what -------------------------------------------------------------------------------------------


_RECUSED = sql_select(
    col(Application.id), col(Application.reference), col(Application.call_id), col(Application.submitted_at)
).where(col(Application.id).in_(dossiers_apart(bindparam("person_id"))))
"""Made once, and of every call: a person has few recusals, a call thousands of dossiers to look through."""


def _recused(session: Session, actor: Actor) -> Sequence[Row[tuple[str, str, str, datetime | None]]]:
    return session.execute(_RECUSED, {"person_id": actor.person_id}).all()


def recused_dossiers(session: Session, actor: Actor, call_id: str) -> frozenset[str]:
    """Ids of the call's dossiers that this person may see nothing of. One query."""
    return frozenset(one.id for one in _recused(session, actor) if one.call_id == call_id)


def recused_references(session: Session, actor: Actor, call_id: str) -> frozenset[str]:
    """The same by their references, for files and sentences that name dossiers so. One query."""
    return frozenset(one.reference for one in _recused(session, actor) if one.call_id == call_id)


def recused_anywhere(session: Session, actor: Actor) -> Mapping[str, str]:
    """Ids and references of the dossiers of every call that this person is recused of. One query."""
    return {one.id: one.reference for one in _recused(session, actor)}


def told(session: Session, actor: Actor, call_id: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Texts about a call as this actor may read them: they name no dossier of which they are recused. One query."""
    hidden = recused_references(session, actor, call_id)
    return tuple(masked_text(text, hidden) for text in texts)


def ensure_whole(session: Session, actor: Actor, call_id: str) -> None:
    """Lets who is recused of nothing in the call take away what can't be masked. Raises RecusedFromCall.

    A draft of one's own association is in no file of the call.
    """
    hidden = [one for one in _recused(session, actor) if one.call_id == call_id and one.submitted_at is not None]
    if hidden:
        raise RecusedFromCall(call_id, len(hidden))


def ensure_impartial(session: Session, actor: Actor, call_id: str) -> None:
    """Lets act for the whole call who is recused of none of its candidates; a substitute does it otherwise.

    Asked before a ranking is proposed, confirmed or unfrozen, before decisions are corrected, notified or signed.
    Raises RecusedFromActs.
    """
    if not is_impartial(session, actor, call_id):
        raise RecusedFromActs(call_id)


def is_impartial(session: Session, actor: Actor, call_id: str) -> bool:
    """Whether `ensure_impartial` lets this person act for the whole call. One query."""
    return not any(one.call_id == call_id and one.submitted_at is not None for one in _recused(session, actor))


def impartial_people(session: Session, call_id: str, people: Collection[str]) -> frozenset[str]:
    """Of these people (ids), who is recused of no candidate of the call. Two queries."""
    submitted = set(
        session.exec(
            select(Application.id).where(Application.call_id == call_id, col(Application.submitted_at).is_not(None))
        )
    )
    apart = {person_id for person_id, dossier in pairs_apart(session, call_id=call_id) if dossier in submitted}
    return frozenset(people) - apart


def not_recused(person_id: Any = Assignment.person_id) -> ColumnElement[bool]:
    """No recusal stands between `person_id` and the application of the query (a probable match not yet confirmed
    does not)."""
    return ~stands(person_id)


def nobody_recused(application_id: str, person_id: Any = Person.id) -> ColumnElement[bool]:
    """SQL condition on the people of a query: not recused of this dossier."""
    return col(person_id).not_in(people_apart(application_id))


def recused_pairs(session: Session, call_id: str) -> frozenset[tuple[str, str]]:
    """(person, application) of the recusals in force of a call: whose marks don't count. Two queries."""
    return pairs_apart(session, call_id=call_id)


def kept_away_pairs(session: Session, call_id: str) -> frozenset[tuple[str, str]]:
    """(person, application) of a call that must not be put together: recused, or perhaps so. Two queries."""
    return pairs_apart(session, call_id=call_id, probable=True)


def recused_people(session: Session, application_id: str) -> tuple[str, ...]:
    """Names of who is recused of a dossier. One query."""
    found = select(Person.name).where(col(Person.id).in_(people_apart(application_id)))
    return tuple(session.exec(found.order_by(col(Person.name), col(Person.id))))
