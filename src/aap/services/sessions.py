"""Sessions on the server: one row a browser that somebody signed in with, asked at every request.

What ends a session ends it in the transaction of what asks for it (a password changed, an account closed, a role taken), so
that every copy of its cookie is worth nothing from that commit on. Limits by disuse and by age are computed from the row:
nothing has to run for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, update
from sqlmodel import Session, col, delete, select

from aap.records.people import RoleGrant, SessionEnd, UserSession
from aap.services.actor import Actor, lock_people
from aap.services.audit import Subject, record
from aap.services.errors import NotFound
from aap.services.mailed_tokens import new_token, token_hash
from aap.services.permissions import Permission, Target, ensure
from aap.settings import Settings

NOTED_EVERY = timedelta(minutes=1)
"""How exactly the row says when a session was last used: a page writes nothing more often."""

KEPT = timedelta(days=30)
"""How long a row stays once its session is over."""


@dataclass(frozen=True)
class Device:
    """Where a sign-in comes from: the network's address, and the browser and system by their names (empty: unknown)."""

    address: str = ""
    browser: str = ""
    system: str = ""


def begin_session(
    session: Session, *, person_id: str, device: Device, remembered: bool, now: datetime
) -> tuple[str, UserSession]:
    """A new session, with the token that its cookie carries. Whoever holds a role is never remembered."""
    lock_people(session, [person_id])
    agent = bool(session.execute(select(exists().where(col(RoleGrant.person_id) == person_id))).scalar())
    token = new_token()
    row = UserSession(
        token_hash=token_hash(token),
        person_id=person_id,
        agent=agent,
        remembered=remembered and not agent,
        address=device.address[:45],
        browser=device.browser,
        system=device.system,
        created_at=now,
        last_seen_at=now,
        confirmed_at=now,
    )
    session.add(row)
    session.flush()
    return token, row


def over_at(row: UserSession, settings: Settings, *, seen_at: datetime | None = None) -> datetime:
    """When the session is over by itself: not used for too long, or too old. `seen_at`: in place of the row's."""
    seen = seen_at or row.last_seen_at
    if row.agent:
        idle, age = timedelta(minutes=settings.agent_idle_minutes), timedelta(hours=settings.agent_session_hours)
    elif row.remembered:
        idle = age = timedelta(days=settings.remembered_days)
    else:
        idle, age = timedelta(hours=settings.idle_hours), timedelta(hours=settings.session_hours)
    return min(seen + idle, row.created_at + age)


def is_alive(row: UserSession, settings: Settings, now: datetime) -> bool:
    """Whether the session still signs somebody in."""
    return row.ended_at is None and now < over_at(row, settings)


def is_confirmed(row: UserSession, settings: Settings, now: datetime) -> bool:
    """Whether the person proved lately who they are: asked before what can't be taken back."""
    return now - row.confirmed_at < timedelta(minutes=settings.confirm_minutes)


# --- ending -----------------------------------------------------------------------------------------------------------


def end_sessions(
    session: Session, *, person_id: str, why: SessionEnd, actor: Actor, now: datetime, keep: str = ""
) -> int:
    """Ends every open session of a person, `keep` (an id) excepted, and says so in the log. Gives their number.

    Permissions are the caller's. `keep` is the session of a person who changes something about themselves.
    """
    return _end(session, [col(UserSession.person_id) == person_id, col(UserSession.id) != keep], person_id,
                why=why, actor=actor, now=now)  # fmt: skip


def _end(session: Session, which: list[object], person_id: str, *, why: SessionEnd, actor: Actor, now: datetime) -> int:
    session.flush()
    ending = update(UserSession).where(*which, col(UserSession.ended_at).is_(None))  # type: ignore[arg-type]
    ended: int = session.execute(ending.values(ended_at=now, ended_why=str(why))).rowcount  # type: ignore[attr-defined]
    if ended:
        about = Subject("person", person_id)
        record(session, actor, "session.ended", about, now=now, after={"why": str(why), "sessions": ended})
    return ended


def end_one_session(session: Session, *, session_id: str, why: SessionEnd, actor: Actor, now: datetime) -> None:
    """Ends the session of the browser that asks for it: signing out, or signing in again."""
    _end(session, [col(UserSession.id) == session_id], actor.person_id, why=why, actor=actor, now=now)


def treat_as_agent(session: Session, people: Iterable[str]) -> None:
    """A first role shortens the sessions that are open: nobody works as an agent in one that is remembered for weeks."""
    session.execute(
        update(UserSession)
        .where(col(UserSession.person_id).in_(list(people)), col(UserSession.ended_at).is_(None))
        .values(agent=True, remembered=False)
    )


def forget_old_sessions(session: Session, *, settings: Settings, now: datetime) -> int:
    """Takes away rows of sessions that are over for long: they name addresses. Gives their number."""
    oldest = max(
        timedelta(days=settings.remembered_days),
        timedelta(hours=settings.session_hours),
        timedelta(hours=settings.agent_session_hours),
    )
    over = (col(UserSession.ended_at) < now - KEPT) | (col(UserSession.created_at) < now - oldest - KEPT)
    return int(session.execute(delete(UserSession).where(over)).rowcount)  # type: ignore[attr-defined]


# --- the page of one's sessions ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OwnSession:
    """One line of the page. `over_at`: when it is over if nobody uses it any more."""

    id: str
    current: bool
    device: Device
    remembered: bool
    created_at: datetime
    last_seen_at: datetime
    over_at: datetime


def own_sessions(session: Session, *, actor: Actor, settings: Settings, now: datetime) -> tuple[OwnSession, ...]:
    """The actor's open sessions, the current one first, then the last used. One query."""
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    rows = session.exec(
        select(UserSession).where(UserSession.person_id == actor.person_id, col(UserSession.ended_at).is_(None))
    )
    lines = [
        OwnSession(
            id=row.id,
            current=row.id == actor.session_id,
            device=Device(row.address, row.browser, row.system),
            remembered=row.remembered,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            over_at=over_at(row, settings),
        )
        for row in rows
        if is_alive(row, settings, now)
    ]
    lines.sort(key=lambda line: line.id)
    return tuple(sorted(lines, key=lambda line: (line.current, line.last_seen_at), reverse=True))


def end_own_session(session: Session, *, actor: Actor, session_id: str, now: datetime) -> None:
    """Ends one of the actor's sessions, also the one that asks. Raises NotFound (also for somebody else's)."""
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    row = session.get(UserSession, session_id)
    if row is None or row.person_id != actor.person_id or row.ended_at is not None:
        raise NotFound("session", session_id)
    end_one_session(session, session_id=session_id, why=SessionEnd.BY_OWNER, actor=actor, now=now)


def end_other_sessions(session: Session, *, actor: Actor, now: datetime) -> int:
    """Ends all of the actor's sessions but the one that asks. Gives their number."""
    ensure(actor, Permission.ACCOUNT_MANAGE, Target())
    return end_sessions(
        session, person_id=actor.person_id, why=SessionEnd.BY_OWNER, actor=actor, now=now, keep=actor.session_id
    )
