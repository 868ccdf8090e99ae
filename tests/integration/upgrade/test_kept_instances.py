"""Instances that earlier releases left behind (tests/kept), opened by this code as an operator opens them: nothing is
lost, every page opens, everything verifies, and the work that waited is done once.

SQLite only: a kept instance is one folder. The steps of the migration run on PostgreSQL in tests/integration/house.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import sqlite3
import tarfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from click.testing import CliRunner, Result
from pypdf import PdfReader
from sqlmodel import col, select

from aap.cli import main
from aap.records.decided import ListVersion
from aap.records.migrations import configuration
from aap.records.outbox import Job, JobState, OutboxMail
from tests.agreement import assert_one_truth
from tests.kept.driving import Visitor, World
from tests.kept.walking import NO_PAGES, Walk

KEPT = Path(__file__).parents[2] / "kept"
ARCHIVES = sorted(KEPT.glob("*.tar.xz"))

NOT_IN_THEM = {
    "reviewer.preferences": "no call asks for preferences",
    "reviewer.discussion": "no call asks for discussions",
    "reviewer.changing_marks": "no call asks for discussions",
    "official.discussions": "no call asks for discussions",
    "association.board_file": "no link for the board was made",
    "association.board_reading": "no link for the board was made",
    "association.claim_proof": "0.1.0 asked no proof of a claim",
    "official.answer_paper": "0.1.0 took no answer on paper",
    "official.claim_file": "0.1.0 asked no proof of a claim",
    "security.confirm_email": "its token is good for days of the machine's clock",
    "security.reset_password": "its token is good for hours of the machine's clock",
    "security.change_email_confirm": "its token is good for hours of the machine's clock",
    "official.freeze": "no call deliberates",
    "official.jury_screen": "no meeting is open",
    "association.abandon": "no deposit is being corrected",
    "association.section_version": "0.1.0 kept no versions of a section",
    "association.appeal_file": "no appeal was kept",
    "association.appeal_paper": "no appeal was kept",
    "official.appeal_answer": "no appeal was kept",
    "official.appeal_document": "no appeal was kept",
    "official.appeal_file": "no appeal was kept",
    "official.appeal_receipt": "no appeal was kept",
    "association.intent": "no decision was corrected",
    "official.correction": "no decision was corrected",
    "official.correction_letter": "no decision was corrected",
    "official.correction_paper": "no decision was corrected",
    "association.former_decision": "no decision that was told was replaced by another that is",
    "official.letter_settings_version": "0.1.0 kept no settings of letters",
    "official.addresses": "0.1.0 sent nothing by registered post",
    "official.letters_book": "0.1.0 sent nothing by registered post",
    "official.many": "nothing is picked out of a list",
    "official.many_report": "nothing was done to many dossiers at once",
    "official.postal_proof": "0.1.0 sent nothing by registered post",
    "official.postal_return": "0.1.0 sent nothing by registered post",
    "public.too_large": "no page leads to what a proxy shows",
    "official.unfreeze": "the letters of the frozen ranking have left",
    "official.version_minutes_file": "no version was taken back",
    "official.prepare": "no call has a frozen run without decisions",
    "official.publish": "no call has decisions that aren't published",
    "security.mf_recovery_codes": "nobody of 0.1.0 has a second factor",
    "security.tf_select": "nobody of 0.1.0 has a second factor",
    "security.two_factor_rescue": "nobody of 0.1.0 has a second factor",
    "security.two_factor_setup": "our own page sets it up",
    "security.wan_delete": "nobody of 0.1.0 has a passkey",
}
"""Pages that no kept instance can show, with the reason. A new page that no link leads to in them is named here."""


CLOSED_SINCE = re.compile(r"/instruction/[^/]+/(classement|evaluations/accord|jury(/.*)?)")
"""Pages of calls that don't deliberate yet, which tell marks or ranks: closed to officials until they do."""


UNTOLD_SINCE = {"/resultats/lueurs-2025": "La Passerelle fictive"}
"""Page → a laureate called from the waiting list who was not notified when the instance was kept. 0.1.0 showed it to
everybody before its own letter said so: now the public reads a change once its decision is told."""


@dataclass
class Kept:
    """A kept instance, unpacked and upgraded. Who changes something asks for a copy."""

    folder: Path
    manifest: dict[str, Any]
    pages: dict[str, list[str]]
    revision: str

    def world(self, target: Path, at: str = "kept_at") -> World:
        """A copy of its own, served, at a moment that the manifest names."""
        shutil.copytree(self.folder, target / "instance")
        return World(target / "instance", target / "mail", datetime.fromisoformat(self.manifest[at]))

    def visitor(self, world: World, actor: str) -> Visitor:
        if not actor:
            return Visitor(world)
        return Visitor(world, self.manifest["actors"][actor]).sign_in()


