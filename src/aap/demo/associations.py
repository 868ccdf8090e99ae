"""Fictitious associations on real communes, spread over all the regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from aap.core.territories import Commune, Territories, fold
from aap.demo import identifiers
from aap.demo.people import EITHER, MEN, Casting, DemoPerson
from aap.demo.places import from_
from aap.demo.texts.association_names import association_names

Setting = Literal["rural", "qpv", "petite-ville", "metropole"]
Size = Literal["small", "medium", "large"]

_STREETS = (
    "rue des Marronniers", "place du Marché", "rue de la Fontaine", "allée des Tilleuls", "rue du Lavoir", "impasse du Puits",
    "rue des Écoles", "chemin des Vignes", "avenue de la Gare", "rue du Moulin", "quai des Platanes", "rue des Tanneurs",
    "rue de l’Église", "boulevard des Acacias", "cour du Cloître", "rue de la Poste", "sentier des Genêts", "rue du Four",
)  # fmt: skip
_CAPACITIES = (
    ("Présidente", "Président", "Présidence"),
    ("Trésorière", "Trésorier", "Trésorerie"),
    ("Secrétaire",) * 3,
)

# How many of 100 associations have their seat in each setting, and overseas (counted apart).
_SETTINGS: Sequence[tuple[Setting, int]] = (("rural", 29), ("qpv", 31), ("petite-ville", 22), ("metropole", 18))
_OVERSEAS_SHARE = 0.08
_PARIS_REGION_SHARE = 0.24  # national networks have their seat there
_SIZES: Sequence[tuple[Size, int]] = (("small", 30), ("medium", 45), ("large", 25))


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody charged with the administration of the association."""

    person: DemoPerson
    capacity: str


def _officer(person: DemoPerson, woman: str, man: str, office: str) -> Officer:
    """Named as the person says it, so that letters greet a woman as « Madame la Présidente »."""
    if person.first_name in EITHER:
        return Officer(person, office)
    return Officer(person, man if person.first_name in MEN else woman)


@dataclass(frozen=True, slots=True)
class DemoAssociation:
    """A fictitious association. `yearly_income` in whole euros; `contact` is the person who types the dossier."""

    key: str
    name: str
    acronym: str
    siret: str
    rna: str | None
    purpose: str
    created_on: date
    address: str
    postal_code: str
    commune: Commune
    website: str
    email: str
    phone: str
    iban: str
    officers: tuple[Officer, ...]
    contact: DemoPerson
    setting: Setting
    size: Size
    yearly_income: int
    employees: int
    volunteers: int

    @property
    def representative(self) -> Officer:
        """The legal representative: the one who presides."""
        return self.officers[0]


def seeded(seed: object, *parts: object) -> Random:
    """A generator of its own for each part of the demonstration: adding one doesn't change the others."""
    return Random(":".join(str(part) for part in (seed, *parts)))  # noqa: S311 - fiction, no secret


def associations(seed: int, n: int, territories: Territories) -> tuple[DemoAssociation, ...]:
    """`n` associations (up to 1,200), the same for the same seed."""
    rng = seeded(seed, "associations")
    casting = Casting(seeded(seed, "officers"))
    names = association_names(rng)
    seats = _Seats(territories)
    return tuple(one_association(rng, casting, next(names), seats.draw(rng), number) for number in range(1, n + 1))


class _Seats:
    """Draws communes by setting, weighted by a power of the population so that cities don't take all."""

    def __init__(self, territories: Territories) -> None:
        inhabited = [commune for commune in territories if (commune.population or 0) > 300 and commune.postal_codes]
        mainland = [commune for commune in inhabited if commune.zone == "metro"]
        paris = [commune for commune in mainland if commune.region.code == "11"]
        province = [commune for commune in mainland if commune.region.code != "11"]
        self._overseas = _Pool([one for one in inhabited if one.zone == "drom" and _people(one) > 3000], 0.8)
        self._far = _Pool([one for one in inhabited if one.zone == "com" and _people(one) > 4000], 0.8)
        self._rural = _Pool([one for one in province if 700 <= _people(one) <= 6000], 0.5)
        self._small_towns = _Pool([one for one in province if 8000 <= _people(one) <= 45000], 0.8)
        self._cities = _Pool([one for one in province if _people(one) > 45000], 0.8)
        self._paris = _Pool([one for one in paris if _people(one) > 20000], 0.7)

    def draw(self, rng: Random) -> tuple[Commune, Setting]:
        if rng.random() < _OVERSEAS_SHARE:
            pool = self._far if rng.random() < 0.15 else self._overseas
            return pool.draw(rng), rng.choice(("rural", "qpv", "petite-ville"))
        [setting] = rng.choices([name for name, _ in _SETTINGS], [weight for _, weight in _SETTINGS])
        if setting == "rural":
            return self._rural.draw(rng), setting
        if setting == "petite-ville":
            return self._small_towns.draw(rng), setting
        in_paris = rng.random() < _PARIS_REGION_SHARE * 2  # the two urban settings carry the whole share
        return (self._paris if in_paris else self._cities).draw(rng), setting


