"""Every route × actor × object × state: what the table of permissions doesn't grant is refused, and nothing leaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from werkzeug.routing import Rule

from aap.identity.factors import UNUSED
from aap.records.applications import ApplicationState as A
from aap.records.calls import CallState as C
from aap.services.decision.list_files import LIST_FILES
from aap.services.ranking.run_files import RUN_FILES
from aap.web.access import ASSETS, permission_of
from tests.integration.security.asking import FIXED, STATES, asked, granted, rules, who_may
from tests.integration.security.world import RECUSED, SEES, WORKING_PAGES, World, opened, readers_of
from tests.read_answers import text_of


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with opened(tmp_path_factory.mktemp("security")) as built:
        yield built


UNWELL = "public.whole_health"
"""Answers 503 where mails wait for long, as in this world: nobody sends them."""
ABOUT_ASSOCIATIONS = frozenset({"official.claims"})
"""Pages that name associations, not their dossiers: who may decide on a claim is the claims' own rule."""


def test_every_route_declares_a_permission(world: World) -> None:
    silent = [
        rule.rule
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint not in ASSETS and permission_of(world.app, rule.endpoint) is None
    ]
    assert silent == []


@pytest.mark.parametrize("state", STATES, ids=lambda state: f"{state[0]}-{state[1]}")
def test_no_page_opens_or_leaks_beyond_the_table(world: World, state: tuple[C, A]) -> None:
    world.set_states(*state)
    faults = []
    for rule, objects, url in asked(world, "GET", first=state is STATES[0]):
        permission = permission_of(world.app, rule.endpoint)
        for who, browser in world.asked_by():
            target = world.target(objects, frozenset(rule.arguments), who, rule.endpoint)
            now, ever = granted(world, who, permission, target)
            if not ever and state is not STATES[0]:
                continue  # nothing to the object in any state: asked once
            answer = browser.get(url)
            # Who may in another state is told why not now, or led back.
            refusals = ({302, 404, 409} if ever else {404}) | ({302} if who == "anonymous" else set())
            if who in RECUSED:  # a call's own state may forbid before the dossier is looked for
                refusals |= {409}
            failed = answer.status_code >= 500 and rule.endpoint != UNWELL
            if failed or (not now and answer.status_code not in refusals):
                faults.append((answer.status_code, who, url))
            text = text_of(answer)
            faults += [
                (canary, who, url) for canary in SEES if canary in text and who not in readers_of(canary, rule.endpoint)
            ]
            if who in RECUSED and rule.endpoint.startswith(WORKING_PAGES) and rule.endpoint not in ABOUT_ASSOCIATIONS:
                faults += [(one, who, url) for one in world.named_in(text, asked_with=url)]
            answer.close()
    assert not faults, "\n".join(map(str, faults))


@pytest.mark.parametrize("state", STATES, ids=lambda state: f"{state[0]}-{state[1]}")
def test_nobody_changes_anything_beyond_the_table(world: World, state: tuple[C, A]) -> None:
    world.set_states(*state)
    faults = []
    for who, browser in world.asked_by():
        before = world.fingerprint()
        for rule, objects, url in asked(world, "POST", first=state is STATES[0]):
            permission = permission_of(world.app, rule.endpoint)
            target = world.target(objects, frozenset(rule.arguments), who, rule.endpoint)
            now, ever = granted(world, who, permission, target)
            if now or (not ever and state is not STATES[0]):
                continue
            answer = browser.post(url, data={"reason": "x", "name": "x", "decision": "in"})
            # Who may in another state is told why not now, or led to where it was done already.
            refusals = ({303, 403, 404, 409, 422} if ever else {404}) | ({401} if who == "anonymous" else set())
            if answer.status_code not in refusals:
                faults.append((answer.status_code, who, url))
        changed = {table for table, content in world.fingerprint().items() if before[table] != content}
        if changed:
            faults.append((sorted(changed), who))
    assert not faults, "\n".join(map(str, faults))


