"""Links by which the board reads a dossier: until when, what they show, and what is written down."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from aap.core.delays import paris
from aap.records.applications import ApplicationState as A
from aap.records.applications import Document, SectionAnswers
from aap.records.audit import AuditLine
from aap.records.calls import CallState as C
from aap.records.coauthors import ReadingLink
from aap.records.people import MembershipRole, Person
from aap.services.dossier import reading_links
from aap.services.dossier.reading_links import make_link, note_opening, open_reading, own_links, revoke_link
from aap.services.dossier.submitting import submit_application
from aap.services.errors import InvalidInput, NotFound
from tests.databases import on_both_databases
from tests.worlds.applicants import ANSWERS, Space, Spaces
from tests.worlds.deposits import Case, Cases


def made(here: Case | Space, person: Person, **values: Any) -> str:
    """The token of a link to the dossier."""
    platform = here.factory.platform
    given = {
        "name": "Le bureau",
        "until": paris(platform.clock()).date() + timedelta(days=14),
        "shown": ["statuts"],
        **values,
    }
    with platform.database.writing() as session:
        _link, token = make_link(
            session, actor=here.factory.actor(person), application_id=here.id, now=platform.clock(), **given
        )
    return token


def opens(here: Case | Space, token: str) -> Any:
    with here.factory.platform.database.reading() as session:
        return open_reading(session, token=token, now=here.factory.platform.clock())


def is_open(here: Case | Space, token: str) -> bool:
    try:
        opens(here, token)
    except NotFound:
        return False
    return True


@on_both_databases
def test_a_link_opens_until_the_end_of_its_day_and_until_it_is_revoked(case: Cases, clock: Any) -> None:
    here = case(A.DRAFT, C.OPEN)
    platform = here.factory.platform
    short, long = made(here, here.owner, until=paris(clock()).date()), made(here, here.owner)
    clock.now = paris(clock.now).replace(hour=23, minute=59, second=30)
    assert [is_open(here, one) for one in (short, long, short + "x", "")] == [True, True, False, False]
    clock.move(minutes=1)
    assert [is_open(here, one) for one in (short, long)] == [False, True]
    with platform.database.writing() as session:
        link = session.exec(select(ReadingLink).order_by(col(ReadingLink.expires_at).desc())).first()
        for _ in range(2):
            revoke_link(session, actor=here.actor(here.owner), application_id=here.id, link_id=link.id, now=clock())
        assert {one.token_hash for one in session.exec(select(ReadingLink))}.isdisjoint({short, long})
        lines = [line.action for line in session.exec(select(AuditLine).order_by(AuditLine.sequence))]
    assert not is_open(here, long)
    assert [one for one in lines if one.startswith("reading_link.")] == ["reading_link.made"] * 2 + [
        "reading_link.revoked"
    ]


def test_who_writes_for_the_association_makes_and_ends_them_and_nobody_else(case: Cases) -> None:
    here, elsewhere = case(A.DRAFT, C.OPEN), case(A.DRAFT, C.OPEN)
    editor = here.factory.person()
    here.factory.join(here.association, editor, MembershipRole.EDITOR)
    made(here, editor)
    for person in (here.reader, here.stranger, here.official):
        with pytest.raises(NotFound):
            made(here, person)
    with elsewhere.factory.platform.database.writing() as session:
        link = session.exec(select(ReadingLink)).one()
        with pytest.raises(NotFound):
            revoke_link(
                session, actor=elsewhere.actor(elsewhere.owner), application_id=elsewhere.id, link_id=link.id,
                now=here.factory.now,
            )  # fmt: skip


def test_no_name_a_day_past_or_too_far_a_withdrawn_dossier_and_too_many_are_refused(
    case: Cases, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = case(A.DRAFT, C.OPEN)
    today = paris(here.factory.now).date()
    with here.factory.platform.database.reading() as session:
        latest = own_links(
            session, actor=here.actor(here.owner), application_id=here.id, now=here.factory.now
        ).latest_day
    assert latest == paris(here.call.record.closes_at).date() + timedelta(days=30)

    def refused(**values: Any) -> dict[str, str]:
        with pytest.raises(InvalidInput) as error:
            made(here, here.owner, **values)
        return {name: one.key for name, one in error.value.problems.items()}

    assert refused(name=" ", until=None) == {"name": "dossier.link_name", "until": "dossier.link_day"}
    for day in (today - timedelta(days=1), latest + timedelta(days=1), date(9999, 12, 31)):
        assert refused(until=day) == {"until": "dossier.link_day"}
    made(here, here.owner, until=latest)
    monkeypatch.setattr(reading_links, "MOST_LINKS", 1)
    assert refused() == {"": "dossier.links_full"}
    monkeypatch.undo()
    here.put_state(A.WITHDRAWN)
    assert refused() == {"": "dossier.link_of_withdrawn"}


def test_files_are_shown_as_chosen_and_bank_details_never(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    token = made(one, one.person, shown=["statuts", "rib"])
    shared = opens(one, token)
    assert {document.question for document in shared.dossier.documents} == {"statuts"}
    assert shared.kept_back == {"comptes", "rib"}
    hidden = [document.id for document in one.dossier().documents if document.question != "statuts"]
    for document_id in (*hidden, "inconnu"):
        with pytest.raises(NotFound):
            shared.file(document_id)


@on_both_databases
def test_it_shows_the_dossier_as_it_stands_and_then_as_it_was_deposited(space: Spaces) -> None:
    one = space(ANSWERS).attach_all()
    token = made(one, one.person)
    assert opens(one, token).deposited is None
    with one.database.writing() as session:
        submit_application(
            session, actor=one.actor, application_id=one.id, capacity="self", attested=[0, 1, 2], broken_rules_seen=True,
            now=one.clock(),
        )  # fmt: skip
    with one.database.writing() as session:  # whatever is written after it
        held = session.exec(select(SectionAnswers).where(SectionAnswers.section == "projet")).one()
        held.answers = {**held.answers, "titre": "Autre titre"}
        document = session.exec(select(Document).where(Document.question == "statuts")).one()
        document.removed_at = one.clock()
        session.add_all([held, document])
    shared = opens(one, token)
    assert (shared.dossier.answers["titre"], [file.question for file in shared.dossier.documents]) == (
        ANSWERS["projet"]["titre"], ["statuts"],
    )  # fmt: skip
    assert shared.deposited is not None


def test_openings_are_counted_by_visit_and_written_down_once_a_day(case: Cases, clock: Any) -> None:
    here = case(A.DRAFT, C.OPEN)
    token = made(here, here.owner)
    platform = here.factory.platform
    for minutes in (0, 5, 60, 20 * 60):
        clock.move(minutes=minutes)
        with platform.database.writing() as session:
            note_opening(session, token=token, now=clock())
            note_opening(session, token="faux", now=clock())
    with platform.database.reading() as session:
        link = session.exec(select(ReadingLink)).one()
        lines = [line.action for line in session.exec(select(AuditLine))]
    assert (link.openings, link.opened_at, lines.count("reading_link.opened")) == (3, clock(), 2)


def test_after_the_withdrawal_it_opens_still_and_is_revoked_still(case: Cases, clock: Any) -> None:
    here = case(A.SUBMITTED, C.OPEN)
    token = made(here, here.owner)
    here.put_state(A.WITHDRAWN)
    assert opens(here, token).dossier.state is A.WITHDRAWN
    with here.factory.platform.database.writing() as session:
        link = session.exec(select(ReadingLink)).one()
        revoke_link(session, actor=here.actor(here.owner), application_id=here.id, link_id=link.id, now=clock())
    assert not is_open(here, token)
