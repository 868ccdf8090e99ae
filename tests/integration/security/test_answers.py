"""What every answer carries, and what a request from elsewhere can't do."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from aap.app import create_app
from aap.records.people import Role
from aap.services.platform import Platform
from aap.web.access import ASSETS
from tests.factories import PASSWORD, Factory

PAGES = ("/", "/connexion", "/inscription", "/accessibilite", "/nulle-part", "/instruction/")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_forbids_foreign_scripts_framing_sniffing_and_keeping(app: Flask, page: str) -> None:
    headers = app.test_client().get(page).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert {name: headers[name] for name in ("X-Content-Type-Options", "Referrer-Policy", "Cache-Control")} == {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
    assert re.fullmatch(r"[0-9a-f]{12}", headers["X-Request-Id"])


def test_no_template_has_an_inline_script_style_or_handler() -> None:
    from aap.own_files import templates_folder

    wrong = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", re.I)
    found = {
        path.name: wrong.findall(path.read_text())
        for path in templates_folder().rglob("*.html")
        if path.parent.name not in ("documents", "report", "mail") and wrong.search(path.read_text())
    }
    assert found == {}


def test_a_form_sent_from_elsewhere_is_refused_by_every_route(platform: Platform, factory: Factory, app: Flask) -> None:
    person = factory.person(Role.OFFICIAL)
    with platform.database.writing() as session:
        from aap.records.people import RoleGrant

        session.add(RoleGrant(person_id=person.id, role=Role.ADMIN, created_at=factory.now))
        session.add(RoleGrant(person_id=person.id, role=Role.REVIEWER, created_at=factory.now))
    factory.association(person)
    client = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/connexion", data={"email": person.email, "password": PASSWORD}).status_code == 302
    app.config["WTF_CSRF_ENABLED"] = True
    answered = {}
    for rule in app.url_map.iter_rules():
        if "POST" not in rule.methods or rule.endpoint in ASSETS:
            continue
        with app.test_request_context():
            url = app.url_for(
                rule.endpoint, **{name: 1 if "int:" in rule.rule and name in ("number", "ordinal") else "x"
                                  for name in rule.arguments},
            )  # fmt: skip
        status = client.post(url, data={"a": "b"}).status_code
        if status not in (400, 404):
            answered[rule.endpoint] = status
    # Flask-Security's own forms answer with the form, its error inside: nothing is done without the token either.
    assert {endpoint: status for endpoint, status in answered.items() if not endpoint.startswith("security.")} == {}


def test_the_cookie_of_production_travels_by_https_and_is_hidden_from_scripts(platform: Platform) -> None:
    settings = platform.settings.model_copy(update={"environment": "production"})
    production = create_app(platform=type(platform)(settings, platform.database, platform.files, platform.clock))
    answer = production.test_client().get("/connexion")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")  # browsers then want Secure, this host alone and its root
    assert "Path=/;" in cookie
    assert "Domain" not in cookie
    assert "HttpOnly" in cookie
    assert "Secure" in cookie
    assert "SameSite=Lax" in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH"])
def test_a_page_answers_no_method_that_it_does_not_have(app: Flask, method: str) -> None:
    assert app.test_client().open("/connexion", method=method).status_code == 405


def test_a_failure_shows_a_reference_and_no_traceback(app: Flask) -> None:
    from aap.services.permissions import Permission
    from aap.web.access import requires

    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @requires(Permission.PUBLIC_READ)
    def broken() -> str:
        raise RuntimeError("secret detail")

    app.add_url_rule("/cassee", "cassee", broken)
    answer = app.test_client().get("/cassee")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
