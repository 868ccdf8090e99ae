"""One truth after the decisions: whatever counts laureates or sums grants says what the list in force says.

`assert_one_truth` is called after each step (a decline, a call from the list, a correction, another amount): it reads every
page and file there is, as an official who is recused of nothing, and holds them against the decisions in force.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import openpyxl
from sqlalchemy import true
from sqlmodel import col, select

from aap.core.ranking.bundle import list_in_force, read_text, verify_bundle
from aap.core.ranking.later_list import fingerprint
from aap.records.applications import Application
from aap.records.calls import CallState
from aap.records.decided import ListVersion
from aap.records.rankings import Decision
from aap.services.call.calls import get_call
from aap.services.decision.in_force import current_list
from aap.services.platform import Platform
from tests.read_answers import content_text

Fetch = Callable[[str], bytes]
"""An address on the site → the content of a successful answer to a signed-in official."""


@dataclass(frozen=True)
class Truth:
    """What the decisions in force say. References → cents; references in the order of the waiting list."""

    granted: dict[str, int]
    waiting: list[str]
    left: set[str]
    state: CallState

    @property
    def total(self) -> int:
        return sum(self.granted.values())

    @property
    def figures(self) -> tuple[str, str]:
        """How many laureates and how much money, as pages write them, with plain spaces."""
        return f"{len(self.granted):,}".replace(",", " "), euros(self.total)


def euros(cents: int) -> str:
    whole, rest = divmod(cents, 100)
    return f"{whole:,}".replace(",", " ") + (f",{rest:02d}" if rest else "") + " €"


def by_client(signed: Any) -> Fetch:
    """Reads as the signed-in browser of a test client."""

    def fetch(address: str) -> bytes:
        answer = signed.client.get(address, follow_redirects=True)
        assert answer.status_code == 200, (address, answer.status_code)
        return bytes(answer.data)

    return fetch


def by_page(page: Any, base: str) -> Fetch:
    """Reads with the cookies of a page of Playwright."""

    def fetch(address: str) -> bytes:
        answer = page.request.get(base + address)
        assert answer.status == 200, (address, answer.status)
        return bytes(answer.body())

    return fetch


def truth(platform: Platform, call_id: str, *, told: bool = False) -> Truth:
    """From the decisions alone: the last of each dossier that is not voided, laureates who gave up aside.

    `told`: of those that were notified; the public reads no other, so that nobody learns there what their own letter says.
    """
    with platform.database.reading() as session:
        found = session.exec(
            select(Decision, Application.reference)
            .where(Decision.call_id == call_id, Decision.application_id == Application.id)
            .where(col(Decision.voided_at).is_(None))
            .where(col(Decision.notified_at).is_not(None) if told else true())
            .order_by(col(Decision.number))
        ).all()
        state = get_call(session, call_id).state
    last = {reference: decision for decision, reference in found}
    laureates = {name: one for name, one in last.items() if one.outcome == "laureate"}
    waits = [(one.row["waiting_rank"], name) for name, one in last.items() if one.outcome == "waiting_list"]
    return Truth(
        granted={name: one.amount or 0 for name, one in laureates.items() if one.answer not in ("declined", "lapsed")},
        waiting=[name for _, name in sorted(waits)],
        left={name for name, one in laureates.items() if one.answer in ("declined", "lapsed")},
        state=state,
    )


def assert_one_truth(platform: Platform, call_id: str, fetch: Fetch) -> Truth:
    """Everything that says who is retained and for how much says the same. Gives what."""
    expected = truth(platform, call_id)
    number, kept_hash = _list_read(platform, call_id, expected)
    official = f"/instruction/{call_id}"
    _pages(fetch, official, number, expected)
    succession = _figures(_plain(fetch(f"{official}/decisions/suites")))
    [places] = [int(value) for label, value in succession.items() if re.match("places? libres?$", label)]
    _files(fetch, f"{official}/decisions/listes/{number}", expected)
    for address in (f"{official}/decisions/suites/liste-en-vigueur.json",
                    f"{official}/decisions/listes/{number}/archive.json"):  # fmt: skip
        bundle = fetch(address)
        assert verify_bundle(bundle) == (), address
        assert fingerprint(json.loads(bundle)) == kept_hash, address
        replayed = list_in_force(read_text(bundle))
        assert (replayed.granted, replayed.waiting) == (expected.granted, expected.waiting), address
        assert max(0, replayed.places) == places, address
    if expected.state in (CallState.PUBLISHED, CallState.ARCHIVED):
        _public(fetch, call_id, truth(platform, call_id, told=True))
    return expected


def _list_read(platform: Platform, call_id: str, expected: Truth) -> tuple[int, str]:
    """The number of the list in force and the fingerprint of its bundle; older versions are all there."""
    with platform.database.reading() as session:
        held = current_list(session, call_id)
        names = dict(session.exec(select(Application.id, Application.reference)).all())
        numbers = session.exec(select(ListVersion.number).where(ListVersion.call_id == call_id)).all()
    assert {names[one]: cents for one, cents in held.granted.items()} == expected.granted
    assert [names[one] for one in held.waiting] == expected.waiting
    assert {names[one] for one in held.left} == expected.left
    assert sorted(numbers) == list(range(1, held.version + 1))
    return held.version, held.bundle_hash


def _plain(content: bytes) -> str:
    return " ".join(content.decode().replace("\u202f", " ").replace("\u00a0", " ").split())


def _figures(page: str) -> dict[str, str]:
    """Label → value, of the figures at a glance."""
    return {html.unescape(label): html.unescape(value)
            for label, value in re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", page)}  # fmt: skip


def _pages(fetch: Fetch, official: str, number: int, expected: Truth) -> None:
    laureates, total = expected.figures
    for tail in ("/", "/decisions", "/decisions/suites", f"/decisions/listes/{number}"):
        shown = _figures(_plain(fetch(official + tail)))
        counts = [value.split(" / ")[0] for label, value in shown.items() if re.match("lauréats?( en place)?$", label)]
        money = [value for label, value in shown.items() if label.startswith("accordés")]
        assert (counts, money) == ([laureates], [total]), (tail, shown)
    lines = _plain(fetch(f"{official}/decisions/listes")).partition("<tbody>")[2].split("</tr>")
    cells = re.findall(r'<td class="num"[^>]*>(.*?)</td>', lines[0])
    assert (f"Version {number}<" in lines[0], cells) == (True, [laureates, total, str(len(expected.waiting))])
    listed = _plain(fetch(f"{official}/decisions/listes/{number}")).partition("<tbody>")[2].partition("</tbody>")[0]
    assert {name for name in expected.granted if name in listed} == set(expected.granted)
    assert listed.count("<tr>") == len(expected.granted)
    if expected.state is CallState.DECIDED:
        publish = _plain(fetch(f"{official}/decisions/publier"))
        if "Montant accordé" in publish:
            assert (f">{laureates}<" in publish, total in publish) == (True, True)
            assert re.search(rf"Lauréats seuls à être montrés ainsi</dt> ?<dd>[0-9]+ sur {laureates}</dd>", publish)


def _files(fetch: Fetch, version: str, expected: Truth) -> None:
    rows = list(csv.DictReader(io.StringIO(fetch(f"{version}/laureates.csv").decode("utf-8-sig"))))
    assert {row["application_id"]: int(Decimal(row["granted_amount"]) * 100) for row in rows} == expected.granted
    book = openpyxl.load_workbook(io.BytesIO(fetch(f"{version}/laureates.xlsx")))
    cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    assert {name for name in (*expected.granted, *expected.left, *expected.waiting) if name in cells} == set(
        expected.granted
    )
    text = " ".join(content_text(fetch(f"{version}/laureates.pdf")).split())
    assert (f"{expected.figures[1]}" in text.replace("\u202f", " ").replace("\u00a0", " ")) is True
    joined = text.replace(" ", "")
    assert {name for name in (*expected.granted, *expected.left) if name.replace(" ", "") in joined} == set(
        expected.granted
    )


def _public(fetch: Fetch, call_id: str, expected: Truth) -> None:
    laureates, total = expected.figures
    page = _plain(fetch(f"/resultats/{call_id}"))
    shown = _figures(page)
    assert [value for label, value in shown.items() if label.startswith("lauréat")] == [laureates], shown
    assert [value for label, value in shown.items() if label.startswith("accordés")] == [total], shown
    rows = list(csv.DictReader(io.StringIO(fetch(f"/resultats/{call_id}/laureats.csv").decode("utf-8-sig"))))
    assert {row["dossier"]: int(Decimal(row["montant_accorde"]) * 100) for row in rows} == expected.granted
    grants = fetch(f"/resultats/{call_id}/subventions.csv").decode()
    amounts = [int(Decimal(row["montant"]) * 100) for row in csv.DictReader(io.StringIO(grants))]
    assert sorted(amounts) == sorted(expected.granted.values())
    bundle = fetch(f"/resultats/{call_id}/verification.json")
    assert verify_bundle(bundle) == ()
    assert sorted(list_in_force(read_text(bundle)).granted.values()) == sorted(expected.granted.values())
