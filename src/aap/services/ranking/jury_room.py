"""The jury's room: every dossier of the call, in lists that are voted at once and open ones that are looked at one by one.

A dossier is open where a member called it out of its list, where the authority let it pass a gate (its reviewers disagree,
its place is contested, a reviewer's marks scatter), where its place hangs on little, or where the jury decided on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sqlmodel import Session, col, select

from aap.core.results import ResultRow, Status
from aap.records.applications import Application
from aap.records.deliberations import JuryVote, Looking, Meeting, Waiver
from aap.records.rankings import DecisionStage, JuryDecision, JuryDecisionKind, RankingRun
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import recused_dossiers
from aap.services.dossier.references import short_names
from aap.services.permissions import Permission, ensure
from aap.services.ranking.jury_members import MemberLine, jury_members
from aap.services.ranking.meetings import ClosedMeeting, OpenMeeting, closed_meetings, current_meeting
from aap.services.ranking.runs import latest_run, moved_since, view_run

LISTS: tuple[Status, ...] = (
    "laureate", "waiting_list", "not_selected", "below_threshold", "ineligible", "incomplete",
)  # fmt: skip
"""The outcomes that are voted at once, in the order in which they come before the jury. A withdrawn dossier has none."""

BEFORE_JURY = frozenset({Looking.LISTED, Looking.KEPT, Looking.CHANGED})
"""How a dossier was looked at, once it was."""

OpenReason = Literal["called", "sent_back", "divergent", "contested", "erratic", "line", "decided", "moved"]

_DOUBTFUL = (Decimal("0.35"), Decimal("0.65"))


@dataclass(frozen=True)
class RoomLine:
    """One dossier in the room. `looking`: how it was before the jury; `open_for`: why it is looked at by itself (`moved`: it
    was voted in a list, and its outcome has changed since).

    `decisions`: what the jury decided on it. `score` is the one that ranks, on 100. Of a `masked` one nothing is told but
    its place.
    """

    application_id: str
    reference: str
    short: str
    association: str
    title: str
    status: Status
    rank: int | None
    score: Decimal | None
    open_for: tuple[OpenReason, ...]
    looking: Looking | None
    decisions: tuple[JuryDecisionKind, ...]
    masked: bool

    @property
    def before_jury(self) -> bool:
        return self.looking in BEFORE_JURY


@dataclass(frozen=True)
class RoomList:
    """Those of one outcome that are voted at once. `voted`: that were, of all of them."""

    name: Status
    lines: tuple[RoomLine, ...]

    @property
    def to_vote(self) -> tuple[RoomLine, ...]:
        return tuple(one for one in self.lines if one.looking is None)


@dataclass(frozen=True)
class JuryRoom:
    """What the jury has before it. `run`: the last one, None before any; `stale`: something counts since it was computed.

    `lines`: every dossier but the withdrawn, in the order of the ranking.
    """

    members: tuple[MemberLine, ...]
    meeting: OpenMeeting | None
    closed: tuple[ClosedMeeting, ...]
    run: RankingRun | None
    stale: bool
    lines: tuple[RoomLine, ...]

    @property
    def lists(self) -> tuple[RoomList, ...]:
        """The lists that are voted at once, without those that are open."""
        found = (
            RoomList(name, tuple(one for one in self.lines if one.status == name and not one.open_for))
            for name in LISTS
        )
        return tuple(one for one in found if one.lines)

    @property
    def open(self) -> tuple[RoomLine, ...]:
        """Those that are looked at one by one."""
        return tuple(one for one in self.lines if one.open_for)

    @property
    def missing(self) -> tuple[RoomLine, ...]:
        """Those that were not before the jury yet."""
        return tuple(one for one in self.lines if not one.before_jury)


def jury_room(session: Session, *, actor: Actor, call: OpenedCall) -> JuryRoom:
    """The room as this actor may see it. About twelve queries."""
    ensure(actor, Permission.RANKING_READ, call.target(), kind="call", id=call.id)
    run = latest_run(session, call.id)
    return JuryRoom(
        members=jury_members(session, actor=actor, call=call),
        meeting=current_meeting(session, call.id),
        closed=closed_meetings(session, call.id),
        run=run,
        stale=run is not None and moved_since(session, run),
        lines=() if run is None else room_lines(session, actor, call, run),
    )


def room_lines(session: Session, actor: Actor, call: OpenedCall, run: RankingRun) -> tuple[RoomLine, ...]:
    """Every dossier of the run but the withdrawn ones, in its order."""
    hidden = recused_dossiers(session, actor, call.id)
    view = view_run(session, run, actor=actor)
    ids = dict(
        session.exec(
            select(Application.reference, Application.id).where(
                Application.call_id == call.id, col(Application.submitted_at).is_not(None)
            )
        ).all()
    )
    names = short_names(ids)
    votes = last_votes(session, call.id)
    decided = _decided(session, call.id)
    waived = _waived(session, call.id)
    contested = set(run.report.get("contested", ()))
    rows = view.by_reference
    line = _near_the_line(rows)
    found = []
    for reference, row in rows.items():
        application_id = ids.get(reference, "")
        if row.status == "withdrawn" or not application_id:
            continue
        masked = application_id in hidden or row.masked
        vote = votes.get(application_id)
        looking = None if vote is None else Looking(vote.looking)
        why: list[OpenReason] = []
        if vote is not None and looking is Looking.LISTED and vote.list_name != row.status:
            looking = None  # its list said something else
            why.append("moved")
        if looking is Looking.CALLED or (looking in (Looking.KEPT, Looking.CHANGED)):
            why.append("called")
        if looking is Looking.SENT_BACK:
            why.append("sent_back")
        why += waived.get(application_id, ())
        if reference in contested and "contested" not in why:
            why.append("contested")
        if reference in line:
            why.append("line")
        if application_id in decided:
            why.append("decided")
        found.append(
            RoomLine(
                application_id=application_id,
                reference="" if masked else reference,
                short="" if masked else names.get(reference, reference),
                association=row.association,
                title="" if masked else view.titles.get(reference, ""),
                status=row.status,
                rank=row.rank,
                score=row.score(call.file.scoring.method),
                open_for=tuple(why),
                looking=looking,
                decisions=() if masked else decided.get(application_id, ()),
                masked=masked,
            )
        )
    return tuple(found)


def _near_the_line(rows: Mapping[str, ResultRow]) -> frozenset[str]:
    """Those whose place hangs on little: retained in 35 to 65 % of the draws; without draws, of each lot
    the two last retained by rank and the two first that are not."""
    if any(row.selection_probability is not None for row in rows.values()):
        low, high = _DOUBTFUL
        return frozenset(
            name
            for name, row in rows.items()
            if row.selection_probability is not None and low <= row.selection_probability <= high
        )
    near: set[str] = set()
    for lot in {row.lot for row in rows.values()}:
        ranked = sorted(
            ((row.rank, name, row.status) for name, row in rows.items() if row.lot == lot and row.rank is not None)
        )
        inside = [name for _, name, status in ranked if status == "laureate"]
        outside = [name for _, name, status in ranked if status != "laureate"]
        if inside and outside:
            near |= {*inside[-2:], *outside[:2]}
    return frozenset(near)


def last_votes(session: Session, call_id: str) -> Mapping[str, JuryVote]:
    """Application → what last became of it at a meeting of the call. One query."""
    found = session.exec(
        select(JuryVote)
        .join(Meeting, col(Meeting.id) == col(JuryVote.meeting_id))
        .where(Meeting.call_id == call_id)
        .order_by(col(Meeting.number), col(JuryVote.id))
    )
    return {vote.application_id: vote for vote in found}


def _decided(session: Session, call_id: str) -> Mapping[str, tuple[JuryDecisionKind, ...]]:
    found: dict[str, list[JuryDecisionKind]] = {}
    for application_id, decision in session.exec(
        select(JuryDecision.application_id, JuryDecision.decision)
        .where(JuryDecision.call_id == call_id, JuryDecision.stage == DecisionStage.JURY)
        .order_by(col(JuryDecision.created_at), col(JuryDecision.id))
    ):
        found.setdefault(application_id, []).append(JuryDecisionKind(decision))
    return {name: tuple(kinds) for name, kinds in found.items()}


def _waived(session: Session, call_id: str) -> Mapping[str, Sequence[OpenReason]]:
    found: dict[str, list[OpenReason]] = {}
    for application_id, gate in session.exec(
        select(Waiver.application_id, Waiver.gate)
        .where(Waiver.call_id == call_id)
        .order_by(col(Waiver.created_at), col(Waiver.id))
    ):
        reasons: Mapping[str, OpenReason] = {"divergent": "divergent", "contested": "contested", "erratic": "erratic"}
        found.setdefault(application_id, []).append(reasons[gate])
    return found
