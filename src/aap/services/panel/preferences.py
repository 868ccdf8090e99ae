"""Before the assignment, a reviewer ranks the dossiers that they would rather read; the assignment follows it in part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_
from sqlmodel import Session, col, select

from aap.core.call.attribute_names import theme_titles
from aap.records.applications import GIVEN_TO_REVIEWERS, Application
from aap.records.associations import Association
from aap.records.reviews import Preference
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.dossier.access import not_recused
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission, Target, ensure
from aap.services.review.reviewing import require_declared


@dataclass(frozen=True)
class RankableDossier:
    """A dossier of the call; `association` is empty in a blind one; `rank` None: not on the list."""

    application_id: str
    reference: str
    title: str
    association: str
    theme: str
    rank: int | None


@dataclass(frozen=True)
class PreferenceList:
    """What a reviewer may rank: their list first, the others by reference."""

    call: OpenedCall
    dossiers: tuple[RankableDossier, ...]


def rankable_dossiers(session: Session, *, actor: Actor, call_id: str) -> PreferenceList:
    """The dossiers of a call that asks for preferences, without those that the actor is recused of. Two queries.

    Raises NotFound, StateForbids (the reviews are over), InterestsFirst.
    """
    call = get_call(session, call_id)
    target = Target(call_id=call.id, call_state=call.state)
    ensure(actor, Permission.PREFERENCES_STATE, target, kind="call", id=call_id)
    if not call.file.reviewing.preferences:
        raise NotFound("preferences", call_id)
    require_declared(session, actor, call)
    themes, blind = theme_titles(call.file), call.file.reviewing.blind
    rows = session.exec(
        select(  # type: ignore[call-overload]
            Application.id, Application.reference, Application.title, Association.name, Application.theme,
            Preference.rank,
        )
        .join(Association, col(Application.association_id) == Association.id)
        .outerjoin(
            Preference,
            and_(col(Preference.application_id) == Application.id, col(Preference.person_id) == actor.person_id),
        )
        .where(
            Application.call_id == call.id,
            col(Application.state).in_(GIVEN_TO_REVIEWERS),
            not_recused(actor.person_id),
        )
    ).all()  # fmt: skip
    found = [
        RankableDossier(id, reference, title, "" if blind else name, themes.get(theme, theme), rank)
        for id, reference, title, name, theme, rank in rows
    ]
    return PreferenceList(call, tuple(sorted(found, key=lambda one: (one.rank is None, one.rank or 0, one.reference))))


def state_preferences(session: Session, *, actor: Actor, call_id: str, ranks: Mapping[str, str], now: datetime) -> int:
    """Replaces the actor's list by the ranks as they were typed (application id → text); gives its length.

    Raises InvalidInput by application id, and what `rankable_dossiers` raises. Ids that can't be ranked are left aside.
    """
    page = rankable_dossiers(session, actor=actor, call_id=call_id)
    problems: dict[str, Objection] = {}
    taken: dict[int, str] = {}
    for one in page.dossiers:
        text = ranks.get(one.application_id, "").strip()
        if not text:
            continue
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= len(page.dossiers)):
            problems[one.application_id] = Objection("panel.rank_unreadable", most=len(page.dossiers))
        elif int(text) in taken:
            problems[one.application_id] = Objection("panel.rank_twice", rank=int(text))
        else:
            taken[int(text)] = one.application_id
    if problems:
        raise InvalidInput(problems)
    before = session.exec(
        select(Preference).where(Preference.call_id == call_id, Preference.person_id == actor.person_id)
    ).all()
    for old in before:
        session.delete(old)
    session.flush()
    session.add_all(
        Preference(call_id=call_id, person_id=actor.person_id, application_id=application_id, rank=rank)
        for rank, application_id in sorted(taken.items())
    )
    record(
        session,
        actor,
        "preferences.stated",
        page.call.record,
        now=now,
        before={"ranked": len(before)},
        after={"ranked": len(taken)},
    )
    return len(taken)
