"""The official's path through the pages: from the screening to the published results, by two persons."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pypdf import PdfReader
from sqlmodel import select

from aap.core.ranking.bundle import list_in_force, read_text, verify_bundle
from aap.records.applications import ApplicationState
from aap.records.audit import AuditLine
from aap.records.calls import CallState
from aap.records.outbox import Job, OutboxMail
from aap.records.rankings import Decision, RankingRun
from aap.records.reviews import Consensus
from tests.worlds.offices import RULES, Office, Offices, decline, set_state


def runs(here: Office) -> list[RankingRun]:
    with here.factory.platform.database.reading() as session:
        found = session.exec(select(RankingRun).where(RankingRun.call_id == here.call.id).order_by(RankingRun.number))
        return list(found)


def decisions(here: Office) -> list[tuple[str, str, int | None]]:
    """Title of the dossier, outcome, euros, in the order of the score."""
    titles = {one.id: one.title for one in here.dossiers}
    with here.factory.platform.database.reading() as session:
        found = session.exec(select(Decision).where(Decision.call_id == here.call.id)).all()
    order = [one.id for one in here.dossiers]
    found = sorted(found, key=lambda one: (order.index(one.application_id), one.number))
    return [(titles[one.application_id], str(one.outcome), one.amount and one.amount // 100) for one in found]


def compute(here: Office, signed: Any) -> str:
    """Starts the ranking, follows its job to the table; gives the table's page."""
    started = signed.post(here.address("classement/calcul"), page=here.address("classement"))
    assert started.status_code == 302
    job = signed.get(started.location)
    assert job.status_code == 302, job.text
    ranking = signed.get(job.location)
    return signed.get(ranking.location).text


