"""What a page takes: by its kind, by bytes and by fields, refused with words before anything is read or worked on."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask

from aap.web.body_bounds import FILES, FORM, LONG_FORM, MOST_FIELDS, SIGNING, bound_of
from tests.conftest import Browser
from tests.factories import Factory
from tests.integration.web.public.test_calls import words

URLENCODED = "application/x-www-form-urlencoded"


def test_every_post_has_a_bound_and_only_pages_with_files_take_megabytes(app: Flask) -> None:
    settings = app.extensions["aap.platform"].settings
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert set(FILES) - posts == {"guide"} - posts
    assert {one for one in posts if bound_of(one, URLENCODED, settings) > LONG_FORM} == set()
    multipart = {one for one in posts if bound_of(one, "multipart/form-data; boundary=x", settings) > LONG_FORM}
    assert multipart == set(FILES) & posts
    signing = {one for one in posts if bound_of(one, URLENCODED, settings) == SIGNING}
    assert {one for one in posts if one.startswith("security.")} < signing


def test_who_receives_for_the_application_is_told_the_bound_of_a_page(app: Flask) -> None:
    bound = app.extensions["aap.body_bound"]
    section = "/association/dossiers/x/sections/y"
    multipart = "Multipart/Form-Data; boundary=x"
    assert [
        bound("POST", "/connexion", URLENCODED),
        bound("POST", "/connexion", multipart),
        bound("POST", section, URLENCODED),
        bound("POST", section, multipart),
        bound("POST", f"{section}/enregistrement", multipart),
        bound("POST", "/association/dossiers/x/messages", URLENCODED),
        bound("POST", "/nulle/part", multipart),
        bound("PUT", section, multipart),
    ] == [SIGNING, SIGNING, LONG_FORM, 60_000_000, LONG_FORM, FORM, SIGNING, SIGNING]


@pytest.mark.parametrize(
    ("path", "size", "said"),
    [
        ("/connexion", SIGNING, "ne peut pas dépasser 16 ko"),
        ("/inscription", SIGNING, "ne peut pas dépasser 16 ko"),
        ("/association/dossiers/x/messages", FORM, "ne peut pas dépasser 256 ko"),
        ("/association/dossiers/x/sections/y", LONG_FORM, "ne peut pas dépasser 1 Mo"),
    ],
)
def test_a_form_that_is_too_long_is_refused_with_a_page(
    browser: Callable[[], Browser], path: str, size: int, said: str
) -> None:
    answer = browser().client.post(path, data=b"a=" + b"x" * size, content_type=URLENCODED)
    assert (answer.status_code, said in words(answer)) == (413, True), words(answer)
    assert "votre saisie y est encore" in words(answer)


def test_autosave_is_refused_in_json(app: Flask) -> None:
    address = "/association/dossiers/x/sections/y/enregistrement"
    headers = {"Accept": "application/json"}
    answer = app.test_client().post(address, data=b"a=" + b"x" * LONG_FORM, content_type=URLENCODED, headers=headers)
    assert (answer.status_code, answer.mimetype) == (413, "application/json")
    assert answer.json["error"].startswith("Ce qui est écrit sur cette page ne peut pas dépasser 1\u00a0Mo.")


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_too_many_fields_are_refused(browser: Callable[[], Browser], factory: Factory, kind: str) -> None:
    page = browser().sign_in(factory.person())
    if kind == "urlencoded":
        sent = {"data": b"&".join(b"f%d=x" % one for one in range(MOST_FIELDS + 1)), "content_type": URLENCODED}
    else:
        part = '--B\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n'
        body = part * (MOST_FIELDS + 1) + "--B--\r\n"
        sent = {"data": body.encode(), "content_type": "multipart/form-data; boundary=B"}
    assert page.client.post("/association/dossiers/x/sections/y", **sent).status_code == 413


@pytest.mark.parametrize(
    ("field", "letter"), [("q.resume", "é"), ("q.resume", "[ "), ("q.titre", "e\u0301"), ("q.jeunes", "9")]
)
def test_the_longest_section_that_is_taken_is_saved_or_refused_within_two_seconds_of_work(
    browser: Callable[[], Browser], factory: Factory, field: str, letter: str
) -> None:
    owner = factory.person()
    application = factory.application(factory.call(), factory.association(owner))
    page = browser().sign_in(owner)
    address = f"/association/dossiers/{application.id}/sections/projet"
    token = page.token(address)
    text = letter * (LONG_FORM // len(quote(letter)) - 100)
    began = time.process_time()
    answer = page.client.post(f"{address}/enregistrement", data={field: text, "version": "0", "csrf_token": token})
    assert answer.status_code in (200, 409, 413)
    assert time.process_time() - began < 2
