"""Decision letters: what each kind must say, the call file's texts, and names that try to break the page."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from aap.core.call.letter_texts import (
    ACT_PLACEHOLDERS,
    COMMON_PLACEHOLDERS,
    DEFAULT_OBJECTS,
    DEFAULT_PARAGRAPHS,
    KIND_PLACEHOLDERS,
    KINDS,
    LetterKind,
    UnknownPlaceholder,
    placeholder_problems,
)
from aap.core.call.schema import Letters, LetterText
from aap.core.inputs import Application
from aap.core.results import Census
from aap.documents.papers.letter_facts import NoLetter
from aap.documents.papers.letter_words import to_reader
from aap.documents.papers.letters import letter_from_row, render_letter
from tests.unit.documents.papers import samples

ROOT = Path(__file__).resolve().parents[4]
ALWAYS = (
    "Préfecture d’Essai", "Service de la vie associative", "Limoges, le 24 avril 2025", "Madame Awa Diop, présidente",
    "23000 Guéret", "Hélène Exemplaire", "Cheffe du service", "arrêté du 6 janvier 2025", "deux mois",
    "trois mois outre-mer", "tribunal administratif de Limoges", "recours gracieux", "hiérarchique",
    "www.telerecours.fr", "décision n° 12 du 24 avril 2025", "Traitement algorithmique", "Données personnelles",
    "Dossier : D-0042",
)  # fmt: skip


@pytest.mark.parametrize(
    ("status", "changes", "says"),
    [
        ("laureate", {"granted_amount": 4_500_050}, ("45 000,50 €", "Cette subvention vous engage à", "compte rendu")),
        ("waiting_list", {"waiting_rank": 3}, ("3ᵉ", "31 octobre 2025", "votre demande est refusée")),
        (
            "not_selected", {},
            ("48 000 €", "Votre dossier est classé 71ᵉ", "67 dossiers ont été retenus sur 212 classés.", "64,35 sur 100", "75 %",
             "25 %", "3,50 sur 5", "2,08 sur 5", "52,50", "10,40",
             "mieux classés.", "Moyenne des notes 62,90", "+1,45", "3 évaluations"),
        ),
        (
            "below_threshold",
            {"rank": None, "score": Decimal("43.35"), "marks": {"quality": Decimal("1.5"), "reach": Decimal(2)}},
            ("43,35 sur 100", "minimum exigé : 2", "minimum exigé : 50"),
        ),
        ("ineligible", {"reason": "L’association doit avoir un an", "marks": {}}, ("L’association doit avoir un an.",)),
        ("withdrawn", {}, ("Vous avez retiré votre demande de subvention de 48 000 €",)),
    ],
)  # fmt: skip
def test_each_kind_says_what_it_must_on_one_page(status: str, changes: dict[str, Any], says: tuple[str, ...]) -> None:
    pages = samples.pages(render_letter(samples.letter(status, **changes)))
    assert len(pages) == 1
    assert [words for words in (*ALWAYS, *says) if words not in pages[0]] == []


def test_a_refusal_says_the_rank_and_the_score_once_before_the_table() -> None:
    view = samples.letter("not_selected")
    assert [" ".join(text.split()) for text in view.paragraphs] == [
        "J’ai le regret de vous informer que votre demande de subvention de 48 000 € n’est pas retenue.",
        "67 dossiers ont été retenus sur 212 classés. Votre dossier est classé 71ᵉ avec 64,35 points sur 100. La moyenne de vos "
        "notes, 62,90, augmentée de 1,45 par la correction des écarts de sévérité entre évaluateurs, donne 64,35. Le nombre de "
        "lauréats prévu est atteint par des mieux classés.",
    ]
    below = {
        "rank": None,
        "reason": "Note finale de 43,35\xa0points sur 100, pour un minimum de 50.",
        "score": Decimal("43.35"),
        "reason_code": "below_threshold:overall",
    }
    assert samples.letter("below_threshold", **below).paragraphs[1].replace("\xa0", " ") == (
        "67 dossiers ont été retenus sur 212 classés. Votre dossier obtient une note finale de 43,35 points sur 100, pour un "
        "minimum de 50 : il en manque 6,65. La moyenne de vos notes, 62,90, diminuée de 19,55 par la correction des écarts de "
        "sévérité entre évaluateurs, donne 43,35."
    )


@pytest.mark.parametrize(
    ("retained", "ranked", "sentence"),
    [
        (0, 212, "Aucun dossier n’a été retenu."),
        (1, 212, "Un dossier a été retenu sur 212 classés."),
        (2, 1, "2 dossiers ont été retenus."),
        (None, 212, "Le classement compte 212\xa0dossiers."),
    ],
)
def test_how_many_were_retained_comes_first_in_any_number(retained: int | None, ranked: int, sentence: str) -> None:
    told = samples.letter("not_selected", retained=retained, ranked=ranked).paragraphs[1]
    assert told.startswith(f"{sentence} Votre dossier est classé 71ᵉ")


@pytest.mark.parametrize(
    ("reason", "addressed"),
    [
        ("Note moyenne de 1,5 sur 5 au critère", "Votre dossier obtient une note moyenne de 1,5 sur 5 au critère"),
        ("Critère éliminatoire « Probité »", "Votre dossier ne remplit pas un critère éliminatoire, « Probité »"),
        ("Classé 3ᵉ. L’association a renoncé à la subvention.",
         "Votre dossier est classé 3ᵉ. Vous avez renoncé à la subvention."),
        ("Une évaluation sur 3 donne 1 sur 5", "Une évaluation sur 3 donne 1 sur 5"),
        ("La commission a revu ce dossier.", "La commission a revu ce dossier."),
    ],
)  # fmt: skip
def test_a_reason_speaks_to_its_reader(reason: str, addressed: str) -> None:
    assert to_reader(reason) == addressed


def test_a_letter_without_the_reason_says_the_standing_in_full() -> None:
    call = samples.call(**{**samples.SIGNED, "refusal": {"paragraphs": ["{standing}"]}})
    below = samples.letter("below_threshold", call, rank=None, score=Decimal("43.35"))
    assert [text.replace("\xa0", " ") for text in below.paragraphs] == [
        "Votre dossier obtient la note de 43,35 sur 100."
    ]


def test_a_withdrawn_application_is_told_no_mark_rank_or_score() -> None:
    text = samples.text_of(render_letter(samples.letter("withdrawn")))
    assert not any(words in text for words in ("71ᵉ", "64,35", "sur 5"))


def test_an_incomplete_application_has_no_letter() -> None:
    with pytest.raises(NoLetter) as refusal:
        samples.letter("incomplete")
    assert refusal.value.application_id == "D-0042"


def test_a_call_file_without_texts_gives_a_whole_letter_with_blanks_to_sign() -> None:
    view = samples.letter("not_selected", samples.call())
    assert view.dated is None
    assert view.made_on.isoformat() == "2025-04-25"
    text = samples.text_of(render_letter(view))
    assert "Prénom, nom, qualité et signature" in text
    assert "Je vous prie d’agréer" in text
    assert "publiée avec les résultats de l’appel" in text


def test_the_call_files_texts_replace_the_defaults_and_are_filled_in() -> None:
    letters = {
        **samples.SIGNED,
        "refusal": {"object": "Votre dossier {application}", "paragraphs": ["{association} : {standing}", "– un"]},
        "appeals": ["Saisissez le {court}."],
        "privacy": "Écrivez à {contact}.",
    }
    view = samples.letter("not_selected", samples.call(**letters))
    assert view.object == "Votre dossier D-0042"
    assert [" ".join(text.split()) for text in view.paragraphs] == [
        "Les Passerelles : Votre dossier est 71ᵉ sur 212 dossiers classés, avec la note de 64,35 sur 100.", "– un",
    ]  # fmt: skip
    assert view.appeals == ("Saisissez le tribunal administratif de Limoges.",)
    assert view.privacy == "Écrivez à appel@example.org."


def test_a_waiting_list_text_without_expiry_gets_one() -> None:
    letters = {**samples.SIGNED, "waiting_list": {"paragraphs": ["Vous êtes {waiting_rank}."]}}
    view = samples.letter("waiting_list", samples.call(**letters), waiting_rank=3)
    assert view.paragraphs[0] == "Vous êtes 3ᵉ."
    assert "31\xa0octobre\xa02025" in view.paragraphs[1]
    assert view.highlights == (
        ("Rang sur la liste d’attente", "3ᵉ"),
        ("Liste valable", "jusqu’au 31\xa0octobre\xa02025"),
    )


def test_who_is_offered_less_at_the_funding_line_reads_it_whatever_the_call_file_says() -> None:
    letters = {**samples.SIGNED, "laureate": {"paragraphs": ["Vous recevez {amount}."]}}
    given = {"granted_amount": 4_000_000, "reason_code": "reduced"}
    view = samples.letter("laureate", samples.call(**letters), **given)
    assert [" ".join(text.split()) for text in view.paragraphs] == [
        "Vous recevez 40 000 €.",
        "Cette subvention est inférieure aux 48 000 € que vous aviez demandés : c’est le plus grand montant que les règles "
        "de l’appel à projets permettent encore à votre rang. Vous pouvez l’accepter ou y renoncer.",
    ]
    assert view.highlights == (
        ("Subvention attribuée", "40\u202f000\xa0€"),
        ("Montant demandé", "48\u202f000\xa0€"),
    )
    whole = samples.letter("laureate", granted_amount=4_800_000, reason_code="selected")
    assert "renoncer" not in " ".join(whole.paragraphs)


def test_no_break_spaces_of_figures_survive_the_filling_in() -> None:
    assert "48\u202f000\xa0€" in samples.letter().paragraphs[0]


def test_a_name_is_never_read_as_markup_or_placeholder() -> None:
    text = samples.text_of(render_letter(samples.letter(association=samples.HOSTILE)))
    assert samples.HOSTILE.replace(" ", "") in text.replace(" ", "")


@pytest.mark.parametrize("name", [samples.LONG_NAME, "x" * 200, "جمعية الشباب", "Ålesund Łódź Юность ΑΒΓ", "a\u202eb"])
def test_a_strange_name_takes_at_most_two_pages(name: str) -> None:
    assert len(samples.pages(render_letter(samples.letter(association=name)))) <= 2


def test_every_kind_has_its_default_texts_its_names_and_its_place_in_the_call_file() -> None:
    kinds = set(get_args(LetterKind))
    for known in (KINDS, KIND_PLACEHOLDERS, DEFAULT_OBJECTS, DEFAULT_PARAGRAPHS):
        assert set(known) == kinds
    assert {name for name, key in Letters.model_fields.items() if key.annotation is LetterText} == kinds


def test_an_unknown_name_between_braces_is_found_before_and_refused_at_rendering() -> None:
    call = samples.call(**{**samples.SIGNED, "refusal": {"paragraphs": ["{amount}"], "object": "{oops"}})
    assert [(problem.path, problem.found) for problem in placeholder_problems(call)] == [
        ("letters.refusal.object", "{oops"),
        ("letters.refusal.paragraphs[0]", "{amount}"),
    ]
    with pytest.raises(UnknownPlaceholder):
        samples.letter("not_selected", call)


def test_a_known_name_whose_value_the_call_file_lacks_is_a_problem() -> None:
    problems = placeholder_problems(samples.call(laureate={"paragraphs": ["{published}", "{association}"]}))
    assert [(one.path, one.found) for one in problems] == [("letters.laureate.paragraphs[0]", "{published}")]
    assert "letters.published" in problems[0].message


def test_file_mode_takes_the_address_and_project_from_the_applications_columns() -> None:
    columns = {"representative": ("Awa Diop",), "address": ("Bât. A", "3 rue Haute"), "postal_code": ("23000",),
               "commune": ("Guéret",), "project": ("Parrainer",)}  # fmt: skip
    view = letter_from_row(
        samples.call(**samples.SIGNED),
        samples.row(1),
        census=Census(9, 1),
        application=Application("D-0001", "Association 1", 1_000_000, attributes=columns),
    )
    assert view.recipient.representative == "Awa Diop"
    assert view.recipient.address == ("Bât. A", "3 rue Haute", "23000 Guéret")
    assert ("Projet", "Parrainer") in view.references
    assert view.highlights == (("Subvention attribuée", "10\u202f000\xa0€"),)


def test_every_name_between_braces_is_documented_with_its_meaning() -> None:
    reference = (ROOT / "docs" / "call-file.md").read_text()
    names = [COMMON_PLACEHOLDERS, *KIND_PLACEHOLDERS.values(), ACT_PLACEHOLDERS]
    said = {(name, f"{meaning[:1].upper()}{meaning[1:]}.") for known in names for name, meaning in known.items()}
    lines = reference.splitlines()
    missing = [
        name for name, meaning in said if not any(f"| `{{{name}}}` |" in line and meaning in line for line in lines)
    ]
    assert missing == []
