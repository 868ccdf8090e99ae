"""A small application with the design system only: what the macros and forms need, and no database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect

import aap.web
from aap.paths import templates_folder
from aap.web.filters import init_filters
from aap.web.guide import render_guide


def make_app() -> Flask:
    """The guide page at /guide, under the strict content security policy that the product sends."""
    static = Path(aap.web.__file__).parent / "static"
    app = Flask("aap-ui", template_folder=str(templates_folder()), static_folder=str(static), static_url_path="/static")
    app.config.update(SECRET_KEY="test", BOOTSTRAP_SERVE_LOCAL=True, BABEL_DEFAULT_LOCALE="fr", TESTING=True)
    Babel(app)
    Bootstrap5(app)
    CSRFProtect(app)
    init_filters(app)
    app.add_url_rule("/guide", "guide", render_guide, methods=["GET", "POST"])

    @app.after_request
    def strict_policy(response):  # type: ignore[no-untyped-def]
        response.headers["Content-Security-Policy"] = "default-src 'self'"
        return response

    return app


@pytest.fixture(scope="session")
def app() -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client
