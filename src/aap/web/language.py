"""The language of the pages: French, the language of the texts in the source, or another that the reader's browser asks for.

A language is there as soon as it has a folder in `translations/` with its compiled catalogue: nothing lists
them. The scripts have a catalogue of their own (domain `scripts`): it is sent to the browser only where there is one, since
the scripts, like the templates, hold French texts. Figures and dates: `figures.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, has_request_context, jsonify, request, url_for
from flask_babel import Domain, get_babel, get_locale

from aap.services.permissions import Permission
from aap.web.access import requires

_SCRIPTS = "aap-script-texts"
"""Where the application keeps the scripts' domain: a domain holds the catalogues that one application has read."""

_OFFERED = "aap-languages"
"""Where the application keeps which languages it has."""

_NUMBERS = 200
"""For which numbers the browser is told the plural: beyond, the hundreds don't count in any rule of the CLDR."""


def languages() -> tuple[str, ...]:
    """French, then the languages that the instance has a catalogue of, by name."""
    found: tuple[str, ...] | None = current_app.extensions.get(_OFFERED)
    if found is None:
        folders: list[str] = get_babel().translation_directories
        catalogues = [path for folder in folders for path in Path(folder).glob("*/LC_MESSAGES/messages.mo")]
        found = ("fr", *sorted({path.parents[1].name for path in catalogues} - {"fr"}))
        current_app.extensions[_OFFERED] = found
    return found


def chosen() -> str:
    """The language in which this request is answered. Flask-Babel asks it once a request; jobs speak French."""
    if not has_request_context():
        return "fr"
    known = languages()
    return request.accept_languages.best_match(known, "fr") if len(known) > 1 else "fr"


def language() -> str:
    """The language of this answer, as `<html lang>` writes it."""
    return str(get_locale() or "fr").replace("_", "-")


def _script_translations() -> Any:
    return current_app.extensions[_SCRIPTS].get_translations()


def script_texts_url() -> str | None:
    """Where the scripts find their texts in the language of this answer; None in French."""
    return url_for("script_texts", language=language()) if _held(_script_translations()) else None


@requires(Permission.PUBLIC_READ)
def script_texts(language: str) -> Response:  # noqa: ARG001  (names the language for the browser's store)
    """`{"texts": {French: words or [singular, plural, …]}, "plural": [which of these for 0, 1, 2, …]}`."""
    translations = _script_translations()
    texts: dict[str, str | list[str]] = {}
    for key, words in sorted(_held(translations).items(), key=str):
        if isinstance(key, tuple):
            forms = texts.setdefault(key[0], [])
            assert isinstance(forms, list)
            forms.append(words)
        else:
            texts[key] = words
    plural = getattr(translations, "plural", lambda number: int(number > 1))
    answer = jsonify(texts=texts, plural=[plural(number) for number in range(_NUMBERS)])
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def _held(translations: Any) -> dict[str | tuple[str, int], str]:
    catalogue: dict[str | tuple[str, int], str] = getattr(translations, "_catalog", {})
    return {key: words for key, words in catalogue.items() if key}


def init_texts(app: Flask) -> None:
    app.extensions[_SCRIPTS] = Domain(domain="scripts")  # type: ignore[no-untyped-call]
    app.add_url_rule("/textes/<language>.json", "script_texts", script_texts)

    @app.after_request
    def told_apart(response: Response) -> Response:
        if len(languages()) > 1:
            response.vary.add("Accept-Language")
        return response

    @app.context_processor
    def spoken() -> dict[str, object]:
        return {"language": language(), "script_texts_url": script_texts_url()}
