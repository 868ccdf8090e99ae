"""Help where one is: the guide of the page's role, whom to ask about its call, and a message only where one can be sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from aap.core.call.loading import inspect_call
from aap.own_files import rubrics_folder
from aap.records.applications import ApplicationState as A
from aap.records.calls import CallState
from aap.records.people import MembershipRole
from aap.web.help_here import _GUIDES, _PARTS
from aap.web.user_guides import GUIDES, read_guide
from tests.conftest import Browser
from tests.worlds.applicants import ANSWERS, Space, Spaces
from tests.worlds.offices import Offices
from tests.worlds.read_page import ReadPage

Signed = Callable[[Space], Browser]
WITH_PHONE = (rubrics_folder() / "mentorat-2026.yaml").read_text().replace(
    "  contact: aap-mentorat@example.org\n",
    '  contact: aap-mentorat@example.org\n  phone: "01 40 20 53 00"\n  phone_hours: "le matin"\n',
)  # fmt: skip


def help_of(answer: Any) -> tuple[str, list[str]]:
    """The text of the block of help, and where it leads."""
    block = answer.text.partition('<aside class="help-here"')[2].partition("</aside>")[0]
    return " ".join(re.sub("<[^>]+>", " ", block.partition(">")[2]).split()), re.findall('href="([^"]+)"', block)


def test_a_page_of_a_dossier_says_its_part_of_the_guide_and_how_to_reach_the_calls_service(
    space: Spaces, signed: Signed
) -> None:
    one = space(ANSWERS, text=WITH_PHONE)
    browser = signed(one)
    for path in ("", "/recevabilite", "/sections/projet", "/relecture", "/depot", "/suivi", "/messages", "/retrait"):
        text, links = help_of(browser.get(one.url + path))
        assert "Une question sur cet appel" in text, path
        assert "01 40 20 53 00 (le matin)" in text.replace("\xa0", " "), path
        assert links[0].startswith("/aide/association#"), path
        assert links[1:3] == ["mailto:aap-mentorat@example.org", "tel:0140205300"], path


def test_a_page_of_no_call_leads_to_the_guide_of_its_role_and_to_the_sites_contact(
    office: Offices, browser: Callable[[], Browser]
) -> None:
    here = office(CallState.REVIEWING)
    found = {
        path: help_of(browser().sign_in(who).get(path))[1]
        for path, who in {
            "/association/": here.member, "/evaluation/": here.reviewers[0], "/instruction/": here.first,
            "/compte": here.first,
        }.items()
    }  # fmt: skip
    assert found == {
        "/association/": ["/aide/association", "/contact"],
        "/evaluation/": ["/aide/evaluation#votre-liste", "/contact"],
        "/instruction/": ["/aide/instruction", "/contact"],
        "/compte": ["/aide/instruction", "/contact"],
    }
    reviewing = browser().sign_in(here.reviewers[0]).get(f"/evaluation/dossiers/{here.dossiers[0].id}")
    assert help_of(reviewing)[1] == ["/aide/evaluation#noter-un-dossier", "mailto:appel@example.org", "/contact"]
    assert help_of(browser().get("/")) == ("", [])


@pytest.mark.parametrize("role", [MembershipRole.EDITOR, MembershipRole.READER])
@pytest.mark.parametrize("state", A)
def test_a_message_is_offered_where_one_can_be_sent_and_what_is_offered_opens(
    space: Spaces, browser: Callable[[], Browser], state: A, role: MembershipRole
) -> None:
    one = space(ANSWERS)
    with one.database.writing() as session:
        held = session.get_one(type(one.application), one.id)
        held.state, held.submitted_at = state, None if state is A.DRAFT else one.factory.now
    page = browser().sign_in(one.colleague(role))
    texts = [page.get(one.url), page.get(f"{one.url}/suivi")]
    offered = {link for answer in texts for link in re.findall(r'href="([^"]+/messages)"', answer.text)}
    may = state is not A.DRAFT and role is MembershipRole.EDITOR
    assert [("Échanger avec le service" in answer.text) for answer in texts] == [may, may]
    assert offered == ({f"{one.url}/messages"} if may else set())
    for link in offered:
        answer = page.get(link)
        assert (answer.status_code, "Votre message" in answer.text) == (200, True)
        assert page.post(link, {"body": "Une question."}).status_code == 303


def test_who_only_reads_is_led_to_what_was_written(
    space: Spaces, signed: Signed, browser: Callable[[], Browser]
) -> None:
    one = space(ANSWERS)
    with one.database.writing() as session:
        held = session.get_one(type(one.application), one.id)
        held.state, held.submitted_at = A.SUBMITTED, one.factory.now
    signed(one).post(f"{one.url}/messages", {"body": "Une question."})
    reader = browser().sign_in(one.colleague(MembershipRole.READER))
    assert "Lire les échanges avec le service" in reader.get(one.url).text
    assert "Une question." in reader.get(f"{one.url}/messages").text


def test_the_guides_are_pages_whose_links_lead_somewhere(browser: Callable[[], Browser]) -> None:
    page = browser()
    for name in GUIDES:
        answer = page.get(f"/aide/{name}")
        read = ReadPage.of(answer)
        assert (answer.status_code, read.uneven_tables) == (200, []), name
        ids = re.findall(r' id="([^"]+)"', answer.text)
        assert len(ids) == len(set(ids)), name
        body = str(read_guide(name).body)
        for link in re.findall('href="([^"]+)"', body):
            guide, _, part = link.partition("#")
            assert guide in GUIDES, link
            assert not part or f'id="{part}"' in str(read_guide(guide).body), link
    assert page.get("/aide/cuisine").status_code == 404


def test_each_page_leads_to_a_part_that_its_guide_has(app: Flask) -> None:
    gone = {
        endpoint: part
        for endpoint, part in _PARTS.items()
        if endpoint not in app.view_functions
        or f'id="{part}"' not in str(read_guide(_GUIDES[endpoint.partition(".")[0]]).body)
    }
    assert gone == {}


def test_the_calls_telephone_is_on_its_page_and_on_the_contact_page(
    space: Spaces, browser: Callable[[], Browser]
) -> None:
    one = space(text=WITH_PHONE)
    pages = [browser().get(path).text for path in (f"/appels/{one.call.id}", "/contact")]
    assert ["01 40 20 53 00" in text.replace("\xa0", " ") for text in pages] == [True, True]
    checked = inspect_call(WITH_PHONE.replace("01 40 20 53 00", "poste 12"), name="f")
    assert [one.message for one in checked.problems if "téléphone" in one.message] == [
        "ce n’est pas un numéro de téléphone"
    ]
