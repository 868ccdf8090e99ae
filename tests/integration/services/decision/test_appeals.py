"""Appeals: by the association or from paper, acknowledged, answered, withdrawn, counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import select

from aap.core.call.appeal_texts import appeal_number
from aap.jobs import sweep
from aap.records.audit import AuditLine
from aap.records.decided import CorrectionState, DecisionCorrection
from aap.records.people import Person
from aap.records.rankings import Contest, ContestDocument, ContestKind, ContestResult, Decision, Outcome
from aap.services.call.calls import get_call
from aap.services.decision.answering import read_decision
from aap.services.decision.appeal_pages import appeal_clocks, appeal_lines, own_appeals
from aap.services.decision.appeals import file_appeal, note_withdrawal, record_appeal, reply_appeal, withdraw_appeal
from aap.services.decision.correcting import decide_correction, drop_correction
from aap.services.decision.deadlines import AppealDelay, appeal_delay
from aap.services.decision.first_reading import note_reading
from aap.services.dossier.dossiers import open_dossier
from aap.services.dossier.uploads import ReceivedFile
from aap.services.errors import DeadlinePassed, InvalidInput, NotFound, Objection, RecusedFromActs, StateForbids
from tests.databases import on_both_databases
from tests.factories import LINKS
from tests.unit.documents.papers.samples import text_of
from tests.worlds.deposits import Case, Cases
from tests.worlds.offices import Office, recuse_from

LINK = "https://aap.example.org/association/dossiers/x/decision"
SCAN = ReceivedFile("courrier.pdf", "application/pdf", 12, "a" * 64)


def run(here: Case, use_case: Callable[..., Any], person: Person, **values: Any) -> Any:
    platform = here.factory.platform
    with platform.database.writing() as session:
        return use_case(session, actor=here.actor(person), now=platform.clock(), **values)


def filed(here: Case, body: str = "La pièce 3 n’a pas été lue.", **values: Any) -> Contest:
    given = {"application_id": here.id, "body": body, "files": (), "links": LINKS, **values}
    found: Contest = run(here, file_appeal, here.owner, **given)
    return found


def kept(here: Case | Office, sha256: str | None) -> str:
    """The text of a kept paper, with plain spaces."""
    assert sha256 is not None
    return text_of(here.factory.platform.files.read(sha256))


def held(here: Case | Office, contest_id: str) -> Contest:
    with here.factory.platform.database.reading() as session:
        return session.get_one(Contest, contest_id)


@on_both_databases
@pytest.mark.parametrize(
    ("zone", "last"), [({}, date(2025, 4, 11)), ({"zone": "drom", "department": "974"}, date(2025, 5, 12))]
)
def test_a_decision_is_contested_until_the_last_day_and_once(
    case: Cases, clock: Any, zone: dict[str, str], last: date
) -> None:
    here = case(**zone)
    here.decide(Outcome.NOT_SELECTED)
    run(here, note_reading, here.owner, application_id=here.id, links=LINKS)
    with here.factory.platform.database.reading() as session:
        found = read_decision(session, actor=here.actor(here.owner), application_id=here.id)
    assert found.delay == AppealDelay(date(2025, 2, 10), last)
    clock.now = datetime(last.year, last.month, last.day, 21, 59, tzinfo=UTC)
    first = filed(here, files=(SCAN, SCAN))
    assert filed(here, "Encore").id == first.id
    assert here.mails("appel@example.org") == [
        f"{here.application.reference} : recours gracieux de Les Lanternes fictives"
    ]
    with here.factory.platform.database.reading() as session:
        contest = session.exec(select(Contest)).one()
        files = session.exec(select(ContestDocument.name)).all()
    assert (contest.body, contest.person_id, contest.number, contest.received_on, contest.late, list(files)) == (
        "La pièce 3 n’a pas été lue.", here.owner.id, 1, last, False, ["courrier.pdf"],
    )  # fmt: skip


def test_the_day_after_the_last_one_is_too_late_in_paris(case: Cases, clock: Any) -> None:
    here = case()
    here.decide(Outcome.NOT_SELECTED)
    run(here, note_reading, here.owner, application_id=here.id, links=LINKS)
    clock.now = datetime(2025, 4, 11, 22, 1, tzinfo=UTC)  # the 12th in Paris
    with pytest.raises(DeadlinePassed):
        filed(here)


def test_an_appeal_needs_words_and_takes_ten_files(case: Cases) -> None:
    here = case()
    here.decide(Outcome.NOT_SELECTED)
    many = [ReceivedFile(f"{n}.pdf", "application/pdf", 1, f"{n:064x}") for n in range(11)]
    with pytest.raises(InvalidInput) as refused:
        filed(here, " ", files=many)
    assert refused.value.problems == {
        "body": Objection("decision.contest_length", most=20_000), "files": Objection("decision.appeal_files", most=10),
    }  # fmt: skip


def test_an_appeal_is_acknowledged_with_the_day_on_which_silence_rejects_it(case: Cases) -> None:
    here = case()
    here.decide(Outcome.NOT_SELECTED)
    contest = filed(here, files=(SCAN,))
    sweep(here.factory.platform)
    number = appeal_number(here.call.file, 1)
    text = kept(here, held(here, contest.id).acknowledged_sha256)
    for words in (f"recours gracieux {number}", "Reçu le 10 février 2025", "Sans réponse au 10 avril 2025",
                  "interrompt le délai de recours contentieux", "jusqu’au 11 juin 2025", "courrier.pdf", "Bureau des essais",
                  "tribunal administratif de Paris"):  # fmt: skip
        assert words in text, words
    assert here.mails(here.owner.email) == [
        f"Votre dossier {here.application.reference} : votre recours {number} est enregistré"
    ]


def test_a_late_appeal_on_paper_is_recorded_and_said_to_be_late(case: Cases, clock: Any) -> None:
    here = case()
    here.decide(Outcome.NOT_SELECTED)
    run(here, note_reading, here.owner, application_id=here.id, links=LINKS)
    clock.now = datetime(2025, 5, 2, 9, tzinfo=UTC)
    values = {
        "kind": ContestKind.HIERARCHIQUE,
        "body": "Par courrier.",
        "files": (SCAN,),
        "link": LINK,
    }
    contest = run(here, record_appeal, here.official, application_id=here.id, received_on=date(2025, 4, 14), **values)
    sweep(here.factory.platform)
    assert (contest.late, contest.on_paper, contest.person_id) == (True, True, here.official.id)
    text = kept(here, held(here, contest.id).acknowledged_sha256)
    assert "recours hiérarchique" in text
    assert "Il est arrivé après le 11 avril 2025" in text
    assert "n’interrompt pas" in text


def test_an_appeal_on_paper_needs_its_scan_and_a_day_that_can_be(case: Cases) -> None:
    here = case()
    here.decide(Outcome.NOT_SELECTED)
    first = filed(here)
    values = {
        "application_id": here.id,
        "kind": ContestKind.GRACIEUX,
        "body": "Par courrier.",
        "files": (),
        "link": LINK,
    }
    with pytest.raises(InvalidInput) as refused:
        run(here, record_appeal, here.official, received_on=date(2025, 2, 9), **values)
    assert refused.value.problems == {
        "files": Objection("decision.appeal_scan_missing"),
        "received_on": Objection("decision.appeal_day", first=date(2025, 2, 10)),
        "kind": Objection("decision.appeal_is_there", number=appeal_number(here.call.file, first.number or 0)),
    }  # fmt: skip


def test_an_appeal_before_the_court_is_recorded_without_a_paper_or_a_clock(case: Cases) -> None:
    here = case()
    here.decide(Outcome.NOT_SELECTED)
    values = {
        "application_id": here.id,
        "kind": ContestKind.CONTENTIEUX,
        "body": "Requête.",
        "files": (SCAN,),
        "link": LINK,
    }
    contest = run(here, record_appeal, here.official, received_on=date(2025, 2, 10), **values)
    sweep(here.factory.platform)
    assert held(here, contest.id).acknowledged_sha256 is None
    with here.factory.platform.database.reading() as session:
        [line] = appeal_lines(session, actor=here.actor(here.official), call=here.call)
        assert (line.silent_on, line.days_left(here.factory.now)) == (None, None)
        assert appeal_clocks(session, [here.call.id]) == {}


@on_both_databases
def test_an_appeal_that_is_rejected_is_answered_by_letter_with_the_ways_of_appeal(case: Cases) -> None:
    here = case()
    here.decide(Outcome.NOT_SELECTED)
    contest = filed(here)
    values = {"call_id": here.call.id, "contest_id": contest.id, "amount": None, "link": LINK}
    run(here, reply_appeal, here.official, result=ContestResult.REJECTED, reply="La pièce 3 a été lue.", **values)
    sweep(here.factory.platform)
    found = held(here, contest.id)
    assert (found.result, found.replied_by, found.reply) == ("rejected", here.official.id, "La pièce 3 a été lue.")
    text = kept(here, found.reply_sha256)
    for words in ("je rejette votre recours", "La pièce 3 a été lue.", "La décision contestée est maintenue",
                  "à compter de la notification de cette lettre"):  # fmt: skip
        assert words in text, words
    with pytest.raises(StateForbids):
        run(here, reply_appeal, here.official, result=ContestResult.REJECTED, reply="Encore.", **values)


def test_an_appeal_is_withdrawn_by_its_association_and_the_service_is_told(case: Cases) -> None:
    here = case()
    here.decide(Outcome.NOT_SELECTED)
    contest = filed(here)
    for person in (here.reader, here.stranger):
        with pytest.raises(NotFound):
            run(here, withdraw_appeal, person, application_id=here.id, contest_id=contest.id, links=LINKS)
    for _ in range(2):
        run(here, withdraw_appeal, here.owner, application_id=here.id, contest_id=contest.id, links=LINKS)
    assert held(here, contest.id).result == "withdrawn"
    assert (
        here.mails("appel@example.org")[-1]
        == f"{here.application.reference} : Les Lanternes fictives retire son recours"
    )
    with pytest.raises(StateForbids):
        run(here, note_withdrawal, here.official, call_id=here.call.id, contest_id=contest.id, reason="Par téléphone.")


def test_the_clock_counts_open_appeals_and_names_the_first_silence(case: Cases, clock: Any) -> None:
    here = case()
    here.decide(Outcome.NOT_SELECTED)
    filed(here)
    clock.move(days=50)
    with here.factory.platform.database.reading() as session:
        found = appeal_clocks(session, [here.call.id])[here.call.id]
        [line] = appeal_lines(session, actor=here.actor(here.official), call=here.call)
    assert (found.waiting, found.first_silence, found.days_left(clock.now)) == (1, date(2025, 4, 10), 9)
    assert (line.is_open, line.days_left(clock.now), line.reference) == (True, 9, here.application.reference)


# --- upheld -----------------------------------------------------------------------------------------------------------


def of_office(here: Office, use_case: Callable[..., Any], person: Person, **values: Any) -> Any:
    platform = here.factory.platform
    with platform.database.writing() as session:
        return use_case(session, actor=here.factory.actor(person), now=platform.clock(), **values)


def contested(here: Office, place: int) -> Contest:
    """A recours gracieux on paper against the decision on a dossier, by its place."""
    values = {"kind": ContestKind.GRACIEUX, "body": "Par courrier.", "files": (SCAN,), "link": LINK}
    found: Contest = of_office(
        here, record_appeal, here.first, application_id=here.dossiers[place].id, received_on=date(2025, 2, 10), **values
    )
    return found


@on_both_databases
def test_an_appeal_that_is_upheld_is_answered_when_a_second_person_has_decided(published: Office) -> None:
    here = published
    contest = contested(here, 1)
    values = {"call_id": here.call.id, "contest_id": contest.id, "link": LINK}
    proposed = of_office(
        here, reply_appeal, here.first, result=ContestResult.PARTLY, reply="La note tient compte de l’annexe.",
        amount=20_000_00, **values,
    )  # fmt: skip
    assert held(here, contest.id).result is None
    with pytest.raises(StateForbids):  # one answer at a time
        of_office(here, reply_appeal, here.first, result=ContestResult.REJECTED, reply="Non.", amount=None, **values)
    made = of_office(
        here, decide_correction, here.second, call_id=here.call.id, correction_id=proposed.id, reason=proposed.reason,
        breaks_reason="Recours fondé.", link=LINK,
    )  # fmt: skip
    sweep(here.factory.platform)
    found = held(here, contest.id)
    assert (found.result, found.replied_by) == ("partly", here.second.id)
    text = kept(here, found.reply_sha256)
    assert "je fais droit en partie à votre recours" in text
    assert "Vous pouvez contester ce rejet partiel devant le" in text
    assert (made.outcome, made.amount) == ("laureate", 20_000_00)
    assert appeal_number(here.call.file, 1) in made.reason


def test_an_appeal_whose_correction_is_dropped_is_open_again(published: Office) -> None:
    here = published
    contest = contested(here, 1)
    values = {"call_id": here.call.id, "contest_id": contest.id, "link": LINK}
    upheld = {"result": ContestResult.UPHELD, "reply": "Oui.", "amount": 20_000_00}
    proposed = of_office(here, reply_appeal, here.first, **upheld, **values)
    of_office(
        here, drop_correction, here.second, call_id=here.call.id, correction_id=proposed.id, reason="Non.", link=LINK
    )
    assert (
        of_office(here, reply_appeal, here.first, result=ContestResult.REJECTED, reply="Non.", amount=None, **values)
        is None
    )
    with here.factory.platform.database.reading() as session:
        assert session.get_one(DecisionCorrection, proposed.id).state == CorrectionState.DROPPED
        assert session.get_one(Contest, contest.id).result == "rejected"


def test_whoever_is_recused_of_the_dossier_finds_no_appeal_and_upholds_none_of_the_call(published: Office) -> None:
    here = published
    own, other = contested(here, 1), contested(here, 3)
    recuse_from(here, here.second, here.dossiers[1])
    values = {"call_id": here.call.id, "reply": "Oui.", "amount": 20_000_00, "link": LINK}
    with pytest.raises(NotFound):
        of_office(here, reply_appeal, here.second, contest_id=own.id, result=ContestResult.REJECTED, **values)
    with pytest.raises(RecusedFromActs):
        of_office(here, reply_appeal, here.second, contest_id=other.id, result=ContestResult.UPHELD, **values)
    with here.factory.platform.database.reading() as session:
        lines = appeal_lines(session, actor=here.factory.actor(here.second), call=get_call(session, here.call.id))
        assert [(one.masked, one.reference, one.id, one.association) for one in lines] == [
            (True, "", "", ""), (False, here.dossiers[3].reference, other.id, lines[1].association),
        ]  # fmt: skip
        assert appeal_clocks(session, [here.call.id])[here.call.id].waiting == 2


def test_the_association_reads_its_appeals_and_not_who_recorded_one(published: Office) -> None:
    here = published
    contested(here, 0)
    with here.factory.platform.database.reading() as session:
        dossier = open_dossier(session, actor=here.factory.actor(here.member), application_id=here.dossiers[0].id)
        [shown] = own_appeals(session, dossier)
        actions = session.exec(select(AuditLine.action).where(AuditLine.object_id == here.dossiers[0].id)).all()
        decision = session.exec(select(Decision).where(Decision.application_id == here.dossiers[0].id)).one()
        assert appeal_delay(session, decision) == AppealDelay(None, None)  # nobody has read it
    assert (shown.person, shown.silent_on, shown.result) == ("", date(2025, 4, 10), None)
    assert "appeal.recorded" in actions
    of_office(here, note_reading, here.member, application_id=here.dossiers[0].id, links=LINKS)
    with here.factory.platform.database.reading() as session:
        decision = session.get_one(Decision, decision.id)
        assert appeal_delay(session, decision) == AppealDelay(date(2025, 2, 10), date(2025, 4, 11))
