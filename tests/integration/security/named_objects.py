"""What addresses may name of one dossier, made for the walk of every page: with canaries where it is the own one."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from aap.core.call.letter_settings import content_hash
from aap.records.applications import Application, Document, Message, SectionAnswers
from aap.records.associations import ClaimProof, ProofKind, SiretClaim
from aap.records.candidate_lists import CandidateView
from aap.records.decided import (
    CorrectionGround,
    CorrectionState,
    DecisionCorrection,
    LetterSettings,
    Notification,
    NotificationState,
    PostalSending,
)
from aap.records.deliberations import JuryMember
from aap.records.outbox import Job
from aap.records.people import Invitation, Person
from aap.records.rankings import Contest, ContestDocument, Decision, JuryDecision, JuryDecisionKind, Outcome, RankingRun
from aap.records.redrafts import Redraft, RedraftedSection, SectionVersion
from aap.records.reviews import Assignment, Recusal, Review
from aap.records.second_factors import Passkey
from aap.records.specimens import Specimen, SpecimenOrigin
from aap.records.types import new_id
from aap.services.platform import Platform
from tests.factories import password_hash

ANSWERS, COMMENT, NOTES, MESSAGE, JURY, FILE, REDRAFT = (
    f"CANARI-{word}" for word in ("REPONSE", "COMMENTAIRE", "NOTES", "MESSAGE", "JURY", "PIECE", "CORRECTION")
)


@dataclass(eq=False)
class Objects:
    """Values for the parameters of routes, for one dossier and what hangs on it."""

    call_id: str
    association_id: str
    application_id: str
    values: dict[str, object] = field(default_factory=dict)


def new_person(session: Session, email: str, now: object) -> Person:
    person = Person(
        email=email,
        name=f"Camille {email.split('@', maxsplit=1)[0]}",
        password=password_hash(),
        fs_uniquifier=new_id(),
        confirmed_at=now,
        created_at=now,
    )
    session.add(person)
    return person


def objects_of(session: Session, platform: Platform, dossier: Application, reader: Assignment | None) -> Objects:
    """Everything that routes may name of this dossier, with canaries in the own one."""
    now = platform.clock()
    marked = reader is not None
    stored = platform.files.put(io.BytesIO(b"%PDF-1.4 " + dossier.id.encode()))
    document = Document(
        association_id=dossier.association_id,
        application_id=dossier.id,
        question="statuts",
        name=f"{FILE if marked else 'piece'}.pdf",
        content_type="application/pdf",
        size=stored.size,
        sha256=stored.sha256,
        uploaded_at=now,
    )
    claimant = new_person(session, f"reclamante-{dossier.id[-6:]}@example.org", now)
    session.add(document)
    session.flush()
    claim = SiretClaim(
        association_id=dossier.association_id, person_id=claimant.id, explanation="C’est nous.", created_at=now
    )
    proof = ClaimProof(
        claim_id=claim.id, kind=ProofKind.DOCUMENT, name="pv.pdf", content_type="application/pdf", size=stored.size,
        sha256=stored.sha256, created_at=now,
    )  # fmt: skip
    invitation = Invitation(
        email="invitee@example.org", token_hash=new_id(), association_id=dossier.association_id, role="reader",
        created_at=now, expires_at=now,
    )  # fmt: skip
    job = Job(kind="letters", call_id=dossier.call_id, created_at=now)
    jury = JuryDecision(
        call_id=dossier.call_id, application_id=dossier.id, decision=JuryDecisionKind.CONSENSUS, amount=50,
        reason=JURY if marked else "Accord.", created_at=now,
    )  # fmt: skip
    member = JuryMember(call_id=dossier.call_id, name="Membre du jury", created_at=now)
    specimen = Specimen(
        call_id=dossier.call_id, position=9, title="Dossier d’essai", origin=SpecimenOrigin.FICTITIOUS, created_at=now,
        content=[{"title": "Projet", "answers": [["Titre", "Un projet fictif"]]}],
    )  # fmt: skip
    passkey = Passkey(
        person_id=claimant.id, name="téléphone", credential_id=claimant.id.encode(), public_key=b"k", sign_count=0,
        backup_state=False, device_type="single_device", created_at=now, last_used_at=now,
    )  # fmt: skip
    session.add(passkey)
    session.add(claim)
    told = select(Notification).where(Notification.call_id == dossier.call_id)
    notification = session.exec(told).first() or Notification(
        call_id=dossier.call_id, state=NotificationState.CANCELLED, at=now, proposed_by=claimant.id, proposed_at=now
    )
    session.add(notification)
    if session.exec(select(LetterSettings).where(LetterSettings.call_id == dossier.call_id)).first() is None:
        session.add(
            LetterSettings(call_id=dossier.call_id, number=1, content={}, content_hash=content_hash({}), created_at=now)
        )
    session.flush()
    session.add_all([proof, invitation, job, jury, member, specimen])
    session.add(
        Message(application_id=dossier.id, from_service=False, body=MESSAGE if marked else "Bonjour.", created_at=now)
    )
    sections = session.exec(
        select(SectionAnswers).where(SectionAnswers.application_id == dossier.id).order_by(col(SectionAnswers.id))
    ).all()
    version = SectionVersion(
        application_id=dossier.id, section=sections[0].section, number=1, began_at=now, ended_at=now, kept_at=now,
        answers=_marked(sections[0].answers, REDRAFT) if marked else dict(sections[0].answers),
    )  # fmt: skip
    session.add(version)
    if marked:
        _redraft(session, dossier, sections[0], document)
        _mark_answers(sections)
        session.add_all(sections)
        review = session.exec(select(Review).where(Review.assignment_id == reader.id)).one()
        review.general_comment, review.notes = COMMENT, NOTES
        session.add(review)
    session.flush()
    contested = _contested(session, dossier, claimant, document) if marked else {}
    standing = select(Recusal).where(Recusal.application_id == dossier.id, col(Recusal.dismissed_at).is_(None))
    recusal = session.exec(standing).first()
    run = session.exec(select(RankingRun.number).where(RankingRun.call_id == dossier.call_id)).first()
    return Objects(
        dossier.call_id,
        dossier.association_id,
        dossier.id,
        {
            "call_id": dossier.call_id,
            "association_id": dossier.association_id,
            "application_id": dossier.id,
            "reference": dossier.reference,
            "section_id": sections[0].section,
            "document_id": document.id,
            "version_id": version.id,
            "person_id": claimant.id,
            "passkey_id": passkey.id,
            "claim_id": claim.id,
            "proof_id": proof.id,
            "invitation_id": invitation.id,
            "notification_id": notification.id,
            "sending_id": _sending(session, dossier.id, now),
            "job_id": job.id,
            "decision_id": jury.id,
            "member_id": member.id,
            "assignment_id": reader.id if reader else new_id(),
            "specimen_id": specimen.id,
            "recusal_id": recusal.id if recusal else new_id(),
            "proposal_id": new_id(),
            "aside_id": new_id(),
            "session_id": new_id(),
            "contest_id": new_id(),
            "file_id": new_id(),
            "link_id": new_id(),
            "view_id": _view(session, dossier.call_id, claimant.id, now),
            "correction_id": new_id(),
            **contested,
            "number": run or 1,
            "ordinal": 1,
        },
    )


def _redraft(session: Session, dossier: Application, section: SectionAnswers, document: Document) -> None:
    """Corrections that are open: an answer and a file that nobody but the association knows."""
    now = document.uploaded_at
    session.add(Redraft(application_id=dossier.id, opened_at=now, eligibility={REDRAFT: REDRAFT}))
    session.add(
        RedraftedSection(
            application_id=dossier.id,
            section=section.section,
            answers=_marked(section.answers, REDRAFT),
            version=2,
            updated_at=now,
        )
    )
    session.add(
        Document(
            association_id=dossier.association_id, application_id=dossier.id, question="statuts", name=f"{REDRAFT}.pdf",
            content_type="application/pdf", size=document.size, sha256=document.sha256, uploaded_at=now, removed_at=now,
            redraft="added",
        )
    )  # fmt: skip


def _view(session: Session, call_id: str, person_id: str, now: datetime) -> str:
    """A view of the list of candidates that somebody has kept for themselves."""
    view = CandidateView(call_id=call_id, person_id=person_id, name="Vue", query="q=x", created_at=now)
    session.add(view)
    session.flush()
    return view.id


def _sending(session: Session, application_id: str, now: datetime) -> str:
    """A registered letter about the dossier's decision, with the scan of its return; nobody's where it has none."""
    decision = session.exec(select(Decision.id).where(Decision.application_id == application_id)).first()
    if decision is None:
        return new_id()
    sent = PostalSending(decision_id=decision, sent_on=now.date(), tracking="1A 001", created_at=now)
    session.add(sent)
    session.flush()
    return sent.id


def _contested(session: Session, dossier: Application, person: Person, file: Document) -> dict[str, object]:
    """An appeal against the decision on the dossier, and a correction of it that its association may still answer."""
    decision = session.exec(select(Decision).where(Decision.application_id == dossier.id)).one()
    now = file.uploaded_at
    contest = Contest(
        call_id=dossier.call_id, number=1, decision_id=decision.id, received_on=now.date(), person_id=person.id,
        body=f"{MESSAGE} : la note.", acknowledged_sha256=file.sha256, created_at=now,
    )  # fmt: skip
    correction = DecisionCorrection(
        call_id=dossier.call_id, application_id=dossier.id, decision_id=decision.id, ground=CorrectionGround.CONDITION,
        condition="signer la convention", state=CorrectionState.OBSERVING, outcome=Outcome.NOT_SELECTED,
        reason=f"{JURY} : rien n’est signé.", intent_sha256=file.sha256, intent_sent_at=now,
        observations_until=now.date() + timedelta(days=60), proposed_by=person.id, proposed_at=now,
    )  # fmt: skip
    session.add(contest)
    session.flush()
    joined = ContestDocument(
        contest_id=contest.id, name=f"{FILE}-recours.pdf", media_type="application/pdf", size=file.size,
        sha256=file.sha256, created_at=now,
    )  # fmt: skip
    session.add_all([correction, joined])
    session.flush()
    return {"contest_id": contest.id, "file_id": joined.id, "correction_id": correction.id}


def _mark_answers(sections: list[SectionAnswers]) -> None:
    for held in sections:
        held.answers = _marked(held.answers, ANSWERS)


def _marked(answers: dict[str, object], canary: str) -> dict[str, object]:
    """The answers with the canary in every text."""
    return {
        name: f"{canary} {answer}" if isinstance(answer, str) and " " in answer else answer
        for name, answer in answers.items()
    }
