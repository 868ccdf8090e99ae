"""Interests that reviewers declare, and the conflicts that follow from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select
from stdnum.exceptions import ValidationError
from stdnum.fr import siret as siret_numbers

from aap.core.assignment.interests import Interest as CoreInterest
from aap.core.assignment.interests import Match, Party, matches
from aap.core.questions.group import GroupQuestion
from aap.core.questions.table import TableQuestion
from aap.core.territories import fold
from aap.records.applications import Application, ApplicationState, SectionAnswers
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.people import Membership, Person, Role
from aap.records.reviews import Interest, Recusal, RecusalOrigin, Reviewer
from aap.services.actor import EVERY_CALL, Actor
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall, list_calls
from aap.services.errors import InvalidInput, Objection
from aap.services.panel.recusing import recuse
from aap.services.permissions import Permission, Target, ensure

MOST_INTERESTS = 40
_RNA = re.compile(r"W[0-9][0-9AB][0-9]{7}|W[0-9]{9}")
_MATCHED = frozenset({CallState.OPEN, CallState.CLOSED, CallState.REVIEWING, CallState.DELIBERATING})


@dataclass(frozen=True)
class TypedInterest:
    """One line of the declaration as it was typed."""

    kind: str = "organisation"
    name: str = ""
    siret: str = ""
    rna: str = ""
    relation: str = ""

    @property
    def empty(self) -> bool:
        return not (self.name or self.siret or self.rna or self.relation)


@dataclass(frozen=True)
class Declaration:
    """What a reviewer has declared; `declared_at` None: never yet, in one of their calls."""

    interests: tuple[Interest, ...]
    declared_at: datetime | None


def own_declaration(session: Session, *, actor: Actor) -> Declaration:
    """The actor's own declaration. Two queries."""
    ensure(actor, Permission.REVIEW_HOME, Target(), kind="declaration")
    dates = session.exec(select(Reviewer.interests_declared_at).where(Reviewer.person_id == actor.person_id)).all()
    found = session.exec(
        select(Interest)
        .where(Interest.person_id == actor.person_id)
        .order_by(col(Interest.kind), col(Interest.name), col(Interest.id))
    ).all()
    declared = None if not dates or None in dates else max(date for date in dates if date is not None)
    return Declaration(tuple(found), declared)


def must_declare(session: Session, *, actor: Actor) -> bool:
    """Whether the actor reviews a call, for which they haven't declared their interests. One query."""
    return session.exec(
        select(Reviewer.id).where(
            Reviewer.person_id == actor.person_id, col(Reviewer.interests_declared_at).is_(None)
        )
    ).first() is not None  # fmt: skip


def declare_interests(
    session: Session, *, actor: Actor, typed: Sequence[TypedInterest], complete: bool, now: datetime
) -> int:
    """Replaces the actor's declaration, in every call that they review, and looks for conflicts at once.

    `complete`: the reviewer says that nothing is missing. Gives the number of dossiers they are now kept from. Raises
    InvalidInput: `<field>.<line>` → objection.
    """
    ensure(actor, Permission.REVIEW_HOME, Target(), kind="declaration")
    values, problems = _checked(typed)
    if not complete:
        problems["complete"] = Objection("panel.declaration_incomplete")
    if problems:
        raise InvalidInput(problems)
    before = session.exec(select(Interest).where(Interest.person_id == actor.person_id)).all()
    for old in before:
        session.delete(old)
    session.add_all(Interest(person_id=actor.person_id, created_at=now, **value) for value in values)
    profiles = session.exec(select(Reviewer).where(Reviewer.person_id == actor.person_id)).all()
    for profile in profiles:
        profile.interests_declared_at = now
        session.add(profile)
    session.flush()
    record(
        session,
        actor,
        "interests.declared",
        Subject("person", actor.person_id),
        now=now,
        before={"interests": len(before)},
        after={"interests": len(values)},
    )
    held = actor.roles.get(Role.REVIEWER, frozenset())
    kept = 0
    for call in list_calls(session, _MATCHED):
        if held & {EVERY_CALL, call.id}:
            kept += match_conflicts(session, call, now=now, people=[actor.person_id]).certain
    return kept


