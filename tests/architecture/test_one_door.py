"""One door to a dossier: whoever queries reviews, marks, ranking rows or decisions asks who may know the dossier.

A function that names one of these records in a query, or reads what a run was computed from, passes when it asks the
door (`services/dossier/access.py`) itself. The others stand in REASONS, each with the reason why nobody can learn of a
dossier through it: a new query without the door fails here until its reason is written down.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "aap"

RECORDS = frozenset(
    {
        "Review",
        "Mark",
        "RankingRow",
        "RankingRun",
        "Decision",
        "JuryDecision",
        "Consensus",
        "Contest",
        "ContestDocument",
        "DecisionCorrection",
        "DiscussionPost",
        "MarkChange",
        "JuryVote",
        "ListVersion",
        "PostalSending",
        "Recusal",
        "SetAside",
        "Waiver",
    }
)
"""What tells of a dossier what a recused person must not know."""

RUN_CONTENT = frozenset({"run_content", "ranked", "ranked_candidates"})
"""What a run was computed from: every dossier of the call, by name."""

QUERIES = frozenset(
    {"select", "sql_select", "join", "outerjoin", "join_from", "select_from", "get", "get_one", "update", "delete"}
)

DOOR = frozenset(
    {
        "dossier_of", "ensure_impartial", "ensure_whole", "is_recused", "kept_away_pairs", "may_mark", "nobody_recused",
        "not_recused", "recusal_stands", "recused_anywhere", "recused_dossiers", "recused_pairs", "recused_people",
        "recused_references", "told", "view_run",
    }
)  # fmt: skip
"""Functions that turn an actor into what must not be told to them. Those that only find a dossier are not among them."""

ROOMS = ("services", "web", "cli", "identity", "jobs")
"""Where the door must be asked. The demonstration plays everybody; records and documents ask nobody."""

REASONS: Mapping[str, frozenset[str]] = {
    "a condition or a step of a query that its caller makes": frozenset(
        {
            "services/decision/in_force.py:in_force",
            "services/decision/in_force.py:current_list",
            "services/decision/in_force.py:told_list",
            "services/decision/replacing.py:replace_decision",
            "services/decision/whom_next.py:whom_next",
            "services/decision/appeals.py:_added",
            "services/decision/appeals.py:_of_kind",
            "services/decision/appeals.py:correction_of",
            "services/decision/correcting.py:_answer_appeal",
            "services/decision/correcting.py:_heard",
            "services/decision/decision_papers.py:acknowledgement_view",
            "services/decision/decision_papers.py:intent_view",
            "services/decision/decision_papers.py:reply_view",
            "services/decision/appeal_pages.py:files_of",
            "services/decision/list_versions.py:_kept",
            "services/decision/list_versions.py:_decided",
            "services/decision/list_versions.py:add_version",
            "services/decision/list_versions.py:_since_frozen",
            "services/decision/list_versions.py:_references",
            "services/decision/list_versions.py:bundle_of",
            "services/decision/list_versions.py:find_version",
            "services/decision/deciding.py:_IN_FORCE",
            "services/decision/deadlines.py:appeal_delays",
            "services/review/progress.py:review_counts",
            "services/harmonising/divergences.py:consensus_step",
            "services/dossier/discussed.py:posts_of",
            "services/review/discussing.py:write_post",
            "services/harmonising/consensus.py:_jury_decided",
            "services/ranking/gates.py:waivers_of",
            "services/ranking/gates.py:_waived",
            "services/ranking/gates.py:_waiver",
            "services/harmonising/setting_aside.py:_has_review",
            "services/dossier/counted.py:set_aside_of",
            "services/candidates/candidate_filter.py:current_run",
            "services/candidates/candidate_filter.py:_of_outcome",
            "services/candidates/listing.py:_ordered",
            "services/candidates/lines.py:candidate_lines",
            "services/ranking/jury.py:_conflict",
            "services/ranking/arbitrating.py:_recorded",
            "services/ranking/arbitrating.py:_decided",
            "services/ranking/effects.py:decided_in",
            "services/ranking/jury_room.py:last_votes",
            "services/ranking/jury_room.py:_decided",
            "services/ranking/jury_room.py:_waived",
            "services/ranking/votes.py:_vote",
            "services/ranking/votes.py:_decide",
            "services/panel/recusing.py:ensure_of_call",
            "services/panel/recusing.py:member_recusals",
            "services/ranking/runs.py:_VIEWED",
            "services/ranking/what_changed.py:_authority",
            "services/decision/unfreezing.py:_void_decisions",
        }
    ),
    "numbers that are the same for everybody": frozenset(
        {
            "services/decision/appeal_pages.py:appeal_clocks",
            "services/steering/awaiting.py:_appeals",
            "services/steering/awaiting.py:_reviews",
            "services/steering/awaiting.py:_rankings",
            "services/steering/awaiting.py:_reopenings",
            "services/review/progress.py:_given",
            "services/review/progress.py:_criteria",
            "services/panel/reviewers.py:list_reviewers",
            "services/screening/proposed_amounts.py:marks_are_opened",
            "services/decision/unfreezing.py:letters_have_left",
            "services/review/specimens.py:_blocked",
        }
    ),
    "for the computation, the letters or the copy of everything: told to nobody": frozenset(
        {
            "services/ranking/input.py:_agreed",
            "services/ranking/input.py:_decided",
            "services/ranking/computing.py:store_run",
            "services/decision/numbering.py:number_letters",
            "services/decision/notifying.py:propose_notification",
            "services/decision/notifying.py:_cancel",
            "services/decision/notifying.py:_tell_all",
            "services/decision/posting.py:remind_unread",
            "services/decision/post_room.py:_kept",
            "services/decision/letters.py:_render",
            "services/decision/letters.py:letter_cases",
            "services/decision/letter_contents.py:letter_sources",
            "services/decision/letter_contents.py:_written_by_dossier",
            "services/decision/letter_contents.py:census_of",
            "services/decision/setting_letters.py:_kinds",
            "services/decision/decision_papers.py:_acknowledgement",
            "services/decision/decision_papers.py:_intent",
            "services/decision/decision_papers.py:_reply",
            "services/decision/decision_papers.py:_court_until",
            "services/decision/decision_papers.py:_events",
            "services/decision/decision_papers.py:make_paper",
            "services/decision/answer_terms.py:keep_answer_terms",
            "services/recusals.py:recuse",
            "services/dossier/discussed.py:open_due",
            "services/panel/interests.py:new_matches",
            "services/assignment/situation.py:_held",
        }
    ),
    "a run by its number, without its rows; its files and pages pass by view_run": frozenset(
        f"services/ranking/runs.py:{name}"
        for name in ("get_run", "find_run", "_LISTED", "latest_run", "latest_run_number", "frozen_run")
    )
    | frozenset(
        f"services/ranking/versions.py:{name}" for name in ("next_version", "waiting_unfreezing", "list_versions")
    )
    | frozenset(
        {
            "services/ranking/arbitrating.py:proposed_run",
            "services/ranking/meetings.py:closed_meetings",
            "services/ranking/minuted_proof.py:freeze_parts",
        }
    ),
    "lines that bear the references as the file of an actor is laid out from a view that is masked": frozenset(
        {
            "services/ranking/run_files.py:RunFiles",
            "services/ranking/run_files.py:reviewer_rows",
            "services/ranking/briefing.py:_regions",
        }
    ),
    "the association's own decision, found by its membership": frozenset(
        {
            *(
                f"services/decision/answering.py:{name}"
                for name in ("notified_decision", "former_decisions", "former_letter")
            ),
            *(f"services/decision/appeal_pages.py:{name}" for name in ("own_appeals",)),
            "services/decision/appeals.py:own_appeal",
            "services/decision/own_sheet.py:sheet_for_association",
            *(f"services/decision/hearing.py:{name}" for name in ("own_correction", "own_corrections")),
        }
    ),
    "published, for everybody": frozenset(
        f"services/decision/publishing.py:{name}" for name in ("published_results", "_laureates")
    )
    | {"services/decision/open_data.py:_first_told_on"},
    "the reviewer's own review of a dossier that the door let them open": frozenset(
        {
            "services/review/reviewing.py:_REVIEWED",
        }
    ),
    "one dossier that dossier_of opened, or that `succession` names to who may know it": frozenset(
        {
            "services/screening/official_dossier.py:_contests",
            "services/screening/official_dossier.py:_reviews",
            "services/decision/correcting.py:send_intent",
            "services/decision/hearing.py:show_correction",
            "services/decision/replacing.py:_in_force",
        }
    ),
    "a person's own data": frozenset({"services/account/accounts.py:personal_data"}),
}


def called(node: ast.Call) -> str:
    """The name of what is called: `f` of `f(…)`, `m` of `x.m(…)`."""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def asks(node: ast.stmt) -> bool:
    """Whether the door is asked in it; a target of permissions is only with an actor."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            if called(call) in DOOR:
                return True
            if called(call) == "dossier_target" and "actor" in {keyword.arg for keyword in call.keywords}:
                return True
    return False


