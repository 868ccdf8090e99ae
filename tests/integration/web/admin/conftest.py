"""An administrator, and the browser that they are signed in with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aap.records.people import Person, Role
from tests.factories import Factory


@pytest.fixture
def admin(factory: Factory) -> Person:
    return factory.person(Role.ADMIN, name="Alix Administration", email="admin@example.org")


@pytest.fixture
def signed(browser: Callable[[], Any], admin: Person) -> Any:
    return browser().sign_in(admin)
