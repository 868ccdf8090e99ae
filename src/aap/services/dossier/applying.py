"""Filling a dossier in: start it, save its sections, never lose a word."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from aap.core.answers.conditions import shown_answers
from aap.core.answers.eligibility import asked
from aap.core.answers.merging import merge
from aap.core.questions.file import FileQuestion
from aap.core.values import RAW
from aap.records.applications import Application, SectionAnswers, TypedSection
from aap.records.redrafts import VersionEnd
from aap.services.actor import Actor, person_name
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call
from aap.services.dossier.dossiers import OpenedDossier, merge_sections, open_dossier
from aap.services.dossier.redrafting import open_redraft, section_to_write
from aap.services.dossier.section_history import keep_version, typed_anew
from aap.services.dossier.uploads import copy_document
from aap.services.errors import DeadlinePassed, NotFound, StateForbids
from aap.services.permissions import Permission, Target, ensure

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without those that are read for one another
_LONGEST_REFERENCE = 32


def clean_eligibility(call: OpenedCall, answers: Mapping[str, str]) -> dict[str, str]:
    """Of what was answered, what the call asks."""
    kept = {}
    for rule in asked(call.file.eligibility):
        answer = str(answers.get(rule.id, "")).strip()[:60]
        if rule.type == "number" or answer in (rule.closed_values() or ()):
            kept[rule.id] = answer
    return {key: value for key, value in kept.items() if value}


def start_application(
    session: Session,
    *,
    actor: Actor,
    call_id: str,
    association_id: str,
    eligibility: Mapping[str, str],
    now: datetime,
    earlier_id: str | None = None,
) -> Application:
    """A new draft, or the one that the association has for this call already.

    `earlier_id`: a dossier of the same association whose answers and files are copied where they still fit.
    Raises DeadlinePassed after the closing, StateForbids before the opening, NotFound.
    """
    call = get_call(session, call_id)
    target = Target(call_id=call.id, call_state=call.state, association_id=association_id)
    ensure(actor, Permission.ASSOCIATION_READ, target, kind="association", id=association_id)
    present = session.exec(
        select(Application).where(Application.call_id == call_id, Application.association_id == association_id)
    ).first()
    if present is not None:
        return present
    if now > call.record.closes_at:
        raise DeadlinePassed(call.record.closes_at)
    ensure(actor, Permission.APPLICATION_START, target, kind="call", id=call_id)
    if not call.accepts_new_dossiers(now):
        raise StateForbids(Permission.APPLICATION_START, call.state)
    application = Application(
        call_id=call_id,
        association_id=association_id,
        reference=_new_reference(session, call),
        eligibility=clean_eligibility(call, eligibility),
        created_by=actor.person_id,
        created_at=now,
        updated_at=now,
    )
    session.add(application)
    session.flush()
    if earlier_id:
        _copy(session, actor=actor, call=call, application=application, earlier_id=earlier_id, now=now)
    record(session, actor, "application.started", application, now=now, after={"reference": application.reference})
    return application


def _new_reference(session: Session, call: OpenedCall) -> str:
    """Short and readable; random, so that it tells nobody how many dossiers there are."""
    base = (call.file.call.reference or call.id.upper())[:_LONGEST_REFERENCE]
    while True:
        reference = f"{base}-{''.join(secrets.choice(_LETTERS) for _ in range(5))}"
        if session.exec(select(Application.id).where(Application.reference == reference)).first() is None:
            return reference


def _copy(
    session: Session, *, actor: Actor, call: OpenedCall, application: Application, earlier_id: str, now: datetime
) -> None:
    """Copies what still fits: questions of the same id and type, choices that are still offered."""
    earlier = open_dossier(session, actor=actor, application_id=earlier_id)
    if earlier.application.association_id != application.association_id:
        raise NotFound("application", earlier_id)
    old = {q.id: q for section in earlier.call.file.form.sections for q in section.questions}
    for section in call.file.form.sections:
        fitting = {
            q.id: kept
            for q in section.questions
            if q.id in earlier.answers and (kept := q.still_fits(old.get(q.id), earlier.answers[q.id])) is not None
        }
        if fitting:
            session.add(
                SectionAnswers(
                    application_id=application.id, section=section.id, answers=fitting, updated_by=actor.person_id,
                    updated_at=now,
                )
            )  # fmt: skip
        for question in section.questions:
            before = old.get(question.id)
            if isinstance(question, FileQuestion) and isinstance(before, FileQuestion):
                for held in earlier.files.get(question.id, [])[: question.max_files]:
                    session.add(copy_document(held, application.id, question.id, actor, now))
    application.earlier_id = earlier_id
    _take_title(application, call, {**earlier.answers})
    session.add(application)


@dataclass(frozen=True)
class FormChanges:
    """Labels of the questions that an earlier form didn't have, of those asked otherwise, and of those gone."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]


def form_changes(earlier: OpenedCall, call: OpenedCall) -> FormChanges:
    """How a call's form differs from an earlier one's: types, choices, columns and blocks, not the wording."""
    old = {q.id: q for section in earlier.file.form.sections for q in section.questions}
    now = {q.id: q for section in call.file.form.sections for q in section.questions}
    return FormChanges(
        new=tuple(q.label for q in now.values() if q.id not in old),
        changed=tuple(q.label for q in now.values() if q.id in old and old[q.id].shape() != q.shape()),
        gone=tuple(q.label for q in old.values() if q.id not in now),
    )


