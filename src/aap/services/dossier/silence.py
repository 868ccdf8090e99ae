"""The day after which silence on a dossier is a refusal: one for receipts, mails and pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from aap.core.delays import silence_is_rejection
from aap.records.applications import Application, CompletionRequest, Submission


def requests_of(session: Session, application_id: str) -> tuple[CompletionRequest, ...]:
    """Every request for completion of a dossier, the first one first."""
    found = session.exec(
        select(CompletionRequest)
        .where(CompletionRequest.application_id == application_id)
        .order_by(col(CompletionRequest.created_at), col(CompletionRequest.id))
    )
    return tuple(found)


def rejected_on(session: Session, application: Application) -> date | None:
    """The day from which silence rejects the dossier as it stands; None while it isn't deposited. One query."""
    received = application.submitted_at
    if received is None:
        return None
    return silence_is_rejection(received, [_span(one) for one in requests_of(session, application.id)])


def told_at(submission: Submission, deposits: Sequence[Submission], requests: Sequence[CompletionRequest]) -> date:
    """The day that the receipt of a deposit tells: what was asked for and answered until then has moved it.

    `deposits`: of its dossier. A deposit that answers a request completes the one before it; any other begins anew.
    """
    answered = {one.answered_at for one in requests}
    until = [one.arrived_at for one in deposits if one.arrived_at <= submission.arrived_at]
    received = max((moment for moment in until if moment not in answered), default=submission.arrived_at)
    return silence_is_rejection(
        received,
        [_span(one) for one in requests if one.answered_at and received <= one.answered_at <= submission.arrived_at],
    )


def _span(request: CompletionRequest) -> tuple[datetime, datetime]:
    return request.created_at, request.answered_at or request.due_at
