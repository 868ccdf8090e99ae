"""The association is heard before something is taken from it: it answers on its page, or by a paper that is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from aap.core.delays import end_of
from aap.documents.mail_texts import Mail
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.decided import CorrectionGround, CorrectionState, DecisionCorrection
from aap.records.rankings import Contest, Decision
from aap.services.actor import Actor, person_name
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.decision.correcting import UNDER_WAY, held_correction, may_be_decided
from aap.services.dossier.access import ensure_impartial
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.dossier.messages import tell_service
from aap.services.dossier.uploads import ReceivedFile
from aap.services.errors import DeadlinePassed, InvalidInput, NotFound, Objection, StateForbids
from aap.services.page_links import Links
from aap.services.permissions import Permission, ensure

LONGEST = 20_000


def observe(
    session: Session, *, actor: Actor, application_id: str, correction_id: str, text: str, links: Links, now: datetime
) -> DecisionCorrection:
    """The association's observations, or what they become: until the last day (in Paris) they may be completed.

    Raises InvalidInput, DeadlinePassed, StateForbids (nothing is asked of it any more), NotFound.
    """
    dossier = open_dossier(
        session, actor=actor, application_id=application_id, permission=Permission.DECISION_ANSWER, lock=True
    )
    found = own_correction(session, dossier, correction_id)
    until = found.observations_until
    if found.state != CorrectionState.OBSERVING or until is None:
        raise StateForbids(Permission.DECISION_ANSWER, found.state)
    if may_be_decided(found, now):
        raise DeadlinePassed(end_of(until))
    wanted = _text(text)
    if wanted == found.observations:
        return found
    _keep(session, actor, found, dossier.application, wanted, None, now)
    tell_service(
        session, dossier, Mail.OBSERVATIONS, now=now, key=f"observations:{found.id}:{now.isoformat()}",
        link=links.correction(dossier.call.id, found.id), values={"body": wanted, "person": actor.name},
    )  # fmt: skip
    return found


def record_observations(
    session: Session,
    *,
    actor: Actor,
    call_id: str,
    correction_id: str,
    text: str,
    scan: ReceivedFile | None,
    now: datetime,
) -> DecisionCorrection:
    """An official records observations that came on paper, with the scan: also after the last day, for a letter takes its
    time. Raises InvalidInput, NotFound, RecusedFromActs, StateForbids.
    """
    found = held_correction(session, actor=actor, call_id=call_id, correction_id=correction_id, lock=True)
    if found.state != CorrectionState.OBSERVING:
        raise StateForbids(Permission.GRANT_CORRECT, found.state)
    if found.observations:
        raise InvalidInput({"text": Objection("decision.observed_already")})
    wanted = _text(text)
    if scan is None:
        raise InvalidInput({"scan": Objection("decision.observations_scan")})
    _keep(session, actor, found, session.get_one(Application, found.application_id), wanted, scan, now)
    return found


def _text(text: str) -> str:
    if not text.strip() or len(text) > LONGEST:
        raise InvalidInput({"text": Objection("decision.observations_length", most=LONGEST)})
    return text.strip()


def _keep(
    session: Session,
    actor: Actor,
    found: DecisionCorrection,
    application: Application,
    text: str,
    scan: ReceivedFile | None,
    now: datetime,
) -> None:
    before = found.observations
    found.observations, found.observed_at, found.observed_by = text, now, actor.person_id
    found.observations_sha256 = scan.sha256 if scan else None
    session.add(found)
    record(
        session, actor, "correction.observed", application, now=now, before={"observations": before},
        after={"correction": found.id, "observations": text, "sha256": found.observations_sha256},
    )  # fmt: skip


# --- what the association reads ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OwnCorrection:
    """A correction as its association reads it: from the moment that the letter of intent leaves.

    `decided`: the new decision is notified; before, nothing tells that it is made. `may_answer`: the last day isn't over.
    """

    correction: DecisionCorrection
    decided: bool
    may_answer: bool
    on_paper: bool

    @property
    def dropped(self) -> bool:
        return self.correction.state == CorrectionState.DROPPED

    @property
    def is_open(self) -> bool:
        """As far as the association may know: also while a new decision is made and not notified."""
        return not self.decided and not self.dropped


def own_corrections(session: Session, dossier: OpenedDossier, now: datetime) -> tuple[OwnCorrection, ...]:
    """What the association may know of the corrections of its decision, the first one first. One query."""
    found = session.exec(
        select(DecisionCorrection, Decision)
        .join(Decision, col(Decision.id) == col(DecisionCorrection.new_decision_id), isouter=True)
        .where(
            DecisionCorrection.application_id == dossier.id,
            col(DecisionCorrection.intent_sent_at).is_not(None),
        )
        .order_by(col(DecisionCorrection.proposed_at), col(DecisionCorrection.id))
    ).all()
    return tuple(
        OwnCorrection(
            correction=one,
            decided=made is not None and made.notified_at is not None,
            may_answer=one.state == CorrectionState.OBSERVING and not may_be_decided(one, now),
            on_paper=one.observations_sha256 is not None,
        )
        for one, made in found
    )


def own_correction(session: Session, dossier: OpenedDossier, correction_id: str) -> DecisionCorrection:
    """A correction whose letter of intent has left, on a dossier that its association has opened. Raises NotFound."""
    found = session.get(DecisionCorrection, correction_id)
    if found is None or found.application_id != dossier.id or found.intent_sent_at is None:
        raise NotFound("correction", correction_id)
    return found


def intent_for_association(
    session: Session, *, actor: Actor, application_id: str, correction_id: str, now: datetime
) -> str:
    """SHA-256 of the letter of intent; who opens it stands in the log. Raises NotFound."""
    dossier = open_dossier(session, actor=actor, application_id=application_id, permission=Permission.DECISION_READ)
    found = own_correction(session, dossier, correction_id)
    if found.intent_sha256 is None:
        raise NotFound("letter", correction_id)
    after = {"correction": found.id}
    record(session, actor, "correction.intent_read", dossier.application, now=now, after=after)
    return found.intent_sha256


# --- what officials read ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CorrectionLine:
    """A correction in a call's list."""

    correction: DecisionCorrection
    application: Application
    association: str
    before: Decision


