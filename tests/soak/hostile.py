"""Hostile requests for every route, the same at each run: in addresses, queries, forms, JSON, headers and files."""

from __future__ import annotations

import io
import random
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from werkzeug.routing import Rule

from tests.integration.security.asking import FIXED, address, rules, who_may
from tests.integration.security.world import World

ROOT = Path(__file__).parents[2]

VALUES = (
    "' OR '1'='1' --", '"><script>alert(1)</script>', "{{7*7}}${7*7}#{7*7}", "../../../../etc/passwd", "\x00\x01\x1b[31m",
    "99999999999999999999", "9" * 5_000, "-1", "1e400", "NaN", "²", "١٢٣", "0x10", "1_0", "2026-13-45", "0001-01-01",
    "9999-12-31T23:59:59+14:00", "\u202e\u2066gpj.exe", "a\u0301" * 2_000, "=cmd|' /C calc'!A0", "a\r\nX-Injected: 1",
    "javascript:alert(1)", "//example.org/%2e%2e", "[" * 20_000, "A" * 200_000, "(a+)+$" + "a" * 60, "%s%n%x{0.__class__}",
    "\ufeff", "🏳️‍🌈" * 500, "&amp;" * 3_000, ",".join(["1"] * 5_000), "' UNION SELECT * FROM person--",
)  # fmt: skip
RAW = (
    "%ff%fe",
    "%ED%A0%80",
    "%00",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252f",
    "..;",
    "%0d%0aX-Injected:%201",
)
"""Parts of an address as they are sent."""
JSON = (
    b"[" * 100_000, b'{"a":' * 30_000, b'{"version": 1e400}', b"9" * 10_000, b"\xff\xfe\x00", b"null", b'"\\ud800"',
    b'{"version": {"$gt": ""}, "version": []}',
)  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {"Accept-Language": "fr;q=9999999999999999999, " + "x-" * 3_000}, {"Cookie": "session=" + "A" * 8_000},
    {"Range": "bytes=" + ",".join(f"{n}-" for n in range(2_000))}, {"Range": "bytes=99999999999999999999-1"},
    {"If-None-Match": '"' + "x" * 6_000 + '"'}, {"If-Modified-Since": "Fri, 99 Zzz 99999 99:99:99 GMT"},
    {"Host": "evil.example.org"}, {"Host": "a" * 300 + ".example"}, {"X-Forwarded-For": "1.1.1.1, " * 500},
    {"X-Forwarded-Host": "evil.example.org", "X-Forwarded-Prefix": "//evil.example.org"}, {"Referer": "javascript:alert(1)"},
    {"Content-Type": "multipart/form-data; boundary=" + "b" * 500}, {"Accept-Encoding": "gzip;q=nan, br;q=" + "1" * 500},
    {"X-Request-Start": "t=99999999999999999999999"}, {"User-Agent": "() { :;}; /bin/sleep 9"}, {"Accept": "*/*," * 2_000},
)  # fmt: skip


NOT_HERE = {"official.prepare": "the world's decisions are prepared, and its call put back before that by hand"}
PARTS = {
    "association.upload": {"question_id": "statuts"},
    "association.budget_import": {"question_id": "budget-projet"},
}
"""Parts of addresses without which nothing would be looked at."""


@dataclass(frozen=True)
class Hostile:
    """One request, and who sends it (`state`: of the call and the dossier in which they may)."""

    kind: str
    endpoint: str
    who: str
    state: tuple[Any, Any]
    method: str
    url: str
    more: dict[str, Any] = field(default_factory=dict)


def _names(pattern: str, *folders: str) -> list[str]:
    texts = (
        path.read_text() for one in folders for path in (ROOT / one).rglob("*.*") if path.suffix in (".py", ".html")
    )
    return sorted({name for text in texts for name in re.findall(pattern, text)})


