"""Minutes of a consensus: the marks as they stood, the agreed ones, why, who was there, who disagreed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from aap.core.call.criterion_words import mark_in_words
from aap.core.call.points import figure, out_of
from aap.core.call.schema import CallFile
from aap.core.delays import paris
from aap.core.french import NBSP, moment, spaced
from aap.core.scoring.marking import title_of, total_of
from aap.documents.papers.letterhead import sender_of
from aap.documents.papers.lists import Cell, PaperColumn
from aap.documents.papers.minutes import Attendee, Heading, MinutesTable, MinutesView, Paragraph, render_minutes


@dataclass(frozen=True, slots=True)
class FrozenReview:
    """A review as it stood when the consensus was opened: reviewer's code, criterion → mark."""

    code: str
    marks: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class ConsensusView:
    """A decided consensus. `total`: of the agreed marks, on 100. `attendees`: a name, then a comma and a capacity."""

    call: CallFile
    reference: str
    title: str
    association: str
    cause: str
    frozen: tuple[FrozenReview, ...]
    frozen_at: datetime
    agreed: Mapping[str, Decimal]
    total: Decimal
    reason: str
    dissent: str
    attendees: tuple[str, ...]
    held_on: date
    author: str


def render_consensus_minutes(view: ConsensusView) -> bytes:
    """The minutes as a PDF; the same view gives the same bytes."""
    rubric = view.call.rubric
    rows = [
        tuple(
            Cell(text)
            for text in (
                title_of(criterion),
                *(
                    mark_in_words(criterion, one.marks[criterion.id]) if criterion.id in one.marks else "–"
                    for one in view.frozen
                ),
                mark_in_words(criterion, view.agreed[criterion.id]) if criterion.id in view.agreed else "–",
            )
        )
        for criterion in rubric.criteria
    ]
    totals = [total_of(rubric, one.marks) for one in view.frozen]
    rows.append(
        tuple(
            Cell(text)
            for text in (
                f"Total {out_of(rubric)}",
                *("–" if total is None else figure(total, rubric) for total in totals),
                figure(view.total, rubric),
            )
        )
    )
    people = [line.partition(",") for line in view.attendees]
    body: list[Heading | Paragraph | MinutesTable] = [
        Heading("Dossier examiné"),
        Paragraph(f"{view.reference}{NBSP}: {spaced(view.title)}, {view.association}."),
        Paragraph(spaced(view.cause)),
        Heading("Notes"),
        Paragraph(
            f"Les notes individuelles, arrêtées le {moment(paris(view.frozen_at))}, sont conservées. La note convenue "
            "remplace leur moyenne dans le classement."
        ),
        MinutesTable(
            (
                PaperColumn("Critère"),
                *(PaperColumn(one.code, 18, figure=True) for one in view.frozen),
                PaperColumn("Convenue", 22, figure=True),
            ),
            tuple(rows),
        ),
        Heading("Motif de la note convenue"),
        *(Paragraph(spaced(line)) for line in view.reason.splitlines() if line.strip()),
        Heading("Avis divergents"),
        *(
            [Paragraph(spaced(line)) for line in view.dissent.splitlines() if line.strip()]
            or [Paragraph("Aucun avis divergent n’a été exprimé.")]
        ),
    ]
    return render_minutes(
        MinutesView(
            title="Procès-verbal de consensus",
            call_title=spaced(view.call.call.title or view.call.id),
            reference=view.call.call.reference or view.call.id,
            sender=sender_of(view.call),
            held_on=view.held_on,
            attendees=tuple(Attendee(name.strip(), capacity.strip()) for name, _, capacity in people),
            body=tuple(body),
            signatories=(Attendee(view.author, "Pour le service"),) if view.author else (),
        )
    )
