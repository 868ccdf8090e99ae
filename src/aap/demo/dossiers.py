"""Complete dossiers for the call `mentorat-2025`: every answer, by question id, as the forms store them.

Each dossier has hidden qualities, one a criterion between 0 and 1: they choose its sentences and, with the reviewers'
severities, its marks. Keys of `answers` are the call file's question ids; files are apart (`aap.demo.attachments`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from aap.core.budgets.accounting import Budget
from aap.core.call.schema import CallFile
from aap.core.territories import Commune, Territories
from aap.demo.associations import DemoAssociation, seeded
from aap.demo.budgets import association_budget, project_budget
from aap.demo.places import place_name
from aap.demo.storytelling import capital, partners_of, say, story_facts, tell
from aap.demo.texts import people, project
from aap.demo.texts.titles import project_title

CRITERIA = ("quality", "reach", "solidity", "territory", "evaluation")
SIMPLE_FORM_LIMIT = 50_000  # euros: the short form of the call


@dataclass(frozen=True, slots=True)
class DemoDossier:
    """One dossier. `requested_amount` in cents. `qualities`: criterion → 0 to 1, never shown to anybody.

    `ineligible_rule` names the call's rule that screening finds broken, with the official's words.
    """

    key: str
    association: DemoAssociation
    title: str
    theme: str
    answers: Mapping[str, Any]
    eligibility: Mapping[str, str]
    requested_amount: int
    project_budget: Budget
    association_budget: Budget
    qualities: Mapping[str, float]
    facts: Mapping[str, str]
    started_at: datetime
    submitted_at: datetime
    ineligible_rule: str | None = None
    ineligible_reason: str = ""


# What the service finds when it reads the documents: the rule of the call, and its words.
_INELIGIBLE: tuple[tuple[str, str], ...] = (
    ("anciennete", "Le récépissé de déclaration joint aux statuts est daté du 3 avril 2024 : l’association avait moins d’un an à la clôture."),
    ("mentorat", "Le projet finance des cours collectifs donnés par des enseignants rémunérés ; aucun mentor bénévole n’est prévu."),
    ("mentorat", "Les actions décrites sont trois journées de découverte des métiers : il n’y a pas de suivi individuel pendant six mois."),
    ("age", "Les enfants accompagnés ont de 6 à 10 ans, comme le montrent le projet pédagogique et les listes de partenaires."),
    ("statut", "Les statuts joints sont ceux d’une société coopérative d’intérêt collectif, qui n’est pas une association déclarée."),
    ("obligations", "L’attestation de l’Urssaf demandée le 10 mars 2025 fait état de cotisations impayées, sans plan d’apurement."),
    ("mentorat", "Le dossier décrit un parrainage financier : les parrains versent une aide et ne rencontrent pas les jeunes."),
)  # fmt: skip


def dossiers(
    seed: int, call: CallFile, associations: tuple[DemoAssociation, ...], territories: Territories
) -> tuple[DemoDossier, ...]:
    """One dossier for each association, in the same order; seven of them break a rule of eligibility."""
    refused = seeded(seed, "ineligible").sample(
        range(len(associations)), min(len(_INELIGIBLE), len(associations) // 20)
    )
    rule_of = dict(zip(refused, _INELIGIBLE, strict=False))
    neighbours = _Neighbours(territories)
    made = []
    for index, association in enumerate(associations):
        rule, reason = rule_of.get(index, (None, ""))
        rng = seeded(seed, "dossier", association.key)
        made.append(dossier(association, call, rng, neighbours, rule=rule, reason=reason.replace(" :", "\u00a0:")))
    return tuple(made)


class _Neighbours:
    """Communes of the same department, the most populated first."""

    def __init__(self, territories: Territories) -> None:
        self._by_department: dict[str, list[Commune]] = {}
        for commune in territories:
            self._by_department.setdefault(commune.department.code, []).append(commune)

    def of(self, commune: Commune, rng: Random) -> list[str]:
        around = [one for one in self._by_department[commune.department.code] if one.code != commune.code]
        weights = [(one.population or 1) ** 0.5 for one in around]
        codes = [commune.code]
        for _ in range(rng.randrange(0, 6) if around else 0):
            codes.append(rng.choices(around, weights)[0].code)
        return list(dict.fromkeys(codes))


def dossier(
    association: DemoAssociation,
    call: CallFile,
    rng: Random,
    neighbours: _Neighbours,
    *,
    rule: str | None = None,
    reason: str = "",
) -> DemoDossier:
    """The dossier of one association; `rng` decides everything that its identity does not."""
    qualities = _qualities(association, rng)
    publics, theme = _publics(association, rng)
    request = _request(association, qualities, rng)
    young = max(20, int(request / rng.uniform(380, 1100)))
    young -= young % 5 if young > 100 else 0
    months = rng.choice((9, 10, 12, 12))
    facts = story_facts(association, rng, publics, young, months)
    title = project_title(association, theme, young, rng)
    plan = project_budget(association, request, rng.uniform(0.42, 0.78), rng)
    year = association_budget(association, plan, rng)
    answers = {
        **_about_the_association(association, facts, qualities, rng),
        **_about_the_project(facts, qualities, rng, title=title, theme=theme, request=request, young=young, months=months),
        **_about_the_young(association, facts, qualities, rng, publics=publics, young=young),
        **_steering(facts, qualities, rng, request, young),
        "communes": neighbours.of(association.commune, rng),
        "budget-association": year.stored(),
        "budget-projet": plan.stored(),
        "aides-publiques": "plus-de-500000" if association.yearly_income > 450_000 else "jusqu-a-500000",
        "autre-demande": _yes_no(rng, 0.15, "Au service départemental à la jeunesse, pour 6\u202f000\u00a0€ (formation des bénévoles)."),
    }  # fmt: skip
    if answers["duree"] == "pluriannuelle":
        answers |= _three_years(facts, qualities, rng, plan, young)
    started, submitted = times_of(call, rng)
    return DemoDossier(
        key=association.key.replace("association", "dossier"),
        association=association,
        title=title,
        theme=theme,
        answers=answers,
        eligibility={one.id: "oui" for one in call.eligibility if one.question is not None},
        requested_amount=plan.request,
        project_budget=plan,
        association_budget=year,
        qualities=qualities,
        facts=facts,
        started_at=started,
        submitted_at=submitted,
        ineligible_rule=rule,
        ineligible_reason=reason,
    )


def _qualities(association: DemoAssociation, rng: Random) -> dict[str, float]:
    """A general level, then each criterion around it; size helps solidity, and some settings are harder."""
    level = rng.gauss(0.625, 0.115) + {"small": -0.035, "medium": 0.0, "large": 0.045}[association.size]
    level -= 0.035 if association.setting == "rural" else 0.0
    level -= 0.055 if association.commune.zone != "metro" else 0.0
    lean = {"solidity": {"small": -0.06, "medium": 0.0, "large": 0.06}[association.size]}
    lean["reach"] = 0.05 if association.setting in ("qpv", "rural") else -0.03
    return {one: min(0.98, max(0.05, rng.gauss(level + lean.get(one, 0.0), 0.06))) for one in CRITERIA}


def _publics(association: DemoAssociation, rng: Random) -> tuple[list[str], str]:
    """Publics in the call's order, and the theme that goes with the first."""
    weights = {"handicap": 15, "decrochage": 30, "ase": 14, "justice": 10, "allophones": 8, "boursiers": 23, "tous": 14}
    main = rng.choices(list(weights), list(weights.values()))[0]
    chosen = {main}
    if main != "tous" and rng.random() < 0.35:
        chosen.add(rng.choice([one for one in weights if one != "tous"]))
    themes = {"handicap": ("handicap",), "ase": ("protection",), "justice": ("justice",)}
    usual = ("mobilite", "scolarite", "insertion") if association.setting == "rural" else (
        "scolarite", "insertion", "insertion", "engagement", "scolarite")  # fmt: skip
    ordered = [main, *[one for one in weights if one in chosen and one != main]]
    return ordered, rng.choice(themes.get(main, usual))


