"""Interests that reviewers, officials and jury members declare, and the conflicts that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from aap.core.answers.conditions import shown_answers
from aap.core.assignment.interests import Interest as CoreInterest
from aap.core.assignment.interests import Match, Party, matches
from aap.core.identifiers import bare_number, read_rna, read_siret
from aap.core.questions.group import GroupQuestion
from aap.core.questions.table import TableQuestion
from aap.core.territories import fold
from aap.records.applications import Application, ApplicationState, SectionAnswers
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.people import Membership, Person
from aap.records.reviews import Interest, Recusal, RecusalOrigin
from aap.services.actor import SYSTEM, Actor
from aap.services.audit import Subject, record
from aap.services.call.calls import OpenedCall, list_calls
from aap.services.dossier.dossiers import merge_sections
from aap.services.errors import InvalidInput, Objection
from aap.services.permissions import Permission, Target, ensure
from aap.services.recusals import WORKING, pairs_apart, recuse, recuse_members, works_on

MOST_INTERESTS = 40
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
    """What a person has declared, for all their calls; `declared_at` None: never yet."""

    interests: tuple[Interest, ...]
    declared_at: datetime | None


def own_declaration(session: Session, *, actor: Actor) -> Declaration:
    """The actor's own declaration. Two queries."""
    ensure(actor, Permission.INTERESTS_DECLARE, Target(), kind="declaration")
    found = session.exec(
        select(Interest)
        .where(Interest.person_id == actor.person_id)
        .order_by(col(Interest.kind), col(Interest.name), col(Interest.id))
    ).all()
    return Declaration(tuple(found), session.get_one(Person, actor.person_id).interests_declared_at)


def declare_interests(
    session: Session, *, actor: Actor, typed: Sequence[TypedInterest], complete: bool, now: datetime
) -> int:
    """Replaces the actor's declaration, in every call that they work on, and looks for conflicts at once.

    `complete`: they say that nothing is missing. Gives the number of dossiers they are now kept from. Raises
    InvalidInput: `<field>.<line>` → objection.
    """
    ensure(actor, Permission.INTERESTS_DECLARE, Target(), kind="declaration")
    values, problems = _checked(typed)
    if not complete:
        problems["complete"] = Objection("panel.declaration_incomplete")
    if problems:
        raise InvalidInput(problems)
    before = session.exec(select(Interest).where(Interest.person_id == actor.person_id)).all()
    for old in before:
        session.delete(old)
    session.add_all(Interest(person_id=actor.person_id, created_at=now, **value) for value in values)
    person = session.get_one(Person, actor.person_id)
    person.interests_declared_at = now
    session.add(person)
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
    kept = 0
    for call in list_calls(session, _MATCHED):
        if any(actor.has_role(role, call.id) for role in WORKING):
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
        siret, rna = _read(one.siret, read_siret), _read(one.rna, read_rna)
        if not 0 < len(one.name) <= 250:
            problems[f"name.{at}"] = Objection("panel.interest_name_length")
        if one.kind not in ("organisation", "person"):
            problems[f"kind.{at}"] = Objection("panel.interest_kind_unknown")
        if len(one.relation) > 200:
            problems[f"relation.{at}"] = Objection("panel.interest_relation_too_long")
        if siret is None:
            problems[f"siret.{at}"] = Objection("panel.siret_invalid")
        if rna is None:
            problems[f"rna.{at}"] = Objection("panel.rna_invalid")
        values.append(
            {"kind": one.kind, "name": one.name, "siret": siret or None, "rna": rna or None, "relation": one.relation}
        )
    return values, problems


def _read(text: str, read: Callable[[str], str]) -> str | None:
    """The number that was typed, empty where none was; None for what is none."""
    try:
        return read(text) if text.strip() else ""
    except ValueError:
        return None


# --- matching ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """New conflicts: `certain` ones are recusals already, `probable` ones wait for a person."""

    certain: int
    probable: int


