"""The end of the discussion between reviewers goes with the other dates, and says alone when others' marks are seen."""

from __future__ import annotations

import pytest

from tests.unit.core.call.told import told

UNTIL = 'discussion_until: "2026-02-01T12:00:00+01:00"'


@pytest.mark.parametrize(
    ("reviewing", "call", "found"),
    [
        (UNTIL, "title: Essai", []),
        (f'{UNTIL}, closes_at: "2026-01-31T12:00:00+01:00"', "title: Essai", []),
        (
            f'{UNTIL}, closes_at: "2026-02-01T12:00:00+01:00"', "title: Essai",
            ["reviewing.discussion_until ! la discussion finit avant la fin des évaluations [2026-02-01T12:00:00+01:00]"],
        ),
        (
            UNTIL, 'title: Essai, closes_at: "2026-03-01T12:00:00+01:00"',
            ["reviewing.discussion_until ! la discussion finit avant la clôture des dépôts [2026-02-01T12:00:00+01:00]"],
        ),
        (
            f"{UNTIL}, others_visible: after_own", "title: Essai",
            [
                "reviewing.others_visible ! avec une discussion, les autres évaluations se voient quand toutes sont soumises "
                "[after_own]"
            ],
        ),
        (
            'discussion_until: "2026-07-01T12:00:00+01:00"', "title: Essai",
            [
                "reviewing.discussion_until ? ce décalage n’est pas celui de Paris ce jour-là (+01:00 l’hiver, +02:00 l’été) : "
                "ce serait le 1ᵉʳ juillet 2026 à 13 h, heure de Paris [2026-07-01T12:00:00+01:00]"
            ],
        ),
    ],
)  # fmt: skip
def test_a_discussion_fits_the_call_or_says_why_not(reviewing: str, call: str, found: list[str]) -> None:
    assert told(call=call, more=f"reviewing: {{{reviewing}}}") == found
