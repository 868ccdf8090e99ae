"""Who writes, in what capacity, on what day: the same on every paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from aap.core.call.letter_settings import DecisionTerms, in_effect
from aap.core.call.schema import CallFile


@dataclass(frozen=True, slots=True)
class Sender:
    """Letterhead: who decides, and where to write."""

    authority: str
    service: str = ""
    address: str = ""
    city: str = ""
    contact: str = ""

    @property
    def in_full(self) -> str:
        """The authority and its service: in whose name a paper is written."""
        return " – ".join(filter(None, (self.authority, self.service)))


@dataclass(frozen=True, slots=True)
class Author:
    """Who signs (CRPA L212-1: first name, name, capacity and service), for whom, and by which delegation."""

    first_name: str = ""
    last_name: str = ""
    capacity: str = ""
    service: str = ""
    delegation: str = ""
    on_behalf: str = ""

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)


def sender_of(call: CallFile) -> Sender:
    """Letterhead of a call; without an authority in the call file, a visible blank to fill in."""
    authority = call.call.authority
    if authority is None:
        return Sender(authority="[Autorité à préciser]", contact=call.call.contact or "")
    return Sender(
        authority=authority.name,
        service=authority.service or "",
        address=authority.address or "",
        city=authority.city or "",
        contact=call.call.contact or "",
    )


def author_of(call: CallFile, terms: DecisionTerms | None = None) -> Author:
    """Who signs the call's decisions. `terms`: what was filled in at decision time."""
    signatory = in_effect(call, terms)
    authority = call.call.authority
    return Author(
        first_name=signatory.first_name,
        last_name=signatory.last_name,
        capacity=signatory.capacity,
        service=authority.office if authority else "",
        delegation=signatory.delegation_in_words,
        on_behalf=signatory.on_behalf,
    )


def document_date(call: CallFile) -> date:
    """A fixed date for a document's metadata where no decision is dated yet: announced decision, closing, opening."""
    if call.letters.signed_on:
        return call.letters.signed_on
    if call.call.decision_by:
        return call.call.decision_by
    for moment in (call.call.closes_at, call.call.opens_at):
        if moment:
            return moment.date()
    return date(2000, 1, 1)
