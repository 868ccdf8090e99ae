"""The pages of a discussion: what each reads in which state, what is typed isn't lost, what officials see and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aap.records.associations import Association
from aap.records.calls import Call, CallState
from aap.records.people import MembershipRole, Role
from aap.services.dossier.discussed import keep_discussions
from tests.factories import LINKS
from tests.read_answers import text_of
from tests.worlds.desks import Desk, Desks

KEY = 'discussion_until: "2099-01-05T12:00:00+01:00"'
MARKS = {"note-qualite": "4", "note-solidite": "3", "rubric": "0" * 64}
FIRST, SECOND, SAID = "CANARI-PREMIER", "CANARI-SECOND", "CANARI-MESSAGE"


def address(here: Desk, tail: str = "") -> str:
    return f"/evaluation/dossiers/{here.application.id}{tail}"


def submitted(signed: Any, here: Desk, comment: str) -> None:
    form = {**MARKS, "avis-qualite": comment, "version": "0", "action": "submit"}
    assert signed.post(address(here), form).status_code == 302


def pages(here: Desk) -> list[str]:
    """Every page of a reviewer that could tell of the dossier."""
    tails = ("", "/discussion", "/discussion/notes")
    return [*(address(here, tail) for tail in tails), "/evaluation/", f"/evaluation/appels/{here.call.id}/mes-notes"]


def told(signed: Any, here: Desk, *words: str) -> set[str]:
    """Which of the words stand on a page of theirs."""
    texts = [text_of(signed.get(page)) for page in pages(here)]
    return {word for word in words if any(word in text for text in texts)}


def state(here: Desk, to: CallState) -> None:
    with here.factory.platform.database.writing() as session:
        session.get_one(Call, here.call.id).state = to


def test_who_reads_what_in_which_state(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk(reviewing=KEY)
    gone = here.factory.person(Role.REVIEWER, call=here.call)
    both = here.factory.person(Role.REVIEWER, Role.OFFICIAL, call=here.call)
    for person in (gone, both):
        here.factory.assignment(here.application, person)
    first, second, third, recused, official_too = (
        browser().sign_in(person) for person in (here.first, here.second, here.third, gone, both)
    )
    submitted(first, here, FIRST)
    submitted(official_too, here, "CANARI-AGENT")
    everybody = {"first": first, "second": second, "third": third, "recused": recused, "official_too": official_too}
    assert [told(one, here, FIRST) for name, one in everybody.items() if name != "first"] == [set()] * 4
    assert first.get(address(here, "/discussion")).status_code == 404
    submitted(second, here, SECOND)
    assert told(first, here, SECOND) == set()  # one review is still to come
    assert recused.post(address(here, "/deport"), {"motif": "Ancienne salariée."}).status_code == 302
    with here.factory.platform.database.writing() as session:
        keep_discussions(session, links=LINKS, now=here.factory.now)
    assert first.post(address(here, "/discussion"), {"body": SAID}).status_code == 302
    every = (FIRST, SECOND, SAID)
    for at in (CallState.REVIEWING, CallState.DELIBERATING):
        state(here, at)
        assert [told(one, here, *every) for one in (first, second)] == [set(every)] * 2
        group = [told(one, here, "Le groupe") for one in (first, second)]
        assert group == [set() if at is CallState.REVIEWING else {"Le groupe"}] * 2
        assert [told(one, here, *every) for one in (third, recused)] == [set()] * 2
        assert (told(official_too, here, *every) == set()) is (at is CallState.REVIEWING)
        for signed in (third, recused):
            for tail in ("/discussion", "/discussion/notes"):
                assert signed.get(address(here, tail)).status_code in (404, 409)
                assert signed.post(address(here, tail), {"body": "x", **MARKS}, page="/compte").status_code in (
                    404,
                    409,
                )
    assert first.post(address(here, "/discussion"), {"body": "Trop tard."}).status_code == 409


def test_a_reviewer_s_list_asks_for_it_and_the_dossier_leads_there(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk(reviewing=KEY)
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    for signed in (first, second):
        assert "à discuter" not in signed.get("/evaluation/").text
        submitted(signed, here, "")
    for signed in (first, second):
        page = signed.get("/evaluation/").text
        assert "1 dossier à discuter" in page
        assert f'href="{address(here, "/discussion")}"' in page
        marking = signed.get(address(here)).text
        assert f'href="{address(here, "/discussion")}"' in marking
        assert "Demander la réouverture" not in marking


def test_a_refused_change_keeps_what_was_typed_and_a_taken_one_is_marked(
    desk: Desks, browser: Callable[[], Any]
) -> None:
    here = desk(reviewing=KEY)
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    for signed in (first, second):
        submitted(signed, here, "")
    change = {**MARKS, "note-qualite": "1", "avis-qualite": "", "version": "1", "motif": ""}
    refused = first.post(address(here, "/discussion/notes"), change)
    assert refused.status_code == 422
    assert [f'href="#{one}"' in refused.text for one in ("avis-qualite", "motif")] == [True, True]
    assert 'value="1" checked' in refused.text
    change |= {"avis-qualite": "Budget faux.", "motif": "La remarque sur le budget."}
    stale = first.post(address(here, "/discussion/notes"), {**change, "version": "7"})
    assert (stale.status_code, "La remarque sur le budget." in stale.text) == (409, True)
    assert first.post(address(here, "/discussion/notes"), change).status_code == 302
    for signed in (first, second):
        page = signed.get(address(here, "/discussion")).text
        for words in ("avant\u00a0: 4", "modifié après la discussion", "La remarque sur le budget."):
            assert words in page, words
    empty = second.post(address(here, "/discussion"), {"body": " "})
    assert (empty.status_code, 'href="#body"' in empty.text) == (422, True)
    long = second.post(address(here, "/discussion"), {"body": "mot " * 2_000})
    assert (long.status_code, "mot mot" in long.text) == (422, True)


def test_officials_read_it_from_the_deliberation_on_and_end_it_before(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk(reviewing=KEY)
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    submitted(first, here, FIRST)
    submitted(second, here, SECOND)
    first.post(address(here, "/discussion"), {"body": SAID})
    change = {**MARKS, "note-qualite": "2", "version": "1", "motif": "CANARI-MOTIF"}
    assert first.post(address(here, "/discussion/notes"), change).status_code == 302
    official, base = browser().sign_in(here.official), f"/instruction/{here.call.id}"
    listed = f"{base}/evaluations/discussions"
    reading = (f"{base}/dossiers/{here.application.reference}", listed, f"{base}/a-revoir", f"{base}/",
               f"{base}/evaluations/ecarts/{here.application.reference}", f"{base}/evaluations")  # fmt: skip
    for page in reading:
        answer = official.get(page)
        assert answer.status_code == 200, page
        assert [word for word in (FIRST, SECOND, SAID, "CANARI-MOTIF") if word in answer.text] == [], page
    assert "Clore la discussion de 1 dossier" in official.get(f"{base}/a-revoir").text
    assert official.post(f"{listed}/{here.application.reference}", {"act": "end", "reason": ""}).status_code == 422
    ended = {"act": "end", "reason": "Tout est dit."}
    assert official.post(f"{listed}/{here.application.reference}", ended).status_code == 302
    assert "Tout est dit." in official.get(listed).text
    resumed = {"act": "resume", "reason": "Une pièce est arrivée."}
    assert official.post(f"{listed}/{here.application.reference}", resumed).status_code == 302
    assert official.post(listed, {"reason": ""}).status_code == 422
    assert official.post(listed, {"reason": "Tout est dit."}).status_code == 302
    state(here, CallState.DELIBERATING)
    dossier = official.get(reading[0]).text
    for words in (SAID, "CANARI-MOTIF", "avant\u00a0: 4", "modifiée après la discussion"):
        assert words in dossier, words
    member = browser().sign_in(here.third)
    assert member.get(listed).status_code == 404


def test_the_association_reads_nothing_of_it(desk: Desks, browser: Callable[[], Any]) -> None:
    here = desk(reviewing=KEY)
    owner = here.factory.person()
    with here.factory.platform.database.reading() as session:
        association = session.get_one(Association, here.application.association_id)
    here.factory.join(association, owner, MembershipRole.OWNER)
    first, second = browser().sign_in(here.first), browser().sign_in(here.second)
    submitted(first, here, FIRST)
    submitted(second, here, SECOND)
    first.post(address(here, "/discussion"), {"body": SAID})
    signed = browser().sign_in(owner)
    for page in (f"/association/dossiers/{here.application.id}", *pages(here)):
        text = text_of(signed.get(page))
        assert [word for word in (FIRST, SECOND, SAID) if word in text] == [], page
