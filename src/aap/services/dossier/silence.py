"""The day after which silence on a dossier is a refusal: one for receipts, mails and pages.

What a corrected deposit changes, the authority's counsel confirms. Here a deposit that replaces another one is a request of
its own: the two months run from its receipt, on the receipt that it gets (`told_at`) as on the dossier (`rejected_on`, by
`Application.submitted_at`, which `submitting.py` sets to the arrival of the deposit that stands). Only a deposit that answers
a request for completion leaves the delay with the deposit that it completes. To let corrections run from the first deposit,
change `_begins_anew` and that line.
"""

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
    until = [one.arrived_at for one in deposits if one.arrived_at <= submission.arrived_at]
    received = max((moment for moment in until if _begins_anew(moment, requests)), default=submission.arrived_at)
    return silence_is_rejection(
        received,
        [_span(one) for one in requests if one.answered_at and received <= one.answered_at <= submission.arrived_at],
    )


def _begins_anew(arrived_at: datetime, requests: Sequence[CompletionRequest]) -> bool:
    return all(one.answered_at != arrived_at for one in requests)


def _span(request: CompletionRequest) -> tuple[datetime, datetime]:
    return request.created_at, request.answered_at or request.due_at
