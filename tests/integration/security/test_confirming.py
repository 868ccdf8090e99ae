"""The password again before what can't be taken back, and what was typed when a session was over."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping

import pytest
from flask import Flask
from sqlmodel import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from aap.app import create_app
from aap.records.applications import ApplicationState, Message
from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.people import Person, Role, RoleGrant
from aap.services.permissions import Permission
from aap.services.platform import Platform
from aap.web.access import permission_of
from aap.web.confirming import ACTS, EXPORTS, NAMES, ROLES, is_asked_of
from tests.addresses import some_value
from tests.conftest import Browser, TestClock
from tests.factories import PASSWORD, Factory
from tests.worlds.mailbox import link_in, mails_to

P = Permission
NOT_ASKED: Mapping[str, frozenset[Permission]] = {
    "public, or one's own account: its pages ask for the present password themselves": frozenset(
        {P.PUBLIC_READ, P.RESULTS_READ, P.ACCOUNT_MANAGE, P.INTERESTS_DECLARE}
    ),
    "an association's own work, saved as it is typed": frozenset(
        {
            P.ASSOCIATION_HOME, P.ASSOCIATION_CREATE, P.ASSOCIATION_READ, P.ASSOCIATION_EDIT, P.ASSOCIATION_MEMBERS,
            P.APPLICATION_START, P.APPLICATION_READ, P.APPLICATION_EDIT, P.APPLICATION_CORRECT, P.APPLICATION_SUBMIT,
            P.APPLICATION_WITHDRAW, P.APPLICATION_COMMENT, P.APPLICATION_SHARE,
            P.APPLICATION_RESUME, P.APPLICATION_MESSAGE, P.DECISION_READ, P.DECISION_ANSWER,
        }
    ),
    "a reviewer's work": frozenset(
        {P.REVIEW_HOME, P.REVIEW_READ, P.REVIEW_MARK, P.PREFERENCES_STATE, P.RECUSAL_DECLARE, P.SPECIMEN_READ, P.SPECIMEN_MARK}
    ),
    "the run of a call, which another act can change again": frozenset(
        {
            P.CALL_HOME, P.CALL_FOLLOW, P.CALL_EXTEND, P.CALL_ADVANCE, P.CALL_LOAD, P.DOSSIER_INSPECT, P.DOSSIER_SCREEN,
            P.DOSSIER_LABEL, P.PAST_GRANTS_IMPORT,
            P.DOSSIER_COMPLETE, P.REVIEWERS_MANAGE, P.ASSIGNMENT_MANAGE, P.REVIEWS_FOLLOW, P.REVIEW_REOPEN,
            P.REVIEW_SET_ASIDE,
            P.AMOUNTS_CLOSE, P.GATE_WAIVE, P.MARKS_READ,
            P.CONSENSUS_MANAGE, P.JURY_DECIDE, P.JURY_HOLD, P.RANKING_RUN, P.RANKING_READ, P.DECISIONS_PREPARE,
            P.DECISIONS_READ, P.CLAIM_ARBITRATE, P.RANKING_ARBITRATE, P.LETTERS_SET,
            P.APPEALS_MANAGE,
        }
    ),
    "reading, or doing again what failed": frozenset({P.ADMIN_HOME, P.AUDIT_READ, P.SYSTEM_MANAGE}),
}  # fmt: skip
"""Why pages under a permission ask for no password, single pages of `ROLES` excepted."""

NOT_EXPORTS: Mapping[str, frozenset[str]] = {
    "public": frozenset(
        {
            "public.bundle", "public.questionnaire", "public.results_csv", "public.rules_file", "script_texts",
            "association.signature_file", "association.board_file", "public.grants_csv", "public.grants_json",
        }
    ),
    "an association's own papers": frozenset(
        {
            "association.budget_export", "association.complete_pdf", "association.document", "association.letter",
            "association.receipt_file", "association.appeal_file", "association.appeal_paper",
            "association.former_decision", "association.intent", "association.own_sheet",
            "association.upload", "association.budget_import", "association.safe",
            "association.keep", "association.drop",
        }
    ),
    "one dossier, opened to be read": frozenset(
        {
            "official.dossier_file", "official.letter", "official.letter_preview", "official.sheet", "reviewer.file",
            "official.claim_file", "official.consensus_paper", "official.postal_proof",
            "official.answer_paper",
            "official.appeal_answer", "official.appeal_document",
            "official.appeal_file", "official.appeal_receipt", "official.correction_letter", "official.correction_paper",
        }
    ),
    "what a reviewer works with": frozenset({"reviewer.offline_dossiers", "reviewer.offline_workbook"}),
    "no person's data": frozenset({"admin.call_file"}),
    "starts the making of a file, which asks when it is taken": frozenset({"official.bind"}),
    "a form about data, not a file of them": frozenset({"official.correct", "official.open_data", "public.privacy"}),
}  # fmt: skip
"""Why what looks like a file in its address asks for no password."""

LOOKS_LIKE_A_FILE = re.compile(r"\.(csv|pdf|zip|xlsx|json|yaml|<)|fichier|pieces|documents|donnees|budgets/")


def rules(app: Flask, *methods: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if set(methods) & (rule.methods or set())]


def test_every_act_that_asks_for_the_password_has_a_name(app: Flask) -> None:
    asked = {
        rule.endpoint
        for rule in rules(app, "GET", "POST")
        for method in {"GET", "POST"} & (rule.methods or set())
        if (permission := permission_of(app, rule.endpoint)) and is_asked_of(rule.endpoint, method, permission)
    }
    assert asked == set(NAMES)


def test_every_permission_says_whether_what_is_sent_under_it_asks_for_the_password() -> None:
    said = [permission for group in NOT_ASKED.values() for permission in group]
    assert sorted([*said, *ACTS]) == sorted(Permission)


def test_every_file_says_whether_it_takes_personal_data_away(app: Flask) -> None:
    looks = {rule.endpoint for rule in rules(app, "GET", "POST") if LOOKS_LIKE_A_FILE.search(rule.rule)}
    said = [endpoint for group in NOT_EXPORTS.values() for endpoint in group]
    known = set(app.view_functions)
    assert {"asked": sorted(looks - set(said) - EXPORTS), "gone": sorted((EXPORTS | ROLES) - known)} == {
        "asked": [], "gone": [],
    }  # fmt: skip
    assert sorted(set(said) & EXPORTS) == []


def everything(factory: Factory, platform: Platform) -> Person:
    """Somebody whom no route is closed to before it looks at its object."""
    person = factory.person(Role.OFFICIAL, Role.ADMIN)
    factory.association(person)
    return person


def test_each_of_the_acts_asks_and_does_nothing_before(
    strict_app: Flask, factory: Factory, platform: Platform, clock: TestClock
) -> None:
    page = Browser(strict_app.test_client()).sign_in(everything(factory, platform))
    token = page.token("/compte")
    clock.move(minutes=16)
    answered: dict[str, int] = {}
    asked = set()
    for rule in rules(strict_app, "GET", "POST"):
        permission = permission_of(strict_app, rule.endpoint)
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            if permission is None or not is_asked_of(rule.endpoint, method, permission):
                continue
            asked.add(rule.endpoint)
            with strict_app.test_request_context():
                values = {name: some_value(rule, name) for name in rule.arguments}
                url = strict_app.url_for(rule.endpoint, **values)
            answer = page.client.open(url, method=method, data={"csrf_token": token} if method == "POST" else None)
            leads = method == "GET" and (answer.location or "").startswith("/compte/confirmation?confirm_next=")
            if not (leads or (answer.status_code == 403 and 'name="confirm_password"' in answer.text)):
                answered[f"{method} {rule.endpoint}"] = answer.status_code
    assert answered == {}
    assert asked >= EXPORTS | ROLES | {"official.freeze", "official.propose_hour", "admin.give", "admin.switch"}


def fields_of(page: str) -> dict[str, str]:
    """The fields of the page's form that asks or goes on."""
    form = max(re.findall(r"<form.*?</form>", page, re.S), key=lambda one: one.count("<input") * ("site" not in one))
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


