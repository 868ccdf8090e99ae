"""Decision letters: from a dossier's outcome and the call file to the page that the association receives.

`letter_view` composes every text (the call file's, else the defaults of core.call.letter_texts); `render_letter` lays it
out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import assert_never

from aap.core import french
from aap.core.call import letter_texts
from aap.core.call.letter_texts import LetterKind, fill_in
from aap.core.call.lots import lot_name, lot_title
from aap.core.call.points import figure
from aap.core.call.schema import CallFile, Lot
from aap.core.inputs import Application
from aap.core.results import ResultRow, Status
from aap.documents.papers.letterhead import Author, Sender, author_of, document_date, sender_of
from aap.documents.papers.mark_table import MarkTable, mark_table
from aap.documents.papers.pdf import PdfMetadata, render_pdf

# Line ends and runs of spaces that were typed; not the no-break spaces, which str.split would swallow.
_TYPED_SPACES = re.compile(r"[ \t\r\n]+")


class NoLetter(ValueError):
    """The application has no decision to notify yet (its reviews are incomplete); `application_id` names it."""

    def __init__(self, application_id: str) -> None:
        super().__init__(f"no letter for {application_id}: its reviews are incomplete")
        self.application_id = application_id


@dataclass(frozen=True, slots=True)
class Recipient:
    """Address block. `representative` is a person with a capacity; `address` one string a line."""

    association: str
    representative: str = ""
    address: tuple[str, ...] = ()


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
    draft: bool = False


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What the ranking says of one application (its row in ranking.csv). Amounts in cents, score on 100.

    `score` is the one that ranks (`scoring.method`); `marks` the mean mark by criterion, in scale units; `ranked` the
    number of applications that have a rank; `raw_score` the mean of the marks; `lot` the lot whose ranking it is, where the
    call has lots.
    """

    application_id: str
    association: str
    status: Status
    reason: str
    requested_amount: int
    granted_amount: int | None = None
    rank: int | None = None
    ranked: int | None = None
    retained: int | None = None
    score: Decimal | None = None
    waiting_rank: int | None = None
    reviews: int | None = None
    marks: Mapping[str, Decimal] = field(default_factory=dict)
    raw_score: Decimal | None = None
    reason_code: str = ""
    lot: Lot | None = None

    def mark_table(self, call: CallFile) -> MarkTable | None:
        return mark_table(
            call,
            self.marks,
            score=self.score,
            raw_score=self.raw_score,
            reviews=self.reviews,
            reason_code=self.reason_code,
        )


def letter_from_row(
    call: CallFile,
    row: ResultRow,
    *,
    ranked: int,
    retained: int | None = None,
    application: Application | None = None,
    draft: bool = False,
    lot: Lot | None = None,
) -> LetterView:
    """The letter of one line of the ranking, in file mode. `ranked` counts the lines that have a rank, `retained` the
    laureates; of a lot `call` is the lot as a call, and these are the lot's lines.

    The columns `representative`, `address` (several lines as `a|b`), `postal_code`, `commune` and `project` of the
    applications' table fill the address block and the project's title when they are there.
    Raises what `letter_view` raises.
    """
    columns = application.attributes if application else {}

    def cell(name: str) -> str:
        return ", ".join(columns.get(name, ()))

    town = " ".join(filter(None, (cell("postal_code"), cell("commune"))))
    return letter_view(
        call,
        letter_facts(call, row, ranked=ranked, retained=retained, lot=lot),
        recipient=Recipient(
            association=row.association,
            representative=cell("representative"),
            address=(*columns.get("address", ()), *((town,) if town else ())),
        ),
        project=cell("project"),
        draft=draft,
    )


def letter_facts(
    call: CallFile, row: ResultRow, *, ranked: int, retained: int | None = None, lot: Lot | None = None
) -> LetterFacts:
    """What a letter needs from a line of the ranking."""
    return LetterFacts(
        application_id=row.application_id,
        association=row.association,
        status=row.status,
        reason=row.reason,
        requested_amount=row.requested_amount,
        granted_amount=row.granted_amount,
        rank=row.rank,
        ranked=ranked,
        retained=retained,
        score=row.score(call.scoring.method),
        waiting_rank=row.waiting_rank,
        reviews=row.reviews,
        marks=row.marks,
        raw_score=row.raw_score,
        reason_code=row.reason_code,
        lot=lot,
    )


def kind_of(status: Status, application_id: str = "") -> LetterKind:
    """Kind of letter for a status. Raises NoLetter for `incomplete`."""
    match status:
        case "laureate" | "waiting_list" | "ineligible":
            return status
        case "not_selected" | "below_threshold" | "withdrawn":
            return "refusal"
        case "incomplete":
            raise NoLetter(application_id)
        case _:
            assert_never(status)


