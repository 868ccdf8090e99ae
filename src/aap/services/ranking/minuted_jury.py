"""What the minutes say of the jury itself: who sits, by which act, who was there, who left for which dossier, the votes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from aap.core import french
from aap.core.delays import paris
from aap.core.results import MASKED
from aap.core.territories import fold
from aap.documents.papers.lists import DOSSIER_COLUMN, STATUS_WORDS, Cell, PaperColumn
from aap.documents.papers.minutes import Heading, MinutesTable, PaperPart, Paragraph, Sentences
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.deliberations import Attendance, JuryMember, JuryVote, Looking, Meeting
from aap.records.people import Person, Role, RoleGrant
from aap.records.reviews import Recusal
from aap.services.actor import Actor
from aap.services.dossier.access import recused_dossiers, recused_pairs
from aap.services.recusals import recusal_stands

_BLANK = "\u00a0"
_LINES_OF_MEMBERS, _LINES_TO_ADD = 8, 2

_LOOKED_AT: Mapping[Looking, str] = {
    Looking.LISTED: "Voté avec sa liste",
    Looking.CALLED: "Sorti de sa liste",
    Looking.KEPT: "Proposition gardée",
    Looking.CHANGED: "Proposition changée",
    Looking.SENT_BACK: "Autre évaluation demandée",
}


@dataclass(frozen=True)
class Vote:
    """What became of one dossier at one meeting. `masked`: who reads is recused of it."""

    vote: JuryVote
    reference: str
    association: str
    called_by: str
    masked: bool


@dataclass(frozen=True)
class MinutedMeeting:
    """A meeting with who was there and what was voted. `left`: member and reference of the dossier that they left for."""

    meeting: Meeting
    present: frozenset[str]
    votes: tuple[Vote, ...]
    left: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sitting:
    """The jury as it was noted. `by_role`: names of who has the role, where no member is noted."""

    members: tuple[JuryMember, ...]
    by_role: tuple[str, ...]
    meetings: tuple[MinutedMeeting, ...]


def minuted_sittings(session: Session, *, actor: Actor, call_id: str) -> Sitting:
    """The jury, its meetings and votes as this actor may read them. Eight queries."""
    hidden = recused_dossiers(session, actor, call_id)
    members = session.exec(select(JuryMember).where(JuryMember.call_id == call_id).order_by(col(JuryMember.id))).all()
    members = sorted(members, key=lambda one: (not one.chairs, fold(one.college), fold(one.name), one.id))
    meetings = session.exec(select(Meeting).where(Meeting.call_id == call_id).order_by(col(Meeting.number))).all()
    there: dict[str, set[str]] = defaultdict(set)
    attended = select(Attendance.meeting_id, Attendance.member_id).where(
        Attendance.meeting_id == Meeting.id, Meeting.call_id == call_id
    )
    for meeting_id, member_id in session.exec(attended):
        there[meeting_id].add(member_id)
    names = {one.id: one.name for one in members}
    votes: dict[str, list[Vote]] = defaultdict(list)
    found = session.exec(
        select(JuryVote, Application, Association.name)
        .where(
            JuryVote.application_id == Application.id,
            Application.association_id == Association.id,
            Application.call_id == call_id,
        )
        .order_by(col(Application.reference), col(JuryVote.id))
    )
    for vote, application, association in found:
        masked = application.id in hidden
        votes[vote.meeting_id].append(
            Vote(vote, MASKED, "", "", True)
            if masked
            else Vote(vote, application.reference, association, names.get(vote.called_by or "", ""), False)
        )
    apart = recused_pairs(session, call_id)
    return Sitting(
        members=tuple(members),
        by_role=() if members else _by_role(session, call_id),
        meetings=tuple(
            MinutedMeeting(
                meeting=one,
                present=frozenset(there[one.id]),
                votes=tuple(votes[one.id]),
                left=tuple(
                    (member.name, seen.reference)
                    for seen in votes[one.id]
                    for member in members
                    if member.id in there[one.id] and _was_away(member, seen.vote, apart)
                ),
            )
            for one in meetings
        ),
    )


def _was_away(member: JuryMember, vote: JuryVote, apart: frozenset[tuple[str, str]]) -> bool:
    """As it was noted with the vote, for a choice that moves a dossier of theirs too; where nobody was noted away, by the
    recusals of the dossier itself."""
    return member.id in vote.away if vote.away else (member.person_id, vote.application_id) in apart


def _by_role(session: Session, call_id: str) -> tuple[str, ...]:
    found = select(Person.name).where(
        RoleGrant.person_id == Person.id, RoleGrant.role == Role.JURY, RoleGrant.call_id == call_id
    )
    return tuple(session.exec(found.order_by(col(Person.name), col(Person.id))))


# --- who sits, who was there ------------------------------------------------------------------------------------------


def composition_parts(jury: Sitting) -> list[PaperPart]:
    """The act, the quorum, the members; with lines left to complete by hand where no meeting was noted."""
    parts: list[PaperPart] = [Heading("Membres du jury")]
    for held in jury.meetings:
        parts += [Heading(f"Séance n°{french.NBSP}{held.meeting.number}", level=3), Sentences(_of_meeting(held))]
    if not jury.meetings:
        parts.append(Paragraph(f"Acte de nomination et quorum, à compléter{french.NBSP}:"))
    colleges = Counter(one.college for one in jury.members if one.college)
    if colleges:
        counted = french.listed(
            [
                f"{french.spaced(name)} ({french.number(n)})"
                for name, n in sorted(colleges.items(), key=lambda one: fold(one[0]))
            ]
        )
        parts.append(Paragraph(f"Collèges{french.NBSP}: {counted}."))
    rows = [
        (
            Cell(one.name, "préside" if one.chairs else ""),
            Cell(french.spaced(one.capacity) or _BLANK, french.spaced(one.college)),
            Cell(_presence(jury.meetings, one), f"a quitté le jury le {_day(one)}" if one.left_at else ""),
            Cell(_BLANK),
        )
        for one in jury.members
    ]
    if not rows:
        names = [*jury.by_role, *[_BLANK] * max(_LINES_OF_MEMBERS - len(jury.by_role), _LINES_TO_ADD)]
        rows = [(Cell(name), Cell(_BLANK), Cell(_BLANK), Cell(_BLANK)) for name in names]
    columns = (
        PaperColumn("Nom", 52), PaperColumn("Qualité et collège"), PaperColumn("Présence", 30), PaperColumn("Signature", 38),
    )  # fmt: skip
    return [*parts, MinutesTable(columns, tuple(rows))]


def _day(member: JuryMember) -> str:
    return "" if member.left_at is None else french.day(paris(member.left_at).date())


def _of_meeting(held: MinutedMeeting) -> tuple[str, ...]:
    one, there = held.meeting, len(held.present)
    place = f", {french.spaced(one.place)}" if one.place else ""
    opened, closed = paris(one.opened_at), None if one.closed_at is None else paris(one.closed_at)
    until = f" et close à {french.hour(closed)}" if closed else ""
    if closed and closed.date() != opened.date():
        until = f" et close le {french.moment(closed)}"
    reached = "il est atteint" if there >= one.quorum else "il n’est pas atteint"
    return (
        f"Le {french.day(one.held_on)}{place}{french.NBSP}; ouverte à {french.hour(opened)}{until}.",
        f"Acte de nomination{french.NBSP}: {french.spaced(one.appointed_by) or 'à compléter'}.".replace("..", "."),
        f"Quorum{french.NBSP}: {french.count(one.quorum, 'membre')}{french.NBSP}; "
        f"{french.count(there, 'membre présent', 'membres présents')}{french.NBSP}: {reached}.",
    )


def _presence(meetings: Sequence[MinutedMeeting], member: JuryMember) -> str:
    attended = [one.meeting.number for one in meetings if member.id in one.present]
    if not meetings:
        return _BLANK
    if not attended:
        return "Absent"
    if len(meetings) == 1:
        return "Présent"
    numbers = french.listed([french.number(number) for number in attended])
    return f"Présent, {'séances' if len(attended) > 1 else 'séance'} {numbers}"


# --- recusals ---------------------------------------------------------------------------------------------------------


def recusal_parts(session: Session, *, actor: Actor, call_id: str, jury: Sitting) -> list[PaperPart]:
    """Who is recused of which dossier, and which member left the room for which. Two queries.

    Without person and reason where who reads is recused of the dossier too.
    """
    hidden = recused_dossiers(session, actor, call_id)
    found = session.exec(
        select(Application.id, Person.name, Application.reference, Recusal.reason)
        .where(
            Recusal.person_id == Person.id,
            Recusal.application_id == Application.id,
            Application.call_id == call_id,
            recusal_stands(),
        )
        .order_by(col(Application.reference), col(Person.name), col(Recusal.id))
    )
    rows = tuple(
        (Cell("–"), Cell(MASKED), Cell(""))
        if application_id in hidden
        else (Cell(name), Cell(reference), Cell(french.spaced(reason)))
        for application_id, name, reference, reason in found
    )
    parts: list[PaperPart] = [
        Heading("Déports"),
        Paragraph("Les personnes déportées n’ont ni lu, ni noté, ni débattu le dossier nommé en face."),
        MinutesTable(
            (PaperColumn("Personne", 50), DOSSIER_COLUMN, PaperColumn("Motif")),
            rows,
            empty="Aucun déport.",
        ),
    ]
    for held in jury.meetings:
        left = tuple((Cell("–" if reference == MASKED else name), Cell(reference)) for name, reference in held.left)
        parts += [
            Heading(f"Sorties pendant la séance n°{french.NBSP}{held.meeting.number}", level=3),
            MinutesTable(
                (PaperColumn("Membre", 70), PaperColumn("A quitté la salle pour le dossier", reference=True)),
                left,
                empty="Aucun membre présent n’a quitté la salle.",
            ),
        ]
    return parts


# --- votes ------------------------------------------------------------------------------------------------------------


def vote_parts(jury: Sitting) -> list[PaperPart]:
    """The lists voted at once, then the dossiers looked at one by one; nothing where no meeting was noted."""
    if not jury.meetings:
        return []
    parts: list[PaperPart] = [Heading("Examen et votes")]
    several = len(jury.meetings) > 1
    for held in jury.meetings:
        if several:
            parts.append(Heading(f"Séance n°{french.NBSP}{held.meeting.number}", level=3))
        parts += [
            Heading("Listes votées en bloc", level=4 if several else 3),
            _lists(held),
            Heading("Dossiers examinés un par un", level=4 if several else 3),
            _one_by_one(held),
        ]
    return parts


def _lists(held: MinutedMeeting) -> MinutesTable:
    """Dossiers of one list with the same figures were voted together."""
    together: dict[tuple[str, int, int, int], list[str]] = defaultdict(list)
    for one in held.votes:
        if one.vote.looking == Looking.LISTED:
            vote = one.vote
            key = (vote.list_name, vote.votes_for, vote.votes_against, vote.abstentions)
            together[key].append(one.reference)
    rows = tuple(
        (
            Cell(_list_words(name)),
            Cell(french.count(len(references), "dossier"), french.listed(_named(references))),
            Cell(_figures(*figures)),
        )
        for (name, *figures), references in sorted(together.items())
    )
    return MinutesTable(
        (PaperColumn("Liste", 38), PaperColumn("Dossiers"), PaperColumn("Vote", 38)),
        rows,
        empty="Aucune liste n’a été votée en bloc.",
    )


def _named(references: Sequence[str]) -> list[str]:
    """The masked ones are told by their number."""
    masked = sum(one == MASKED for one in references)
    named = [one for one in references if one != MASKED]
    return [*named, *([f"{french.count(masked, 'dossier')} dont vous êtes déporté"] if masked else [])]


def _list_words(name: str) -> str:
    return {str(status): word for status, word in STATUS_WORDS.items()}.get(name, name) or "Liste"


def _figures(votes_for: int, against: int, abstentions: int) -> str:
    if not (votes_for or against or abstentions):
        return "Accord, sans décompte"
    return (
        f"{french.number(votes_for)} pour, {french.number(against)} contre, {french.count(abstentions, 'abstention')}"
    )


def _one_by_one(held: MinutedMeeting) -> MinutesTable:
    rows = []
    for one in held.votes:
        vote = one.vote
        if vote.looking == Looking.LISTED:
            continue
        if one.masked:
            rows.append((Cell("–"), Cell(MASKED), Cell(""), Cell(""), Cell("")))
            continue
        called = f"appelé par {one.called_by}" if one.called_by else ""
        rows.append(
            (
                Cell(one.reference),
                Cell(one.association),
                Cell(_LOOKED_AT[Looking(vote.looking)], called),
                Cell(_figures(vote.votes_for, vote.votes_against, vote.abstentions)),
                Cell(french.spaced(vote.reason) or "–"),
            )
        )
    columns = (
        DOSSIER_COLUMN, PaperColumn("Association", 38), PaperColumn("Examen", 32),
        PaperColumn("Vote", 30), PaperColumn("Motif"),
    )  # fmt: skip
    return MinutesTable(columns, tuple(rows), empty="Aucun dossier n’a été examiné séparément.")
