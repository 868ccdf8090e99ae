"""Services object with keys and values, pages have a sentence for every key: both sides agree, and French stays at the
edge."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aap.services.call.amending import SEALED
from aap.services.errors import Objection, said_by_core
from aap.web.wording.sentences import SUBJECTS, sentence, worded

ROOT = Path(__file__).parents[2]
SERVICES, WEB = ROOT / "src/aap/services", ROOT / "src/aap/web"
OF_THE_CORE = "core.said"

FRENCH = re.compile(r"[À-ÿŒœ«»’\u00a0\u202f]|\b(?:le|la|les|un|une|de|du|des|est|pas|vous|dossiers?) ", re.IGNORECASE)


def raised(folder: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every `Objection(…)` of the folder, with its file's subject: the first folder, or `page` in the web."""
    for path in sorted(folder.rglob("*.py")):
        subject = "page" if folder == WEB else path.relative_to(folder).parts[0]
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Objection":
                yield subject, node


def key_of(call: ast.Call) -> str:
    """The key, which stands there as a text: nobody composes keys."""
    (key,) = call.args
    assert isinstance(key, ast.Constant), ast.unparse(call)
    assert isinstance(key.value, str), ast.unparse(call)
    return key.value


RAISED = [(subject, call) for folder in (SERVICES, WEB) for subject, call in raised(folder) if subject != "errors.py"]
SENTENCES = {key: words for subject in SUBJECTS.values() for key, words in subject.items()}


def names_in(key: str) -> set[str]:
    """The values that the key's sentence has a place for."""
    words = SENTENCES[key]
    if callable(words):
        return set(inspect.signature(words).parameters)
    return set(re.findall(r"%\((\w+)\)s", str(words)))


def test_every_key_that_is_raised_has_its_sentence_and_every_sentence_its_key() -> None:
    keys = {key_of(call) for _, call in RAISED}
    assert keys == SENTENCES.keys() - {OF_THE_CORE}


def test_a_key_begins_with_its_subject_and_its_sentence_stands_in_the_file_of_the_subject() -> None:
    assert [key for subject, call in RAISED if (key := key_of(call)).partition(".")[0] != subject] == []
    assert [key for subject, words in SUBJECTS.items() for key in words if key.partition(".")[0] != subject] == []


def test_whoever_objects_gives_the_values_that_the_sentence_names() -> None:
    differing = {
        key: (given, names_in(key))
        for _, call in RAISED
        if (given := {word.arg for word in call.keywords}) != names_in(key := key_of(call))
    }
    assert differing == {}


def is_refusal(node: ast.AST) -> bool:
    """A `raise`, an error or objection that is made, or something put among the problems."""
    if isinstance(node, ast.Assign):
        return any("problems" in ast.unparse(target) for target in node.targets)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in {"InvalidInput", "Objection"}
    return isinstance(node, ast.Raise)


def french_in(tree: ast.AST) -> list[str]:
    """Texts in French among what is raised or objected."""
    texts = {
        node.value
        for refusal in ast.walk(tree)
        if is_refusal(refusal)
        for node in ast.walk(refusal)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return sorted(text for text in texts if FRENCH.search(text))


@pytest.mark.parametrize("path", sorted(SERVICES.rglob("*.py")), ids=lambda path: path.relative_to(SERVICES).as_posix())
def test_services_raise_nothing_in_french(path: Path) -> None:
    assert french_in(ast.parse(path.read_text())) == []


ADDRESS = re.compile(r"^/\w|\.(?:html|txt)\b")
KNOWN = {"report.html", "LISEZ-MOI.txt"}
"""Files that are handed out: what a run is read in, what tells of the letters in an archive."""


def names_of_pages(tree: ast.AST) -> list[str]:
    """Addresses and templates among the texts of a file, but what it says of itself in its docstrings."""
    said = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in said
        and ADDRESS.search(node.value)
        and node.value not in KNOWN
    ]


@pytest.mark.parametrize("path", sorted(SERVICES.rglob("*.py")), ids=lambda path: path.relative_to(SERVICES).as_posix())
def test_services_name_no_page_and_no_template(path: Path) -> None:
    assert names_of_pages(ast.parse(path.read_text())) == []


def test_the_address_of_a_page_or_a_template_is_seen() -> None:
    assert names_of_pages(ast.parse('f"{base}/association/invitation/{token}"')) == ["/association/invitation/"]
    assert names_of_pages(ast.parse('render("mail/association_receipt.txt")')) == ["mail/association_receipt.txt"]


def test_a_sentence_in_french_in_an_error_is_seen() -> None:
    refusal = 'raise InvalidInput({"reason": f"Dites pourquoi, en {most} mots au plus, pour le journal."})'
    assert french_in(ast.parse(refusal)) == [" mots au plus, pour le journal."]
    assert french_in(ast.parse('problems["siret"] = "Ce numéro est pris."')) == ["Ce numéro est pris."]
    assert french_in(ast.parse('raise InvalidInput({"siret": Objection("association.siret_held")})')) == []


def test_values_are_written_as_french_people_read_them() -> None:
    assert sentence(Objection("review.text_too_long", most=20_000)) == "20\u202f000 caractères au plus."
    closed = datetime(2026, 3, 1, 22, 59, tzinfo=UTC)
    assert sentence(Objection("steering.still_open", until=closed)) == (
        "Des dossiers peuvent encore être déposés jusqu’au 1ᵉʳ\u00a0mars\u00a02026 à 23\u00a0h\u00a059."
    )
    assert sentence(Objection("harmonising.recused_attendees", people=("Léa Roy", "Paul Aron"))) == (
        "Léa Roy et Paul Aron : déport enregistré sur ce dossier, sans participation possible."
    )
    assert sentence((Objection("steering.to_screen", dossiers=1), Objection("steering.to_screen", dossiers=1200))) == (
        "1\u00a0dossier sans avis de recevabilité. 1\u202f200\u00a0dossiers sans avis de recevabilité."
    )


def test_what_a_job_kept_is_worded_as_it_was_objected_and_an_earlier_sentence_as_it_stands() -> None:
    objection = Objection("ranking.marks_missing", places=(("AB-1", "R01"), ("AB-2", "R02")))
    kept = json.loads(json.dumps(objection.as_json()))
    assert (
        sentence(Objection.of_json(kept))
        == sentence(objection)
        == ("Des évaluations remises n’ont pas toutes leurs notes\u00a0: AB-1 (évaluateur R01), AB-2 (évaluateur R02).")
    )
    assert Objection.of_json("Une phrase d’avant.") == said_by_core("Une phrase d’avant.")
    assert sentence(said_by_core("Une phrase d’avant.")) == "Une phrase d’avant."


def test_everything_that_an_amendment_cannot_change_has_its_name() -> None:
    said = [sentence(Objection("call.sealed", changes=(change,), keys=())) for change in SEALED]
    assert len(set(said)) == len(SEALED)


def test_a_page_calls_a_field_by_its_own_name() -> None:
    objections = {
        "marks.impact": Objection("panel.table_empty"),
        "reason": Objection("page.answer_missing"),
        "": Objection("page.person_missing"),
    }
    assert worded(objections, {"marks": "note"}) == {
        "note-impact": "Le tableau n’a aucune ligne.",
        "reason": "Choisissez une réponse.",
        "": "Choisissez la personne à déporter.",
    }
