"""Decision letters: from a dossier's outcome and the call file to the page that the association receives.

`letter_view` composes every text (the call file's, else the defaults of core.call.letter_texts; what is known at decision
time, of core.call.letter_settings); `render_letter` lays it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from aap.core import french
from aap.core.call import letter_texts
from aap.core.call.legal_mentions import says_delay_overseas
from aap.core.call.letter_settings import DecisionTerms, in_effect
from aap.core.call.letter_texts import LetterKind, fill_in, names_in
from aap.core.call.lots import lot_title
from aap.core.call.schema import CallFile, Lot
from aap.core.inputs import Application
from aap.core.results import Census, ResultRow
from aap.documents.papers.greeting import NEUTRAL
from aap.documents.papers.letter_facts import LetterFacts, WrittenDecision, kind_of, letter_facts
from aap.documents.papers.letter_words import decomposition, on_one_line, values_of
from aap.documents.papers.letterhead import Author, Sender, author_of, document_date, sender_of
from aap.documents.papers.mark_table import MarkTable
from aap.documents.papers.pdf import PdfMetadata, render_pdf


@dataclass(frozen=True, slots=True)
class Recipient:
    """Address block. `representative` is a person with a capacity; `address` one string a line."""

    association: str
    representative: str = ""
    address: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """As on an envelope: the association first."""
        return tuple(line for line in (self.association, self.representative, *self.address) if line)


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter ready to lay out: every text is final. `dated` None leaves the date to be filled in by hand."""

    kind: LetterKind
    sender: Sender
    recipient: Recipient
    author: Author
    object: str
    references: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...]
    appeals: tuple[str, ...]
    algorithm: str
    privacy: str
    made_on: date
    dated: date | None = None
    highlights: tuple[tuple[str, str], ...] = ()  # label and value: what is granted, the place on the waiting list
    conditions: tuple[str, ...] = ()
    marks: MarkTable | None = None
    greeting: str = NEUTRAL
    closing: str = ""
    draft: str = ""  # why it is none to be sent


def letter_from_row(
    call: CallFile,
    row: ResultRow,
    *,
    census: Census,
    application: Application | None = None,
    draft: bool = False,
    lot: Lot | None = None,
    written: tuple[WrittenDecision, ...] = (),
) -> LetterView:
    """The letter of one line of the ranking, in file mode. Of a lot `call` is the lot as a call, and `census` the lot's.
    `written`: what the jury decided on it.

    The columns `representative`, `address` (several lines as `a|b`), `postal_code`, `commune` and `project` of the
    applications' table fill the address block and the project's title when they are there; `representative_capacity`
    greets.
    Raises what `letter_view` raises.
    """
    columns = application.attributes if application else {}

    def cell(name: str) -> str:
        return ", ".join(columns.get(name, ()))

    town = " ".join(filter(None, (cell("postal_code"), cell("commune"))))
    return letter_view(
        call,
        letter_facts(
            call,
            row,
            census=census,
            lot=lot,
            written=written,
            capacity=cell("representative_capacity"),
        ),
        recipient=Recipient(
            association=row.association,
            representative=cell("representative"),
            address=(*columns.get("address", ()), *((town,) if town else ())),
        ),
        project=cell("project"),
        draft="Projet de courrier, à ne pas envoyer : des évaluations manquent, le classement peut changer."
        if draft
        else "",
    )


def letter_view(
    call: CallFile,
    facts: LetterFacts,
    *,
    recipient: Recipient | None = None,
    application_reference: str | None = None,
    project: str = "",
    terms: DecisionTerms | None = None,
    draft: str = "",
    show_blanks: bool = False,
    number: int | None = None,
) -> LetterView:
    """The letter of one application. `terms`: what is known at decision time; they go before the call file's. `number`:
    of the call's letters.

    `show_blanks`: a value that is missing stands as its meaning between brackets, for a preview. Raises NoLetter when the
    application has no decision, core.call.letter_texts.UnknownPlaceholder when a text of the call file names a value that
    this letter lacks (`aap call check` and the checks before a batch report both beforehand).
    """
    kind = kind_of(facts.status, facts.application_id)
    letters, now = call.letters, in_effect(call, terms)
    text = getattr(letters, kind)
    paragraphs = _paragraphs(call, facts, kind, now)
    used = {name for paragraph in paragraphs for name in names_in(paragraph)}
    values = values_of(
        call,
        facts,
        kind,
        now,
        beside_reason="reason" in used,
        beside_jury="jury" in used,
        beside_decomposition="decomposition" in used,
        application=application_reference or facts.application_id,
        project=project,
    )
    if show_blanks:
        meanings = {**letter_texts.COMMON_PLACEHOLDERS, **letter_texts.KIND_PLACEHOLDERS[kind]}
        values = {name: f"[{meaning}]" for name, meaning in meanings.items()} | values
    contact = call.call.contact
    conditions: tuple[str, ...] = ()
    if kind == "laureate":
        conditions = text.conditions if text.conditions is not None else letter_texts.DEFAULT_CONDITIONS
    elif text.conditions is not None:
        conditions = text.conditions

    def final(template: str) -> str:
        return french.spaced(on_one_line(fill_in(template, values)))

    def lines(template: str) -> tuple[str, ...]:
        if template.strip() == "{decomposition}":
            return tuple(f"– {line}" for line in decomposition(call, facts))
        return (final(template),)

    return LetterView(
        kind=kind,
        sender=sender_of(call),
        recipient=recipient or Recipient(facts.association),
        author=author_of(call, terms),
        greeting=values["greeting"],
        object=final(text.object or letter_texts.DEFAULT_OBJECTS[kind]),
        references=_references(call, application_reference or facts.application_id, project, facts.lot, number),
        paragraphs=tuple(line for paragraph in paragraphs for line in lines(paragraph) if line),
        conditions=tuple(map(final, conditions)),
        highlights=_highlights(facts, kind, now),
        marks=facts.mark_table(call) if _shows_marks(facts, kind) and "decomposition" not in used else None,
        closing=final(now.closing.get(kind) or letter_texts.DEFAULT_CLOSING),
        appeals=tuple(map(final, _appeals(call, facts))),
        algorithm=final(letters.algorithm or letter_texts.default_algorithm(contact)),
        privacy=final(letters.privacy or letter_texts.default_privacy(contact)),
        dated=now.signed_on,
        made_on=now.signed_on or document_date(call),
        draft=draft,
    )


