"""The demonstration's content: valid, plausible, reproducible."""

from __future__ import annotations

import io
from collections import Counter
from decimal import Decimal
from statistics import fmean

import pikepdf
import pytest
from schwifty import IBAN
from stdnum.fr import siret

from aap.core.answers.checking import check_form
from aap.core.budgets.budget_checks import RequestLimits, check_budget, check_together
from aap.core.call.loading import load_call
from aap.core.call.schema import CallFile
from aap.demo import DemoContent, attachments, demo_content
from aap.demo.attachments import pdf_page
from aap.demo.places import at, from_, in_department
from aap.own_files import rubrics_folder
from aap.records.territories import territories

SEED = 7


@pytest.fixture(scope="module")
def call() -> CallFile:
    path = rubrics_folder() / "mentorat-2025.yaml"
    return load_call(path.read_bytes(), name=path.name)


@pytest.fixture(scope="module")
def content(call: CallFile) -> DemoContent:
    return demo_content(SEED, call, territories())


def test_the_same_seed_gives_the_same_content(call: CallFile, content: DemoContent) -> None:
    assert demo_content(SEED, call, territories()) == content
    assert demo_content(SEED + 1, call, territories(), n=30).dossiers != content.dossiers[:30]


def test_every_identifier_is_valid_and_given_once(content: DemoContent) -> None:
    made = content.associations
    assert [one.siret for one in made if not siret.is_valid(one.siret)] == []
    assert [IBAN(one.iban, validate_bban=True).country_code for one in made] == ["FR"] * 236
    identifiers = [*(one.siret for one in made), *(one.rna for one in made if one.rna), *(one.iban for one in made)]
    assert [value for value, count in Counter(identifiers).items() if count > 1] == []
    assert {len(one.rna) for one in made if one.rna} == {10}
    assert len({one.name for one in made}) == 236


def test_addresses_are_at_example_org(content: DemoContent) -> None:
    people = [officer.person for one in content.associations for officer in one.officers]
    people += [one.contact for one in content.associations] + [one.person for one in content.reviewers]
    assert {person.email.partition("@")[2] for person in people} == {"example.org"}
    assert {one.email.partition("@")[2] for one in content.associations} == {"example.org"}


def test_phone_numbers_are_of_the_ranges_kept_for_fiction(content: DemoContent) -> None:
    kept = {"01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98"}
    assert {one.phone[:8] for one in content.associations} <= kept


def test_associations_spread_over_the_country(content: DemoContent) -> None:
    zones = Counter(one.commune.zone for one in content.associations)
    assert zones["drom"] + zones["com"] >= 12
    metropolitan = {one.commune.region.code for one in content.associations if one.commune.zone == "metro"}
    assert len(metropolitan) >= 12


def test_every_dossier_is_complete_by_the_calls_form(call: CallFile, content: DemoContent) -> None:
    limits = RequestLimits.of_call(call.call.min_amount, call.call.max_amount, call.call.max_share)
    problems = {}
    for dossier in content.dossiers:
        files = Counter(file.question for file in attachments(dossier))
        staff = Decimal(dossier.association.employees)
        found = check_form(call.form, dossier.answers, files=files, limits=limits, employees=staff)
        if any(found.values()):
            problems[dossier.key] = found
    assert problems == {}


def test_every_budget_balances_without_a_remark(call: CallFile, content: DemoContent) -> None:
    limits = RequestLimits.of_call(call.call.min_amount, call.call.max_amount, call.call.max_share)
    notes = [
        (dossier.key, note.code)
        for dossier in content.dossiers
        for note in (
            *check_budget(dossier.project_budget, limits=limits),
            *check_budget(dossier.association_budget, employees=Decimal(dossier.association.employees)),
            *check_together(dossier.project_budget, dossier.association_budget),
        )
    ]
    assert notes == []
    assert all(one.requested_amount == one.project_budget.request for one in content.dossiers)


def test_no_text_keeps_a_placeholder_or_a_wrong_contraction(content: DemoContent) -> None:
    texts = [value for dossier in content.dossiers for value in dossier.answers.values() if isinstance(value, str)] + [
        mark.comment for review in content.reviews for mark in review.marks
    ]
    wrong = ("{", "}", " de le ", " de les ", " à le ", " à les ", "  ", " ;", " ?", " !", " :")
    assert [text for text in texts if any(part in text for part in wrong)] == []


def test_two_dossiers_do_not_read_alike(content: DemoContent) -> None:
    for question in ("besoin", "resume", "mentors", "presentation", "titre"):
        assert len({dossier.answers[question] for dossier in content.dossiers}) > 225


