"""A language is there as soon as it has a catalogue; who asks for it gets its words and its figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask, render_template_string
from flask_babel import get_babel

from aap.app import create_app
from aap.services.platform import Platform

SHOWN = (
    "{{ _('Se connecter') }}|{{ 1200050|euros }}|{{ 1200000|euros }}|{{ 0.25|percent }}|"
    "{{ '2025-03-01'|day }}|{{ 12000|file_size }}"
)
FRENCH = "Se connecter|12\u202f000,50\u00a0€|12\u202f000\u00a0€|25\u202f%|1ᵉʳ\u00a0mars\u00a02025|12\u00a0ko"
ENGLISH = "Sign in|€12,000.50|€12,000|25%|March 1, 2025|12 kB"


@pytest.fixture
def app(platform: Platform, tmp_path: Path) -> Flask:
    """The application with a catalogue of English."""
    words = Catalog(locale="en")
    words.add("Se connecter", "Sign in")
    path = tmp_path / "catalogues/en/LC_MESSAGES/messages.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, words)
    made = create_app(platform=platform)
    get_babel(made).translation_directories[:] = [str(tmp_path / "catalogues")]
    return made


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("", FRENCH), ("fr-FR,fr;q=0.9,en;q=0.8", FRENCH), ("de", FRENCH), ("en-GB,en;q=0.9,fr;q=0.5", ENGLISH)],
)
def test_words_and_figures_are_in_the_language_that_is_asked_for(app: Flask, asked: str, shown: str) -> None:
    with app.test_request_context(headers={"Accept-Language": asked}):
        assert render_template_string(SHOWN) == shown


def test_a_page_names_its_language_and_what_it_depends_on(app: Flask) -> None:
    answer = app.test_client().get("/", headers={"Accept-Language": "en"})
    assert '<html lang="en"' in answer.text
    assert "Sign in" in answer.text
    assert "Accept-Language" in answer.vary


def test_without_a_catalogue_everybody_reads_french(platform: Platform) -> None:
    answer = create_app(platform=platform).test_client().get("/", headers={"Accept-Language": "en"})
    assert '<html lang="fr"' in answer.text
    assert "Accept-Language" not in answer.vary