def queries(node: ast.stmt) -> bool:
    """Whether a query in it names one of RECORDS, or it reads a run's content."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        if called(call) in RUN_CONTENT:
            return True
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        named = {one.id for given in arguments for one in ast.walk(given) if isinstance(one, ast.Name)}
        if called(call) in QUERIES and named & RECORDS:
            return True
    return False


def name_of(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return next((one.id for one in targets if isinstance(one, ast.Name)), f"line {node.lineno}")


def without_the_door(source: str) -> Iterator[str]:
    """Functions, classes and values of a module that query these records and don't ask the door."""
    for node in ast.parse(source).body:
        if queries(node) and not asks(node):
            yield name_of(node)


def found() -> set[str]:
    paths = [
        path for room in ROOMS for path in ([SOURCE / room] if room.endswith(".py") else (SOURCE / room).rglob("*.py"))
    ]
    return {
        f"{path.relative_to(SOURCE).as_posix()}:{name}"
        for path in paths
        if path != SOURCE / "services/dossier/access.py"
        for name in without_the_door(path.read_text("utf-8"))
    }


def test_every_query_on_what_tells_of_a_dossier_asks_the_door_or_says_why_not() -> None:
    known = frozenset().union(*REASONS.values())
    assert found() - known == set(), "ask services/dossier/access.py, or write the reason down in REASONS"


def test_no_reason_outlives_its_query() -> None:
    known = frozenset().union(*REASONS.values())
    assert known - found() == set()


def test_a_new_query_without_the_door_is_noticed() -> None:
    new = """
def shown(session, actor, call):
    return session.exec(select(Review, Mark).where(Review.call_id == call.id)).all()


def kept(session, actor, call):
    hidden = recused_dossiers(session, actor, call.id)
    return [one for one in session.exec(select(Decision)) if one.application_id not in hidden]


def targeted(session, actor, call, application):
    ensure(actor, permission, dossier_target(call, application))
    return session.get(JuryDecision, application.id)


def loaded(run):
    return run_content(run).given
"""
    assert list(without_the_door(new)) == ["shown", "targeted", "loaded"]


def test_one_file_says_when_a_recusal_stands() -> None:
    """Nobody else spells it out, nor asks the memberships: a form of its own would drift."""
    spelt = {
        path.relative_to(SOURCE).as_posix()
        for room in ROOMS
        if not room.endswith(".py")
        for path in (SOURCE / room).rglob("*.py")
        if "Recusal.dismissed_at" in path.read_text("utf-8")
    }
    assert spelt == {"services/recusals.py"}
