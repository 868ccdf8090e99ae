"""The way to court from a decision, as it stands today: before an appeal, while one waits, after its answer or its silence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from aap.core.call.letter_texts import court_of, delay_of_appeal
from aap.core.delays import appeal_deadline, appeal_silence, court_after_silence, is_overseas, paris
from aap.records.rankings import Contest, ContestKind, ContestResult
from aap.services.decision.answering import ReadDecision

Since = Literal["decision", "waiting", "silence", "answer"]


@dataclass(frozen=True)
class CourtWay:
    """Where and until when a decision can be brought before the court.

    `since`: what the delay counts from: the reading of the decision; the day on which silence would reject the appeal that
    waits (`waiting`), or has rejected it (`silence`); the answer to it. `begins`: that day, None where it isn't known yet.
    `until`: the last day, None with `begins`; after an answer the earliest that it can be, for the delay counts from its
    notification. `delay`: in words.
    """

    court: str
    delay: str
    since: Since
    begins: date | None
    until: date | None

    def is_over(self, now: datetime) -> bool:
        return self.until is not None and paris(now).date() > self.until


def court_way(found: ReadDecision, appeals: Iterable[Contest], now: datetime) -> CourtWay | None:
    """For the decision that its association reads. None where nothing was asked of the court: an appeal was upheld, whose
    answer is a decision with ways of its own."""
    overseas = is_overseas(found.dossier.association.zone)
    court, delay = court_of(found.dossier.call.file), delay_of_appeal(overseas)
    own = [one for one in appeals if one.decision_id == found.decision.id]
    if any(one.result == ContestResult.UPHELD for one in own):
        return None
    ways = [
        CourtWay(court, delay, since, begins, appeal_deadline(begins, overseas=overseas))
        for since, begins in (_restarts(one, overseas, now) for one in own if _interrupts(one))
    ]
    if ways:
        return max(ways, key=lambda way: way.until or date.min)
    return CourtWay(court, delay, "decision", found.delay.begins, found.delay.until)


def court_until(contest: Contest, *, overseas: bool | None, now: datetime) -> date | None:
    """The last day before the court that an appeal gives, as `court_way` tells it; None where it moves none."""
    if not _interrupts(contest) or contest.result == ContestResult.UPHELD:
        return None
    return appeal_deadline(_restarts(contest, overseas, now)[1], overseas=overseas)


def _interrupts(contest: Contest) -> bool:
    """Whether the delay before the court starts again after it (CRPA L411-2): in time, before the administration, kept."""
    return (
        not contest.late
        and contest.kind != ContestKind.CONTENTIEUX
        and contest.received_on is not None
        and contest.result != ContestResult.WITHDRAWN
    )


def _restarts(contest: Contest, overseas: bool | None, now: datetime) -> tuple[Since, date]:
    """What the delay counts from again, and that day. An answer that comes once the silence can't be brought before the
    court any more opens no new delay (CJA R421-2)."""
    assert contest.received_on is not None
    silent = appeal_silence(contest.received_on)
    answered = paris(contest.replied_at).date() if contest.result and contest.replied_at else None
    if answered is not None and answered <= court_after_silence(silent, overseas=overseas):
        return "answer", answered
    return ("waiting" if paris(now).date() < silent else "silence"), silent
