"""Who left the room for which dossier, as it was noted with the vote."""

from __future__ import annotations

from sqlmodel import select

from aap.records.deliberations import JuryMember, JuryVote, Looking
from aap.records.people import Role
from aap.services.ranking.minuted_jury import minuted_sittings
from tests.databases import on_both_databases
from tests.worlds.deliberations import computed, jury_sits, recused
from tests.worlds.offices import Offices


@on_both_databases
def test_a_member_left_also_for_a_choice_that_moves_a_dossier_of_which_they_are_recused(office: Offices) -> None:
    here = office()
    first, second, third, *_ = here.dossiers
    claude = here.factory.person(Role.JURY, call=here.call, name="Claude Élu")
    recused(here, claude, second, "Élu de la commune du porteur.")
    jury_sits(
        here, computed(here), people=(None, claude, None),
        votes=(
            (first, Looking.CHANGED, "", (1, 0, 0), "Il écarte le deuxième."),
            (second, Looking.CALLED, "", (0, 0, 0), ""),
            (third, Looking.LISTED, "laureate", (2, 0, 0), ""),
        ),
    )  # fmt: skip
    with here.factory.platform.database.writing() as session:
        vote = session.exec(select(JuryVote).where(JuryVote.application_id == first.id)).one()
        vote.away = [session.exec(select(JuryMember.id).where(JuryMember.name == "Claude Élu")).one()]
        session.add(vote)
    with here.factory.platform.database.reading() as session:
        sitting = minuted_sittings(session, actor=here.factory.actor(here.first), call_id=here.call.id)
    assert [one.left for one in sitting.meetings] == [
        (("Claude Élu", first.reference), ("Claude Élu", second.reference))
    ]
