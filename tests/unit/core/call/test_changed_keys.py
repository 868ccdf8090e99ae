"""The keys that differ between two parts of a call, as a person finds them in the file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from aap.core.call.changed_keys import changed_keys

BEFORE: dict[str, Any] = {
    "threshold": Decimal(50),
    "criteria": [{"id": "a", "weight": 1, "scale": {"min": 0, "max": 5}}, {"id": "b", "weight": 2}],
    "tie_break": ["a", "b"],
}


@pytest.mark.parametrize(
    ("after", "keys"),
    [
        (BEFORE, ()),
        ({**BEFORE, "threshold": Decimal("50.0")}, ()),
        ({**BEFORE, "threshold": None}, ("rubric.threshold",)),
        ({key: value for key, value in BEFORE.items() if key != "threshold"}, ("rubric.threshold",)),
        ({**BEFORE, "out_of": 20}, ("rubric.out_of",)),
        ({**BEFORE, "tie_break": ["b", "a"]}, ("rubric.tie_break",)),
        (
            {**BEFORE, "criteria": [{**BEFORE["criteria"][0], "scale": {"min": 0, "max": 9}}, BEFORE["criteria"][1]]},
            ("rubric.criteria[0].scale.max",),
        ),
        ({**BEFORE, "criteria": BEFORE["criteria"][::-1]}, ("rubric.criteria",)),
        ({**BEFORE, "criteria": BEFORE["criteria"][1:]}, ("rubric.criteria",)),
        ({**BEFORE, "criteria": [{"id": "c", "weight": 3}, *BEFORE["criteria"]]}, ("rubric.criteria[0]",)),
        ({**BEFORE, "criteria": [BEFORE["criteria"][0], {"id": "b", "weight": 4}]}, ("rubric.criteria[1].weight",)),
    ],
)
def test_the_keys_that_differ_are_named(after: dict[str, Any], keys: tuple[str, ...]) -> None:
    assert changed_keys(BEFORE, after, ("rubric",)) == keys
