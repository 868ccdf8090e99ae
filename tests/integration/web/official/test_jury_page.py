"""The jury's room on its page: compose, open, vote, see what a choice would do, keep it, and end the meeting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aap.records.calls import CallState
from tests.worlds.juries import ACT, NAMES, Juries, Jury, apart
from tests.worlds.offices import Offices
from tests.worlds.read_page import ReadPage

Browser = Callable[[], Any]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("&nbsp;", " ")


def room(here: Jury, client: Any, **values: str) -> str:
    return plain(client.get(here.office.address("jury"), query_string=values).text)


def send(here: Jury, client: Any, tail: str, data: dict[str, Any]) -> tuple[int, str]:
    answer = client.post(here.office.address(f"jury/{tail}"), data=data)
    return answer.status_code, plain(answer.text)


def test_a_jury_sits_decides_and_ends_its_meeting_on_the_page(jury: Juries, browser: Browser) -> None:
    here = jury()
    first, second, third, fourth, fifth = here.office.dossiers
    client = browser().sign_in(here.office.first)
    assert "Ouvrir la séance" in room(here, client)
    opening = {"jour": "2025-04-02", "lieu": "Salle 12", "acte": ACT, "quorum": "9"}
    status, text = send(here, client, "seance", opening)
    assert (status, "de 1 à 3" in text, ACT in text) == (422, True, True)
    assert send(here, client, "seance", opening | {"quorum": "2"})[0] == 302
    text = room(here, client)
    assert ("Quorum non atteint" in text, "Présents : 0, quorum : 2" in text) == (True, True)
    status, text = send(here, client, "liste", {"liste": "ineligible"})
    assert (status, "Le quorum n’est pas atteint (présents : 0, quorum : 2)" in text) == (422, True)
    members = here.members()
    assert send(here, client, "presences", {"present": [members[name] for name in NAMES]})[0] == 302
    text = room(here, client)
    assert ("Présents : 3, quorum : 2" in text, "1 dossier à voter" in text) == (True, True)

    status, text = send(here, client, "appel", {"liste": "ineligible", "dossier": "rien", "membre": members[NAMES[0]]})
    assert (status, "Aucun dossier déposé ne porte ce numéro" in text) == (422, True)
    calling = {"liste": "ineligible", "dossier": fifth.reference, "membre": members[NAMES[0]]}
    assert send(here, client, "appel", calling)[0] == 302
    assert "appelé" in room(here, client)

    text = room(here, client, dossier=first.reference.rpartition("-")[2], choix="out")
    assert "Ce que ce choix ferait" in text
    assert f"Écarter le dossier {first.reference.rpartition('-')[2]} ferait entrer le" in text
    assert f"Pour ce choix, doivent sortir : {NAMES[2]}." in text
    assert "Ce que dira sa lettre" in text
    status, text = send(here, client, "choix", {"dossier": first.reference, "choix": "out", "action": "apercu",
                                                "motif": "Le projet double un service existant."})  # fmt: skip
    assert (status, text.count("Le projet double un service existant.")) == (200, 2)
    status, text = send(here, client, "choix", {"dossier": first.reference, "choix": "out", "motif": "Double emploi",
                                                "pour": "3"})  # fmt: skip
    assert (status, "2 membres peuvent voter ici" in text) == (422, True)
    for dossier, choice in ((first, "out"), (second, "keep"), (third, "keep"), (fourth, "keep"), (fifth, "keep")):
        sent = {"dossier": dossier.reference, "choix": choice, "motif": "Double emploi", "pour": "2"}
        assert send(here, client, "choix", sent)[0] == 302
    here.compute(1)
    assert "Tous les dossiers sont passés devant le jury." in room(here, client)
    assert send(here, client, "cloture", {})[0] == 302
    text = room(here, client)
    assert ("La dernière séance est close" in text, "Double emploi" in text) == (True, True)
    told = " ".join(text.split())
    assert "Séance n° 1, 2 avril 2025. Présents : 3, quorum : 2. Close sur le classement n° 2." in told
    assert ReadPage.of(client.get(here.office.address("jury"))).uneven_tables == []


def test_what_cannot_be_retained_is_said_instead_of_an_effect(jury: Juries, browser: Browser) -> None:
    here = jury()
    here.sit(*NAMES)
    first, second, third, _, fifth = here.office.dossiers
    client = browser().sign_in(here.office.first)
    text = room(here, client, dossier=fifth.reference, choix="in")
    assert "Ce dossier ne peut pas être retenu : il est irrecevable." in text
    for one in (first, third):
        sent = {"dossier": one.reference, "choix": "in", "motif": "Oui"}
        assert send(here, client, "choix", sent)[0] == 302
    text = room(here, client, dossier=second.reference, choix="in")
    assert "Ces règles ne peuvent pas toutes tenir avec ce choix" in text
    assert f"la décision du jury sur le dossier {third.reference}" in text
    status, text = send(here, client, "choix", {"dossier": second.reference, "choix": "in", "motif": "Oui"})
    assert (status, "Ces règles ne peuvent pas toutes tenir avec ce choix" in text) == (422, True)
    text = room(here, client, dossier=first.reference, choix="amount", montant="41 000")
    assert "au plus celui qui est demandé" in text


def test_a_member_recused_of_the_dossier_is_named_and_the_recused_official_gets_nothing(
    jury: Juries, browser: Browser
) -> None:
    here = jury()
    here.sit(*NAMES)
    second = here.office.dossiers[1]
    text = room(here, browser().sign_in(here.office.second), dossier=second.reference)
    assert f"{NAMES[2]} : déport." in text
    apart(here.office, here.office.first, second)
    client = browser().sign_in(here.office.first)
    assert client.get(here.office.address("jury"), query_string={"dossier": second.reference}).status_code == 404
    text = room(here, client)
    assert (second.reference in text, "Dossier dont vous êtes déporté" in text) == (False, True)
    text = room(here, client, dossier=here.office.dossiers[0].reference, choix="out")
    assert "ferait entrer un dossier dont vous êtes déporté." in text
    assert second.reference not in text


def test_without_a_jury_composed_here_what_it_decided_elsewhere_is_noted(office: Offices, browser: Browser) -> None:
    here = office(CallState.DELIBERATING)
    client = browser().sign_in(here.first)
    assert "Le jury n’est pas composé ici" in client.get(here.address("jury")).text
    sent = {"reference": here.dossiers[0].reference[-5:], "decision": "out", "reason": "Séance du 2 avril"}
    assert client.post(here.address("jury"), data=sent).status_code == 302
    added = {"nom": "Awa Présidente", "preside": "oui", "college": "État"}
    assert client.post(here.address("jury/membres"), data=added).status_code == 302
    sent = {"reference": here.dossiers[1].reference, "decision": "out", "reason": "Séance du 2 avril"}
    refused = client.post(here.address("jury"), data=sent)
    assert (refused.status_code, "Aucune séance du jury n’est ouverte." in refused.text) == (422, True)


def test_the_page_that_leads_shows_and_a_screen_says_it_without_any_act(jury: Juries, browser: Browser) -> None:
    here = jury()
    first, second = here.office.dossiers[:2]
    client, other = browser().sign_in(here.office.first), browser().sign_in(here.office.second)
    address = here.office.address("jury/ecran")

    def screen(who: Any) -> str:
        return plain(who.get(address).text)

    def version(who: Any) -> str:
        return str(who.get(address, query_string={"suivi": "json"}).json["version"])

    assert "Aucune séance n’est ouverte" in screen(other)
    assert send(here, client, "ecran", {})[0] == 302
    assert send(here, client, "ecran", {"suivi": "json"})[1] == (
        '{"message":"Aucune s\\u00e9ance du jury n\\u2019est ouverte.","shown":false}\n'
    )
    here.sit(*NAMES)
    before = version(other)
    text = screen(other)
    assert ("Aucune page ne mène les écrans" in text, "5 dossiers sur 5" in text) == (True, True)
    sent = {"dossier": first.reference, "choix": "amount", "montant": "30 000"}
    assert send(here, client, "ecran", sent)[0] == 302
    assert version(other) != before
    text = screen(other)
    assert f"{first.reference.rpartition('-')[2]} ·" in text
    assert f"Accorder 30 000 € au dossier {first.reference.rpartition('-')[2]}" in text
    main = text[text.index("<main") : text.index("</main>")]
    assert ("<form" in main, "<button" in main, first.reference in main) == (False, False, False)
    assert "Les écrans suivent vos pages du jury." in room(here, client)
    assert f"Les écrans suivent les pages de {here.office.first.name}." in room(here, other)
    answer = other.post(address, data={"dossier": second.reference, "suivi": "json"})
    assert (answer.json["shown"], answer.json["message"]) == (False, "Une autre personne mène les écrans.")
    assert other.post(address, data={"dossier": "rien"}).status_code == 302
    apart(here.office, here.office.second, first)
    text = screen(other)
    assert ("Dossier dont vous êtes déporté" in text, first.title in text) == (True, False)
    assert send(here, client, "ecran", {"dossier": first.reference, "choix": "amount", "montant": "douze"})[0] == 302
    assert "au plus celui qui est demandé" in screen(client)
    assert room(here, client, dossier=first.reference, choix="amount", montant="douze").count("au plus celui") == 1