def _request(association: DemoAssociation, qualities: Mapping[str, float], rng: Random) -> int:
    """Euros: larger associations ask for more, and so do those that know what they do."""
    low, high, mode = {"small": (20, 90, 40), "medium": (45, 270, 110), "large": (110, 560, 230)}[association.size]
    amount = rng.triangular(low, high, mode) * (0.8 + 0.4 * qualities["solidity"])
    within = min(amount, 0.75 * max(association.yearly_income / 1000, low * 1.4))
    return int(min(600, max(20, within))) * 1000 + rng.choice((0, 0, 0, 500 if within < 599 else 0))


def _yes_no(rng: Random, share: float, *details: str) -> dict[str, str]:
    if rng.random() >= share:
        return {"value": "non", "detail": ""}
    return {"value": "oui", "detail": rng.choice(details) if details else ""}


def _about_the_association(
    association: DemoAssociation, facts: Mapping[str, str], qualities: Mapping[str, float], rng: Random
) -> dict[str, Any]:
    part_time = association.employees * rng.uniform(0.7, 0.95)
    audited = association.yearly_income > 600_000 or rng.random() < 0.15
    return {
        "presentation": tell(people.PRESENTATION, facts, qualities["solidity"], rng),
        "taille": association.size,
        "federation": _yes_no(
            rng, 0.6, "L’Union fictive des associations de mentorat", "Le Réseau imaginaire de la jeunesse rurale",
            "La Fédération d’essai des maisons de quartier", "Le Collectif inventé pour l’égalité des chances",
        ),
        "commissaire": {"value": "oui" if audited else "non", "detail": ""},
        "benevoles": str(association.volunteers),
        "salaries": str(association.employees),
        "etp": f"{part_time:.1f}",
    }  # fmt: skip


