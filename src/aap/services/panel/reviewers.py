"""Reviewers of a call: invited one by one or by a table, what they know, how much they take, whether they are there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.core.call.attribute_names import theme_titles
from aap.core.identifiers import BadEmail, read_email
from aap.core.problems import BadInput
from aap.core.territories import fold
from aap.core.values import clean_text
from aap.documents.mail_texts import Mail
from aap.documents.tables.assignment_tables import MOST_LOAD, InvitedPerson, read_people, read_whole
from aap.documents.tables.cells import Refused
from aap.documents.tables.table_files import TableFile
from aap.records.applications import Application
from aap.records.calls import Call
from aap.records.people import Person, Role, RoleGrant
from aap.records.reviews import Assignment, Interest, Recusal, Review, Reviewer, ReviewState
from aap.records.territories import territories
from aap.records.types import new_id
from aap.services.account.sign_in_links import make_token
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.errors import InvalidInput, NotFound, Objection, OwnRequest, of_email, said_by_core
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform
from aap.services.recusals import keeps_away, recuse_members
from aap.services.sessions import treat_as_agent


@dataclass(frozen=True)
class ReviewerLine:
    """A reviewer as lists show them. `given`: dossiers that they have, `submitted` of them reviewed; `probable`:
    possible conflicts that nobody has looked at."""

    person_id: str
    code: str
    name: str
    email: str
    themes: tuple[str, ...]
    departments: tuple[str, ...]
    min_load: int
    max_load: int
    available: bool
    signed_in: bool
    interests_declared_at: datetime | None
    given: int
    submitted: int
    probable: int


@dataclass(frozen=True)
class ReviewerCard:
    """One reviewer's page: the line, what they declared."""

    line: ReviewerLine
    interests: tuple[Interest, ...]


