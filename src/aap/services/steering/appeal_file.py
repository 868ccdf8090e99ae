"""The file of an appeal: everything that the decision on one dossier rests on, as one PDF, made by a job.

Other associations are nowhere in it, reviewers by their code only. Who is recused of the dossier doesn't get it.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session, col, select

from aap.core import french
from aap.core.call import appeal_texts
from aap.core.call.criterion_words import counts_for, mark_in_words, scale_in_words
from aap.core.call.points import figure, out_of
from aap.core.delays import paris
from aap.core.results import ResultRow, masked_text
from aap.core.scoring.marking import title_of, total_of
from aap.documents.media_types import PDF
from aap.documents.papers.bound_file import AppealFileView, BoundPart, ExtractBlock, ExtractView, bind, render_extract
from aap.documents.papers.dossier import Attachment, reproduced_pages
from aap.documents.papers.letterhead import sender_of
from aap.documents.papers.lists import STATUS_WORDS, Cell, PaperColumn
from aap.documents.papers.minutes import Heading, MinutesTable, Paragraph, Sentences
from aap.records.applications import Application, Document, SectionAnswers
from aap.records.decided import DecisionCorrection
from aap.records.outbox import Job, JobState
from aap.records.people import Person
from aap.records.rankings import Contest, ContestKind, Decision, DecisionStage, Outcome
from aap.records.reviews import Reviewer
from aap.services.actor import Actor, load_actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.decision.appeal_pages import files_of
from aap.services.decision.appeals import HeldAppeal, held_appeal
from aap.services.dossier.dossiers import OpenedDossier
from aap.services.dossier.readable import dossier_pdf
from aap.services.dossier.receipts import receipts_of
from aap.services.errors import NotFound
from aap.services.outbox import Progress, start_job
from aap.services.platform import Platform
from aap.services.ranking.minuted_decisions import changed_marks
from aap.services.ranking.run_files import processing_sheet_pdf
from aap.services.ranking.runs import get_run, view_run
from aap.services.screening.dossier_history import dossier_history
from aap.services.screening.official_dossier import HistoryLine, InspectedDossier, inspect_dossier

KIND = "appeal_file"
AROUND = 5
"""Dossiers before and after the one that is contested, in the extract of the ranking."""
OTHER = "Autre dossier"


def ask_appeal_file(
    session: Session, *, actor: Actor, call_id: str, contest_id: str, actions: Mapping[str, str], now: datetime
) -> Job:
    """Starts the making of the file, as this official may read it. `actions`: what the log's actions are called.

    Raises NotFound, also for who is recused, StateForbids.
    """
    held = held_appeal(session, actor=actor, call_id=call_id, contest_id=contest_id)
    lines = _history(session, actor, held.application.id)
    named = {one.action: actions.get(one.action, one.action) for one in lines}
    arguments = {"contest": contest_id, "actions": named}
    return start_job(session, KIND, actor=actor, now=now, call_id=call_id, arguments=arguments)


def made_appeal_file(session: Session, *, actor: Actor, call_id: str, contest_id: str) -> Job | None:
    """The last file that this official had made of the appeal; None before. Raises like `held_appeal`."""
    held_appeal(session, actor=actor, call_id=call_id, contest_id=contest_id)
    found = session.exec(
        select(Job)
        .where(Job.kind == KIND, Job.call_id == call_id, Job.author_id == actor.person_id, Job.state == JobState.DONE)
        .order_by(col(Job.created_at).desc(), col(Job.id).desc())
    )
    return next((job for job in found if job.arguments["contest"] == contest_id), None)


@dataclass(frozen=True)
class KeptAppealFile:
    """A file in the store, and the name under which it is handed out."""

    name: str
    sha256: str


def hand_out_appeal_file(
    session: Session, *, actor: Actor, call_id: str, contest_id: str, now: datetime
) -> KeptAppealFile:
    """The file that was made, its download logged. Raises NotFound, also for who is recused since."""
    held = held_appeal(session, actor=actor, call_id=call_id, contest_id=contest_id)
    job = made_appeal_file(session, actor=actor, call_id=call_id, contest_id=contest_id)
    if job is None:
        raise NotFound("file", contest_id)
    sha256 = str(job.result["sha256"])
    after = {"contest": contest_id, "sha256": sha256}
    record(session, actor, "appeal.file_downloaded", held.application, now=now, after=after)
    return KeptAppealFile(f"{held.number}-dossier.pdf", sha256)


def make_appeal_file(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Job `appeal_file`: lays the papers out and binds them, for who asked for it. May be run again.

    Arguments: `contest`, `actions` (what the log's actions are called).
    """
    progress(0, 1, "layout")
    with platform.database.reading() as session:
        actor = load_actor(session, job.author_id or "")
        if actor is None:
            raise NotFound("person", job.author_id or "")
        held = held_appeal(session, actor=actor, call_id=job.call_id or "", contest_id=job.arguments["contest"])
        view = _Binder(platform, session, actor, held, job.arguments["actions"], job.created_at).view()
    stored = platform.files.put(io.BytesIO(bind(view)))
    progress(1, 1, "layout")
    return {"sha256": stored.sha256, "contest": held.contest.id}


