"""What letters say that is known only when the decision is taken: date, signatory, act, publication, expiry, closing words.

The call file is sealed when the call opens; this is filled on a page afterwards, and kept in versions. `read_settings`
reads what was typed, all errors at once; `in_effect` is what letters say: each setting, and the call file's `letters`
where it is blank.
Sources: CRPA L212-1 (first name, name, capacity of the author; who signs for somebody else cites the delegation).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from aap.core import french
from aap.core.call.legal_mentions import suspends_a_delay
from aap.core.call.letter_texts import (
    ACT_PLACEHOLDERS,
    KINDS,
    LetterKind,
    has_stray_brace,
    names_in,
    placeholders_of,
)
from aap.core.call.schema import CallFile
from aap.core.composed import nfc
from aap.core.scalars import YEARS
from aap.core.values import parse_day

LINE, TEXT = 300, 6_000
"""Most characters of a line, and of several."""

DAYS = ("signed_on", "delegated_on", "act_on", "expires")
LINES = ("first_name", "last_name", "capacity", "on_behalf", "delegation", "act", "published")
TEXTS = ("visas", "articles")
CLOSINGS: Mapping[str, LetterKind] = {f"closing_{kind}": kind for kind in KINDS}
FIELDS = (*DAYS, *LINES, *TEXTS, *CLOSINGS)
"""What can be typed, in the order of the page."""


@dataclass(frozen=True, slots=True)
class DecisionTerms:
    """What is known at decision time. Texts are empty, and days None, where nothing is filled.

    `on_behalf`: « Pour la ministre et par délégation »; `delegation`, `delegated_on`: the act that delegates the signature
    and its date; `act`: « arrêté n° 2025-112 », of the day `act_on` (else of the signature); `published`: where and when
    the act is published; `expires`: the waiting list; `visas` and `articles` of the act, one each; `closing`: the closing
    words by kind of letter.
    """

    signed_on: date | None = None
    act_on: date | None = None
    delegated_on: date | None = None
    expires: date | None = None
    first_name: str = ""
    last_name: str = ""
    capacity: str = ""
    on_behalf: str = ""
    delegation: str = ""
    act: str = ""
    published: str = ""
    visas: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    closing: Mapping[LetterKind, str] = field(default_factory=dict)

    @property
    def delegation_in_words(self) -> str:
        """The delegation with its date, where there is one."""
        if not self.delegation or self.delegated_on is None:
            return self.delegation
        return f"{self.delegation} du {french.day(self.delegated_on)}"

    @property
    def act_in_words(self) -> str:
        """« arrêté n° 2025-112 du 15 avril 2025 »; empty without an act."""
        dated = self.act_on or self.signed_on
        return f"{self.act} du {french.day(dated)}" if self.act and dated else self.act


@dataclass(frozen=True, slots=True)
class SettingFault:
    """Why what was typed in a field can't be taken; `most`, `name` and `allowed` as the reason needs them."""

    why: Literal["day", "before_signature", "delegated_later", "too_long", "brace", "unknown_name", "suspends"]
    most: int = 0
    name: str = ""
    allowed: tuple[str, ...] = ()


