"""Setting aside: reviews that count for nothing, by two persons with a reason, before anybody knows the ranks.

All of a reviewer's by a rule that the call published, or one for a proven conflict. The marks stay, and leave scores,
severities and the number of reviews; a dossier that falls below its minimum asks for one more review. As soon as a
ranking is computed its ranks are known: from then on nothing is set aside any more, nor taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.core.scoring.marking import MOST_COMMENT
from aap.records.applications import Application
from aap.records.people import Person
from aap.records.reviews import AsideGround, Assignment, Review, Reviewer, ReviewState, SetAside
from aap.services.actor import Actor
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.dossier.access import dossier_of, recused_dossiers, typed_dossier
from aap.services.dossier.counted import ShortDossier, set_aside_of
from aap.services.errors import InvalidInput, NotFound, Objection, OwnRequest, SamePerson
from aap.services.permissions import Permission, ensure
from aap.services.ranking.gates import flagged_reviewers
from aap.services.ranking.runs import latest_run
from aap.services.review.progress import review_counts, reviewed_dossiers


@dataclass(frozen=True)
class AsideLine:
    """One setting aside. `reference` empty: all of the reviewer's; `confirmed_by` empty: it waits for a second person.

    `masked`: the review of a dossier of which the official is recused; nothing of it is here but its place.
    """

    id: str
    code: str
    name: str
    reference: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str
    own: bool
    masked: bool = False


@dataclass(frozen=True)
class AsidePage:
    """`reviewers`: (code, name) of who has submitted reviews; `ranked`: the ranks are known, nothing changes any more.

    `erratic`: codes of those whose marks scatter, without any mark.
    """

    call: OpenedCall
    lines: tuple[AsideLine, ...]
    short: tuple[ShortDossier, ...]
    reviewers: tuple[tuple[str, str], ...]
    ranked: bool
    erratic: tuple[str, ...]


def set_aside_page(session: Session, *, actor: Actor, call: OpenedCall) -> AsidePage:
    """What is set aside in the call, what that leaves short of reviews, and whose reviews there are. About twenty queries."""
    ensure(actor, Permission.REVIEWS_FOLLOW, call.target(), kind="call", id=call.id)
    kept = set_aside_of(session, call.id)
    people = {one for row in kept for one in (row.person_id, row.proposed_by, row.confirmed_by) if one}
    names = dict(session.exec(select(Person.id, Person.name).where(col(Person.id).in_(people))).all())
    codes = dict(session.exec(select(Reviewer.person_id, Reviewer.code).where(Reviewer.call_id == call.id)).all())
    hidden = recused_dossiers(session, actor, call.id)
    about = {row.application_id for row in kept if row.application_id}
    references = dict(
        session.exec(select(Application.id, Application.reference).where(col(Application.id).in_(about))).all()
    )
    return AsidePage(
        call=call,
        lines=tuple(
            AsideLine(row.id, "", "", "", "", "", row.proposed_at, "", own=False, masked=True)
            if row.application_id in hidden
            else AsideLine(
                id=row.id,
                code=codes.get(row.person_id, ""),
                name=names.get(row.person_id, ""),
                reference=references.get(row.application_id or "", ""),
                reason=row.reason,
                proposed_by=names.get(row.proposed_by, ""),
                proposed_at=row.proposed_at,
                confirmed_by=names.get(row.confirmed_by or "", ""),
                own=row.proposed_by == actor.person_id,
            )
            for row in kept
        ),
        short=_short(session, call, kept, hidden),
        reviewers=_reviewers(session, call),
        ranked=latest_run(session, call.id) is not None,
        erratic=flagged_reviewers(session, call),
    )


def _reviewers(session: Session, call: OpenedCall) -> tuple[tuple[str, str], ...]:
    found = session.exec(
        select(Reviewer.code, Person.name)
        .where(
            Reviewer.person_id == Person.id,
            Reviewer.call_id == call.id,
            Assignment.person_id == Person.id,
            Assignment.call_id == call.id,
            col(Assignment.removed_at).is_(None),
            Review.assignment_id == Assignment.id,
            Review.state == ReviewState.SUBMITTED,
        )
        .distinct()
        .order_by(col(Reviewer.code))
    )
    return tuple((code, name) for code, name in found)


def _short(
    session: Session, call: OpenedCall, kept: tuple[SetAside, ...], hidden: frozenset[str]
) -> tuple[ShortDossier, ...]:
    """The dossiers that lack reviews and of which some are set aside."""
    counted = [row for row in kept if row.confirmed_at is not None]
    if not counted:
        return ()
    wholly = {row.person_id for row in counted if row.application_id is None}
    touched = {row.application_id for row in counted if row.application_id}
    touched |= set(
        session.exec(
            select(Assignment.application_id).where(
                Assignment.call_id == call.id,
                col(Assignment.person_id).in_(wholly),
                col(Assignment.removed_at).is_(None),
            )
        )
    )
    counts = review_counts(session, Assignment.call_id == call.id)
    needed = call.file.rubric.min_reviews
    dossiers = session.exec(
        select(Application)
        .where(reviewed_dossiers(call.id), col(Application.id).in_(touched))
        .order_by(col(Application.reference))
    ).all()
    return tuple(
        ShortDossier("", "", given, needed, masked=True)
        if one.id in hidden
        else ShortDossier(one.reference, one.title, given, needed)
        for one in dossiers
        if (given := counts.get(one.id, (0, 0))[0]) < needed
    )


def propose_set_aside(
    session: Session, *, actor: Actor, call: OpenedCall, code: str, reference: str, reason: str, now: datetime
) -> SetAside:
    """The first person: one review of the reviewer `code` (`reference`), or all of theirs (none).

    Nobody proposes it of themselves. Raises InvalidInput, NotFound, OwnRequest.
    """
    ensure(actor, Permission.REVIEW_SET_ASIDE, call.target(), kind="call", id=call.id)
    _ensure_ranks_unknown(session, call)
    problems = _reason_problems(reason)
    reviewer = session.exec(select(Reviewer).where(Reviewer.call_id == call.id, Reviewer.code == code)).first()
    application_id = None
    if reference.strip():
        try:
            application_id = typed_dossier(session, call.id, reference)
        except InvalidInput as refused:
            problems["reference"] = refused.objections[0]
        else:
            dossier_of(session, actor=actor, permission=Permission.REVIEW_SET_ASIDE, application_id=application_id)
    if reviewer is None:
        problems["reviewer"] = Objection("harmonising.no_such_reviewer")
    elif "reference" not in problems and not _has_review(session, call, reviewer.person_id, application_id):
        problems["reference" if application_id else "reviewer"] = Objection("harmonising.no_such_review")
    if reviewer is not None and not problems:
        held = {(one.person_id, one.application_id) for one in set_aside_of(session, call.id)}
        if (reviewer.person_id, application_id) in held:
            problems["reviewer"] = Objection("harmonising.set_aside_already")
    if problems:
        raise InvalidInput(problems)
    assert reviewer is not None
    if reviewer.person_id == actor.person_id:
        raise OwnRequest
    kept = SetAside(
        call_id=call.id,
        person_id=reviewer.person_id,
        application_id=application_id,
        ground=AsideGround.CONFLICT if application_id else AsideGround.RULE,
        reason=reason.strip(),
        proposed_by=actor.person_id,
        proposed_at=now,
    )
    session.add(kept)
    session.flush()
    record(session, actor, "set_aside.proposed", _subject(kept), now=now, after=_told(kept, code))
    return kept


def confirm_set_aside(session: Session, *, actor: Actor, call: OpenedCall, aside_id: str, now: datetime) -> None:
    """The second person: from now on these reviews count for nothing. Raises NotFound, SamePerson, InvalidInput."""
    kept = _held(session, actor, call, aside_id)
    if kept.confirmed_at is not None:
        raise InvalidInput({"": Objection("harmonising.set_aside_already")})
    if kept.proposed_by == actor.person_id:
        raise SamePerson
    if kept.person_id == actor.person_id:
        raise OwnRequest
    kept.confirmed_by, kept.confirmed_at = actor.person_id, now
    session.add(kept)
    record(session, actor, "set_aside.confirmed", _subject(kept), now=now, after=_told(kept, _code(session, kept)))


def withdraw_set_aside(
    session: Session, *, actor: Actor, call: OpenedCall, aside_id: str, reason: str, now: datetime
) -> None:
    """The reviews count again, or were never to be set aside. Raises NotFound, InvalidInput without a reason."""
    kept = _held(session, actor, call, aside_id)
    if problems := _reason_problems(reason):
        raise InvalidInput(problems)
    session.delete(kept)
    before = _told(kept, _code(session, kept))
    record(
        session, actor, "set_aside.withdrawn", _subject(kept), now=now, before=before, after={"reason": reason.strip()}
    )  # fmt: skip


def _held(session: Session, actor: Actor, call: OpenedCall, aside_id: str) -> SetAside:
    """One of the call's that this actor may decide on, while ranks are unknown."""
    ensure(actor, Permission.REVIEW_SET_ASIDE, call.target(), kind="call", id=call.id)
    kept = session.exec(
        select(SetAside).where(SetAside.id == aside_id, SetAside.call_id == call.id).with_for_update()
    ).first()
    if kept is None:
        raise NotFound("set_aside", aside_id)
    if kept.application_id:
        dossier_of(session, actor=actor, permission=Permission.REVIEW_SET_ASIDE, application_id=kept.application_id)
    _ensure_ranks_unknown(session, call)
    return kept


