"""What a recused official takes away: the dossier's line keeps its place and loses its content, in every format."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from sqlmodel import SQLModel, select

from aap.core.results import MASKED
from aap.jobs import sweep
from aap.records.applications import Application
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.outbox import Job
from aap.records.people import Membership, MembershipRole
from aap.records.rankings import JuryDecision, JuryDecisionKind, RankingRun
from aap.records.reviews import Consensus, Mark, Recusal, Review
from aap.services.call.calls import get_call
from aap.services.ranking.computing import compute_run, store_run
from aap.services.ranking.input import ranking_input
from aap.services.ranking.run_files import RUN_FILES, WHOLE_FILES
from tests.read_answers import text_of
from tests.worlds.offices import Office, Offices

Browsers = Callable[[], Any]

NAME, TITLE, AMOUNT = "Association Cachée", "Projet secret", 31_234_56
MASKED_FILES = tuple(sorted(set(RUN_FILES) - WHOLE_FILES))


def hide(here: Office, at: int = 0, *, as_member: bool = False) -> Application:
    """Keeps the first official from a dossier whose name, title and amount are like no other: by a recusal of the
    register, or by a membership of its association alone."""
    secret = here.dossiers[at]
    by: SQLModel = Recusal(
        person_id=here.first.id, application_id=secret.id, origin="official", reason="Un proche.",
        created_at=here.factory.now,
    )  # fmt: skip
    if as_member:
        by = Membership(
            person_id=here.first.id, association_id=secret.association_id, role=MembershipRole.READER,
            created_at=here.factory.now,
        )  # fmt: skip
    with here.factory.platform.database.writing() as session:
        session.add(by)
        session.get_one(Association, secret.association_id).name = NAME
        held = session.get_one(Application, secret.id)
        held.title, held.requested_amount = TITLE, AMOUNT
        review = session.exec(select(Review).where(Review.application_id == secret.id)).first()
        assert review is not None
        for mark in session.exec(select(Mark).where(Mark.review_id == review.id)):
            mark.score, mark.comment = Decimal("4.0"), "Remarque cachée."  # 85 on 100 with the other, like nobody's
    return secret


def ranked(here: Office) -> int:
    """Another run, computed with what is there now; its number."""
    platform = here.factory.platform
    actor = here.factory.actor(here.second)
    with platform.database.writing() as session:
        call = get_call(session, here.call.id)
        given = ranking_input(session, call)
        run = compute_run(call, given, draws=20)
        return store_run(session, actor=actor, call=call, given=given, run=run, now=here.factory.now).number


def told(answer_text: str, secret: Application) -> list[str]:
    """What of the secret dossier stands in a text."""
    plain = re.sub(r"\s", "", answer_text)
    canaries = (
        secret.reference,
        NAME,
        TITLE,
        "31234.56",
        "31234,56",
        "85.00",
        "85,00",
        "Un proche.",
        "Remarque cachée.",
    )
    return [canary for canary in canaries if re.sub(r"\s", "", canary) in plain]


@pytest.fixture
def bureau(office: Offices) -> tuple[Office, Application, int]:
    here = office()
    secret = hide(here)
    return here, secret, ranked(here)


def download(signed: Any, here: Office, name: str) -> Any:
    answer = signed.client.get(here.address(name))
    if answer.status_code == 302 and "travaux" in answer.location:
        sweep(here.factory.platform)
        answer = signed.client.get(here.address(name))
    return answer


@pytest.mark.parametrize("name", MASKED_FILES)
def test_a_file_of_a_run_tells_a_recused_official_nothing_of_the_dossier(
    bureau: tuple[Office, Application, int], browser: Browsers, name: str
) -> None:
    here, secret, number = bureau
    address = f"classement/{number}/fichiers/{name}"
    other = download(browser().sign_in(here.second), here, address)
    mine = download(browser().sign_in(here.first), here, address)
    assert (mine.status_code, told(text_of(mine), secret)) == (200, [])
    if name not in ("report.json", "reviewers.csv"):  # these name dossiers only where something is odd
        assert re.sub(r"\s", "", MASKED) in re.sub(r"\s", "", text_of(mine))
        assert MASKED not in text_of(other)
    if name.startswith(("ranking", "laureates", "report.html")):
        assert secret.reference in re.sub(r"\s", "", text_of(other))


@pytest.mark.parametrize("name", sorted(WHOLE_FILES))
def test_what_is_of_use_only_whole_is_refused_with_the_reason_to_who_is_recused(
    bureau: tuple[Office, Application, int], browser: Browsers, name: str
) -> None:
    here, _secret, number = bureau
    address = here.address(f"classement/{number}/fichiers/{name}")
    refused = browser().sign_in(here.first).get(address)
    assert refused.status_code == 403
    assert "dont un dont vous êtes déporté" in refused.text
    assert browser().sign_in(here.second).client.get(address).status_code == 200


def test_the_line_keeps_its_place_in_tables(bureau: tuple[Office, Application, int], browser: Browsers) -> None:
    here, secret, number = bureau
    mine, other = browser().sign_in(here.first), browser().sign_in(here.second)
    address = here.address(f"classement/{number}/fichiers/ranking.csv")

    def rows(signed: Any) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(signed.client.get(address).data.decode("utf-8-sig"))))

    whole, masked = rows(other), rows(mine)
    at = next(place for place, row in enumerate(whole) if row["application_id"] == secret.reference)
    kept = {name: value for name, value in masked[at].items() if value}
    assert kept == {
        "rank": whole[at]["rank"], "application_id": "déport 1", "association": MASKED, "status": whole[at]["status"],
    }  # fmt: skip
    assert masked[:at] + masked[at + 1 :] == whole[:at] + whole[at + 1 :]
    book = mine.client.get(here.address(f"classement/{number}/fichiers/ranking.xlsx")).data
    table, list_, severities = openpyxl.load_workbook(io.BytesIO(book))
    assert severities.title == "Évaluateurs"  # of a reviewer's marks as a whole: it names no dossier
    for sheet, outcome in ((table, whole[at]["status"]), (list_, "lauréat")):
        (cells,) = sheet.iter_rows(min_row=at + 2, max_row=at + 2, values_only=True)
        told = [int(whole[at]["rank"]), "déport 1", MASKED, outcome]
        assert [cell for cell in cells if cell not in (None, "")] == told


def test_an_official_who_is_a_member_of_the_applicant_is_handed_the_same_as_who_is_recused(
    office: Offices, browser: Browsers
) -> None:
    here = office()
    secret = hide(here, as_member=True)
    number = ranked(here)
    mine, other = browser().sign_in(here.first), browser().sign_in(here.second)
    with here.factory.platform.database.reading() as session:
        assert session.exec(select(Recusal)).all() == []  # nobody wrote it down yet
    table = f"classement/{number}/fichiers/ranking.csv"
    masked, whole = (
        list(csv.DictReader(io.StringIO(download(one, here, table).data.decode("utf-8-sig")))) for one in (mine, other)
    )
    at = next(place for place, row in enumerate(whole) if row["application_id"] == secret.reference)
    assert {name: value for name, value in masked[at].items() if value} == {
        "rank": whole[at]["rank"], "application_id": "déport 1", "association": MASKED, "status": whole[at]["status"],
    }  # fmt: skip
    assert masked[:at] + masked[at + 1 :] == whole[:at] + whole[at + 1 :]
    for name in sorted(WHOLE_FILES):
        address = here.address(f"classement/{number}/fichiers/{name}")
        refused = browser().sign_in(here.first).get(address)
        assert (refused.status_code, "dont un dont vous êtes déporté" in refused.text) == (403, True)
        assert other.client.get(address).status_code == 200


def test_the_kept_list_of_another_is_never_handed_to_who_is_recused(
    bureau: tuple[Office, Application, int], browser: Browsers
) -> None:
    here, secret, number = bureau
    address = f"classement/{number}/fichiers/ranking.pdf"
    other, mine = browser().sign_in(here.second), browser().sign_in(here.first)
    whole = download(other, here, address)
    masked = download(mine, here, address)
    with here.factory.platform.database.reading() as session:
        jobs = session.exec(select(Job).where(Job.kind == "ranking_list"))
        arguments = [{name: value for name, value in job.arguments.items() if name != "standing"} for job in jobs]
        run_id = session.exec(select(RankingRun.id).where(RankingRun.number == number)).one()
    assert sorted(arguments, key=len) == [{"run": run_id}, {"run": run_id, "masked": [secret.reference]}]
    assert (told(text_of(whole), secret) != [], told(text_of(masked), secret)) == (True, [])


def test_minutes_register_and_lists_tell_a_recused_official_nothing(
    bureau: tuple[Office, Application, int], browser: Browsers
) -> None:
    here, secret, _number = bureau
    platform, now = here.factory.platform, here.factory.now
    with platform.database.writing() as session:
        session.add(JuryDecision(call_id=here.call.id, application_id=secret.id, decision=JuryDecisionKind.OUT,
                                 reason="Remarque cachée.", author_id=here.second.id, created_at=now))  # fmt: skip
        session.add(Consensus(application_id=secret.id, cause="x", reason="Remarque cachée.", total=85,  # type: ignore[arg-type]
                              attendees=["A", "B"], author_id=here.second.id, created_at=now, decided_at=now,
                              held_on=now.date()))  # fmt: skip
    mine, other = browser().sign_in(here.first), browser().sign_in(here.second)
    for tail in ("jury/proces-verbal.pdf", "deports.pdf", "candidats.csv", "candidats.xlsx", "repartition.csv"):
        address = here.address(tail)
        whole, masked = text_of(other.client.get(address)), text_of(mine.client.get(address))
        assert (tail, told(masked, secret)) == (tail, [])
        assert secret.reference in re.sub(r"\s", "", whole), tail
        assert re.sub(r"\s", "", MASKED) in re.sub(r"\s", "", masked), tail


def test_letters_to_who_is_recused_are_not_in_the_archive_which_says_so(office: Offices, browser: Browsers) -> None:
    here = office(CallState.DECIDED)
    secret = hide(here)
    archive = browser().sign_in(here.first).client.get(here.address("decisions/lettres.zip")).data
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        names, note = opened.namelist(), opened.read("LISEZ-MOI.txt").decode()
        slip = opened.read("bordereau.csv").decode()
    assert len(names) == len(here.dossiers) + 1  # a note in place of a letter, and the list of those that are there
    assert secret.reference not in slip
    assert f"{secret.reference}.pdf" not in names
    assert note == "Lettres qui ne sont pas dans cette archive (dossiers dont vous êtes déporté) : 1\n"


def test_everybody_counts_the_same(bureau: tuple[Office, Application, int], browser: Browsers) -> None:
    here, _secret, number = bureau
    mine, other = browser().sign_in(here.first), browser().sign_in(here.second)
    for tail in ("", "candidats", "candidats?etat=eligible", "evaluations", "evaluateurs", "repartition",
                 f"classement/{number}", f"classement/{number}?resultat=laureate"):  # fmt: skip
        assert (tail, figures(mine.get(here.address(tail)).text)) == (
            tail, figures(other.get(here.address(tail)).text)
        )  # fmt: skip


def figures(page: str) -> list[str]:
    """The figures of a page and the number of its lines: what two persons may compare."""
    shown = re.findall(r'class="figure[^"]*"[^>]*>(.*?)</', page, re.S)
    counted = re.findall(r'role="status">\s*(\d+ \w+)', page)
    return [*shown, *counted, str(page.count("<tr>"))]


def test_trying_other_rules_names_nothing_either(bureau: tuple[Office, Application, int], browser: Browsers) -> None:
    here, secret, number = bureau
    mine = browser().sign_in(here.first)
    for query in ("laureats=1", "sans=sud", "mode=skip", "mode=stop"):
        page = mine.get(here.address(f"classement/{number}/essai?{query}"))
        assert (query, page.status_code, told(page.text, secret)) == (query, 200, [])


def test_words_are_looked_for_in_no_masked_dossier(bureau: tuple[Office, Application, int], browser: Browsers) -> None:
    here, _secret, number = bureau
    mine, other = browser().sign_in(here.first), browser().sign_in(here.second)
    for tail in ("candidats?q=cachee", f"classement/{number}?q=cachee"):
        assert re.search(r'role="status">\s*0 dossier', mine.get(here.address(tail)).text), tail
        assert re.search(r'role="status">\s*1 dossier', other.get(here.address(tail)).text), tail


@pytest.mark.parametrize("sort", ["amount", "-amount", "association", "-association", "reviews", "submitted"])
def test_an_order_tells_nothing_of_a_masked_candidate(
    bureau: tuple[Office, Application, int], browser: Browsers, sort: str
) -> None:
    here, secret, _number = bureau
    with here.factory.platform.database.writing() as session:
        session.get_one(Application, secret.id).submitted_at = here.factory.now - timedelta(days=9)
    page = browser().sign_in(here.first).client.get(here.address(f"candidats.csv?tri={sort}"))
    names = [row["Association"] for row in csv.DictReader(io.StringIO(page.data.decode("utf-8-sig")))]
    assert (names.index(MASKED), len(names)) == (4, 5)


def test_a_report_names_no_masked_dossier_as_contested(
    bureau: tuple[Office, Application, int], browser: Browsers
) -> None:
    here, secret, number = bureau
    with here.factory.platform.database.writing() as session:
        run = session.exec(select(RankingRun).where(RankingRun.number == number)).one()
        run.report = {**run.report, "contested": [secret.reference], "warnings": [f"Vu par R1 sur {secret.reference}."]}
    answer = browser().sign_in(here.first).client.get(here.address(f"classement/{number}/fichiers/report.json"))
    report = json.loads(answer.data)
    assert report["contested"] == ["déport 1"]
    assert report["warnings"] == ["Vu par R1 sur (dossier dont vous êtes déporté)."]
