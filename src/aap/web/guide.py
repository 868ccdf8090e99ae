"""The style guide: every part of the design system on one page, to be looked at while developing."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import render_template


def render_guide() -> str:
    """The page with every macro in its states. Registered in development and tests only."""
    return render_template(
        "ui/guide.html",
        now=datetime(2025, 2, 28, 20, 14, tzinfo=UTC),
        guide_page=lambda page: f"#page-{page}",
        deadline=datetime(2025, 2, 28, 22, 59, 59, tzinfo=UTC),
        authority_name="Direction régionale de la jeunesse",
        menu=[
            {"label": "Appels ouverts", "url": "#", "active": True},
            {"label": "Mes dossiers", "url": "#", "active": False},
            {"label": "Mon association", "url": "#", "active": False},
        ],
        account_menu=[{"label": "Mon compte", "url": "#"}, {"label": "Se déconnecter", "url": "#", "method": "post"}],
    )