def test_two_persons_lead_a_call_from_the_ranking_to_the_published_results(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office()
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    names = [one.reference for one in here.dossiers]

    table = compute(here, first)
    assert [words for words in ("2 / 2", "80\u202f000\u00a0€", "90,00", "Optimum prouvé", "Le Sud", "au moins 1",
                                *names) if words not in table] == []  # fmt: skip

    # The first proposes; the same person cannot confirm; the second does.
    freeze = here.address("classement/1/arret")
    assert first.post(freeze, {"action": "proposer"}).status_code == 302
    alone = first.post(freeze, {"action": "confirmer"})
    assert (alone.status_code, "Une seconde personne doit confirmer" in alone.text) == (409, True)
    assert f"{here.first.name}, le " in second.get(freeze).text
    assert second.post(freeze, {"action": "confirmer"}).status_code == 302
    assert here.state() is CallState.ARBITRATED

    # Decisions and letters.
    prepared = first.post(here.address("decisions/preparer"))
    assert first.get(prepared.location).location == here.address("decisions")
    titles = [one.title for one in here.dossiers]
    assert decisions(here) == [
        (titles[0], "laureate", 40_000), (titles[1], "waiting_list", None), (titles[2], "laureate", 40_000),
        (titles[3], "waiting_list", None), (titles[4], "ineligible", None),
    ]  # fmt: skip
    archive = first.client.get(here.address("decisions/lettres.zip"))
    with zipfile.ZipFile(io.BytesIO(archive.data)) as letters:
        assert letters.namelist()[0] == "bordereau.csv"
        assert sorted(letters.namelist()[1:]) == [f"{name}.pdf" for name in names]
        laureate = PdfReader(io.BytesIO(letters.read(f"{names[0]}.pdf"))).pages[0].extract_text()
    assert "40 000 €" in " ".join(laureate.split())
    one = first.client.get(here.address(f"decisions/{names[4]}/lettre.pdf"))
    assert "moins d’un an" in PdfReader(io.BytesIO(one.data)).pages[0].extract_text()
    for ending, start in (("pdf", b"%PDF-"), ("xlsx", b"PK"), ("csv", b"rank,")):
        made = first.client.get(here.address(f"classement/1/fichiers/laureates.{ending}"))
        assert (made.status_code, made.data.removeprefix(b"\xef\xbb\xbf").startswith(start)) == (200, True)

    # Nobody is told before a person has looked; nothing is published before everybody is told.
    assert "Une décision vous attend" not in outbox(here)
    early = first.post(here.address("decisions/publier"))
    assert (early.status_code, here.state()) == (409, CallState.DECIDED)
    look = first.get(here.address("decisions/notifier")).text
    assert [words for words in ("une décision vous attend", "aucune association ne voit rien", f"/{names[0]}/lettre.pdf",
                                f"/{names[1]}/lettre.pdf", f"/{names[4]}/lettre.pdf") if words not in look] == []  # fmt: skip
    notified_by_pages(here, first, second)
    assert outbox(here).count("une décision vous attend") == 5
    assert first.post(here.address("decisions/publier")).status_code == 302
    assert here.state() is CallState.PUBLISHED
    assert [here.reload(one).state for one in here.dossiers] == [ApplicationState.NOTIFIED] * 5


def notified_by_pages(here: Office, first: Any, second: Any) -> None:
    """One person proposes « maintenant », the other confirms: not before is anybody told."""
    told = outbox(here).count("une décision vous attend")
    assert first.post(here.address("decisions/notifier"), {"when": "now"}).status_code == 303
    page = second.get(here.address("decisions/notifier")).text
    confirm = re.search(r'action="([^"]+/confirmer)"', page)
    assert confirm is not None
    refused = first.post(confirm[1])
    assert (refused.status_code, outbox(here).count("une décision vous attend")) == (409, told)
    assert second.post(confirm[1]).status_code == 303


def outbox(here: Office) -> str:
    with here.factory.platform.database.reading() as session:
        return "\n".join(session.exec(select(OutboxMail.subject)))


def test_the_call_is_closed_then_reviewed_then_deliberated_each_with_what_it_warns_of(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.OPEN)
    with here.factory.platform.database.writing() as session:
        late = session.get_one(type(here.dossiers[0]), here.dossiers[3].id)
        late.state, late.screened_at = ApplicationState.SUBMITTED, None
        session.add(late)
    signed = browser().sign_in(here.first)
    assert signed.post(here.address("etape"), {"to": "closed"}).status_code == 302
    page = signed.get(here.address("etape")).text
    assert "1\u00a0dossier sans avis de recevabilité" in page
    refused = signed.post(here.address("etape"), {"to": "reviewing"})
    assert (refused.status_code, "Indiquez pourquoi vous passez" in refused.text) == (422, True)
    typed = {"to": "reviewing", "reason": "Avis attendu demain."}
    assert signed.post(here.address("etape"), typed).status_code == 302
    early = signed.post(here.address("etape"), {"to": "deliberating", "reason": "Vu."})  # a reason is no way past
    assert (early.status_code, here.state()) == (422, CallState.REVIEWING)
    with here.factory.platform.database.writing() as session:
        late = session.get_one(type(here.dossiers[0]), here.dossiers[3].id)
        late.state, late.screened_at = ApplicationState.ELIGIBLE, here.factory.now
        session.add(late)
    assert signed.post(here.address("etape"), {"to": "deliberating", "reason": "Vu."}).status_code == 302
    assert here.state() is CallState.DELIBERATING
    again = signed.post(here.address("etape"), {"to": "deliberating", "reason": "Vu."})
    assert (again.status_code, "Ce n’est pas possible à cette étape" in again.text) == (409, True)
    assert signed.post(here.address("etape"), {"to": "arbitrated"}).status_code == 409
    assert signed.post(here.address("etape"), {"to": "?"}).status_code == 404


def test_an_agreed_mark_stands_in_the_minutes_with_those_who_agreed(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office()
    with here.factory.platform.database.writing() as session:
        session.add(
            Consensus(
                application_id=here.dossiers[2].id, total=Decimal("72.5"), reason="Le budget est solide.",
                dissent="Une voix contre.", attendees=["Noé Exemple", "Zoé Exemple"], created_at=here.factory.now,
                decided_at=here.factory.now,
            )
        )  # fmt: skip
    signed = browser().sign_in(here.first)
    minutes = " ".join(page_text(signed.client.get(here.address("jury/proces-verbal.pdf")).data).split())
    for words in ("Notes de consensus", "72,50 sur 100", "Noé Exemple et Zoé Exemple", "Le budget est solide.",
                  "Une voix contre."):  # fmt: skip
        assert words in minutes


def test_a_longer_deposit_needs_a_later_date_and_a_reason(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.CLOSED)
    signed = browser().sign_in(here.first)
    later = (here.factory.now + timedelta(days=3)).date().isoformat()
    for typed, message in (
        ({"day": "31/02/2025", "clock": "23:59", "reason": "Panne"}, "Indiquez une date et une heure"),
        ({"day": "2024-01-01", "clock": "23:59", "reason": "Panne"}, "postérieure à la clôture actuelle"),
        ({"day": later, "clock": "23:59", "reason": " "}, "Indiquez le motif"),
    ):
        refused = signed.post(here.address("cloture"), typed)
        assert (refused.status_code, message in refused.text, typed["day"] in refused.text) == (422, True, True)
    assert signed.post(here.address("cloture"), {"day": later, "clock": "23:59", "reason": "Panne"}).status_code == 302
    assert here.state() is CallState.OPEN


def test_a_jury_decision_counts_in_the_next_run_and_stands_in_the_minutes(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office()
    signed = browser().sign_in(here.first)
    assert "Lauréat" in compute(here, signed)
    names = [one.reference for one in here.dossiers]
    jury = here.address("jury")
    wrong = {"reference": "AUCUN", "decision": "out", "amount": "", "reason": "Il <b>n’existe</b> pas."}
    refused = signed.post(jury, wrong)
    assert refused.status_code == 422
    assert "Aucun dossier déposé ne porte ce numéro" in refused.text
    assert "Il &lt;b&gt;n’existe&lt;/b&gt; pas." in refused.text
    high = signed.post(jury, {"reference": names[0], "decision": "amount", "amount": "50 000", "reason": ""})
    assert high.status_code == 422
    assert "au plus celui qui est demandé" in high.text
    assert "Indiquez le motif" in high.text
    for typed in (
        {"reference": names[0], "decision": "out", "reason": "Le projet a commencé."},
        {"reference": names[1], "decision": "amount", "amount": "12 000,50 €", "reason": "Budget revu."},
    ):
        assert signed.post(jury, typed).status_code == 302
    assert "ont changé depuis ce calcul" not in signed.get(here.address("classement/1")).text  # the clock stands still
    here.factory.platform.clock.move(minutes=1)  # type: ignore[attr-defined]
    assert signed.post(jury, {"reference": names[3], "decision": "out", "reason": "Retard."}).status_code == 302
    assert "ont changé depuis ce calcul" in signed.get(here.address("classement/1")).text
    stale = signed.post(here.address("classement/1/arret"), {"action": "proposer"})
    assert (stale.status_code, "relancez-le" in stale.text) == (422, True)
    compute(here, signed)
    assert [run.number for run in runs(here)] == [1, 2]
    table = signed.get(here.address("classement/2")).text
    assert "accordé : 12\u202f000,50\u00a0€" in table.replace("\u00a0:", " :")
    minutes = " ".join(page_text(signed.client.get(here.address("jury/proces-verbal.pdf")).data).split())
    for words in ("Procès-verbal de délibération", names[0], "Écarté", "Le projet a commencé.", "12 000,50 €",
                  "Méthode adoptée", "Présidence du jury"):  # fmt: skip
        assert words in minutes
    page = signed.get(jury).text
    decision_id = page.split("/retrait")[0].rsplit("/", 1)[1]
    assert signed.post(f"{jury}/{decision_id}/retrait", {"reason": ""}, page=jury).status_code == 302
    assert "Indiquez pourquoi cette décision est retirée" in signed.get(jury).text
    assert signed.post(f"{jury}/{decision_id}/retrait", {"reason": "Erreur."}, page=jury).status_code == 302
    assert len(signed.get(jury).text.split("/retrait")) == 3


def page_text(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_rules_that_cannot_all_hold_are_named_in_words(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(rules=RULES.replace("laureates: 2", "laureates: 1"))
    signed = browser().sign_in(here.first)
    lyon = here.dossiers[0].reference
    imposed = {"reference": lyon, "decision": "in", "reason": "Projet pilote."}
    assert signed.post(here.address("jury"), imposed).status_code == 302
    started = signed.post(here.address("classement/calcul"), page=here.address("classement"))
    page = signed.get(started.location)
    assert page.status_code == 200
    for words in ("Les règles ne peuvent pas toutes tenir", "le nombre maximal de lauréats",
                  "la règle «\u00a0Le Sud\u00a0»\u00a0: au moins 1", f"la décision du jury sur le dossier {lyon}"):  # fmt: skip
        assert words in page.text
    assert "l’enveloppe" not in page.text
    assert runs(here) == []


def test_other_rules_are_tried_and_nothing_is_kept(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.PROPOSED)
    signed = browser().sign_in(here.first)
    tried = here.address("classement/1/essai")
    page = signed.get(f"{tried}?sans=sud&laureats=3&enveloppe=120+000&tete=1&mode=skip").text
    assert "Entreraient" in page
    assert here.dossiers[1].reference in page
    conflict = signed.get(f"{tried}?enveloppe=30000&laureats=1").text
    assert "Ces règles ne peuvent pas toutes tenir" in conflict
    assert "l’enveloppe" in conflict
    wrong = signed.get(f"{tried}?laureats=beaucoup&enveloppe=x&tete=-1")
    assert wrong.status_code == 422
    assert wrong.text.count("Écrivez un nombre entier") == 4  # beside both fields and in the summary
    assert 'value="beaucoup"' in wrong.text
    assert len(runs(here)) == 1


def test_a_call_in_order_of_merit_first_shows_whom_the_greatest_sum_would_change(
    office: Offices, browser: Callable[[], Any]
) -> None:
    merit = "  mode: merit\n  at_limit: reduce\n  reduce_to: 0.4\n  laureates: 3\n"
    here = office(CallState.PROPOSED, rules=RULES.replace("  mode: value\n  laureates: 2\n", merit))
    signed = browser().sign_in(here.first)
    run = signed.get(here.address("classement/1")).text.replace("\u202f", " ").replace("\u00a0", " ")
    assert "L’ordre s’arrête au 2ᵉ rang, à 80,00 points." in run
    page = signed.get(here.address("classement/1/essai"))
    assert "Ce que changerait la meilleure somme de notes" in page.text
    table = page.text.partition("Sortiraient")[2]
    assert [dossier.reference in table for dossier in here.dossiers[:4]] == [False, True, False, False]
    same = signed.get(here.address("classement/1/essai?mode=reduce")).text
    assert "Ce que cela change" in same
    assert "Aucun dossier ne sortirait." in same


def test_a_dossier_of_a_run_is_explained_with_its_sheet(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.PROPOSED)
    signed = browser().sign_in(here.first)
    name = here.dossiers[1].reference
    page = signed.get(here.address(f"classement/1/dossiers/{name}")).text
    for words in ("80,0000", "Qualité", "4,00 sur\u00a05", "Combien de points auraient suffi"):
        assert words in page
    sheet = signed.client.get(here.address(f"classement/1/dossiers/{name}/fiche.pdf"))
    text = " ".join(page_text(sheet.data).split())
    for words in ("1. Part du traitement dans la décision", "L. 311-3-1", "Auvergne-Rhône-Alpes", "80,0000"):
        assert words in text
    again = signed.client.get(here.address(f"classement/1/dossiers/{name}/fiche.pdf"))
    assert again.data == sheet.data


def test_a_run_is_sent_back_to_the_deliberation_with_a_reason(office: Offices, browser: Callable[[], Any]) -> None:
    here = office(CallState.PROPOSED)
    signed = browser().sign_in(here.second)
    freeze = here.address("classement/1/arret")
    refused = signed.post(freeze, {"action": "renvoyer", "reason": ""})
    assert (refused.status_code, "Indiquez pourquoi" in refused.text) == (422, True)
    assert signed.post(freeze, {"action": "renvoyer", "reason": "À revoir."}).status_code == 302
    assert here.state() is CallState.DELIBERATING
    assert signed.post(freeze, {"action": "?"}).status_code == 404


def test_a_laureate_who_leaves_is_replaced_by_the_first_that_the_rules_let_in(
    office: Offices, browser: Callable[[], Any]
) -> None:
    here = office(CallState.PUBLISHED)
    signed = browser().sign_in(here.first)
    suites = here.address("decisions/suites")
    decline(here, here.dossiers[2])
    letter = signed.client.get(here.address(f"decisions/{here.dossiers[0].reference}/lettre.pdf")).data
    page = signed.get(suites).text
    # The laureate of the Sud left: the first on the list is of Lyon and would not mend the rule, the second enters.
    assert "Règles que les renoncements ne laissent plus tenir" in page
    assert "ne rétablirait pas\u00a0: la règle «\u00a0Le Sud\u00a0»" in page
    assert "2ᵉ de la liste d’attente" in page
    other = signed.post(suites, {"reference": here.dossiers[1].reference, "reason": ""})
    assert (other.status_code, "n’est pas celui que les règles appellent" in other.text) == (422, True)
    assert signed.post(suites, {"reference": here.dossiers[3].reference, "reason": "Vu."}).status_code == 302
    titles = [one.title for one in here.dossiers]
    assert decisions(here)[3:5] == [(titles[3], "waiting_list", None), (titles[3], "laureate", 40_000)]
    called = signed.client.get(here.address(f"decisions/{here.dossiers[3].reference}/lettre.pdf")).data
    assert "40 000 €" in " ".join(page_text(called).split())
    kept = signed.client.get(here.address(f"decisions/{here.dossiers[0].reference}/lettre.pdf")).data
    assert kept == letter  # what was notified never changes
    notified_by_pages(here, signed, browser().sign_in(here.second))
    assert outbox(here).count("une décision vous attend") == 6
    assert signed.post(suites, {"reference": here.dossiers[1].reference}).status_code == 422
    bundle = signed.client.get(here.address("decisions/suites/liste-en-vigueur.json")).data
    changes = json.loads(bundle)["changes"]
    assert [(one["change"], one["application_id"], one["amount"]) for one in changes] == [
        ("left", here.dossiers[2].reference, None), ("called", here.dossiers[3].reference, "40000"),
    ]  # fmt: skip
    assert verify_bundle(bundle) == ()
    staying = [here.dossiers[at].reference for at in (0, 3)]
    assert list_in_force(read_text(bundle)).granted == dict(zip(staying, (40_000_00, 40_000_00), strict=True))


def test_steps_taken_in_the_wrong_state_are_refused_in_plain_words(office: Offices, browser: Callable[[], Any]) -> None:
    here = office()
    signed = browser().sign_in(here.first)
    for state, method, tail in (
        (CallState.OPEN, "get", "jury"),
        (CallState.OPEN, "post", "classement/calcul"),
        (CallState.CLOSED, "get", "classement"),
        (CallState.DELIBERATING, "get", "decisions"),
        (CallState.DELIBERATING, "post", "decisions/preparer"),
        (CallState.DECIDED, "post", "jury"),
        (CallState.DECIDED, "post", "classement/calcul"),
        (CallState.PUBLISHED, "post", "decisions/publier"),
        (CallState.PUBLISHED, "get", "cloture"),
        (CallState.PUBLISHED, "post", "tirage"),
    ):
        set_state(here, state)
        asked = (
            signed.get
            if method == "get"
            else lambda url: signed.post(
                url, {"reference": here.dossiers[0].reference, "decision": "out", "reason": "x"}, page="/compte"
            )
        )
        answer = asked(here.address(tail))
        assert (state, tail, answer.status_code, "Ce n’est pas possible" in answer.text) == (state, tail, 409, True)


def test_the_whole_ranking_is_laid_out_once_beside_the_requests(office: Offices, browser: Callable[[], Any]) -> None:
    here = office()
    signed = browser().sign_in(here.first)
    compute(here, signed)
    address = here.address("classement/1/fichiers/ranking.pdf")
    started = signed.client.get(address)
    assert (started.status_code, "/travaux/" in started.location) == (302, True)
    ready = signed.get(started.location).text
    assert ("Télécharger le classement (PDF)" in ready, address in ready) == (True, True)
    first, again = signed.client.get(address), signed.client.get(address)
    assert (first.status_code, first.data[:5], first.data == again.data) == (200, b"%PDF-", True)
    with here.factory.platform.database.reading() as session:
        jobs = session.exec(select(Job.state).where(Job.kind == "ranking_list")).all()
        taken = session.exec(select(AuditLine).where(AuditLine.action == "ranking.downloaded")).all()
    assert (jobs, len(taken)) == (["done"], 2)
