"""Fictitious people: first names and names put together at random, addresses at example.org."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from aap.core.territories import fold

FIRST_NAMES = (
    "Adèle", "Agnès", "Ahmed", "Aïcha", "Alain", "Alexandre", "Alice", "Aline", "Amina", "Anaïs", "André", "Anissa",
    "Antoine", "Armelle", "Arnaud", "Aurélie", "Bakary", "Benoît", "Bérénice", "Bruno", "Camille", "Caroline",
    "Catherine", "Cécile", "Chantal", "Charlotte", "Clément", "Colette", "Corinne", "Cyril", "Damien", "Daniel",
    "Delphine", "Denis", "Djamila", "Dominique", "Édith", "Élise", "Élodie", "Émile", "Éric", "Estelle", "Étienne",
    "Fabien", "Fanny", "Farid", "Fatou", "Florence", "François", "Gaëlle", "Gérard", "Ghislaine", "Gilles",
    "Guillaume", "Habib", "Hawa", "Henri", "Hervé", "Hugo", "Inès", "Irène", "Isabelle", "Jacques", "Jamila",
    "Jean-Marc", "Jeanne", "Jérôme", "Joël", "Joséphine", "Julien", "Karim", "Khadija", "Laure", "Laurence", "Léa",
    "Léon", "Lina", "Loïc", "Lucie", "Ludovic", "Lydie", "Malik", "Manon", "Marcel", "Margaux", "Mariam", "Marius",
    "Martine", "Mathilde", "Maxime", "Mehdi", "Mélanie", "Michèle", "Mireille", "Monique", "Moussa", "Nadia",
    "Nathalie", "Nicolas", "Noémie", "Océane", "Odile", "Olivier", "Ousmane", "Pascale", "Patrice", "Paul", "Pauline",
    "Perrine", "Philippe", "Pierre", "Rachid", "Raphaël", "Régine", "Rémi", "Renée", "Roxane", "Salomé", "Samir",
    "Sandrine", "Sébastien", "Séverine", "Simon", "Solène", "Sophie", "Stéphane", "Sylvie", "Tatiana", "Théo",
    "Thérèse", "Tiphaine", "Valérie", "Vincent", "Virginie", "Xavier", "Yann", "Yasmine", "Yvette", "Zoé",
)  # fmt: skip
MEN = frozenset({
    "Ahmed", "Alain", "Alexandre", "André", "Antoine", "Arnaud", "Bakary", "Benoît", "Bruno", "Clément", "Cyril", "Damien",
    "Daniel", "Denis", "Émile", "Éric", "Étienne", "Fabien", "Farid", "François", "Gérard", "Gilles", "Guillaume", "Habib",
    "Henri", "Hervé", "Hugo", "Jacques", "Jean-Marc", "Jérôme", "Joël", "Julien", "Karim", "Léon", "Loïc", "Ludovic", "Malik",
    "Marcel", "Marius", "Maxime", "Mehdi", "Moussa", "Nicolas", "Olivier", "Ousmane", "Patrice", "Paul", "Philippe", "Pierre",
    "Rachid", "Raphaël", "Rémi", "Samir", "Sébastien", "Simon", "Stéphane", "Théo", "Vincent", "Xavier", "Yann",
})  # fmt: skip
EITHER = frozenset({"Camille", "Dominique"})
LAST_NAMES = (
    "Abadie", "Allard", "Amrani", "Aubertin", "Bachelet", "Bahloul", "Bamba", "Barthe", "Bélanger", "Benali",
    "Berthoin", "Bizien", "Blancheton", "Bonnaire", "Boucher", "Bourdelle", "Brossard", "Cabanel", "Camara",
    "Carpentier", "Cassagne", "Chabrol", "Charpin", "Chevrolet", "Cissé", "Clairvaux", "Colombier", "Coulibaly",
    "Courtade", "Dacosta", "Daubigny", "Delacourt", "Delmas", "Dembélé", "Descombes", "Diallo", "Doucet", "Dufresnoy",
    "Dumontier", "Escudier", "Estève", "Fauvel", "Ferrandi", "Fontanel", "Gaillac", "Garrigou", "Gauvin", "Gomis",
    "Grandjean", "Guérinel", "Guichard", "Haddad", "Hamon", "Haution", "Hérault", "Hoarau", "Jacquemin", "Jaouen",
    "Joubert", "Kaci", "Kerautret", "Konaté", "Labarre", "Lacroisade", "Lambertin", "Lanoix", "Larrieu", "Lebihan",
    "Lecointre", "Legoff", "Lemarchand", "Lesage", "Maillard", "Maktouf", "Marchal", "Marolleau", "Mazurier",
    "Mercadal", "Mérindol", "Montagnac", "Morvan", "Nogaret", "Nguyen", "Oudinot", "Palissy", "Payet", "Pélissier",
    "Pereira", "Peyrat", "Pichavant", "Poncelet", "Quéméner", "Rabier", "Rambert", "Renaudot", "Ribeyrolles",
    "Rocamora", "Rosier", "Roumégas", "Saadi", "Sabatier", "Sallenave", "Savarin", "Sénéchal", "Sicard", "Soumaré",
    "Tardivel", "Tessier", "Touré", "Traoré", "Vannier", "Vasseur", "Verdier", "Vialatte", "Vidalenc", "Villedieu",
    "Weissmann", "Yildiz", "Zanetti", "Zerrouki",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person that doesn't exist. `name` is first name and name."""

    first_name: str
    last_name: str
    email: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Casting:
    """Gives people whose names and addresses are all different."""

    def __init__(self, rng: Random, taken: Iterable[str] = ()) -> None:
        """`taken`: addresses that somebody else has already."""
        self._rng = rng
        self._taken = set(taken)

    def person(self) -> DemoPerson:
        while True:
            first, last = self._rng.choice(FIRST_NAMES), self._rng.choice(LAST_NAMES)
            address = f"{fold(first)}.{fold(last)}@example.org".replace(" ", "-")
            if address not in self._taken:
                self._taken.add(address)
                return DemoPerson(first, last, address)