def test_seven_dossiers_break_a_rule_of_the_call(call: CallFile, content: DemoContent) -> None:
    broken = [one for one in content.dossiers if one.ineligible_rule is not None]
    assert len(broken) == 7
    assert {one.ineligible_rule for one in broken} <= {rule.id for rule in call.eligibility}
    assert all(one.ineligible_reason for one in broken)


def test_three_reviewers_mark_each_eligible_dossier_on_the_grid(call: CallFile, content: DemoContent) -> None:
    eligible = {one.key for one in content.dossiers if one.ineligible_rule is None}
    assert Counter(review.dossier for review in content.reviews) == dict.fromkeys(eligible, 3)
    criteria = [criterion.id for criterion in call.rubric.criteria]
    for review in content.reviews:
        assert [mark.criterion for mark in review.marks] == criteria
        assert all(0 <= mark.score <= 5 and mark.score % Decimal("0.5") == 0 for mark in review.marks)


def test_loads_are_even_and_nobody_reads_their_department(content: DemoContent) -> None:
    loads = Counter(review.reviewer for review in content.reviews)
    assert len(loads) == 40
    assert max(loads.values()) - min(loads.values()) <= 3
    home = {one.key: one.department for one in content.reviewers}
    seat = {one.key: one.association.commune.department.code for one in content.dossiers}
    assert [review for review in content.reviews if home[review.reviewer] == seat[review.dossier]] == []


def test_comments_stand_where_the_rubric_asks_for_them(call: CallFile, content: DemoContent) -> None:
    always = {criterion.id for criterion in call.rubric.criteria if criterion.comment == "always"}
    marks = [mark for review in content.reviews for mark in review.marks]
    assert [mark for mark in marks if mark.criterion in always and not mark.comment] == []
    assert [mark for mark in marks if mark.criterion == "solidity" and mark.score < 2 and not mark.comment] == []


def test_lenient_reviewers_give_higher_marks(content: DemoContent) -> None:
    given: dict[str, list[Decimal]] = {}
    for review in content.reviews:
        given.setdefault(review.reviewer, []).extend(mark.score for mark in review.marks)
    ordered = sorted(content.reviewers, key=lambda one: one.leniency)
    severe = fmean(float(score) for one in ordered[:10] for score in given[one.key])
    lenient = fmean(float(score) for one in ordered[-10:] for score in given[one.key])
    assert lenient - severe > 0.5


def test_dossiers_arrive_between_opening_and_grace(call: CallFile, content: DemoContent) -> None:
    opens, closes = call.call.opens_at, call.call.closes_at
    assert opens is not None
    assert closes is not None
    late = [dossier for dossier in content.dossiers if dossier.submitted_at > closes]
    assert all((dossier.submitted_at - closes).total_seconds() < call.call.grace_minutes * 60 for dossier in late)
    assert all(opens <= dossier.submitted_at for dossier in content.dossiers)
    assert all(dossier.started_at < dossier.submitted_at for dossier in content.dossiers)


def test_attachments_are_pdfs_that_can_be_read(content: DemoContent) -> None:
    dossier = content.dossiers[0]
    files = attachments(dossier)
    assert [file.question for file in files] == ["statuts", "dirigeants", "comptes", "rapport-activite", "rib"]
    for file in files:
        with pikepdf.open(io.BytesIO(file.content)) as pdf:
            assert len(pdf.pages) == 1
            assert pdf.check_pdf_syntax() == []


def test_a_page_keeps_parentheses_accents_and_the_euro_sign() -> None:
    with pikepdf.open(io.BytesIO(pdf_page("Essai (1)", ["À l’été : 12\u202f000\u00a0€"]))) as pdf:
        drawn = pdf.pages[0].Contents.read_bytes().decode("cp1252")
    assert "(Essai \\(1\\)) Tj" in drawn
    assert "(À l’été : 12\u00a0000\u00a0€) Tj" in drawn


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("76351", "au Havre, du Havre, en Seine-Maritime"),
        ("29019", "à Brest, de Brest, dans le Finistère"),
        ("49007", "à Angers, d’Angers, dans le Maine-et-Loire"),
        ("97101", "aux Abymes, des Abymes, en Guadeloupe"),
        ("26362", "à Valence, de Valence, dans la Drôme"),
        ("34172", "à Montpellier, de Montpellier, dans l’Hérault"),
        ("97411", "à Saint-Denis, de Saint-Denis, à La Réunion"),
    ],
)
def test_places_take_their_french_preposition(code: str, sentence: str) -> None:
    commune = territories().commune(code)
    assert commune is not None
    assert f"{at(commune)}, {from_(commune)}, {in_department(commune.department)}" == sentence