def list_reviewers(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[ReviewerLine, ...]:
    """The reviewers of a call by name; what is counted is the same for every official. Three queries."""
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    rows = session.exec(
        select(Reviewer, Person).where(Reviewer.person_id == Person.id, Reviewer.call_id == call.id)
    ).all()
    given: dict[str, int] = defaultdict(int)
    submitted: dict[str, int] = defaultdict(int)
    for person_id, state in session.exec(
        select(Assignment.person_id, Review.state)
        .join(Review, col(Review.assignment_id) == col(Assignment.id), isouter=True)
        .where(Assignment.call_id == call.id, col(Assignment.removed_at).is_(None))
    ):
        given[person_id] += 1
        submitted[person_id] += state == ReviewState.SUBMITTED
    probable: dict[str, int] = defaultdict(int)
    for person_id in session.exec(
        select(Recusal.person_id).where(
            Recusal.application_id == Application.id,
            Application.call_id == call.id,
            col(Recusal.confirmed).is_(False),
            keeps_away(),
        )
    ):
        probable[person_id] += 1
    lines = [
        ReviewerLine(
            person_id=person.id,
            code=reviewer.code,
            name=person.name,
            email=person.email,
            themes=tuple(reviewer.themes),
            departments=tuple(reviewer.departments),
            min_load=reviewer.min_load,
            max_load=reviewer.max_load,
            available=reviewer.available,
            signed_in=person.last_login_at is not None,
            interests_declared_at=person.interests_declared_at,
            given=given[person.id],
            submitted=submitted[person.id],
            probable=probable[person.id],
        )
        for reviewer, person in rows
    ]
    return tuple(sorted(lines, key=lambda one: (fold(one.name), one.code)))


def reviewer_card(session: Session, *, actor: Actor, call: OpenedCall, person_id: str) -> ReviewerCard:
    """One reviewer of the call. Raises NotFound."""
    for line in list_reviewers(session, actor=actor, call=call):
        if line.person_id == person_id:
            declared = session.exec(
                select(Interest)
                .where(Interest.person_id == person_id)
                .order_by(col(Interest.kind), col(Interest.name), col(Interest.id))
            )
            return ReviewerCard(line, tuple(declared))
    raise NotFound("reviewer", person_id)


def read_profile(call: OpenedCall, typed: Mapping[str, Sequence[str]]) -> tuple[InvitedPerson, dict[str, Objection]]:
    """A reviewer as they were typed, and what is wrong by field.

    `typed`: email, name, least, most, themes (ids), departments (codes), available (yes or no) → values.
    """

    def one(name: str) -> str:
        return clean_text(next(iter(typed.get(name, ())), ""))

    problems: dict[str, Objection] = {}
    email, least, most = "", 0, 0
    try:
        email = read_email(one("email")).lower()
    except BadEmail as bad:
        problems["email"] = of_email(bad, Objection("panel.email_unreadable"))
    if not 0 < len(one("name")) <= 200:
        problems["name"] = Objection("panel.name_length")
    for name in ("least", "most"):
        try:
            value = read_whole(MOST_LOAD)(one(name))
        except Refused:
            problems[name] = Objection("panel.load_unreadable", most=MOST_LOAD)
        else:
            least, most = (value, most) if name == "least" else (least, value)
    if not problems.keys() & {"least", "most"} and least > most:
        problems["least"] = Objection("panel.least_above_most")
    themes = tuple(dict.fromkeys(typed.get("themes", ())))
    if set(themes) - set(theme_titles(call.file)):
        problems["themes"] = Objection("panel.theme_unknown")
    codes = tuple(dict.fromkeys(part for part in one("departments").upper().replace(",", " ").split()))
    unknown = [code for code in codes if territories().department(code) is None]
    if unknown:
        problems["departments"] = Objection("panel.department_unknown", code=unknown[0][:20])
    available = one("available")
    if available not in ("yes", "no"):
        problems["available"] = Objection("panel.availability_missing")
    return InvitedPerson(email, one("name"), themes, codes, least, most, available == "yes"), problems


def invite_reviewer(
    session: Session,
    platform: Platform,
    links: Links,
    *,
    actor: Actor,
    call_id: str,
    typed: Mapping[str, Sequence[str]],
    now: datetime,
) -> Reviewer:
    """Invites one person by e-mail; an account is opened where there is none. Raises InvalidInput (by field)."""
    call = get_call(session, call_id)
    ensure(actor, Permission.REVIEWERS_MANAGE, call.target(), kind="call", id=call_id)
    person, problems = read_profile(call, typed)
    if not problems and _find(session, call_id, person.email) is not None:
        problems["email"] = Objection("panel.reviewer_already")
    if problems:
        raise InvalidInput(problems)
    return _invite(session, platform, links, actor, call, person, now)


@dataclass(frozen=True)
class Imported:
    """How many people a table invited, and how many profiles of known reviewers it changed."""

    invited: int
    changed: int


class RefusedTable(InvalidInput):
    """A table with errors: `lines` are all of them, each with file, row and column."""

    def __init__(self, lines: Sequence[Objection]) -> None:
        super().__init__({"file": Objection("panel.table_refused")})
        self.lines = tuple(lines)


def import_reviewers(
    session: Session, platform: Platform, links: Links, *, actor: Actor, call_id: str, file: TableFile, now: datetime
) -> Imported:
    """Invites the people of a table, and updates the profiles of those who review already: all or nothing.

    Raises RefusedTable.
    """
    call = get_call(session, call_id)
    ensure(actor, Permission.REVIEWERS_MANAGE, call.target(), kind="call", id=call_id)
    codes = {department.code for department in territories().departments()}
    try:
        people = read_people(file, theme_titles(call.file), codes).all_or_nothing()
    except BadInput as error:
        raise RefusedTable([said_by_core(str(problem)) for problem in error.problems if problem.is_error]) from error
    if not people:
        raise RefusedTable([Objection("panel.table_empty")])
    invited = changed = 0
    for person in people:
        known = _find(session, call_id, person.email)
        if known is None:
            _invite(session, platform, links, actor, call, person, now)
            invited += 1
        else:
            changed += _update(session, actor, known, person, now)
    return Imported(invited, changed)


def change_reviewer(
    session: Session, *, actor: Actor, call_id: str, person_id: str, typed: Mapping[str, Sequence[str]], now: datetime
) -> None:
    """Another expertise, capacity or availability. Raises NotFound and InvalidInput."""
    call = get_call(session, call_id)
    ensure(actor, Permission.REVIEWERS_MANAGE, call.target(), kind="call", id=call_id)
    reviewer = find_reviewer(session, call_id, person_id)
    person = session.get_one(Person, person_id)
    profile, problems = read_profile(call, {**typed, "email": [person.email], "name": [person.name]})
    if problems:
        raise InvalidInput(problems)
    _update(session, actor, reviewer, profile, now)


def room(reviewer: Reviewer, given_back: int) -> int:
    """The most dossiers that a reviewer of a call can have now: what they gave back for lack of time leaves them less."""
    return max(reviewer.max_load - given_back, 0)


def find_reviewer(session: Session, call_id: str, person_id: str) -> Reviewer:
    """A person's profile in a call. Raises NotFound."""
    found = session.exec(select(Reviewer).where(Reviewer.call_id == call_id, Reviewer.person_id == person_id)).first()
    if found is None:
        raise NotFound("reviewer", person_id)
    return found


def _find(session: Session, call_id: str, email: str) -> Reviewer | None:
    return session.exec(
        select(Reviewer).where(Reviewer.call_id == call_id, Reviewer.person_id == Person.id, Person.email == email)
    ).first()


def _invite(
    session: Session,
    platform: Platform,
    links: Links,
    actor: Actor,
    call: OpenedCall,
    wanted: InvitedPerson,
    now: datetime,
) -> Reviewer:
    person = session.exec(select(Person).where(Person.email == wanted.email)).first()
    if person is not None and person.id == actor.person_id:
        raise OwnRequest  # nobody gives themselves a role
    new = person is None
    if person is None:
        person = Person(email=wanted.email, name=wanted.name, fs_uniquifier=new_id(), created_at=now)
        session.add(person)
        session.flush()
    held = select(RoleGrant.id).where(
        RoleGrant.person_id == person.id, RoleGrant.role == Role.REVIEWER, RoleGrant.call_id == call.id
    )
    if session.exec(held).first() is None:
        session.add(RoleGrant(person_id=person.id, role=Role.REVIEWER, call_id=call.id, created_at=now))
        treat_as_agent(session, [person.id])
    reviewer = Reviewer(
        call_id=call.id,
        person_id=person.id,
        code=_next_code(session, call.id),
        themes=list(wanted.themes),
        departments=list(wanted.departments),
        min_load=wanted.min_load,
        max_load=wanted.max_load,
        available=wanted.available,
        created_at=now,
    )
    session.add(reviewer)
    session.flush()
    recuse_members(session, now=now, person_id=person.id)
    token = make_token(
        platform.settings.secret_key, person, "invitation" if new else "known", now, inviter=actor, call_id=call.id
    )
    send_mail(
        session, Mail.REVIEWER_INVITATION, to=person.email, now=now,
        values={"call": call.record.title, "inviter": actor.name, "new": new,
                "link": links.sign_in_link(token),
                "declared": person.interests_declared_at is not None, "interests": links.interests(),
                "contact": call.file.call.contact or ""},
        sender=call.authority_name,
    )  # fmt: skip
    record(
        session,
        actor,
        "reviewer.invited",
        reviewer,
        now=now,
        after={"code": reviewer.code, "person": person.id, **_values(reviewer)},
    )
    return reviewer


def _next_code(session: Session, call_id: str) -> str:
    """`R01`, `R02`…: the first number after the largest one in use. Two invitations at once come one after the other."""
    session.get(Call, call_id, with_for_update=True)
    codes = session.exec(select(Reviewer.code).where(Reviewer.call_id == call_id)).all()
    numbers = [int(code[1:]) for code in codes if code[:1] == "R" and code[1:].isascii() and code[1:].isdigit()]
    return f"R{max(numbers, default=0) + 1:02}"


def _values(reviewer: Reviewer) -> dict[str, object]:
    return {
        "themes": list(reviewer.themes), "departments": list(reviewer.departments), "min": reviewer.min_load,
        "max": reviewer.max_load, "available": reviewer.available,
    }  # fmt: skip


def _update(session: Session, actor: Actor, reviewer: Reviewer, wanted: InvitedPerson, now: datetime) -> bool:
    """Whether anything changed."""
    before = _values(reviewer)
    reviewer.themes, reviewer.departments = list(wanted.themes), list(wanted.departments)
    reviewer.min_load, reviewer.max_load = wanted.min_load, wanted.max_load
    reviewer.available = wanted.available
    after = _values(reviewer)
    if after == before:
        return False
    session.add(reviewer)
    record(session, actor, "reviewer.changed", reviewer, now=now, before=before, after=after)
    return True
