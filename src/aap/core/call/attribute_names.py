"""Attributes of applications as people call them."""

from __future__ import annotations

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


def attribute_title(name: str) -> str:
    """An attribute in French, or its own name where it is the call's."""
    return ATTRIBUTES.get(name, name)