def _checked(typed: Sequence[TypedInterest]) -> tuple[list[dict[str, Any]], dict[str, Objection]]:
    problems: dict[str, Objection] = {}
    values = []
    if len(typed) > MOST_INTERESTS:
        problems[""] = Objection("panel.too_many_interests", most=MOST_INTERESTS)
    for at, one in enumerate(typed[:MOST_INTERESTS]):
        if one.empty:
            continue
        siret, rna = re.sub(r"\s", "", one.siret), re.sub(r"\s", "", one.rna).upper()
        if not 0 < len(one.name) <= 250:
            problems[f"name.{at}"] = Objection("panel.interest_name_length")
        if one.kind not in ("organisation", "person"):
            problems[f"kind.{at}"] = Objection("panel.interest_kind_unknown")
        if len(one.relation) > 200:
            problems[f"relation.{at}"] = Objection("panel.interest_relation_too_long")
        if siret and not _is_siret(siret):
            problems[f"siret.{at}"] = Objection("panel.siret_invalid")
        if rna and not _RNA.fullmatch(rna):
            problems[f"rna.{at}"] = Objection("panel.rna_invalid")
        values.append(
            {"kind": one.kind, "name": one.name, "siret": siret or None, "rna": rna or None, "relation": one.relation}
        )
    return values, problems


def _is_siret(text: str) -> bool:
    try:
        siret_numbers.validate(text)
    except ValidationError:
        return False
    return text.isascii() and len(text) == 14


# --- matching ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """New conflicts: `certain` ones are recusals already, `probable` ones wait for a person."""

    certain: int
    probable: int


