"""Lists, receipts, minutes and dossiers."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pikepdf
import pytest
from PIL import Image

from aap.core.questions.base.in_words import Head, ReadAnswer, SectionReading
from aap.core.questions.base.union import read_question
from aap.core.ranking.processing_sheet import ProcessingSheet, SheetPart
from aap.core.results import ReviewerRow
from aap.documents.papers.dossier import Attachment, DossierView, blank_questionnaire, limits, render_dossier
from aap.documents.papers.letterhead import sender_of
from aap.documents.papers.lists import (
    Cell,
    DossierLabel,
    PaperColumn,
    laureate_list_view,
    ranking_list_view,
    render_list,
)
from aap.documents.papers.minutes import (
    Attendee,
    Heading,
    MinutesTable,
    MinutesView,
    Paragraph,
    Sentences,
    render_minutes,
)
from aap.documents.papers.receipts import DepositedFile, receipt_view, render_receipt
from aap.documents.papers.sheets import SheetView, render_sheet
from tests.unit.documents.papers import samples

HASH = "3f" * 32


def test_the_laureate_list_repeats_its_head_numbers_its_pages_and_ends_with_total_hash_and_signature() -> None:
    rows = [samples.row(rank) for rank in range(1, 68)] + [samples.row(68, status="not_selected", granted_amount=None)]
    labels = {"D-0001": DossierLabel("ESS-1", "Projet Un", "Guéret (23)")}
    view = laureate_list_view(samples.call(**samples.SIGNED), rows, result_hash=HASH, labels=labels)
    pdf = render_list(view)
    pages = samples.pages(pdf)
    assert all("Association et projet" in page for page in pages)
    assert [f"{number}/{len(pages)}" in page for number, page in enumerate(pages, start=1)] == [True] * len(pages)
    assert "ESS-1" in pages[0]
    assert "Projet Un – Guéret (23)" in pages[0]
    for words in ("Total : 67 lauréats", "670 000 €", HASH, "Hélène Exemplaire", "Limoges, le 24 avril 2025"):
        assert words in pages[-1]
    assert "D-0068" not in " ".join(pages)
    assert pdf == render_list(view)


def test_a_list_that_is_not_final_says_so() -> None:
    view = laureate_list_view(samples.call(), [], result_hash=HASH, final=False)
    assert "Document provisoire" in samples.text_of(render_list(view))


def test_the_ranking_shows_every_outcome_with_its_reason() -> None:
    rows = [
        samples.row(1),
        samples.row(2, status="waiting_list", waiting_rank=1, granted_amount=None, reason="Motif A."),
        samples.row(3, status="ineligible", rank=None, calibrated_score=None, granted_amount=None, reason="Motif B."),
    ]
    text = samples.text_of(render_list(ranking_list_view(samples.call(), rows, result_hash=HASH)))
    for words in ("81,25", "Liste d’attente, 1ᵉʳ", "Motif A.", "Irrecevable", "Motif B."):
        assert words in text
    only = ranking_list_view(samples.call(), rows, result_hash=HASH, statuses=["ineligible"])
    assert len(only.rows) == 1


def test_the_ranking_names_whose_marks_are_to_be_read_again_with_what_to_do() -> None:
    points = Decimal(70)
    reviewers = [
        ReviewerRow(name, 9, points, points, None, None, points, flag) for name, flag in (("E1", "erratic"), ("E2", ""))
    ]
    text = samples.text_of(
        render_list(ranking_list_view(samples.call(), [samples.row(1)], result_hash=HASH, reviewers=reviewers))
    ).replace("\u00a0", " ")
    assert "une fois la sévérité corrigée : E1. Relisez ses évaluations avec lui" in text
    assert "E2" not in text


def test_the_receipt_proves_the_deposit_and_states_silence_and_appeals() -> None:
    view = receipt_view(
        samples.call(),
        number="ESS-2025-0042",
        received_at=datetime(2025, 2, 20, 22, 58, 12, tzinfo=UTC),
        association=samples.HOSTILE,
        rejection_on=date(2025, 4, 28),
        requested_amount=4_800_000,
        files=(DepositedFile("Statuts", "statuts.pdf", 340_123, "cd" * 32),),
    )
    text = samples.text_of(render_receipt(view))
    for words in (
        "ESS-2025-0042", "20 février 2025 à 23 h 58 min 12 s", "heure de Paris", "Service de la vie associative",
        "Statuts", "340 ko", "28 avril 2025", "L. 231-4, 3°", "deux mois", "tribunal administratif de Limoges",
        "Traitement algorithmique", "25 avril 2025", "<script>",
    ):  # fmt: skip
        assert words in text
    assert "cd" * 32 in text.replace(" ", "")
    assert "vient après cette date" not in text


def test_a_receipt_says_when_the_decision_is_announced_after_the_implicit_refusal() -> None:
    call = samples.call()
    late = call.model_copy(update={"call": call.call.model_copy(update={"decision_by": date(2025, 6, 1)})})
    view = receipt_view(
        late, number="1", received_at=datetime(2025, 2, 20, tzinfo=UTC), association="A", rejection_on=date(2025, 4, 20)
    )
    assert view.decided_after_silence
    assert "La décision annoncée vient après cette date" in samples.text_of(render_receipt(view))


def test_minutes_hold_attendees_paragraphs_tables_and_signatories() -> None:
    view = MinutesView(
        "Registre des déports", "Appel d’essai", "ESSAI-2025", sender_of(samples.call()), date(2025, 4, 10), "Limoges",
        attendees=(Attendee("Marc Témoin", "Juré", "Excusé"),),
        body=(
            Heading("Déports"),
            Paragraph("Le jury prend acte."),
            Sentences(("Première règle.", "Seconde règle.")),
            MinutesTable((PaperColumn("Dossier"), PaperColumn("Motif")), ((Cell("D-1"), Cell("Membre du bureau")),)),
            MinutesTable((PaperColumn("Autre"),), ()),
        ),
        signatories=(Attendee("Hélène Exemplaire", "Présidente du jury"),),
    )  # fmt: skip
    text = samples.text_of(render_minutes(view))
    for words in ("10 avril 2025", "Marc Témoin", "Excusé", "Le jury prend acte.", "Première règle.",
                  "Seconde règle.", "Membre du bureau", "Aucune ligne.",
                  "Présidente du jury"):  # fmt: skip
        assert words in text


def test_a_processing_sheet_numbers_the_four_parts_of_the_law_and_sets_figures_to_the_right() -> None:
    parts = tuple(
        SheetPart(title, (f"Texte {title}.",), (("Donnée", "Valeur"), ("Note", "4,5"), ("Total", "80,0000")))
        for title in ("Part", "Données", "Paramètres", "Opérations")
    )
    sheet = ProcessingSheet("D-0042", samples.HOSTILE, "Appel d’essai", parts, HASH)
    view = SheetView(sheet, sender_of(samples.call()), "ESSAI-2025", date(2025, 4, 10))
    assert [column.figure for column in view.body[2].columns] == [False, True]
    pdf = render_sheet(view)
    text = samples.text_of(pdf)
    for words in ("1. Part", "4. Opérations", "L. 311-3-1", "10 avril 2025", "D-0042", "80,0000", HASH, "<script>"):
        assert words in text
    assert pdf == render_sheet(view)


def one_page_pdf() -> bytes:
    held = io.BytesIO()
    with pikepdf.Pdf.new() as pdf:
        pdf.add_blank_page(page_size=(300, 300))
        pdf.save(held, deterministic_id=True)
    return held.getvalue()


def locked_pdf() -> bytes:
    held = io.BytesIO()
    with pikepdf.Pdf.open(io.BytesIO(one_page_pdf())) as pdf:
        pdf.save(held, encryption=pikepdf.Encryption(owner="o", user="u"))
    return held.getvalue()


def test_a_dossier_binds_answers_and_files_and_says_which_file_it_cannot_show() -> None:
    picture = io.BytesIO()
    Image.new("RGBA", (40, 20), (200, 0, 0, 90)).save(picture, "PNG")
    sections = (
        SectionReading(
            "a",
            "Votre association",
            (
                ReadAnswer("n", "Nom", "text", text=samples.HOSTILE),
                ReadAnswer("e", "Site", "empty"),
                ReadAnswer("t", "Partenaires", "table", head=[Head("Nom", False)], rows=[["Commune"]]),
            ),
        ),
    )
    view = DossierView(
        "ESS-1", "Appel d’essai", "ESSAI-2025", sender_of(samples.call()), "Les Passerelles", date(2025, 2, 28),
        sections,
        attachments=(
            Attachment("Comptes", "comptes.pdf", "pdf", one_page_pdf()),
            Attachment("Photo", "photo.png", "image", picture.getvalue()),
            Attachment("Verrou", "verrou.pdf", "pdf", locked_pdf()),
            Attachment("Cassé", "x.pdf", "pdf", b"not a pdf"),
            Attachment("Tableur", "b.xlsx", "other", b"PK"),
        ),
    )  # fmt: skip
    made = render_dossier(view)
    assert made == render_dossier(view)
    pages = samples.pages(made)
    where = {name: next(i for i, page in enumerate(pages) if f": {name}" in page) for name in
             ("Comptes", "Photo", "Verrou", "Cassé", "Tableur")}  # fmt: skip
    first = where["Comptes"]
    assert [where[name] - first for name in where] == [0, 2, 4, 5, 6]
    assert "mot de passe" in pages[where["Verrou"]]
    assert "ne peut pas être lu" in pages[where["Cassé"]]
    assert "se consulte à part" in pages[where["Tableur"]]
    assert "<script>" in " ".join(pages)
    assert "Brouillon, non déposé" in pages[0]


def test_the_blank_questionnaire_asks_every_question_with_its_limits() -> None:
    call = samples.call()
    question = {"id": "why", "label": "Pourquoi cela ?", "type": "long_text", "max_length": 1200, "required": False}
    choice = {"id": "who", "label": "Pour qui ?", "type": "choice", "options": [{"value": "a", "label": "Jeunes"}]}
    then = {"id": "age", "label": "Quel âge ?", "type": "text", "show_if": {"question": "who", "equals": "a"}}
    form = {"sections": [{"id": "s", "title": "Le projet", "questions": [question, choice, then]}]}
    asked = type(call).model_validate({**call.model_dump(by_alias=True), "form": form})
    text = samples.text_of(blank_questionnaire(asked))
    for words in ("Pourquoi cela ?", "facultatif ; 1 200 caractères au plus", "28 février 2025 à 23 h 59 min 59 s",
                  "Demandé si la réponse à « Pour qui ? » est « Jeunes »."):  # fmt: skip
        assert words in text


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"type": "money", "min": 1000, "max": "2500.5"}, "au moins 1 000 €; au plus 2 500,5 €"),
        ({"type": "file", "max_files": 3}, "PDF ou image, 3 fichiers de 10 Mo au plus"),
        (
            {"type": "group", "min_items": 1, "max_items": 4, "questions": [{"id": "a", "label": "A", "type": "text"}]},
            "de 1 à 4 fois",
        ),
    ],
)
def test_limits_are_worded(question: dict[str, object], words: str) -> None:
    found = limits(read_question({"id": "q", "label": "?", **question}))
    assert found.replace("\u202f", " ").replace("\xa0", " ").replace(" ;", ";") == words
