"""Passkeys in a real browser, with the virtual authenticator of Chromium: added, listed, removed; alone and after a password."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlmodel import select
from werkzeug.serving import make_server

from aap.app import create_app
from aap.records.people import Role
from aap.records.second_factors import Passkey
from aap.services.platform import Platform
from tests.conftest import TestClock
from tests.e2e.conftest import assert_accessible, picture, sign_in
from tests.factories import PASSWORD, Factory

FACTORS = "/compte/second-facteur"


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def more_settings(port: int) -> dict[str, object]:
    """Browsers make passkeys for `localhost`, not for an address of figures."""
    return {"second_factor": "always", "base_url": f"http://localhost:{port}"}


@pytest.fixture
def address(app: Flask, port: int) -> Iterator[str]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{port}"
    server.shutdown()
    thread.join()
    server.server_close()


def with_device(page: Page) -> Callable[[bool], None]:
    """A device that keeps passkeys, in this page's browser; gives what switches whether it can tell who holds it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    device = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def verifies(does: bool) -> None:
        session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": does})

    return verifies


def add_passkey(page: Page, name: str) -> None:
    page.goto(f"{FACTORS}/cle")
    page.fill("input[name=name]", name)
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url(f"**{FACTORS}")
    page.get_by_text(f"La clé d’accès « {name} » est ajoutée.").wait_for()


def sign_out(page: Page) -> None:
    if (menu := page.get_by_role("button", name="Menu")).is_visible():  # on a phone
        menu.click()
    page.get_by_role("button", name="Se déconnecter").click()
    page.locator(".site-menu a", has_text="Se connecter").wait_for(state="attached")


def test_an_official_sets_up_a_passkey_and_signs_in_with_it_alone(
    new_context: Callable[..., Any], factory: Factory, platform: Platform
) -> None:
    person = factory.person(Role.OFFICIAL)
    page = new_context().new_page()
    with_device(page)
    sign_in(page, person.email, PASSWORD)
    page.wait_for_url(f"**{FACTORS}")
    add_passkey(page, "portable du bureau")
    page.get_by_role("listitem").filter(has_text="portable du bureau").wait_for()
    page.goto("/instruction/")
    assert page.title().startswith("Instruction")
    sign_out(page)
    page.goto("/connexion")
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.wait_for_url("**/instruction/")
    with platform.database.reading() as session:
        kept = session.exec(select(Passkey)).one()
    assert (kept.person_id, kept.name, kept.transports, kept.sign_count > 0) == (
        person.id, "portable du bureau", ["internal"], True,
    )  # fmt: skip


