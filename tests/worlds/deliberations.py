"""What a jury's meeting leaves, written down without its pages: members, a closed meeting with its votes, waivers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from aap.records.applications import Application
from aap.records.deliberations import Attendance, Gate, JuryMember, JuryVote, Looking, Meeting, Waiver
from aap.records.people import Person
from aap.records.rankings import JuryDecision, JuryDecisionKind, RankingRun
from aap.records.reviews import Recusal, RecusalOrigin
from aap.services.call.calls import get_call
from aap.services.ranking.arbitrating import ArbitratedChange, arbitrate
from aap.services.ranking.computing import compute_run, store_run
from aap.services.ranking.input import ranking_input
from tests.worlds.offices import Office


def computed(here: Office, draws: int = 0) -> RankingRun:
    """A run of the call as everything stands."""
    actor, now = here.factory.actor(here.first), here.factory.now
    with here.factory.platform.database.writing() as session:
        call = get_call(session, here.call.id)
        given = ranking_input(session, call)
        run = compute_run(call, given, draws=draws)
        return store_run(session, actor=actor, call=call, given=given, run=run, now=now)


def jury_decides(
    here: Office, dossier: Application, kind: JuryDecisionKind, reason: str, amount: int | None = None
) -> None:
    """`amount` in euros."""
    with here.factory.platform.database.writing() as session:
        session.add(
            JuryDecision(
                call_id=here.call.id, application_id=dossier.id, decision=kind, reason=reason,
                amount=None if amount is None else Decimal(amount), author_id=here.first.id, created_at=here.factory.now,
            )
        )  # fmt: skip


def authority_decides(
    here: Office, dossier: Application, kind: JuryDecisionKind, reason: str, amount: int | None = None
) -> None:
    """By the second official; `amount` in euros."""
    with here.factory.platform.database.writing() as session:
        arbitrate(
            session,
            actor=here.factory.actor(here.second),
            application_id=dossier.id,
            change=ArbitratedChange(kind, None if amount is None else Decimal(amount)),
            reason=reason,
            now=here.factory.now,
        )


def recused(here: Office, person: Person, dossier: Application, reason: str) -> None:
    with here.factory.platform.database.writing() as session:
        session.add(
            Recusal(
                person_id=person.id, application_id=dossier.id, origin=RecusalOrigin.OFFICIAL, reason=reason,
                confirmed=True, created_at=here.factory.now,
            )
        )  # fmt: skip


def waived(here: Office, dossier: Application, gate: Gate, reason: str) -> None:
    with here.factory.platform.database.writing() as session:
        session.add(
            Waiver(
                call_id=here.call.id, application_id=dossier.id, gate=gate, reason=reason, author_id=here.first.id,
                created_at=here.factory.now,
            )
        )  # fmt: skip


MEMBERS = (
    ("Dominique Juré", "Préfète honoraire", "Personnalités qualifiées", True),
    ("Claude Élu", "Maire de Lyon", "Élus locaux", False),
    ("Sacha Associatif", "Président de réseau", "Associations", False),
)


def jury_sits(
    here: Office, run: RankingRun | None, *, closed: bool = True, people: Sequence[Person | None] = (None, None, None),
    votes: Sequence[tuple[Application, Looking, str, tuple[int, int, int], str]] = (),
) -> Meeting:  # fmt: skip
    """Three members, the first two of them present. `people`: their accounts. `votes`: dossier, how it was looked at, the list
    it was voted with, votes (for, against, abstentions), a reason; who called one is the second member."""
    now = here.factory.now
    with here.factory.platform.database.writing() as session:
        members = [
            JuryMember(
                call_id=here.call.id, name=name, capacity=capacity, college=college, chairs=chairs,
                person_id=person.id if person else None, created_at=now,
            )
            for (name, capacity, college, chairs), person in zip(MEMBERS, people, strict=True)
        ]  # fmt: skip
        meeting = Meeting(
            call_id=here.call.id, number=1, held_on=date(2025, 2, 7), place="Lyon",
            appointed_by="Arrêté du 3 janvier 2025", quorum=2, run_id=run.id if run else None, author_id=here.first.id,
            opened_at=now - timedelta(hours=3), closed_at=now if closed else None,
            closed_by=here.first.id if closed else None,
        )  # fmt: skip
        session.add_all([*members, meeting])
        session.flush()
        session.add_all(Attendance(meeting_id=meeting.id, member_id=member.id, noted_at=now) for member in members[:2])
        session.add_all(
            JuryVote(
                meeting_id=meeting.id, application_id=dossier.id, looking=looking, list_name=name, votes_for=counts[0],
                votes_against=counts[1], abstentions=counts[2], reason=reason, author_id=here.first.id, created_at=now,
                called_by=members[1].id if looking in (Looking.CALLED, Looking.KEPT) else None,
            )
            for dossier, looking, name, counts, reason in votes
        )  # fmt: skip
        return meeting
