"""Puts sentences together: a dossier's texts from the fragments, its facts, and how good the dossier is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random

from aap.core.french import number
from aap.demo.associations import DemoAssociation
from aap.demo.places import at, from_, in_department, in_region
from aap.demo.texts.project import Slot

PUBLICS: Mapping[str, str] = {
    "handicap": "jeunes en situation de handicap",
    "decrochage": "jeunes en décrochage",
    "ase": "jeunes confiés à l’aide sociale à l’enfance",
    "justice": "jeunes suivis par la justice",
    "allophones": "jeunes nouvellement arrivés en France",
    "boursiers": "jeunes boursiers",
    "tous": "jeunes de 11 à 30 ans",
}
_REFERRERS: Mapping[str, tuple[str, ...]] = {
    "handicap": ("l’institut médico-éducatif", "la maison départementale des personnes handicapées", "le réseau des classes Ulis"),
    "decrochage": ("la mission locale", "la plateforme de lutte contre le décrochage", "le centre d’information et d’orientation"),
    "ase": ("le service de l’aide sociale à l’enfance", "la maison d’enfants", "l’association départementale des anciens de l’ASE"),
    "justice": ("l’unité éducative de milieu ouvert", "la protection judiciaire de la jeunesse", "le service pénitentiaire d’insertion"),
    "allophones": ("le centre académique pour les élèves allophones", "le centre d’accueil", "l’unité pédagogique du lycée"),
    "boursiers": ("le lycée polyvalent", "le service social de l’université", "le réseau des Cordées de la réussite"),
    "tous": ("le collège", "la maison de quartier", "la mission locale"),
}  # fmt: skip
_PARTNERS = (
    "la communauté de communes", "la médiathèque", "le club des entreprises", "le centre social", "la Maison des adolescents",
    "le foyer de jeunes travailleurs", "la chambre de métiers", "le campus connecté", "la scène conventionnée",
    "le lycée agricole", "la caisse d’allocations familiales", "le groupement d’employeurs", "le bureau information jeunesse",
    "le comité départemental olympique et sportif", "la régie de quartier", "l’établissement pour l’insertion dans l’emploi",
)  # fmt: skip
_ROLES = (
    "directrice",
    "responsable des programmes",
    "chef de projet",
    "coordinatrice",
    "délégué général",
    "coordinateur",
)
_TEAMS = ("deux coordinatrices", "une coordinatrice et une volontaire en service civique", "trois chargés de binômes",
          "une psychologue et deux référents locaux", "une équipe de bénévoles expérimentés")  # fmt: skip


def story_facts(
    association: DemoAssociation, rng: Random, publics: Sequence[str], young: int, months: int
) -> dict[str, str]:
    """The values that sentences may name, each written once for the whole dossier so that its texts agree."""
    commune = association.commune
    main = publics[0]
    mentors = max(6, int(young * rng.uniform(0.75, 1.0)))
    staff = association.employees
    facts = {
        "asso": association.name,
        "annee": str(association.created_on.year),
        "ville_a": at(commune),
        "ville_de": from_(commune),
        "dept": in_department(commune.department),
        "region": in_region(commune.region),
        "nus": PUBLICS[main],
        "orienteur": rng.choice(_REFERRERS[main]),
        "partenaire": rng.choice(_PARTNERS),
        "jeunes": number(young),
        "jeunes_2027": number(int(young * rng.uniform(1.4, 2.2))),
        "mentors": number(mentors),
        "recrues": number(int(mentors * rng.uniform(1.6, 2.4))),
        "mois": str(months),
        "anciens": number(int(young * rng.uniform(1.5, 6)) + 20),
        "adresses": number(int(young * rng.uniform(0.5, 0.9)) + 5),
        "enquete": number(rng.randrange(60, 420)),
        "benevoles": number(association.volunteers),
        "salaries_texte": "un salarié" if staff == 1 else f"{number(staff)} salariés" if staff else "une prestataire à temps partiel",
        "sur": rng.choice(("quatre", "cinq", "six")),
        "minutes": rng.choice(("quarante", "cinquante", "trente", "soixante-dix")),
        "rythme": rng.choice(("deux heures par semaine", "une fois par semaine", "deux fois par mois", "deux heures tous les dix jours")),
        "frequence": rng.choice(("le mercredi", "chaque jeudi soir", "deux fois par mois", "le mardi midi")),
        "fonds": number(rng.randrange(3, 15) * 1000),
        "reussite": str(rng.randrange(65, 86)),
        "reponse": str(rng.randrange(58, 92)),
        "part": str(rng.randrange(38, 78)),
        "abandons": str(rng.randrange(7, 18)),
        "age": str(rng.randrange(15, 22)),
        "parcours": rng.choice(("trente", "trente-cinq", "quarante", "vingt-cinq")),
        "temps": rng.choice(("50", "60", "80", "100")),
        "Chef": association.contact.name,
        "fonction": rng.choice(_ROLES) if staff else "administratrice bénévole",
        "equipe": rng.choice(_TEAMS),
    }  # fmt: skip
    return facts | {key.capitalize(): capital(facts[key]) for key in ("asso", "dept", "ville_a")}


def capital(text: str) -> str:
    """The text with a capital at its head."""
    return text[:1].upper() + text[1:]


def partners_of(rng: Random, facts: Mapping[str, str], count: int) -> list[str]:
    """`count` partners, the referrer and the main one first."""
    others = [partner for partner in _PARTNERS if partner != facts["partenaire"]]
    return [facts["orienteur"], facts["partenaire"], *rng.sample(others, max(0, count - 2))][:count]


def say(sentence: str, facts: Mapping[str, str]) -> str:
    """The sentence with its facts, its contractions (`de le` → `du`) and its no-break spaces."""
    text = sentence.format_map(dict(facts))
    for apart, joined in ((" de le ", " du "), (" de les ", " des "), (" à le ", " au "), (" à les ", " aux ")):
        text = text.replace(apart, joined)
    text = re.sub(r" (%|[;?!])", "\u202f\\1", text)
    text = re.sub(r" ([:»€])", "\u00a0\\1", text)
    return capital(text.replace("« ", "«\u00a0"))


def tell(slots: Sequence[Slot], facts: Mapping[str, str], quality: float, rng: Random, *, least: int = 150) -> str:
    """One text: a sentence or two a slot, drawn among the strong ones as often as `quality` (0 to 1) says.

    At least `least` characters: a weak dossier answers too, only with less in it.
    """
    chosen: list[str] = []
    for position, (strong, weak) in enumerate(slots):
        bank = strong if rng.random() < quality else weak
        roomy = position > 0 and bank is strong and len(strong) > 2  # the first slot opens the text, once
        wanted = 2 if roomy and rng.random() < quality - 0.3 else 1
        chosen += [say(sentence, facts) for sentence in rng.sample(bank, wanted)]
    spare = [say(sentence, facts) for strong, weak in slots for sentence in (*weak, *strong)]
    while len(" ".join(chosen)) < least:
        chosen.append(next(sentence for sentence in spare if sentence not in chosen))
    half = (len(chosen) + 1) // 2
    if len(chosen) > 3 and rng.random() < 0.5:
        return " ".join(chosen[:half]) + "\n\n" + " ".join(chosen[half:])
    return " ".join(chosen)
