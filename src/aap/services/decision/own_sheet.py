"""The sheet of a dossier's algorithmic processing, for its association (CRPA R311-3-1-2): from the run its decision rests on."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from aap.core import french
from aap.core.delays import paris
from aap.documents.media_types import PDF, MadeFile
from aap.documents.papers.lists import STATUS_WORDS
from aap.documents.report.ranking_files import file_stem
from aap.records.rankings import Decision, Outcome, RankingRun
from aap.services.actor import SYSTEM, Actor
from aap.services.audit import record
from aap.services.decision.answering import notified_decision
from aap.services.decision.first_reading import note_reading
from aap.services.dossier.dossiers import open_dossier
from aap.services.page_links import Links
from aap.services.permissions import Permission
from aap.services.ranking.run_files import sheet_of


def sheet_for_association(
    session: Session, *, actor: Actor, application_id: str, links: Links, now: datetime
) -> MadeFile:
    """The association's own sheet, once it was notified; to open it is a reading, and its download is logged.

    Raises NotFound before the notification, and for who is not of the association.
    """
    note_reading(session, actor=actor, application_id=application_id, links=links, now=now)
    dossier = open_dossier(session, actor=actor, application_id=application_id, permission=Permission.DECISION_READ)
    decision = notified_decision(session, application_id)
    run = session.get_one(RankingRun, decision.run_id)
    reference = dossier.application.reference
    # Its own line only is on the sheet; the system reads the run, for nobody of an association may.
    content = sheet_of(session, dossier.call, run, reference, actor=SYSTEM, since=_decided_since(decision))
    record(session, actor, "sheet.downloaded", dossier.application, now=now, after={"run": run.number})
    return MadeFile(f"{file_stem(reference)}-fiche-de-traitement.pdf", PDF, content)


def _decided_since(decision: Decision) -> str:
    """What takes the place of the calculation's result; empty where the decision is still the first one."""
    if decision.replaces_id is None or decision.notified_at is None:
        return ""
    told = french.day(paris(decision.notified_at).date())
    outcome = STATUS_WORDS[Outcome(decision.outcome).value].lower()
    return (
        f"Une décision prise ensuite, notifiée le {told}, remplace le résultat de ce calcul ({outcome}) : "
        f"{french.closed(decision.reason.strip())}"
    )
