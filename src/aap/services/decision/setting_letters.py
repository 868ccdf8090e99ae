"""What is known only at decision time: filled on a page, kept in versions; whether letters may be made, and may leave.

`letters_makeable` is asked before a batch of letters, `letters_ready` before anybody is notified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from sqlmodel import Session, col, func, select

from aap.core.call.legal_mentions import blanks, legal_problems
from aap.core.call.letter_settings import (
    DecisionTerms,
    SettingFault,
    as_content,
    content_hash,
    in_effect,
    read_settings,
    with_terms,
)
from aap.core.call.letter_texts import KINDS, LetterKind, placeholder_problems
from aap.core.delays import paris
from aap.core.results import Status
from aap.documents.papers.letter_facts import LetterFacts, kind_of
from aap.documents.papers.letters import LetterView, Recipient, letter_view
from aap.records.decided import LetterSettings, Notification, NotificationState
from aap.records.people import Person
from aap.records.rankings import Decision, Outcome
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.decision.in_force import untold
from aap.services.decision.letter_contents import current_settings, current_terms
from aap.services.dossier.access import ensure_impartial
from aap.services.errors import InvalidInput, NotFound, Objection
from aap.services.permissions import Permission, ensure

SAMPLE_REFERENCE = "EXEMPLE"


def objections_of(faults: Mapping[str, SettingFault]) -> dict[str, Objection]:
    """What the core finds at fault in typed settings, by field."""
    return {name: _objection(fault) for name, fault in faults.items()}


def _objection(fault: SettingFault) -> Objection:
    match fault.why:
        case "too_long":
            return Objection("decision.letters_too_long", most=fault.most)
        case "unknown_name":
            return Objection("decision.letters_unknown_name", name=fault.name, allowed=fault.allowed)
        case "day":
            return Objection("decision.letters_day")
        case "before_signature":
            return Objection("decision.letters_before_signature")
        case "delegated_later":
            return Objection("decision.letters_delegated_later")
        case "brace":
            return Objection("decision.letters_brace")
        case "suspends":
            return Objection("decision.letters_suspends")
        case _:
            assert_never(fault.why)


def set_letters(
    session: Session, *, actor: Actor, call_id: str, typed: Mapping[str, str], seen: int, now: datetime
) -> LetterSettings:
    """A new version of what letters say; the same content again is no new version. Blanks are kept as such.

    `seen`: the number of the version that was before the eyes of who typed (0: none). Raises InvalidInput (every fault, by
    field; somebody saved meanwhile; letters wait for the hour of their notification), RecusedFromActs.
    """
    call = get_call(session, call_id)
    ensure(actor, Permission.LETTERS_SET, call.target(), kind="call", id=call_id)
    ensure_impartial(session, actor, call_id)
    terms, faults = read_settings(typed)
    if faults:
        raise InvalidInput(objections_of(faults))
    hold_call(session, call)
    if (
        open_notification(session, call_id) is not None
    ):  # its letters stay as they were read until it is over or cancelled
        raise InvalidInput({"": Objection("decision.letters_notification_awaited")})
    before = current_settings(session, call_id)
    content = as_content(terms)
    if before is not None and before.content_hash == content_hash(content):
        return before
    if (before.number if before else 0) != seen:
        raise InvalidInput({"": Objection("decision.letters_saved_meanwhile")})
    kept = LetterSettings(
        call_id=call_id,
        number=seen + 1,
        content=content,
        content_hash=content_hash(content),
        author_id=actor.row_id,
        created_at=now,
    )
    session.add(kept)
    session.flush()
    record(
        session, actor, "letters.set", call.record, now=now,
        before={"version": seen, "content_hash": before.content_hash if before else ""},
        after={"version": kept.number, "content_hash": kept.content_hash},
    )  # fmt: skip
    return kept


def open_notification(session: Session, call_id: str) -> Notification | None:
    """The notification of a call whose hour is proposed or confirmed; None: there is none. One query."""
    open_states = (NotificationState.PROPOSED, NotificationState.CONFIRMED)
    return session.exec(
        select(Notification).where(Notification.call_id == call_id, col(Notification.state).in_(open_states))
    ).first()


@dataclass(frozen=True)
class SettingsVersion:
    """One kept version, as the page lists and shows it."""

    number: int
    content: Mapping[str, str]
    content_hash: str
    author: str
    at: datetime


@dataclass(frozen=True)
class SettingsPage:
    """`content`: of the version that counts; `versions`: the newest first; `places`: what is missing or can't be sent, as
    long as it stays; `stale`: letters that were made with an earlier version and that nobody was told of."""

    content: Mapping[str, str]
    versions: tuple[SettingsVersion, ...]
    places: tuple[Objection, ...]
    stale: int

    @property
    def number(self) -> int:
        return self.versions[0].number if self.versions else 0


def settings_page(session: Session, *, actor: Actor, call: OpenedCall) -> SettingsPage:
    """What the page of the settings shows. Four queries."""
    ensure(actor, Permission.LETTERS_SET, call.target(), kind="call", id=call.id)
    versions = _versions(session, call)
    return SettingsPage(
        content=versions[0].content if versions else {},
        versions=versions,
        places=letters_makeable(session, call),
        stale=stale_letters(session, call),
    )


def _versions(session: Session, call: OpenedCall) -> tuple[SettingsVersion, ...]:
    """Every version, the newest first. One query."""
    found = session.exec(
        select(LetterSettings, Person.name)
        .join(Person, col(Person.id) == col(LetterSettings.author_id), isouter=True)
        .where(LetterSettings.call_id == call.id)
        .order_by(col(LetterSettings.number).desc())
    )
    return tuple(
        SettingsVersion(one.number, one.content, one.content_hash, name or "", one.created_at) for one, name in found
    )


def settings_version(session: Session, *, actor: Actor, call: OpenedCall, number: int) -> SettingsVersion:
    """One version by its number. Raises NotFound. One query."""
    ensure(actor, Permission.LETTERS_SET, call.target(), kind="call", id=call.id)
    found = next((one for one in _versions(session, call) if one.number == number), None)
    if found is None:
        raise NotFound("letter_settings", f"{call.id}/{number}")
    return found


def _kinds(session: Session, call: OpenedCall) -> frozenset[LetterKind]:
    """The kinds of letters that are to be made: of the decisions that nobody was told of, or all before there are any."""
    outcomes = session.exec(select(Decision.outcome).where(untold(call.id)).distinct()).all()
    if outcomes:
        return frozenset(kind_of(Outcome(outcome).value) for outcome in outcomes)
    decided = session.exec(select(Decision.id).where(Decision.call_id == call.id).limit(1)).first()
    return frozenset() if decided else frozenset(KINDS)


def letters_makeable(session: Session, call: OpenedCall) -> tuple[Objection, ...]:
    """What stands in the way of making the letters that nobody was told of: every blank, every text that can't be filled
    in, every missing legal mention, each with its place. At most three queries."""
    return unfit(call, current_terms(session, call.id), _kinds(session, call))


def unfit(call: OpenedCall, terms: DecisionTerms | None, kinds: frozenset[LetterKind]) -> tuple[Objection, ...]:
    """The same for given terms and kinds of letters."""
    if not kinds:
        return ()
    file = with_terms(call.file, terms)
    others = tuple(f"letters.{kind}." for kind in KINDS if kind not in kinds)
    texts = (one for one in (*placeholder_problems(file), *legal_problems(file)) if not one.path.startswith(others))
    missing = blanks(file, in_effect(call.file, terms), kinds)
    # A name that is blank is told once, as the blank of its field.
    filled = {"{published}": "published", "{signed_on}": "signed_on", "{expires}": "expires"}
    return (
        *(Objection("decision.letters_blank", field=name) for name in missing),
        *(
            Objection("decision.letters_unfit", place=one.path, text=one.message)
            for one in texts
            if filled.get(one.found) not in missing
        ),
    )


def stale_letters(session: Session, call: OpenedCall) -> int:
    """Letters that nobody was told of, made with another version than the one that counts now. Two queries."""
    current = current_settings(session, call.id)
    other = (
        col(Decision.letter_settings_id).is_not(None)
        if current is None
        else col(Decision.letter_settings_id).is_distinct_from(current.id)
    )
    return session.exec(
        select(func.count()).where(untold(call.id), col(Decision.letter_sha256).is_not(None), other)
    ).one()


def letters_ready(session: Session, call: OpenedCall, now: datetime) -> tuple[Objection, ...]:
    """What stands in the way of the letters' leaving at this moment; nothing where they may. At most six queries.

    What `letters_makeable` says; letters that were made before the settings changed; a date of signature that is still to
    come: nobody is told of a decision before it is signed.
    """
    found = list(letters_makeable(session, call))
    if stale := stale_letters(session, call):
        found.append(Objection("decision.letters_stale", number=stale))
    signed = in_effect(call.file, current_terms(session, call.id)).signed_on
    if signed is not None and paris(now).date() < signed:
        found.append(Objection("decision.letters_before_its_date", signed_on=signed))
    return tuple(found)


def sample_letter(call: OpenedCall, kind: LetterKind, terms: DecisionTerms | None) -> LetterView:
    """A letter of one kind to a made-up association, to be looked at before there is a ranking."""
    amount = int(call.file.call.min_amount * 100) if call.file.call.min_amount else 10_000_00
    status: Status = "not_selected" if kind == "refusal" else kind
    facts = LetterFacts(
        application_id=SAMPLE_REFERENCE,
        association="Association d’exemple",
        status=status,
        reason={
            "ineligible": "Candidature irrecevable : la règle qui n’est pas remplie.",
            "refusal": "Classé 12ᵉ. Le nombre de lauréats prévu est atteint par des projets mieux classés.",
        }.get(kind, "Classé 12ᵉ."),
        requested_amount=amount,
        granted_amount=amount if kind == "laureate" else None,
        rank=None if kind == "ineligible" else 12,
        ranked=90,
        retained=40,
        waiting_rank=2 if kind == "waiting_list" else None,
        capacity="Présidente",
    )
    return letter_view(
        call.file,
        facts,
        recipient=Recipient("Association d’exemple", "Awa Diop, Présidente", ("3 rue de l’Exemple", "75000 Paris")),
        application_reference=SAMPLE_REFERENCE,
        project="Projet d’exemple",
        terms=terms,
        draft="Exemple : ni l’association ni les chiffres ne sont vrais.",
        show_blanks=True,
    )
