"""What a call file may say, and file mode does, that the pages don't do yet: refused when it is loaded online.

A change that brings one of these to the pages takes its line away here, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from aap.core.call.schema import CallFile, Criterion
from aap.core.findings import Finding
from aap.core.paths import Path


@dataclass(frozen=True, slots=True)
class NotOnline:
    """`used`: the keys of a call that ask for it; `reason`: why it is refused, and what can be written instead."""

    used: Callable[[CallFile], Iterable[Path]]
    reason: str


def _criteria(key: str, is_meant: Callable[[Criterion], bool]) -> Callable[[CallFile], Iterator[Path]]:
    def used(call: CallFile) -> Iterator[Path]:
        for i, criterion in enumerate(call.rubric.criteria):
            if is_meant(criterion):
                yield ("rubric", "criteria", i, key)

    return used


def _when(path: Path, is_meant: Callable[[CallFile], bool]) -> Callable[[CallFile], Iterator[Path]]:
    def used(call: CallFile) -> Iterator[Path]:
        if is_meant(call):
            yield path

    return used


NOT_YET: tuple[NotOnline, ...] = (
    NotOnline(
        _when(("lots",), lambda call: call.lots is not None),
        "les lots ne sont pas encore traités en ligne : faites un appel par lot, ou classez avec aap rank",
    ),
    NotOnline(
        _criteria("kind", lambda criterion: criterion.kind == "gate"),
        "les critères oui ou non ne sont pas encore posés aux évaluateurs en ligne : faites-en une règle de recevabilité, "
        "ou classez avec aap rank",
    ),
    NotOnline(
        _criteria("kind", lambda criterion: criterion.kind == "computed"),
        "les critères calculés ne sont pas encore notés en ligne : faites-les noter (kind: marked), ou classez avec "
        "aap rank",
    ),
    NotOnline(
        _criteria("bonus", lambda criterion: criterion.bonus is not None),
        "les bonus ne sont pas encore montrés en ligne : donnez un poids au critère, ou classez avec aap rank",
    ),
    NotOnline(
        _when(("call", "max_per_applicant"), lambda call: call.call.max_per_applicant > 1),
        "en ligne, une association dépose un seul dossier par appel : écrivez 1, ou retirez la clé",
    ),
    NotOnline(
        _when(("call", "applicants"), lambda call: set(call.call.applicants) != {"association"}),
        "en ligne, seules les associations peuvent candidater : écrivez [association], ou retirez la clé",
    ),
    NotOnline(
        _when(("call", "consortium"), lambda call: call.call.consortium),
        "en ligne, un dossier n’a qu’un porteur : décrivez les partenaires dans un tableau du formulaire",
    ),
    NotOnline(
        _when(("call", "invited"), lambda call: call.call.invited is not None),
        "en ligne, un appel est ouvert à tous : vérifiez l’invitation par une règle de recevabilité",
    ),
)


def not_yet_online(call: CallFile) -> Iterator[Finding]:
    """What of this call the pages can't do yet, each at its key."""
    for one in NOT_YET:
        for path in one.used(call):
            yield Finding(path, one.reason, at_key=True)