def find_conflicts(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> Found:
    """Matches the interests of all who work on a call with its submitted dossiers. Eight queries, and what is new."""
    ensure(actor, Permission.REVIEWERS_MANAGE, call.target(), kind="call", id=call.id)
    return match_conflicts(session, call, now=now)


def match_conflicts(session: Session, call: OpenedCall, *, now: datetime, people: Sequence[str] | None = None) -> Found:
    """The same for all or some people; permissions are the caller's. What was dismissed stays dismissed."""
    members = sum(
        recuse_members(session, now=now, call_id=call.id, person_id=one)
        for one in (people if people is not None else [""])
    )
    certain = probable = 0
    for application, match in new_matches(session, call, people=people):
        if match.certain:
            recuse(session, SYSTEM, application, match.person_id, RecusalOrigin.MATCH, match.reason, now)
            certain += 1
        else:
            _suspect(session, call, match, now)
            probable += 1
    return Found(members + certain, probable)


def new_matches(
    session: Session, call: OpenedCall, *, people: Sequence[str] | None = None, application_id: str = ""
) -> list[tuple[Application, Match]]:
    """Conflicts that aren't in the register yet, for all or some people and dossiers; nothing is written.

    What automatic distribution and every assignment by hand ask. At most seven queries.
    """
    interests = _interests(session, call, people)
    if not interests:
        return []
    applications, parties = _parties(session, call, application_id)
    known = {
        (one.person_id, one.application_id): one
        for one in session.exec(
            select(Recusal).where(Recusal.application_id == Application.id, Application.call_id == call.id)
        )
    }
    found = []
    for match in matches(interests, parties):
        old = known.get((match.person_id, match.application_id))
        if old is None or not (old.confirmed or old.dismissed_at is not None or not match.certain):
            found.append((applications[match.application_id], match))
    return found


def kept_away(session: Session, call: OpenedCall, application: Application) -> frozenset[str]:
    """People to whom this dossier isn't given: recused, or in a conflict, also one that nobody looked at or that was
    not searched for yet."""
    known = pairs_apart(session, application_id=application.id, probable=True)
    fresh = new_matches(session, call, application_id=application.id)
    return frozenset([*(person for person, _ in known), *(match.person_id for _, match in fresh)])


def _suspect(session: Session, call: OpenedCall, match: Match, now: datetime) -> None:
    suspected = Recusal(
        person_id=match.person_id, application_id=match.application_id, origin=RecusalOrigin.MATCH,
        reason=match.reason, confirmed=False, created_at=now,
    )  # fmt: skip
    session.add(suspected)
    session.flush()
    record(
        session,
        SYSTEM,
        "recusal.suspected",
        suspected,
        now=now,
        call_id=call.id,
        after={"application": match.application_id, "person": match.person_id},
    )


def _interests(session: Session, call: OpenedCall, people: Sequence[str] | None) -> list[CoreInterest]:
    """What those who work on the call declared, and themselves: their name, and the e-mail of their account."""
    persons = select(Person).where(works_on(Person.id, call.id))
    declared = select(Interest).where(works_on(Interest.person_id, call.id))
    if people is not None:
        persons = persons.where(col(Person.id).in_(people))
        declared = declared.where(col(Interest.person_id).in_(people))
    found = [
        CoreInterest(person.id, "person", person.name, email=person.email, relation="la personne même")
        for person in session.exec(persons)
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


def _parties(
    session: Session, call: OpenedCall, application_id: str = ""
) -> tuple[dict[str, Application], list[Party]]:
    """Who stands behind each submitted dossier, or one of them: association, representative, officers, accounts,
    partners."""
    of = [Application.call_id == call.id, *([Application.id == application_id] if application_id else [])]
    rows = session.exec(
        select(Application, Association).where(
            Application.association_id == Association.id,
            col(Application.submitted_at).is_not(None),
            col(Application.state) != ApplicationState.WITHDRAWN,
            *of,
        )
    ).all()
    accounts: dict[str, list[Person]] = {}
    for association_id, person in session.exec(
        select(Membership.association_id, Person).where(
            Membership.person_id == Person.id, Membership.association_id == Application.association_id, *of
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
    form = call.file.form
    asked = [
        (section, question)
        for section in form.sections
        for question in section.questions
        if isinstance(question, TableQuestion | GroupQuestion)
        and "partenaire" in fold(f"{question.id} {question.label}")
    ]
    if not asked:
        return []
    conditional = any(section.show_if or question.show_if for section, question in asked)
    query = select(SectionAnswers).where(
        SectionAnswers.application_id == Application.id, Application.call_id == call.id
    )
    if not conditional:  # what other sections say hides none of them
        query = query.where(col(SectionAnswers.section).in_([section.id for section, _ in asked]))
    if len(applications) == 1:
        query = query.where(col(SectionAnswers.application_id).in_(list(applications)))
    held: dict[str, dict[str, SectionAnswers]] = {}
    for stored in session.exec(query.order_by(col(SectionAnswers.application_id), col(SectionAnswers.section))):
        if stored.application_id in applications:
            held.setdefault(stored.application_id, {})[stored.section] = stored
    found: list[Party] = []
    for application_id, sections in held.items():
        answers = merge_sections(sections)
        counting = shown_answers(form, answers) if conditional else answers
        for _section, question in asked:
            for row in _rows(counting.get(question.id)):
                name, siret, rna = _named(question, row)
                if name or siret or rna:
                    found.append(Party(application_id, "organisation", name or siret or rna, "partenaire", siret, rna))
    return found


def _rows(answer: Any) -> Iterable[Mapping[str, Any]]:
    return [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []


def _named(question: TableQuestion | GroupQuestion, row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Name (the first text), SIRET and RNA (by their ids) of one partner."""
    parts = question.columns if isinstance(question, TableQuestion) else question.questions
    fields = [(part.id, part.type) for part in parts]
    texts = {name: str(row.get(name) or "").strip() for name, _ in fields}
    siret = next((bare_number(text, "SIRET") for name, text in texts.items() if "siret" in name.lower()), "")
    rna = next((bare_number(text, "RNA") for name, text in texts.items() if "rna" in name.lower().split("_")), "")
    names = (texts[name] for name, kind in fields if kind in ("text", "long_text"))
    return next(names, ""), siret, rna