def answer_eligibility(
    session: Session, *, actor: Actor, application_id: str, answers: Mapping[str, str], now: datetime
) -> OpenedDossier:
    """Keeps the answers to the call's rules with the dossier."""
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_EDIT, lock=True
    )
    application = dossier.application
    before = dict(dossier.rules_answered)
    given = {**before, **clean_eligibility(dossier.call, answers)}
    redraft = open_redraft(session, dossier, actor, now)
    if (
        redraft is not None
    ):  # told with the deposit: what officials read of the dossier's history says nothing of it before
        redraft.eligibility = given
        session.add(redraft)
        return replace(dossier, redraft=redraft)
    application.eligibility = given
    application.updated_at = now
    session.add(application)
    record(session, actor, "application.eligibility", application, now=now, before=before, after=given)
    return dossier


@dataclass(frozen=True)
class ChangedElsewhere:
    """A question that another page changed: who, and when."""

    question: str
    by: str
    at: datetime


@dataclass(frozen=True)
class SavedSection:
    """A section as it is stored now, and the dossier with it.

    `disputed`: questions that this page and another one changed both: the other's answer stands until somebody chooses.
    `elsewhere`: those that only another page changed, and that the page of this save shows as they were.
    """

    version: int
    dossier: OpenedDossier
    disputed: tuple[ChangedElsewhere, ...] = ()
    elsewhere: tuple[ChangedElsewhere, ...] = ()


@dataclass(frozen=True)
class OpenedPage:
    """What a save says of the page that it was typed in. `token`: which one it is; `serial` counts what it sends, so that a
    save that was overtaken on its way changes nothing. `base`: what it started from (`merging`), None where it doesn't say."""

    version: int = 0
    token: str = ""
    serial: int = 0
    base: Mapping[str, str] | None = None


def save_section(
    session: Session,
    *,
    actor: Actor,
    application_id: str,
    section_id: str,
    answers: Mapping[str, Any],
    page: OpenedPage,
    now: datetime,
    given_up: Collection[str] = (),
    files: bool = True,
    whole: bool = True,
    ending: VersionEnd = VersionEnd.CHANGED,
) -> SavedSection:
    """Keeps a section's answers, right or wrong; what can't be read goes beside them. What others changed meanwhile in other
    questions stays; where both changed the same one, theirs stays too and `disputed` names it.

    `answers`: the section's, with what can't be read under `_raw`; `whole` False: only some of them, the others are left
    alone. `given_up`: questions for which the other's answer was chosen. A repeated save of the same page (its answer was lost
    on the way) disputes nothing. `files` False: the dossier comes without its documents. Raises StateForbids, NotFound.
    """
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.APPLICATION_EDIT, lock=True,
        files=files,
    )  # fmt: skip
    section = next((one for one in dossier.call.file.form.sections if one.id == section_id), None)
    if section is None:
        raise NotFound("section", section_id)
    if not dossier.is_open(section_id):
        raise StateForbids(Permission.APPLICATION_EDIT, dossier.state)
    held = section_to_write(dossier, section_id, now)
    raw = answers.get(RAW) or {}
    questions = [one.id for one in section.questions if whole or one.id in answers or one.id in raw]
    changes = {one: held.changes[one] for one in questions if one in held.changes}
    by_page = {one: made["serial"] for one, made in changes.items() if page.token and made["page"] == page.token}
    merged = merge(
        questions, answers, {**held.answers, RAW: held.raw}, base=page.base, stale=page.version != held.version,
        own=[one for one, serial in by_page.items() if page.serial >= serial],
        overtaken=[one for one, serial in by_page.items() if page.serial < serial], given_up=given_up,
    )  # fmt: skip

    def named(questions: tuple[str, ...]) -> tuple[ChangedElsewhere, ...]:
        return tuple(_changed_by(session, held, question) for question in questions)

    saved = SavedSection(held.version, dossier, named(merged.disputed), named(merged.elsewhere))
    if not merged.taken:
        return saved
    redraft = open_redraft(session, dossier, actor, now)
    if held not in session or ending is VersionEnd.RESTORED or typed_anew(held, merged.answers, actor, now):
        keep_version(session, held, now=now, ending=ending)
        held.began_at = now
    made = {"by": actor.person_id, "at": now.isoformat(), "page": page.token[:32], "serial": page.serial}
    held.answers = {key: value for key, value in merged.answers.items() if key != RAW}
    held.raw = dict(merged.answers.get(RAW) or {})
    held.changes = {**held.changes, **dict.fromkeys(merged.taken, made)}
    held.version += 1
    held.updated_by, held.updated_at = actor.person_id, now
    session.add(held)
    sections = {**dossier.sections, section_id: held}
    application = dossier.application
    if redraft is None:
        application.updated_at = now
        _take_title(application, dossier.call, merge_sections(sections))
        session.add(application)
    changed = replace(dossier, sections=sections, redraft=redraft)
    return replace(saved, version=held.version, dossier=changed)


def _changed_by(session: Session, held: TypedSection, question: str) -> ChangedElsewhere:
    """Who changed a question last; for answers of before this was noted, who saved the section."""
    made = held.changes.get(question)
    if made is None:
        return ChangedElsewhere(question, person_name(session, held.updated_by), held.updated_at)
    return ChangedElsewhere(question, person_name(session, made["by"]), datetime.fromisoformat(made["at"]))


def _take_title(application: Application, call: OpenedCall, answers: Mapping[str, Any]) -> None:
    form = call.file.form
    counting = shown_answers(form, answers) if form.title_question in answers else {}
    title = counting.get(form.title_question or "")
    if isinstance(title, str):
        application.title = title[:300]
