"""The language of the pages: French, the language of the texts in the source, and what another one would bring.

A catalogue of `translations/` gives the words of a language. The scripts have one of their own (domain `scripts`): it is
sent to the browser only where there is one, since the scripts, like the templates, hold French texts.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, jsonify, url_for
from flask_babel import Domain, get_locale

from aap.services.permissions import Permission
from aap.web.access import requires

_SCRIPTS = "aap-script-texts"
"""Where the application keeps the scripts' domain: a domain holds the catalogues that one application has read."""

_NUMBERS = 200
"""For which numbers the browser is told the plural: beyond, the hundreds don't count in any rule of the CLDR."""


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

    @app.context_processor
    def spoken() -> dict[str, object]:
        return {"language": language(), "script_texts_url": script_texts_url()}
