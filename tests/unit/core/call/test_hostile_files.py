"""Call files made to cost: refused within a second, with one sentence that says why."""

from __future__ import annotations

import time

import pytest

from aap.core.call.loading import inspect_call

DEEP = "le fichier emboîte plus de 30 niveaux"
MANY = "le fichier contient trop de valeurs (plus de 20000, alias compris)"
N = 100_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * N, DEEP),
        ("[" * N + "]" * N, DEEP),
        ("schema: 1\ncall: " + "[" * N, DEEP),
        ("{" * N, DEEP),
        ("{a: " * (N // 2), DEEP),
        ("[\n" * N, DEEP),
        ("[ " * N, DEEP),
        ("? " * N, DEEP),
        ("- " * N, DEEP),
        ("\n".join(" " * level + "- " for level in range(700)), DEEP),
        ("[" + "[]," * 90_000 + "]", MANY),
        ("{" + "a," * N, MANY),
        ("[]: b\n" * 40_000, MANY),
        ("a: b\n" * 50_000, MANY),
        ("?\n" * N, MANY),
        ("a: &a [" + "*b," * 10 + "]", "cet alias ne renvoie à aucune ancre placée avant lui"),
        ("\n".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" if i else "a0: &a0 [x]" for i in range(40)), MANY),
        ("---\n" * 70_000, "le fichier contient plusieurs documents YAML, un seul est attendu"),
        ("#" * 299_000, "le fichier est vide"),
        ("\r\n" * 140_000, "le fichier est vide"),
        ("a: " + "x" * 300_000, "le fichier est trop grand pour un fichier d’appel"),
        ("]" * N, "la syntaxe YAML est incorrecte ici"),
        (":" * N, "«\u00a0:\u00a0» n’est pas attendu ici (mettez le texte entre guillemets)"),
    ],
    ids=range(23),
)
def test_a_call_file_made_to_cost_is_refused_soon(text: str, message: str) -> None:
    began = time.process_time()
    inspected = inspect_call(text, name="x.yaml")
    assert (inspected.call, [problem.message for problem in inspected.problems]) == (None, [message])
    assert time.process_time() - began < 15  # a bound on what it costs, not a measure


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-12:00"])
def test_a_date_at_the_end_of_the_calendar_is_refused(moment: str) -> None:
    inspected = inspect_call(f"schema: 1\ncall:\n  opens_at: {moment}\n", name="x.yaml")
    refused = [problem for problem in inspected.problems if problem.key == "call.opens_at"]
    assert [(one.message, one.allowed) for one in refused] == [
        ("cette année ne peut pas être celle d’un appel", "une année de 1900 à 2199")
    ]
