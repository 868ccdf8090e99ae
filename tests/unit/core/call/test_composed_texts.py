"""Texts are composed without a way to hold the processor with accents."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aap.core.call.loading import inspect_call
from aap.core.composed import MOST_MARKS, nfc, piled_marks, with_few_marks
from aap.core.problems import BadInput
from aap.documents.tables.table_files import TableFile, read_table

PILED = "e" + "\u0301\u0323" * 60_000  # ten minutes' work for a plain normalisation


@given(st.text(alphabet="aeé\u0301\u0323\u0345\u1dfa 1-«", max_size=200))
def test_a_text_of_this_world_is_only_composed(text: str) -> None:
    if piled_marks(text) is None:
        assert nfc(text) == unicodedata.normalize("NFC", text)


def test_marks_beyond_thirty_on_a_letter_are_left_out() -> None:
    assert piled_marks(PILED) == 1 + MOST_MARKS
    assert piled_marks("e" + "\u0301" * MOST_MARKS) is None
    assert with_few_marks(f"a{PILED}b") == "ae" + "\u0301\u0323" * (MOST_MARKS // 2) + "b"
    assert len(nfc(PILED)) < 40


def test_a_file_of_piled_accents_is_refused_where_they_stand() -> None:
    (problem,) = inspect_call(f"schema: 1\ncall: {{id: {PILED}}}\n", name="f.yaml").problems
    assert (problem.line, problem.column, problem.message) == (2, 43, "trop d’accents sur une même lettre")
    with pytest.raises(BadInput) as refused:
        read_table(TableFile("A.csv", f"a,b\n1,2\n3,{PILED}\n".encode()), required=["a", "b"])
    assert [(p.row, p.message) for p in refused.value.problems] == [(3, "trop d’accents sur une même lettre")]