def correction_lines(session: Session, *, actor: Actor, call: OpenedCall) -> tuple[CorrectionLine, ...]:
    """The corrections of a call, those under way first. One query, and the recusals. Raises RecusedFromActs."""
    ensure(actor, Permission.GRANT_CORRECT, call.target(), kind="call", id=call.id)
    ensure_impartial(session, actor, call.id)
    found = session.exec(
        select(DecisionCorrection, Application, Association.name, Decision)
        .where(
            DecisionCorrection.call_id == call.id,
            DecisionCorrection.application_id == Application.id,
            Application.association_id == Association.id,
            DecisionCorrection.decision_id == Decision.id,
        )
        .order_by(col(DecisionCorrection.proposed_at).desc(), col(DecisionCorrection.id))
    ).all()
    lines = [CorrectionLine(one, application, name, before) for one, application, name, before in found]
    return tuple(sorted(lines, key=lambda one: one.correction.state not in UNDER_WAY))


@dataclass(frozen=True)
class ShownCorrection:
    """One correction whole, for who may decide on it. `appeal`: that it answers."""

    correction: DecisionCorrection
    application: Application
    association: Association
    before: Decision
    proposed_by: str
    confirmed_by: str
    dropped_by: str
    observed_by: str
    appeal: Contest | None

    @property
    def favour(self) -> bool:
        return self.correction.ground == CorrectionGround.FAVOUR


def show_correction(session: Session, *, actor: Actor, call_id: str, correction_id: str) -> ShownCorrection:
    """Raises NotFound, RecusedFromActs, StateForbids."""
    found = held_correction(session, actor=actor, call_id=call_id, correction_id=correction_id)
    application = session.get_one(Application, found.application_id)
    return ShownCorrection(
        correction=found,
        application=application,
        association=session.get_one(Association, application.association_id),
        before=session.get_one(Decision, found.decision_id),
        proposed_by=person_name(session, found.proposed_by),
        confirmed_by=person_name(session, found.confirmed_by),
        dropped_by=person_name(session, found.dropped_by),
        observed_by=person_name(session, found.observed_by),
        appeal=session.get(Contest, found.contest_id) if found.contest_id else None,
    )