def test_a_passkey_is_the_second_factor_after_the_password(new_context: Callable[..., Any], factory: Factory) -> None:
    person = factory.person(Role.OFFICIAL)
    page = new_context().new_page()
    verifies = with_device(page)
    sign_in(page, person.email, PASSWORD)
    add_passkey(page, "clé USB")
    sign_out(page)
    verifies(False)  # the device and nothing more: the password is the other factor
    page.goto("/connexion")
    page.fill("input[name=email]", person.email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/connexion/cle" in url)
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    page.wait_for_url("**/instruction/")


def test_a_device_that_cannot_tell_who_holds_it_signs_nobody_in_alone(
    new_context: Callable[..., Any], factory: Factory
) -> None:
    person = factory.person(Role.OFFICIAL)
    page = new_context().new_page()
    verifies = with_device(page)
    sign_in(page, person.email, PASSWORD)
    add_passkey(page, "clé USB")
    sign_out(page)
    verifies(False)
    page.goto("/connexion/cle")
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    page.get_by_role("button", name="Réessayer").wait_for()
    page.goto("/instruction/")
    assert "/connexion" in page.url


def test_a_passkey_that_is_removed_opens_nothing(
    new_context: Callable[..., Any], factory: Factory, platform: Platform
) -> None:
    person = factory.person()
    page = new_context().new_page()
    with_device(page)
    sign_in(page, person.email, PASSWORD)
    add_passkey(page, "clé de l’été")
    page.get_by_role("button", name="Retirer clé de l’été").click()
    page.get_by_text("La clé d’accès est retirée de votre compte.").wait_for()
    with platform.database.reading() as session:
        assert session.exec(select(Passkey)).all() == []
    sign_out(page)
    page.goto("/connexion/cle")
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    page.get_by_text("Aucun compte n’a cette clé d’accès.").wait_for()
    assert page.url.endswith("/connexion/cle")


def test_an_answer_is_taken_once_and_from_the_browser_that_was_asked(
    new_context: Callable[..., Any], factory: Factory
) -> None:
    person = factory.person()
    page = new_context().new_page()
    with_device(page)
    sign_in(page, person.email, PASSWORD)
    add_passkey(page, "téléphone")
    sign_out(page)
    sent: list[Any] = []
    page.on("request", lambda one: sent.append(one) if one.method == "POST" and "/connexion/cle/" in one.url else None)
    page.goto("/connexion/cle")
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    page.wait_for_url("**/association/")
    (answer,) = sent
    thief = new_context()
    token = re.search(r'csrf_token" value="([^"]+)"', thief.request.get("/connexion/cle").text()).group(1)  # type: ignore[union-attr]
    credential = re.search(r"credential=([^&]+)", answer.post_data).group(1)  # type: ignore[union-attr]
    body = f"csrf_token={token}&credential={credential}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    again = thief.request.post(answer.url, data=body, headers=headers, max_redirects=0)
    assert (again.status, again.headers["location"]) == (302, "/connexion/cle")
    assert thief.request.get("/compte", max_redirects=0).status == 302


def test_the_pages_of_the_second_factor_are_accessible_on_a_phone(
    new_context: Callable[..., Any], factory: Factory, clock: TestClock, tmp_path: Path
) -> None:
    from tests.worlds.factors import code_at

    person = factory.person(Role.OFFICIAL)
    page = new_context(viewport={"width": 320, "height": 640}).new_page()
    with_device(page)
    sign_in(page, person.email, PASSWORD)
    page.wait_for_url(f"**{FACTORS}")
    assert_accessible(page)
    page.goto(f"{FACTORS}/cle")
    assert_accessible(page)
    page.goto(FACTORS)
    page.get_by_role("button", name="Mettre en place une application de codes").click()
    assert_accessible(page)
    picture(page, "authenticator-320")
    secret = page.locator(".secret-key code").inner_text().replace(" ", "")
    page.fill("input[name=code]", code_at(secret, clock()))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Obtenir mes codes de secours").click()
    page.get_by_role("heading", name="Vos codes de secours").wait_for()
    assert_accessible(page)
    shown = page.locator(".secret-codes code").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("link", name="Télécharger les codes").click()
    saved = tmp_path / "codes.txt"
    download.value.save_as(saved)
    assert [line for line in saved.read_text().splitlines() if re.fullmatch(r"[a-z0-9-]{29}", line)] == shown
    page.get_by_role("link", name="C’est fait").click()
    add_passkey(page, "téléphone")
    assert_accessible(page)
    picture(page, "second-factor-320")
    sign_out(page)
    clock.move(minutes=1)
    page.goto("/connexion")
    assert_accessible(page)
    page.fill("input[name=email]", person.email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/connexion/second-facteur" in url)
    assert_accessible(page)
    page.get_by_role("button", name="Le code de mon application").click()
    page.wait_for_url(lambda url: "/connexion/code" in url)
    assert_accessible(page)
    page.get_by_role("link", name="Utiliser un code de secours").click()
    assert_accessible(page)
    page.fill("input[name=code]", shown[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**/instruction/")
    page.get_by_text("Il vous en reste 9.").wait_for()


def test_without_a_domain_passkeys_are_not_offered(platform: Platform, factory: Factory) -> None:
    from tests.conftest import Browser

    settings = platform.settings.model_copy(update={"base_url": "http://127.0.0.1:8000"})
    app = create_app(platform=Platform(settings, platform.database, platform.files, platform.clock))
    page = Browser(app.test_client())
    assert "clé d’accès" not in page.get("/connexion").text
    assert "Ajouter une clé d’accès" not in page.sign_in(factory.person()).get(FACTORS).text
