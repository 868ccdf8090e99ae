"""Proofs of a claim to a SIRET in words, for the claimant and for who decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from aap.records.associations import ClaimProof, ProofKind
from aap.web.filters import moment


@dataclass(frozen=True)
class ProofLine:
    """One proof: what it is, where it stands (a badge and its colour `kind`), and since when."""

    proof: ClaimProof
    label: str
    state: str
    kind: str
    when: str


def proof_lines(proofs: Sequence[ClaimProof], now: datetime) -> list[ProofLine]:
    labels = {
        ProofKind.DOCUMENT: _("Document"),
        ProofKind.ASSOCIATION_MAIL: _("Courriel à l’adresse de l’association"),
        ProofKind.REPRESENTATIVE_MAIL: _("Courriel au représentant légal"),
    }
    return [ProofLine(one, labels[ProofKind(one.kind)], *_state(one, now)) for one in proofs]


def _state(one: ClaimProof, now: datetime) -> tuple[str, str, str]:
    if one.kind == ProofKind.DOCUMENT:
        return _("Joint"), "info", _("le %(date)s", date=moment(one.created_at))
    if one.confirmed is not None:
        when = _("par qui lit cette adresse, le %(date)s", date=moment(one.answered_at))
        return (_("Confirmé"), "success", when) if one.confirmed else (_("Démenti"), "danger", when)
    sent = _("parti le %(date)s", date=moment(one.created_at))
    if one.expires_at is not None and one.expires_at <= now:
        return _("Resté sans réponse"), "neutral", sent
    return _("En attente de réponse"), "warning", sent
