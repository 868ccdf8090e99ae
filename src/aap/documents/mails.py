"""E-mail texts: plain text from `templates/mail/`; the first line is the subject."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aap.core import french
from aap.own_files import templates_folder


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(templates_folder() / "mail")
    # Plain text: escaping would show « &amp; » to people.
    environment = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701
    environment.filters["quoted"] = french.quoted
    return environment


def render_mail(template: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Subject (one line) and body of `templates/mail/<template>.txt`. A missing value is an error."""
    subject, _, body = _environment().get_template(f"{template}.txt").render(values).partition("\n")
    return " ".join(subject.split()), body.strip() + "\n"
