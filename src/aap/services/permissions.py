"""One table of permissions: action × who × state of the call × state of the dossier. Deny by default.

Routes, menus and tests are derived from `TABLE`. A use case calls `ensure` with the object it works on; a route
declares its permission and is refused before the view when nobody like this actor could ever have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from aap.records.applications import CORRECTABLE, GIVEN_TO_REVIEWERS
from aap.records.applications import ApplicationState as A
from aap.records.calls import CallState as C
from aap.records.people import MembershipRole, Role
from aap.services.actor import Actor
from aap.services.errors import NotFound, SignInNeeded, StateForbids


class Permission(StrEnum):
    """What can be done, as `resource:action`."""

    PUBLIC_READ = "public:read"
    RESULTS_READ = "results:read"
    ACCOUNT_MANAGE = "account:manage"
    ASSOCIATION_HOME = "association:home"
    ASSOCIATION_CREATE = "association:create"
    ASSOCIATION_READ = "association:read"
    ASSOCIATION_EDIT = "association:edit"
    ASSOCIATION_MEMBERS = "association:members"
    APPLICATION_START = "application:start"
    APPLICATION_READ = "application:read"
    APPLICATION_EDIT = "application:edit"
    APPLICATION_CORRECT = "application:correct"
    APPLICATION_SUBMIT = "application:submit"
    APPLICATION_WITHDRAW = "application:withdraw"
    APPLICATION_RESUME = "application:resume"
    APPLICATION_MESSAGE = "application:message"
    APPLICATION_COMMENT = "application:comment"
    APPLICATION_SHARE = "application:share"
    DECISION_READ = "decision:read"
    DECISION_ANSWER = "decision:answer"
    REVIEW_HOME = "review:home"
    REVIEW_READ = "review:read"
    REVIEW_MARK = "review:mark"
    RECUSAL_DECLARE = "recusal:declare"
    RECUSAL_LIFT = "recusal:lift"
    INTERESTS_DECLARE = "interests:declare"
    PREFERENCES_STATE = "preferences:state"
    SPECIMEN_READ = "specimen:read"
    SPECIMEN_MARK = "specimen:mark"
    CALL_HOME = "call:home"
    CALL_FOLLOW = "call:follow"
    PAST_GRANTS_IMPORT = "past_grants:import"
    CALL_EXTEND = "call:extend"
    DOSSIER_INSPECT = "dossier:inspect"
    DOSSIER_LABEL = "dossier:label"
    DOSSIER_SCREEN = "dossier:screen"
    DOSSIER_COMPLETE = "dossier:ask_completion"
    REVIEWERS_MANAGE = "reviewers:manage"
    ASSIGNMENT_MANAGE = "assignment:manage"
    REVIEWS_FOLLOW = "reviews:follow"
    MARKS_READ = "marks:read"
    REVIEW_REOPEN = "review:reopen"
    CONSENSUS_MANAGE = "consensus:manage"
    REVIEW_SET_ASIDE = "review:set_aside"
    CALL_ADVANCE = "call:advance"
    AMOUNTS_CLOSE = "amounts:close"
    GATE_WAIVE = "gate:waive"
    JURY_HOLD = "jury:hold"
    JURY_DECIDE = "jury:decide"
    RANKING_ARBITRATE = "ranking:arbitrate"
    RANKING_RUN = "ranking:run"
    RANKING_READ = "ranking:read"
    RANKING_FREEZE = "ranking:freeze"
    RANKING_UNFREEZE = "ranking:unfreeze"
    SECONDS_NAME = "seconds:name"
    LETTERS_SET = "letters:set"
    DECISIONS_PREPARE = "decisions:prepare"
    DECISIONS_READ = "decisions:read"
    DECISIONS_NOTIFY = "decisions:notify"
    GRANT_CORRECT = "grant:correct"
    APPEALS_MANAGE = "appeals:manage"
    RESULTS_PUBLISH = "results:publish"
    CLAIM_ARBITRATE = "claim:arbitrate"
    ADMIN_HOME = "admin:home"
    PEOPLE_MANAGE = "people:manage"
    CALL_LOAD = "call:load"
    CALL_OPEN = "call:open"
    AUDIT_READ = "audit:read"
    SYSTEM_MANAGE = "system:manage"


class Who(StrEnum):
    """Roles and relations to the object."""

    ANYONE = "anyone"
    SIGNED_IN = "signed_in"
    MEMBER = "member"  # of the association, any role
    EDITOR = "editor"  # of the association: editor or owner
    CORRECTING = "correcting"  # editor, of a deposited dossier whose corrections are open
    OWNER = "owner"
    REVIEWER = "reviewer"  # of the call
    ASSIGNED = "assigned"  # reviewer to whom the dossier is given, not recused
    ASKED_AGAIN = "asked_again"  # the same, of a further review that was asked for because the others are doubtful
    OFFICIAL = "official"  # of the call
    JURY = "jury"  # of the call
    ADMIN = "admin"
    SYSTEM = "system"  # a command of the operator, the passing of time


@dataclass(frozen=True)
class Grant:
    """Who, in which states of the call and of the dossier (None: any)."""

    who: Who
    calls: frozenset[C] | None = None
    applications: frozenset[A] | None = None


@dataclass(frozen=True)
class Target:
    """What a permission is asked for. Empty fields: there is no such object in question."""

    call_id: str = ""
    call_state: C | None = None
    association_id: str = ""
    application_state: A | None = None
    assigned: bool = False
    further: bool = False
    recused: bool = False
    corrections: bool = False  # of a deposited dossier, are open


_BEFORE_DECISION = frozenset({A.DRAFT, A.SUBMITTED, A.TO_COMPLETE, A.ELIGIBLE, A.INELIGIBLE})
_NOTIFIED = frozenset({A.NOTIFIED, A.ACCEPTED, A.DECLINED})
_SUBMITTED = frozenset(A) - {A.DRAFT}
_COLLECTING = frozenset({C.OPEN, C.CLOSED})
_WORKING = frozenset({C.CLOSED, C.REVIEWING, C.DELIBERATING})
_RANKED = frozenset({C.REVIEWING, C.DELIBERATING, C.PROPOSED, C.ARBITRATED, C.DECIDED, C.PUBLISHED, C.ARCHIVED})
_DELIBERATED = _RANKED - {C.REVIEWING}
"""Marks, scores and ranks are closed to officials until the deliberation opens."""
_DECIDED = frozenset({C.DECIDED, C.PUBLISHED, C.ARCHIVED})
_FROZEN = frozenset({C.ARBITRATED}) | _DECIDED
_STARTED = frozenset(C) - {C.DRAFT}
_ENDED = frozenset({C.ARCHIVED})

TABLE: Mapping[Permission, tuple[Grant, ...]] = {
    Permission.PUBLIC_READ: (Grant(Who.ANYONE),),
    Permission.RESULTS_READ: (Grant(Who.ANYONE, frozenset({C.PUBLISHED, C.ARCHIVED})),),
    Permission.ACCOUNT_MANAGE: (Grant(Who.SIGNED_IN),),
    Permission.ASSOCIATION_HOME: (Grant(Who.SIGNED_IN),),
    Permission.ASSOCIATION_CREATE: (Grant(Who.SIGNED_IN),),
    Permission.ASSOCIATION_READ: (Grant(Who.MEMBER),),
    Permission.ASSOCIATION_EDIT: (Grant(Who.EDITOR),),
    Permission.ASSOCIATION_MEMBERS: (Grant(Who.OWNER),),
    Permission.APPLICATION_START: (Grant(Who.EDITOR, frozenset({C.OPEN})),),
    Permission.APPLICATION_READ: (Grant(Who.MEMBER),),
    Permission.APPLICATION_EDIT: (
        Grant(Who.EDITOR, _COLLECTING, frozenset({A.DRAFT})),
        Grant(Who.EDITOR, None, frozenset({A.TO_COMPLETE})),
        Grant(Who.CORRECTING, frozenset({C.OPEN}), CORRECTABLE),
    ),
    Permission.APPLICATION_CORRECT: (Grant(Who.EDITOR, frozenset({C.OPEN}), CORRECTABLE),),
    Permission.APPLICATION_SUBMIT: (
        Grant(Who.EDITOR, _COLLECTING, frozenset({A.DRAFT})),
        Grant(Who.EDITOR, None, frozenset({A.TO_COMPLETE})),
        Grant(Who.CORRECTING, frozenset({C.OPEN}), CORRECTABLE),
    ),
    Permission.APPLICATION_WITHDRAW: (Grant(Who.EDITOR, frozenset(C) - _FROZEN, _BEFORE_DECISION | {A.WITHDRAWN}),),
    Permission.APPLICATION_RESUME: (Grant(Who.EDITOR, frozenset({C.OPEN}), frozenset({A.WITHDRAWN, A.DRAFT})),),
    Permission.APPLICATION_MESSAGE: (Grant(Who.EDITOR, None, _SUBMITTED), Grant(Who.OFFICIAL, None, _SUBMITTED)),
    Permission.APPLICATION_COMMENT: (Grant(Who.MEMBER),),
    Permission.APPLICATION_SHARE: (Grant(Who.EDITOR),),
    Permission.DECISION_READ: (Grant(Who.MEMBER, None, _NOTIFIED | {A.WITHDRAWN}),),
    Permission.DECISION_ANSWER: (Grant(Who.EDITOR, None, _NOTIFIED),),
    Permission.REVIEW_HOME: (Grant(Who.REVIEWER),),
    Permission.REVIEW_READ: (Grant(Who.ASSIGNED, _RANKED, _SUBMITTED),),
    Permission.REVIEW_MARK: (
        Grant(Who.ASSIGNED, frozenset({C.REVIEWING}), GIVEN_TO_REVIEWERS),
        Grant(Who.ASKED_AGAIN, frozenset({C.DELIBERATING}), GIVEN_TO_REVIEWERS),
    ),
    Permission.RECUSAL_DECLARE: (Grant(Who.ASSIGNED, _RANKED, _SUBMITTED),),
    Permission.RECUSAL_LIFT: (Grant(Who.ADMIN),),
    Permission.INTERESTS_DECLARE: (Grant(Who.REVIEWER), Grant(Who.OFFICIAL), Grant(Who.JURY)),
    Permission.PREFERENCES_STATE: (Grant(Who.REVIEWER, frozenset({C.CLOSED, C.REVIEWING})),),
    Permission.SPECIMEN_READ: (Grant(Who.REVIEWER, _RANKED | {C.CLOSED}),),
    Permission.SPECIMEN_MARK: (Grant(Who.REVIEWER, frozenset({C.CLOSED, C.REVIEWING})),),
    Permission.CALL_HOME: (Grant(Who.OFFICIAL),),
    Permission.PAST_GRANTS_IMPORT: (Grant(Who.OFFICIAL),),
    Permission.CALL_FOLLOW: (Grant(Who.OFFICIAL),),
    Permission.CALL_EXTEND: (Grant(Who.OFFICIAL, _COLLECTING),),
    Permission.DOSSIER_INSPECT: (Grant(Who.OFFICIAL, _STARTED, _SUBMITTED),),
    Permission.DOSSIER_LABEL: (Grant(Who.OFFICIAL),),
    Permission.DOSSIER_SCREEN: (Grant(Who.OFFICIAL, _WORKING, frozenset({A.SUBMITTED, A.ELIGIBLE, A.INELIGIBLE})),),
    Permission.DOSSIER_COMPLETE: (Grant(Who.OFFICIAL, _WORKING, frozenset({A.SUBMITTED, A.ELIGIBLE})),),
    Permission.REVIEWERS_MANAGE: (Grant(Who.OFFICIAL, frozenset(C) - _DECIDED),),
    Permission.ASSIGNMENT_MANAGE: (Grant(Who.OFFICIAL, _WORKING),),
    Permission.REVIEWS_FOLLOW: (Grant(Who.OFFICIAL, _STARTED),),
    Permission.MARKS_READ: (Grant(Who.OFFICIAL, _DELIBERATED),),
    Permission.REVIEW_REOPEN: (Grant(Who.OFFICIAL, frozenset({C.REVIEWING})),),
    Permission.CONSENSUS_MANAGE: (Grant(Who.OFFICIAL, frozenset({C.REVIEWING, C.DELIBERATING})),),
    Permission.REVIEW_SET_ASIDE: (Grant(Who.OFFICIAL, frozenset({C.REVIEWING, C.DELIBERATING})),),
    Permission.CALL_ADVANCE: (Grant(Who.OFFICIAL, _STARTED), Grant(Who.SYSTEM, frozenset({C.OPEN}))),
    Permission.AMOUNTS_CLOSE: (Grant(Who.OFFICIAL, _WORKING),),
    Permission.GATE_WAIVE: (Grant(Who.OFFICIAL, frozenset({C.REVIEWING, C.DELIBERATING})),),
    Permission.JURY_HOLD: (Grant(Who.OFFICIAL, frozenset({C.REVIEWING, C.DELIBERATING})),),
    Permission.JURY_DECIDE: (Grant(Who.OFFICIAL, frozenset({C.DELIBERATING})),),
    Permission.RANKING_ARBITRATE: (Grant(Who.OFFICIAL, frozenset({C.DELIBERATING})),),
    Permission.RANKING_RUN: (Grant(Who.OFFICIAL, frozenset({C.DELIBERATING, C.PROPOSED})),),
    Permission.RANKING_READ: (Grant(Who.OFFICIAL, _DELIBERATED),),
    Permission.RANKING_FREEZE: (Grant(Who.OFFICIAL, frozenset({C.DELIBERATING, C.PROPOSED})),),
    Permission.RANKING_UNFREEZE: (Grant(Who.OFFICIAL, frozenset({C.ARBITRATED, C.DECIDED})),),
    Permission.SECONDS_NAME: (Grant(Who.OFFICIAL, _STARTED - _ENDED), Grant(Who.ADMIN, _STARTED - _ENDED)),
    Permission.LETTERS_SET: (Grant(Who.OFFICIAL, frozenset({C.DELIBERATING, C.PROPOSED}) | _FROZEN),),
    Permission.DECISIONS_PREPARE: (Grant(Who.OFFICIAL, frozenset({C.ARBITRATED, C.DECIDED, C.PUBLISHED})),),
    Permission.DECISIONS_READ: (Grant(Who.OFFICIAL, frozenset({C.ARBITRATED}) | _DECIDED),),
    Permission.DECISIONS_NOTIFY: (Grant(Who.OFFICIAL, _DECIDED),),
    Permission.GRANT_CORRECT: (Grant(Who.OFFICIAL, _DECIDED),),
    Permission.APPEALS_MANAGE: (Grant(Who.OFFICIAL, _DECIDED),),
    Permission.RESULTS_PUBLISH: (Grant(Who.OFFICIAL, frozenset({C.DECIDED})),),
    Permission.CLAIM_ARBITRATE: (Grant(Who.OFFICIAL), Grant(Who.ADMIN)),
    Permission.ADMIN_HOME: (Grant(Who.ADMIN),),
    Permission.PEOPLE_MANAGE: (Grant(Who.ADMIN), Grant(Who.SYSTEM)),
    Permission.CALL_LOAD: (Grant(Who.ADMIN), Grant(Who.SYSTEM, frozenset({C.DRAFT}))),
    Permission.CALL_OPEN: (Grant(Who.ADMIN), Grant(Who.SYSTEM, frozenset({C.DRAFT}))),
    Permission.AUDIT_READ: (Grant(Who.ADMIN),),
    Permission.SYSTEM_MANAGE: (Grant(Who.ADMIN),),
}

BINDING = frozenset(
    {
        Permission.RANKING_FREEZE,
        Permission.RANKING_UNFREEZE,
        Permission.DECISIONS_PREPARE,
        Permission.DECISIONS_NOTIFY,
        Permission.GRANT_CORRECT,
        Permission.RESULTS_PUBLISH,
    }
)
"""What is done under these binds every dossier of a call: not by whoever is recused of one of them
(`services.dossier.access.ensure_impartial`), who may still read the pages, without the dossier."""


def relations(actor: Actor | None, target: Target) -> frozenset[Who]:
    """What this actor is to this object."""
    found = {Who.ANYONE}
    if actor is None or target.recused:
        return frozenset(found)
    if actor.is_system:
        return frozenset({Who.ANYONE, Who.SYSTEM})
    found.add(Who.SIGNED_IN)
    membership = actor.memberships.get(target.association_id)
    if membership is not None:
        found.add(Who.MEMBER)
        if membership in (MembershipRole.EDITOR, MembershipRole.OWNER):
            found.add(Who.EDITOR)
            if target.corrections:
                found.add(Who.CORRECTING)
        if membership is MembershipRole.OWNER:
            found.add(Who.OWNER)
    call_id = target.call_id or None
    if actor.has_role(Role.REVIEWER, call_id):
        found.add(Who.REVIEWER)
        if target.assigned:
            found.add(Who.ASSIGNED)
            if target.further:
                found.add(Who.ASKED_AGAIN)
    if actor.has_role(Role.OFFICIAL, call_id):
        found.add(Who.OFFICIAL)
    if actor.has_role(Role.JURY, call_id):
        found.add(Who.JURY)
    if actor.has_role(Role.ADMIN):
        found.add(Who.ADMIN)
    return frozenset(found)


def _state_fits(grant: Grant, target: Target) -> bool:
    call_fits = grant.calls is None or target.call_state is None or target.call_state in grant.calls
    application_fits = (
        grant.applications is None or target.application_state is None or target.application_state in grant.applications
    )
    return call_fits and application_fits


def allowed(actor: Actor | None, permission: Permission, target: Target = Target()) -> bool:
    """Whether the table grants the permission on this object now."""
    held = relations(actor, target)
    return any(grant.who in held and _state_fits(grant, target) for grant in TABLE[permission])


def marks_closed(actor: Actor, target: Target) -> bool:
    """Whether others' marks are closed as yet to this official of the call, whatever else they are in it (a reviewer)."""
    return Who.OFFICIAL in relations(actor, target) and not allowed(actor, Permission.MARKS_READ, target)


