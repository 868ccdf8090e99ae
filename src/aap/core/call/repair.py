"""Sets aside the broken parts of a call file, so that the checks across its sound parts can still run.

A refused optional value is dropped, a refused or missing required one is replaced by a stand-in. The repaired call is
only ever looked at by the checks, and what they find on a broken part is not reported (see `loading`).
"""

from __future__ import annotations

import copy
from itertools import count
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from aap.core.call.refusals import told_errors
from aap.core.call.schema import CallFile
from aap.core.call.structure import bare, fields_of, type_at
from aap.core.findings import STAND_IN
from aap.core.paths import Path
from aap.core.questions.base.question import Question

PLAIN_TYPE = "text"  # what stands for a question's type: it asks for no key of its own
ATTEMPTS = 5  # a stand-in for a whole part may itself have to be completed


def repaired(raw: dict[str, Any], error: ValidationError) -> CallFile | None:
    """A call with stand-ins where `raw` was refused, or None where that fails."""
    mended = copy.deepcopy(raw)
    names = count(1)
    for _ in range(ATTEMPTS):
        # The last items first: dropping a key or an item doesn't move those before it.
        for detail in reversed(told_errors(error, mended)):
            at_key = detail["loc"][-1:] == ("[key]",)
            _mend(mended, detail["loc"][:-1] if at_key else detail["loc"], drop=at_key, names=names)
        try:
            return CallFile.model_validate(mended)
        except ValidationError as again:
            error = again
    return None


def _mend(root: Any, path: Path, *, drop: bool, names: count[int]) -> None:
    holder = root
    for step in path[:-1]:
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return
    last = path[-1]
    if isinstance(holder, list):
        assert isinstance(last, int)
        holder[last] = _stand_in(type_at(path, root), names)
    elif isinstance(holder, dict):
        owner = type_at(path[:-1], root)
        field = fields_of(owner).get(str(last)) if isinstance(owner, type) and issubclass(owner, BaseModel) else None
        if field is None or not field.is_required() or drop:
            holder.pop(last, None)
        else:
            holder[last] = _stand_in_of_key(owner, str(last), names)


def _stand_in(kind: Any, names: count[int]) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        required = [key for key, field in fields_of(kind).items() if field.is_required()]
        return {key: _stand_in_of_key(kind, key, names) for key in required}
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if get_origin(kind) is tuple:
        return [_stand_in(bare(get_args(kind)[0]), names)]
    if get_origin(kind) is dict:
        return {}
    return f"{STAND_IN}{next(names)}" if kind is str else "1"


def _stand_in_of_key(owner: type[BaseModel], key: str, names: count[int]) -> Any:
    if key == "type" and issubclass(owner, Question):
        return PLAIN_TYPE
    return _stand_in(bare(fields_of(owner)[key].annotation), names)
