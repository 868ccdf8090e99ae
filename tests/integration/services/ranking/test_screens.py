"""Screens that follow the jury's room: whose page leads, what is shown, to whom, and when a screen must read again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from aap.records.audit import AuditLine
from aap.records.people import Person
from aap.services.call.calls import get_call
from aap.services.errors import InvalidInput, NotFound
from aap.services.ranking.meetings import adjourn_meeting
from aap.services.ranking.screens import Screens, Shown, screens_of, show_on_screens
from aap.services.ranking.votes import ChoiceEntry, record_choice
from tests.databases import on_both_databases
from tests.worlds.juries import NAMES, Juries, Jury, apart


def screens(here: Jury, person: Person | None = None) -> Screens:
    office = here.office
    with office.factory.platform.database.reading() as session:
        actor = office.factory.actor(person or office.first)
        return screens_of(session, actor=actor, call=get_call(session, office.call.id))


def show(here: Jury, shown: Shown, person: Person | None = None, *, by_itself: bool = False) -> bool:
    office = here.office
    with office.factory.platform.database.writing() as session:
        return show_on_screens(
            session, actor=office.factory.actor(person or office.first), call=get_call(session, office.call.id),
            shown=shown, by_itself=by_itself, now=office.factory.now,
        )  # fmt: skip


@on_both_databases
def test_the_screens_follow_one_persons_page_until_another_takes_the_lead(jury: Juries) -> None:
    here = jury()
    first, second = here.office.first, here.office.second
    dossier, other = here.office.dossiers[0], here.office.dossiers[2]
    with pytest.raises(InvalidInput):
        show(here, Shown())
    here.sit(*NAMES)
    assert (screens(here).led_by, screens(here).own, screens(here).shown) == ("", False, Shown())
    out = Shown(dossier.id, "out")
    assert show(here, out, by_itself=True) is False  # nobody asked for it yet
    assert show(here, out) is True
    assert (screens(here).led_by, screens(here).own, screens(here).shown) == (first.name, True, out)
    assert (screens(here, second).led_by, screens(here, second).own) == (first.name, False)
    assert show(here, Shown(other.id), second, by_itself=True) is False
    assert screens(here).shown == out
    assert show(here, Shown(other.id), second) is True
    assert show(here, out, by_itself=True) is False
    assert (screens(here).led_by, screens(here).shown) == (second.name, Shown(other.id))
    assert show(here, Shown(dossier.id, "amount", 3_000_000), second, by_itself=True) is True
    assert screens(here).shown == Shown(dossier.id, "amount", 3_000_000)
    with here.office.factory.platform.database.reading() as session:
        told = session.exec(
            select(AuditLine.action, AuditLine.object_id).where(
                AuditLine.action.in_(("jury.screens_led", "jury.shown"))  # type: ignore[attr-defined]
            ).order_by(AuditLine.sequence)  # type: ignore[arg-type]
        ).all()  # fmt: skip
    assert [action for action, _ in told] == [
        "jury.screens_led",
        "jury.shown",
        "jury.screens_led",
        "jury.shown",
        "jury.shown",
    ]
    assert [about for action, about in told if action == "jury.shown"] == [dossier.id, other.id, dossier.id]


@on_both_databases
def test_what_is_recorded_or_adjourned_leaves_the_screens(jury: Juries) -> None:
    here = jury()
    here.sit(*NAMES)
    dossier = here.office.dossiers[0]
    show(here, Shown(dossier.id, "keep"))
    actor, now = here.office.factory.actor(here.office.first), here.office.factory.now
    with here.office.factory.platform.database.writing() as session:
        record_choice(session, actor=actor, application_id=dossier.id, entry=ChoiceEntry("keep"), now=now)
    assert (screens(here).own, screens(here).shown) == (True, Shown())
    show(here, Shown(dossier.id))
    with here.office.factory.platform.database.writing() as session:
        adjourn_meeting(
            session, actor=actor, call=get_call(session, here.office.call.id), now=now + timedelta(minutes=1)
        )
    assert (screens(here).led_by, screens(here).shown) == ("", Shown())


def test_a_dossier_is_neither_shown_by_nor_to_who_is_recused_of_it(jury: Juries) -> None:
    here = jury()
    here.sit(*NAMES)
    dossier, other = here.office.dossiers[0], here.office.dossiers[2]
    apart(here.office, here.office.second, dossier)
    show(here, Shown(dossier.id, "out"))
    kept = screens(here, here.office.second)
    assert (kept.masked, kept.shown) == (True, Shown())
    with pytest.raises(NotFound):
        show(here, Shown(dossier.id), here.office.second)
    for stranger in (here.office.stranger, here.office.reviewers[0]):
        with pytest.raises(NotFound):
            screens(here, stranger)
        with pytest.raises(NotFound):
            show(here, Shown(other.id), stranger)
    assert screens(here).shown == Shown(dossier.id, "out")


def test_a_screen_reads_again_once_anything_that_it_says_has_changed(jury: Juries) -> None:
    here = jury()
    here.sit(*NAMES)
    dossier = here.office.dossiers[0]
    versions = [screens(here).version, screens(here).version]
    assert len(set(versions)) == 1
    for shown in (Shown(dossier.id), Shown(dossier.id, "out"), Shown(dossier.id, "amount", 1), Shown()):
        show(here, shown)
        versions.append(screens(here).version)
    apart(here.office, here.office.first, here.office.dossiers[3])
    versions.append(screens(here).version)
    here.compute(5)
    versions.append(screens(here).version)
    assert len(set(versions)) == 7
    assert screens(here, here.office.second).version != screens(here).version
