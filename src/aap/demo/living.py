"""The two living calls of the demonstration: one being reviewed, one open for applications, with dates around today."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Literal

from sqlmodel import Session, col, select

from aap.core.answers.conditions import shown_answers
from aap.core.call.schema import CallFile
from aap.core.delays import paris
from aap.core.french import day
from aap.demo.associations import seeded
from aap.demo.culture import culture_associations, culture_attachments, culture_dossiers, proposed_amounts
from aap.demo.deposits import Deposit, Depositor
from aap.demo.dossiers import DemoDossier
from aap.demo.reviewing import DemoReview, DemoReviewer, assignment, reviews
from aap.demo.short_form import ELIGIBILITY, short_answers, short_attachments
from aap.demo.specimens import specimen_round
from aap.own_files import rubrics_folder
from aap.records.applications import Application, ApplicationState
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.people import Membership, Person, Role, RoleGrant
from aap.records.reviews import Assignment, Mark, Review, Reviewer, ReviewState
from aap.records.territories import territories
from aap.services.actor import SYSTEM, load_actor
from aap.services.call.calls import OpenedCall, add_call, change_state, close_call, get_call, open_call
from aap.services.platform import Platform
from aap.services.screening.proposed_amounts import close_amounts, propose_amount
from aap.services.screening.screening import screen_application

REVIEWED, OPEN = "culture-territoires-2026", "mentorat-2026"
REVIEWERS = 12
# How far each reviewer is, as a share of the dossiers given: most are in the middle, two are done, one has not begun.
_PROGRESS = (0.5, 0.5, 0.6, 1.0, 0.75, 0.1, 0.7, 0.6, 1.0, 0.5, 0.0, 0.65)
Progress = Literal["begun", "first", "without_files", "ready", "submitted", "withdrawn"]


def at_hour(now: datetime, days: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """So many days from today, at this time in Paris."""
    return (paris(now) + timedelta(days=days)).replace(hour=hour, minute=minute, second=second, microsecond=0)


def with_dates(text: str, dates: Mapping[str, datetime | date]) -> str:
    """The call file's text with other dates: the first line of each key (its indentation included) is rewritten."""
    for key, value in dates.items():
        text, count = re.subn(rf"(?m)^({key}:) \S+", lambda found: f"{found[1]} {value.isoformat()}", text, count=1)  # noqa: B023
        if not count:
            raise KeyError(key)
    return text


def open_text(text: str, now: datetime) -> str:
    """Opened three weeks ago, closing in five, decided two months later."""
    closes = at_hour(now, 35, 23, 59, 59)
    return with_dates(
        text,
        {
            "  opens_at": at_hour(now, -21, 9),
            "  closes_at": closes,
            "  decision_by": (closes + timedelta(days=56)).date(),
        },
    )


def reviewed_text(text: str, now: datetime) -> str:
    """Closed three weeks ago, reviews until in two weeks; the days that its sentences name move along."""
    decision = at_hour(now, 38, 12).date()
    waiting = at_hour(now, 160, 12).date()
    moved = with_dates(
        text,
        {
            "  opens_at": at_hour(now, -78, 10),
            "  closes_at": at_hour(now, -21, 17),
            "  decision_by": decision,
            "reviewing:\n  blind: true\n  closes_at": at_hour(now, 14, 18),
            "  waiting_list_expires": waiting,
        },
    )
    first = (decision.replace(day=1) + timedelta(days=62)).replace(day=1)
    named = (
        (date(2026, 6, 1), first),
        (date(2026, 9, 30), waiting),
        (date(2026, 12, 31), at_hour(now, 330, 12).date()),
    )
    for old, new in named:
        pattern = "[ \u00a0]".join(re.escape(word) for word in re.split("[ \u00a0]", day(old)))
        moved = re.sub(pattern, day(new), moved)
    return moved


