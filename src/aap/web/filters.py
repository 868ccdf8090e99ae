"""Jinja filters: figures, dates and sizes as people read them (`figures`). Times are shown in Europe/Paris."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Flask, g
from flask_babel import get_locale
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from aap.core import french
from aap.core.call.criterion_words import counts_for, mean_in_words, minimum_in_words
from aap.core.call.points import in_points
from aap.core.call.schema import Rubric
from aap.core.delays import paris
from aap.documents.papers.pdf import exact_moment
from aap.web import figures
from aap.web.wording.sentences import sentence

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def euros(cents: int | None) -> str:
    """Cents as `12 000 €`; None as an empty text."""
    return "" if cents is None else figures.euros(cents)


def amount(value: Decimal | str | None) -> str:
    """Euros (a Decimal or an answer's decimal text) as `12 000,50 €`; a text that is no number is given back."""
    exact = _decimal(value)
    if exact is None:
        return str(value or "")
    return figures.euros(int(french.rounded(exact * 100, 0)))


def number(value: french.Number | str | None, decimals: int | None = None) -> str:
    """`12 345,6`, with as few decimals as needed, or exactly `decimals`."""
    exact = _decimal(value)
    if exact is None:
        return str(value or "")
    return figures.plain(exact, 6) if decimals is None else figures.number(exact, decimals)


def score(value: french.Number | None, rubric: Rubric, decimals: int = 2) -> str:
    """A score (or a difference of scores) on 100 as a figure in the points of the call; a dash for none."""
    return "–" if value is None else figures.number(in_points(value, rubric), decimals)


def percent(share: french.Number | None, decimals: int = 0) -> str:
    """A share (0.25) as `25 %`."""
    return "" if share is None else figures.percent(share, decimals)


def ordinal(position: int | None, feminine: bool = False) -> str:
    """`1ᵉʳ`, `71ᵉ`."""
    return "" if position is None else figures.ordinal(position, feminine=feminine)


def day(value: date | datetime | str | None) -> str:
    """`28 février 2025` from a date, a moment or an ISO text; a text that is no date is given back."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        if not _ISO_DATE.fullmatch(value):
            return value
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return str(value)
    return figures.day(paris(value).date() if isinstance(value, datetime) else value)


def moment(value: datetime | None) -> str:
    """`28 février 2025 à 23 h 59`."""
    return "" if value is None else figures.moment(value)


def clock(value: datetime | None) -> str:
    """`22:14:03`, for « Enregistré à … »."""
    return "" if value is None else paris(value).strftime("%H:%M:%S")


def file_size(count: int | None) -> str:
    """Bytes as `340 o`, `12 ko`, `1,5 Mo`; None as an empty text."""
    return "" if count is None else figures.file_size(count)


def typo(text: str | None) -> str:
    """A text with the no-break spaces of French typography; markup stays markup."""
    made = french.spaced(str(text or "")).replace("n° ", "n°\u00a0")
    return Markup(made) if isinstance(text, Markup) else made  # noqa: S704  (it was markup before)


def is_iso_date_or_empty(value: object) -> bool:
    """Whether an <input type=date> can show the value; what was typed otherwise stays in a text input."""
    return value is None or value == "" or (isinstance(value, str) and bool(_ISO_DATE.fullmatch(value)))


def _decimal(value: french.Number | str | None) -> french.Number | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return value
    try:
        exact = Decimal(value)
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


def init_filters(app: Flask) -> None:
    """Makes the filters known to the templates, under their function's names."""
    for filter_ in (
        euros,
        amount,
        number,
        percent,
        score,
        in_points,
        counts_for,
        mean_in_words,
        minimum_in_words,
        ordinal,
        day,
        moment,
        exact_moment,
        clock,
        file_size,
        typo,
        sentence,
    ):
        app.jinja_env.filters[filter_.__name__] = filter_
    app.jinja_env.tests["iso_date_or_empty"] = is_iso_date_or_empty
    _space_the_words(app)


def _space_the_words(app: Flask) -> None:
    """What a template says through `_()` bears the no-break spaces that its source writes as plain ones."""
    held: dict[str, dict[Any, str]] = {}  # language → texts without values, said once a process
    words = app.jinja_env.globals
    for name in ("gettext", "ngettext"):
        words[name] = _spaced(words[name], held)
    words["_"] = words["gettext"]  # Jinja's own looks gettext up again for each text


_MOST_WORDS = 5_000


def _said(held: dict[str, dict[Any, str]]) -> dict[Any, str]:
    """What was said in the language of this answer, which is asked for once a request: a table has a thousand texts."""
    try:
        said: dict[Any, str] = g.said_texts
    except AttributeError:
        said = g.said_texts = held.setdefault(str(get_locale()), {})
    return said


def _spaced(worded: Any, held: dict[str, dict[Any, str]]) -> Any:
    @pass_context
    def spaced(context: Context, *args: Any, **values: Any) -> str:
        if values:
            return typo(worded(context, *args, **values))
        said = _said(held)
        key = (*args, context.eval_ctx.autoescape)
        text = said.get(key)
        if text is None:
            text = typo(worded(context, *args))
            if len(said) < _MOST_WORDS:
                said[key] = text
        return text

    return spaced
