"""What a proposal couldn't satisfy, and why, in French sentences; its figures as plain values and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from aap.core.assignment.connection import Errors
from aap.core.assignment.distribution import Proposal
from aap.core.assignment.problem import Bar, Bools, Ints
from aap.core.french import NBSP, count, listed, percent, plain
from aap.core.results import Table

Label = Callable[[str], str]

BAR_WORDS = {
    Bar.CONFLICT: ("un conflit d’intérêts", "en conflit d’intérêts"),
    Bar.UNAVAILABLE: ("une indisponibilité", "indisponibles"),
    Bar.DEPARTMENT: ("un département à éviter", "avec un département à éviter"),
    Bar.EARLIER: ("la lecture d’un dossier antérieur", "qui ont lu un dossier antérieur"),
    Bar.DECLINED: ("un désistement faute de temps", "qui se sont désistés faute de temps"),
}
"""Why a reviewer can't have a dossier: for one, and for a number of them."""

_SHOWN = 6  # names in a sentence


@dataclass(frozen=True, slots=True)
class Unmet:
    """Something that couldn't be satisfied. `kind`: capacity | dossier | group | minimum | bridges. `missing`: seats (of a
    minimum: units; of bridges: reviews across themes). `dossiers`, `reviewers`: ids it is about.
    """

    kind: str
    missing: int
    sentence: str
    dossiers: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()


def unmet(proposal: Proposal, *, dossier: Label = str, reviewer: Label = str) -> tuple[Unmet, ...]:
    """Everything that the proposal leaves open: the capacity first, then dossiers, groups of them, minima, bridges."""
    grid, asked, filled = proposal.grid, proposal.asked, proposal.filled
    lacking = asked.needs - filled.needs
    found: list[Unmet] = []
    needed, offered = int(asked.needs.sum()), int(asked.caps.sum())
    if needed > offered:
        found.append(_capacity(needed, offered, int((asked.caps > 0).sum())))
    possible = grid.open.sum(axis=1)
    alone = (lacking > 0) & (possible < asked.needs)
    for at in np.flatnonzero(alone):
        found.append(_dossier(proposal, int(at), dossier))
    grouped = (lacking > 0) & ~alone
    if grouped.any() and needed <= offered:
        found.append(_group(proposal, grouped, lacking, dossier, reviewer))
    for at in np.flatnonzero(asked.least > filled.least):
        found.append(_minimum(proposal, int(at), reviewer))
    if proposal.bridges.missing:
        found.append(_bridges(proposal))
    return tuple(found)


def _capacity(needed: int, offered: int, reviewers: int) -> Unmet:
    short = needed - offered
    return Unmet(
        "capacity",
        short,
        f"Il reste {count(needed, 'évaluation')} à confier et {count(reviewers, 'évaluateur')} "
        f"{'peuvent' if reviewers > 1 else 'peut'} en prendre {offered} au plus{NBSP}: il en manque {short}. Relevez des "
        "maximums, invitez des évaluateurs, ou demandez moins d’évaluations par dossier.",
    )


def _dossier(proposal: Proposal, at: int, label: Label) -> Unmet:
    grid = proposal.grid
    possible, needs = int(grid.open[at].sum()), int(proposal.asked.needs[at])
    codes = grid.barred[at][~grid.fixed[at]]
    why = [f"{number} {BAR_WORDS[bar][1]}" for bar in BAR_WORDS if (number := int((codes == bar).sum()))]
    name = grid.dossiers[at]
    lead = "n’a aucun évaluateur possible" if not possible else f"n’a que {count(possible, 'évaluateur')} possible"
    sentence = (
        f"Le dossier {label(name)} {lead}{'s' if possible > 1 else ''} sur {len(grid.reviewers)} pour "
        f"{count(needs, 'évaluation')}{f'{NBSP}: ' + listed(why) if why else ''}."
    )
    return Unmet("dossier", int(needs - proposal.filled.needs[at]), sentence, (name,))


def _group(proposal: Proposal, grouped: Bools, lacking: Ints, dossier: Label, reviewer: Label) -> Unmet:
    """The dossiers and reviewers that the shortage is shut in: a cut of the network (Hall 1935; König).

    From the dossiers that go short to every reviewer who could read them, from a reviewer to the dossiers they were
    given, and so on: all these reviewers are full.
    """
    grid, given = proposal.grid, proposal.filled.given
    dossiers, reviewers = grouped.copy(), np.zeros(len(grid.reviewers), dtype=bool)
    while True:
        more = reviewers | (grid.open & ~given)[dossiers].any(axis=0)
        again = dossiers | given[:, more].any(axis=1)
        if (more == reviewers).all() and (again == dossiers).all():
            break
        dossiers, reviewers = again, more
    seats, places = int(proposal.asked.needs[dossiers].sum()), int(proposal.asked.caps[reviewers].sum())
    elsewhere = int(given[np.ix_(dossiers, ~reviewers)].sum())
    short = int(lacking[grouped].sum())
    beside = f", les autres évaluateurs possibles en prenant {elsewhere}" if elsewhere else ""
    names = [grid.dossiers[at] for at in np.flatnonzero(dossiers)]
    people = [grid.reviewers[at] for at in np.flatnonzero(reviewers)]
    who = count(len(people), "évaluateur")
    sentence = (
        f"{count(len(names), 'dossier')} ({_some(names, dossier)}) ne {'peuvent' if len(names) > 1 else 'peut'} aller "
        f"qu’à {who} ({_some(people, reviewer)}), qui {'ont' if len(people) > 1 else 'a'} "
        f"{count(places, 'place')} pour {count(seats, 'évaluation')}{beside}{NBSP}: il en manque {short}."
    )
    return Unmet("group", short, sentence, tuple(names), tuple(people))


