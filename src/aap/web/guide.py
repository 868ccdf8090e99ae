"""The style guide: every part of the design system on one page, to be looked at while developing."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Request, render_template, request

from aap.core.answers.readable import read_section
from aap.core.budgets.budget_checks import RequestLimits
from aap.core.call.schema import Section
from aap.core.territories import Territories
from aap.web.forms import ListedFile, Offer, SectionForm

_METRO = [["84", "Auvergne-Rhône-Alpes", "metro"], ["11", "Île-de-France", "metro"], ["4", "La Réunion", "drom"]]
TERRITORIES = Territories(
    {
        "regions": _METRO,
        "departments": [
            ["38", "Isère", "84", "metro"],
            ["93", "Seine-Saint-Denis", "11", "metro"],
            ["974", "La Réunion", "4", "drom"],
        ],
        "communes": [
            ["38185", "Grenoble", "38", "38000 38100", 157477],
            ["38421", "Saint-Martin-d’Hères", "38", "38400", 37873],
            ["93066", "Saint-Denis", "93", "93200 93210", 149077],
            ["97411", "Saint-Denis", "974", "97400 97417 97490", 154765],
        ],
    }
)

SECTION = Section.model_validate(
    {
        "id": "projet",
        "title": "Le projet",
        "questions": [
            {
                "id": "titre",
                "label": "Quel est le titre du projet ?",
                "type": "text",
                "help": "Il figurera dans la liste publique des lauréats.",
                "example": "Quarante mentors pour les lycéens de la vallée",
                "min_length": 8,
                "max_length": 120,
            },
            {
                "id": "resume",
                "label": "Que ferez-vous, avec qui, pour qui ?",
                "type": "long_text",
                "min_length": 20,
                "max_length": 600,
            },
            {
                "id": "nombre",
                "label": "Combien de jeunes ?",
                "type": "number",
                "min": 5,
                "max": 2000,
                "unit": "jeunes",
                "whole": True,
            },
            {"id": "cout", "label": "Coût par jeune", "type": "money", "required": False},
            {"id": "bilan", "label": "Date du bilan", "type": "date"},
            {"id": "periode", "label": "Quand le projet se déroule-t-il ?", "type": "period"},
            {
                "id": "sujet",
                "label": "Sujet principal",
                "type": "choice",
                "options": [
                    {"value": "scolarite", "label": "Réussite scolaire", "help": "Du collège au lycée"},
                    {"value": "insertion", "label": "Insertion professionnelle"},
                ],
            },
            {
                "id": "territoires",
                "label": "Où vivent les jeunes ?",
                "type": "multiple_choice",
                "options": [
                    {"value": "rural", "label": "Communes rurales"},
                    {"value": "qpv", "label": "Quartiers prioritaires (QPV)"},
                ],
            },
            {
                "id": "quartiers",
                "label": "Quels quartiers prioritaires ?",
                "type": "text",
                "show_if": {"question": "territoires", "contains": "qpv"},
            },
            {
                "id": "orienteurs",
                "label": "Un établissement vous adresse-t-il des jeunes ?",
                "type": "yes_no",
                "detail_if": "oui",
                "detail_label": "Lequel, et combien par an ?",
            },
            {"id": "commune", "label": "Principale commune d’intervention", "type": "commune"},
            {"id": "autres", "label": "Autres communes", "type": "communes", "required": False},
            {
                "id": "partenaires",
                "label": "Qui sont vos partenaires ?",
                "type": "table",
                "max_rows": 4,
                "columns": [
                    {"id": "nom", "label": "Partenaire"},
                    {"id": "apport", "label": "Apport", "type": "money"},
                    {"id": "accord", "label": "Accord le", "type": "date", "required": False},
                ],
            },
            {
                "id": "etapes",
                "label": "Quelles sont les étapes du projet ?",
                "type": "group",
                "item_label": "Étape",
                "item_article": "une",
                "max_items": 3,
                "questions": [
                    {"id": "intitule", "label": "Intitulé de l’étape", "type": "text", "max_length": 80},
                    {"id": "dates", "label": "Dates de l’étape", "type": "period", "required": False},
                ],
            },
            {"id": "budget", "label": "Budget du projet", "type": "budget", "budget": "project"},
            {"id": "statuts", "label": "Statuts en vigueur", "type": "file", "max_files": 2},
        ],
    }
)

ANSWERS = {
    "titre": "Mentorat",
    "resume": "Trop court.",
    "nombre": "1200",
    "bilan": "2026-12-31",
    "periode": {"start": "2026-09-01", "end": "2026-06-30"},
    "sujet": "insertion",
    "territoires": ["qpv"],
    "orienteurs": {"value": "oui", "detail": "Le lycée Marie-Curie, 20 élèves"},
    "autres": ["38185", "38421"],
    "partenaires": [{"nom": "Ville de Grenoble", "apport": "12000.50"}, {"_raw": {"apport": "beaucoup"}}],
    "etapes": [{"intitule": "Former les mentors", "dates": {"start": "2026-09-01", "end": "2026-10-15"}}],
    "budget": {
        "charges": {"60": "12000.00", "641": "40000.00"},
        "products": {"request": "45000.00", "74-region": "5000.00"},
        "contributions": {"864": "3000.00", "870": "3000.00"},
    },
    "_raw": {"commune": "Saint-Denis", "cout": "trente euros"},
}


def sample_form(asked: Request | None = None) -> SectionForm:
    """The form of every type of question, with its errors; from the request's post when there is one."""
    form = SectionForm(
        SECTION,
        ANSWERS,
        TERRITORIES,
        version=3,
        post=asked.form if asked is not None and asked.method == "POST" else None,
        files={"statuts": [ListedFile("statuts-signés.pdf", 1_240_000, "#", "#", "2024")]},
        offers={"statuts": [Offer("7", "Statuts de 2024")]},
    )
    form.check(limits=RequestLimits(ceiling=5_000_000))
    return form


def render_guide() -> str:
    """The page with every macro in its states. Registered in development and tests only."""
    form = sample_form(request)
    return render_template(
        "ui/guide.html",
        now=datetime(2025, 2, 28, 20, 14, tzinfo=UTC),
        guide_page=lambda page: f"#page-{page}",
        deadline=datetime(2025, 2, 28, 22, 59, 59, tzinfo=UTC),
        form=form,
        reading=read_section(SECTION, form.answers, TERRITORIES),
        authority_name="Direction régionale de la jeunesse",
        menu=[
            {"label": "Appels ouverts", "url": "#", "active": True},
            {"label": "Mes dossiers", "url": "#", "active": False},
            {"label": "Mon association", "url": "#", "active": False},
        ],
        account_menu=[{"label": "Mon compte", "url": "#"}, {"label": "Se déconnecter", "url": "#", "method": "post"}],
    )