def _archive(**entries: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return made.getvalue()


def _bomb_png() -> bytes:
    """A picture of 60,000 × 60,000 points in a few kilobytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    size = (60_000).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + size + b"\x01\x00\x00\x00\x00") + chunk(
        b"IDAT", zlib.compress(b"\x00" * 2_000_000)
    ) + chunk(b"IEND", b"")  # fmt: skip


def files() -> list[tuple[str, bytes]]:
    """Names and contents of files that nobody sends by mistake."""
    laughs = b'<!DOCTYPE a [<!ENTITY l "ha">' + b"".join(
        b'<!ENTITY l%d "%s">' % (n, b"&l%s;" % (b"" if n == 1 else b"%d" % (n - 1)) * 10) for n in range(1, 10)
    ) + b"]><a>&l9;</a>"  # fmt: skip
    outside = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet>&x;</worksheet>'
    swelling = _archive(**{"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b" " * 60_000_000})
    return [
        ("../../../../etc/cron.d/x.pdf", b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"),
        ("a\x00.pdf", b"%PDF-1.4\n" + b"[" * 50_000), ("vide.pdf", b""), ("x" * 300 + ".pdf", b"%PDF-" + b"\xff" * 5_000),
        ("bombe.xlsx", swelling), ("rires.xlsx", _archive(**{"[Content_Types].xml": laughs, "xl/workbook.xml": laughs})),
        ("dehors.xlsx", _archive(**{"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": outside})),
        ("lien.docx", _archive(**{"../../../x": b"x", "word/document.xml": outside})), ("image.png", _bomb_png()),
        ("image.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("page.html", b"<script>alert(1)</script>"),
        ("table.csv", b"\xff\xfe" + b"=1+1;" * 20_000), ("long.csv", b'"' + b"a" * 2_000_000), ("appel.yaml", b"[" * 100_000),
        ("appel.yaml", b"a: &a [x,x]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (98 + n, 98 + n, 97 + n, 97 + n) for n in range(20))),
        ("appel.yaml", b"!!python/object/apply:os.system ['true']"),
    ]  # fmt: skip


def hostile_requests(world: World) -> Iterator[Hostile]:
    """All of them, by route, each sent by somebody who may see the page where there is one."""
    queries = _names(r'args(?:\.get|\.getlist)?[\(\[]"([\w.-]+)"', "src/aap/web")
    fields = sorted({*_names(r'(?:form|values)(?:\.get|\.getlist)?[\(\[]"([\w.-]+)"', "src/aap/web"),
                     *_names(r'\sname="([\w.-]+)"', "templates")})  # fmt: skip
    uploads = [*_names(r'files(?:\.get|\.getlist)?[\(\[]"([\w.-]+)"', "src/aap/web"), "f.statuts"]
    sent = files()
    for method in ("GET", "POST"):
        for rule in rules(world, method):
            if rule.endpoint in NOT_HERE:
                continue
            draw = random.Random(f"{method} {rule.rule}")
            who, state = who_may(world, rule, _actors(rule)) or ("everybody", STATE_OF_NOBODY)
            url = _address(world, rule)

            def request(kind: str, where: str = url, **more: Any) -> Hostile:
                return Hostile(kind, rule.endpoint, who, state, method, where, more)  # noqa: B023

            for one in _addresses(rule, world, draw):
                yield request("address", one)
            for one in draw.sample(HEADERS, 2):
                yield request("headers", headers=one)
            if method == "GET":
                for value in draw.sample(VALUES, 3):
                    yield request("query", query_string=dict.fromkeys(queries, value[:20000]))
                continue
            for value in draw.sample(VALUES, 4):
                yield request("form", data=dict.fromkeys(draw.sample(fields, len(fields) // 2), value))
            yield request("json", data=draw.choice(JSON), content_type="application/json")
            for number in range(2):
                name, content = sent[(draw.randrange(len(sent)) + number) % len(sent)]
                yield request("files", data={one: (io.BytesIO(content), name) for one in uploads})


STATE_OF_NOBODY: tuple[Any, Any] = ("open", "draft")


def _actors(rule: Rule) -> tuple[str, ...]:
    room = rule.endpoint.partition(".")[0]
    usual = {"association": "owner", "reviewer": "assigned", "official": "official", "admin": "admin"}.get(room)
    return tuple(
        dict.fromkeys(one for one in (usual, "owner", "assigned", "official", "admin", "newcomer", "anonymous") if one)
    )


def _address(world: World, rule: Rule) -> str:
    more = PARTS.get(rule.endpoint, {})
    return address(world, rule, replace(world.own, values={**world.own.values, **more}) if more else world.own)


def _addresses(rule: Rule, world: World, draw: random.Random) -> Iterator[str]:
    """The address with one part replaced, three ways a part."""
    known = {**FIXED, **world.own.values}
    for name in sorted(rule.arguments):
        for part in (*(quote(one[:3_000], safe="") for one in draw.sample(VALUES, 2)), draw.choice(RAW)):
            yield re.sub(
                r"<(?:[^<>:]+:)?([^<>:]+)>",
                lambda found: part if found[1] == name else quote(str(known[found[1]])),  # noqa: B023
                rule.rule,
            )