class LivingCalls:
    """Writes both; each step commits its own transaction. `now` is the moment that the dates lie around."""

    def __init__(self, platform: Platform, depositor: Depositor, seed: int, official: str, now: datetime) -> None:
        self.platform, self.depositor, self.seed, self.official, self.now = platform, depositor, seed, official, now

    def _open(self, name: str, text: str, before: int) -> OpenedCall:
        with self.platform.database.writing() as session:
            opens = re.search(r"(?m)^  opens_at: (\S+)", text)
            assert opens is not None
            added = datetime.fromisoformat(opens[1]) - timedelta(days=before)
            call = add_call(session, actor=SYSTEM, text=text, name=f"{name}.yaml", now=added)
            open_call(session, actor=SYSTEM, call_id=call.id, now=call.record.opens_at)
        return call

    # --- the call that is being reviewed ------------------------------------------------------------------------

    def reviewed(self, n: int, panel: Sequence[DemoReviewer]) -> None:
        """`n` dossiers, screened, given to reviewers of `panel`, about half of the reviews submitted."""
        call = self._open(REVIEWED, reviewed_text((rubrics_folder() / f"{REVIEWED}.yaml").read_text(), self.now), 14)
        with self.platform.database.reading() as session:
            taken = set(session.exec(select(Person.email)).all())
        made = culture_dossiers(
            self.seed, call.file, culture_associations(self.seed, n, territories(), taken=taken), territories()
        )
        ids = self._deposits(call, made)
        closed = call.accepted_until + timedelta(minutes=10)
        self._screening(call, made, ids, closed)
        self._reviews(call, made, ids, _readers(call.file, panel), closed + timedelta(days=5))

    def _deposits(self, call: OpenedCall, made: Sequence[DemoDossier]) -> dict[str, str]:
        ids = {}
        with self.platform.database.writing() as session:
            for number, dossier in enumerate(sorted(made, key=lambda one: (one.submitted_at, one.key)), 1):
                association, owner = self.depositor.association(session, dossier.association, dossier.started_at)
                deposit = Deposit(
                    number=number,
                    answers=dossier.answers,
                    eligibility=dossier.eligibility,
                    files=culture_attachments(dossier),
                    started_at=dossier.started_at,
                    saved_at=dossier.submitted_at,
                    submitted_at=dossier.submitted_at,
                )
                ids[dossier.key] = self.depositor.dossier(session, call, association, owner.id, deposit).id
        return ids

    def _screening(self, call: OpenedCall, made: Sequence[DemoDossier], ids: dict[str, str], closed: datetime) -> None:
        at = closed + timedelta(days=3)
        with self.platform.database.writing() as session:
            close_call(session, actor=SYSTEM, call_id=call.id, now=closed)
            actor = load_actor(session, self.official)
            assert actor is not None
            for minutes, dossier in enumerate(made):
                screen_application(
                    session,
                    actor=actor,
                    application_id=ids[dossier.key],
                    eligible=dossier.ineligible_rule is None,
                    reason=dossier.ineligible_reason,
                    now=at + timedelta(minutes=4 * minutes),
                )
            for minutes, proposal in enumerate(proposed_amounts(self.seed, made)):
                propose_amount(
                    session,
                    actor=actor,
                    application_id=ids[proposal.dossier],
                    cents=proposal.amount,
                    reason="Dépenses admissibles retenues après l’examen du budget.",
                    now=at + timedelta(days=1, minutes=3 * minutes),
                )
            close_amounts(session, actor=actor, call_id=call.id, confirmed=True, now=at + timedelta(days=1, hours=9))

    def _reviews(
        self,
        call: OpenedCall,
        made: Sequence[DemoDossier],
        ids: dict[str, str],
        panel: Sequence[DemoReviewer],
        begins: datetime,
    ) -> None:
        eligible = [dossier for dossier in made if dossier.ineligible_rule is None]
        each = call.file.reviewing.reviews_per_application or call.file.rubric.min_reviews
        # Every fourth dossier has one more reader than it needs, so that a recusal costs no delay.
        drawn = list(assignment(self.seed + 1, eligible, panel, each + 1))
        seeded(self.seed, "culture", "pairs").shuffle(drawn)
        pairs = _with_spare_readers(drawn, each)
        written = {(one.dossier, one.reviewer): one
                   for one in reviews(self.seed + 1, call.file, eligible, panel, pairs)}  # fmt: skip
        with self.platform.database.writing() as session:
            accounts = self._panel(session, call, panel, begins)
            session.flush()
            official = load_actor(session, self.official)
            assert official is not None
            specimen_round(
                session,
                seed=self.seed,
                call=get_call(session, call.id),
                official=official,
                panel=panel,
                accounts=accounts,
                prepared_at=begins + timedelta(minutes=30),
                marked_at=begins + timedelta(hours=21),
            )
            change_state(session, get_call(session, call.id), CallState.REVIEWING, actor=SYSTEM, now=begins)
            for reviewer, share in zip(panel, _PROGRESS, strict=True):
                given = [pair for pair in pairs if pair[1] == reviewer.key]
                done = round(share * len(given))
                drafts = min(2, len(given) - done) if 0 < share < 1 else 0
                for place, pair in enumerate(given):
                    state = ReviewState.SUBMITTED if place < done else ReviewState.DRAFT
                    review = written[pair] if place < done + drafts else None
                    self._given(session, call, ids[pair[0]], accounts[pair[1]], begins, review, state)

    def _panel(self, session: Session, call: OpenedCall, panel: Sequence[DemoReviewer], at: datetime) -> dict[str, str]:
        """The reviewers' profiles for this call. Gives key → person id."""
        accounts = {}
        for number, reviewer in enumerate(panel, 1):
            person = session.exec(select(Person).where(Person.email == f"{reviewer.key}@example.org")).one()
            accounts[reviewer.key] = person.id
            person.interests_declared_at = at + timedelta(hours=20)
            session.add(RoleGrant(person_id=person.id, role=Role.REVIEWER, call_id=call.id, created_at=at))
            session.add(
                Reviewer(
                    call_id=call.id,
                    person_id=person.id,
                    code=f"LE-{number:02d}",
                    themes=list(reviewer.themes),
                    departments=[reviewer.department],
                    max_load=15,
                    created_at=at,
                )
            )
        return accounts

    def _given(
        self,
        session: Session,
        call: OpenedCall,
        application_id: str,
        person_id: str,
        begins: datetime,
        written: DemoReview | None,
        state: ReviewState,
    ) -> None:
        """One assignment with its review: submitted, or a draft whose last criteria are not marked yet, or none."""
        given = Assignment(call_id=call.id, application_id=application_id, person_id=person_id, created_at=begins)
        session.add(given)
        if written is None:
            return
        session.flush()
        rng = seeded(self.seed, "culture", "moment", written.dossier, written.reviewer)
        saved = _working_hour(begins + timedelta(days=1), self.now - timedelta(hours=1), rng)
        submitted = state is ReviewState.SUBMITTED
        review = Review(
            assignment_id=given.id,
            application_id=application_id,
            person_id=person_id,
            state=state,
            general_comment=written.summary if submitted else "",
            notes="" if submitted else "À relire avec le budget sous les yeux.",
            rubric_hash=call.record.rubric_hash or "",
            seconds_spent=written.minutes * (60 if submitted else 25),
            version=3 if submitted else 2,
            created_at=saved - timedelta(minutes=written.minutes),
            updated_at=saved,
            submitted_at=saved if submitted else None,
        )
        session.add(review)
        session.flush()
        kept = written.marks if submitted else written.marks[: rng.choice((1, 2, 2, 3))]
        session.add_all(
            Mark(review_id=review.id, criterion=mark.criterion, score=mark.score, comment=mark.comment) for mark in kept
        )

    # --- the call that is open ----------------------------------------------------------------------------------

    def open(self, n: int, earlier: Sequence[DemoDossier], accounts: Sequence[str]) -> None:
        """`n` dossiers of associations that applied a year before.

        `accounts`: addresses that have, in this order, a half-filled draft, a draft ready to submit, and a dossier
        submitted; the others are in any state.
        """
        call = self._open(OPEN, open_text((rubrics_folder() / f"{OPEN}.yaml").read_text(), self.now), 9)
        stages: list[Progress] = ["first", "ready", "submitted"][: len(accounts)]  # type: ignore[assignment]
        others = [one for one in earlier
                  if one.ineligible_rule is None and one.association.contact.email not in accounts]  # fmt: skip
        rng = seeded(self.seed, "open")
        chosen = rng.sample(others, min(len(others), n - len(stages)))
        cycle: tuple[Progress, ...] = (
            "submitted", "first", "submitted", "begun", "submitted", "ready", "submitted", "submitted",
            "without_files", "submitted", "first", "withdrawn",
        )  # fmt: skip
        by_email = {one.association.contact.email: one for one in earlier}
        wanted = [by_email[email] for email in accounts] + chosen
        stages += [cycle[index % len(cycle)] for index in range(len(chosen))]
        with self.platform.database.writing() as session:
            plans = []
            for index, (one, stage) in enumerate(zip(wanted, stages, strict=True)):
                deposit = self._deposit(call, one, stage, half_filled=index == 0 and bool(accounts))
                plans.append((deposit, one, stage))
            plans.sort(key=lambda plan: (plan[0].started_at, plan[1].key))
            for number, (deposit, one, stage) in enumerate(plans, 1):
                self._return(session, call, replace(deposit, number=number), one, stage)
            for email in accounts:
                self._fill_safe(session, by_email[email])

    def _return(
        self, session: Session, call: OpenedCall, deposit: Deposit, earlier: DemoDossier, stage: Progress
    ) -> None:
        person, association = session.exec(
            select(Person, Association).where(
                Person.email == earlier.association.contact.email,
                Membership.person_id == Person.id,
                Membership.association_id == Association.id,
            )
        ).one()
        application = self.depositor.dossier(session, call, association, person.id, deposit)
        last = session.exec(
            select(Application.id)
            .where(Application.association_id == association.id, Application.call_id != call.id)
            .order_by(col(Application.reference))
        ).first()
        application.earlier_id = last
        if stage == "withdrawn":
            application.state = ApplicationState.WITHDRAWN
            application.withdrawn_at = application.updated_at = deposit.saved_at + timedelta(hours=5)
        session.add(application)

    def _fill_safe(self, session: Session, earlier: DemoDossier) -> None:
        """The files of the year before, kept in the association's safe."""
        kinds = {"statuts": "statutes", "comptes": "accounts", "rib": "bank_details"}
        owner = session.exec(
            select(Membership).where(
                Membership.person_id == Person.id, Person.email == earlier.association.contact.email
            )
        ).one()
        for file in short_attachments(earlier):
            self.depositor.safe(
                session,
                owner.association_id,
                owner.person_id,
                file,
                kinds[file.question],
                self.now - timedelta(days=15),
            )

    def _deposit(self, call: OpenedCall, earlier: DemoDossier, stage: Progress, *, half_filled: bool) -> Deposit:
        rng = seeded(self.seed, "open", earlier.key)
        opened = call.record.opens_at
        started = _working_hour(opened, self.now - timedelta(days=4), rng)
        saved = _working_hour(started, self.now - timedelta(hours=3), rng)
        answers = short_answers(self.seed, earlier, self.now)
        raw: dict[str, Any] = {}
        files = short_attachments(earlier)
        if stage in ("begun", "first"):
            done = {question.id for question in call.file.form.sections[0].questions} if stage == "first" else set()
            if half_filled:  # the first section and a part of the second, with an answer that can't be read yet
                done |= {"territoires", "quartiers", "commune"}
                raw = {"nombre": "une soixantaine"}
            answers = {name: answer for name, answer in answers.items() if name in done}
            files = ()
        elif stage == "without_files":
            files = files[:1]
        return Deposit(
            number=0,
            answers=shown_answers(call.file.form, answers) if not raw else answers,
            eligibility=ELIGIBILITY,
            files=files,
            started_at=started,
            saved_at=saved,
            submitted_at=saved if stage in ("submitted", "withdrawn") else None,
            raw=raw,
        )


