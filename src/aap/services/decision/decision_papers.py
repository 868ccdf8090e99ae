"""The letters around a contested or corrected decision: made by a job, kept, and told to the association by a link."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Literal

from sqlmodel import Session, col, select

from aap.core import french
from aap.core.call import appeal_texts
from aap.core.call.appeal_texts import Loss, appeal_number
from aap.core.call.letter_texts import court_of
from aap.core.delays import appeal_silence, court_after_silence, is_overseas, paris
from aap.documents.calendar import Event
from aap.documents.mail_texts import Mail
from aap.documents.papers.decision_notices import NoticeView, notice_view, render_notice
from aap.documents.papers.letterhead import Author, author_of
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.decided import CorrectionGround, DecisionCorrection
from aap.records.outbox import Job
from aap.records.rankings import Contest, ContestDocument, ContestKind, ContestResult, Decision, Outcome
from aap.services.actor import Actor
from aap.services.association.diary import appeal_event
from aap.services.association.mails import tell_association
from aap.services.call.calls import OpenedCall, get_call
from aap.services.decision.court import court_until
from aap.services.decision.deadlines import appeal_delay
from aap.services.decision.letter_contents import current_terms, recipient_of
from aap.services.outbox import Progress, start_job
from aap.services.platform import Platform

Paper = Literal["intent", "acknowledgement", "reply"]
DRAFT = "Projet de lettre : elle n’est pas envoyée."


def send_paper(
    session: Session, paper: Paper, id: str, *, actor: Actor, call_id: str, link: str, now: datetime
) -> None:
    """Leaves the letter to a worker: it is laid out, kept, and its association is mailed the link. `id`: of the correction
    or the appeal that it is about."""
    arguments = {"paper": paper, "id": id, "link": link}
    start_job(session, "decision_paper", actor=actor, now=now, call_id=call_id, arguments=arguments)


def decision_in_words(decision: Decision) -> str:
    """The decision as its reader knows it: by the day on which it was notified."""
    assert decision.notified_at is not None
    return f"la décision qui vous a été notifiée le {french.day(paris(decision.notified_at).date())}"


def loss_of(decision: Decision, outcome: str) -> Loss:
    """What a correction of this decision takes."""
    if outcome == Outcome.LAUREATE:
        return "reduced"
    return "withdrawn" if decision.outcome == Outcome.LAUREATE else "delisted"


def _parties(session: Session, decision: Decision) -> tuple[OpenedCall, Application, Association]:
    application = session.get_one(Application, decision.application_id)
    return get_call(session, decision.call_id), application, session.get_one(Association, application.association_id)


def _author(session: Session, call: OpenedCall) -> Author:
    """Who signs, as in the decision letters that would be made now."""
    return author_of(call.file, current_terms(session, call.id))


def intent_view(session: Session, found: DecisionCorrection, *, until: date, made_on: date) -> NoticeView:
    """The letter of intent of a correction; a draft until it is sent."""
    decision = session.get_one(Decision, found.decision_id)
    call, application, association = _parties(session, decision)
    loss = loss_of(decision, found.outcome)
    granted = [("Subvention attribuée", french.euros(decision.amount or 0))] if decision.amount is not None else []
    if loss == "reduced":
        granted.append(("Montant envisagé", french.euros(found.amount or 0)))
    return notice_view(
        call.file,
        recipient=recipient_of(association),
        capacity=association.representative_capacity,
        reference=application.reference,
        project=application.title,
        object=f"{appeal_texts.INTENT_OBJECTS[loss]} – {call.file.call.title or call.id}",
        paragraphs=(
            *appeal_texts.intent_paragraphs(
                loss=loss,
                decided=decision_in_words(decision),
                granted=decision.amount,
                becomes=found.amount,
                condition=found.condition if found.ground == CorrectionGround.CONDITION else "",
                reason=found.reason,
            ),
            *appeal_texts.observation_paragraphs(until=until, contact=call.file.call.contact),
        ),
        highlights=(*granted, ("Vos observations jusqu’au", french.day(until))),
        author=_author(session, call),
        made_on=made_on,
        draft="" if found.intent_sent_at else DRAFT,
    )


def _intent(session: Session, id: str) -> tuple[NoticeView, Mail, dict[str, str]]:
    found = session.get_one(DecisionCorrection, id)
    assert found.observations_until is not None
    assert found.intent_sent_at is not None
    view = intent_view(session, found, until=found.observations_until, made_on=paris(found.intent_sent_at).date())
    return view, Mail.CORRECTION_INTENT, {"until": french.day(found.observations_until)}


def acknowledgement_view(session: Session, contest: Contest) -> NoticeView:
    """What proves that an appeal was received, and says when silence rejects it."""
    decision = session.get_one(Decision, contest.decision_id)
    call, application, association = _parties(session, decision)
    assert contest.received_on is not None
    number = appeal_number(call.file, contest.number or 0)
    silent = appeal_silence(contest.received_on)
    joined = session.exec(
        select(ContestDocument.name)
        .where(ContestDocument.contest_id == contest.id)
        .order_by(col(ContestDocument.created_at), col(ContestDocument.id))
    ).all()
    sender = call.file.call.authority
    return notice_view(
        call.file,
        recipient=recipient_of(association),
        capacity=association.representative_capacity,
        reference=application.reference,
        project=application.title,
        object=f"Accusé de réception de votre {appeal_texts.APPEAL_WORDS[ContestKind(contest.kind).value]} {number}",
        highlights=(
            ("Numéro", number),
            ("Reçu le", french.day(contest.received_on)),
            ("Rejet en cas de silence", french.day(silent)),
        ),
        paragraphs=appeal_texts.acknowledgement_paragraphs(
            kind=ContestKind(contest.kind).value,
            number=number,
            decided=decision_in_words(decision),
            service=sender.office if sender else "le service instructeur",
            silent_on=silent,
            in_time_until=appeal_delay(session, decision).until or contest.received_on,
            late=contest.late,
            court=court_of(call.file),
            court_until=court_after_silence(silent, overseas=is_overseas(association.zone)),
        ),
        joined=tuple(joined),
        made_on=paris(contest.created_at).date(),
    )


def _acknowledgement(session: Session, id: str) -> tuple[NoticeView, Mail, dict[str, str]]:
    contest = session.get_one(Contest, id)
    call = get_call(session, contest.call_id or "")
    assert contest.received_on is not None
    until = _court_until(session, contest)
    values = {
        "number": appeal_number(call.file, contest.number or 0),
        "received": french.day(contest.received_on),
        "silent_on": french.day(appeal_silence(contest.received_on)),
        "court": court_of(call.file),
        "court_until": french.day(until) if until else "",
    }
    return acknowledgement_view(session, contest), Mail.APPEAL_ACKNOWLEDGED, values


def _court_until(session: Session, contest: Contest) -> date | None:
    """The last day before the court, as the appeal stands when it comes in, or once it is answered."""
    _, _, association = _parties(session, session.get_one(Decision, contest.decision_id))
    then = contest.replied_at or contest.created_at
    return court_until(contest, overseas=is_overseas(association.zone), now=then)


_ANSWERS: Mapping[ContestResult, Literal["upheld", "partly", "rejected"]] = {
    ContestResult.UPHELD: "upheld",
    ContestResult.PARTLY: "partly",
    ContestResult.REJECTED: "rejected",
}


def reply_view(
    session: Session, contest: Contest, *, result: ContestResult, reply: str, made_on: date, draft: bool = False
) -> NoticeView:
    """The answer to an appeal; `draft`: as it would be sent."""
    decision = session.get_one(Decision, contest.decision_id)
    call, application, association = _parties(session, decision)
    assert contest.received_on is not None
    number = appeal_number(call.file, contest.number or 0)
    court = court_of(call.file)
    whole = result is ContestResult.UPHELD
    return notice_view(
        call.file,
        recipient=recipient_of(association),
        capacity=association.representative_capacity,
        reference=application.reference,
        project=application.title,
        object=f"Réponse à votre {appeal_texts.APPEAL_WORDS[ContestKind(contest.kind).value]} {number}",
        paragraphs=appeal_texts.reply_paragraphs(
            kind=ContestKind(contest.kind).value,
            number=number,
            decided=decision_in_words(decision),
            received=contest.received_on,
            answer=_ANSWERS[result],
            reply=reply,
        ),
        appeals=()
        if whole
        else appeal_texts.reply_appeals(
            court,
            partly=result is ContestResult.PARTLY,
            late=contest.late,
            overseas=is_overseas(association.zone),
        ),
        author=_author(session, call),
        made_on=made_on,
        draft=DRAFT if draft else "",
    )


def _reply(session: Session, id: str) -> tuple[NoticeView, Mail, dict[str, str]]:
    contest = session.get_one(Contest, id)
    call = get_call(session, contest.call_id or "")
    assert contest.replied_at is not None
    assert contest.result is not None
    view = reply_view(
        session, contest, result=ContestResult(contest.result), reply=contest.reply,
        made_on=paris(contest.replied_at).date(),
    )  # fmt: skip
    return view, Mail.APPEAL_ANSWERED, {"number": appeal_number(call.file, contest.number or 0)}


_PAPERS: Mapping[Paper, tuple[Callable[[Session, str], tuple[NoticeView, Mail, dict[str, str]]], Any, str]] = {
    "intent": (_intent, DecisionCorrection, "intent_sha256"),
    "acknowledgement": (_acknowledgement, Contest, "acknowledged_sha256"),
    "reply": (_reply, Contest, "reply_sha256"),
}


def make_paper(platform: Platform, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Job `decision_paper`: lays a letter out, keeps it, mails its link. May be run again: no mail leaves twice."""
    progress(0, 1, "layout")
    paper, id = job.arguments["paper"], job.arguments["id"]
    view_of, record_of, kept_as = _PAPERS[paper]
    with platform.database.reading() as session:
        view, mail, values = view_of(session, id)
    stored = platform.files.put(io.BytesIO(render_notice(view)))
    with platform.database.writing() as session:
        row = session.get_one(record_of, id)
        setattr(row, kept_as, stored.sha256)
        session.add(row)
        decision = session.get_one(Decision, row.decision_id)
        call, application, _association = _parties(session, decision)
        tell_association(
            session, call, application, mail, now=platform.clock(), key=f"{paper}:{id}",
            link=job.arguments["link"], values=values, events=_events(session, row, call, application, job.arguments["link"]),
        )  # fmt: skip
    progress(1, 1, "layout")
    return {"sha256": stored.sha256}


def _events(
    session: Session, row: Contest | DecisionCorrection, call: OpenedCall, application: Application, link: str
) -> list[Event]:
    """The end of the delay of appeal moves in the association's diary: an appeal begins it anew, and its answer."""
    until = _court_until(session, row) if isinstance(row, Contest) else None
    if until is None:
        return []
    return [appeal_event(call, application, session.get_one(Decision, row.decision_id), until, link)]


def tell_dropped(
    session: Session, call: OpenedCall, application: Application, found: DecisionCorrection, *, link: str, now: datetime
) -> None:
    """The association learns that its decision stays."""
    key = f"dropped:{found.id}"
    tell_association(session, call, application, Mail.CORRECTION_DROPPED, now=now, key=key, link=link)
