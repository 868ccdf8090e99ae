"""Attributes of applications, and their values, as people call them."""

from __future__ import annotations

from aap.core.call.schema import CallFile
from aap.core.call.sources import questions_of

# Attributes as people call them; others are shown by their id.
ATTRIBUTES = {
    "region": "région",
    "department": "département",
    "zone": "zone géographique",
    "territory": "type de territoire",
    "size": "taille d’association",
    "theme": "thème",
    "duration": "durée",
    "publics": "public",
    "discipline": "discipline",
}

ZONES = {
    "metro": "Hexagone et Corse",
    "drom": "départements et régions d’outre-mer",
    "com": "collectivités d’outre-mer",
}


def attribute_title(name: str) -> str:
    """An attribute in French, or its own name where it is the call's."""
    return ATTRIBUTES.get(name, name)


def theme_titles(call: CallFile) -> dict[str, str]:
    """Theme id → title: those of the call, else of the question that classes dossiers. Reviewers' expertise and
    dossiers' themes go by these ids.
    """
    question = questions_of(call).get(call.form.theme_question or "")
    labels = dict(question.labels()) if question is not None else {}
    return labels | {theme.id: theme.title for theme in call.call.themes}


def value_label(call: CallFile, attribute: str, value: str) -> str:
    """A value as the form words it."""
    kind, _, name = call.form.attributes.get(attribute, "").partition(".")
    question = questions_of(call).get(name) if kind == "answers" else None
    labels = dict(question.labels()) if question is not None else {}
    if attribute == "zone":
        labels = {**ZONES, **labels}
    return labels.get(value, value)
