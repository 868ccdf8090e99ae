"""Places in French sentences: `au Havre`, `des Abymes`, `dans le Finistère`, `en Bretagne`."""

from __future__ import annotations

from aap.core.french import of
from aap.core.territories import Commune, Department, Region


def place_name(name: str) -> str:
    """A name of the official table with the typographic apostrophe, without a canton between brackets."""
    return name.replace("'", "’").split(" (")[0]


def at(commune: Commune) -> str:
    """`à Brest`, `au Havre`, `aux Abymes`."""
    name = place_name(commune.name)
    if name.startswith("Le "):
        return f"au {name[3:]}"
    if name.startswith("Les "):
        return f"aux {name[4:]}"
    return f"à {name}"


def from_(commune: Commune) -> str:
    """`de Brest`, `d’Angers`, `du Havre`, `des Abymes`."""
    name = place_name(commune.name)
    if name.startswith("Le "):
        return f"du {name[3:]}"
    if name.startswith("Les "):
        return f"des {name[4:]}"
    return of(name)


_MASCULINE = frozenset(
    [
        "Ain",
        "Aisne",
        "Allier",
        "Ardèche",
        "Ariège",
        "Aube",
        "Aude",
        "Aveyron",
        "Calvados",
        "Cantal",
        "Cher",
        "Doubs",
        "Eure",
        "Finistère",
        "Gard",
        "Gers",
        "Hérault",
        "Indre",
        "Isère",
        "Jura",
        "Loiret",
        "Lot",
        "Morbihan",
        "Nord",
        "Orne",
        "Puy-de-Dôme",
        "Rhône",
        "Tarn",
        "Var",
        "Vaucluse",
        "Loir-et-Cher",
        "Lot-et-Garonne",
        "Bas-Rhin",
        "Haut-Rhin",
        "Pas-de-Calais",
        "Maine-et-Loire",
        "Tarn-et-Garonne",
        "Val-de-Marne",
        "Val-d'Oise",
        "Essonne",
        "Yonne",
        "Oise",
        "Territoire",
        "Eure-et-Loir",
        "Ille-et-Vilaine",
        "Indre-et-Loire",
        "Lozère",
        "Haute-Corse",
        "Corse-du-Sud",
    ]
)
_EN = frozenset({"Eure-et-Loir", "Ille-et-Vilaine", "Indre-et-Loire", "Lozère", "Haute-Corse", "Corse-du-Sud"})
_PLURAL = ("Alpes-", "Ardennes", "Bouches-", "Côtes-", "Deux-", "Hautes-", "Hauts-", "Landes", "Pyrénées-", "Vosges",
           "Yvelines")  # fmt: skip
_LA = frozenset({"Drôme", "Loire", "Manche", "Marne", "Meuse", "Nièvre", "Sarthe", "Somme", "Vienne"})
_AT = frozenset({"Paris", "La Réunion", "Mayotte", "Saint-Barthélemy", "Saint-Martin", "Saint-Pierre-et-Miquelon",
                 "Wallis et Futuna"})  # fmt: skip


def in_department(department: Department) -> str:
    """`dans le Finistère`, `dans l’Ain`, `en Gironde`, `dans les Landes`, `à La Réunion`."""
    name = place_name(department.name)
    if department.name in _AT:
        return f"à {name}"
    if department.name.startswith("Territoire de"):
        return f"dans le {name}"
    if department.name.startswith(_PLURAL):
        return f"dans les {name}"
    if department.name in _MASCULINE and department.name not in _EN:
        elided = name[0] in "AEIOUYÎÉ" or name == "Hérault"
        return f"dans l’{name}" if elided else f"dans le {name}"
    if department.name in _LA:
        return f"dans la {name}"
    return f"en {name}"


def in_region(region: Region) -> str:
    """`en Bretagne`, `dans les Hauts-de-France`, `à Mayotte`."""
    name = place_name(region.name)
    if region.name in _AT:
        return f"à {name}"
    if region.name in ("Hauts-de-France", "Pays de la Loire"):
        return f"dans les {name}"
    return f"dans le {name}" if region.name == "Grand Est" else f"en {name}"
