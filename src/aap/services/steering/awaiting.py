"""What waits for the service in the calls that somebody follows: how many, since when, until when.

A kind of work is one entry of KINDS: a query that counts by call, and until when it is to be done. The numbers are the
call's, the same for everybody who follows it; what they lead to leaves out what its reader is recused of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, literal, union_all
from sqlalchemy import select as sql_select
from sqlmodel import Session, col

from aap.core.delays import PARIS, appeal_silence
from aap.records.applications import Application, ApplicationState, CompletionRequest, Message
from aap.records.calls import CallState
from aap.records.decided import Notification, NotificationState
from aap.records.outbox import OutboxMail
from aap.records.rankings import Contest, ContestKind, RankingRun, RunState
from aap.records.reviews import Assignment, Recusal, Review, ReviewState
from aap.services.call.calls import OpenedCall
from aap.services.decision.in_force import DECIDED, current_list
from aap.services.decision.list_versions import departures
from aap.services.dossier.counted import not_set_aside
from aap.services.recusals import unlooked_at

SCREENING = frozenset({CallState.CLOSED, CallState.REVIEWING})


@dataclass(frozen=True)
class Awaited:
    """Work of one kind in one call. `since`: of the oldest; `until`: by when, None where nothing says it."""

    kind: str
    call: OpenedCall
    number: int
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class _Kind:
    """`query`: call ids → a selection of (call id, number, moment of the oldest), grouped by call. `states`: of the calls in
    which it is work (None: in all). `until`: by when, from the call and the oldest."""

    query: Callable[[Sequence[str]], Any]
    states: frozenset[CallState] | None = None
    until: Callable[[OpenedCall, datetime], datetime | None] = lambda _call, _since: None


def _of_dossiers(call_ids: Sequence[str], moment: Any, *asked: Any) -> Any:
    """Dossiers of the calls, counted once each."""
    return (
        sql_select(col(Application.call_id), func.count(func.distinct(col(Application.id))), func.min(moment))
        .where(col(Application.call_id).in_(call_ids), *asked)
        .group_by(col(Application.call_id))
    )


def _to_screen(call_ids: Sequence[str]) -> Any:
    answered = sql_select(col(CompletionRequest.application_id)).where(col(CompletionRequest.answered_at).is_not(None))
    return _of_dossiers(
        call_ids, col(Application.submitted_at), col(Application.state) == ApplicationState.SUBMITTED,
        col(Application.id).not_in(answered),
    )  # fmt: skip


def _completed(call_ids: Sequence[str]) -> Any:
    return _of_dossiers(
        call_ids, col(CompletionRequest.answered_at), col(Application.state) == ApplicationState.SUBMITTED,
        col(CompletionRequest.application_id) == col(Application.id),
        col(CompletionRequest.answered_at).is_not(None),
    )  # fmt: skip


def _messages(call_ids: Sequence[str]) -> Any:
    answers = (
        sql_select(func.max(col(Message.created_at)))
        .where(col(Message.application_id) == col(Application.id), col(Message.from_service).is_(True))
        .correlate(Application)
        .scalar_subquery()
    )
    said = Message.__table__.alias("said")  # type: ignore[attr-defined]
    return _of_dossiers(
        call_ids, said.c.created_at, said.c.application_id == col(Application.id), said.c.from_service.is_(False),
        said.c.read_at.is_(None), func.coalesce(said.c.created_at > answers, True),
    )  # fmt: skip


def _conflicts(call_ids: Sequence[str]) -> Any:
    return _of_dossiers(
        call_ids, col(Recusal.created_at), col(Recusal.application_id) == col(Application.id),
        unlooked_at(),
    )  # fmt: skip


def _reviews(call_ids: Sequence[str]) -> Any:
    """Reviewers with something that they have not handed in."""
    given = sql_select(col(Review.assignment_id)).where(col(Review.state) == ReviewState.SUBMITTED)
    return (
        sql_select(
            col(Assignment.call_id), func.count(func.distinct(col(Assignment.person_id))), func.min(col(Assignment.created_at))
        )
        .where(
            col(Assignment.call_id).in_(call_ids), col(Assignment.removed_at).is_(None), not_set_aside(),
            col(Assignment.id).not_in(given),
        )
        .group_by(col(Assignment.call_id))
    )  # fmt: skip


def _reopenings(call_ids: Sequence[str]) -> Any:
    return (
        sql_select(col(Assignment.call_id), func.count(), func.min(col(Review.updated_at)))
        .where(
            col(Assignment.call_id).in_(call_ids), col(Review.assignment_id) == col(Assignment.id),
            col(Review.reopen_request) != "", col(Review.state) == ReviewState.SUBMITTED,
        )
        .group_by(col(Assignment.call_id))
    )  # fmt: skip


def _rankings(call_ids: Sequence[str]) -> Any:
    return (
        sql_select(col(RankingRun.call_id), func.count(), func.min(col(RankingRun.proposed_at)))
        .where(col(RankingRun.call_id).in_(call_ids), col(RankingRun.state) == RunState.PROPOSED)
        .group_by(col(RankingRun.call_id))
    )


def _notifications(call_ids: Sequence[str]) -> Any:
    return (
        sql_select(col(Notification.call_id), func.count(), func.min(col(Notification.proposed_at)))
        .where(col(Notification.call_id).in_(call_ids), col(Notification.state) == NotificationState.PROPOSED)
        .group_by(col(Notification.call_id))
    )


def _appeals(call_ids: Sequence[str]) -> Any:
    return (
        sql_select(col(Contest.call_id), func.count(), func.min(col(Contest.created_at)))
        .where(
            col(Contest.call_id).in_(call_ids), col(Contest.result).is_(None),
            col(Contest.kind) != ContestKind.CONTENTIEUX,
        )
        .group_by(col(Contest.call_id))
    )  # fmt: skip


def _unsent(call_ids: Sequence[str]) -> Any:
    return (
        sql_select(col(Application.call_id), func.count(), func.min(col(OutboxMail.given_up_at)))
        .where(
            col(Application.call_id).in_(call_ids), col(OutboxMail.application_id) == col(Application.id),
            col(OutboxMail.given_up_at).is_not(None), col(OutboxMail.sent_at).is_(None),
        )
        .group_by(col(Application.call_id))
    )  # fmt: skip


def _end_of(day: date) -> datetime:
    """The last moment of a day in Paris."""
    return datetime.combine(day, time(23, 59), PARIS)


def _reviews_close(call: OpenedCall, _since: datetime) -> datetime | None:
    return call.file.reviewing.closes_at


def _decided_by(call: OpenedCall, _since: datetime) -> datetime | None:
    return _end_of(call.file.call.decision_by) if call.file.call.decision_by else None


def _silence(_call: OpenedCall, since: datetime) -> datetime | None:
    return _end_of(appeal_silence(since.astimezone(PARIS).date()))


def _within_days(days: int) -> Callable[[OpenedCall, datetime], datetime]:
    return lambda _call, since: since + timedelta(days=days)


KINDS: Mapping[str, _Kind] = {
    "to_screen": _Kind(_to_screen, SCREENING, _reviews_close),
    "completed": _Kind(_completed, SCREENING, _reviews_close),
    "messages": _Kind(_messages, until=_within_days(5)),
    "conflicts": _Kind(_conflicts, SCREENING | {CallState.DELIBERATING}, _reviews_close),
    "reviews": _Kind(_reviews, frozenset({CallState.REVIEWING}), _reviews_close),
    "reopenings": _Kind(_reopenings, frozenset({CallState.REVIEWING}), _reviews_close),
    "ranking": _Kind(_rankings, frozenset({CallState.PROPOSED}), _decided_by),
    "notification": _Kind(_notifications, DECIDED, _decided_by),
    "appeals": _Kind(_appeals, None, _silence),
    "unsent": _Kind(_unsent),
}
"""What waits, by kind. A message is expected to be answered within five days: a rule of the house, not of the law."""


def awaited(session: Session, calls: Sequence[OpenedCall]) -> tuple[Awaited, ...]:
    """What waits in these calls, the oldest first. One query, and one or two for each call whose list is in force."""
    by_id = {call.id: call for call in calls}
    asked = []
    for name, kind in KINDS.items():
        ids = [call.id for call in calls if kind.states is None or call.state in kind.states]
        if ids:
            query = kind.query(ids)
            there, number, since = query.selected_columns
            asked.append(
                query.with_only_columns(
                    literal(name).label("kind"), there.label("call_id"), number.label("number"), since.label("since")
                )
            )
    if not asked:
        return ()
    found = [
        Awaited(
            row.kind, by_id[row.call_id], row.number, row.since, KINDS[row.kind].until(by_id[row.call_id], row.since)
        )
        for row in session.execute(union_all(*asked))
        if row.number and row.since is not None
    ]
    found += _free_places(session, calls)
    return tuple(sorted(found, key=lambda one: (one.since, one.call.id, one.kind)))


def _free_places(session: Session, calls: Sequence[OpenedCall]) -> list[Awaited]:
    """Laureates who left and whose place nobody has taken. One query a call whose list is in force, two where a place is free."""
    found = []
    for call in calls:
        if call.state in DECIDED and call.state is not CallState.ARCHIVED:
            places = departures(session, call.id).places
            since = current_list(session, call.id).at if places > 0 else None
            if since is not None:
                found.append(Awaited("places", call, places, since, None))
    return found
