"""Calls: a file with errors shows them all; a draft is replaced and opened; an open call is amended with a reason."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from aap.records.applications import ApplicationState
from aap.records.calls import Call, CallState, CallVersion
from aap.records.people import Person, Role
from aap.services.call.amending import amend_call, check_call_file, open_prepared_call, prepared_calls
from aap.services.call.calls import _FILES, CallFileRefused, get_call
from aap.services.errors import InvalidInput, Objection, StateForbids
from aap.services.platform import Platform
from tests.databases import on_both_databases
from tests.factories import CALL_FILE, Factory

CALLS = "/administration/appels"


def text_of(factory: Factory, id: str = "essai-admin", **dates: timedelta) -> str:
    return CALL_FILE.format(
        id=id,
        opens_at=(factory.now - timedelta(days=1)).isoformat(),
        closes_at=(factory.now + dates.get("closes", timedelta(days=20))).isoformat(),
    )


def send(signed: Any, address: str, content: bytes | str, name: str = "appel.yaml", **fields: str) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return signed.post(address, {"file": (io.BytesIO(raw), name), **fields}, page=CALLS)


def versions(platform: Platform) -> list[tuple[int, str]]:
    with platform.database.reading() as session:
        found = session.exec(select(CallVersion).order_by(CallVersion.number))
        return [(version.number, version.reason) for version in found]


def test_a_file_is_loaded_replaced_opened_and_then_sealed(signed: Any, factory: Factory, platform: Platform) -> None:
    text = text_of(factory)
    loaded = send(signed, CALLS, "\ufeff" + text)
    assert loaded.location == f"{CALLS}/essai-admin"
    page = signed.get(loaded.location).text.replace("\u00a0", " ")
    for said in ("Comment les dossiers sont notés", "2 projets au plus sont retenus", "Ouvrir l’appel"):
        assert said in page
    assert signed.get("/appels/essai-admin").status_code == 404
    again = send(signed, loaded.location, text.replace("laureates: 2", "laureates: 3"))
    assert (again.status_code, versions(platform)) == (303, [(1, ""), (2, "")])
    assert signed.post(f"{loaded.location}/ouverture", page=loaded.location).status_code == 303
    assert signed.get("/appels/essai-admin").status_code == 200
    with platform.database.reading() as session:
        call = session.get_one(Call, "essai-admin")
    assert (call.state, len(call.rubric_hash or "")) == (CallState.OPEN, 64)
    assert signed.post(f"{loaded.location}/ouverture", page=loaded.location).status_code == 409
    assert send(signed, CALLS, text).status_code == 422
    kept = signed.client.get(f"{CALLS}/essai-admin/fichier-1.yaml")
    assert (kept.status_code, kept.text) == (200, text)
    assert signed.get(f"{CALLS}/essai-admin/fichier-9.yaml").status_code == 404


def test_every_error_of_a_file_stands_with_its_line_and_column(
    signed: Any, factory: Factory, platform: Platform
) -> None:
    text = (
        text_of(factory)
        .replace("weight: 60", "weight: beaucoup")
        .replace("min_reviews: 2", "min_reviewz: 2")
        .replace("method: raw", "method: magique")
    )
    answer = send(signed, CALLS, text, "<img src=x>.yaml")
    assert answer.status_code == 422
    assert "Le fichier a 3 erreurs" in answer.text
    lines = text.split("\n")
    for wanted in ("weight: beaucoup", "min_reviewz", "magique"):
        number = next(at for at, line in enumerate(lines, 1) if wanted in line)
        assert f'data-label="Ligne">{number}</td>' in answer.text
    assert "min_reviews" in answer.text  # the nearest known key
    assert "<img src=x>" not in answer.text
    assert versions(platform) == []


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00\xff\xfe", b"%PDF-1.7", b"a: &a [*a]", b"x: !!python/object:os.system 1", "é".encode("latin-1"),
        b"- 1\n- 2", b"schema: 1", b"call: {id: ../../etc}", b"{" * 5_000, ("a: " + "[" * 3_000).encode(),
    ],
)  # fmt: skip
def test_a_hostile_or_foreign_file_is_refused_with_words(signed: Any, platform: Platform, content: bytes) -> None:
    answer = send(signed, CALLS, content)
    assert (answer.status_code, 'id="file-error"' in answer.text) == (422, True)
    assert versions(platform) == []


def test_no_file_or_a_huge_one_is_refused(signed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aap.web.admin.calls.LARGEST_FILE", 10_000)
    assert "Choisissez d’abord" in signed.post(CALLS, {}).text
    huge = send(signed, CALLS, b"#" * 10_001)
    assert (huge.status_code, "pèse 1 Mo au plus" in huge.text.replace("\u00a0", " ")) == (422, True)


def test_a_draft_is_replaced_by_its_own_file_only(signed: Any, factory: Factory, platform: Platform) -> None:
    send(signed, CALLS, text_of(factory))
    other = send(signed, f"{CALLS}/essai-admin", text_of(factory, "autre-appel"))
    assert (other.status_code, "celui de l’appel" in other.text) == (422, True)
    assert versions(platform) == [(1, "")]


def test_a_call_whose_closing_is_past_cannot_be_opened(signed: Any, factory: Factory, clock: Any) -> None:
    send(signed, CALLS, text_of(factory, closes=timedelta(hours=1)))
    clock.move(hours=2)
    page = signed.get(f"{CALLS}/essai-admin").text
    assert "La clôture de ce fichier est passée" in page
    answer = signed.post(f"{CALLS}/essai-admin/ouverture", page=CALLS)
    assert (answer.status_code, "La clôture de ce fichier est passée" in answer.text) == (422, True)


def test_an_amendment_is_published_with_its_reason(signed: Any, factory: Factory, platform: Platform) -> None:
    text = text_of(factory)
    send(signed, CALLS, text)
    signed.post(f"{CALLS}/essai-admin/ouverture", page=CALLS)
    amended = text.replace("appel@example.org", "nouvelle@example.org").replace("Titre du projet", "Nom du projet")
    without = send(signed, f"{CALLS}/essai-admin", amended)
    assert (without.status_code, 'id="reason-error"' in without.text) == (422, True)
    done = send(signed, f"{CALLS}/essai-admin", amended, reason="L’adresse de contact change.")
    assert done.status_code == 303
    assert versions(platform) == [(1, ""), (2, "L’adresse de contact change.")]
    public = signed.get("/appels/essai-admin").text
    assert "nouvelle@example.org" in public
    assert "L’adresse de contact change." in public


SEALED = [
    ("weight: 60", "weight: 61", "ranking", ("rubric.criteria[0].weight",)),
    ("laureates: 2", "laureates: 9", "ranking", ("selection.laureates",)),
    ("grace_minutes: 15", "grace_minutes: 16", "grace_minutes", ("call.grace_minutes",)),
    ("max_length: 120", "max_length: 121", "questions", ("form.sections[0].questions[0].max_length",)),
    (
        "{id: jeunes,",
        "{id: jeune,",
        "questions",
        ("form.sections[0].questions", "form.sections[0].questions[2]"),
    ),
    (
        "scoring: {method: raw}",
        "reviewing: {comments_shared: true}\nscoring: {method: raw}",
        "comments",
        ("reviewing.comments_shared",),
    ),
    ("check: {equals: oui}", "check: {equals: non}", "eligibility", ("eligibility[0].check.equals",)),
]


@on_both_databases
@pytest.mark.parametrize(("old", "new", "change", "keys"), SEALED)
def test_what_is_sealed_cannot_be_amended(
    factory: Factory, platform: Platform, admin: Person, old: str, new: str, change: str, keys: tuple[str, ...]
) -> None:
    call = factory.call(text=text_of(factory), id="essai-admin")
    text = text_of(factory).replace(old, new)
    assert text != text_of(factory)
    with platform.database.writing() as session, pytest.raises(InvalidInput) as refused:
        amend_call(
            session, actor=factory.actor(admin), call_id=call.id, read=check_call_file(text.encode(), "x.yaml"),
            reason="Parce que.", now=platform.clock(),
        )  # fmt: skip
    assert refused.value.problems == {"file": Objection("call.sealed", changes=(change,), keys=keys)}
    assert len(versions(platform)) == 1


def test_the_same_text_is_no_amendment_and_an_archived_call_takes_none(
    factory: Factory, platform: Platform, admin: Person
) -> None:
    call = factory.call(text=text_of(factory), id="essai-admin")
    read = check_call_file((text_of(factory) + "\n# un commentaire\n").encode(), "x.yaml")

    def amend() -> None:
        with platform.database.writing() as session:
            amend_call(
                session, actor=factory.actor(admin), call_id=call.id, read=read, reason="x", now=platform.clock()
            )

    with pytest.raises(InvalidInput) as refused:
        amend()
    assert list(refused.value.problems) == ["file"]
    with platform.database.writing() as session:
        call.record.state = CallState.ARCHIVED
        session.merge(call.record)
    with pytest.raises(StateForbids):
        amend()


@pytest.mark.parametrize("state", [state for state in CallState if state is not CallState.DRAFT])
def test_only_a_draft_is_opened(factory: Factory, platform: Platform, admin: Person, state: CallState) -> None:
    call = factory.call(state)
    with platform.database.writing() as session, pytest.raises(StateForbids):
        open_prepared_call(session, actor=factory.actor(admin), call_id=call.id, now=platform.clock())


def test_only_administrators_prepare_calls(factory: Factory, browser: Callable[[], Any]) -> None:
    call = factory.call()
    for role in (Role.OFFICIAL, Role.REVIEWER):
        other = browser().sign_in(factory.person(role))
        for path in (CALLS, f"{CALLS}/{call.id}", f"{CALLS}/{call.id}/fichier-1.yaml"):
            assert other.get(path).status_code == 404
        for path in (CALLS, f"{CALLS}/{call.id}", f"{CALLS}/{call.id}/ouverture"):
            assert other.post(path, page="/compte").status_code == 404


@on_both_databases
def test_the_list_counts_deposits_and_drafts_apart(factory: Factory, platform: Platform, admin: Person) -> None:
    call, empty = factory.call(), factory.call()
    for state in (ApplicationState.DRAFT, ApplicationState.DRAFT, ApplicationState.SUBMITTED, ApplicationState.ELIGIBLE,
                  ApplicationState.WITHDRAWN):  # fmt: skip
        factory.application(call, None, state)
    with platform.database.reading() as session:
        found = prepared_calls(session, actor=factory.actor(admin))
    assert {one.call.id: (one.deposited, one.drafts, one.version) for one in found} == {
        call.id: (3, 2, 1), empty.id: (0, 0, 1),
    }  # fmt: skip


def test_calls_take_as_many_queries_as_one(factory: Factory, signed: Any, count_queries: Callable[[], Any]) -> None:
    first = factory.call()
    signed.get(CALLS)
    with count_queries() as one:
        signed.get(CALLS)
    for _ in range(3):
        factory.application(factory.call())
    signed.get(CALLS)
    with count_queries() as many:
        signed.get(CALLS)
    with count_queries() as sheet:
        signed.get(f"{CALLS}/{first.id}")
    assert (many.count, many.count <= 7, sheet.count <= 8) == (one.count, True, True)


OLD_FAULT = "attributes: {region: association.regoin}"
"""What an earlier edition loaded without a word."""


def loaded_before(factory: Factory, platform: Platform, state: CallState) -> str:
    """A call whose text has a fault that is only checked since; gives the text."""
    text = text_of(factory).replace("attributes: {region: association.region}", OLD_FAULT)
    call = factory.call(state, text=text_of(factory), id="essai-admin")
    with platform.database.writing() as session:
        version = session.get_one(CallVersion, call.record.version_id)
        version.text = text
        session.add(version)
    _FILES.clear()
    return text


@on_both_databases
def test_a_check_that_came_later_closes_no_call_that_runs(factory: Factory, platform: Platform, admin: Person) -> None:
    text = loaded_before(factory, platform, CallState.OPEN)
    with platform.database.reading() as session:
        assert get_call(session, "essai-admin").file.form.attributes == {"region": "association.regoin"}
    amended = text.replace("appel@example.org", "autre@example.org")
    other = amended.replace("min: 1,", "min: 1, max: zéro,")
    with platform.database.writing() as session, pytest.raises(CallFileRefused):
        amend_call(
            session, actor=factory.actor(admin), call_id="essai-admin", read=check_call_file(other.encode(), "x.yaml"),
            reason="Le contact change.", now=platform.clock(),
        )  # fmt: skip
    with platform.database.writing() as session:
        changed = amend_call(
            session, actor=factory.actor(admin), call_id="essai-admin", read=check_call_file(amended.encode(), "x.yaml"),
            reason="Le contact change.", now=platform.clock(),
        )  # fmt: skip
        assert changed.file.call.contact == "autre@example.org"


def test_a_draft_that_todays_checks_refuse_is_not_opened(
    factory: Factory, platform: Platform, admin: Person, signed: Any
) -> None:
    loaded_before(factory, platform, CallState.DRAFT)
    page = signed.get(f"{CALLS}/essai-admin").text.replace("\u00a0", " ")
    assert "cette source n’existe pas" in page
    with platform.database.writing() as session, pytest.raises(InvalidInput) as refused:
        open_prepared_call(session, actor=factory.actor(admin), call_id="essai-admin", now=platform.clock())
    assert [one.key for one in refused.value.problems[""]] == ["call.said_of_line"]


def test_what_the_pages_cannot_do_is_refused_on_loading_with_its_place(signed: Any, factory: Factory) -> None:
    text = text_of(factory).replace("  contact:", "  consortium: true\n  max_per_applicant: 3\n  contact:")
    answer = send(signed, CALLS, text)
    assert answer.status_code == 422
    said = answer.text.replace("\u00a0", " ")
    for words in (
        "call.consortium",
        "en ligne, un dossier n’a qu’un porteur",
        "une association dépose un seul dossier",
    ):
        assert words in said
    lines = text.split("\n")
    for wanted in ("consortium: true", "max_per_applicant"):
        number = next(at for at, line in enumerate(lines, 1) if wanted in line)
        assert f'data-label="Ligne">{number}</td>' in answer.text


def test_an_amendment_that_is_refused_names_the_key(signed: Any, factory: Factory) -> None:
    call = factory.call(text=text_of(factory), id="essai-admin")
    answer = send(
        signed, f"{CALLS}/{call.id}", text_of(factory).replace("weight: 60", "weight: 61"), reason="Parce que."
    )
    assert answer.status_code == 422
    assert "La clé modifiée est rubric.criteria[0].weight." in answer.text
