"""The order of the post: departments, codes, names; overseas, then abroad, at the end."""

from __future__ import annotations

import pytest

from aap.documents.papers.postal import postal_department, postal_order


@pytest.mark.parametrize(
    ("code", "department"),
    [("01000", "01"), ("20200", "20"), ("75011", "75"), ("97400", "974"), ("98713", "987"), ("", ""), ("B-1000", "")],
)
def test_the_post_sorts_by_the_first_figures(code: str, department: str) -> None:
    assert postal_department(code) == department


def test_letters_go_by_department_code_and_name_overseas_and_abroad_last() -> None:
    letters = [
        ("", "Abroad", "R-1"), ("97400", "Mer", "R-2"), ("75011", "Étoile", "R-3"), ("75011", "Zénith", "R-4"),
        ("75002", "Zoo", "R-5"), ("01000", "Ain", "R-6"), ("75011", "Étoile", "R-0"), ("97110", "Île", "R-7"),
    ]  # fmt: skip
    assert [one[2] for one in sorted(letters, key=lambda one: postal_order(*one))] == [
        "R-6", "R-5", "R-0", "R-3", "R-4", "R-7", "R-2", "R-1",
    ]  # fmt: skip