@pytest.fixture(scope="module", params=ARCHIVES, ids=lambda path: path.name.removesuffix(".tar.xz"))
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    archive: Path = request.param
    manifest = json.loads((KEPT / archive.name.replace(".tar.xz", ".json")).read_text(encoding="utf-8"))
    folder = tmp_path_factory.mktemp("kept")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    pages = json.loads((folder / "pages.json").read_text(encoding="utf-8"))
    found = Kept(folder / "instance", manifest, pages, revision_of(folder / "instance"))
    World(found.folder, folder / "mail", datetime.fromisoformat(manifest["kept_at"])).close()  # brings it up to date
    return found


@pytest.fixture
def world(kept: Kept, tmp_path: Path) -> Iterator[World]:
    opened = kept.world(tmp_path)
    yield opened
    opened.close()


def revision_of(instance: Path) -> str:
    with closing(sqlite3.connect(instance / "aap.sqlite3")) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def command(instance: Path, *arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], env={"AAP_INSTANCE": str(instance)})


def test_an_instance_of_every_release_is_kept() -> None:
    assert [path.name for path in ARCHIVES] == [path.name.replace(".json", ".tar.xz") for path in KEPT.glob("*.json")]
    assert "0.1.0.tar.xz" in [path.name for path in ARCHIVES]
    assert [path.name for path in ARCHIVES if path.stat().st_size > 1_000_000] == []


def test_opening_it_brings_the_database_to_the_newest_step(kept: Kept) -> None:
    newest = ScriptDirectory.from_config(configuration("sqlite://")).get_current_head()
    assert (kept.revision, revision_of(kept.folder)) == (kept.manifest["revision"], newest)


def test_every_page_that_opened_opens_and_leads_on(kept: Kept, world: World) -> None:
    walk = Walk(world.app)
    for actor, addresses in kept.pages.items():
        walk.go(actor, kept.visitor(world, actor), [one for one in addresses if not CLOSED_SINCE.fullmatch(one)])
    assert walk.faults == []
    finished = [call for call, held in kept.manifest["calls"].items() if held["runs"]]
    told = [f"/instruction/{call}/{tail}" for call in finished for tail in ("classement", "evaluations/accord", "jury")]
    assert [one for one in told if one not in walk.opened["instruction"]] == []
    lost = [(actor, one) for actor, held in kept.pages.items() for one in held if one not in walk.opened[actor]]
    lost = [(actor, one) for actor, one in lost if not CLOSED_SINCE.fullmatch(one)]
    assert lost == []
    readable = {rule.endpoint for rule in world.app.url_map.iter_rules() if "GET" in (rule.methods or ())} - NO_PAGES
    assert sorted(readable - walk.endpoints) == sorted(NOT_IN_THEM)


def test_its_pages_show_what_it_holds(kept: Kept, world: World) -> None:
    visitors = {actor: kept.visitor(world, actor) for actor in {actor for actor, _to, _words in kept.manifest["shows"]}}
    lacking = [
        (actor, address, word)
        for actor, address, words in kept.manifest["shows"]
        for page in [flat(visitors[actor].page(address))]
        for word in words
        if flat(word) not in page
    ]
    assert lacking == [("", page, name) for page, name in UNTOLD_SINCE.items()]
    official = visitors["instruction"]
    for call, held in kept.manifest["calls"].items():
        candidates = rows(official, f"/instruction/{call}/candidats.csv")
        named = {cell for row in candidates for cell in row} & set(held["candidates"])
        assert (len(candidates) - 1, sorted(named)) == (len(held["candidates"]), held["candidates"])
        for run in held["runs"][-1:]:
            laureates = rows(official, f"/instruction/{call}/classement/{run}/fichiers/laureates.csv")
            assert granted(laureates) == held["laureates"]
            published = rows(Visitor(world), f"/resultats/{call}/laureats.csv")
            # Before the first change that is not told: as the run was frozen, but for who has given the grant up.
            assert [row[published[0].index("dossier")] for row in published[1:]] == [
                one for one in held["published"] if one in held["laureates"]
            ]


def flat(text: str) -> str:
    """With plain spaces."""
    return " ".join(text.split())


def rows(visitor: Visitor, address: str) -> list[list[str]]:
    content = visitor.open(address).data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content), csv.Sniffer().sniff(content.splitlines()[0], ",;")))


def granted(laureates: list[list[str]]) -> dict[str, int]:
    """Reference → cents, of a table of laureates."""
    head = laureates[0]
    return {
        row[head.index("application_id")]: round(float(row[head.index("granted_amount")]) * 100)
        for row in laureates[1:]
    }


def test_its_log_its_runs_and_its_files_verify(kept: Kept, world: World, tmp_path: Path) -> None:
    instance = world.settings.instance
    audit = kept.manifest["audit"]
    log = command(instance, "audit", "verify", "--head", audit["head"], "--count", audit["lines"])
    # the lines of then, the one that closes their chain, and the one that notes what stood
    assert (log.exit_code, f"{audit['lines'] + 2} lignes" in flat(log.output)) == (0, True), log.output

    official, stranger = kept.visitor(world, "instruction"), Visitor(world)
    bundles = []
    for call, held in kept.manifest["calls"].items():
        for run in held["runs"]:
            bundles.append(official.open(f"/instruction/{call}/classement/{run}/fichiers/bundle.json").data)
        if held["laureates"]:
            bundles.append(stranger.open(f"/resultats/{call}/verification.json").data)
    assert len(bundles) == 3
    for number, content in enumerate(bundles):
        path = tmp_path / f"bundle-{number}.json"
        path.write_bytes(content)
        checked = command(instance, "verify", path)
        assert checked.exit_code == 0, checked.output

    stored = [path for path in (instance / "files").rglob("*") if path.is_file()]
    assert {path.name for path in stored} == {hashlib.sha256(path.read_bytes()).hexdigest() for path in stored}
    for arguments in (("backup", tmp_path / "saved"), ("restore", "--check-only", tmp_path / "saved")):
        done = command(instance, *arguments)  # both look for every file that the database names
        assert done.exit_code == 0, done.output