# --- downloads --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["recused_official", "official_member"])
def test_no_download_tells_who_is_recused_of_the_dossier(world: World, who: str) -> None:
    """Inside PDF, XLSX, ZIP and JSON too; to an official who isn't recused the same files do tell."""
    world.set_states(C.PUBLISHED, A.NOTIFIED)
    call_id, number = world.own.call_id, world.own.values["number"]
    told, silent, refused = [], [], []
    for tail in (
        *(f"classement/{number}/fichiers/{name}" for name in RUN_FILES),
        "jury/proces-verbal.pdf", "jury/proces-verbal.docx", "arbitrage/note.pdf",
        "arbitrage/tableau.xlsx", "deports.pdf", "repartition.csv", "candidats.csv", "candidats.xlsx", "candidats.ods",
        "decisions/lettres.zip", "decisions/acte.pdf",
        *(f"decisions/listes/1/{name}" for name in (*LIST_FILES, "archive.json")),
    ):  # fmt: skip
        address = f"/instruction/{call_id}/{tail}"
        mine = world.fetched(who, address)
        if mine.status_code == 403:
            refused.append(tail.rpartition("/")[2])
            continue
        assert mine.status_code == 200, (tail, mine.status_code)
        told += [(tail, one) for one in world.named_in(text_of(mine))]
        if not world.named_in(text_of(world.fetched("official", address))):
            silent.append(tail.rpartition("/")[2])
    assert told == []
    assert refused == ["bundle.json", "public-bundle.json", "archive.json"]
    # Files that name no dossier at all here; `test_recused_downloads` reads them where they do.
    assert silent == ["reviewers.csv", "report.json", "synthesis.xlsx"]


# --- addresses that mix two dossiers ----------------------------------------------------------------------------------

IDENTIFIERS = frozenset(
    {
        "call_id", "association_id", "application_id", "reference", "document_id", "person_id", "claim_id",
        "invitation_id", "job_id", "decision_id", "assignment_id", "specimen_id", "recusal_id", "proposal_id",
        "passkey_id", "session_id", "aside_id", "member_id", "link_id", "version_id", "view_id",
        "notification_id", "sending_id", "contest_id", "file_id", "correction_id",
    }
)  # fmt: skip
"""Parameters that name one object; numbers and section names exist in every call."""

WHO_MIXES = {"reviewer": "assigned", "association": "everybody", "official": "everybody", "admin": "everybody"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_my_object_with_somebody_else_s_is_no_address(world: World, method: str) -> None:
    """Who may work on both sides gets 404 for one side's call with the other's dossier, and nothing changes.

    In a state of the call in which they may; the other call stays in its own, which may forbid before it looks.
    """
    faults, mixed = [], 0
    for rule in rules(world, method):
        named = sorted(rule.arguments & IDENTIFIERS)
        if len(named) < 2:
            continue
        who = WHO_MIXES[rule.endpoint.partition(".")[0]]
        permission = permission_of(world.app, rule.endpoint)
        found = who_may(world, rule, (who,))
        assert found is not None, rule
        world.set_states(*found[1])
        before = world.fingerprint()
        for one in named[1:]:
            for mine, theirs in ((world.own, world.other), (world.other, world.own)):
                values = {**FIXED, **mine.values, one: theirs.values[one]}
                with world.app.test_request_context():
                    url = world.app.url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})
                target = world.target(mine, frozenset(rule.arguments), who, rule.endpoint)
                answer = world.browsers[who].open(url, method=method, data={"reason": "x", "motif": "x"})
                mixed += 1
                if answer.status_code not in ({404} if granted(world, who, permission, target)[0] else {404, 409}):
                    faults.append((answer.status_code, url, one))
                answer.close()
        if world.fingerprint() != before:
            faults.append((0, rule.rule, "changed something"))
    assert not faults, "\n".join(map(str, faults))
    assert mixed >= 20


# --- who may ----------------------------------------------------------------------------------------------------------

WHO_MAY = ("owner", "assigned", "official", "admin", "newcomer", "anonymous")
"""Who is tried, in this order."""

