"""The act that awards the grants (arrêté, décision, délibération): visas, articles, ways of appeal, and in its annex the
laureates with their amounts. A draft until the ranking is frozen and the act has its number and its date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from aap.core import french
from aap.core.call import letter_texts
from aap.core.call.letter_settings import DecisionTerms, in_effect
from aap.core.call.letter_texts import court_of, fill_in
from aap.core.call.schema import CallFile
from aap.core.results import ResultRow
from aap.documents.papers.letter_words import on_one_line
from aap.documents.papers.letterhead import Author, Sender, author_of, document_date, sender_of
from aap.documents.papers.lists import DOSSIER_COLUMN, Cell, DossierLabel, PaperColumn
from aap.documents.papers.pdf import PdfMetadata, render_pdf

DEFAULT_VISAS = (
    "Vu le code des relations entre le public et l’administration, notamment ses articles L. 212-1 et L. 311-3-1 ;",
    "Vu la loi n° 2000-321 du 12 avril 2000 relative aux droits des citoyens dans leurs relations avec les administrations, "
    "notamment ses articles 9-1 et 10 ;",
    "Vu l’appel à projets « {title} » ({reference}) ;",
)
"""What the act rests on where nothing is typed; the authority's counsel completes it."""


def default_articles(waiting: int) -> tuple[str, ...]:
    """What the act decides where nothing is typed. `waiting`: how many dossiers are on the waiting list."""
    but = ", à l’exception de celles qui sont inscrites sur la liste d’attente" if waiting else ""
    return (
        "Au titre de l’appel à projets « {title} », des subventions d’un montant total de {granted} sont attribuées aux "
        "{laureates} bénéficiaires dont la liste figure en annexe, pour les montants qui y sont inscrits.",
        f"Les demandes qui ne figurent pas en annexe ne sont pas retenues{but}.",
        "Chaque subvention est versée dans les conditions notifiées à son bénéficiaire.",
        "Le présent acte est notifié aux intéressés et publié.",
    )


_ALGORITHM = (
    f"{letter_texts.ALGORITHM} Toute association candidate peut demander ces règles et leur application à son dossier (article "
    "L. 311-3-1 du code des relations entre le public et l’administration)."
)


@dataclass(frozen=True, slots=True)
class ActView:
    """An act ready to lay out. `title`: « Arrêté n° 12 du 15 avril 2025 »; `object`: what it bears on; `articles`: number
    and text; `annex`: the laureates' table with its total; `draft`: why it is none yet, empty once it can be signed."""

    title: str
    object: str
    reference: str
    sender: Sender
    author: Author
    visas: tuple[str, ...]
    articles: tuple[tuple[str, str], ...]
    appeals: tuple[str, ...]
    algorithm: str
    columns: tuple[PaperColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...]
    made_on: date
    dated: date | None = None
    fingerprint: str = ""
    draft: str = ""


def act_view(
    call: CallFile,
    rows: Sequence[ResultRow],
    *,
    terms: DecisionTerms | None,
    result_hash: str,
    frozen: bool,
    labels: Mapping[str, DossierLabel] | None = None,
    granted: int | None = None,
) -> ActView:
    """The act of a run's result. `rows`: all of its lines; `granted`: cents to all laureates, where a line is masked."""
    now = in_effect(call, terms)
    laureates = [row for row in rows if row.status == "laureate"]
    waiting = sum(row.status == "waiting_list" for row in rows)
    total = sum(row.granted_amount or 0 for row in laureates) if granted is None else granted
    known = {
        **letter_texts.values_of_call(call),
        "published": now.published or None,
        "laureates": french.number(len(laureates)),
        "granted": french.euros(total),
        "waiting": french.number(waiting),
        "expires": french.day(now.expires) if now.expires else None,
    }
    values = {name: known.get(name) or f"[{meaning}]" for name, meaning in letter_texts.ACT_PLACEHOLDERS.items()}

    def final(template: str) -> str:
        return french.spaced(on_one_line(fill_in(template, values)))

    dated = now.act_on or now.signed_on
    act = now.act or "Arrêté n° [numéro]"
    missing = [
        word
        for word, absent in (
            ("le classement n’est pas arrêté", not frozen),
            ("son numéro manque", not now.act),
            ("sa date manque", dated is None),
            ("son signataire manque", not (now.last_name and now.capacity)),
        )
        if absent
    ]
    return ActView(
        title=french.spaced(f"{act[:1].upper()}{act[1:]}{f' du {french.day(dated)}' if dated else ''}"),
        object=final("portant attribution de subventions au titre de l’appel à projets « {title} »"),
        reference=call.call.reference or call.id,
        sender=sender_of(call),
        author=author_of(call, terms),
        visas=tuple(map(final, now.visas or DEFAULT_VISAS)),
        articles=tuple(
            (f"Article {french.ordinal(number) if number == 1 else number}", final(text))
            for number, text in enumerate(now.articles or default_articles(waiting), 1)
        ),
        appeals=tuple(map(french.spaced, _appeals(call))),
        algorithm=french.spaced(_ALGORITHM),
        columns=(
            PaperColumn("Rang", 11, figure=True),
            DOSSIER_COLUMN,
            PaperColumn("Bénéficiaire et projet"),
            PaperColumn("Montant attribué", 32, figure=True),
        ),
        rows=tuple(_line(row, labels or {}) for row in laureates),
        total=(
            Cell(""),
            Cell(""),
            Cell(f"Total : {french.count(len(laureates), 'bénéficiaire')}"),
            Cell(french.euros(total)),
        ),
        made_on=dated or document_date(call),
        dated=dated,
        fingerprint=result_hash,
        draft=f"Projet : {french.listed(missing)}." if missing else "",
    )


def _appeals(call: CallFile) -> tuple[str, ...]:
    return (
        f"Le présent acte peut être contesté dans un délai de {letter_texts.delay_of_appeal(None)} à compter de sa publication "
        "ou de sa notification, par un recours gracieux ou hiérarchique qui, formé dans ce délai, proroge le délai du "
        f"recours contentieux, ou par un recours contentieux devant le {court_of(call)}, par courrier ou sur "
        "www.telerecours.fr.",
    )


def _line(row: ResultRow, labels: Mapping[str, DossierLabel]) -> tuple[Cell, ...]:
    label = labels.get(row.application_id) or DossierLabel()
    detail = french.spaced(" – ".join(filter(None, (label.project, label.place))))
    return (
        Cell("–" if row.rank is None else french.number(row.rank)),
        Cell(label.reference or row.application_id),
        Cell(row.association, detail),
        Cell("–" if row.masked else french.euros(row.granted_amount or 0)),
    )


def render_act(view: ActView) -> bytes:
    """The act as a PDF; the same view gives the same bytes."""
    metadata = PdfMetadata(
        title=f"{view.title} {view.object}",
        author=view.sender.in_full,
        made_on=view.made_on,
        subject=view.reference,
    )
    return render_pdf("act.html", metadata, {"act": view})
