"""Decisions that nobody opened: a reminder by mail, then a registered letter, whose return begins the delays of appeal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from aap.core.delays import paris
from aap.core.results import Table
from aap.documents.mail_texts import Mail
from aap.documents.media_types import CSV, PDF, MadeFile
from aap.documents.papers.labels import AddressLabel, render_labels
from aap.documents.papers.postal import postal_order
from aap.documents.tables.csv_out import csv_bytes
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.decided import PostalOutcome, PostalSending
from aap.records.rankings import Decision
from aap.services.actor import Actor
from aap.services.association.mails import addresses_of, tell_association
from aap.services.audit import record
from aap.services.call.calls import OpenedCall, get_call, hold_call
from aap.services.decision.deadlines import AppealDelay, appeal_delays
from aap.services.decision.in_force import in_force
from aap.services.decision.letter_contents import recipient_of
from aap.services.dossier.access import dossier_of, ensure_impartial, recused_dossiers
from aap.services.errors import InvalidInput, NotFound, Objection, Objections
from aap.services.page_links import Links
from aap.services.permissions import Permission, ensure

REMINDED_AFTER = timedelta(days=8)
"""A decision that nobody of its association opened is recalled by one mail."""
POSTED_AFTER = timedelta(days=15)
"""Unread for so long, a decision goes by registered post (CRPA R112-20: consent to electronic notification reaches no
further than fifteen days)."""
LONGEST_TRACKING = 40
_BATCH = 500


def remind_unread(session: Session, *, links: Links, now: datetime) -> int:
    """Mails once that a decision waits to be read. Gives how many. Two queries, and those of the mails.

    What is older than `POSTED_AFTER` goes by post instead. At most `_BATCH`: the next minute goes on.
    """
    found = session.exec(
        select(Decision, Application)
        .where(
            Decision.application_id == Application.id,
            col(Decision.read_at).is_(None),
            col(Decision.reminded_at).is_(None),
            col(Decision.notified_at) <= now - REMINDED_AFTER,
            col(Decision.notified_at) > now - POSTED_AFTER,
            in_force(),
        )
        .order_by(col(Decision.id))
        .limit(_BATCH)
    ).all()
    addresses = addresses_of(session, {application.association_id for _, application in found})
    for decision, application in found:
        call = get_call(session, decision.call_id)
        decision.reminded_at = now
        session.add(decision)
        tell_association(
            session, call, application, Mail.DECISION_UNREAD, now=now, key=f"decision-unread:{decision.id}",
            link=links.decision(application.id), to=addresses[application.association_id],
        )  # fmt: skip
    return len(found)


@dataclass(frozen=True)
class PostLine:
    """A decision that goes, or went, by registered post. `by_mail`: somebody of the association has an open account.

    `sendings`: the latest first. `address`: the lines of a label, the association's name first.
    """

    decision_id: str
    application_id: str
    reference: str
    association: str
    title: str
    address: tuple[str, ...]
    by_mail: bool
    notified_at: datetime
    reminded_at: datetime | None
    read_at: datetime | None
    sendings: tuple[PostalSending, ...]
    delay: AppealDelay

    @property
    def to_send(self) -> bool:
        """Nothing is on its way, and the association knows nothing of its decision."""
        if self.delay.begins is not None:
            return False
        return not self.sendings or self.sendings[0].outcome == PostalOutcome.UNKNOWN


@dataclass(frozen=True)
class PostList:
    """`withheld`: lines of dossiers that the official is recused of."""

    lines: tuple[PostLine, ...]
    withheld: int

    @property
    def to_send(self) -> tuple[PostLine, ...]:
        return tuple(line for line in self.lines if line.to_send)


def post_list(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> PostList:
    """What goes by registered post: unread for fifteen days, or nobody to read it; and what was sent. In postal order.

    Six queries.
    """
    ensure(actor, Permission.DECISIONS_NOTIFY, call.target(), kind="call", id=call.id)
    hidden = recused_dossiers(session, actor, call.id)
    rows = session.exec(
        select(Decision, Application, Association).where(
            Decision.call_id == call.id,
            Decision.application_id == Application.id,
            Application.association_id == Association.id,
            col(Decision.notified_at).is_not(None),
            in_force(),
        )
    ).all()
    sendings: dict[str, list[PostalSending]] = {}
    for sending in session.exec(
        select(PostalSending)
        .where(PostalSending.decision_id == Decision.id, Decision.call_id == call.id)
        .order_by(col(PostalSending.created_at).desc(), col(PostalSending.id))
    ):
        sendings.setdefault(sending.decision_id, []).append(sending)
    reachable = addresses_of(session, {association.id for _, _, association in rows})

    def is_meant(decision: Decision, association: Association) -> bool:
        if decision.id in sendings:
            return True
        late = decision.notified_at is not None and decision.notified_at <= now - POSTED_AFTER
        return decision.read_at is None and (late or not reachable[association.id])

    meant = sorted(
        (row for row in rows if is_meant(row[0], row[2])),
        key=lambda row: postal_order(row[2].postal_code, row[2].name, row[1].reference),
    )
    shown = [row for row in meant if row[1].id not in hidden]
    delays = appeal_delays(session, [decision.id for decision, _, _ in shown])
    return PostList(
        tuple(
            PostLine(
                decision_id=decision.id,
                application_id=application.id,
                reference=application.reference,
                association=association.name,
                title=application.title,
                address=recipient_of(association).lines,
                by_mail=bool(reachable[association.id]),
                notified_at=decision.notified_at or now,
                reminded_at=decision.reminded_at,
                read_at=decision.read_at,
                sendings=tuple(sendings.get(decision.id, ())),
                delay=delays[decision.id],
            )
            for decision, application, association in shown
        ),
        len(meant) - len(shown),
    )


def address_files(session: Session, *, actor: Actor, call: OpenedCall, kind: str, now: datetime) -> MadeFile:
    """The addresses of what is to be sent, as sheets of labels (`pdf`) or as a table (`csv`); logged. Raises NotFound
    where nothing is to be sent."""
    lines = post_list(session, actor=actor, call=call, now=now).to_send
    if not lines:
        raise NotFound("letters", call.id)
    record(session, actor, "letters.addressed", call.record, now=now, after={"addresses": len(lines), "kind": kind})
    if kind == "pdf":
        labels = [AddressLabel(line.reference, line.address) for line in lines]
        content = render_labels(call.file, labels, made_on=paris(now).date())
        return MadeFile(f"{call.id}-etiquettes.pdf", PDF, content)
    most = max(len(line.address) for line in lines)
    table = Table(
        ("reference", *(f"line_{number}" for number in range(1, most + 1))),
        tuple((line.reference, *line.address, *[""] * (most - len(line.address))) for line in lines),
    )
    return MadeFile(f"{call.id}-adresses.csv", CSV, csv_bytes(table))


def record_sendings(
    session: Session, *, actor: Actor, call_id: str, sent: Mapping[str, str], sent_on: date | None, now: datetime
) -> int:
    """Registered letters that were handed to the post: reference → number of the letter. Gives how many are new.

    One that is on its way already stays as it was written down. Raises InvalidInput, NotFound (nothing to send there).
    """
    call = get_call(session, call_id)
    ensure(actor, Permission.DECISIONS_NOTIFY, call.target(), kind="call", id=call_id)
    ensure_impartial(session, actor, call_id)
    hold_call(session, call)
    lines = {line.reference: line for line in post_list(session, actor=actor, call=call, now=now).lines}
    problems: dict[str, Objection] = {}
    if sent_on is None or sent_on > paris(now).date():
        problems["sent_on"] = Objection("decision.sent_on")
    elif any(sent_on < paris(lines[one].notified_at).date() for one in sent if one in lines):
        problems["sent_on"] = Objection("decision.sent_before")
    if not sent:
        problems["sent"] = Objection("decision.nothing_sent")
    for reference, tracking in sent.items():
        if reference not in lines:
            raise NotFound("application", reference)
        if len(tracking.strip()) > LONGEST_TRACKING:
            problems[f"tracking-{reference}"] = Objection("decision.tracking_too_long", most=LONGEST_TRACKING)
    if problems or sent_on is None:
        raise InvalidInput(problems)
    new = [(lines[reference], tracking.strip()) for reference, tracking in sent.items() if lines[reference].to_send]
    for line, tracking in new:
        made = PostalSending(
            decision_id=line.decision_id, sent_on=sent_on, tracking=tracking, author_id=actor.row_id, created_at=now
        )
        session.add(made)
        session.flush()
        record(
            session, actor, "letter.posted", made, now=now, call_id=call_id,
            after={"decision": line.decision_id, "sent_on": sent_on.isoformat(), "tracking": tracking},
        )  # fmt: skip
    return len(new)


def sending_of(
    session: Session, *, actor: Actor, call: OpenedCall, sending_id: str
) -> tuple[PostalSending, Application]:
    """A registered letter of this call, and the dossier it is about. Raises NotFound, also for who is recused of it."""
    found = session.get(PostalSending, sending_id)
    decision = session.get(Decision, found.decision_id) if found else None
    if found is None or decision is None or decision.call_id != call.id:
        raise NotFound("postal_sending", sending_id)
    _, application = dossier_of(
        session, actor=actor, permission=Permission.DOSSIER_INSPECT, application_id=decision.application_id
    )
    ensure(actor, Permission.DECISIONS_NOTIFY, call.target(), kind="call", id=call.id)
    return found, application


def record_return(
    session: Session,
    *,
    actor: Actor,
    call_id: str,
    sending_id: str,
    outcome: str,
    presented_on: date | None,
    proof_sha256: str | None,
    now: datetime,
) -> PostalSending:
    """What the post says of a registered letter. The delays of appeal begin on the day of delivery, or, refused or never
    fetched, on that of its first presentation; a letter without such an address begins nothing, and is sent again.

    `presented_on`: that day; `proof_sha256`: the scan of the return, if there is one (an earlier one stays otherwise).
    Raises InvalidInput, NotFound.
    """
    call = get_call(session, call_id)
    hold_call(session, call)
    found, _application = sending_of(session, actor=actor, call=call, sending_id=sending_id)
    session.refresh(found)
    problems: Objections = {}
    known = outcome in set(PostalOutcome)
    if not known:
        problems = {**problems, "outcome": Objection("decision.return_missing")}
    begins = known and outcome != PostalOutcome.UNKNOWN
    today = paris(now).date()
    if begins and (presented_on is None or not found.sent_on <= presented_on <= today):
        problems = {**problems, "presented_on": Objection("decision.presented_on")}
    if problems:
        raise InvalidInput(problems)
    before = {"outcome": found.outcome and str(found.outcome), "counts_from": _iso(found.counts_from)}
    found.outcome = PostalOutcome(outcome)
    found.returned_on = today
    found.counts_from = presented_on if begins else None
    found.proof_sha256 = proof_sha256 or found.proof_sha256
    session.add(found)
    record(
        session, actor, "letter.returned", found, now=now, call_id=call_id, before=before,
        after={"outcome": outcome, "counts_from": _iso(found.counts_from), "proof": found.proof_sha256 or ""},
    )  # fmt: skip
    return found


def proof_of_return(
    session: Session, *, actor: Actor, call: OpenedCall, sending_id: str, now: datetime
) -> tuple[str, str]:
    """SHA-256 of the scan of a return, and the dossier's reference; logged. Raises NotFound."""
    found, application = sending_of(session, actor=actor, call=call, sending_id=sending_id)
    if found.proof_sha256 is None:
        raise NotFound("postal_sending", sending_id)
    record(session, actor, "letter.proof_read", found, now=now, call_id=call.id)
    return found.proof_sha256, application.reference


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