def conceivable(actor: Actor | None, permission: Permission) -> bool:
    """Whether this actor could have the permission on some object: what a route and a menu ask."""
    held = set(relations(actor, Target()))
    if actor is not None:
        if actor.memberships:
            held.add(Who.MEMBER)
        if set(actor.memberships.values()) & {MembershipRole.EDITOR, MembershipRole.OWNER}:
            held.add(Who.EDITOR)
        if MembershipRole.OWNER in actor.memberships.values():
            held.add(Who.OWNER)
        if actor.has_role(Role.REVIEWER):
            held.add(Who.ASSIGNED)
    return any(grant.who in held for grant in TABLE[permission])


def ensure(actor: Actor | None, permission: Permission, target: Target, *, kind: str = "", id: str = "") -> None:
    """Lets pass, or raises.

    Raises `SignInNeeded` (nobody is signed in), `NotFound` (somebody else's object answers like a missing one) or
    `StateForbids` (the actor could, in another state).
    """
    if allowed(actor, permission, target):
        return
    held = relations(actor, target)
    if any(grant.who in held for grant in TABLE[permission]):
        state = target.application_state or target.call_state
        raise StateForbids(permission=permission, state=str(state or ""))
    if actor is None:
        raise SignInNeeded
    raise NotFound(kind or "object", id)
