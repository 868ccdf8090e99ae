"""The jury's meeting on the finished call: who sits, lists voted at once, a dossier called out, the open ones one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from aap.core.delays import paris
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.ranking.jury_members import MemberEntry, add_jury_member, sitting
from aap.services.ranking.jury_room import OpenReason, RoomLine, jury_room
from aap.services.ranking.meetings import MeetingEntry, note_attendance, open_meeting
from aap.services.ranking.votes import ChoiceEntry, Votes, call_out, close_meeting, record_choice, vote_list

CHAIR = "Dominique Fictif"
_STATE, _PLACES, _YOUTH = "Services de l’État", "Collectivités territoriales", "Personnalités qualifiées et jeunes"
_MEMBERS = (
    MemberEntry(CHAIR, "conseillère d’État honoraire", _YOUTH, chairs=True),
    MemberEntry("Aude Inventaire", "direction de la jeunesse", _STATE),
    MemberEntry("Basile Prétexte", "direction interministérielle de l’engagement", _STATE),
    MemberEntry("Carole Hypothèse", "direction générale de la cohésion sociale", _STATE),
    MemberEntry("Denis Parabole", "association fictive des régions", _PLACES),
    MemberEntry("Élise Légende", "association fictive des maires ruraux", _PLACES),
    MemberEntry("Farid Anecdote", "chercheur en sciences de l’éducation", _YOUTH),
    MemberEntry("Gaëlle Fable", "mentorée, puis mentore", _YOUTH),
)
_ABSENT = "Denis Parabole"
_QUORUM = 5

_CALLED_OUT = "Le montant a été relu avec le budget du dossier : il est conforme aux dépenses prévues."
_WHY_KEPT: Mapping[OpenReason, str] = {
    "called": _CALLED_OUT,
    "divergent": "Le jury a relu les trois évaluations et partage leur moyenne.",
    "contested": "Le jury s’en tient à la règle publiée de l’appel, qui corrige la sévérité.",
    "erratic": "Les commentaires justifient les notes ; le jury ne les écarte pas.",
    "line": "Le dossier est près de la limite ; rien ne justifie de s’écarter de l’ordre.",
}
_KEPT = "Le jury maintient ce qui est proposé."


def hold_meeting(session: Session, *, call: OpenedCall, official: Actor, at: datetime) -> None:
    """One meeting that proposes the last run as it is; afterwards every dossier was before the jury."""
    for member in _MEMBERS:
        add_jury_member(session, actor=official, call=call, entry=member, now=at - timedelta(hours=3))
    opening = MeetingEntry(
        held_on=paris(at).date(),
        place="Salle des actes fictifs, Paris",
        appointed_by="Arrêté fictif du 3 mars 2025 portant composition du jury de l’appel à projets",
        quorum=_QUORUM,
    )
    open_meeting(session, actor=official, call=call, entry=opening, now=at)
    present = [one.id for one in sitting(session, call.id) if one.name != _ABSENT]
    note_attendance(session, actor=official, call=call, present=present, now=at + timedelta(minutes=2))
    everybody = Votes(len(present), 0, 0)

    lists = jury_room(session, actor=official, call=call).lists
    retained = next((one for one in lists if one.name == "laureate"), None)
    if retained is not None:
        last = retained.lines[-1]
        call_out(
            session, actor=official, application_id=last.application_id, member_id=present[-1],
            now=at + timedelta(minutes=10),
        )  # fmt: skip
    room = jury_room(session, actor=official, call=call)
    for place, one in enumerate(room.lists):
        votes = everybody if one.name == "laureate" else Votes(len(present) - 1, 0, 1)
        vote_list(
            session, actor=official, call=call, name=one.name, votes=votes, now=at + timedelta(minutes=12 + 4 * place)
        )
    for place, line in enumerate(room.open):
        entry = ChoiceEntry("keep", reason=_why_kept(line), votes=everybody)
        moment = at + timedelta(minutes=40 + 2 * place)
        record_choice(session, actor=official, application_id=line.application_id, entry=entry, now=moment)
    close_meeting(session, actor=official, call=call, now=at + timedelta(minutes=50 + 2 * len(room.open)))


def _why_kept(line: RoomLine) -> str:
    return next((_WHY_KEPT[why] for why in line.open_for if why in _WHY_KEPT), _KEPT)