def _readers(call: CallFile, panel: Sequence[DemoReviewer]) -> tuple[DemoReviewer, ...]:
    """The first of the panel, with two themes each of this call."""
    themes = [theme.id for theme in call.call.themes]
    return tuple(
        replace(one, themes=(themes[index % len(themes)], themes[(index + 2) % len(themes)]))
        for index, one in enumerate(panel[:REVIEWERS])
    )


def _with_spare_readers(pairs: Sequence[tuple[str, str]], each: int) -> tuple[tuple[str, str], ...]:
    """`each` readers a dossier, and one more for every fourth dossier, from pairs with one too many."""
    readers: dict[str, list[str]] = {}
    for dossier, reader in pairs:
        readers.setdefault(dossier, []).append(reader)
    kept = []
    for place, dossier in enumerate(sorted(readers)):
        kept += [(dossier, reader) for reader in readers[dossier][: each + (place % 4 == 0)]]
    return tuple(sorted(kept))


def _working_hour(after: datetime, before: datetime, rng: Random) -> datetime:
    """A moment between two others, by day where there is room for it."""
    drawn = (after + (before - after) * rng.random()).replace(microsecond=0)
    by_day = paris(drawn).replace(hour=rng.randrange(8, 22), second=rng.randrange(60))
    return by_day if after < by_day < before else drawn
