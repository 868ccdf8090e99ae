"""The blueprint of the administrator's space, and what its pages share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _

blueprint = Blueprint("admin", __name__, url_prefix="/administration")


def show_admin_page(template: str, **values: Any) -> str:
    """A page of the space, with its sections' menu."""
    sections = [
        ("admin.people", _("Personnes")),
        ("admin.recusals", _("Déports")),
        ("admin.calls", _("Appels")),
        ("admin.journal", _("Journal")),
        ("admin.system", _("Système")),
    ]
    return render_template(
        f"admin/{template}", sections=sections, page_width=values.pop("page_width", "wide"), **values
    )