def letter_view(
    call: CallFile,
    facts: LetterFacts,
    *,
    recipient: Recipient | None = None,
    application_reference: str | None = None,
    project: str = "",
    signed_on: date | None = None,
    published: str | None = None,
    author: Author | None = None,
    draft: bool = False,
) -> LetterView:
    """The letter of one application. Values given here go before the call file's.

    Raises NoLetter when the application has no decision, core.call.letter_texts.UnknownPlaceholder when a text of the call
    file names a value that this letter lacks (`aap call check` reports both beforehand).
    """
    kind = kind_of(facts.status, facts.application_id)
    letters = call.letters
    dated = signed_on or letters.signed_on
    published = published or letters.published
    paragraphs = _paragraphs(call, facts, kind)
    values = _values(
        call,
        facts,
        kind,
        beside_reason=any("{reason}" in paragraph for paragraph in paragraphs),
        application=application_reference or facts.application_id,
        project=project,
        dated=dated,
        published=published,
    )
    text = getattr(letters, kind)
    contact = call.call.contact
    conditions: tuple[str, ...] = ()
    if kind == "laureate":
        conditions = text.conditions if text.conditions is not None else letter_texts.DEFAULT_CONDITIONS
    elif text.conditions is not None:
        conditions = text.conditions
    court = call.call.authority.court if call.call.authority else None
    appeals = letters.appeals if letters.appeals is not None else letter_texts.default_appeals(court, published)

    def final(template: str) -> str:
        return french.spaced(_TYPED_SPACES.sub(" ", fill_in(template, values)).strip())

    sender = sender_of(call)
    return LetterView(
        kind=kind,
        sender=sender,
        recipient=recipient or Recipient(facts.association),
        author=author or author_of(call),
        object=final(text.object or letter_texts.DEFAULT_OBJECTS[kind]),
        references=_references(call, application_reference or facts.application_id, project, facts.lot),
        paragraphs=tuple(filter(None, map(final, paragraphs))),
        conditions=tuple(map(final, conditions)),
        highlights=_highlights(call, facts, kind),
        marks=facts.mark_table(call) if kind == "refusal" and facts.status != "withdrawn" else None,
        appeals=tuple(map(final, appeals)),
        algorithm=final(letters.algorithm or letter_texts.default_algorithm(contact)),
        privacy=final(letters.privacy or letter_texts.default_privacy(contact)),
        dated=dated,
        made_on=dated or document_date(call),
        draft=draft,
    )


def render_letter(view: LetterView) -> bytes:
    """The letter as a PDF; the same view gives the same bytes."""
    metadata = PdfMetadata(
        title=f"{view.object} – {view.recipient.association}",
        author=" – ".join(filter(None, (view.sender.authority, view.sender.service))),
        made_on=view.made_on,
        subject=view.object,
    )
    return render_pdf("letter.html", metadata, {"letter": view})


def _references(call: CallFile, application: str, project: str, lot: Lot | None) -> tuple[tuple[str, str], ...]:
    lines = [("Appel à projets", call.call.reference or call.call.id)]
    if lot is not None:
        lines.append(("Lot", french.spaced(lot_title(lot))))
    lines.append(("Dossier", application))
    if project:
        lines.append(("Projet", french.spaced(project)))
    return tuple(lines)


def _values(
    call: CallFile,
    facts: LetterFacts,
    kind: LetterKind,
    *,
    beside_reason: bool,
    application: str,
    project: str,
    dated: date | None,
    published: str | None,
) -> dict[str, str]:
    """Text of every placeholder of this kind of letter; one without a value is left out, and `fill_in` refuses it."""
    authority = call.call.authority
    known: dict[str, str | None] = {
        "title": call.call.title or call.id,
        "reference": call.call.reference or call.id,
        "application": application,
        "association": facts.association,
        "project": french.spaced(project) if project else application,
        "requested_amount": french.euros(facts.requested_amount),
        "authority": authority.name if authority else None,
        "service": (authority.service or authority.name) if authority else None,
        "city": authority.city if authority else None,
        "court": (authority.court if authority else None) or "tribunal administratif compétent",
        "contact": call.call.contact,
        "published": published,
        "signed_on": french.day(dated) if dated else None,
        "amount": french.euros(facts.granted_amount) if facts.granted_amount is not None else None,
        "rank": french.ordinal(facts.rank) if facts.rank is not None else None,
        "ranked": french.number(facts.ranked) if facts.ranked is not None else None,
        "score": figure(facts.score, call.rubric, 2) if facts.score is not None else None,
        "waiting_rank": french.ordinal(facts.waiting_rank) if facts.waiting_rank is not None else None,
        "expires": french.day(call.letters.waiting_list_expires) if call.letters.waiting_list_expires else None,
        "reason": to_reader(_sentence(facts.reason)),
        "standing": _standing(call, facts, beside_reason=beside_reason),
    }
    allowed = letter_texts.placeholders_of(kind)
    return {name: value for name, value in known.items() if value is not None and name in allowed}


def _sentence(reason: str) -> str:
    """A reason as the end of a sentence, its no-break spaces untouched; nothing stays nothing."""
    flat = _TYPED_SPACES.sub(" ", reason).strip()
    return flat if not flat or flat.endswith((".", "!", "?", "…")) else f"{flat}."