FORMS: Mapping[str, Mapping[str, str]] = {
    "official.assignment_lock": {"dossier": "{reference}", "verrou": "oui"},
    "official.advance": {"to": "closed"},
    "official.freeze": {"action": "proposer"},
    "official.unfreeze": {"action": "proposer"},
    "official.specimens_change": {"action": "fictitious"},
}
"""What some forms need before anything is looked at."""

NAMED: Mapping[str, Mapping[str, str]] = {
    "association.upload": {"question_id": "statuts"},
    "association.budget_import": {"question_id": "budget-projet"},
    "association.change": {"person_id": "reader"},
    "official.reviewer": {"person_id": "assigned"},
    "official.reviewer_drops_out": {"person_id": "assigned"},
    "official.reviewer_comes_back": {"person_id": "assigned"},
}
"""Parameters that some addresses need; a person by the name of the actor."""

NOT_HERE = {
    "association.drop": "the world's file belongs to a dossier, not to the safe",
    "association.claim": "nobody claims what they are a member of",
    "association.accept": "the world's invitation is over",
    "association.sign": "takes a mailed token",
    "association.end_board_link": "the world's dossier has no link",
    "association.prove": "the world's claim is somebody's of none of these",
    "association.answer_claim_proof": "takes a mailed token",
    "reviewer.autosave": "the call's time for reviews is over; the script is told so by 403",
    "reviewer.write_to_reviewers": "the world's call asks for no discussion",
    "reviewer.change_marks": "the world's call asks for no discussion",
    "official.change_discussion": "the world's call asks for no discussion",
    "reviewer.preferences": "the world's call asks for no preferences",
    "official.assignment_apply": "the world has no proposal",
    "official.assignment_discard": "the world has no proposal",
    "official.conflict_answer": "the world's recusals are in force",
    "admin.lift_recusal": "the world's recusals in force are no member's",
    "account.end_connection": "the world's session is nobody's",
    "admin.run_again": "the world's work didn't fail",
    "admin.end_work": "the world's work doesn't run",
    "official.gate_waive": "the world's dossier is looked at",
    "official.gate_close": "the world's dossier has no waiver",
    "official.end_job": "the world's work doesn't run",
    "official.drop_candidates_view": "the world's view is somebody else's",
    "official.undo_many_act": "the world's work was no act on many dossiers",
    "official.arbitration_remove": "the world's decision is the jury's, not the authority's",
    "official.set_aside_confirm": "the world has no proposal to set a review aside",
    "official.set_aside_withdraw": "the world has no proposal to set a review aside",
    "account.remove_passkey": "the world's people have no passkey",
    **dict.fromkeys(UNUSED, "Flask-Security's own page: ours stands in its place"),
}
"""What the table lets pass and the object then forbids: done in the tests of the pages."""


def test_every_post_is_open_towho_may(world: World) -> None:
    """For each there is a state and somebody whom the table lets: they are answered, not turned away. The database is put
    back after each."""
    unreachable, faults = [], []
    with world.kept() as put_back:
        for rule in rules(world, "POST"):
            found = who_may(world, rule, WHO_MAY)
            if found is None:
                unreachable.append(rule.endpoint)
                continue
            who, state = found
            world.set_states(*state)
            form = {name: text.format(**world.own.values) for name, text in FORMS.get(rule.endpoint, {}).items()}
            answer = world.newly_signed_in(who).post(_named(world, rule), data={"reason": "x", **form})
            turned_away = answer.status_code >= 500 or answer.status_code in (401, 403, 404)
            if turned_away is not (rule.endpoint in NOT_HERE):
                faults.append((answer.status_code, who, rule.endpoint, f"{state[0]}-{state[1]}"))
            answer.close()
            put_back()
    assert not faults, "\n".join(map(str, faults))
    assert unreachable == []


def _named(world: World, rule: Rule) -> str:
    values = {**FIXED, **world.own.values}
    for name, text in NAMED.get(rule.endpoint, {}).items():
        person = world.people.get(text)
        values[name] = person.id if person else text
    with world.app.test_request_context():
        return world.app.url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})
