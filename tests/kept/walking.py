"""Walks through the pages as one person: every link that a page shows is followed, a few addresses for each page."""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from aap.web.access import permission_of
from tests.kept.driving import Visitor

NO_PAGES = frozenset({"static", "script_texts", "public.whole_health"})
"""Files that pages load (`script_texts`: only in another language than French), and what monitoring asks: 503 where no
worker runs."""
MOST = 4
"""Addresses of one page (endpoint) that a person's walk opens; the addresses kept and those without parameters come on
top."""
MOST_PAPERS = 2
"""The same for what is no page (PDF, tables, archives), over the walks of everybody: making it takes long."""
PUBLIC = frozenset({"public:read", "results:read"})
"""Permissions of the pages that are the same for everybody: two walks open them, the others go past them."""


def endpoint_of(app: Flask, address: str) -> str:
    """The page behind an address; empty where there is none."""
    try:
        return str(app.url_map.bind("localhost").match(urlsplit(address).path, "GET")[0])
    except RequestRedirect:
        return "redirect"
    except HTTPException:
        return ""


def bare_pages(app: Flask) -> list[str]:
    """Addresses of the pages that take no parameter."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint not in NO_PAGES
    )


@dataclass
class Walk:
    """`opened`: actor → address → endpoint, of what answered; `faults`: what a link or a kept address led to instead."""

    app: Flask
    opened: dict[str, dict[str, str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    papers: Counter[str] = field(default_factory=Counter)

    @property
    def endpoints(self) -> set[str]:
        return {endpoint for found in self.opened.values() for endpoint in found.values()}

    def go(self, actor: str, visitor: Visitor, kept: Iterable[str]) -> None:
        """From the addresses `kept`, which must answer, and the pages without parameters, which may be closed to this
        person, along every link."""
        found = self.opened[actor] = {}
        counted = Counter[str]()
        waiting = deque(
            [(address, "kept") for address in kept] + [(address, "bare") for address in bare_pages(self.app)]
        )
        known = {address for address, _origin in waiting}
        while waiting:
            address, origin = waiting.popleft()
            endpoint = endpoint_of(self.app, address)
            counted[endpoint] += 1
            linked = origin not in ("kept", "bare")
            if linked and (counted[endpoint] > MOST or self.papers[endpoint] >= MOST_PAPERS):
                continue
            if origin != "kept" and len(self.opened) > 2 and permission_of(self.app, endpoint) in PUBLIC:
                continue
            answer = visitor.client.get(address)
            ahead = []
            if answer.status_code in (301, 302, 303, 307, 308):
                ahead = [urljoin(address, answer.location)]
            elif answer.status_code < 300 and answer.mimetype == "text/html":
                ahead = links(answer.text, address)
            elif answer.status_code < 300:
                self.papers[endpoint] += 1
            answer.close()
            if answer.status_code >= 500 or (answer.status_code >= 400 and origin != "bare"):
                self.faults.append(f"{actor or 'nobody'}: {answer.status_code} {address} (from {origin})")
            elif [urlsplit(one).path for one in ahead] == ["/connexion"] and answer.status_code != 200:
                if origin == "kept" or (actor and linked):
                    self.faults.append(f"{actor or 'nobody'}: {address} asks to sign in (from {origin})")
            elif answer.status_code < 400:
                found[address] = endpoint
            for link in ahead:
                path = urlsplit(link)._replace(scheme="", netloc="", fragment="").geturl()
                if path not in known and endpoint_of(self.app, path) not in NO_PAGES:
                    known.add(path)
                    waiting.append((path, address))


def links(page: str, address: str) -> list[str]:
    """Where a page leads within the site."""
    targets = (urljoin(address, html.unescape(link)) for link in re.findall(r'<a\b[^>]*?\shref="([^"#][^"]*)"', page))
    return [target for target in targets if target.startswith("/")]