def read_settings(typed: Mapping[str, str]) -> tuple[DecisionTerms, dict[str, SettingFault]]:
    """What was typed by field of `FIELDS` (a blank is no fault), and every fault by its field.

    Days are read as `parse_day` does; `visas` and `articles` one a line.
    """
    texts = {name: nfc(typed.get(name, "")).replace("\r\n", "\n").strip() for name in FIELDS}
    faults: dict[str, SettingFault] = {}
    days: dict[str, date | None] = {}
    for name in DAYS:
        days[name] = _day(texts[name])
        if texts[name] and days[name] is None:
            faults[name] = SettingFault("day")
    signed = days["signed_on"]
    if signed and (expires := days["expires"]) and expires <= signed:
        faults["expires"] = SettingFault("before_signature")
    if signed and (delegated := days["delegated_on"]) and delegated > signed:
        faults["delegated_on"] = SettingFault("delegated_later")
    for name in (*LINES, *TEXTS, *CLOSINGS):
        if fault := _fault_of_text(name, texts[name]):
            faults[name] = fault
    lines = {name: " ".join(texts[name].split("\n")) for name in LINES}
    return (
        DecisionTerms(
            signed_on=days["signed_on"],
            act_on=days["act_on"],
            delegated_on=days["delegated_on"],
            expires=days["expires"],
            first_name=lines["first_name"],
            last_name=lines["last_name"],
            capacity=lines["capacity"],
            on_behalf=lines["on_behalf"],
            delegation=lines["delegation"],
            act=lines["act"],
            published=lines["published"],
            visas=_one_a_line(texts["visas"]),
            articles=_one_a_line(texts["articles"]),
            closing={kind: texts[name] for name, kind in CLOSINGS.items() if texts[name]},
        ),
        faults,
    )


def _day(text: str) -> date | None:
    try:
        day = parse_day(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def _one_a_line(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.split("\n") if line.strip())


def _fault_of_text(name: str, text: str) -> SettingFault | None:
    most = LINE if name in LINES else TEXT
    if len(text) > most:
        return SettingFault("too_long", most=most)
    allowed = placeholders_of(CLOSINGS[name]) if name in CLOSINGS else tuple(ACT_PLACEHOLDERS) if name in TEXTS else ()
    for used in names_in(text):
        if used not in allowed:
            return SettingFault("unknown_name", name=used, allowed=allowed)
    if has_stray_brace(text):
        return SettingFault("brace")
    if suspends_a_delay(text):
        return SettingFault("suspends")
    return None


def as_content(terms: DecisionTerms) -> dict[str, str]:
    """The terms as they are typed and kept: by field, only those that are filled."""
    found: dict[str, str] = {}
    for name in FIELDS:
        if name in CLOSINGS:
            text = terms.closing.get(CLOSINGS[name], "")
        else:
            value = getattr(terms, name)
            text = value.isoformat() if isinstance(value, date) else "\n".join(value) if name in TEXTS else value or ""
        if text:
            found[name] = text
    return found


def content_hash(content: Mapping[str, str]) -> str:
    """SHA-256 of the content's canonical JSON."""
    text = json.dumps(dict(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def in_effect(call: CallFile, terms: DecisionTerms | None = None) -> DecisionTerms:
    """What letters say: each term that is filled, else the call file's `letters`."""
    letters, signatory = call.letters, call.letters.signatory
    given = terms or DecisionTerms()
    # A signatory is one person: a name on the page is never joined to the capacity of another in the file.
    own = bool(given.last_name or given.first_name)
    return replace(
        given,
        signed_on=given.signed_on or letters.signed_on,
        expires=given.expires or letters.waiting_list_expires,
        published=given.published or letters.published or "",
        first_name=given.first_name if own else signatory.first_name or "",
        last_name=given.last_name if own else signatory.last_name or "",
        capacity=given.capacity or ("" if own else signatory.capacity or ""),
        delegation=given.delegation or ("" if own else signatory.delegation or ""),
    )


def with_terms(call: CallFile, terms: DecisionTerms | None) -> CallFile:
    """The call file whose `letters` say what is in effect: for what reads the file alone (lists, texts, checks)."""
    if terms is None:
        return call
    now = in_effect(call, terms)
    signatory = call.letters.signatory.model_copy(
        update={
            "first_name": now.first_name or None,
            "last_name": now.last_name or None,
            "capacity": now.capacity or None,
            "delegation": now.delegation_in_words or None,
        }
    )
    letters = call.letters.model_copy(
        update={
            "signed_on": now.signed_on,
            "published": now.published or None,
            "waiting_list_expires": now.expires,
            "signatory": signatory,
        }
    )
    return call.model_copy(update={"letters": letters})