def _about_the_project(
    facts: Mapping[str, str],
    qualities: Mapping[str, float],
    rng: Random,
    *,
    title: str,
    theme: str,
    request: int,
    young: int,
    months: int,
) -> dict[str, Any]:
    quality = qualities["quality"]
    starts = rng.choice((1, 2, 3, 3, 4)) if months < 12 else 1
    last = min(12, starts + months - 1)
    period = {"start": f"2025-{starts:02d}-01", "end": f"2025-{last:02d}-{28 if last == 2 else 30}"}
    several_years = request > 60_000 and rng.random() < 0.4 + 0.3 * (qualities["solidity"] - 0.5)
    return {
        "titre": title,
        "theme": theme,
        "format": "simple" if request <= SIMPLE_FORM_LIMIT else "complet",
        "duree": "pluriannuelle" if several_years else "annuelle",
        "periode": period,
        "besoin": tell(project.NEED, facts, (quality + qualities["reach"]) / 2, rng),
        "resume": tell(project.SUMMARY, facts, quality, rng),
        "actions": _actions(facts, quality, rng, period, young),
        "mentors": tell(project.MENTORS, facts, quality, rng),
        "protection": tell(project.PROTECTION, facts, quality, rng, least=0),
    }


def _actions(
    facts: Mapping[str, str], quality: float, rng: Random, period: dict[str, str], young: int
) -> list[dict[str, Any]]:
    """Two to five actions, the weak ones among them as often as the dossier is weak."""
    count = min(5, max(2, round(1.5 + 4 * quality + rng.uniform(-0.6, 0.6))))
    strong = sum(rng.random() < quality + 0.1 for _ in range(count))
    weak = min(count - strong, len(project.WEAK_ACTIONS))
    picked = sorted(rng.sample(range(len(project.ACTIONS)), max(strong, 1)))
    chosen = [project.ACTIONS[index] for index in picked] + rng.sample(project.WEAK_ACTIONS, weak)
    return [
        {
            "intitule": name,
            "description": say(rng.choice(texts), facts),
            "calendrier": period if rng.random() < 0.5 else {**period, "end": "2025-12-31"},
            "beneficiaires": str(young if rng.random() < 0.6 else max(5, young * rng.randrange(3, 9) // 10)),
        }
        for name, texts in chosen
    ]


def _about_the_young(
    association: DemoAssociation,
    facts: Mapping[str, str],
    qualities: Mapping[str, float],
    rng: Random,
    *,
    publics: list[str],
    young: int,
) -> dict[str, Any]:
    order = ("handicap", "decrochage", "ase", "justice", "allophones", "boursiers", "tous")
    territories: set[str] = {association.setting}
    if association.commune.zone != "metro":
        territories.add("outre-mer")
    if rng.random() < 0.16:
        territories.add(rng.choice(("rural", "petite-ville", "qpv")))
    answers: dict[str, Any] = {
        "jeunes": str(young),
        "publics": [one for one in order if one in publics],
        "aller-vers": tell(people.REACHING, facts, qualities["reach"], rng),
        "territoires": [
            one for one in ("rural", "qpv", "outre-mer", "petite-ville", "metropole") if one in territories
        ],
        "partenaires": _partners(facts, qualities["territory"], rng),
    }
    if "handicap" in publics:
        answers["handicap-adaptations"] = tell(people.ADAPTATIONS, facts, qualities["reach"], rng, least=0)
    if "qpv" in territories:
        answers["quartiers"] = _quarters(association.commune, rng)
    return answers


_QUARTERS = ("Les Hauts-Jardins", "La Petite-Garenne", "Les Trois-Ponts", "Belle-Source", "Le Clos-Fleuri", "La Butte-aux-Pies",
             "Le Val-Tranquille", "Les Genêts", "Le Grand-Séquoia", "Les Cerisiers-Nord", "La Plaine-des-Jeux")  # fmt: skip


def _quarters(commune: Commune, rng: Random) -> str:
    names = rng.sample(_QUARTERS, rng.choice((1, 1, 2, 3)))
    return f"{place_name(commune.name)} : {', '.join(names)}".replace(" :", "\u00a0:")


def _partners(facts: Mapping[str, str], quality: float, rng: Random) -> list[dict[str, str]]:
    brings = ("Adresse les jeunes et les connaît", "Prête des salles et relaie l’appel à mentors", "Ouvre ses lieux aux binômes",
              "Finance les déplacements", "Participe au comité de suivi", "Forme les mentors", "Propose des stages et des visites")  # fmt: skip
    states = ("Signé", "Signé", "En cours") if quality > 0.6 else ("Signé", "En cours", "Envisagé")
    if quality < 0.4:
        states = ("En cours", "Envisagé", "Envisagé")
    names = partners_of(rng, facts, max(1, round(1 + 6 * quality)))
    return [{"nom": capital(name), "role": rng.choice(brings), "statut": rng.choice(states)} for name in names]


_INDICATORS = (
    ("Jeunes qui ont un mentor au 31 décembre", "Outil de suivi des binômes"),
    ("Binômes qui durent six mois ou plus (%)", "Outil de suivi des binômes"),
    ("Jeunes en études, en emploi ou en service civique six mois après (%)", "Appel à six mois"),
    ("Jeunes qui disent connaître au moins deux métiers (%)", "Questionnaire de sortie"),
    ("Mentors formés avant le premier rendez-vous (%)", "Feuilles de présence"),
    ("Mentors qui repartent pour un binôme (%)", "Entretien de fin"),
    ("Jeunes d’un public prioritaire (%)", "Fiche d’accueil"),
)


def _steering(
    facts: Mapping[str, str], qualities: Mapping[str, float], rng: Random, request: int, young: int
) -> dict[str, Any]:
    quality = qualities["evaluation"]
    rows = []
    for name, source in rng.sample(_INDICATORS, min(6, max(2, round(1 + 5 * quality)))):
        if "%" in name:
            start, target = rng.randrange(35, 70), rng.randrange(72, 96)
        else:
            start, target = int(young * rng.uniform(0.3, 0.8)), young
        measured = rng.random() < quality + 0.15
        row = {
            "indicateur": name.replace(" (%)", " (en\u00a0%)"),
            "cible": str(target),
            "source": source if measured else "À définir",
        }
        rows.append(row | ({"depart": str(start)} if measured else {}))  # fmt: skip
    answers: dict[str, Any] = {
        "equipe": tell(people.TEAM, facts, qualities["solidity"], rng, least=0),
        "indicateurs": rows,
    }
    if request > SIMPLE_FORM_LIMIT:
        answers["risques"] = tell(people.RISKS, facts, qualities["solidity"], rng, least=0)
        answers["evaluation"] = tell(people.EVALUATION, facts, quality, rng, least=0)
    return answers


def _three_years(
    facts: Mapping[str, str], qualities: Mapping[str, float], rng: Random, plan: Budget, young: int
) -> dict[str, Any]:
    growth = rng.uniform(1.12, 1.35)
    rows = []
    for step, year in enumerate((2025, 2026, 2027)):
        cost = round(plan.charges / 100 * growth**step / 100) * 100
        asked = round(plan.request / 100 * (growth * 0.94) ** step / 100) * 100
        rows.append(
            {
                "annee": str(year),
                "jeunes": str(int(young * growth**step)),
                "cout": f"{plan.charges // 100 if step == 0 else cost}.00",
                "demande": f"{plan.request // 100 if step == 0 else asked}.00",
            }
        )
    return {"trajectoire": tell(people.TRAJECTORY, facts, qualities["solidity"], rng, least=0), "previsions": rows}


def times_of(call: CallFile, rng: Random) -> tuple[datetime, datetime]:
    """When the dossier was begun and submitted: half in the last week, some in the last hour, three in the grace."""
    opens, closes = call.call.opens_at, call.call.closes_at
    assert opens is not None
    assert closes is not None
    window = closes - opens
    drawn = rng.random()
    if drawn < 0.012 and call.call.grace_minutes:
        submitted = closes + timedelta(seconds=rng.randrange(20, call.call.grace_minutes * 50))
    elif drawn < 0.09:
        submitted = closes - timedelta(seconds=rng.randrange(1, 3600))
    elif drawn < 0.5:
        submitted = closes - window * (0.16 * rng.random() ** 1.5) - timedelta(hours=1)
    else:
        submitted = closes - window * rng.uniform(0.16, 0.8)
    started = max(opens + timedelta(minutes=rng.randrange(10, 3000)), submitted - window * rng.uniform(0.03, 0.4))
    return min(started, submitted - timedelta(hours=2)), submitted
