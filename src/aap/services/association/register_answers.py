"""What the registers said, kept with its time: when one is asked, what is proposed of it, where it differs from what is typed.

A page asks in three steps, so that no transaction waits for another machine: `to_ask` reads, `registers.ask` asks,
`keep_said` writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, update
from sqlmodel import Session, col, select

from aap.core.territories import Territories, fold
from aap.records.associations import Association, Register, RegisterAnswer, RegisterOutcome
from aap.services.actor import Actor
from aap.services.association.identity_fields import described_as_typed, officer_lines
from aap.services.association.registers import AskedRegister, Said
from aap.services.audit import record
from aap.services.permissions import Permission, Target, ensure

ASKED_AGAIN = timedelta(days=1)
"""For so long an answer on a SIRET is good enough; a register isn't asked again."""
LEFT_ALONE = timedelta(minutes=1)
"""For so long a register that didn't answer isn't asked at all, whatever the SIRET."""
FORGOTTEN = timedelta(days=30)
"""After so long what was said of a SIRET that no association took is forgotten, and that a register was silent."""

FIELDS = (
    "name", "acronym", "rna", "object", "created_on", "address", "postal_code", "commune_code", "officers",
)  # fmt: skip
"""What a register may propose, as `identity_fields` calls it."""

_FIRST: Mapping[str, Register] = dict.fromkeys(
    ("name", "acronym", "rna", "object", "created_on"), Register.ASSOCIATIONS
)
"""Whose word is taken first, where both speak: the association's own declarations; of its seat, the business register's."""


def to_ask(
    session: Session, registers: Sequence[AskedRegister], *, actor: Actor, siret: str, now: datetime
) -> tuple[AskedRegister, ...]:
    """The registers that should be asked now: those that said nothing of this SIRET lately, and that answer these days."""
    ensure(actor, Permission.ASSOCIATION_CREATE, Target())
    silent = col(RegisterAnswer.outcome) == RegisterOutcome.SILENT
    recent = session.exec(
        select(RegisterAnswer.said_by).where(
            or_(
                and_(col(RegisterAnswer.siret) == siret, ~silent, col(RegisterAnswer.asked_at) > now - ASKED_AGAIN),
                and_(silent, col(RegisterAnswer.asked_at) > now - LEFT_ALONE),
            )
        )
    )
    settled = set(recent)
    return tuple(one for one in registers if one.said_by not in settled)


def keep_said(session: Session, *, actor: Actor, siret: str, said: Iterable[Said], now: datetime) -> None:
    """Stores what the registers said of a SIRET, for the association that has it already or takes it later."""
    ensure(actor, Permission.ASSOCIATION_CREATE, Target())
    holder = session.exec(select(Association.id).where(Association.siret == siret)).first()
    for one in said:
        answer = RegisterAnswer(
            said_by=one.said_by,
            siret=siret,
            association_id=holder,
            outcome=one.outcome,
            content=dict(one.content),
            asked_by=actor.row_id,
            asked_at=now,
        )
        session.add(answer)
        record(
            session, actor, "register.asked", answer, now=now,
            after={"register": str(one.said_by), "siret": siret, "outcome": str(one.outcome)},
        )  # fmt: skip


def take_answers(session: Session, association: Association) -> None:
    """What was said of an association's SIRET is its own from now on."""
    if association.siret:
        session.execute(
            update(RegisterAnswer)
            .where(col(RegisterAnswer.siret) == association.siret, col(RegisterAnswer.association_id).is_(None))
            .values(association_id=association.id)
        )


def forget_answers(session: Session, *, now: datetime) -> None:
    """Deletes what nobody has a use for any more: answers on numbers that no association took, and silences."""
    session.execute(
        delete(RegisterAnswer).where(
            col(RegisterAnswer.asked_at) < now - FORGOTTEN,
            or_(col(RegisterAnswer.association_id).is_(None), col(RegisterAnswer.outcome) == RegisterOutcome.SILENT),
        )
    )


@dataclass(frozen=True)
class Proposed:
    """A value that a register gives for a field of the description: as it would be typed, who says so, and when."""

    text: str
    said_by: Register
    asked_at: datetime


@dataclass(frozen=True)
class Registered:
    """The last word of each register on a SIRET. Empty where none was asked."""

    siret: str
    answers: tuple[RegisterAnswer, ...] = ()

    @property
    def found(self) -> tuple[RegisterAnswer, ...]:
        return tuple(one for one in self.answers if one.outcome == RegisterOutcome.FOUND)

    @property
    def closed(self) -> RegisterAnswer | None:
        """Who says that the establishment or the association has ended."""
        return next((one for one in self.found if one.content.get("closed")), None)

    @property
    def seat(self) -> str:
        """The SIRET of the seat, where the number is another establishment's; else empty."""
        return next((str(one.content["seat"]) for one in self.found if one.content.get("seat")), "")

    @property
    def no_association(self) -> bool:
        """Whether a register knows the number as no association's."""
        return bool(self.found) and not any(one.content.get("association") for one in self.found)

    def proposals(self, territories: Territories) -> dict[str, Proposed]:
        """Field → what is proposed for it. `commune_code` is of a commune that exists today."""
        proposed = {}
        for name in FIELDS:
            first = _FIRST.get(name, Register.BUSINESS)
            for answer in sorted(self.found, key=lambda one: one.said_by != first):
                text = _as_typed(name, answer.content, territories)
                if text:
                    proposed[name] = Proposed(text, Register(answer.said_by), answer.asked_at)
                    break
        return proposed


def registered(session: Session, siret: str | None) -> Registered:
    """What the registers said last of a SIRET. Whoever shows it has asked who may see the number. One query."""
    if not siret:
        return Registered("")
    found = session.exec(
        select(RegisterAnswer)
        .where(RegisterAnswer.siret == siret)
        .order_by(col(RegisterAnswer.asked_at).desc(), col(RegisterAnswer.id).desc())
    )
    latest: dict[Register, RegisterAnswer] = {}
    for answer in found:
        held = latest.get(Register(answer.said_by))
        if held is None or (held.outcome == RegisterOutcome.SILENT and answer.outcome != RegisterOutcome.SILENT):
            latest[Register(answer.said_by)] = answer
    return Registered(siret, tuple(latest[one] for one in Register if one in latest))


@dataclass(frozen=True)
class Compared:
    """A field as the association typed it and as a register has it; `same`: they say the same, capitals and accents apart."""

    field: str
    typed: str
    proposed: Proposed

    @property
    def same(self) -> bool:
        return _folded(self.typed) == _folded(self.proposed.text)


def compared(association: Association, found: Registered, territories: Territories) -> tuple[Compared, ...]:
    """Field by field, for whoever reads the description beside the registers."""
    typed = described_as_typed(association, territories)
    return tuple(Compared(name, typed[name], one) for name, one in found.proposals(territories).items())


def _folded(text: str) -> str:
    """Lines in any order: two lists of the same people are the same."""
    return "\n".join(sorted(fold(line) for line in text.splitlines()))


def _as_typed(name: str, content: Mapping[str, Any], territories: Territories) -> str:
    if name == "officers":
        return officer_lines(content.get("officers", ()))
    text = str(content.get(name, ""))
    if name == "created_on" and text:
        return date.fromisoformat(text).strftime("%d/%m/%Y")
    if name == "commune_code":
        commune = territories.commune_around(text)
        return commune.code if commune else ""
    return text
