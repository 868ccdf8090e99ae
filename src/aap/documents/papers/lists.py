"""Lists that an official signs or archives: the laureates, the whole ranking, the applications not retained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from aap.core import french
from aap.core.call.lots import following, lot_name, parts_of
from aap.core.call.points import figure, out_of
from aap.core.call.schema import CallFile, Lot
from aap.core.results import ERRATIC, ResultRow, ReviewerRow, Status
from aap.core.scoring.calibration_notices import erratic_reviewers
from aap.documents.papers.letterhead import Author, Sender, author_of, document_date, sender_of
from aap.documents.papers.pdf import PdfMetadata, render_pdf
from aap.documents.papers.run_standing import RunStanding

STATUS_WORDS: Mapping[Status, str] = {
    "laureate": "Lauréat",
    "waiting_list": "Liste d’attente",
    "not_selected": "Non retenu",
    "below_threshold": "Sous un seuil",
    "ineligible": "Irrecevable",
    "incomplete": "Évaluations incomplètes",
    "withdrawn": "Retiré",
}


@dataclass(frozen=True, slots=True)
class PaperColumn:
    """`width` in millimetres, None takes what is left; figures are set to the right, references (ids) small."""

    title: str
    width: int | None = None
    figure: bool = False
    reference: bool = False


DOSSIER_COLUMN = PaperColumn("Dossier", 39, reference=True)  # wide enough for a reference in one piece


@dataclass(frozen=True, slots=True)
class Cell:
    """`text`, and under it in small `detail`."""

    text: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SignedListView:
    """A list ready to lay out. `summary`: label and value above the table; `total`: its last row.

    A row of one cell heads those that follow it. `fingerprint` is the hash of the result that the list shows: the same hash
    stands in report.json. `witness` says where the audit log stood when the list was frozen. `made_on` dates
    the file; `dated` is the date printed, None leaves it to be filled in by hand. `standing`: provisional, frozen or taken
    back; None in file mode, which knows of no persons.
    """

    title: str
    call_title: str
    reference: str
    sender: Sender
    columns: tuple[PaperColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    made_on: date
    dated: date | None = None
    introduction: tuple[str, ...] = ()
    summary: tuple[tuple[str, str], ...] = ()
    total: tuple[Cell, ...] = ()
    notes: tuple[str, ...] = ()
    fingerprint: str = ""
    witness: str = ""
    author: Author | None = None
    draft: str = ""
    orientation: Literal["portrait", "landscape"] = "portrait"
    standing: RunStanding | None = None


@dataclass(frozen=True, slots=True)
class DossierLabel:
    """How a dossier is named in a list, besides its association."""

    reference: str = ""
    project: str = ""
    place: str = ""


def laureate_list_view(
    call: CallFile,
    rows: Sequence[ResultRow],
    *,
    result_hash: str,
    final: bool = True,
    labels: Mapping[str, DossierLabel] | None = None,
    dated: date | None = None,
    author: Author | None = None,
    granted: int | None = None,
    witness: str = "",
) -> SignedListView:
    """The ranked list of the laureates, to sign; lot by lot where there are lots. `labels` by application id;
    `result_hash` as in report.json.

    `granted`: cents to all of them, where a line is masked; None: the sum of the lines.
    """
    laureates = [row for row in rows if row.status == "laureate"]
    requested = sum(row.requested_amount for row in laureates)
    if granted is None:
        granted = sum(row.granted_amount or 0 for row in laureates)
    summary = [
        ("Lauréats", french.number(len(laureates)) + _of(None if call.lots else call.selection.laureates)),
        ("Montant attribué", french.euros(granted)),
    ]
    budgets = [part.selection.budget for _, part in parts_of(call)]
    if (budget := _sum(budgets)) is not None:
        summary.append(("Enveloppe de l’appel", french.euros(int(budget * 100))))
    return _signed_list(
        call,
        title="Liste des lauréats",
        summary=tuple(summary),
        columns=(
            PaperColumn("Rang", 11, figure=True),
            DOSSIER_COLUMN,
            PaperColumn("Association et projet"),
            PaperColumn("Note", 14, figure=True),
            PaperColumn("Demandé", 23, figure=True),
            PaperColumn("Attribué", 23, figure=True),
        ),
        rows=_by_lot(
            call,
            laureates,
            lambda row: (
                *_first_cells(call, labels, row),
                Cell("–" if row.masked else french.euros(row.granted_amount or 0)),
            ),
        ),
        total=(
            Cell(""),
            Cell(""),
            Cell(f"Total : {french.count(len(laureates), 'lauréat')}"),
            Cell(""),
            Cell("–" if any(row.masked for row in laureates) else french.euros(requested)),
            Cell(french.euros(granted)),
        ),
        result_hash=result_hash,
        dated=dated,
        author=author,
        draft="" if final else "Document provisoire : des évaluations manquent, la liste peut changer.",
        witness=witness,
    )


def ranking_list_view(
    call: CallFile,
    rows: Sequence[ResultRow],
    *,
    result_hash: str,
    final: bool = True,
    labels: Mapping[str, DossierLabel] | None = None,
    statuses: Iterable[Status] | None = None,
    title: str = "Classement des candidatures",
    dated: date | None = None,
    author: Author | None = None,
    reviewers: Sequence[ReviewerRow] = (),
) -> SignedListView:
    """The whole ranking, or the applications of some `statuses` (the list of refusals, for instance), with reasons.

    `reviewers`: whose marks are to be read again, among them, is noted under the list.
    """
    erratic = tuple(one.reviewer_id for one in reviewers if one.flag == ERRATIC)
    kept = frozenset(statuses) if statuses is not None else None
    shown = [row for row in rows if kept is None or row.status in kept]
    return _signed_list(
        call,
        title=title,
        summary=_status_counts(shown),
        columns=(
            PaperColumn("Rang", 11, figure=True),
            DOSSIER_COLUMN,
            PaperColumn("Association et projet", 62),
            PaperColumn("Note", 14, figure=True),
            PaperColumn("Demandé", 24, figure=True),
            PaperColumn("Attribué", 24, figure=True),
            PaperColumn("Décision et motif"),
        ),
        rows=_by_lot(
            call,
            shown,
            lambda row: (
                *_first_cells(call, labels, row),
                Cell(french.euros(row.granted_amount) if row.granted_amount is not None else "–"),
                Cell(_outcome(row), french.spaced(row.reason)),
            ),
        ),
        result_hash=result_hash,
        dated=dated,
        author=author,
        draft="" if final else "Document provisoire : des évaluations manquent, le classement peut changer.",
        orientation="landscape",
        notes=(erratic_reviewers(erratic).text,) if erratic else (),
    )


def _by_lot(
    call: CallFile, rows: Sequence[ResultRow], cells: Callable[[ResultRow], tuple[Cell, ...]]
) -> tuple[tuple[Cell, ...], ...]:
    """The lines of a list; where there are lots, each lot's after a line of one cell that names it."""
    found: list[tuple[Cell, ...]] = []
    for lot, part in parts_of(call):
        inside = [row for row in rows if lot is None or row.lot == lot.id]
        if lot is not None:
            name = lot_name(lot)
            found.append((Cell(f"{name[:1].upper()}{name[1:]}{french.NBSP}: {_of_lot(call, lot, part, inside)}"),))
        found += [cells(row) for row in inside]
    return tuple(found)


