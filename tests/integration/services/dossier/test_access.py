"""The door to a dossier: who is recused of what, what is masked for them, what is refused, whom the service doesn't write to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from aap.records.applications import Application
from aap.records.calls import CallState
from aap.records.people import Membership, Person, Role
from aap.records.reviews import Recusal
from aap.services.actor import SYSTEM
from aap.services.audit import record
from aap.services.dossier.access import (
    dossier_of,
    ensure_whole,
    is_recused,
    kept_away_pairs,
    recused_anywhere,
    recused_dossiers,
    recused_pairs,
    recused_people,
    recused_references,
    told,
)
from aap.services.dossier.messages import service_addresses
from aap.services.errors import NotFound, RecusedFromCall
from aap.services.permissions import Permission
from aap.services.platform import Platform
from aap.services.upkeep.auditing import AuditFilter, read_log
from tests.databases import on_both_databases
from tests.factories import Factory
from tests.worlds.offices import Office, Offices


def recuse_of(here: Office, person: Person, at: int, *, confirmed: bool = True, lifted: bool = False) -> None:
    now = here.factory.now
    with here.factory.platform.database.writing() as session:
        session.add(Recusal(person_id=person.id, application_id=here.dossiers[at].id, origin="official", reason="Lien.",
                            confirmed=confirmed, dismissed_at=now + timedelta(hours=1) if lifted else None,
                            created_at=now))  # fmt: skip


@on_both_databases
def test_a_recusal_hides_while_it_stands_and_a_doubt_only_keeps_away(office: Offices, platform: Platform) -> None:
    here = office()
    recuse_of(here, here.first, 0)
    recuse_of(here, here.first, 1, confirmed=False)
    recuse_of(here, here.first, 2, lifted=True)
    actor, call_id = here.factory.actor(here.first), here.call.id
    ids = [one.id for one in here.dossiers]
    with platform.database.reading() as session:
        assert recused_dossiers(session, actor, call_id) == {ids[0]}
        assert recused_references(session, actor, call_id) == {here.dossiers[0].reference}
        assert recused_anywhere(session, actor) == {ids[0]: here.dossiers[0].reference}
        members = {
            (person_id, application_id): name
            for person_id, name, application_id in session.exec(
                select(Person.id, Person.name, Application.id).where(
                    Membership.person_id == Person.id,
                    Membership.association_id == Application.association_id,
                    Application.call_id == call_id,
                )
            )
        }
        assert recused_pairs(session, call_id) == members.keys() | {(here.first.id, ids[0])}
        assert kept_away_pairs(session, call_id) == members.keys() | {(here.first.id, one) for one in ids[:2]}
        own = [name for (_, application_id), name in members.items() if application_id == ids[0]]
        assert recused_people(session, ids[0]) == tuple(sorted([here.first.name, *own]))
        assert recused_dossiers(session, SYSTEM, call_id) == frozenset()
        with pytest.raises(NotFound):
            dossier_of(session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=ids[0])
        _, application = dossier_of(session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=ids[1])
    assert application.id == ids[1]


@on_both_databases
def test_what_a_person_is_recused_of_is_what_each_dossier_says_by_itself(office: Offices, platform: Platform) -> None:
    here = office()
    now, ids = here.factory.now, [one.id for one in here.dossiers]
    recuse_of(here, here.first, 0)
    recuse_of(here, here.first, 1, confirmed=False)
    recuse_of(here, here.first, 2, lifted=True)
    recuse_of(here, here.second, 2, lifted=True)
    with platform.database.writing() as session:
        for person, at, begun in ((here.first, 3, 0), (here.second, 0, 0), (here.second, 1, 2), (here.second, 2, 0)):
            session.add(Membership(person_id=person.id, association_id=here.dossiers[at].association_id, role="editor",
                                   created_at=now + timedelta(hours=begun)))  # fmt: skip
        for at in (0, 1):  # an administrator said so at one o'clock: the membership of the first dossier was there
            session.add(Recusal(person_id=here.second.id, application_id=ids[at], origin="membership", reason="Membre.",
                                dismissed_at=now + timedelta(hours=1), membership_lifted_at=now + timedelta(hours=1),
                                created_at=now))  # fmt: skip
    with platform.database.reading() as session:
        for person, expected in ((here.first, {ids[0], ids[3]}), (here.second, {ids[1], ids[2]})):
            actor = here.factory.actor(person)
            assert recused_dossiers(session, actor, here.call.id) == expected
            assert {one for one in ids if is_recused(session, actor, one)} == expected
            assert {one for own, one in recused_pairs(session, here.call.id) if own == person.id} == expected


def test_a_sentence_names_no_dossier_that_its_reader_is_recused_of(office: Offices, platform: Platform) -> None:
    here = office()
    recuse_of(here, here.first, 0)
    hidden, shown = here.dossiers[0].reference, here.dossiers[1].reference
    texts = [f"Il manque des notes à {hidden}, {shown} et {hidden}1."]
    with platform.database.reading() as session:
        mine = told(session, here.factory.actor(here.first), here.call.id, texts)
        others = told(session, here.factory.actor(here.second), here.call.id, texts)
    assert mine == (f"Il manque des notes à (dossier dont vous êtes déporté), {shown} et {hidden}1.",)
    assert others == tuple(texts)


def test_the_whole_is_refused_to_who_is_recused_of_a_part(office: Offices, platform: Platform) -> None:
    here = office()
    recuse_of(here, here.first, 0)
    with platform.database.reading() as session:
        ensure_whole(session, here.factory.actor(here.second), here.call.id)
        with pytest.raises(RecusedFromCall) as refused:
            ensure_whole(session, here.factory.actor(here.first), here.call.id)
    assert (refused.value.call_id, refused.value.dossiers) == (here.call.id, 1)


@on_both_databases
def test_the_service_writes_about_a_dossier_to_no_official_who_is_recused_of_it(
    factory: Factory, platform: Platform
) -> None:
    call = factory.call(CallState.OPEN)
    dossier, other = (factory.application(call, factory.association(factory.person())) for _ in range(2))
    people = sorted((factory.person(Role.OFFICIAL, call=call) for _ in range(2)), key=lambda one: one.email)
    call = call if not call.file.call.contact else _without_contact(call)
    with platform.database.writing() as session:
        session.add(Recusal(person_id=people[0].id, application_id=dossier.id, origin="official", reason="Lien.",
                            created_at=factory.now))  # fmt: skip
    with platform.database.reading() as session:
        assert service_addresses(session, call, dossier) == (people[1].email,)
        assert service_addresses(session, call, other) == tuple(one.email for one in people)


def _without_contact(call):  # type: ignore[no-untyped-def]
    about = call.file.call.model_copy(update={"contact": None})
    return type(call)(call.record, call.file.model_copy(update={"call": about}))


@on_both_databases
def test_an_administrator_who_is_recused_reads_the_log_without_the_dossier(
    factory: Factory, platform: Platform
) -> None:
    call = factory.call(CallState.REVIEWING)
    dossier, other = (factory.application(call, factory.association(factory.person())) for _ in range(2))
    admins = [factory.person(Role.ADMIN) for _ in range(2)]
    with platform.database.writing() as session:
        session.add(Recusal(person_id=admins[0].id, application_id=dossier.id, origin="official", reason="Lien.",
                            created_at=factory.now))  # fmt: skip
        record(session, SYSTEM, "dossier.corrected", dossier, now=factory.now, after={"n": 1})
        record(session, SYSTEM, "recusal.declared", call.record, now=factory.now, after={"application": dossier.id})
        record(session, SYSTEM, "dossier.corrected", other, now=factory.now, after={"n": 2})
    wanted = AuditFilter(call_id=call.id)
    with platform.database.reading() as session:
        mine = read_log(session, actor=factory.actor(admins[0]), wanted=wanted).lines
        all_ = read_log(session, actor=factory.actor(admins[1]), wanted=wanted).lines
        assert session.exec(select(Recusal)).one().application_id == dossier.id
    assert [(one.action, one.masked, one.object_id, one.after) for one in mine[:3]] == [
        ("dossier.corrected", False, other.id, {"n": 2}),
        ("recusal.declared", True, "", None),
        ("dossier.corrected", True, "", None),
    ]
    assert not any(one.masked for one in all_)
