"""Settings are documented: the table of docs/settings.md is the class."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aap.settings import DEFAULT_SECRET, Settings

DOCUMENT = Path(__file__).parents[2] / "docs/settings.md"


def shown(default: object) -> str:
    if default in ("", None):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_every_setting_is_documented_with_its_default_and_its_words() -> None:
    rows = re.findall(r"^\| `(AAP_\w+)` \| (.*?) ?\| (.+) \|$", DOCUMENT.read_text(), re.M)
    fields = Settings.model_fields.items()
    assert [tuple(row) for row in rows] == [
        (f"AAP_{name.upper()}", shown(field.default), field.description) for name, field in fields
    ]


def test_every_setting_is_used() -> None:
    source = Path(__file__).parents[2] / "src/aap"
    code = "\n".join(path.read_text() for path in source.rglob("*.py"))
    unused = [name for name in Settings.model_fields if not re.search(rf"(settings|self)\.{name}\b", code)]
    assert unused == []


def test_production_refuses_the_published_secret() -> None:
    with pytest.raises(SystemExit):
        Settings(environment="production", secret_key=DEFAULT_SECRET).refuse_unsafe()
    Settings(environment="production", secret_key="another").refuse_unsafe()