def _of_lot(call: CallFile, lot: Lot, part: CallFile, rows: Sequence[ResultRow]) -> str:
    """`2 lauréats, 8 000 € attribués (enveloppe de 10 000 €)`."""
    laureates = [row for row in rows if row.status == "laureate"]
    text = french.count(len(laureates), "lauréat")
    if not any(row.masked for row in laureates):
        text += f", {french.euros(sum(row.granted_amount or 0 for row in laureates))} attribués"
    budget = part.selection.budget
    if budget is None:
        return text
    more = ", plus ce que laisse un autre lot" if lot.id in following(call).values() else ""
    return f"{text} (enveloppe de {french.euros(int(budget * 100))}{more})"


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """None where one of them is no limit."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def _signed_list(
    call: CallFile,
    *,
    title: str,
    summary: tuple[tuple[str, str], ...],
    columns: tuple[PaperColumn, ...],
    rows: tuple[tuple[Cell, ...], ...],
    result_hash: str,
    dated: date | None,
    author: Author | None,
    draft: str,
    total: tuple[Cell, ...] = (),
    orientation: Literal["portrait", "landscape"] = "portrait",
    witness: str = "",
    notes: tuple[str, ...] = (),
) -> SignedListView:
    """A list of a call's result, dated and signed as its letters are where nothing else is said."""
    return SignedListView(
        title=title,
        call_title=french.spaced(call.call.title or call.id),
        reference=call.call.reference or call.id,
        sender=sender_of(call),
        columns=columns,
        rows=rows,
        made_on=dated or document_date(call),
        dated=dated or call.letters.signed_on,
        summary=summary,
        total=total,
        notes=(_method_note(call), *notes),
        fingerprint=result_hash,
        witness=witness,
        author=author or author_of(call),
        draft=draft,
        orientation=orientation,
    )