def _history(session: Session, actor: Actor, application_id: str) -> list[HistoryLine]:
    """Every line of the log about the dossier, the oldest first."""
    lines: list[HistoryLine] = []
    before: int | None = None
    while True:
        page = dossier_history(session, actor=actor, application_id=application_id, before=before)
        lines += page.lines
        if page.older is None:
            return lines[::-1]
        before = page.older


@dataclass
class _Binder:
    """Gathers the papers of one file, as its official may read them."""

    platform: Platform
    session: Session
    actor: Actor
    held: HeldAppeal
    actions: Mapping[str, str]
    made_on: datetime

    def __post_init__(self) -> None:
        call_id, own = self.held.call.id, self.held.application.reference
        self.dossier: InspectedDossier = inspect_dossier(
            self.session, actor=self.actor, application_id=self.held.application.id
        )
        named = self.session.exec(
            select(Person.name, Reviewer.code).where(Reviewer.call_id == call_id, Reviewer.person_id == Person.id)
        )
        self.codes = {name: f"Évaluateur {code}" for name, code in named if name}
        references = self.session.exec(select(Application.reference).where(Application.call_id == call_id))
        self.others: Collection[str] = [one for one in references if one and one != own]

    def view(self) -> AppealFileView:
        """The whole file, ready to be bound."""
        call, contest, decision = self.held.call, self.held.contest, self.held.decision
        assert decision.notified_at is not None
        assert contest.received_on is not None
        return AppealFileView(
            title=f"Dossier du recours {self.held.number}",
            call_title=french.spaced(call.record.title),
            reference=call.file.call.reference or call.id,
            sender=sender_of(call.file),
            made_on=self.made_on,
            facts=(
                ("Recours", f"{_kind(contest).capitalize()}, reçu le {french.day(contest.received_on)}"),
                ("Décision contestée", f"notifiée le {french.day(paris(decision.notified_at).date())}"),
                ("Dossier", self.held.application.reference),
                ("Association", self.dossier.association.name),
                ("Projet", french.spaced(self.held.application.title)),
                ("Établi le", french.moment(paris(self.made_on))),
            ),
            parts=tuple(self._parts()),
            notices=(
                "Les autres associations ne sont pas nommées. Les évaluateurs sont désignés par leur code.",
                f"La page est celle du fichier entier, couverture comprise{french.NNBSP}; chaque pièce garde sa propre "
                "numérotation.",
            ),
        )

    def _extract(self, title: str, body: Sequence[ExtractBlock], subtitle: str = "") -> bytes:
        foot = f"{self.held.number} – dossier {self.held.application.reference}"
        sender = sender_of(self.held.call.file)
        return render_extract(ExtractView(title, sender, foot, self.made_on, subtitle, tuple(body)))

    def _parts(self) -> Iterator[BoundPart]:
        yield from self._appeal()
        yield BoundPart("Le dossier de candidature", "Dossier déposé, avec ses pièces", self._dossier())
        yield BoundPart("L’évaluation", "Grille d’évaluation", self._extract("Grille d’évaluation", self._rubric()))
        yield BoundPart("L’évaluation", "Notes et avis", self._extract("Notes et avis", self._reviews()))
        yield from self._ranking()
        yield from self._letters()
        yield BoundPart(
            "Le journal", "Lignes du journal sur ce dossier", self._extract("Journal du dossier", self._log())
        )

    def _appeal(self) -> Iterator[BoundPart]:
        contest = self.held.contest
        group = "Le recours"
        joined = files_of(self.session, contest.id)
        refused, kept = [], []
        for one in joined:
            media: Literal["pdf", "image", "other"] = "other"
            if one.media_type == PDF:
                media = "pdf"
            elif one.media_type.startswith("image/"):
                media = "image"
            content = self.platform.files.read(one.sha256) if media != "other" else b""
            pages = reproduced_pages(Attachment("Pièce", one.name, media, content, one.sha256, one.size))
            if isinstance(pages, str):
                refused.append(f"{one.name}{french.NBSP}: {pages}")
            else:
                kept.append(BoundPart(group, f"Pièce jointe{french.NBSP}: {one.name}", pages))
        body: list[ExtractBlock] = [
            Paragraph(french.spaced(line)) for line in contest.body.splitlines() if line.strip()
        ]
        if refused:
            body += [Heading("Pièces qui ne sont pas reproduites"), Sentences(tuple(refused))]
        title = f"{_kind(contest).capitalize()} {self.held.number}"
        late = ", après le dernier jour pour contester" if contest.late else ""
        assert contest.received_on is not None
        how = "sur papier" if contest.on_paper else "sur la plateforme"
        subtitle = f"Reçu le {french.day(contest.received_on)} {how}{late}"
        yield BoundPart(group, title, self._extract(title, body, subtitle))
        yield from kept
        if contest.acknowledged_sha256:
            yield BoundPart(group, "Accusé de réception", self.platform.files.read(contest.acknowledged_sha256))
        if contest.reply_sha256:
            yield BoundPart(group, "Réponse au recours", self.platform.files.read(contest.reply_sha256))

    def _dossier(self) -> bytes:
        session, application = self.session, self.held.application
        sections = session.exec(select(SectionAnswers).where(SectionAnswers.application_id == application.id))
        documents = session.exec(
            select(Document)
            .where(Document.application_id == application.id, col(Document.removed_at).is_(None))
            .order_by(col(Document.uploaded_at), col(Document.id))
        ).all()
        opened = OpenedDossier(
            self.held.call, application, self.dossier.association, {one.section: one for one in sections},
            tuple(documents),
        )  # fmt: skip
        receipts = receipts_of(session, opened)
        return dossier_pdf(self.platform.files, opened, receipts[-1] if receipts else None, self.made_on)

    def _rubric(self) -> list[ExtractBlock]:
        rubric = self.held.call.file.rubric
        rows = tuple(
            (Cell(title_of(one), one.question or ""), Cell(counts_for(one, rubric)), Cell(scale_in_words(one, rubric)))
            for one in rubric.criteria
            if one.kind != "computed"
        )
        body: list[ExtractBlock] = [
            MinutesTable((PaperColumn("Critère"), PaperColumn("Poids", 34), PaperColumn("Échelle", 30)), rows)
        ]
        for one in rubric.criteria:
            if one.levels:
                levels = (f"{french.exact(mark)}{french.NBSP}: {text}" for mark, text in sorted(one.levels.items()))
                body += [Heading(title_of(one)), Sentences(tuple(map(french.spaced, levels)))]
        return body

    def _reviews(self) -> list[ExtractBlock]:
        rubric = self.held.call.file.rubric
        given = [one for one in self.dossier.reviews if one.marks]
        codes = {id(one): one.code or f"n°\u00a0{place}" for place, one in enumerate(given, 1)}
        rows = []
        for criterion in rubric.criteria:
            marks = [one.marks.get(criterion.id, (None, ""))[0] for one in given]
            words = ("–" if mark is None else mark_in_words(criterion, mark) for mark in marks)
            rows.append(tuple(Cell(text) for text in (title_of(criterion), *words)))
        totals = [
            total_of(rubric, {name: mark for name, (mark, _) in one.marks.items() if mark is not None}) for one in given
        ]
        words = ("–" if total is None else figure(total, rubric) for total in totals)
        rows.append(tuple(Cell(text) for text in (f"Total {out_of(rubric)}", *words)))
        columns = (PaperColumn("Critère"), *(PaperColumn(codes[id(one)], 24, figure=True) for one in given))
        body: list[ExtractBlock] = [MinutesTable(columns, tuple(rows))]
        for one in given:
            body.append(Heading(f"Avis de l’évaluateur {codes[id(one)]}"))
            if one.set_aside:
                body.append(Paragraph("Cette évaluation a été mise à l’écart : elle ne compte pas dans la note."))
            if one.submitted_at:
                body.append(Paragraph(f"Remis le {french.moment(paris(one.submitted_at))}."))
            titles = {criterion.id: title_of(criterion) for criterion in rubric.criteria}
            for change in self.dossier.changes:
                if change.code and change.code == one.code:
                    at = french.moment(paris(change.at))
                    changed = french.closed(changed_marks(change, titles))
                    body += self._lines(
                        f"Modifiée après discussion entre évaluateurs, le {at}. {changed} Motif{french.NBSP}: {change.reason}"
                    )
            body += self._lines(one.general_comment)
            said = [
                f"{title_of(criterion)}{french.NBSP}: {self._told(comment)}"
                for criterion in rubric.criteria
                if (comment := one.marks.get(criterion.id, (None, ""))[1])
            ]
            if said:
                body.append(Sentences(tuple(said)))
        for held in self.dossier.decided:
            whose = "de l’autorité" if held.stage == DecisionStage.AUTHORITY else "du jury"
            body += [Heading(f"Décision {whose}"), *self._lines(held.reason)]
        return body

    def _lines(self, text: str) -> list[ExtractBlock]:
        return [Paragraph(self._told(line)) for line in text.splitlines() if line.strip()]

    def _told(self, text: str) -> str:
        """A text without other dossiers and without the names of reviewers."""
        for name, code in self.codes.items():
            text = text.replace(name, code)
        return french.spaced(masked_text(text, self.others))

    def _ranking(self) -> Iterator[BoundPart]:
        call, own = self.held.call, self.held.application.reference
        run = get_run(self.session, self.held.decision.run_id)
        rows = view_run(self.session, run, actor=self.actor).rows
        group = "Le classement"
        title = "Extrait du classement"
        subtitle = (
            f"Classement n°\u00a0{run.number}, arrêté le {french.day(paris(run.frozen_at or run.created_at).date())}"
        )
        yield BoundPart(group, title, self._extract(title, _around(call, rows, own), subtitle))
        decision = self.held.decision
        rule: list[ExtractBlock] = [
            Paragraph(f"Décision{french.NBSP}: {STATUS_WORDS[Outcome(decision.outcome).value]}."),
            *self._lines(decision.row.get("reason") or decision.reason),
        ]
        if decision.reason != decision.row.get("reason"):
            rule += [Heading("Motif de la décision"), *self._lines(decision.reason)]
        yield BoundPart(group, "Règle qui a décidé", self._extract("Règle qui a décidé", rule))
        try:
            sheet = processing_sheet_pdf(self.session, actor=self.actor, call=call, run=run, reference=own)
        except NotFound:  # it was never ranked
            return
        yield BoundPart(group, "Fiche du traitement algorithmique", sheet)

    def _letters(self) -> Iterator[BoundPart]:
        group = "Les lettres"
        application_id = self.held.application.id
        decided = self.session.exec(
            select(Decision)
            .where(Decision.application_id == application_id, col(Decision.notified_at).is_not(None))
            .order_by(col(Decision.number))
        )
        for one in decided:
            if one.letter_sha256 and one.notified_at:
                on = french.day(paris(one.notified_at).date())
                yield BoundPart(
                    group, f"Lettre de décision notifiée le {on}", self.platform.files.read(one.letter_sha256)
                )
        intended = self.session.exec(
            select(DecisionCorrection)
            .where(DecisionCorrection.application_id == application_id)
            .order_by(col(DecisionCorrection.proposed_at))
        )
        for held in intended:
            if held.intent_sha256 and held.intent_sent_at:
                on = french.day(paris(held.intent_sent_at).date())
                yield BoundPart(group, f"Lettre d’intention du {on}", self.platform.files.read(held.intent_sha256))

    def _log(self) -> list[ExtractBlock]:
        rows = tuple(
            (
                Cell(french.moment(paris(line.at))),
                Cell(self.actions.get(line.action, line.action), self._told(str(line.after.get("reason") or ""))),
                Cell(self.codes.get(line.person, line.person) or "L’association"),
            )
            for line in _history(self.session, self.actor, self.held.application.id)
        )
        columns = (PaperColumn("Quand", 42), PaperColumn("Quoi"), PaperColumn("Qui", 44))
        return [MinutesTable(columns, rows, empty="Aucune ligne.")]