def find_conflicts(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> Found:
    """Matches the interests of all reviewers with the submitted dossiers of a call. Six queries, and what is new."""
    ensure(actor, Permission.REVIEWERS_MANAGE, call.target(), kind="call", id=call.id)
    return match_conflicts(session, call, now=now)


def match_conflicts(session: Session, call: OpenedCall, *, now: datetime, people: Sequence[str] | None = None) -> Found:
    """The same for some or all reviewers; permissions are the caller's. What was dismissed stays dismissed."""
    interests = _interests(session, call, people)
    if not interests:
        return Found(0, 0)
    applications, parties = _parties(session, call)
    known = {
        (one.person_id, one.application_id): one
        for one in session.exec(
            select(Recusal).where(Recusal.application_id == Application.id, Application.call_id == call.id)
        )
    }
    certain = probable = 0
    for match in matches(interests, parties):
        old = known.get((match.person_id, match.application_id))
        if old is not None and (old.confirmed or old.dismissed_at is not None or not match.certain):
            continue
        if match.certain:
            application = applications[match.application_id]
            recuse(session, None, application, match.person_id, RecusalOrigin.MATCH, match.reason, now)
            certain += 1
        else:
            _suspect(session, call, match, now)
            probable += 1
    return Found(certain, probable)


def _suspect(session: Session, call: OpenedCall, match: Match, now: datetime) -> None:
    suspected = Recusal(
        person_id=match.person_id, application_id=match.application_id, origin=RecusalOrigin.MATCH,
        reason=match.reason, confirmed=False, created_at=now,
    )  # fmt: skip
    session.add(suspected)
    session.flush()
    record(
        session,
        None,
        "recusal.suspected",
        suspected,
        now=now,
        call_id=call.id,
        after={"application": match.application_id, "person": match.person_id},
    )


def _interests(session: Session, call: OpenedCall, people: Sequence[str] | None) -> list[CoreInterest]:
    """What reviewers declared, and themselves: their name, and the e-mail of their account."""
    reviewers = select(Person).where(Person.id == Reviewer.person_id, Reviewer.call_id == call.id)
    declared = select(Interest).where(Interest.person_id == Reviewer.person_id, Reviewer.call_id == call.id)
    if people is not None:
        reviewers = reviewers.where(col(Person.id).in_(people))
        declared = declared.where(col(Interest.person_id).in_(people))
    found = [
        CoreInterest(person.id, "person", person.name, email=person.email, relation="l’évaluateur même")
        for person in session.exec(reviewers)
    ]
    found += [
        CoreInterest(
            one.person_id,
            "person" if one.kind == "person" else "organisation",
            one.name,
            siret=one.siret or "",
            rna=one.rna or "",
            relation=one.relation,
        )
        for one in session.exec(declared)
    ]
    return found


def _parties(session: Session, call: OpenedCall) -> tuple[dict[str, Application], list[Party]]:
    """Who stands behind each submitted dossier: association, representative, officers, accounts, partners."""
    rows = session.exec(
        select(Application, Association).where(
            Application.association_id == Association.id,
            Application.call_id == call.id,
            col(Application.submitted_at).is_not(None),
            col(Application.state) != ApplicationState.WITHDRAWN,
        )
    ).all()
    accounts: dict[str, list[Person]] = {}
    for association_id, person in session.exec(
        select(Membership.association_id, Person).where(
            Membership.person_id == Person.id,
            Membership.association_id == Application.association_id,
            Application.call_id == call.id,
        )
    ):
        accounts.setdefault(association_id, []).append(person)
    parties: list[Party] = []
    for application, one in rows:
        parties.append(
            Party(
                application.id, "organisation", one.name, "l’association", one.siret or "", one.rna or "",
                acronym=one.acronym,
            )
        )  # fmt: skip
        if one.representative_name:
            capacity = one.representative_capacity or "représentant légal"
            parties.append(Party(application.id, "person", one.representative_name, capacity,
                                 email=one.representative_email))  # fmt: skip
        for officer in one.officers:
            if officer.get("name"):
                parties.append(Party(application.id, "person", officer["name"], officer.get("capacity") or "dirigeant"))
        for person in accounts.get(one.id, ()):
            parties.append(Party(application.id, "person", person.name, "compte de l’association", email=person.email))
    applications = {application.id: application for application, _ in rows}
    parties += _partners(session, call, applications)
    return applications, parties


def _partners(session: Session, call: OpenedCall, applications: Mapping[str, Application]) -> list[Party]:
    """The organisations named in the answers about partners: tables and blocks whose question speaks of them."""
    questions: dict[str, list[TableQuestion | GroupQuestion]] = {}
    for section in call.file.form.sections:
        for question in section.questions:
            if isinstance(question, TableQuestion | GroupQuestion) and "partenaire" in fold(
                f"{question.id} {question.label}"
            ):
                questions.setdefault(section.id, []).append(question)
    if not questions:
        return []
    found: list[Party] = []
    for stored in session.exec(
        select(SectionAnswers).where(
            SectionAnswers.application_id == Application.id,
            Application.call_id == call.id,
            col(SectionAnswers.section).in_(list(questions)),
        )
    ):
        if stored.application_id not in applications:
            continue
        for question in questions[stored.section]:
            for row in _rows(stored.answers.get(question.id)):
                name, siret, rna = _named(question, row)
                if name or siret or rna:
                    found.append(
                        Party(stored.application_id, "organisation", name or siret or rna, "partenaire", siret, rna)
                    )
    return found


def _rows(answer: Any) -> Iterable[Mapping[str, Any]]:
    return [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []


def _named(question: TableQuestion | GroupQuestion, row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Name (the first text), SIRET and RNA (by their ids) of one partner."""
    parts = question.columns if isinstance(question, TableQuestion) else question.questions
    fields = [(part.id, part.type) for part in parts]
    texts = {name: str(row.get(name) or "").strip() for name, _ in fields}
    siret = next((re.sub(r"\s", "", text) for name, text in texts.items() if "siret" in name.lower()), "")
    rna = next((text.replace(" ", "") for name, text in texts.items() if "rna" in name.lower().split("_")), "")
    names = (texts[name] for name, kind in fields if kind in ("text", "long_text"))
    return next(names, ""), siret, rna
