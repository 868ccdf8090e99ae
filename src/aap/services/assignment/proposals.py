"""Proposals of an assignment: computed, looked at, applied or set aside. The optimum is the core's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

import numpy as np
from sqlmodel import Session, col, func, select

from aap.core.assignment.changes import changes
from aap.core.assignment.distribution import Options, Proposal, assign
from aap.core.assignment.report import figures, unmet
from aap.core.french import NBSP
from aap.core.results import MASKED, masked_text
from aap.documents.mail_texts import Mail
from aap.records.applications import Application
from aap.records.calls import CallState
from aap.records.outbox import Job
from aap.records.people import Person
from aap.records.reviews import (
    Assignment,
    AssignmentProposal,
    ProposalState,
    Reviewer,
)
from aap.services.actor import Actor, author_of_work
from aap.services.assignment.situation import AssignmentSettings, Situation, default_settings, situation
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.outbox import Progress as WorkProgress
from aap.services.outbox import send_mail
from aap.services.page_links import Links
from aap.services.panel.interests import match_conflicts
from aap.services.permissions import Permission, ensure
from aap.services.platform import Platform

AT_ONCE = 60_000
"""Dossiers times reviewers up to which a proposal is computed while the page waits; above, in the background."""


def check_settings(call: OpenedCall, typed: Mapping[str, str]) -> AssignmentSettings:
    """Settings as they were typed (`reviews`, `mode`, `avoid_earlier`: yes). Raises InvalidInput."""
    usual = default_settings(call)
    text = typed.get("reviews", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= 20):
        raise InvalidInput({"reviews": Objection("assignment.number_of_reviews")})
    mode = typed.get("mode", "")
    if mode not in ("rebuild", "complete"):
        raise InvalidInput({"mode": Objection("assignment.mode_unknown")})
    return replace(
        usual,
        mode="complete" if mode == "complete" else "rebuild",
        reviews=int(text),
        avoid_earlier=typed.get("avoid_earlier") == "yes",
    )


def prepare(session: Session, *, actor: Actor, call_id: str, settings: AssignmentSettings, now: datetime) -> Situation:
    """Looks for conflicts that weren't found yet, then loads the situation. Raises InvalidInput where nothing is."""
    call = get_call(session, call_id)
    ensure(actor, Permission.ASSIGNMENT_MANAGE, call.target(), kind="call", id=call_id)
    match_conflicts(session, call, now=now)
    found = situation(session, call, settings)
    if not found.dossiers:
        raise InvalidInput({"": Objection("assignment.no_dossiers")})
    if not found.reviewers:
        raise InvalidInput({"": Objection("assignment.no_reviewers")})
    return found


def is_long(found: Situation) -> bool:
    """Whether the proposal is better computed in the background."""
    return len(found.dossiers) * len(found.reviewers) > AT_ONCE


def compute_proposal(found: Situation) -> Proposal:
    """The core's proposal. No database: half a second for 236 dossiers among 40 reviewers."""
    share = found.settings.bridges
    return assign(found.demand, Options(found.settings.mode, bridges=None if share is None else Fraction(share)))


def keep_proposal(
    session: Session, *, actor: Actor, found: Situation, proposal: Proposal, now: datetime
) -> AssignmentProposal:
    """Keeps a proposal for a look; an earlier open one of the call is set aside."""
    ensure(actor, Permission.ASSIGNMENT_MANAGE, found.call.target(), kind="call", id=found.call.id)
    for old in session.exec(
        select(AssignmentProposal).where(
            AssignmentProposal.call_id == found.call.id, AssignmentProposal.state == ProposalState.OPEN
        )
    ):
        old.state, old.decided_at, old.decided_by = ProposalState.DISCARDED, now, actor.row_id
        session.add(old)
    kept = AssignmentProposal(
        call_id=found.call.id,
        basis=found.digest,
        settings=found.settings.as_json(),
        content=_content(found, proposal),
        author_id=actor.row_id,
        created_at=now,
    )
    session.add(kept)
    session.flush()
    record(
        session,
        actor,
        "assignment.proposed",
        kept,
        now=now,
        after={"settings": kept.settings, "added": len(kept.content["added"]), "removed": len(kept.content["removed"])},
    )
    return kept