def _kind(contest: Contest) -> str:
    return appeal_texts.APPEAL_WORDS[ContestKind(contest.kind).value]


def _around(call: OpenedCall, rows: Sequence[ResultRow], own: str) -> list[ExtractBlock]:
    """The lines around one dossier, the others without a name; where it has no rank, its own line alone."""
    place = next((at for at, row in enumerate(rows) if row.application_id == own), None)
    if place is None:
        return [Paragraph("Ce dossier n’est pas au classement.")]
    method = call.file.scoring.method
    if rows[place].rank is None:
        shown: Sequence[ResultRow] = [rows[place]]
    else:
        shown = [row for row in rows[max(0, place - AROUND) : place + AROUND + 1] if row.rank is not None]
    lines = []
    for row in shown:
        score = row.score(method)
        mine = row.application_id == own
        lines.append(
            (
                Cell("–" if row.rank is None else str(row.rank)),
                Cell(f"{own} (dossier contesté)" if mine else OTHER),
                Cell("–" if score is None else figure(score, call.file.rubric, 2)),
                Cell(STATUS_WORDS[row.status]),
            )
        )
    columns = (
        PaperColumn("Rang", 14, figure=True),
        PaperColumn("Dossier"),
        PaperColumn("Note", 22, figure=True),
        PaperColumn("Décision", 44),
    )
    ranked = sum(row.rank is not None for row in rows)
    said = (
        f"{french.count(ranked, 'dossier classé', 'dossiers classés')} en tout. Les autres dossiers ne sont pas nommés."
    )
    return [Paragraph(said), MinutesTable(columns, tuple(lines))]
