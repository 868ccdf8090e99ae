"""The versions of a section: what makes one, who reads them, and putting one back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from aap.core.answers.merging import base_text, read_base
from aap.records.people import MembershipRole
from aap.records.redrafts import SectionVersion
from aap.services.actor import Actor
from aap.services.dossier.applying import OpenedPage, save_section
from aap.services.dossier.restoring import restore_version
from aap.services.dossier.section_history import MOST_VERSIONS, SectionVersionLine, compare_version, section_history
from aap.services.errors import NotFound, StateForbids
from tests.databases import on_both_databases
from tests.worlds.applicants import Space, Spaces

LONG = "Chaque lycéen rencontre son mentor chaque semaine, au lycée puis en ville."


def write(space: Space, text: str, actor: Actor | None = None) -> None:
    dossier = space.dossier()
    held = dossier.sections.get("projet")
    base = read_base(base_text(("titre", "resume"), dossier.typed))
    with space.database.writing() as session:
        saved = save_section(
            session, actor=actor or space.actor, application_id=space.id, section_id="projet",
            answers={"titre": "Mentors", "resume": text},
            page=OpenedPage(held.version if held else 0, base=base), now=space.factory.now,
        )  # fmt: skip
    assert saved.disputed == ()


def lines(space: Space, actor: Actor | None = None) -> tuple[SectionVersionLine, ...]:
    with space.database.reading() as session:
        return section_history(session, actor=actor or space.actor, application_id=space.id, section_id="projet").lines


def texts(space: Space) -> list[str]:
    with space.database.reading() as session:
        found = session.exec(select(SectionVersion).order_by(SectionVersion.kept_at, SectionVersion.number))
        return [one.answers.get("resume", "") for one in found]


def restore(space: Space, version_id: str, actor: Actor | None = None, application_id: str = "") -> Any:
    with space.database.writing() as session:
        return restore_version(
            session, actor=actor or space.actor, application_id=application_id or space.id, section_id="projet",
            version_id=version_id, now=space.factory.now,
        )  # fmt: skip


@on_both_databases
def test_a_stretch_of_typing_is_one_version_and_another_person_or_a_pause_begins_one(space: Spaces) -> None:
    one = space()
    began = one.factory.now
    for letters in range(1, 20):
        write(one, LONG[: letters * 4])
        one.clock.move(seconds=2)
    assert (texts(one), len(lines(one))) == ([], 1)
    other = one.colleague()
    write(one, LONG + " Et ses parents.", one.factory.actor(other))
    one.clock.move(minutes=11)
    write(one, LONG + " Et ses parents aussi.", one.factory.actor(other))
    assert texts(one) == [LONG[:76], LONG + " Et ses parents."]
    now, second, first = lines(one)
    assert [line.person for line in (now, second, first)] == [other.name, other.name, one.person.name]
    assert (first.began_at, (first.ended_at - began).total_seconds()) == (began, 36)
    labels = [question.label for question in one.call.file.form.sections[0].questions]
    assert [set(line.changed) <= set(labels) for line in (now, second, first)] == [True] * 3
    assert (len(first.changed), len(second.changed), len(now.changed)) == (2, 1, 1)


@pytest.mark.parametrize(
    "after", ["", "Tout autre chose, collé par-dessus sans y penser, et de la même longueur.", LONG[:20]]
)
def test_a_text_that_is_deleted_or_written_over_in_one_stretch_comes_back(space: Spaces, after: str) -> None:
    one = space()
    write(one, LONG)
    one.clock.move(seconds=2)
    write(one, after)
    (now, before) = lines(one)
    one.clock.move(seconds=2)
    restore(one, before.id)
    assert one.dossier().answers["resume"] == LONG
    kept = [(line.ending, line.id == "") for line in lines(one)]
    assert kept == [(None, True), ("restored", False), ("changed", False)]  # what it replaced is a version too
    assert now.id == ""


def test_an_open_page_disputes_what_was_restored_beneath_it(space: Spaces) -> None:
    one = space()
    write(one, LONG)
    one.clock.move(minutes=20)
    stale = one.dossier()
    base = read_base(base_text(("titre", "resume"), stale.typed))
    write(one, "Autre chose.")
    restore(one, lines(one)[-1].id)
    write(one, "Encore autre chose.")
    with one.database.writing() as session:
        saved = save_section(
            session, actor=one.actor, application_id=one.id, section_id="projet",
            answers={"titre": "Mentors", "resume": "Écrit dans une page ouverte depuis longtemps."},
            page=OpenedPage(1, base=base), now=one.factory.now,
        )  # fmt: skip
    assert [told.question for told in saved.disputed] == ["resume"]


def test_a_section_keeps_so_many_versions_and_the_oldest_go(space: Spaces) -> None:
    one = space()
    for number in range(MOST_VERSIONS + 5):
        write(one, f"{number} {LONG}")
        one.clock.move(minutes=11)
    kept = texts(one)
    assert (len(kept), kept[0], kept[-1]) == (MOST_VERSIONS, f"4 {LONG}", f"{MOST_VERSIONS + 3} {LONG}")


@on_both_databases
def test_versions_are_read_by_the_association_and_put_back_by_who_writes(space: Spaces) -> None:
    one = space()
    write(one, LONG)
    one.clock.move(minutes=11)
    write(one, "Autre chose.")
    version = lines(one)[-1].id
    reader = one.factory.actor(one.colleague(MembershipRole.READER))
    stranger = one.factory.actor(one.factory.person())
    assert [line.id for line in lines(one, reader)][-1] == version
    with one.database.reading() as session:
        asked = {"application_id": one.id, "section_id": "projet"}
        found = compare_version(session, actor=reader, version_id=version, **asked)
        assert [(answer.id, answer.before, answer.after) for answer in found.answers] == [
            ("resume", LONG, "Autre chose.")
        ]
        with pytest.raises(NotFound):
            compare_version(session, actor=stranger, version_id=version, **asked)
        with pytest.raises(NotFound):
            compare_version(session, actor=reader, version_id="0" * 36, **asked)
    for person in (stranger, reader):
        with pytest.raises(NotFound):
            restore(one, version, person)
    elsewhere = one.factory.application(one.call, one.factory.association(one.person))
    with pytest.raises(NotFound):
        restore(one, version, application_id=elsewhere.id)
    with one.database.writing() as session:
        held = one.dossier().application
        held.state, held.submitted_at = "submitted", one.factory.now
        session.merge(held)
    with pytest.raises(StateForbids):
        restore(one, version)