def confirmed(page: Browser, asked: TestResponse, password: str) -> TestResponse:
    return page.client.post("/compte/confirmation", data={**fields_of(asked.text), "confirm_password": password})


def test_a_form_sent_too_late_waits_for_the_password_and_goes_on(
    strict_app: Flask, factory: Factory, platform: Platform, clock: TestClock
) -> None:
    admin, person = factory.person(Role.ADMIN), factory.person()
    page = Browser(strict_app.test_client()).sign_in(admin)
    clock.move(minutes=16)
    address = f"/administration/personnes/{person.id}/roles"
    asked = page.post(address, {"role": "official", "call_id": ""})
    assert (asked.status_code, "Votre demande n’est pas perdue" in asked.text.replace("\u00a0", " ")) == (403, True)
    assert "Changer les rôles d’une personne demande votre mot de passe" in html.unescape(asked.text)
    wrong = confirmed(page, asked, "pas celui-là du tout")
    assert (wrong.status_code, wrong.text.count("Ce mot de passe n’est pas le bon.")) == (422, 2)
    first, again = fields_of(asked.text), fields_of(wrong.text)
    assert {**first, "csrf_token": ""} == {**again, "csrf_token": ""}
    held = select(RoleGrant.role).where(RoleGrant.person_id == person.id)
    with platform.database.reading() as session:
        assert session.exec(held).all() == []
        assert len(session.exec(select(AuditLine).where(AuditLine.action == "person.sign_in_refused")).all()) == 1
    right = confirmed(page, wrong, PASSWORD)
    assert (right.status_code, right.location) == (307, address)
    sent = page.client.post(
        right.location, data={**again, "confirm_password": PASSWORD}
    )  # what a browser does with a 307
    assert sent.status_code == 303
    with platform.database.reading() as session:
        assert session.exec(held).all() == ["official"]
    clock.move(minutes=14)
    assert page.post(address, {"retirer": "official|"}).status_code == 303


