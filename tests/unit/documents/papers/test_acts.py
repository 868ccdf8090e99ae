"""The act that awards the grants: its visas, its articles, its annex; a draft until it can be signed."""

from __future__ import annotations

from datetime import date

from aap.core.call.letter_settings import DecisionTerms
from aap.documents.papers.acts import act_view, render_act
from aap.documents.papers.lists import DossierLabel
from tests.unit.documents.papers import samples

TERMS = DecisionTerms(
    signed_on=date(2025, 4, 15),
    act="arrêté n° 2025-112",
    first_name="Hélène",
    last_name="Exemplaire",
    capacity="Cheffe du service",
    on_behalf="Pour la ministre et par délégation",
    visas=("Vu la loi ;", "Vu l’appel « {title} » ;"),
)
ROWS = (
    samples.row(1),
    samples.row(2, granted_amount=800_050),
    samples.row(3, status="waiting_list", granted_amount=None, waiting_rank=1),
    samples.row(4, status="not_selected", granted_amount=None),
)


def test_an_act_says_what_it_rests_on_what_it_decides_and_who_receives_how_much() -> None:
    view = act_view(
        samples.call(), ROWS, terms=TERMS, result_hash="ab" * 32, frozen=True,
        labels={"D-0002": DossierLabel("2025-0002", "Un projet", "Guéret")},
    )  # fmt: skip
    assert view.draft == ""
    assert [[cell.text.replace("\u202f", " ").replace("\xa0", " ") for cell in row] for row in view.rows] == [
        ["1", "D-0001", "Association 1", "10 000 €"],
        ["2", "2025-0002", "Association 2", "8 000,50 €"],
    ]
    pages = samples.pages(render_act(view))
    assert len(pages) == 2
    for words in (
        "Arrêté n° 2025-112 du 15 avril 2025",
        "portant attribution de subventions au titre de l’appel à projets « Appel d’essai 2025 »",
        "Vu la loi ; Vu l’appel « Appel d’essai 2025 » ;",
        "Article 1ᵉʳ. Au titre de l’appel à projets « Appel d’essai 2025 », des subventions d’un montant total de 18 000,50 € "
        "sont attribuées aux 2 bénéficiaires",
        "Article 2. Les demandes qui ne figurent pas en annexe ne sont pas retenues, à l’exception de celles qui sont "
        "inscrites sur la liste d’attente.",
        "Pour la ministre et par délégation Cheffe du service",
        "devant le tribunal administratif de Limoges",
    ):
        assert words in pages[0]
    for words in ("Annexe", "Un projet – Guéret", "Total : 2 bénéficiaires", "18 000,50 €", "ab" * 32):
        assert words in pages[1]


def test_an_act_is_a_draft_that_says_why_until_it_can_be_signed() -> None:
    def why(terms: DecisionTerms | None, *, frozen: bool = True) -> str:
        return act_view(samples.call(), ROWS, terms=terms, result_hash="", frozen=frozen).draft

    assert why(None, frozen=False) == (
        "Projet : le classement n’est pas arrêté, son numéro manque, sa date manque et son signataire manque."
    )
    assert why(TERMS, frozen=False) == "Projet : le classement n’est pas arrêté."
    assert why(TERMS) == ""
    text = samples.text_of(render_act(act_view(samples.call(), (), terms=None, result_hash="", frozen=True)))
    assert "Arrêté n° [numéro]" in text
    assert "Aucun bénéficiaire." in text


def test_what_is_typed_replaces_the_articles_and_a_masked_line_has_no_amount() -> None:
    masked = samples.row(1, masked=True, granted_amount=None, requested_amount=0)
    terms = DecisionTerms(articles=("Seul article : {laureates}, {granted}.",))
    view = act_view(samples.call(), (masked,), terms=terms, result_hash="", frozen=True, granted=5_000_00)
    assert view.articles == (("Article 1ᵉʳ", "Seul article\xa0: 1, 5\u202f000\xa0€."),)
    assert (view.rows[0][-1].text, view.total[-1].text) == ("–", "5\u202f000\xa0€")
