"""The round of specimens of the call that is being reviewed: two invented dossiers that every reviewer has marked.

Prepared, opened and marked by the same services as the web application, before the first review.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlmodel import Session

from aap.core.scoring.marking import comment_needed
from aap.demo.associations import seeded
from aap.demo.reviewing import DemoReviewer
from aap.services.actor import Actor, load_actor
from aap.services.call.calls import OpenedCall
from aap.services.review.specimen_marking import mark_specimen, read_comparison
from aap.services.review.specimens import add_fictitious, agree_marks, start_round


@dataclass(frozen=True)
class _Specimen:
    """`parts`: section of the form → text. `agreed`: criterion → (mark, why)."""

    title: str
    parts: Mapping[str, str]
    agreed: Mapping[str, tuple[int, str]]


_SPECIMENS = (
    _Specimen(
        title="Les Voix du remblai",
        parts={
            "oeuvre": (
                "Une pièce chantée, pour trois interprètes et un chœur d’habitants, sur les digues et ceux qui les ont "
                "montées. La musique est écrite ; le texte se fera pendant les résidences. La compagnie a créé deux "
                "spectacles du même genre, joués vingt-cinq fois."
            ),
            "rencontre": (
                "Quatre résidences de dix jours dans trois bourgs de moins de 900 habitants, dont deux sans salle. "
                "Les habitants enregistrent des récits de chantier, puis les chantent avec la compagnie sur la place. "
                "180 élèves et les résidents d’un foyer y prennent part ; chaque étape finit par une veillée."
            ),
            "alliances": (
                "Les trois communes prêtent une salle et logent l’équipe, par écrit. Une médiathèque apporte 2 000 €. "
                "La lettre d’un second lieu est annoncée, mais n’est pas jointe."
            ),
            "moyens": (
                "Budget de 41 000 €, dont 26 500 € de salaires aux minimums de la convention. Recettes confirmées pour "
                "la moitié ; 15 000 € sont demandés ici."
            ),
        },
        agreed={
            "artistic": (13, "Le propos est clair et la forme chantée lui convient ; l’écriture reste à préciser."),
            "presence": (
                16,
                "Trois bourgs sans équipement, un temps long, et des habitants qui chantent leurs récits.",
            ),
            "cooperation": (12, "Trois communes engagées par écrit et une médiathèque qui paie ; une lettre manque."),
            "budget": (7, "Rémunérations conformes ; la moitié des recettes est confirmée."),
        },
    ),
    _Specimen(
        title="Grand Écran sur la dune",
        parts={
            "oeuvre": (
                "Six longs métrages récents, choisis parmi les succès de l’année, projetés sur écran gonflable. Deux "
                "réalisateurs viennent présenter leur film."
            ),
            "rencontre": (
                "Six projections en plein air dans des stations du littoral, en juillet et en août. Un débat suit chaque "
                "film. Aucun atelier n’est prévu ; le public vient surtout des campings voisins."
            ),
            "alliances": "Deux offices de tourisme sont cités. Aucun engagement écrit n’est joint.",
            "moyens": (
                "Budget de 22 000 €, dont 9 000 € de location de matériel. Les interventions des réalisateurs ne sont "
                "pas rémunérées. 12 000 € sont demandés ici."
            ),
        },
        agreed={
            "artistic": (7, "Une programmation de films existants : le propos est convenu, sans travail d’auteur."),
            "presence": (4, "Des lieux déjà pourvus en été, et aucune rencontre hors des projections."),
            "cooperation": (5, "Des partenaires cités, sans engagement."),
            "budget": (3, "Les interventions ne sont pas payées : un poste manque."),
        },
    ),
)


def specimen_round(
    session: Session,
    *,
    seed: int,
    call: OpenedCall,
    official: Actor,
    panel: Sequence[DemoReviewer],
    accounts: Mapping[str, str],
    prepared_at: datetime,
    marked_at: datetime,
) -> None:
    """Two specimens with their agreed marks, the round opened, and every reviewer through it. `accounts`: key → id."""
    ids = []
    for specimen in _SPECIMENS:
        added = add_fictitious(
            session, actor=official, call=call, title=specimen.title, parts=specimen.parts, now=prepared_at
        )
        agree_marks(
            session,
            actor=official,
            call=call,
            specimen_id=added.id,
            marks={name: str(mark) for name, (mark, _why) in specimen.agreed.items()},
            reasons={name: why for name, (_mark, why) in specimen.agreed.items()},
            now=prepared_at + timedelta(minutes=20),
        )
        ids.append(added.id)
    start_round(session, actor=official, call=call, now=prepared_at + timedelta(hours=1))
    for place, reviewer in enumerate(panel):
        actor = load_actor(session, accounts[reviewer.key])
        assert actor is not None
        at = marked_at + timedelta(minutes=11 * place)
        for number, (specimen_id, specimen) in enumerate(zip(ids, _SPECIMENS, strict=True)):
            _marked(session, seed, call, actor, reviewer, specimen_id, specimen, at + timedelta(minutes=14 * number))


def _marked(
    session: Session,
    seed: int,
    call: OpenedCall,
    actor: Actor,
    reviewer: DemoReviewer,
    specimen_id: str,
    specimen: _Specimen,
    at: datetime,
) -> None:
    rng = seeded(seed, "specimen", specimen.title, reviewer.key)
    marks, comments = {}, {}
    for criterion in call.file.rubric.criteria:
        scale = call.file.rubric.scale_of(criterion)
        wide = float(scale.max - scale.min)
        level = (specimen.agreed[criterion.id][0] + rng.gauss(reviewer.leniency, 0.07) * wide) / float(scale.step)
        mark = min(scale.max, max(scale.min, Decimal(round(level)) * scale.step))
        marks[criterion.id] = str(mark)
        if comment_needed(criterion, mark):
            comments[criterion.id] = "Le dossier n’en montre pas assez pour une note plus haute."
    mark_specimen(
        session, actor=actor, specimen_id=specimen_id, marks=marks, comments=comments, version=0, submit=True, now=at
    )
    read_comparison(session, actor=actor, specimen_id=specimen_id, now=at + timedelta(minutes=3))