def test_a_download_waits_for_the_password(strict_app: Flask, factory: Factory, clock: TestClock) -> None:
    call = factory.call(CallState.CLOSED)
    page = Browser(strict_app.test_client()).sign_in(factory.person(Role.OFFICIAL, call=call))
    clock.move(minutes=16)
    address = f"/instruction/{call.id}/candidats.csv?q=x"
    asked = page.get(page.get(address).location)
    done = confirmed(page, asked, PASSWORD)
    assert (done.status_code, done.location) == (303, address)
    assert page.get(done.location).mimetype == "text/csv"


def test_a_file_cannot_wait_so_its_page_is_come_back_to(strict_app: Flask, factory: Factory, clock: TestClock) -> None:
    call = factory.call(CallState.CLOSED)
    page = Browser(strict_app.test_client()).sign_in(factory.person(Role.OFFICIAL, call=call))
    clock.move(minutes=16)
    address = f"/instruction/{call.id}/evaluateurs/tableau"
    asked = page.post(address, {"fichier": (io.BytesIO(b"a;b"), "table.csv")})
    assert "choisissez-y de nouveau votre fichier" in asked.text
    assert confirmed(page, asked, PASSWORD).location == address


@pytest.mark.parametrize(
    ("goal", "method"),
    [
        ("https://example.com/", "GET"), ("//example.com/", "GET"), ("/\\example.com", "GET"), ("javascript:alert(1)", "GET"),
        ("https://example.com/administration/personnes/nouvelle", "POST"), ("/deconnexion", "POST"), ("/compte", "POST"),
        ("/nulle-part", "GET"), ("", "POST"),
    ],
)  # fmt: skip
def test_confirming_leads_to_a_page_of_ours_and_sends_a_form_to_nothing_but_the_acts(
    browser, factory, goal: str, method: str
) -> None:
    page = browser().sign_in(factory.person(Role.ADMIN))
    typed = {"confirm_next": goal, "confirm_method": method, "confirm_password": PASSWORD}
    answer = page.post("/compte/confirmation", typed)
    assert (answer.status_code, answer.location) == (303, "/compte")


def test_who_has_no_password_confirms_by_a_mailed_link_and_the_session_goes_on(
    strict_app: Flask, factory: Factory, platform: Platform, clock: TestClock
) -> None:
    admin, person = factory.person(Role.ADMIN, password=None), factory.person()
    page = Browser(strict_app.test_client())
    page.post("/connexion/lien", {"email": admin.email})
    page.post(link_in(mails_to(platform, admin.email)[0]))
    clock.move(minutes=16)
    asked = page.post(f"/administration/personnes/{person.id}/roles", {"role": "official", "call_id": ""})
    assert (asked.status_code, "confirm_password" in asked.text) == (403, False)
    page.post("/connexion/lien", {"email": admin.email}, page="/compte")
    page.post(link_in(mails_to(platform, admin.email)[1]), page="/compte")
    done = confirmed(page, asked, "")
    assert done.status_code == 307
    assert page.client.post(done.location, data=fields_of(asked.text)).status_code == 303


def test_tries_at_the_password_of_an_open_session_are_counted_for_its_person(
    platform: Platform, factory: Factory, clock: TestClock
) -> None:
    limited = platform.settings.model_copy(update={"rate_limit": True, "confirm_minutes": 15})
    app = create_app(platform=Platform(limited, platform.database, platform.files, platform.clock))
    page = Browser(app.test_client()).sign_in(factory.person())
    clock.move(minutes=16)
    token = page.token("/compte")
    answers = [
        page.client.post(
            "/compte/confirmation",
            data={"csrf_token": token, "confirm_password": "non", "email": f"autre-{number}@example.org"},
        ).status_code
        for number in range(11)
    ]
    assert answers == [422] * 10 + [429]


