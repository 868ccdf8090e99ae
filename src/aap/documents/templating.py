"""Jinja for what leaves as a document: everything escaped, an unknown name an error, figures and dates as people read
them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aap.core import french
from aap.own_files import templates_folder


def document_environment(folder: str, **filters: Callable[..., Any]) -> Environment:
    """An environment over `templates/<folder>/`, with the filters of French figures and those given."""
    jinja = Environment(
        loader=FileSystemLoader(templates_folder() / folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    jinja.filters.update(
        euros=french.euros,
        number=french.number,
        ordinal=french.ordinal,
        plain=french.plain,
        percent=french.percent,
        spaced=french.spaced,
        **filters,
    )
    jinja.globals["count"] = french.count
    return jinja
