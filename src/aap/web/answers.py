"""Answers of a form that decide something: one that is missing is no answer, and never taken as a no."""

from __future__ import annotations

from flask import request


def yes_or_no(name: str, *, yes: str = "oui", no: str = "non") -> bool | None:
    """What the field says; None where it says neither: the use case refuses it."""
    return {yes: True, no: False}.get(request.form.get(name, ""))