# --- a session that was over when a form was sent ---------------------------------------------------------------------

BODY = "Une longue réponse au service,\r\nsur deux lignes, avec des « guillemets » & des signes <>."


def _late_message(strict_app: Flask, factory: Factory, clock: TestClock) -> tuple[Browser, Person, str, TestResponse]:
    person = factory.person()
    dossier = factory.application(factory.call(), factory.association(person), ApplicationState.SUBMITTED)
    page = Browser(strict_app.test_client()).sign_in(person)
    address = f"/association/dossiers/{dossier.id}/messages"
    token = page.token(address)
    clock.move(hours=13)
    answer = page.client.post(address, data={"body": BODY, "csrf_token": token})
    return page, person, address, answer


def test_what_was_typed_in_a_session_that_was_over_is_sent_after_signing_in_again(
    strict_app: Flask, factory: Factory, platform: Platform, clock: TestClock
) -> None:
    page, person, address, late = _late_message(strict_app, factory, clock)
    assert (late.status_code, "gardé dans cette page" in late.text) == (401, True)
    kept = {"kept": fields_of(late.text)["kept"]}
    too_early = page.client.post("/compte/reprise", data=kept)
    assert (too_early.status_code, fields_of(too_early.text)["kept"]) == (401, kept["kept"])
    page.sign_in(person)
    shown = page.client.post("/compte/reprise", data=kept)
    assert (shown.status_code, f'action="{address}"' in shown.text, html.escape(BODY[:20]) in shown.text) == (
        200,
        True,
        True,
    )
    sent = page.client.post(address, data=fields_of(shown.text))
    assert (sent.status_code, sent.location) == (303, address)
    with platform.database.reading() as session:
        assert [" ".join(body.split()) for body in session.exec(select(Message.body))] == [" ".join(BODY.split())]


def test_a_form_that_was_open_goes_on_for_who_signs_in_again_and_is_shown_to_copy_to_nobody_but_its_writer(
    strict_app: Flask, factory: Factory, platform: Platform, clock: TestClock
) -> None:
    person, other = factory.person(), factory.person()
    dossier = factory.application(factory.call(), factory.association(person, other), ApplicationState.SUBMITTED)
    page = Browser(strict_app.test_client()).sign_in(person)
    address = f"/association/dossiers/{dossier.id}/messages"
    typed = {"body": BODY, "csrf_token": page.token(address)}
    clock.move(hours=13)
    page.sign_in(person)
    assert page.client.post(address, data=typed).status_code == 303
    page.post("/deconnexion", page="/compte")
    signed_out = page.client.post(address, data=typed)
    assert (signed_out.status_code, "Une longue réponse" in signed_out.text) == (400, False)
    page.sign_in(other)
    refused = page.client.post(address, data=typed)
    assert (refused.status_code, html.escape("Une longue réponse") in refused.text) == (400, True)
    with platform.database.reading() as session:
        assert len(session.exec(select(Message.body)).all()) == 1


def test_nobody_else_takes_up_what_was_typed_and_nobody_makes_one_up(
    strict_app: Flask, browser, factory: Factory, clock: TestClock
) -> None:
    _page, _person, _address, late = _late_message(strict_app, factory, clock)
    kept = fields_of(late.text)["kept"]
    other = Browser(strict_app.test_client()).sign_in(factory.person())
    for sealed in (kept, kept[:-2] + "xx", "", "[1]"):
        assert other.client.post("/compte/reprise", data={"kept": sealed}).status_code == 400


def test_a_form_of_nobody_s_is_not_kept(app: Flask, browser) -> None:
    page = browser()
    answer = page.post("/compte", {"name": "Une personne inconnue, qui n’était jamais là"}, page="/connexion")
    assert (answer.status_code, 'name="kept"' in answer.text) == (401, False)


def test_below_a_folder_the_form_goes_on_below_it(strict_app: Flask, factory: Factory, clock: TestClock) -> None:
    admin, person = factory.person(Role.ADMIN), factory.person()
    page = Browser(strict_app.test_client()).sign_in(admin)
    token = page.token("/compte")
    clock.move(minutes=16)
    below = {"environ_overrides": {"SCRIPT_NAME": "/aap"}}
    address = f"/administration/personnes/{person.id}/roles"
    asked = page.client.post(address, data={"role": "official", "csrf_token": token}, **below)
    typed = {**fields_of(asked.text), "confirm_password": PASSWORD}
    done = page.client.post("/compte/confirmation", data=typed, **below)
    assert ('action="/aap/compte/confirmation"' in asked.text, done.status_code, done.location) == (
        True, 307, f"/aap{address}",
    )  # fmt: skip
