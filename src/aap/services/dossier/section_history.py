"""The versions of a section: who typed what when, what a version was like beside what stands, and putting it back.

What stands is in the section itself. A version is kept of what it was before: at the end of one person's stretch of typing,
and before a save that takes away most of an answer, so that what is deleted by mistake within a stretch comes back too.
Typing on makes no version: autosave writes as much as it did.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from aap.core.answers.comparing import ChangedAnswer, changed_answers
from aap.core.call.schema import Section
from aap.core.values import RAW
from aap.records.applications import TypedSection
from aap.records.people import Person
from aap.records.redrafts import SectionVersion, VersionEnd
from aap.records.territories import territories
from aap.services.actor import Actor
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.errors import NotFound

PAUSE = timedelta(minutes=10)
"""Who comes back after so long begins another stretch."""
LONGEST = timedelta(hours=1)
"""A stretch that goes on is parted here."""
MOST_VERSIONS = 60
"""Of one section; the oldest goes then. A deposit keeps its own text, whatever goes here."""
_WORTH_KEEPING = 20
"""Letters of an answer (as JSON) below which it isn't missed."""


def typed_anew(held: TypedSection, answers: Mapping[str, Any], actor: Actor, now: datetime) -> bool:
    """Whether a save of these answers (what can't be read under `_raw`) begins another stretch than the section's last one."""
    if held.updated_by != actor.person_id or now - held.updated_at > PAUSE:
        return True
    return now - (held.began_at or held.updated_at) > LONGEST or _takes_away(held, answers)


def _takes_away(held: TypedSection, answers: Mapping[str, Any]) -> bool:
    """Whether less than half of an answer is left of what it began and ended with: deleted, or written over."""
    raw = answers.get(RAW) or {}
    for name, before in {**held.answers, **held.raw}.items():
        after = raw.get(name, answers.get(name))
        if after != before and _is_lost(_text(before), _text(after)):
            return True
    return False


def _text(value: Any) -> str:
    return "" if value in (None, "", [], {}) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _is_lost(before: str, after: str) -> bool:
    begins = _in_common(before, after)
    ends = _in_common(before[begins:][::-1], after[begins:][::-1])
    return len(before) > _WORTH_KEEPING and 2 * (begins + ends) < len(before)


def _in_common(one: str, other: str) -> int:
    """Letters that both begin with."""
    return next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other))
    )


def keep_version(
    session: Session, held: TypedSection, *, now: datetime, ending: VersionEnd = VersionEnd.CHANGED
) -> None:
    """Keeps the section as it stands among its versions, before something else takes its place. An empty one isn't kept."""
    if not (held.answers or held.raw):
        return
    session.add(
        SectionVersion(
            application_id=held.application_id,
            section=held.section,
            number=held.version,
            answers=dict(held.answers),
            raw=dict(held.raw),
            ending=ending,
            person_id=held.updated_by,
            began_at=held.began_at or held.updated_at,
            ended_at=held.updated_at,
            kept_at=now,
        )
    )
    session.flush()
    for old in session.exec(_versions_of(held.application_id, held.section).offset(MOST_VERSIONS)):
        session.delete(old)


def _versions_of(application_id: str, section: str) -> Any:
    return (
        select(SectionVersion)
        .where(SectionVersion.application_id == application_id, SectionVersion.section == section)
        .order_by(col(SectionVersion.kept_at).desc(), col(SectionVersion.number).desc(), col(SectionVersion.id).desc())
    )


@dataclass(frozen=True)
class SectionVersionLine:
    """One version in the list; `id` empty: what stands now. `changed`: labels of what this stretch changed, of the form's."""

    id: str
    person: str
    began_at: datetime
    ended_at: datetime
    changed: tuple[str, ...]
    ending: VersionEnd | None = None


@dataclass(frozen=True)
class SectionHistory:
    """The versions of a section, what stands now first."""

    dossier: OpenedDossier
    section: Section
    lines: tuple[SectionVersionLine, ...]


def section_history(session: Session, *, actor: Actor, application_id: str, section_id: str) -> SectionHistory:
    """For a member of the association, whatever the state. Raises NotFound. Five queries at most."""
    dossier = open_dossier(session, actor=actor, application_id=application_id, files=False)
    section = dossier.section(section_id)
    kept: Sequence[SectionVersion] = session.exec(_versions_of(application_id, section_id)).all()
    held = dossier.sections.get(section_id)
    states: list[TypedSection | SectionVersion] = [*([held] if held is not None else []), *kept]
    people = {one.updated_by if isinstance(one, TypedSection) else one.person_id for one in states} - {None}
    names = dict(session.exec(select(Person.id, Person.name).where(col(Person.id).in_(people))).all()) if people else {}
    lines = []
    for place, one in enumerate(states):
        before = next((later for later in states[place + 1 :] if not _given_up(later)), None)
        changed = _changed(section, one, before)
        if isinstance(one, TypedSection):
            who, began, ended = one.updated_by, one.began_at or one.updated_at, one.updated_at
            lines.append(SectionVersionLine("", names.get(who or "", ""), began, ended, changed))
        else:
            lines.append(
                SectionVersionLine(
                    one.id, names.get(one.person_id or "", ""), one.began_at, one.ended_at, changed, one.ending
                )
            )
    return SectionHistory(dossier, section, tuple(lines))


def _given_up(state: TypedSection | SectionVersion) -> bool:
    return isinstance(state, SectionVersion) and state.ending == VersionEnd.GIVEN_UP


def _changed(
    section: Section, state: TypedSection | SectionVersion, before: TypedSection | SectionVersion | None
) -> tuple[str, ...]:
    def of(one: TypedSection | SectionVersion | None, question: str) -> tuple[Any, Any]:
        return (one.answers.get(question), one.raw.get(question)) if one is not None else (None, None)

    return tuple(one.label for one in section.questions if of(state, one.id) != of(before, one.id))


@dataclass(frozen=True)
class ComparedVersion:
    """A version beside what stands now: the answers that differ, `before` the version's."""

    dossier: OpenedDossier
    section: Section
    version: SectionVersion
    person: str
    answers: tuple[ChangedAnswer, ...]


def compare_version(
    session: Session, *, actor: Actor, application_id: str, section_id: str, version_id: str
) -> ComparedVersion:
    """For a member of the association. Raises NotFound."""
    dossier = open_dossier(session, actor=actor, application_id=application_id, files=False)
    section = dossier.section(section_id)
    version = version_of_section(session, application_id, section_id, version_id)
    own = {question.id for question in section.questions}
    others = {key: value for key, value in dossier.answers.items() if key not in own and key != RAW}
    answers = changed_answers(
        section, {**others, **version.answers, RAW: version.raw}, dossier.typed_in(section), territories()
    )
    person = session.get(Person, version.person_id) if version.person_id else None
    return ComparedVersion(dossier, section, version, person.name if person else "", answers)


def version_of_section(session: Session, application_id: str, section_id: str, version_id: str) -> SectionVersion:
    """A version of this section of this dossier. Raises NotFound."""
    version = session.get(SectionVersion, version_id)
    if version is None or (version.application_id, version.section) != (application_id, section_id):
        raise NotFound("version", version_id)
    return version
