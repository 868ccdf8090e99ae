"""A call with its dossiers, reviews and two officials, in any state."""

from __future__ import annotations

import pytest

from tests.factories import Factory
from tests.offices import Offices, offices


@pytest.fixture
def office(factory: Factory) -> Offices:
    """`office()`: a call that deliberates; `office(CallState.PUBLISHED)`: led on to a later state."""
    return offices(factory)
