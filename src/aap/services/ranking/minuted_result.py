"""What the minutes say of the ranking: laureates, waiting list, and who is refused by which rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal

from aap.core import french
from aap.core.call.points import figure
from aap.core.call.schema import CallFile
from aap.core.delays import paris
from aap.core.ranking.rule_of_reason import rule_of_reason
from aap.core.results import MASKED, ResultRow
from aap.documents.papers.lists import DOSSIER_COLUMN, STATUS_WORDS, Cell, PaperColumn
from aap.documents.papers.minutes import Heading, MinutesTable, PaperPart, Paragraph
from aap.records.rankings import RankingRun
from aap.services.call.calls import OpenedCall
from aap.services.ranking.freezing import is_unproven


def result_parts(call: OpenedCall, run: RankingRun, rows: Sequence[ResultRow], *, arbitrated: bool) -> list[PaperPart]:
    """The ranking, its laureates, the waiting list, the refusals by rule. `arbitrated`: the authority changed some."""
    granted = round(run.report["budget"]["granted"] * 100)
    counts = Counter(row.status for row in rows)
    at = french.moment(paris(run.created_at))
    sentence = (
        f"Classement n°{french.NBSP}{run.number}, calculé le {at}. Il retient "
        f"{french.count(counts['laureate'], 'lauréat')} pour {french.euros(granted)}."
    )
    statuses = tuple(
        (Cell(word), Cell(french.number(counts[status]))) for status, word in STATUS_WORDS.items() if counts[status]
    )
    return [
        Heading("Classement après l’arbitrage" if arbitrated else "Classement soumis au jury"),
        Paragraph(sentence),
        *unproven_parts(run),
        MinutesTable((PaperColumn("Résultat"), PaperColumn("Dossiers", 30, figure=True)), statuses),
        *_laureates(call.file, rows),
        *waiting_parts(call.file, rows),
        *refusal_parts(call.file, rows),
    ]


def unproven_parts(run: RankingRun) -> list[PaperPart]:
    """What the selection lacks in proof, and why it was frozen all the same; nothing where it is the best."""
    if not is_unproven(run):
        return []
    sentence = "Le calcul s’est arrêté avant d’avoir prouvé qu’aucune autre sélection ne fait mieux"
    if gap := run.report.get("gap"):
        least = Decimal(str(gap))
        points = f"{french.plain(least)}{french.NBSP}{'points' if french.is_plural(least) else 'point'}"
        sentence += f"{french.NBSP}: il pourrait manquer jusqu’à {points} à la somme des notes"
    parts: list[PaperPart] = [Paragraph(f"{sentence}.")]
    if run.unproven_reason:
        parts.append(
            Paragraph(f"Motif pour lequel il est arrêté sans cette preuve{french.NBSP}: {run.unproven_reason}")
        )
    return parts


def _laureates(call: CallFile, rows: Sequence[ResultRow]) -> list[PaperPart]:
    columns = (
        PaperColumn("Rang", 14, figure=True), DOSSIER_COLUMN, PaperColumn("Association"),
        PaperColumn("Note", 18, figure=True), PaperColumn("Attribué", 28, figure=True),
    )  # fmt: skip
    lines = tuple(
        (
            Cell(french.number(row.rank or 0)),
            Cell(row.application_id),
            Cell(row.association),
            Cell(score_words(call, row)),
            Cell("–" if row.masked else french.euros(row.granted_amount or 0)),
        )
        for row in rows
        if row.status == "laureate"
    )
    return [Heading("Lauréats"), MinutesTable(columns, lines, empty="Aucun lauréat.")]


def waiting_parts(call: CallFile, rows: Sequence[ResultRow]) -> list[PaperPart]:
    columns = (
        PaperColumn("Place", 16, figure=True), PaperColumn("Rang", 14, figure=True), DOSSIER_COLUMN,
        PaperColumn("Association"), PaperColumn("Note", 18, figure=True), PaperColumn("Demandé", 28, figure=True),
    )  # fmt: skip
    waiting = sorted((row for row in rows if row.waiting_rank is not None), key=lambda row: row.waiting_rank or 0)
    lines = tuple(
        (
            Cell(french.number(row.waiting_rank or 0)),
            Cell(french.number(row.rank or 0)),
            Cell(row.application_id),
            Cell(row.association),
            Cell(score_words(call, row)),
            Cell("–" if row.masked else french.euros(row.requested_amount)),
        )
        for row in waiting
    )
    parts: list[PaperPart] = [Heading("Liste d’attente")]
    if lines and call.letters.waiting_list_expires:
        parts.append(Paragraph(f"Elle vaut jusqu’au {french.day(call.letters.waiting_list_expires)}."))
    return [*parts, MinutesTable(columns, lines, empty="Aucun dossier n’est en attente.")]


def score_words(call: CallFile, row: ResultRow) -> str:
    """The score that ranks, in the points of the call; a dash where there is none."""
    score = row.score(call.scoring.method)
    return "–" if score is None else figure(score, call.rubric, 2)


# --- refusals by rule -------------------------------------------------------------------------------------------------


def refusal_parts(call: CallFile, rows: Sequence[ResultRow]) -> list[PaperPart]:
    """How many dossiers each rule keeps out, and which; the masked ones are counted by their outcome."""
    by_rule: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.status == "laureate" or row.waiting_rank is not None:
            continue
        by_rule[STATUS_WORDS[row.status] if row.masked else rule_of_reason(call, row.reason_code)].append(
            MASKED if row.masked else row.application_id
        )
    lines = tuple(
        (
            Cell(words),
            Cell(french.number(len(references))),
            Cell(french.listed(sorted(one for one in references if one != MASKED)) or MASKED),
        )
        for words, references in by_rule.items()
    )
    columns = (
        PaperColumn("Règle", 62), PaperColumn("Dossiers", 20, figure=True), PaperColumn("Lesquels", reference=True),
    )  # fmt: skip
    return [Heading("Refus, règle par règle"), MinutesTable(columns, lines, empty="Aucun dossier n’est refusé.")]
