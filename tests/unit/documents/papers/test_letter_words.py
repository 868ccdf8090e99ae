"""The sentences that the product words from what was decided: amounts, the jury, what is replaced, how a score adds up."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from aap.core.call.letter_settings import DecisionTerms
from aap.core.results import Status
from aap.documents.papers.letter_facts import Replaced, WrittenDecision
from aap.documents.papers.letters import letter_view, render_letter
from tests.unit.documents.papers import samples

JURY_OUT = "Classé 12ᵉ avec 64,4\u00a0points sur 100. Le jury a décidé de ne pas retenir ce projet."


STEPS = (
    "La moyenne de vos notes, 62,90, augmentée de 1,45 par la correction des écarts de sévérité entre évaluateurs, "
    "donne 64,35."
)


def said(status: str = "laureate", call: Any = None, **changes: Any) -> list[str]:
    return [plain(text) for text in samples.letter(status, call, **changes).paragraphs]


def plain(text: str) -> str:
    return " ".join(text.split())


def proposed() -> Any:
    call = samples.call(**samples.SIGNED)
    return call.model_copy(update={"selection": call.selection.model_copy(update={"amounts": "proposed"})})


@pytest.mark.parametrize(
    ("code", "written", "sentence"),
    [
        ("selected", (), "c’est le montant que le service a proposé après l’examen de votre budget, avant l’ouverture des "
         "notes. Vous pouvez l’accepter ou y renoncer."),
        ("selected", (WrittenDecision("amount", "le poste Déplacements est hors de l’appel", amount=4_000_000),),
         "le jury l’a fixée à 40 000 €, pour le motif suivant : le poste Déplacements est hors de l’appel. Vous pouvez "
         "l’accepter ou y renoncer."),
        ("selected", (WrittenDecision("amount", "équilibre des territoires", by_authority=True, amount=4_000_000),),
         "l’autorité l’a fixée à 40 000 €, pour le motif suivant : équilibre des territoires. Vous pouvez l’accepter ou y "
         "renoncer."),
        ("reduced", (), "c’est le plus grand montant que les règles de l’appel à projets permettent encore à votre rang. Vous "
         "pouvez l’accepter ou y renoncer."),
        ("reduced", (WrittenDecision("amount", "budget revu", amount=4_500_000),),
         "c’est le plus grand montant que les règles de l’appel à projets permettent encore à votre rang. Le jury l’avait "
         "d’abord fixée à 45 000 €, pour le motif suivant : budget revu. Vous pouvez l’accepter ou y renoncer."),
    ],
)  # fmt: skip
def test_a_smaller_grant_says_who_made_it_so_and_why(
    code: str, written: tuple[WrittenDecision, ...], sentence: str
) -> None:
    told = said(call=proposed(), granted_amount=4_000_000, reason_code=code, written=written)
    assert told[1:] == [f"Cette subvention est inférieure aux 48 000 € que vous aviez demandés : {sentence}"]
    assert "proposé" not in told[1] or not written


def test_the_whole_amount_and_a_larger_one() -> None:
    assert len(said(call=proposed(), granted_amount=4_800_000, reason_code="selected")) == 1
    more = (WrittenDecision("amount", "deux classes de plus", amount=5_000_000),)
    assert said(granted_amount=5_000_000, written=more)[1] == (
        "Cette subvention est supérieure aux 48 000 € que vous aviez demandés : le jury l’a fixée à 50 000 €, pour le motif "
        "suivant : deux classes de plus."
    )


@pytest.mark.parametrize(("by_authority", "who"), [(False, "Le jury"), (True, "L’autorité")])
def test_the_reason_of_the_jury_reaches_the_refused_association(by_authority: bool, who: str) -> None:
    written = (WrittenDecision("out", "ce projet est déjà aidé par un autre appel", by_authority),)
    told = said("not_selected", reason=JURY_OUT, reason_code="jury_out", written=written)
    assert told[1] == (
        "67 dossiers ont été retenus sur 212 classés. Votre dossier est classé 12ᵉ avec 64,35 points sur 100. "
        f"{STEPS} {who} a décidé de ne pas retenir votre projet, pour le motif suivant : ce projet est déjà aidé par un "
        "autre appel."
    )


@pytest.mark.parametrize("text", ["Refusé.", "Refusé. {standing}", "{reason} Puis : {jury}", "{jury}"])
def test_the_reason_of_the_jury_is_told_once_whatever_the_call_file_says(text: str) -> None:
    call = samples.call(**{**samples.SIGNED, "refusal": {"paragraphs": [text]}})
    told = " ".join(said("not_selected", call, reason=JURY_OUT, written=(WrittenDecision("out", "déjà aidé"),)))
    assert told.count("pour le motif suivant : déjà aidé.") == 1
    assert "ce projet" not in told


def test_a_laureate_by_the_jury_reads_why() -> None:
    told = said(granted_amount=4_800_000, reason_code="jury_in", written=(WrittenDecision("in", "seul projet rural"),))
    assert told[1:] == ["Le jury a décidé de retenir votre projet, pour le motif suivant : seul projet rural."]


def test_the_place_on_the_waiting_list_is_said_once_with_its_expiry() -> None:
    reason = "Classé 69ᵉ avec 64,4\u00a0points sur 100. Le nombre de lauréats est atteint. Inscrit 3ᵉ sur la liste d’attente."
    told = said("waiting_list", reason=reason, waiting_rank=3)
    assert told == [
        "Votre dossier n’a pas pu être retenu à ce stade, mais il est inscrit sur la liste d’attente. 67 dossiers ont été "
        f"retenus sur 212 classés. Votre dossier est classé 69ᵉ avec 64,35 points sur 100. {STEPS} Le nombre de lauréats est "
        "atteint.",
        "Votre dossier est inscrit au 3ᵉ rang de la liste d’attente. La liste d’attente est valable jusqu’au 31 octobre 2025. "
        "Sans nouvelle de notre part à cette date, votre demande est refusée. Si un lauréat renonce à sa subvention, les "
        "dossiers de cette liste sont appelés dans l’ordre, dans le respect des règles de l’appel à projets.",
    ]
    successor = reason[:-1] + "\u00a0: il peut prendre la place d’un lauréat."
    assert said("waiting_list", reason=successor, waiting_rank=3)[0].endswith(
        "Le nombre de lauréats est atteint. Il peut prendre la place d’un lauréat."
    )


@pytest.mark.parametrize(
    ("before", "status", "changes", "sentences"),
    [
        (Replaced(1, "waiting_list", date(2025, 4, 24)), "laureate", {"granted_amount": 4_800_000},
         ("La présente décision remplace la décision n° 1 du 24 avril 2025 sur votre demande, qui l’inscrivait sur la liste "
          "d’attente. Votre dossier est appelé de la liste d’attente : une place s’est libérée.")),
        (Replaced(7, "laureate", date(2025, 4, 24), 4_000_000), "laureate", {"granted_amount": 4_800_000},
         ("La subvention de 40 000 € qui vous était attribuée est portée à 48 000 €. La présente décision remplace la décision "
          "n° 7 du 24 avril 2025.")),
        (Replaced(7, "laureate", None, 4_000_000), "laureate", {"granted_amount": 3_000_000},
         ("La subvention de 40 000 € qui vous était attribuée est ramenée à 30 000 €. La présente décision remplace la décision "
          "n° 7.")),
        (Replaced(7, "laureate", date(2025, 4, 24), 4_000_000), "not_selected", {},
         ("La subvention de 40 000 € qui vous était attribuée vous est retirée. La présente décision remplace la décision n° 7 "
          "du 24 avril 2025.")),
        (Replaced(7, "not_selected", date(2025, 4, 24)), "laureate", {"granted_amount": 4_800_000},
         "La présente décision remplace la décision n° 7 du 24 avril 2025 sur votre demande, qui ne la retenait pas."),
    ],
)  # fmt: skip
def test_a_decision_that_replaces_another_cites_it_and_says_what_changes(
    before: Replaced, status: Status, changes: dict[str, Any], sentences: str
) -> None:
    called = before.status == "waiting_list"
    why = "Appelé de la liste d’attente : une place s’est libérée." if called else "Une pièce était fausse."
    told = said(status, reason=why, replaced=before, written=(WrittenDecision("out", "avant"),), **changes)
    assert told[0].startswith(sentences)
    assert " ".join(told).count("Une pièce était fausse.") == (0 if called else 1)
    assert "avant" not in " ".join(told).replace("d’avant", "")


def test_how_a_score_adds_up_is_told_line_by_line_in_the_place_of_the_table() -> None:
    call = samples.call(**{**samples.SIGNED, "refusal": {"paragraphs": ["Voici vos notes :", "{decomposition}"]}})
    view = samples.letter("not_selected", call)
    assert [plain(text) for text in view.paragraphs] == [
        "Voici vos notes :",
        "– dossiers retenus : 67 sur 212 dossiers classés",
        "– rang de votre dossier : 71ᵉ",
        "– Qualité (75 %) : 3,50 sur 5",
        "– Portée (25 %) : 2,08 sur 5",
        "– moyenne des notes : 62,90",
        "– correction des écarts de sévérité entre évaluateurs : +1,45",
        "– note finale : 64,35 sur 100",
    ]
    assert view.marks is None
    inline = samples.call(**{**samples.SIGNED, "refusal": {"paragraphs": ["Notes : {decomposition}."]}})
    assert "71ᵉ ; Qualité (75 %) : 3,50 sur 5 ; Portée" in plain(samples.letter("not_selected", inline).paragraphs[0])
    assert [plain(text) for text in samples.letter("not_selected", call, marks={}).paragraphs] == ["Voici vos notes :"]


@pytest.mark.parametrize(
    ("capacity", "greeted"),
    [("Présidente", "Madame la Présidente"), ("", "Madame, Monsieur"), ("Bénévole", "Madame, Monsieur")],
)
def test_the_reader_is_greeted_by_their_capacity_at_the_beginning_and_at_the_end(capacity: str, greeted: str) -> None:
    text = samples.text_of(render_letter(samples.letter("laureate", granted_amount=4_800_000, capacity=capacity)))
    assert f"{greeted}, J’ai le plaisir" in text
    assert f"Je vous prie d’agréer, {greeted}, l’expression" in text
    assert "le Présidente" not in text


@pytest.mark.parametrize(
    ("overseas", "delay"), [(None, "deux mois (trois mois outre-mer)"), (False, "deux mois"), (True, "trois mois")]
)
def test_the_delay_of_appeal_is_that_of_where_the_association_sits(overseas: bool | None, delay: str) -> None:
    view = samples.letter("not_selected", overseas=overseas)
    assert (
        plain(view.appeals[0])
        == f"Vous pouvez contester cette décision dans un délai de {delay} à compter de sa notification :"
    )


def test_who_sits_overseas_reads_their_delay_whatever_the_call_file_says() -> None:
    call = samples.call(**{**samples.SIGNED, "appeals": ["Dans les deux mois, devant le {court}. {award}"]})
    assert len(samples.letter("not_selected", call).appeals) == 1
    assert "trois mois" in samples.letter("not_selected", call, overseas=True).appeals[1]


def test_what_is_known_at_decision_time_goes_before_the_call_file() -> None:
    terms = DecisionTerms(
        signed_on=date(2025, 4, 15),
        act="arrêté n° 2025-112",
        act_on=date(2025, 4, 14),
        published="BO du 16 avril 2025",
        first_name="Paul",
        last_name="Autre",
        capacity="Directeur",
        on_behalf="Pour la ministre et par délégation",
        delegation="arrêté de délégation",
        delegated_on=date(2025, 1, 6),
        closing={"refusal": "Avec mes regrets, {greeting}."},
    )
    outcome = samples.facts("not_selected", capacity="Président")
    text = samples.text_of(render_letter(letter_view(samples.call(**samples.SIGNED), outcome, terms=terms)))
    for words in (
        "Limoges, le 15 avril 2025",
        "attribue les subventions de l’appel à projets (arrêté n° 2025-112 du 14 avril 2025, BO du 16 avril 2025).",
        "Avec mes regrets, Monsieur le Président.",
        "Pour la ministre et par délégation Directeur Paul Autre",
        "Par délégation : arrêté de délégation du 6 janvier 2025",
    ):
        assert words in text


def test_a_preview_shows_a_blank_as_what_it_is() -> None:
    call = samples.call(laureate={"paragraphs": ["Selon {published}, {amount}."]})
    view = letter_view(call, samples.facts("laureate", granted_amount=100_00), show_blanks=True)
    assert plain(view.paragraphs[0]) == "Selon [publication de la décision d’attribution], 100 €."