def _standing(call: CallFile, facts: LetterFacts, *, beside_reason: bool) -> str:
    """Where the application stands, in one sentence: rank and score, or score alone, or nothing.

    A letter that gives the reason (`beside_reason`) has read there the rank and the score, or the mark below the
    threshold: only how many are retained and how many ranked is new, and comes before.
    """
    if facts.score is None or facts.status == "withdrawn":
        return ""
    of_lot = f" du {lot_name(facts.lot)}" if facts.lot else ""
    if beside_reason:
        return _retained(facts, of_lot)
    top = french.exact(call.rubric.out_of)
    score = f"la note de {figure(facts.score, call.rubric, 2)}{french.NBSP}sur{french.NBSP}{top}"
    if facts.rank is None:
        return f"Votre dossier obtient {score}."
    among = f" sur {french.count(facts.ranked, 'dossier classé', 'dossiers classés')}" if facts.ranked else ""
    among += f" dans le {lot_name(facts.lot)}" if facts.lot else ""
    return f"Votre dossier est {french.ordinal(facts.rank)}{among}, avec {score}."


def _retained(facts: LetterFacts, of_lot: str) -> str:
    """How many were retained, out of how many that are ranked as this one is."""
    if facts.retained is None:
        return (
            ""
            if facts.rank is None or not facts.ranked
            else f"Le classement{of_lot} compte {french.count(facts.ranked, 'dossier')}."
        )
    among = f" sur {french.number(facts.ranked)} classés" if facts.ranked and facts.ranked > 1 else ""
    where = f" dans le {lot_name(facts.lot)}" if facts.lot else ""
    if facts.retained == 0:
        return f"Aucun dossier n’a été retenu{where}."
    if facts.retained == 1:
        return f"Un dossier a été retenu{among}{where}."
    return f"{french.number(facts.retained)} dossiers ont été retenus{among}{where}."


_TO_READER = (
    ("Classé ", "Votre dossier est classé "),
    ("Score de ", "Votre dossier obtient un score de "),
    ("Note moyenne de ", "Votre dossier obtient une note moyenne de "),
    ("Note arrêtée en commun de ", "Votre dossier obtient une note, arrêtée en commun, de "),
    ("Note de ", "Votre dossier obtient une note de "),
    ("Critère éliminatoire ", "Votre dossier ne remplit pas un critère éliminatoire, "),
)
"""How a reason of the ranking begins, and how it does in a letter to those whom it is about."""


def to_reader(reason: str) -> str:
    """A reason of the ranking in the words of a letter: what begins otherwise was written by a person, and stays."""
    for start, addressed in _TO_READER:
        if reason.startswith(start):
            reason = addressed + reason.removeprefix(start)
            break
    return reason.replace(" L’association a renoncé à la subvention.", " Vous avez renoncé à la subvention.")


def _highlights(call: CallFile, facts: LetterFacts, kind: LetterKind) -> tuple[tuple[str, str], ...]:
    """The figures that a hurried reader looks for; a place on the waiting list always comes with its expiry."""
    if kind == "laureate" and facts.granted_amount is not None:
        granted = ("Subvention attribuée", french.euros(facts.granted_amount))
        if facts.granted_amount == facts.requested_amount:
            return (granted,)
        return (granted, ("Montant demandé", french.euros(facts.requested_amount)))
    if kind == "waiting_list" and facts.waiting_rank is not None:
        expires = call.letters.waiting_list_expires
        end = f"jusqu’au {french.day(expires)}" if expires else "jusqu’à l’épuisement des crédits de l’appel"
        return (("Rang sur la liste d’attente", french.ordinal(facts.waiting_rank)), ("Liste valable", end))
    return ()


def _paragraphs(call: CallFile, facts: LetterFacts, kind: LetterKind) -> tuple[str, ...]:
    """The call file's paragraphs, else the defaults. What ends a waiting list, and why
    the amount is lower at the funding line, and in how many days a laureate answers, is said whatever the call file says.
    """
    if facts.status == "withdrawn":
        return letter_texts.WITHDRAWN_PARAGRAPHS
    given: tuple[str, ...] | None = getattr(call.letters, kind).paragraphs
    paragraphs = letter_texts.DEFAULT_PARAGRAPHS[kind] if given is None else given
    if kind == "waiting_list" and not any("{expires}" in paragraph for paragraph in paragraphs):
        dated = call.letters.waiting_list_expires is not None
        return (*paragraphs, letter_texts.WAITING_LIST_EXPIRY if dated else letter_texts.WAITING_LIST_NO_DATE)
    if kind == "laureate" and facts.reason_code == "reduced":
        paragraphs = (*paragraphs, letter_texts.REDUCED)
    if kind == "laureate" and call.letters.answer is not None:
        paragraphs = (*paragraphs, letter_texts.answer_sentence(call.letters.answer))
    return paragraphs
