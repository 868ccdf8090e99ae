"""What the reviews of a call have to say about how far they can be calibrated, in French, with what to do."""

from __future__ import annotations

from collections.abc import Sequence

from aap.core.french import NBSP, count
from aap.core.notices import Notice, some
from aap.core.scoring.review_graph import Component, weak_links
from aap.core.scoring.reviewer_groups import weakly_joined

FEW_REVIEWERS = 15
"""With fewer, the variance of severities is poorly known and intervals are too narrow."""


def calibration_notices(
    parts: tuple[Component, ...],
    pairs: Sequence[tuple[str, str]],
    *,
    estimable: bool,
    known: bool,
    erratic: tuple[str, ...],
) -> tuple[Notice, ...]:
    """`pairs`: application and reviewer of each review; `parts`: the components of their graph; `erratic`: reviewers."""
    found: list[Notice] = []
    if len(parts) > 1:
        found.append(
            Notice(
                "several_components",
                f"Les évaluations se répartissent en {len(parts)} groupes sans dossier commun{NBSP}: la sévérité d’un "
                "évaluateur n’est comparable qu’à celle des évaluateurs de son groupe.",
            )
        )
    found += _weak_connection(pairs)
    found += _weak_groups(pairs)
    if not estimable:
        found.append(
            Notice("too_few_reviews", "Il y a trop peu d’évaluations pour estimer la sévérité des évaluateurs.")
        )
    elif not known:
        found.append(
            Notice(
                "severity_unknown",
                "Les évaluations ne permettent pas de distinguer la sévérité des évaluateurs du hasard des notes"
                f"{NBSP}: elle est comptée pour nulle.",
            )
        )
    if erratic:
        found.append(erratic_reviewers(erratic))
    return tuple(found)


def erratic_reviewers(reviewers: tuple[str, ...]) -> Notice:
    """The notice for reviewers, one at least, whose marks stray from the others' far beyond chance."""
    if len(reviewers) == 1:
        text = (
            f"Un évaluateur note les mêmes dossiers très autrement que les autres, une fois la sévérité corrigée{NBSP}: "
            f"{reviewers[0]}. Relisez ses évaluations avec lui{NBSP}: une échelle lue à l’envers ou des dossiers confondus "
            "se rectifient. Sinon, demandez une évaluation de plus pour ces dossiers, ou écartez les siennes si le "
            "règlement de l’appel le prévoit."
        )
    else:
        text = (
            f"{len(reviewers)} évaluateurs notent les mêmes dossiers très autrement que les autres, une fois la sévérité "
            f"corrigée{NBSP}: {some(reviewers, 10)}. Relisez leurs évaluations avec eux{NBSP}: une échelle lue à l’envers "
            "ou des dossiers confondus se rectifient. Sinon, demandez une évaluation de plus pour ces dossiers, ou "
            "écartez les leurs si le règlement de l’appel le prévoit."
        )
    return Notice("erratic_reviewers", text)


def few_reviewers(reviewers: int) -> tuple[Notice, ...]:
    """The notice for a call whose scores are calibrated on fewer than `FEW_REVIEWERS` reviewers."""
    if not 0 < reviewers < FEW_REVIEWERS:
        return ()
    return (
        Notice(
            "few_reviewers",
            f"La sévérité est estimée sur {count(reviewers, 'évaluateur')} seulement{NBSP}: en dessous de "
            f"{FEW_REVIEWERS}, les intervalles sont trop étroits. Lisez-les avec prudence, et laissez le jury regarder "
            "les dossiers proches de la limite.",
        ),
    )


def _weak_connection(pairs: Sequence[tuple[str, str]]) -> list[Notice]:
    weak = weak_links(pairs)
    if not weak:
        return []
    reasons = []
    if weak.reviews:
        shown = tuple(f"{reviewer} sur {application}" for application, reviewer in weak.reviews)
        reasons.append(f"une seule évaluation ({some(shown)})")
    if weak.applications:
        reasons.append(f"un seul dossier ({some(weak.applications)})")
    if weak.reviewers:
        reasons.append(f"un seul évaluateur ({some(weak.reviewers)})")
    return [
        Notice(
            "weak_connection",
            "Des groupes d’évaluateurs ne sont reliés entre eux que par "
            + ", ou par ".join(reasons)
            + f"{NBSP}: la comparaison de leur sévérité est fragile.",
        )
    ]


def _weak_groups(pairs: Sequence[tuple[str, str]]) -> list[Notice]:
    return [
        Notice(
            "weakly_joined_groups",
            f"Deux groupes d’évaluateurs n’ont presque pas lu les mêmes dossiers{NBSP}: {split.common} des "
            f"{split.reviews} évaluations du plus petit ({some(split.smaller, 10)}) portent sur un dossier que l’autre "
            f"({some(split.larger, 10)}) a lu aussi. L’écart de sévérité entre les deux est mal connu{NBSP}: faites lire à "
            "chacun quelques dossiers de l’autre, une évaluation sur vingt au moins.",
        )
        for split in weakly_joined(pairs)
    ]