class _Pool:
    def __init__(self, communes: list[Commune], power: float) -> None:
        self._communes = communes
        self._weights = [_people(commune) ** power for commune in communes]

    def draw(self, rng: Random) -> Commune:
        return rng.choices(self._communes, self._weights)[0]


def _people(commune: Commune) -> int:
    return commune.population or 0


def one_association(
    rng: Random,
    casting: Casting,
    base: str,
    seat: tuple[Commune, Setting],
    number: int,
    purposes: Sequence[str] | None = None,
) -> DemoAssociation:
    """The association `number` (its identifiers follow from it: give each number once) named after `base`."""
    commune, setting = seat
    name = f"{base} {from_(commune)}" if rng.random() < 0.22 and len(base) < 26 else base
    slug = fold(base).replace(" ", "-")
    weights = {"rural": (45, 45, 10), "qpv": (26, 46, 28), "petite-ville": (32, 48, 20), "metropole": (15, 42, 43)}
    [size] = rng.choices([one for one, _ in _SIZES], weights[setting])
    income, employees = _means(rng, size)
    department = commune.department.code
    return DemoAssociation(
        key=f"association-{number:03d}",
        name=name,
        acronym="".join(word[0] for word in fold(base).split()).upper() if rng.random() < 0.3 else "",
        siret=identifiers.siret(1000 + number * 37),
        rna=identifiers.rna(department, 1000 + number),
        purpose=rng.choice(purposes or _PURPOSES),
        created_on=date(2023, 6, 1) - timedelta(days=rng.randrange(30, 9000)),
        address=f"{rng.randrange(1, 120)} {rng.choice(_STREETS)}",
        postal_code=rng.choice(commune.postal_codes),
        commune=commune,
        website=f"https://{slug}.example.org",
        email=f"contact-{slug}@example.org",
        phone=identifiers.phone(department, rng),
        iban=identifiers.iban(20_000_000 + number * 9973),
        officers=tuple(_officer(casting.person(), *capacity) for capacity in _CAPACITIES),
        contact=casting.person(),
        setting=setting,
        size=size,
        yearly_income=income,
        employees=employees,
        volunteers=int(rng.triangular(12, 90, 30) * {"small": 0.8, "medium": 2, "large": 6}[size]),
    )


_PURPOSES = (
    "Accompagner des jeunes vers la réussite de leurs études et leur premier emploi par le mentorat bénévole.",
    "Créer des liens durables entre des jeunes et des adultes de leur territoire.",
    "Favoriser l’égalité des chances par l’accompagnement individuel et l’éducation populaire.",
    "Lutter contre l’isolement des jeunes et soutenir leurs projets de vie.",
    "Ouvrir aux jeunes les réseaux, les métiers et les lieux de culture qui leur sont éloignés.",
    "Soutenir les jeunes dans leur scolarité, leur orientation et leur engagement.",
    "Développer la solidarité entre générations au service de l’autonomie des jeunes.",
)


def _means(rng: Random, size: Size) -> tuple[int, int]:
    """Yearly income in euros (rounded to 500), and employees."""
    low, high, mode = {"small": (45, 149, 90), "medium": (155, 990, 330), "large": (1050, 4800, 1500)}[size]
    income = int(rng.triangular(low, high, mode) * 2) * 500
    per_employee = rng.triangular(42_000, 75_000, 55_000)
    return income, max(0 if size == "small" else 2, round(income * 0.55 / per_employee))