def _ensure_ranks_unknown(session: Session, call: OpenedCall) -> None:
    hold_call(session, get_call(session, call.id))  # a run that is being kept meanwhile is seen
    if latest_run(session, call.id) is not None:
        raise InvalidInput({"": Objection("harmonising.ranks_known")})


def _reason_problems(reason: str) -> dict[str, Objection]:
    if not reason.strip():
        return {"reason": Objection("harmonising.set_aside_unexplained")}
    if len(reason) > MOST_COMMENT:
        return {"reason": Objection("harmonising.text_too_long", most=MOST_COMMENT)}
    return {}


def _has_review(session: Session, call: OpenedCall, person_id: str, application_id: str | None) -> bool:
    query = select(Review.id).where(
        Review.assignment_id == Assignment.id,
        Assignment.call_id == call.id,
        Assignment.person_id == person_id,
        col(Assignment.removed_at).is_(None),
        Review.state == ReviewState.SUBMITTED,
    )
    if application_id is not None:
        query = query.where(Assignment.application_id == application_id)
    return session.exec(query.limit(1)).first() is not None


def _code(session: Session, kept: SetAside) -> str:
    found = session.exec(
        select(Reviewer.code).where(Reviewer.call_id == kept.call_id, Reviewer.person_id == kept.person_id)
    ).first()
    return found or ""


def _subject(kept: SetAside) -> Subject:
    if kept.application_id:
        return Subject("application", kept.application_id, kept.call_id)
    return Subject("call", kept.call_id, kept.call_id)


def _told(kept: SetAside, code: str) -> dict[str, str]:
    return {"reviewer": code, "ground": str(kept.ground), "reason": kept.reason}
