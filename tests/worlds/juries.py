"""A call that deliberates, with a computed run and a jury of three, one of whom has an account and is recused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlmodel import select

from aap.records.applications import Application
from aap.records.calls import CallState
from aap.records.deliberations import JuryMember
from aap.records.people import Person, Role
from aap.records.reviews import Recusal, RecusalOrigin
from aap.services.call.calls import get_call
from aap.services.ranking.computing import compute_run, store_run
from aap.services.ranking.input import ranking_input
from aap.services.ranking.jury_members import MemberEntry, add_jury_member
from aap.services.ranking.meetings import MeetingEntry, note_attendance, open_meeting
from tests.worlds.offices import Office, Offices

ACT = "Arrêté du 3 mars 2025 nommant le jury"
NAMES = ("Awa Présidente", "Bruno Élu", "Chloé Experte")


@dataclass
class Jury:
    """`office` and its jury; `recused` has an account and is recused of the second dossier."""

    office: Office
    recused: Person

    def members(self) -> dict[str, str]:
        """Name → id of who sits."""
        with self.office.factory.platform.database.reading() as session:
            found = session.exec(select(JuryMember).where(JuryMember.call_id == self.office.call.id))
            return {one.name: one.id for one in found if one.left_at is None}

    def sit(self, *names: str, quorum: int = 2) -> None:
        """A meeting is opened, with these members there."""
        here = self.office
        platform, actor = here.factory.platform, here.factory.actor(here.first)
        members = self.members()
        with platform.database.writing() as session:
            entry = MeetingEntry(date(2025, 4, 2), "Salle 12", ACT, quorum)
            call = get_call(session, here.call.id)
            open_meeting(session, actor=actor, call=call, entry=entry, now=here.factory.now)
            present = [members[name] for name in names]
            note_attendance(session, actor=actor, call=call, present=present, now=here.factory.now)

    def compute(self, minutes: int = 0) -> None:
        """The ranking is computed, so many minutes after the world's now."""
        here = self.office
        with here.factory.platform.database.writing() as session:
            call = get_call(session, here.call.id)
            given = ranking_input(session, call)
            store_run(
                session, actor=here.factory.actor(here.first), call=call, given=given,
                run=compute_run(call, given, draws=0), now=here.factory.now + timedelta(minutes=minutes),
            )  # fmt: skip


Juries = Callable[..., Jury]


@pytest.fixture
def jury(office: Offices) -> Juries:
    """`jury()`: Awa chairs, Bruno is an elected member, Chloé has an account and is recused of the second dossier."""

    def make(**rules: str) -> Jury:
        here = office(CallState.DELIBERATING, **rules)
        recused = here.factory.person(Role.JURY, call=here.call, name=NAMES[2])
        made = Jury(here, recused)
        apart(here, recused, here.dossiers[1])
        with here.factory.platform.database.writing() as session:
            call = get_call(session, here.call.id)
            for entry in (
                MemberEntry(NAMES[0], "Cheffe du service", "État", chairs=True),
                MemberEntry(NAMES[1], "Conseiller régional", "Élus"),
                MemberEntry(NAMES[2], "Sociologue", "Personnalités qualifiées", account=recused.email),
            ):
                add_jury_member(
                    session, actor=here.factory.actor(here.first), call=call, entry=entry, now=here.factory.now
                )
        made.compute()
        return made

    return make


def apart(here: Office, person: Person, dossier: Application) -> None:
    """A recusal that stands."""
    with here.factory.platform.database.writing() as session:
        session.add(
            Recusal(application_id=dossier.id, person_id=person.id, reason="Parent", origin=RecusalOrigin.OFFICIAL,
                    confirmed=True, created_at=here.factory.now)
        )  # fmt: skip