def _first_cells(call: CallFile, labels: Mapping[str, DossierLabel] | None, row: ResultRow) -> tuple[Cell, ...]:
    return (
        _figure(row.rank),
        Cell(_label(labels, row).reference or row.application_id),
        _association(labels, row),
        _score(call, row),
        Cell("–" if row.masked else french.euros(row.requested_amount)),
    )


def render_list(view: SignedListView) -> bytes:
    """The list as a PDF; the same view gives the same bytes."""
    metadata = PdfMetadata(
        title=f"{view.title} – {view.call_title}",
        author=view.sender.in_full,
        made_on=view.made_on,
        subject=view.reference,
    )
    return render_pdf("list.html", metadata, {"list": view})


def log_witness(lines: int | None, head: str | None) -> str:
    """Where the audit log stood when a run was frozen, as its papers say it; empty where that wasn't noted."""
    return (
        f"Journal à l’arrêt du classement : {french.count(lines, 'ligne')}, empreinte {head}" if lines and head else ""
    )


def _of(limit: int | None) -> str:
    return "" if limit is None else f" sur {french.number(limit)} au plus"


def _figure(rank: int | None) -> Cell:
    return Cell("–" if rank is None else french.number(rank))


def _label(labels: Mapping[str, DossierLabel] | None, row: ResultRow) -> DossierLabel:
    return (labels or {}).get(row.application_id) or DossierLabel()


def _association(labels: Mapping[str, DossierLabel] | None, row: ResultRow) -> Cell:
    label = _label(labels, row)
    return Cell(row.association, " – ".join(filter(None, (label.project, label.place))))


def _score(call: CallFile, row: ResultRow) -> Cell:
    score = row.score(call.scoring.method)
    return Cell("–" if score is None else figure(score, call.rubric, 2))


def _outcome(row: ResultRow) -> str:
    word = STATUS_WORDS[row.status]
    return f"{word}, {french.ordinal(row.waiting_rank)}" if row.waiting_rank is not None else word


def _status_counts(rows: Sequence[ResultRow]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (word, french.number(count))
        for status, word in STATUS_WORDS.items()
        if (count := sum(row.status == status for row in rows))
    )


def _method_note(call: CallFile) -> str:
    on = f"Note {out_of(call.rubric)}"
    method = (
        f"{on}, corrigée des écarts de sévérité entre évaluateurs."
        if call.scoring.method == "calibrated"
        else f"{on}, moyenne des évaluations."
    )
    return f"{method} Classement et sélection calculés selon les règles publiées avec l’appel."
