"""What the finished call looked at again before its deliberation: consensus where totals differ, reasons for the rest."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median_low

from sqlmodel import Session

from aap.core.delays import paris
from aap.core.scoring.marking import mark_text
from aap.demo.deliberated import CHAIR
from aap.records.deliberations import Gate
from aap.services.actor import Actor
from aap.services.call.calls import OpenedCall
from aap.services.harmonising.consensus import ConsensusEntry, decide_consensus, open_consensus
from aap.services.harmonising.divergences import GivenReview, compared_dossiers
from aap.services.ranking.gates import gates_of, waive_gate

MOST_CONSENSUS = 6
"""Dossiers that the invented meeting had time for; the authority went past the others, with a reason each."""

_AGREED = (
    "Le budget a été relu ensemble : chacun retient la lecture du milieu.",
    "Les évaluateurs ont comparé leurs lectures de la convention avec l’établissement et s’accordent sur ces notes.",
    "Après relecture des pièces, les notes les plus éloignées tenaient à une annexe non lue.",
)
_WAIVED = {
    Gate.DIVERGENT: (
        "Entendus, les évaluateurs maintiennent leurs notes : l’écart tient à un seul critère, et leurs motifs sont écrits.",
        "Les commentaires décrivent les mêmes forces et les mêmes faiblesses ; seule l’échelle est lue autrement.",
        "La troisième évaluation se tient entre les deux autres ; la moyenne rend compte des trois lectures.",
    ),
    Gate.CONTESTED: (
        "La correction de la sévérité est la règle publiée de l’appel ; rien dans le dossier n’en appelle une autre.",
        "Les trois évaluations ont été relues : la note corrigée décrit mieux le dossier que la note brute.",
    ),
    Gate.ERRATIC: ("Les commentaires de cette évaluation ont été relus et justifient ses notes.",),
}


def settle_doubts(session: Session, *, call: OpenedCall, official: Actor, authority: Actor, at: datetime) -> None:
    """The most divergent dossiers by consensus, what is left by waivers; afterwards no gate stands in the way."""
    divergent = [
        one
        for one in compared_dossiers(session, actor=official, call=call)
        if "overall" in one.found.reached and one.consensus == "none"
    ]
    for place, one in enumerate(divergent[:MOST_CONSENSUS]):
        moment = at + timedelta(minutes=12 * place)
        open_consensus(session, actor=official, call=call, reference=one.reference, cause="", now=moment)
        entry = ConsensusEntry(
            marks=_between(one.reviews),
            reason=_AGREED[place % len(_AGREED)],
            attendees="\n".join((f"{CHAIR}, présidence de séance", *(f"Évaluateur {r.code}" for r in one.reviews))),
            held_on=paris(moment).date(),
        )
        decide_consensus(
            session, actor=official, call=call, reference=one.reference, entry=entry, now=moment + timedelta(minutes=10)
        )
    session.flush()
    found = gates_of(session, call)
    for place, line in enumerate(found.left):
        reasons = _WAIVED[line.gate]
        waive_gate(
            session,
            actor=authority,
            call=call,
            reference=line.reference,
            gate=line.gate,
            reason=reasons[place % len(reasons)],
            now=at + timedelta(days=1, minutes=3 * place),
            gates=found,
        )


def _between(reviews: tuple[GivenReview, ...]) -> dict[str, str]:
    """The mark in the middle on each criterion."""
    return {name: mark_text(median_low([one.marks[name] for one in reviews])) for name in reviews[0].marks}
