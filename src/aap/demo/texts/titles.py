"""Titles of projects: short, concrete, and different from one another."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from aap.core.french import number
from aap.demo.associations import DemoAssociation
from aap.demo.places import at, from_, in_department

_OPENINGS: Mapping[str, tuple[str, ...]] = {
    "scolarite": ("Un mentor pour choisir sa voie", "Réviser, respirer, réussir", "De la troisième au premier semestre", "Le bon cap après le bac", "Mes études, mon mentor", "Apprendre à deux", "L’année d’après", "Oser les études longues"),
    "insertion": ("Premier contrat", "Un métier, un mentor", "Du stage à l’emploi", "Mon réseau commence ici", "Les coulisses du travail", "Entrer par la bonne porte", "Travailler, pourquoi pas moi", "Tremplin à deux"),
    "handicap": ("Autrement capables", "À mon rythme, avec toi", "Le droit d’essayer", "Ensemble en milieu ordinaire", "Mentors accessibles", "Ni plus ni moins", "Une place à la table"),
    "protection": ("Après la majorité", "Un lien qui reste", "Quelqu’un sur qui compter", "Sortir de l’aide sociale, pas du lien", "Dix-huit ans et la suite", "Un adulte à appeler", "Repères"),
    "justice": ("Reprendre pied", "La suite est possible", "Une main dehors", "Passerelle de sortie", "Le temps d’un café", "Se relever à deux", "Nouveau départ"),
    "mobilite": ("Un mentor à la campagne", "La route est à nous", "Du bourg au campus", "Mentors des vallées", "Les kilomètres en moins", "Loin des villes, près des jeunes", "Le car de 7 heures"),
    "engagement": ("La voix des jeunes", "Scènes ouvertes", "Citoyens en binôme", "L’art d’être deux", "S’engager, ça s’apprend", "Tous acteurs", "Place aux jeunes"),
}  # fmt: skip


def project_title(association: DemoAssociation, theme: str, young: int, rng: Random) -> str:
    """A title of at most 120 characters."""
    opening = rng.choice(_OPENINGS[theme])
    commune, where = association.commune, in_department(association.commune.department)
    tails = (
        f"{number(young)} binômes {where}",
        f"{number(young)} jeunes et leurs mentors {at(commune)}",
        f"le mentorat {from_(commune)}",
        f"mentorat {where}",
        f"{number(young)} parcours {where}",
        f"des mentors bénévoles {at(commune)}",
        f"un binôme pour chaque jeune {where}",
    )
    title = f"{opening}\u00a0: {rng.choice(tails)}"
    return title if len(title) <= 120 else opening
