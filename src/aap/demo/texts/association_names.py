"""Names of associations that don't exist: plausible, and dreamy enough that nobody looks for them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

_HEADS = (
    "L’Aiguillage", "L’Alambic", "L’Arpent", "La Balise", "La Boussole", "La Cabane", "La Clairière", "La Cordée",
    "La Courte Échelle", "La Fabrique", "La Girouette", "La Lanterne", "La Malle", "La Manivelle", "La Marelle",
    "La Passerelle", "La Rotonde", "La Ruche", "La Verrière", "La Virgule", "Le Canevas", "Le Cerf-Volant", "Le Compas",
    "Le Gué", "Le Métronome", "Le Périscope", "Le Phare", "Le Pollen", "Le Relais", "Le Ricochet", "Le Semoir",
    "Le Sextant", "Le Tandem", "Le Trapèze", "L’Embellie", "L’Équinoxe", "L’Escale", "L’Établi", "L’Herbier", "L’Hirondelle",
)  # fmt: skip
_TAILS = (
    "à deux voix", "à voix haute", "au long cours", "aux cent chemins", "aux mille marches", "aux trois renards",
    "d’après-demain", "de la colline", "de l’autre rive", "des apprentis", "des grands départs", "des horizons",
    "des lucioles", "des matins clairs", "des nouveaux venus", "des pas de côté", "des possibles", "des premiers pas",
    "des quatre saisons", "des vents contraires", "du bout du quai", "du coin de la rue", "du grand pré", "du mardi",
    "du petit matin", "sans frontière", "en chemin", "en partage", "et compagnie", "sous les tilleuls",
)  # fmt: skip
_PAIRS = (
    "Binômes", "Mentors", "Parrains et Filleuls", "Compagnons de route", "Tandems", "Aînés et Cadets", "Pairs",
    "Éclaireurs",
)  # fmt: skip
_PAIR_TAILS = (
    "sans détour", "des deux rives", "au carré", "en herbe", "du vendredi", "à l’unisson", "de plein vent", "à la page",
    "du levant", "sur parole", "du pont neuf", "en escale",
)  # fmt: skip


def association_names(rng: Random) -> Iterator[str]:
    """All the names, each once, in an order that depends on the seed (about 1,300)."""
    names = [f"{head} {tail}" for head in _HEADS for tail in _TAILS]
    names += [f"{pair} {tail}" for pair in _PAIRS for tail in _PAIR_TAILS]
    rng.shuffle(names)
    yield from names
