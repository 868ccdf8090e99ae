"""The columns that a list of candidates may show and hand out. A column more is one entry here and its title in the web."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from aap.core.call.points import in_points
from aap.core.call.schema import Rubric
from aap.core.delays import paris
from aap.documents.tables.workbooks import CellValue, Kind
from aap.services.candidates.candidate_filter import Known
from aap.services.candidates.lines import CandidateLine, department_name


@dataclass(frozen=True)
class Words:
    """How codes read: states, outcomes and themes by code; `labels`: application id → the labels on it;
    `waiting_rank`: a rank on the waiting list."""

    rubric: Rubric
    states: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    themes: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    waiting_rank: Callable[[int], str] = str


@dataclass(frozen=True, slots=True)
class ListColumn:
    """`key`: its name in an address. `sort`: the order that it stands for. `always`: in every file, chosen or not. `shown`: on
    the page until somebody chooses. `needs`: `ranking` or `outcomes`, where it may be known only then."""

    key: str
    kind: Kind
    value: Callable[[CandidateLine, Words], CellValue]
    width: float | None = None
    sort: str = ""
    always: bool = False
    shown: bool = False
    needs: str = ""


def _score(one: CandidateLine, words: Words) -> CellValue:
    if one.score is None:
        return None
    points = in_points(one.score, words.rubric)
    return (Decimal(points.numerator) / Decimal(points.denominator)).quantize(Decimal("0.0001"))


def _outcome(one: CandidateLine, words: Words) -> str:
    named = words.outcomes.get(one.outcome, one.outcome)
    return f"{named}, {words.waiting_rank(one.waiting_rank)}" if one.waiting_rank else named


COLUMNS = (
    ListColumn("dossier", "text", lambda one, _: one.reference, 24, "reference", always=True, shown=True),
    ListColumn("association", "text", lambda one, _: one.association, 40, "association", always=True, shown=True),
    ListColumn("siret", "text", lambda one, _: one.siret, always=True),
    ListColumn("rna", "text", lambda one, _: one.rna),
    ListColumn("commune", "text", lambda one, _: one.commune, always=True),
    ListColumn("departement", "text", lambda one, _: department_name(one.department) if one.department else "", 24),
    ListColumn("region", "text", lambda one, _: one.region, 24, "region", always=True, shown=True),
    ListColumn("projet", "text", lambda one, _: one.title, 50, always=True),
    ListColumn("theme", "text", lambda one, words: words.themes.get(one.theme, one.theme), always=True, shown=True),
    ListColumn("montant", "money", lambda one, _: one.requested_amount, sort="amount", always=True, shown=True),
    ListColumn("propose", "money", lambda one, _: one.proposed_amount),
    ListColumn("rang", "whole", lambda one, _: one.rank, sort="rank", always=True, shown=True, needs="ranking"),
    ListColumn("note", "score", _score, sort="score", always=True, shown=True, needs="ranking"),
    ListColumn("decision", "text", _outcome, 24, always=True, needs="outcomes"),
    ListColumn("accorde", "money", lambda one, _: one.granted_amount, sort="granted", always=True, shown=True, needs="outcomes"),
    ListColumn("etat", "text", lambda one, words: words.states.get(one.state, one.state), shown=True),
    ListColumn(
        "depose", "text", lambda one, _: f"{paris(one.submitted_at):%d/%m/%Y}" if one.submitted_at else "", 12, "submitted",
        shown=True,
    ),
    ListColumn("evaluations", "whole", lambda one, _: one.reviews, 12, "reviews", shown=True),
    ListColumn("confiees", "whole", lambda one, _: one.expected, 12),
    ListColumn("etiquettes", "text", lambda one, words: ", ".join(words.labels.get(one.id, ())), 30),
)  # fmt: skip
"""In the order in which pages and files have them."""


_BEFORE_THE_RANKING = frozenset({"depose", "evaluations"})
"""They leave their place to rank and score."""


def known_columns(known: Known) -> tuple[ListColumn, ...]:
    """Those whose values may be known now."""
    held = {"", "ranking" if known.ranking else "", "outcomes" if known.outcomes else ""}
    return tuple(one for one in COLUMNS if one.needs in held)


def shown_columns(known: Known, chosen: Collection[str]) -> tuple[ListColumn, ...]:
    """What the page shows: what was chosen, else the usual ones. The dossier and its association always stand there."""
    usual = not any(one.key in chosen for one in COLUMNS)
    past = _BEFORE_THE_RANKING if usual and known.ranking else frozenset()
    return tuple(
        one
        for one in known_columns(known)
        if one.key in ("dossier", "association") or (one.shown and one.key not in past if usual else one.key in chosen)
    )


def file_columns(known: Known, chosen: Collection[str]) -> tuple[ListColumn, ...]:
    """What a file has: what the page shows and what every file has; what may not be known yet stands empty in it."""
    on_page = {one.key for one in shown_columns(known, chosen)}
    return tuple(one for one in COLUMNS if one.always or one.key in on_page)
