"""A small application with the design system only: what the macros and forms need, and no database."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from flask import Flask, Response, jsonify, request
from flask.testing import FlaskClient
from flask_babel import Babel
from flask_wtf import CSRFProtect
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from aap.core.answers.merging import base_text
from aap.own_files import templates_folder
from aap.web.assets import init_assets
from aap.web.filters import init_filters
from aap.web.forms import suggestions
from aap.web.guide import TERRITORIES, render_guide, sample_form
from aap.web.language import init_texts


def make_app() -> Flask:
    """The guide page at /guide, under the strict content security policy that the product sends."""
    app = Flask("aap-ui", template_folder=str(templates_folder()), static_folder=None)
    app.config.update(SECRET_KEY="test", BABEL_DEFAULT_LOCALE="fr", TESTING=True)
    Babel(app)
    init_assets(app, None, lasting=False)
    app.url_build_error_handlers.append(lambda _error, endpoint, _values: f"/{endpoint}")  # pages that aren't here
    CSRFProtect(app)
    init_filters(app)
    init_texts(app)
    app.add_url_rule("/guide", "guide", render_guide, methods=["GET", "POST"])

    saved: dict[str, Any] = {"version": 3, "post": None, "fail": False}
    app.extensions["saved"] = saved

    @app.post("/guide/enregistrement")
    def autosave() -> Any:
        if saved["fail"]:
            return "", 503
        if "lire" in request.args:
            form = sample_form(request)
            return {"base": base_text((one.question.id for one in form.fields), form.own_answers())}
        if int(request.form["version"]) != saved["version"]:
            difference = {"label": "Titre", "mine": request.form["q.titre"], "theirs": "Celui de Léa"}
            conflict = {"version": saved["version"], "saved_by": "", "saved_at": "22:10:00"}
            return {"conflict": {**conflict, "differences": [difference]}}, 409
        form = sample_form(request)
        form.check(missing=False)
        saved["version"] += 1
        saved["post"] = form.own_answers()
        return {
            "saved_at": "22:14:03",
            "version": saved["version"],
            "errors": form.messages,
            "notes": form.notes,
        }

    @app.get("/territoires/communes")
    def communes() -> Any:
        return jsonify(suggestions(request.args.get("q", ""), TERRITORIES))

    @app.after_request
    def strict_policy(response: Response) -> Response:
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


@pytest.fixture
def address() -> Iterator[tuple[str, Flask]]:
    """A served application of one test: (its address, the application)."""
    app = make_app()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", app
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """The run's headless Chromium."""
    return chromium