def test_its_list_in_force_has_the_versions_that_its_decisions_made(kept: Kept, world: World) -> None:
    official = kept.visitor(world, "instruction")
    for call, held in kept.manifest["calls"].items():
        if not held["laureates"]:
            continue
        found = assert_one_truth(world.platform, call, lambda address: official.open(address).data)
        assert sorted(found.granted) == held["published"]
        with world.platform.database.reading() as session:
            versions = session.exec(
                select(ListVersion).where(ListVersion.call_id == call).order_by(col(ListVersion.number))
            ).all()
        left, called = set(held["laureates"]) - set(held["published"]), set(held["published"]) - set(held["laureates"])
        assert [str(one.change) for one in versions] == ["frozen", *["left", "called"] * len(called)]
        assert (found.left, len(versions[0].granted), len(left)) == (left, len(held["laureates"]), len(called))


def test_the_links_of_its_mails_that_left_are_erased(kept: Kept) -> None:
    with closing(sqlite3.connect(kept.folder / "aap.sqlite3")) as connection:
        mails = connection.execute(
            "SELECT body, erased_when_done FROM outbox_mail WHERE sent_at IS NOT NULL"
        ).fetchall()
    assert {bool(erased) for _body, erased in mails} == {True, False}
    assert [body for body, erased in mails if bool(body) == bool(erased)] == []
    assert [
        body for body, _erased in mails if re.search(r"/(connexion/lien|signature|invitation|confirmation)/", body)
    ] == []


def test_its_letters_are_the_same_and_open(kept: Kept, world: World) -> None:
    assert letters(kept, world) == {call: held["letters"] for call, held in kept.manifest["calls"].items()}


def letters(kept: Kept, world: World) -> dict[str, dict[str, str]]:
    """Call → reference → SHA-256 of the letter, as an official downloads it; each can be read."""
    official = kept.visitor(world, "instruction")
    found: dict[str, dict[str, str]] = {}
    for call, held in kept.manifest["calls"].items():
        found[call] = {}
        for reference in held["letters"]:
            content = official.open(f"/instruction/{call}/decisions/{reference}/lettre.pdf").data
            assert reference in PdfReader(io.BytesIO(content)).pages[0].extract_text()
            found[call][reference] = hashlib.sha256(content).hexdigest()
    return found


def test_the_work_that_waited_is_done_once(kept: Kept, tmp_path: Path) -> None:
    world = kept.world(tmp_path, "finished_at")
    mails = kept.manifest["mails"]
    before = attempts(world)
    assert len([one for one, (sent, _tries) in before.items() if sent]) == mails["sent"]
    assert states(world)[JobState.RUNNING] == 1

    world.finish()
    delivered = {str(message["Message-ID"]).strip("<>").partition("@")[0] for message in world.messages()}
    assert delivered & set(before) == set(mails["waiting"])  # so: none that was sent, none that was given up
    assert dict(Counter(message["To"] for message in world.messages())) == mails["leaving"]
    after = attempts(world)
    assert {one: after[one][1] - before.get(one, (False, 0))[1] for one in delivered} == dict.fromkeys(delivered, 1)
    assert {one: after[one] for one in set(before) - delivered} == {
        one: tried for one, tried in before.items() if one not in delivered
    }
    done = states(world)
    assert done == Counter({JobState.DONE: sum(kept.manifest["jobs"].values())})

    for path in world.mail.iterdir():
        path.unlink()
    world.finish()
    assert ([*world.mail.iterdir()], attempts(world), states(world)) == ([], after, done)
    assert doubled_mails(world) == []
    world.close()


def attempts(world: World) -> dict[str, tuple[bool, int]]:
    """Mail → whether it was sent, how often it was tried."""
    with world.platform.database.reading() as session:
        return {one.id: (one.sent_at is not None, one.attempts) for one in session.exec(select(OutboxMail))}


def states(world: World) -> Counter[JobState]:
    with world.platform.database.reading() as session:
        return Counter(JobState(state) for state in session.exec(select(Job.state)))


def doubled_mails(world: World) -> list[tuple[str, str]]:
    """Who has two mails with the same subject and text."""
    with world.platform.database.reading() as session:
        found = session.exec(select(col(OutboxMail.recipient), col(OutboxMail.subject), col(OutboxMail.body))).all()
    return [(recipient, subject) for (recipient, subject, _body), times in Counter(found).items() if times > 1]
