"""What a posted page holds for a question, as typed values (see aap.core.answers.reading).

Names: `<prefix><question id>`, then `.start`/`.end`, `.detail`, `.<row>.<column>`, `.<block>.<inner question>`,
`.<account>`. Rows may have gaps; they are taken in order. Buttons that change the form without a script are named
`edit`: `add <name>` adds a row or block, `remove <name>.<row>` takes one away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from aap.core.answers.reading import MAX_ROWS
from aap.core.budgets.budget import accounts
from aap.core.call.schema import Question
from aap.core.territories import Territories
from aap.web.forms.communes import read_commune

Post = MultiDict[str, str]

EDIT = "edit"
_PART = {"charges": "charges", "products": "products", "used": "contributions", "given": "contributions"}


def typed_of(question: Question, post: Post, name: str, territories: Territories) -> Any:
    """What was typed for one question; what isn't there reads as empty."""
    match question.type:
        case "period":
            return {part: post.get(f"{name}.{part}", "") for part in ("start", "end")}
        case "yes_no":
            return _with_detail(post, name)
        case "choice":
            return _with_detail(post, name) if question.detail_if is not None else post.get(name, "")
        case "multiple_choice":
            return post.getlist(name)
        case "commune":
            code, text = read_commune(post, name, territories)
            return {"codes": [code] if code else [], "text": text}
        case "communes":
            code, text = read_commune(post, name, territories)
            kept = [one for one in post.getlist(f"{name}.codes")[:MAX_ROWS] if territories.commune(one)]
            return {"codes": [*kept, *([code] if code else [])], "text": text}
        case "table":
            blank = {column.id: "" for column in question.columns}
            rows = [{column: post.get(f"{name}.{row}.{column}", "") for column in blank} for row in _rows(post, name)]
            return _edited(rows, post, name, blank, question.max_rows or MAX_ROWS)
        case "group":
            blocks = [
                typed_answers(question.questions, post, f"{name}.{row}.", territories) for row in _rows(post, name)
            ]
            return _edited(blocks, post, name, {}, question.max_items)
        case "budget":
            typed: dict[str, dict[str, str]] = {"charges": {}, "products": {}, "contributions": {}}
            for account in accounts(question.budget or "project"):
                typed[_PART[account.side]][account.code] = post.get(f"{name}.{account.code}", "")
            return typed
        case "file":
            return ""
        case _:
            return post.get(name, "")


def typed_answers(questions: Sequence[Question], post: Post, prefix: str, territories: Territories) -> dict[str, Any]:
    """What was typed for each question, by id."""
    return {question.id: typed_of(question, post, f"{prefix}{question.id}", territories) for question in questions}


def edit_asked(post: Post) -> tuple[str, str]:
    """(verb, the rest) of the pressed edit button, or two empty texts."""
    verb, _, rest = post.get(EDIT, "").partition(" ")
    return verb, rest


def _with_detail(post: Post, name: str) -> dict[str, str]:
    return {"value": post.get(name, ""), "detail": post.get(f"{name}.detail", "")}


def _rows(post: Post, name: str) -> list[int]:
    start = len(name) + 1
    found = {key[start:].partition(".")[0] for key in post if key.startswith(f"{name}.")}
    return sorted(int(row) for row in found if row.isascii() and row.isdigit() and len(row) <= 4)[:MAX_ROWS]


def _edited(rows: list[Any], post: Post, name: str, blank: dict[str, str], most: int) -> list[Any]:
    verb, target = edit_asked(post)
    if verb == "add" and target == name and len(rows) < most:
        return [*rows, dict(blank)]
    if verb == "remove" and target.startswith(f"{name}."):
        row = target[len(name) + 1 :]
        present = _rows(post, name)
        if row.isascii() and row.isdigit() and len(row) <= 4 and int(row) in present:
            place = present.index(int(row))
            return rows[:place] + rows[place + 1 :]
    return rows
