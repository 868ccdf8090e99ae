"""What a rule of eligibility (`source`) and a characteristic (`form.attributes`) may look at, and the values it takes.

`association.<field>`, `answers.<question>` (of the form) and `request.amount`. What an association says of itself is
described here, without the database: `tests/integration/services/dossier/test_facts.py` holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aap.core.call.schema import CallFile
from aap.core.findings import Finding, unknown
from aap.core.french import listed
from aap.core.paths import ANY, Path
from aap.core.problems import nearest
from aap.core.questions.base.condition import Compared
from aap.core.questions.base.question import Question

ID_OF_QUESTIONS: Path = ("form", "sections", ANY, "questions", ANY, "id")

REGIONS = (
    "Auvergne-Rhône-Alpes", "Bourgogne-Franche-Comté", "Bretagne", "Centre-Val de Loire", "Corse", "Grand Est",
    "Guadeloupe", "Guyane", "Hauts-de-France", "La Réunion", "Martinique", "Mayotte", "Normandie",
    "Nouvelle-Aquitaine", "Nouvelle-Calédonie", "Occitanie", "Pays de la Loire", "Polynésie française",
    "Provence-Alpes-Côte d'Azur", "Saint-Barthélemy", "Saint-Martin", "Saint-Pierre-et-Miquelon",
    "Terres australes et antarctiques françaises", "Wallis et Futuna", "Île de Clipperton", "Île-de-France",
)  # fmt: skip
DEPARTMENTS = (
    "Ain", "Aisne", "Allier", "Alpes-Maritimes", "Alpes-de-Haute-Provence", "Ardennes", "Ardèche", "Ariège", "Aube",
    "Aude", "Aveyron", "Bas-Rhin", "Bouches-du-Rhône", "Calvados", "Cantal", "Charente", "Charente-Maritime", "Cher",
    "Corrèze", "Corse-du-Sud", "Creuse", "Côte-d'Or", "Côtes-d'Armor", "Deux-Sèvres", "Dordogne", "Doubs", "Drôme",
    "Essonne", "Eure", "Eure-et-Loir", "Finistère", "Gard", "Gers", "Gironde", "Guadeloupe", "Guyane", "Haut-Rhin",
    "Haute-Corse", "Haute-Garonne", "Haute-Loire", "Haute-Marne", "Haute-Savoie", "Haute-Saône", "Haute-Vienne",
    "Hautes-Alpes", "Hautes-Pyrénées", "Hauts-de-Seine", "Hérault", "Ille-et-Vilaine", "Indre", "Indre-et-Loire",
    "Isère", "Jura", "La Réunion", "Landes", "Loir-et-Cher", "Loire", "Loire-Atlantique", "Loiret", "Lot",
    "Lot-et-Garonne", "Lozère", "Maine-et-Loire", "Manche", "Marne", "Martinique", "Mayenne", "Mayotte",
    "Meurthe-et-Moselle", "Meuse", "Morbihan", "Moselle", "Nièvre", "Nord", "Nouvelle-Calédonie", "Oise", "Orne",
    "Paris", "Pas-de-Calais", "Polynésie française", "Puy-de-Dôme", "Pyrénées-Atlantiques", "Pyrénées-Orientales",
    "Rhône", "Saint-Barthélemy", "Saint-Martin", "Saint-Pierre-et-Miquelon", "Sarthe", "Savoie", "Saône-et-Loire",
    "Seine-Maritime", "Seine-Saint-Denis", "Seine-et-Marne", "Somme", "Tarn", "Tarn-et-Garonne",
    "Terres australes et antarctiques françaises", "Territoire de Belfort", "Val-d'Oise", "Val-de-Marne", "Var",
    "Vaucluse", "Vendée", "Vienne", "Vosges", "Wallis et Futuna", "Yonne", "Yvelines", "Île de Clipperton",
)  # fmt: skip
ZONES = ("metro", "drom", "com")


@dataclass(frozen=True, slots=True)
class Source:
    """A value of a dossier. `compared`: as what; None: it has none that a rule or a quota could see. `values`: those that
    it can take, None where they aren't a closed list; `words`: what it is, for the reference."""

    compared: Compared | None
    words: str
    values: tuple[str, ...] | None = None


SOURCES: dict[str, Source] = {
    "request.amount": Source("number", "Le montant demandé, en euros."),
    "association.name": Source("text", "Nom de l’association."),
    "association.acronym": Source("text", "Sigle."),
    "association.siret": Source("text", "SIRET, 14 chiffres."),
    "association.rna": Source("text", "Numéro RNA : W et 9 chiffres."),
    "association.object": Source("text", "Objet, tel que l’association l’a écrit."),
    "association.created_on": Source("day", "Date de création ou de déclaration : un jour, 2019-05-28."),
    "association.postal_code": Source("text", "Code postal du siège, 5 chiffres."),
    "association.commune_code": Source("text", "Code INSEE de la commune du siège, 5 caractères."),
    "association.commune_name": Source("text", "Nom de la commune du siège."),
    "association.department": Source("text", "Nom du département du siège : Finistère, La Réunion.", DEPARTMENTS),
    "association.region": Source("text", "Nom de la région du siège : Bretagne, Île-de-France.", REGIONS),
    "association.zone": Source("text", "metro (métropole), drom ou com (outre-mer).", ZONES),
}


def questions_of(call: CallFile) -> dict[str, Question]:
    """The form's questions by id, without those inside groups."""
    return {question.id: question for section in call.form.sections for question in section.questions}


def source_of(call: CallFile, name: str) -> Source | None:
    """What a source is in this call; None where there is no such source."""
    kind, _, key = name.partition(".")
    question = questions_of(call).get(key) if kind == "answers" else None
    if question is not None:
        return Source(question.compared_as(), question.label, question.closed_values())
    return SOURCES.get(name)


def possible_values(call: CallFile, name: str) -> tuple[str, ...] | None:
    """The values that a source can have; None where they aren't a closed list."""
    found = source_of(call, name)
    return None if found is None else found.values


def check_source(call: CallFile, path: Path, name: str) -> Iterator[Finding]:
    """The source exists, and has a value."""
    kind, _, key = name.partition(".")
    found = source_of(call, name)
    if found is None and kind == "answers" and key:
        answers = (f"answers.{question}" for question in questions_of(call))
        yield from unknown(path, name, answers, "cette source nomme une question qui n’existe pas", ID_OF_QUESTIONS)
    elif found is None:
        allowed = listed((*SOURCES, "answers.<question>"), "ou")
        close = nearest(name, SOURCES)
        yield Finding(path, "cette source n’existe pas", found=name, allowed=allowed, nearest=close)
    elif found.compared is None:
        message = "cette réponse n’a pas de valeur qu’une règle ou un quota puisse lire"
        allowed = "un texte, un nombre, un montant, une date, un choix, une commune ou un budget de projet"
        yield Finding(path, message, found=name, allowed=allowed, rests_on=(("form", "sections"),))