def _content(found: Situation, proposal: Proposal) -> dict[str, Any]:
    moved = changes(found.demand.current, proposal.pairs)
    before = Counter(code for _, code in found.demand.current)
    grid = proposal.grid
    loads = proposal.given.sum(axis=0)
    totals = np.where(proposal.given, grid.fit, 0).sum(axis=0)
    return {
        "added": [list(pair) for pair in moved.added],
        "removed": [list(pair) for pair in moved.removed],
        "pairs": [
            [grid.dossiers[d], grid.reviewers[r], int(grid.fit[d, r])]
            for d, r in zip(*np.nonzero(proposal.given), strict=True)
        ],
        "loads": [
            [code, before[code], int(loads[at]), int(grid.least[at]), int(grid.most[at]),
             round(float(totals[at] / loads[at]), 1) if loads[at] else None]
            for at, code in enumerate(grid.reviewers)
        ],
        "unmet": [asdict(one) for one in unmet(proposal, reviewer=found.name)],
        "figures": figures(proposal),
        "waiting": found.waiting,
    }  # fmt: skip


def propose_in_background(platform: Platform, job: Job, progress: WorkProgress) -> Mapping[str, Any]:
    """Job `assignment`: arguments are the settings. Computes outside of any transaction, then keeps the proposal."""
    progress(0, 2, "searching")
    with platform.database.reading() as session:
        call = get_call(session, job.call_id or "")
        found = situation(session, call, AssignmentSettings.of_json(job.arguments))
        actor = author_of_work(session, job.author_id)
    proposal = compute_proposal(found)
    progress(1, 2, "saving")
    with platform.database.writing() as session:
        kept = keep_proposal(session, actor=actor, found=found, proposal=proposal, now=platform.clock())
        return {"proposal": kept.id}


def find_proposal(
    session: Session, *, actor: Actor, call: OpenedCall, proposal_id: str, lock: bool = False
) -> AssignmentProposal:
    """A proposal of this call; `lock`: its row is held, so that two decisions come one after the other. Raises NotFound."""
    ensure(actor, Permission.REVIEWS_FOLLOW, call.target(), kind="call", id=call.id)
    found = session.get(AssignmentProposal, proposal_id, with_for_update=lock)
    if found is None or found.call_id != call.id:
        raise NotFound("assignment_proposal", proposal_id)
    return found


