"""`make quick` finds the tests of what changed."""

from __future__ import annotations

import pytest
from scripts.changed_tests import folders


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        ("src/aap/services/dossier/applying.py", ["tests/integration/services/dossier", "tests/unit/services/dossier"]),
        ("src/aap/core/scoring/reml.py", ["tests/unit/core/scoring"]),
        ("src/aap/core/french.py", ["tests/unit/core/test_amounts.py", "tests/unit/core/test_delays.py",
                                    "tests/unit/core/test_french.py", "tests/unit/core/test_identifiers.py",
                                    "tests/unit/core/test_results.py", "tests/unit/core/test_territories.py",
                                    "tests/unit/core/test_tiles.py",
                                    "tests/unit/core/test_typed_numbers.py"]),
        ("templates/official/candidates.html", ["tests/integration/web/official"]),
        ("tests/unit/core/call/test_call_loading.py", ["tests/unit/core/call/test_call_loading.py"]),
        ("docs/README.md", []),
    ],
)  # fmt: skip
def test_a_changed_file_leads_to_the_tests_of_its_subject(path: str, tests: list[str]) -> None:
    assert folders([path]) == tests


def test_a_folder_is_named_once() -> None:
    paths = ["src/aap/web/official/jury.py", "tests/integration/web/official/test_path.py"]
    assert folders(paths) == ["tests/integration/web/official"]