def _minimum(proposal: Proposal, at: int, label: Label) -> Unmet:
    grid, asked, filled = proposal.grid, proposal.asked, proposal.filled
    name, fixed = grid.reviewers[at], int(grid.fixed[:, at].sum())
    least, reached = int(asked.least[at]) + fixed, int(filled.least[at]) + fixed
    possible = int(grid.open[:, at].sum())
    if possible < asked.least[at]:
        why = f"{count(possible + fixed, 'dossier')} seulement {'peuvent' if possible + fixed > 1 else 'peut'} l’être"
    elif int(asked.least.sum()) > int(asked.needs.sum()):
        why = "les minimums demandent ensemble plus d’évaluations qu’il n’y en a à confier"
    else:
        why = "les dossiers possibles sont nécessaires aux minimums d’autres évaluateurs"
    sentence = f"{label(name)} devait recevoir au moins {count(least, 'dossier')} et en reçoit {reached}{NBSP}: {why}."
    return Unmet("minimum", least - reached, sentence, (), (name,))


def _bridges(proposal: Proposal) -> Unmet:
    bridges = proposal.bridges
    room = f"{bridges.made} au plus {'sont possibles' if bridges.made > 1 else 'est possible'}"
    sentence = (
        f"La part d’évaluations croisées ({percent(bridges.share)}) en demande {bridges.wanted} et {room}{NBSP}: il en manque "
        f"{bridges.missing}. Une évaluation est croisée quand l’évaluateur ne connaît aucun thème du dossier. Invitez des "
        "évaluateurs d’autres thèmes, relevez des maximums ou levez des exclusions."
    )
    return Unmet("bridges", bridges.missing, sentence)


def _some(names: Sequence[str], label: Label) -> str:
    shown = [label(name) for name in names[:_SHOWN]]
    more = len(names) - len(shown)
    return listed(shown) if not more else f"{', '.join(shown)} et {count(more, 'autre')}"


def figures(proposal: Proposal) -> dict[str, Any]:
    """The proposal in figures, as JSON values; fits out of 100, errors in points on 100."""
    link, bridges = proposal.connection, proposal.bridges
    grid = proposal.grid
    loads = proposal.given.sum(axis=0)
    working = grid.most > 0
    return {
        "dossiers": len(grid.dossiers),
        "reviewers": len(grid.reviewers),
        "pairs": int(proposal.given.sum()),
        "fixed": int(grid.fixed.sum()),
        "missing": proposal.missing,
        "fit": {
            "optimum": proposal.optimum,
            "total": proposal.fit,
            "mean": _rounded(proposal.mean_fit),
            "worst": proposal.worst_fit,
            "worst_dossier": _rounded(proposal.worst_dossier_fit),
        },
        "proven_optimal": True,
        "loads": {
            "smallest": int(loads[working].min()) if working.any() else 0,
            "largest": int(loads.max(initial=0)),
        },
        "connection": {
            "components": len(link.components),
            "weak": {
                "reviews": [list(pair) for pair in link.weak.reviews],
                "dossiers": list(link.weak.applications),
                "reviewers": list(link.weak.reviewers),
            },
            "cut": None
            if link.cut is None
            else {"smaller": len(link.cut.smaller), "larger": len(link.cut.larger), "shared": link.cut.shared},
            **_errors(link.errors),
        },
        "bridges": {
            "share": float(bridges.share),
            "usual": bridges.usual,
            "wanted": bridges.wanted,
            "made": bridges.made,
            "missing": bridges.missing,
            "without": {"made": bridges.found, **_errors(bridges.without)},
        },
    }


def _errors(errors: Errors) -> dict[str, float | None]:
    return {
        "mean_error": _rounded(errors.score),
        "severity_error": _rounded(errors.severity),
        "across_error": None if errors.across is None else _rounded(errors.across),
    }


def _rounded(value: float) -> float:
    return round(value, 4)


def assignment_table(proposal: Proposal) -> Table:
    """One row a pair, sorted: whether it was fixed, there already, or is new."""
    grid = proposal.grid
    rows = []
    for d, r in zip(*np.nonzero(proposal.given), strict=True):
        state = "fixed" if grid.fixed[d, r] else "kept" if grid.current[d, r] else "new"
        rows.append((grid.dossiers[d], grid.reviewers[r], str(int(grid.fit[d, r])), state))
    return Table(("application_id", "reviewer_id", "fit", "state"), tuple(rows))


def load_table(proposal: Proposal) -> Table:
    """One row a reviewer: how many dossiers, between which bounds, how well they fit."""
    grid, given = proposal.grid, proposal.given
    rows = []
    for r, name in enumerate(grid.reviewers):
        own = given[:, r]
        mean = plain(Fraction(int(grid.fit[own, r].sum()), int(own.sum())), 2).replace(",", ".") if own.any() else ""
        rows.append((name, str(int(own.sum())), str(int(grid.least[r])), str(int(grid.most[r])), mean))
    return Table(("reviewer_id", "dossiers", "min", "max", "mean_fit"), tuple(rows))
