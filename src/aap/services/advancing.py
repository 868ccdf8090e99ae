"""The next step of a call: what it is, what stands in its way, and taking it.

Steps that are more than a change of state have their own use cases: the opening (an administrator), the freezing of
the ranking by two persons, the decisions, the publication.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from aap.core.delays import paris
from aap.core.french import NBSP, count, moment
from aap.records.calls import CallState
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.calls import OpenedCall, change_state, get_call
from aap.services.errors import InvalidInput, StateForbids
from aap.services.following import counts_of, reviews_progress
from aap.services.permissions import Permission, ensure

STEPS = {
    CallState.OPEN: CallState.CLOSED,
    CallState.CLOSED: CallState.REVIEWING,
    CallState.REVIEWING: CallState.DELIBERATING,
    CallState.PUBLISHED: CallState.ARCHIVED,
}
"""The changes of state that an official makes here."""


@dataclass(frozen=True)
class NextStep:
    """`to` None: the step is taken elsewhere, or there is none. French sentences: `obstacles` forbid the step,
    `cautions` ask for a reason.
    """

    to: CallState | None
    obstacles: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()


def next_step(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> NextStep:
    """The next step from the call's state. At most six queries."""
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    to = STEPS.get(call.state)
    if call.state is CallState.OPEN and now <= call.accepted_until:
        until = moment(paris(call.accepted_until))
        return NextStep(to, obstacles=(f"Des dossiers peuvent encore être déposés jusqu’au {until}.",))
    if call.state is CallState.CLOSED:
        return NextStep(to, cautions=(*_unscreened(session, call), *_unassigned(session, actor, call)))
    if call.state is CallState.REVIEWING:
        return NextStep(to, cautions=(*_unscreened(session, call), *_unreviewed(session, actor, call)))
    return NextStep(to)


def _unscreened(session: Session, call: OpenedCall) -> tuple[str, ...]:
    counts = counts_of(session, call.id)
    found = []
    if counts.to_screen:
        found.append(f"{count(counts.to_screen, 'dossier')} sans avis de recevabilité.")
    if counts.to_complete:
        found.append(f"{count(counts.to_complete, 'dossier')} en attente de compléments de l’association.")
    return tuple(found)


def _unassigned(session: Session, actor: Actor, call: OpenedCall) -> tuple[str, ...]:
    progress = reviews_progress(session, actor=actor, call=call)
    without = sum(one.assigned < one.needed for one in progress.dossiers)
    if not without:
        return ()
    needed = count(call.file.rubric.min_reviews, "évaluateur")
    return (f"{count(without, 'dossier')} confié{'s' if without > 1 else ''} à moins de {needed}.",)


def _unreviewed(session: Session, actor: Actor, call: OpenedCall) -> tuple[str, ...]:
    progress = reviews_progress(session, actor=actor, call=call)
    missing, short = progress.assigned - progress.submitted, len(progress.short)
    found = []
    if missing:
        found.append(f"{count(missing, 'évaluation')} confiée{'s' if missing > 1 else ''} et non remise"
                     f"{'s' if missing > 1 else ''}.")  # fmt: skip
    if short:
        found.append(
            f"{count(short, 'dossier')} sous le minimum de {count(call.file.rubric.min_reviews, 'évaluation')}{NBSP}: "
            "sans elles, le classement ne pourra pas être arrêté."
        )
    return tuple(found)


def advance_call(session: Session, *, actor: Actor, call_id: str, to: CallState, reason: str, now: datetime) -> None:
    """Takes the next step; what it warns of is gone past with a reason, which the log keeps.

    Raises StateForbids (another step is next), InvalidInput with the obstacles or the missing reason.
    """
    call = get_call(session, call_id)
    ensure(actor, Permission.CALL_ADVANCE, call.target(), kind="call", id=call_id)
    step = next_step(session, actor=actor, call=call, now=now)
    if step.to is None or step.to is not to:
        raise StateForbids(Permission.CALL_ADVANCE, call.state)
    if step.obstacles:
        raise InvalidInput({"": " ".join(step.obstacles)})
    if step.cautions and not reason.strip():
        raise InvalidInput({"reason": "Indiquez pourquoi vous passez à l’étape suivante malgré ces points."})
    change_state(session, call, to, actor=actor, now=now, reason=reason.strip())


def ensure_may_draw(actor: Actor, call: OpenedCall) -> None:
    """The seed is drawn after the closing and before the ranking is proposed. Raises NotFound and StateForbids."""
    ensure(actor, Permission.CALL_ADVANCE, call.target(), kind="call", id=call.id)
    if call.state not in (CallState.CLOSED, CallState.REVIEWING, CallState.DELIBERATING):
        raise StateForbids(Permission.CALL_ADVANCE, call.state)


def set_draw_seed(session: Session, *, actor: Actor, call_id: str, seed: str, source: str, now: datetime) -> None:
    """The seed of the public draw that parts perfect ties: from an event after the closing that the call announced.

    Raises StateForbids before the closing and once the ranking is proposed, InvalidInput without seed or source.
    """
    call = get_call(session, call_id)
    ensure_may_draw(actor, call)
    problems = {}
    if not seed.strip() or len(seed.strip()) > 200:
        problems["seed"] = "Indiquez le résultat tiré au sort, tel qu’il est publié (200 caractères au plus)."
    if not source.strip():
        problems["source"] = "Indiquez d’où il vient : chacun doit pouvoir le vérifier."
    if problems:
        raise InvalidInput(problems)
    before = call.record.draw_seed
    call.record.draw_seed = seed.strip()
    session.add(call.record)
    record(
        session, actor=actor, action="call.draw_seed", now=now, object_kind="call", object_id=call_id, call_id=call_id,
        before={"seed": before}, after={"seed": seed.strip(), "source": source.strip()},
    )  # fmt: skip
