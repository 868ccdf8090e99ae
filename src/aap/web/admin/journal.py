"""The audit log: filtered page by page, and its verification."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from aap.core.scalars import YEARS
from aap.core.values import parse_day
from aap.services.call.calls import list_calls
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.services.upkeep.auditing import AuditFilter, ask_verification, last_verification, read_log
from aap.web.access import requires
from aap.web.admin.blueprint import blueprint, show_admin_page
from aap.web.audit_words import actions, object_kinds
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.wording.sentences import worded


@blueprint.get("/journal")
@requires(Permission.AUDIT_READ)
def journal() -> ResponseReturnValue:
    if request.args.get("suivi") == "json":
        with reading() as session:
            verification = last_verification(session, actor=signed_in())
        return {
            "done": verification.done if verification else 0,
            "total": verification.total if verification else 1,
            "message": "",
            "finished": verification is None or verification.state in ("done", "failed"),
        }
    return _page({})


def _page(problems: Mapping[str, str]) -> str:
    """`problems`: what is wrong in the form of the verification."""
    typed = {name: request.args.get(name, "").strip()[:200] for name in ("qui", "action", "appel", "objet", "du", "au")}
    before = request.args.get("avant", "")
    wanted = AuditFilter(
        person=typed["qui"],
        action=typed["action"],
        call_id=typed["appel"],
        object_id=typed["objet"],
        since=_day(typed["du"]),
        until=_day(typed["au"]),
    )
    with reading() as session:
        page = read_log(session, actor=signed_in(), wanted=wanted, before=_sequence(before))
        verification = last_verification(session, actor=signed_in())
        calls = [(call.id, call.record.title) for call in list_calls(session)]
    words = actions()
    kept: dict[str, Any] = {name: value for name, value in typed.items() if value}
    return show_admin_page(
        "journal.html",
        page=page,
        words=words,
        action_choices=sorted(((one, words.get(one, one)) for one in page.actions), key=lambda pair: pair[1]),
        call_choices=calls,
        values=_values,
        typed=typed,
        narrowed=any(typed.values()),
        older=url_for("admin.journal", **kept, avant=page.older) if page.older else None,
        newest=url_for("admin.journal", **kept) if before else None,
        verification=verification,
        kinds=object_kinds(),
        problems=problems,
        noted=request.form,
    )


def _day(typed: str) -> date | None:
    try:
        day = parse_day(typed)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def _sequence(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None


def _values(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values of a line, as texts of a length that a page bears."""
    found = []
    for name, value in content.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        found.append((name, text if len(text) <= 1_000 else f"{text[:1_000]}…"))
    return found


@blueprint.post("/journal/verification")
@requires(Permission.AUDIT_READ)
def verify_journal() -> ResponseReturnValue:
    """Reads the whole log again, as long work; `empreinte` and `lignes`: what was noted earlier."""
    try:
        with writing() as session:
            ask_verification(
                session,
                actor=signed_in(),
                head=request.form.get("empreinte", ""),
                lines=request.form.get("lignes", ""),
                now=arrived_at(),
            )
    except InvalidInput as refused:
        return _page(worded(refused.problems, {"head": "empreinte", "lines": "lignes"})), 422
    return redirect(url_for("admin.journal") + "#verification", 303)
