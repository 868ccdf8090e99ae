"""Style sheets and scripts: a new address for each version of them, the same for everybody, below any folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from aap.app import create_app
from aap.services.platform import Platform
from aap.web.assets import KEPT_VERSIONS, Assets, shipped
from tests.conftest import Browser
from tests.factories import PASSWORD, Factory


def loaded(page: str) -> list[str]:
    return re.findall(r"""(?:href|src)="([^"#]*/static/[^"#]*)""", page)


def test_the_files_of_a_page_are_kept_for_a_year_and_are_nobodys(app: Flask, factory: Factory) -> None:
    browser = app.test_client()
    Browser(browser).sign_in(factory.person())
    addresses = set(loaded(browser.get("/").text))
    assert {address.rpartition("/")[2] for address in addresses} >= {
        "aap.css",
        "bootstrap.min.css",
        "aap.js",
        "icons.svg",
    }
    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "Set-Cookie" not in answer.headers
        answer.close()


def test_another_content_has_another_version(tmp_path: Path) -> None:
    style, script = tmp_path / "a.css", tmp_path / "a.js"
    style.write_text("p { color: black }")
    script.write_text("1")
    first = Assets({"a.css": style, "a.js": script}).version
    assert Assets({"a.js": script, "a.css": style}).version == first
    script.write_text("2")
    assert Assets({"a.css": style, "a.js": script}).version != first


def test_a_page_opened_before_an_upgrade_still_finds_its_files(platform: Platform, tmp_path: Path) -> None:
    script = tmp_path / "aap.js"
    versions = []
    for number in range(KEPT_VERSIONS + 1):
        script.write_text(f"console.log({number})")
        held = Assets({"aap.js": script})
        held.keep(platform.settings.instance / "assets")
        versions.append(held.version)
    browser = create_app(platform=platform).test_client()  # this keeps the version that it brings, too

    def content(version: str) -> str | None:
        with browser.get(f"/static/{version}/aap.js") as answer:
            return answer.text if answer.status_code == 200 else None

    assert [content(version) for version in versions] == [None, None, "console.log(2)", "console.log(3)"]


@pytest.mark.parametrize("version", ["..", ".", "%2e%2e", "aap.sqlite3", "../files", ".new-1", "0" * 12])
def test_no_other_file_of_the_instance_is_served(app: Flask, version: str) -> None:
    with app.test_client() as browser:
        assert browser.get(f"/static/{version}/aap.sqlite3").status_code == 404
        assert browser.get(f"/static/{shipped().version}/../../aap.sqlite3").status_code == 404


def test_a_site_below_a_folder_leads_back_to_the_page_asked_for(app: Flask, factory: Factory) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    person = factory.person()
    browser = app.test_client()
    below = {"environ_overrides": {"SCRIPT_NAME": "/aap"}}
    asked = browser.get("/association/", **below)
    assert asked.location == "/aap/connexion?next=/aap/association/"
    signed = browser.post(
        "/connexion?next=/aap/association/", data={"email": person.email, "password": PASSWORD}, **below
    )
    assert signed.location == "/aap/association/"
    page = browser.get("/association/", **below).text
    assert 'href="/aap/association/" aria-current="page"' in page
    assert {address.partition("/static/")[0] for address in loaded(page)} == {"/aap"}


@pytest.fixture
def in_production(platform: Platform) -> Flask:
    settings = platform.settings.model_copy(
        update={"environment": "production", "secret_key": "0b6c1f" * 11, "base_url": "https://exemple.example.org/aap"}
    )
    return create_app(platform=Platform(**{**vars(platform), "settings": settings}))


def test_search_engines_are_told_what_is_for_them(app: Flask, in_production: Flask) -> None:
    assert app.test_client().get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    told = in_production.test_client().get("/robots.txt", environ_overrides={"SCRIPT_NAME": "/aap"}).text.splitlines()
    assert told == [
        "User-agent: *", "Allow: /aap/$", "Allow: /aap/mentions-legales$", "Allow: /aap/donnees-personnelles$",
        "Allow: /aap/contact$", "Allow: /aap/plan-du-site$", "Allow: /aap/accessibilite$", "Allow: /aap/appels/",
        "Allow: /aap/resultats/", "Allow: /aap/static/", "Disallow: /",
    ]  # fmt: skip


def test_who_finds_a_weakness_is_told_whom_to_write_to(in_production: Flask) -> None:
    told = in_production.test_client().get("/.well-known/security.txt").text
    lines = dict(line.split(": ", 1) for line in told.splitlines())
    assert lines["Contact"] == "https://exemple.example.org/aap/contact"
    assert lines["Canonical"] == "https://exemple.example.org/aap/.well-known/security.txt"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", lines["Expires"])


def test_a_colour_is_written_as_a_token_of_day_and_night_and_nowhere_else() -> None:
    sheets = [path for name, path in shipped().files.items() if name.endswith(".css") and name != "bootstrap.min.css"]
    tokens: dict[str, list[set[str]]] = {}
    for sheet in sheets:
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        roots = re.findall(r":root \{([^}]*--paper[^}]*)\}", text)
        tokens[sheet.name] = [set(re.findall(r"(--[\w-]+): #", root)) for root in roots]
        for root in roots:
            text = text.replace(root, "")
        assert re.findall(r"[^&]#(?:[0-9a-f]{3}|[0-9a-f]{6})\b", text) == [], sheet.name
    (day, night) = tokens.pop("aap.css")
    assert (day, any(tokens.values())) == (night, False)
