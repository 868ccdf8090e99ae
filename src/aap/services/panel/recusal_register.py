"""The register of recusals: on a page, and as a PDF to sign."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.core.delays import paris
from aap.core.french import NBSP, count, day
from aap.core.results import MASKED
from aap.documents.media_types import PDF, MadeFile
from aap.documents.papers.letterhead import author_of, sender_of
from aap.documents.papers.lists import DOSSIER_COLUMN, Cell, PaperColumn, SignedListView, render_list
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.people import Person
from aap.records.reviews import Recusal, RecusalOrigin, Reviewer
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.dossier.access import recused_dossiers
from aap.services.panel.recusing import member_recusals
from aap.services.permissions import Permission, ensure


@dataclass(frozen=True)
class RecusalLine:
    """One line of the register. `state`: probable | confirmed | dismissed (a probable one) | lifted.

    `by_admin`: an administrator alone lifts it, for the person is a member of the association.
    """

    id: str
    person_id: str
    reviewer: str
    code: str
    application_id: str
    reference: str
    association: str
    origin: RecusalOrigin
    reason: str
    state: str
    created_at: datetime
    author: str
    dismissed_at: datetime | None
    dismissal_reason: str
    own: bool
    by_admin: bool
    masked: bool = False


def register(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[RecusalLine, ...]:
    """All recusals and probable conflicts of a call, by dossier. Five queries.

    Those of a dossier that the official is recused of are masked: whom else it concerns and why would tell of it.
    """
    ensure(actor, Permission.CALL_FOLLOW, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    of_members = member_recusals(session, call_id=call.id)
    codes = dict(session.exec(select(Reviewer.person_id, Reviewer.code).where(Reviewer.call_id == call.id)).all())
    rows = session.exec(
        select(Recusal, Application, Association, Person)
        .where(
            Recusal.application_id == Application.id,
            Application.association_id == Association.id,
            Recusal.person_id == Person.id,
            Application.call_id == call.id,
        )
        .order_by(col(Application.reference), col(Person.name), col(Recusal.id))
    ).all()
    authors = {one.author_id for one, *_ in rows if one.author_id}
    names = dict(session.exec(select(Person.id, Person.name).where(col(Person.id).in_(authors))).all())
    lines = tuple(
        RecusalLine(
            id=one.id,
            person_id=person.id,
            reviewer=person.name,
            code=codes.get(person.id, ""),
            application_id=application.id,
            reference=application.reference,
            association=association.name,
            origin=RecusalOrigin(one.origin),
            reason=one.reason,
            state=_state(one),
            created_at=one.created_at,
            author=names.get(one.author_id or "", ""),
            dismissed_at=one.dismissed_at,
            dismissal_reason=one.dismissal_reason,
            own=person.id == actor.person_id,
            by_admin=one.id in of_members,
        )
        for one, application, association, person in rows
    )
    return tuple(_masked(one) if one.application_id in hidden else one for one in lines)


def _masked(line: RecusalLine) -> RecusalLine:
    return dataclasses.replace(
        line, id="", person_id="", reviewer="–", code="", application_id="", reference="–", association=MASKED,
        reason="", author="", dismissal_reason="", masked=True,
    )  # fmt: skip


def _state(one: Recusal) -> str:
    if one.dismissed_at is not None:
        return "lifted" if one.confirmed else "dismissed"
    return "confirmed" if one.confirmed else "probable"


ORIGIN_WORDS = {
    RecusalOrigin.REVIEWER: "Déclaré par la personne",
    RecusalOrigin.OFFICIAL: "Décidé par le service",
    RecusalOrigin.MATCH: "Trouvé par rapprochement",
    RecusalOrigin.MEMBERSHIP: "Membre de l’association",
}
STATE_WORDS = {"probable": "À confirmer", "confirmed": "Déport", "dismissed": "Écarté", "lifted": "Levé"}


def register_pdf(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> MadeFile:
    """The register as a PDF to sign: recusals and lifted ones, not what was only suspected."""
    lines = [one for one in register(session, actor=actor, call=call) if one.state in ("confirmed", "lifted")]
    today = paris(now).date()
    view = SignedListView(
        title="Registre des déports",
        call_title=call.record.title,
        reference=call.file.call.reference or call.id,
        sender=sender_of(call.file),
        columns=(
            DOSSIER_COLUMN,
            PaperColumn("Personne", 44),
            PaperColumn("Lien"),
            PaperColumn("Origine", 42),
            PaperColumn("État", 40),
        ),
        rows=tuple(_register_row(one) for one in lines),
        made_on=today,
        dated=today,
        introduction=(
            "Chaque personne nommée ici ne voit plus rien du dossier en face de son nom, et ses notes sur ce dossier, "
            "s’il y en a eu, ne comptent pas dans le classement.",
        ),
        summary=(("Déports en vigueur", str(sum(one.state == "confirmed" for one in lines))),
                 ("Levés", str(sum(one.state == "lifted" for one in lines)))),
        notes=(f"{count(len(lines), 'ligne')} au {day(today)}{NBSP}; les dossiers dont l’auteur de ce document est "
               "lui-même déporté n’y sont pas nommés.",),
        author=author_of(call.file),
        orientation="landscape",
    )  # fmt: skip
    record(session, actor, "recusals.printed", call.record, now=now, after={"lines": len(lines)})
    return MadeFile(f"deports-{call.id}.pdf", PDF, render_list(view))


def _register_row(one: RecusalLine) -> tuple[Cell, ...]:
    if one.masked:
        return (Cell(one.reference, one.association), Cell("–"), Cell("–"), Cell("–"), Cell(STATE_WORDS[one.state]))
    lifted = f"le {day(paris(one.dismissed_at).date())}. {one.dismissal_reason}" if one.dismissed_at else ""
    return (
        Cell(one.reference, one.association),
        Cell(one.reviewer, one.code),
        Cell(one.reason),
        Cell(ORIGIN_WORDS[one.origin], f"le {day(paris(one.created_at).date())}"
             + (f", {one.author}" if one.author and one.origin is not RecusalOrigin.REVIEWER else "")),
        Cell(STATE_WORDS[one.state], lifted),
    )  # fmt: skip
