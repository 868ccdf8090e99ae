"""Deposit receipt (accusé de réception): the association's proof, with the mentions that CRPA L112-3 and R112-5 ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from aap.core import french
from aap.core.call import letter_texts
from aap.core.call.letter_texts import court_of, fill_in, silence_appeals
from aap.core.call.schema import CallFile
from aap.core.delays import paris
from aap.documents.papers.greeting import NEUTRAL
from aap.documents.papers.letterhead import Sender, sender_of
from aap.documents.papers.pdf import PdfMetadata, render_pdf


@dataclass(frozen=True, slots=True)
class DepositedFile:
    """A file as it was received: `size` in bytes, `sha256` in hexadecimal."""

    label: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A receipt ready to lay out. `received_at` is aware: the moment the submission reached the server."""

    number: str
    received_at: datetime
    call_title: str
    call_reference: str
    sender: Sender
    association: str
    rejection_on: date
    appeals: tuple[str, ...]
    algorithm: str
    privacy: str
    identifier: str = ""  # SIRET or RNA, as the association gave it
    project: str = ""
    depositor: str = ""
    requested_amount: int | None = None  # cents
    decision_by: date | None = None
    answers_sha256: str = ""
    files: tuple[DepositedFile, ...] = ()
    approval: str = ""  # who approved the deposit, and when
    completes: bool = False  # it answers a request for completion
    replaces: str = ""  # the number of the receipt whose deposit it replaces

    @property
    def decided_after_silence(self) -> bool:
        """Whether the announced decision comes after the day on which silence is a rejection."""
        return self.decision_by is not None and self.decision_by > self.rejection_on


def receipt_view(
    call: CallFile,
    *,
    number: str,
    received_at: datetime,
    association: str,
    rejection_on: date,
    identifier: str = "",
    project: str = "",
    depositor: str = "",
    requested_amount: int | None = None,
    answers_sha256: str = "",
    files: tuple[DepositedFile, ...] = (),
    approval: str = "",
    completes: bool = False,
    replaces: str = "",
    overseas: bool | None = None,
) -> ReceiptView:
    """The receipt of one submission. `rejection_on`: the day from which silence is a rejection.

    `overseas`: where the association sits, None: unknown.
    """
    # What is known only with the decision stands as what it is.
    values = {
        **letter_texts.COMMON_PLACEHOLDERS,
        **letter_texts.values_of_call(call),
        "application": number,
        "association": association,
        "project": project or number,
        "delay": letter_texts.delay_of_appeal(overseas),
        "greeting": NEUTRAL,
    }
    algorithm = call.letters.algorithm
    privacy = call.letters.privacy
    return ReceiptView(
        number=number,
        received_at=received_at,
        call_title=french.spaced(call.call.title or call.id),
        call_reference=call.call.reference or call.id,
        sender=sender_of(call),
        association=association,
        identifier=identifier,
        project=french.spaced(project),
        depositor=depositor,
        requested_amount=requested_amount,
        rejection_on=rejection_on,
        decision_by=call.call.decision_by,
        appeals=tuple(map(french.spaced, silence_appeals(court_of(call), overseas=overseas))),
        algorithm=french.spaced(fill_in(algorithm, values) if algorithm else letter_texts.RECEIPT_ALGORITHM),
        privacy=french.spaced(fill_in(privacy, values) if privacy else letter_texts.default_privacy(call.call.contact)),
        answers_sha256=answers_sha256,
        files=files,
        approval=approval,
        completes=completes,
        replaces=replaces,
    )


def render_receipt(view: ReceiptView) -> bytes:
    """The receipt as a PDF, dated by the moment of the submission."""
    metadata = PdfMetadata(
        title=f"Accusé de réception du dossier {view.number}",
        author=view.sender.in_full,
        made_on=paris(view.received_at),
        subject=view.call_title,
    )
    return render_pdf("receipt.html", metadata, {"receipt": view})
