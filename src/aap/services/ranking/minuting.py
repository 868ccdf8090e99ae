"""The minutes of the deliberation: the method that the jury adopts, what it decided, what the authority arbitrated, and
the ranking they rest on; as a PDF, and as a text document to finish by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from aap.core import french
from aap.core.call.schema import CallFile
from aap.core.call.wording import rules_in_words
from aap.core.delays import paris
from aap.documents.papers.letterhead import sender_of
from aap.documents.papers.lists import Cell, PaperColumn, log_witness
from aap.documents.papers.minutes import (
    Attendee,
    Heading,
    MinutesTable,
    MinutesView,
    PaperPart,
    Paragraph,
    Sentences,
    render_minutes,
)
from aap.records.rankings import RankingRun
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.permissions import Permission, ensure
from aap.services.ranking.arbitrating import arbitration
from aap.services.ranking.jury import JuryLine, jury_lines
from aap.services.ranking.minuted_decisions import (
    agreement_parts,
    arbitration_parts,
    aside_parts,
    discussion_parts,
    jury_parts,
    waiver_parts,
)
from aap.services.ranking.minuted_jury import Sitting, composition_parts, minuted_sittings, recusal_parts, vote_parts
from aap.services.ranking.minuted_proof import fingerprint_parts, freeze_parts, seed_parts
from aap.services.ranking.minuted_result import result_parts
from aap.services.ranking.runs import latest_run, view_run
from aap.services.ranking.versions import run_standing

_ADOPTED = ("rubric", "scoring", "selection", "quotas", "lots")
"""The sections of the rules (`core.call.wording`) that the jury adopts as its method; those of lots begin with `lot-`."""


def minutes_pdf(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> bytes:
    """The minutes as a PDF to sign; the same state gives the same bytes.

    Lines about a dossier of which the official is recused keep their place and lose their content, as everywhere.
    """
    content = lay_out_minutes(session, actor=actor, call=call)
    _downloaded(session, actor, call, "pdf", now)
    return content


def lay_out_minutes(session: Session, *, actor: Actor, call: OpenedCall) -> bytes:
    """The same; nothing is logged."""
    return render_minutes(_view(session, actor, call))


def minutes_text(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> bytes:
    """The same as a DOCX, to finish by hand."""
    from aap.documents.papers.minutes_docx import minutes_docx  # lxml and templates: only where it is wanted

    content = minutes_docx(_view(session, actor, call))
    _downloaded(session, actor, call, "docx", now)
    return content


def _downloaded(session: Session, actor: Actor, call: OpenedCall, ending: str, now: datetime) -> None:
    run = latest_run(session, call.id)
    after = {"file": f"proces-verbal.{ending}", "run": run.number if run else None}
    record(session, actor, "minutes.downloaded", call.record, now=now, after=after)


def _view(session: Session, actor: Actor, call: OpenedCall) -> MinutesView:
    ensure(actor, Permission.RANKING_READ, call.target(), kind="call", id=call.id)
    lines = jury_lines(session, actor=actor, call=call)
    run = latest_run(session, call.id)
    jury = minuted_sittings(session, actor=actor, call_id=call.id)
    authority = arbitration(session, actor=actor, call=call)
    sender = sender_of(call.file)
    result: list[PaperPart] = []
    if run is not None:
        rows = view_run(session, run, actor=actor).rows
        result = [
            *result_parts(call, run, rows, arbitrated=bool(authority.lines)),
            *seed_parts(call, run),
            *freeze_parts(session, run),
            *fingerprint_parts(run),
        ]
    return MinutesView(
        title="Procès-verbal de délibération",
        call_title=french.spaced(call.record.title),
        reference=call.file.call.reference or call.id,
        sender=sender,
        held_on=_held_on(call, lines, run, jury),
        place=_place(jury) or sender.city,
        body=(
            *composition_parts(jury),
            *recusal_parts(session, actor=actor, call_id=call.id, jury=jury),
            *method_parts(call.file),
            *waiver_parts(session, actor=actor, call=call),
            *aside_parts(session, actor=actor, call_id=call.id),
            *discussion_parts(session, actor=actor, call=call),
            *vote_parts(jury),
            *jury_parts(call.file.rubric, lines),
            *agreement_parts(session, actor=actor, call=call),
            *arbitration_parts(authority),
            *result,
        ),
        signatories=(Attendee(_chair(jury), "Présidence du jury"), Attendee("", "Secrétariat de séance")),
        fingerprint=run.result_hash if run else "",
        witness=log_witness(run.audit_lines, run.audit_head) if run else "",
        standing=run_standing(session, run) if run else None,
    )


def _chair(jury: Sitting) -> str:
    chairs = [one.name for one in jury.members if one.chairs and one.left_at is None]
    return chairs[0] if len(chairs) == 1 else ""


def _place(jury: Sitting) -> str:
    return jury.meetings[-1].meeting.place if jury.meetings else ""


def _held_on(call: OpenedCall, lines: Sequence[JuryLine], run: RankingRun | None, jury: Sitting) -> date:
    """The day of the last meeting; where none was noted, of the last thing that the minutes tell."""
    if jury.meetings:
        return jury.meetings[-1].meeting.held_on
    moments = [line.at for line in lines] + ([run.created_at] if run else [])
    return paris(max(moments, default=call.record.closes_at)).date()


def method_parts(call: CallFile) -> list[PaperPart]:
    """The method that the jury adopts: the published rules, the criteria with their thresholds, what is looked at again."""
    parts: list[PaperPart] = [
        Heading("Méthode adoptée"),
        Paragraph(
            "Le jury est saisi de tous les dossiers. Il adopte la méthode publiée avant l’ouverture de l’appel, "
            "qui prépare sa délibération :"
        ),
    ]
    for section in rules_in_words(call):
        if section.id not in _ADOPTED and not section.id.startswith("lot-"):
            continue
        parts.append(Heading(section.title, level=3))
        if section.sentences:
            parts.append(Sentences(section.sentences))
        if section.criteria:
            rows = tuple(
                (Cell(one.title), Cell(one.share), Cell(" ".join(one.sentences) or "–")) for one in section.criteria
            )
            columns = (
                PaperColumn("Critère", 50),
                PaperColumn("Part", 18, figure=True),
                PaperColumn("Notes et seuils"),
            )
            parts.append(MinutesTable(columns, rows))
    limits = call.reviewing.divergence
    again = []
    if limits.overall is not None:
        again.append(f"{french.plain(limits.overall)} points sur 100 entre deux totaux")
    if limits.criterion is not None:
        again.append(f"{french.plain(limits.criterion)} entre deux notes d’un même critère")
    if again:
        text = f"Un dossier est revu à partir d’un écart de {french.listed(again, 'ou')}."
        parts += [Heading("Écarts à revoir", level=3), Sentences((text,))]
    return parts