def proposal_view(content: Mapping[str, Any], found: Situation, seen: frozenset[str]) -> dict[str, Any]:
    """What of a proposal this official may see: of the dossiers of which they are recused, pairs without names, so that
    everybody counts the same. Dossiers that aren't read any more are left out."""
    hidden = frozenset(found.dossiers) - seen

    def shown(listed: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        return [
            pair if pair[0] in seen else (MASKED, *("",) * (len(pair) - 1))
            for pair in listed
            if pair[0] in found.dossiers
        ]

    readable = [pair for pair in content["pairs"] if pair[0] in seen]
    fits = [pair[2] for pair in content["pairs"] if pair[0] in found.dossiers]
    return {
        **content,
        "added": shown(content["added"]),
        "removed": shown(content["removed"]),
        "pairs": shown(content["pairs"]),
        "unmet": [_unmet_view(one, hidden) for one in content["unmet"] if set(one["dossiers"]) <= set(found.dossiers)],
        "worst": sorted(readable, key=lambda pair: (pair[2], pair[0], pair[1]))[:10],
        "histogram": np.bincount([min(fit // 20, 4) for fit in fits], minlength=5).tolist() if fits else [0] * 5,
    }


def _unmet_view(one: Mapping[str, Any], hidden: frozenset[str]) -> Mapping[str, Any]:
    named = hidden & set(one["dossiers"])
    if not named:
        return one
    if len(one["dossiers"]) == 1:  # the sentence is about it alone
        return {**one, "dossiers": [], "sentence": f"{MASKED}{NBSP}: il lui manque des évaluateurs."}
    left = [name for name in one["dossiers"] if name not in named]
    return {**one, "dossiers": left, "sentence": masked_text(one["sentence"], named)}


def open_proposal(session: Session, call_id: str) -> AssignmentProposal | None:
    """The proposal that waits for a decision. One query."""
    return session.exec(
        select(AssignmentProposal)
        .where(AssignmentProposal.call_id == call_id, AssignmentProposal.state == ProposalState.OPEN)
        .order_by(col(AssignmentProposal.created_at).desc(), col(AssignmentProposal.id).desc())
        .limit(1)
    ).first()


def discard_proposal(session: Session, *, actor: Actor, call: OpenedCall, proposal_id: str, now: datetime) -> None:
    """Sets a proposal aside; nothing changes. Raises NotFound."""
    ensure(actor, Permission.ASSIGNMENT_MANAGE, call.target(), kind="call", id=call.id)
    found = _still_open(find_proposal(session, actor=actor, call=call, proposal_id=proposal_id, lock=True))
    _decided(found, ProposalState.DISCARDED, actor, now)
    session.add(found)
    record(session, actor, "assignment.discarded", found, now=now)


def _still_open(found: AssignmentProposal) -> AssignmentProposal:
    if found.state != ProposalState.OPEN:
        raise NotFound("assignment_proposal", found.id)
    return found


def _decided(found: AssignmentProposal, state: ProposalState, actor: Actor, now: datetime) -> None:
    found.state, found.decided_by, found.decided_at = state, actor.person_id, now


def apply_proposal(
    session: Session, *, actor: Actor, call_id: str, proposal_id: str, links: Links, now: datetime
) -> tuple[int, int]:
    """Gives and takes back what the proposal says; reviewers are told once the reviews are open. (added, removed).

    Raises NotFound, and InvalidInput where anything it rests on has changed since (a mark, a recusal, a dossier).
    """
    call = get_call(session, call_id)
    ensure(actor, Permission.ASSIGNMENT_MANAGE, call.target(), kind="call", id=call_id)
    kept = _still_open(find_proposal(session, actor=actor, call=call, proposal_id=proposal_id, lock=True))
    match_conflicts(session, call, now=now)  # a link that came since makes it stale
    found = situation(session, call, AssignmentSettings.of_json(kept.settings))
    if found.digest != kept.basis:
        raise InvalidInput(
            {"": Objection("assignment.situation_changed")}
        )  # fmt: skip
    rows = {
        (one.application_id, one.person_id): one
        for one in session.exec(select(Assignment).where(Assignment.call_id == call.id))
    }
    for reference, code in kept.content["removed"]:
        take_back(session, found.held[reference, code].assignment_id, "répartition", now)
    for reference, code in kept.content["added"]:
        application, person_id = found.dossiers[reference], found.reviewers[code][1].id
        _give(session, application, person_id, rows.get((application.id, person_id)), now)
    session.flush()
    _decided(kept, ProposalState.APPLIED, actor, now)
    session.add(kept)
    record(
        session,
        actor,
        "assignment.applied",
        kept,
        now=now,
        after={"added": kept.content["added"], "removed": kept.content["removed"]},
    )
    if call.state is CallState.REVIEWING:
        tell_reviewers(session, call, Counter(code for _, code in kept.content["added"]), links, now)
    return len(kept.content["added"]), len(kept.content["removed"])


def give(session: Session, application: Application, person_id: str, now: datetime, *, locked: bool = False) -> None:
    """Gives a dossier; one that was taken back before is given again, with what had been written."""
    known = session.exec(
        select(Assignment).where(Assignment.application_id == application.id, Assignment.person_id == person_id)
    ).first()
    _give(session, application, person_id, known, now, locked=locked)
    session.flush()


def _give(
    session: Session,
    application: Application,
    person_id: str,
    known: Assignment | None,
    now: datetime,
    *,
    locked: bool = False,
) -> None:
    given = known or Assignment(
        call_id=application.call_id, application_id=application.id, person_id=person_id, created_at=now
    )
    given.removed_at, given.removal_reason, given.declined_at, given.locked = None, "", None, locked
    session.add(given)


def take_back(session: Session, assignment_id: str, reason: str, now: datetime) -> None:
    """A dossier is no longer this reviewer's; what they marked stays, and doesn't count."""
    taken = session.get_one(Assignment, assignment_id)
    taken.removed_at, taken.removal_reason, taken.locked = now, reason, False
    session.add(taken)


def tell_everybody(session: Session, call: OpenedCall, *, links: Links, now: datetime) -> None:
    """When the reviews open: a mail to every reviewer with the number of their dossiers."""
    given = session.exec(
        select(Reviewer.code, func.count())
        .where(
            Reviewer.call_id == call.id,
            Assignment.call_id == call.id,
            Assignment.person_id == Reviewer.person_id,
            col(Assignment.removed_at).is_(None),
        )
        .group_by(col(Reviewer.code))
    ).all()
    tell_reviewers(session, call, dict(given), links, now)


def tell_reviewers(session: Session, call: OpenedCall, given: Mapping[str, int], links: Links, now: datetime) -> None:
    """A mail to every reviewer with how many dossiers are new to them. `given`: code → number; their list is linked."""
    people = session.exec(
        select(Reviewer.code, Person.email)
        .where(Reviewer.person_id == Person.id, Reviewer.call_id == call.id)
        .order_by(col(Reviewer.code))
    )
    for code, email in people:
        if given.get(code):
            send_mail(
                session, Mail.DOSSIERS_ASSIGNED, to=email, now=now,
                values={"call": call.record.title, "count": given[code], "contact": call.file.call.contact or "",
                        "link": links.reviews()},
                sender=call.authority_name,
            )  # fmt: skip
