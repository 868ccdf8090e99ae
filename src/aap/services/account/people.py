"""People, as an administrator manages them: find, invite, give roles, close and reopen accounts. Nobody is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, or_
from sqlmodel import Session, col, func, select

from aap.core.identifiers import BadEmail, read_email
from aap.records.calls import Call
from aap.records.people import Membership, Person, Role, RoleGrant, SessionEnd
from aap.records.reviews import Reviewer
from aap.records.types import new_id
from aap.services.account.accounts import HeldMembership, HeldRole, held_memberships, held_roles
from aap.services.account.second_factor import Factors, factors_of
from aap.services.account.sign_in_links import send_person_link
from aap.services.actor import Actor, lock_people
from aap.services.audit import record
from aap.services.errors import InvalidInput, NotFound, Objection, OwnRequest, of_email
from aap.services.page_links import Links
from aap.services.permissions import Permission, Target, ensure
from aap.services.platform import Platform
from aap.services.recusals import recuse_members
from aap.services.sessions import end_sessions, treat_as_agent

PAGE_SIZE = 50
GIVEN_ROLES = (Role.OFFICIAL, Role.REVIEWER, Role.JURY, Role.CONSULTED, Role.ADMIN)


@dataclass(frozen=True)
class PersonLine:
    """One person in the list. `roles`: what each grant says; `associations`: how many they act for."""

    id: str
    name: str
    email: str
    active: bool
    confirmed: bool
    last_login_at: datetime | None
    roles: tuple[HeldRole, ...]
    associations: int


@dataclass(frozen=True)
class PeoplePage:
    """A page of the list, of the people that fit."""

    lines: tuple[PersonLine, ...]
    total: int
    page: int
    pages: int


def list_people(
    session: Session, *, actor: Actor, text: str = "", role: str = "", state: str = "", page: int = 1
) -> PeoplePage:
    """People by name. `text`: in the name or the e-mail; `role`: a Role, or `association` for members; `state`:
    `active`, `closed` or `waiting` (invited, never signed in). Four queries, whatever the number.
    """
    ensure(actor, Permission.PEOPLE_MANAGE, Target())
    query = select(Person)
    for word in text.lower().split()[:5]:
        like = f"%{word.replace('%', '').replace('_', '')}%"
        query = query.where(or_(func.lower(Person.name).like(like), col(Person.email).like(like)))
    if role in set(Role):
        query = query.where(col(Person.id).in_(select(RoleGrant.person_id).where(RoleGrant.role == role)))
    elif role == "association":
        query = query.where(col(Person.id).in_(select(Membership.person_id)))
    if state == "closed":
        query = query.where(col(Person.active).is_(False))
    elif state == "active":
        query = query.where(col(Person.active).is_(True))
    elif state == "waiting":
        query = query.where(col(Person.last_login_at).is_(None), col(Person.active).is_(True))
    total = session.exec(select(func.count()).select_from(query.subquery())).one()
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, page), pages)
    people = session.exec(
        query.order_by(func.lower(Person.name), col(Person.id)).offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)
    ).all()
    ids = [person.id for person in people]
    roles: dict[str, list[HeldRole]] = {}
    found = session.exec(
        select(RoleGrant, Call.title)
        .join(Call, col(Call.id) == col(RoleGrant.call_id), isouter=True)
        .where(col(RoleGrant.person_id).in_(ids))
        .order_by(col(RoleGrant.role), col(RoleGrant.call_id))
    )
    for grant, title in found:
        roles.setdefault(grant.person_id, []).append(HeldRole(Role(grant.role), grant.call_id or "", title or ""))
    counted = session.exec(
        select(Membership.person_id, func.count())
        .where(col(Membership.person_id).in_(ids))
        .group_by(col(Membership.person_id))
    )
    associations = dict(counted.all())
    lines = tuple(
        PersonLine(
            id=person.id,
            name=person.name,
            email=person.email,
            active=person.active,
            confirmed=person.confirmed_at is not None,
            last_login_at=person.last_login_at,
            roles=tuple(roles.get(person.id, ())),
            associations=associations.get(person.id, 0),
        )
        for person in people
    )
    return PeoplePage(lines, total, page, pages)


def count_people(session: Session, *, actor: Actor) -> tuple[int, int]:
    """How many accounts there are, and how many open ones nobody has ever signed in to. One query."""
    ensure(actor, Permission.PEOPLE_MANAGE, Target())
    never = case((col(Person.last_login_at).is_(None) & col(Person.active), 1), else_=0)
    total, waiting = session.exec(select(func.count(), func.coalesce(func.sum(never), 0)).select_from(Person)).one()
    return total, int(waiting)


@dataclass(frozen=True)
class ManagedPerson:
    """One person, with what they may do."""

    person: Person
    roles: tuple[HeldRole, ...]
    memberships: tuple[HeldMembership, ...]
    factors: Factors


def managed_person(session: Session, *, actor: Actor, person_id: str) -> ManagedPerson:
    """Raises NotFound. Six queries."""
    ensure(actor, Permission.PEOPLE_MANAGE, Target())
    person = _person(session, person_id)
    return ManagedPerson(
        person, held_roles(session, person_id), held_memberships(session, person_id), factors_of(session, person_id)
    )


def _person(session: Session, person_id: str) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("person", person_id)
    return person


def invite_person(
    session: Session,
    platform: Platform,
    links: Links,
    *,
    actor: Actor,
    email: str,
    name: str,
    role: str,
    call_id: str,
    now: datetime,
) -> Person:
    """A new account without a password, with a first role (empty: none); the person gets a link to come in.

    The operator's commands act as the system. Raises InvalidInput (also for an e-mail that has an account).
    """
    ensure(actor, Permission.PEOPLE_MANAGE, Target())
    problems: dict[str, Objection] = {}
    address = ""
    try:
        address = read_email(email).lower()
    except BadEmail as bad:
        problems["email"] = of_email(bad, Objection("account.email_unreadable"))
    else:
        if session.exec(select(Person.id).where(Person.email == address)).first() is not None:
            problems["email"] = Objection("account.email_taken")
    full = " ".join(name.split())
    if not 2 <= len(full) <= 200:
        problems["name"] = Objection("account.name_length")
    if role:
        problems.update(_role_problems(session, role, call_id))
    if problems:
        raise InvalidInput(problems)
    person = Person(email=address, name=full, fs_uniquifier=new_id(), created_at=now)
    session.add(person)
    session.flush()
    record(session, actor, "person.invited", person, now=now, after={"email": address, "name": full})
    if role:
        _grant(session, actor, person, Role(role), call_id, now)
    send_person_link(session, platform, links, person, "invitation", now=now, inviter=actor)
    return person


def send_invitation_again(
    session: Session, platform: Platform, links: Links, *, actor: Actor, person_id: str, now: datetime
) -> Person:
    """Another link to an account that never signed in. Raises NotFound, InvalidInput (closed, or already in use)."""
    ensure(actor, Permission.PEOPLE_MANAGE, Target())
    person = _person(session, person_id)
    if not person.active or person.last_login_at is not None:
        raise InvalidInput({"": Objection("account.invitation_of_no_use")})
    send_person_link(session, platform, links, person, "invitation", now=now, inviter=actor)
    record(session, actor, "person.invited_again", person, now=now)
    return person


_OF_ONE_CALL = {Role.REVIEWER: Objection("account.role_of_one_call"), Role.JURY: Objection("account.jury_of_one_call")}


def _role_problems(session: Session, role: str, call_id: str) -> dict[str, Objection]:
    if role not in {str(one) for one in GIVEN_ROLES}:
        return {"role": Objection("account.role_unknown")}
    if role == Role.ADMIN and call_id:
        return {"call_id": Objection("account.role_of_every_call")}
    if role in (Role.REVIEWER, Role.JURY) and not call_id:
        return {"call_id": _OF_ONE_CALL[Role(role)]}
    if call_id and session.get(Call, call_id) is None:
        return {"call_id": Objection("account.call_unknown")}
    return {}


def give_role(session: Session, *, actor: Actor, person_id: str, role: str, call_id: str, now: datetime) -> None:
    """Gives a role for a call (empty: for all of them). A role that is held already changes nothing.

    A reviewer gets a profile for the call. Raises InvalidInput, NotFound, OwnRequest (nobody changes their own roles).
    """
    ensure(actor, Permission.PEOPLE_MANAGE, Target())
    person = _person(session, person_id)
    if person.id == actor.person_id:
        raise OwnRequest
    problems = _role_problems(session, role, call_id)
    if not person.active:
        problems = {"role": Objection("account.closed")}
    if problems:
        raise InvalidInput(problems)
    _grant(session, actor, person, Role(role), call_id, now)


def _grant(session: Session, actor: Actor, person: Person, role: Role, call_id: str, now: datetime) -> None:
    if _held(session, person.id, role, call_id) is not None:
        return
    session.add(RoleGrant(person_id=person.id, role=role, call_id=call_id or None, created_at=now))
    treat_as_agent(session, [person.id])
    if role is Role.REVIEWER:
        _ensure_profile(session, person.id, call_id, now)
    session.flush()
    recuse_members(session, now=now, person_id=person.id)
    record(session, actor, "role.given", person, now=now, call_id=call_id, after={"role": str(role), "call": call_id})


def _held(session: Session, person_id: str, role: Role, call_id: str) -> RoleGrant | None:
    where = col(RoleGrant.call_id).is_(None) if not call_id else col(RoleGrant.call_id) == call_id
    return session.exec(
        select(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.role == role, where)
    ).first()


def _ensure_profile(session: Session, person_id: str, call_id: str, now: datetime) -> None:
    profile = session.exec(select(Reviewer).where(Reviewer.call_id == call_id, Reviewer.person_id == person_id)).first()
    if profile is not None:
        profile.available = True
        session.add(profile)
        return
    codes = set(session.exec(select(Reviewer.code).where(Reviewer.call_id == call_id)))
    number = len(codes) + 1
    while f"R{number:02}" in codes:
        number += 1
    session.add(Reviewer(call_id=call_id, person_id=person_id, code=f"R{number:02}", created_at=now))


def take_role(session: Session, *, actor: Actor, person_id: str, role: str, call_id: str, now: datetime) -> None:
    """Takes a role back, and ends the person's sessions. Nobody changes their own roles: another administrator does.

    A reviewer's profile, assignments and reviews stay; they get no new dossiers. Raises NotFound, OwnRequest.
    """
    ensure(actor, Permission.PEOPLE_MANAGE, Target())
    lock_people(session, [person_id])
    person = _person(session, person_id)
    if person.id == actor.person_id:
        raise OwnRequest
    grant = _held(session, person.id, Role(role), call_id) if role in set(Role) else None
    if grant is None:
        raise NotFound("role", role)
    session.delete(grant)
    if grant.role == Role.REVIEWER:
        profile = session.exec(
            select(Reviewer).where(Reviewer.call_id == call_id, Reviewer.person_id == person_id)
        ).first()
        if profile is not None:
            profile.available = False
            session.add(profile)
    session.flush()
    record(session, actor, "role.taken", person, now=now, call_id=call_id, before={"role": role, "call": call_id})
    end_sessions(session, person_id=person.id, why=SessionEnd.RIGHTS, actor=actor, now=now)


def set_person_active(
    session: Session, *, actor: Actor, person_id: str, active: bool | None, reason: str, now: datetime
) -> None:
    """Closes an account at once, its open sessions included, or opens it again; both with a reason.

    Raises NotFound, InvalidInput (one's own account, no reason, or `active` None: neither was said).
    """
    ensure(actor, Permission.PEOPLE_MANAGE, Target())
    lock_people(session, [person_id])
    person = _person(session, person_id)
    if person.id == actor.person_id:
        raise InvalidInput({"": Objection("account.own_account")})
    if active is None:
        raise InvalidInput({"": Objection("account.open_or_close")})
    if person.active == active:
        return
    if not reason.strip():
        raise InvalidInput({"reason": Objection("account.reason_missing")})
    person.active = active
    if not active:
        person.fs_uniquifier = new_id()  # every sent link ends
    session.add(person)
    record(
        session,
        actor,
        "person.reopened" if active else "person.closed",
        person,
        now=now,
        before={"active": not active},
        after={"active": active, "reason": reason.strip()[:2000]},
    )
    if not active:
        end_sessions(session, person_id=person.id, why=SessionEnd.ACCOUNT, actor=actor, now=now)
