"""The starter file of `aap call new`: a small whole call that loads as it is, with comments that say what to change."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """One way to choose laureates: what it is called, what it leads to, and its lines of the call file."""

    id: str
    title: str
    consequences: tuple[str, ...]
    lines: str


WAYS = (
    Way(
        "reduce",
        "dans l’ordre du classement, jusqu’à ce que l’argent manque ; le dernier se voit proposer ce qui reste",
        (
            "C’est ce que disent la plupart des règlements publiés.",
            "Personne ne passe devant un projet mieux classé, sauf si un minimum que vous fixez l’exige.",
            "L’enveloppe est employée en entier ou presque ; le dernier reçoit moins qu’il ne demande, et peut refuser.",
        ),
        "  mode: merit                 # le classement, de haut en bas ; value : la meilleure somme de notes\n"
        "  at_limit: reduce            # quand l’argent ou les places manquent : reduce, stop ou skip\n"
        "  reduce_to: 0.7              # le dernier se voit proposer ce qui reste, à partir de 70 % de son montant\n",
    ),
    Way(
        "stop",
        "dans l’ordre du classement, jusqu’à ce que l’argent manque ; le suivant n’a rien",
        (
            "Personne ne passe devant un projet mieux classé, sauf si un minimum que vous fixez l’exige.",
            "Chaque lauréat reçoit le montant prévu.",
            "Le reste de l’enveloppe n’est pas attribué, même s’il suffirait à un projet plus petit.",
        ),
        "  mode: merit                 # le classement, de haut en bas ; value : la meilleure somme de notes\n"
        "  at_limit: stop              # quand l’argent ou les places manquent : reduce, stop ou skip\n",
    ),
    Way(
        "skip",
        "dans l’ordre du classement, en passant les projets trop chers pour ce qui reste",
        (
            "L’enveloppe est mieux employée qu’en s’arrêtant.",
            "Un petit projet classé loin peut être retenu alors qu’un grand, mieux classé, ne l’est pas.",
        ),
        "  mode: merit                 # le classement, de haut en bas ; value : la meilleure somme de notes\n"
        "  at_limit: skip              # quand l’argent ou les places manquent : reduce, stop ou skip\n",
    ),
    Way(
        "value",
        "la liste dont la somme des notes est la plus élevée sous toutes les règles",
        (
            "Il y a souvent plus de lauréats pour la même enveloppe.",
            "Un projet peut céder sa place à plusieurs autres, classés bien après lui et moins chers : à assumer et à expliquer.",
            "Les premiers peuvent être protégés (protect_top).",
        ),
        "  mode: value                 # la meilleure somme de notes ; merit : le classement, de haut en bas\n"
        "  protect_top: 5              # les premiers sont retenus quel que soit leur coût\n",
    ),
)
"""What `aap call new` asks first, the most usual way first."""

STARTER = """\
# Un fichier, un appel à projets. Modifiez ce qui suit, puis vérifiez :  aap call check {id}.yaml
# Ce que le public lira des règles :                                      aap call show {id}.yaml
# La liste de toutes les clés : docs/call-file.md. Les dates portent leur décalage (+01:00 l’hiver, +02:00 l’été).
schema: 1

call:
  id: {id}                    # minuscules, chiffres et tirets ; sert d’adresse : /appels/{id}
  title: "Titre de l’appel à projets"
  authority:
    name: "Nom de l’autorité qui décide"
    service: "Service qui instruit les dossiers"
    city: "Ville"
  opens_at: 2027-01-11T09:00:00+01:00
  closes_at: 2027-02-05T23:59:59+01:00
  grace_minutes: 15           # publié : un dossier commencé avant la clôture peut encore être déposé 15 minutes après
  decision_by: 2027-03-10     # plus de deux mois après le premier dépôt possible, le silence vaut déjà rejet
  contact: appel@example.org

eligibility:                  # demandé avant le dossier, vérifié de nouveau au dépôt
  - id: association-declaree
    question: "Votre structure est-elle une association déclarée ?"
    check: {{equals: oui}}      # oui ou non
    rule: "Seules les associations déclarées peuvent répondre à cet appel."

form:
  title_question: titre
  attributes:                 # ce que les quotas peuvent nommer, et d’où vient la valeur
    region: association.region
    territory: answers.territoire
  sections:
    - id: projet
      title: "Le projet"
      questions:
        - {{id: titre, label: "Quel est le titre du projet ?", type: text, max_length: 120}}
        - id: resume
          label: "Résumez le projet"
          type: long_text
          help: "Ce que vous ferez, avec qui, pour qui, et ce qui aura changé à la fin."
          max_length: 2000
          criteria: [quality]   # l’évaluateur voit cette réponse à côté de ce critère
        - id: territoire
          label: "Sur quel territoire le projet agit-il ?"
          type: choice
          options:
            - {{value: rural, label: "Communes rurales"}}
            - {{value: urbain, label: "Villes"}}
          criteria: [reach]
        - {{id: budget-projet, label: "Budget du projet", type: budget, budget: project}}

rubric:
  version: 1
  scale: {{min: 0, max: 5, step: 0.5}}   # échelle des critères qui n’ont pas la leur
  min_reviews: 2              # moins d’évaluations : dossier incomplet, rien ne peut être arrêté
  threshold: 50               # note minimale, sur 100 ; supprimez la ligne s’il n’y en a pas
  criteria:
    - id: quality
      title: "Qualité des actions"
      question: "Les actions sont-elles précises, réalistes et utiles ?"
      weight: 60              # les poids sont ramenés à leur somme
      threshold: 2            # note moyenne minimale sur ce critère ; facultatif
      comment: below:2        # always, optional, ou below:<note>
      levels: {{0: "Rien n’est décrit", 3: "Actions claires", 5: "Actions précises et éprouvées"}}
    - id: reach
      title: "Publics et territoires"
      question: "Le projet atteint-il les publics visés, là où ils vivent ?"
      weight: 40
  tie_break: [quality, reach] # critères comparés, dans l’ordre, à note égale

scoring:
  method: calibrated          # raw : moyenne des notes ; calibrated : corrigée de la sévérité des évaluateurs

selection:
{way}  laureates: 20
  budget: 500000              # en euros
  waiting_list: 5
  amounts: requested          # requested : montant demandé ; proposed : montant proposé par le service
  quotas:
    - {{id: rural, title: "Communes rurales", where: {{territory: rural}}, min: 4}}
    - {{id: par-region, each: region, max_share: 0.4}}   # part de l’enveloppe, pour chaque région

letters:
  signatory: {{first_name: "Prénom", last_name: "Nom", capacity: "Qualité du signataire"}}
"""


def starter_text(call_id: str = "mon-appel", way: str = WAYS[0].id) -> str:
    """The starter file of a call with this id (not checked here) that chooses its laureates this way.

    Raises KeyError for an unknown way.
    """
    return STARTER.format(id=call_id, way={one.id: one.lines for one in WAYS}[way])