def render_letter(view: LetterView) -> bytes:
    """The letter as a PDF; the same view gives the same bytes."""
    metadata = PdfMetadata(
        title=f"{view.object} – {view.recipient.association}",
        author=view.sender.in_full,
        made_on=view.made_on,
        subject=view.object,
    )
    return render_pdf("letter.html", metadata, {"letter": view})


def _references(
    call: CallFile, application: str, project: str, lot: Lot | None, number: int | None
) -> tuple[tuple[str, str], ...]:
    lines = [] if number is None else [("Nos références", f"N°{french.NBSP}{number}")]
    lines += [("Appel à projets", call.call.reference or call.call.id)]
    if lot is not None:
        lines.append(("Lot", french.spaced(lot_title(lot))))
    lines.append(("Dossier", application))
    if project:
        lines.append(("Projet", french.spaced(project)))
    return tuple(lines)


def _shows_marks(facts: LetterFacts, kind: LetterKind) -> bool:
    return kind in ("refusal", "waiting_list") and facts.status != "withdrawn"


def _appeals(call: CallFile, facts: LetterFacts) -> tuple[str, ...]:
    """The ways of appeal; who sits overseas reads its own delay, whatever the call file says (CJA R421-7)."""
    given = call.letters.appeals
    texts = letter_texts.default_appeals() if given is None else given
    if facts.overseas and not any(map(says_delay_overseas, texts)):
        return (*texts, letter_texts.OVERSEAS)
    return texts


def _highlights(facts: LetterFacts, kind: LetterKind, terms: DecisionTerms) -> tuple[tuple[str, str], ...]:
    """The figures that a hurried reader looks for; a place on the waiting list always comes with its expiry."""
    if kind == "laureate" and facts.granted_amount is not None:
        granted = ("Subvention attribuée", french.euros(facts.granted_amount))
        if facts.granted_amount == facts.requested_amount:
            return (granted,)
        return (granted, ("Montant demandé", french.euros(facts.requested_amount)))
    if kind == "waiting_list" and facts.waiting_rank is not None:
        end = (
            f"jusqu’au {french.day(terms.expires)}" if terms.expires else "jusqu’à l’épuisement des crédits de l’appel"
        )
        return (("Rang sur la liste d’attente", french.ordinal(facts.waiting_rank)), ("Liste valable", end))
    return ()


def _paragraphs(call: CallFile, facts: LetterFacts, kind: LetterKind, terms: DecisionTerms) -> tuple[str, ...]:
    """The call file's paragraphs, else the defaults. What the association must know is said whatever the call file says:
    what is replaced, why the amount differs, what persons decided, in how many days a laureate answers, what ends a
    waiting list.
    """
    if facts.status == "withdrawn":
        return (
            ("{replaces}", *letter_texts.WITHDRAWN_PARAGRAPHS) if facts.replaced else letter_texts.WITHDRAWN_PARAGRAPHS
        )
    given: tuple[str, ...] | None = getattr(call.letters, kind).paragraphs
    paragraphs = letter_texts.DEFAULT_PARAGRAPHS[kind] if given is None else given
    used = {name for paragraph in paragraphs for name in names_in(paragraph)}
    before = ("{replaces}",) if facts.replaced is not None and "replaces" not in used else ()
    after = []
    if kind == "laureate":
        after = [f"{{{name}}}" for name in ("reduction", "jury") if name not in used]
        if call.letters.answer is not None:
            after.append(letter_texts.answer_sentence(call.letters.answer))
    elif kind in ("refusal", "waiting_list") and not used & {"reason", "jury"}:
        after = ["{jury}"]
    if kind == "waiting_list" and not used & {"expires", "waiting"}:
        ends = letter_texts.WAITING_LIST_EXPIRY if terms.expires else letter_texts.WAITING_LIST_NO_DATE
        after.append(ends if "waiting_rank" in used else "{waiting}")
    return (*before, *paragraphs, *after)
