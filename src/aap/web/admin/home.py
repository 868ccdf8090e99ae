"""The administrator's home: what asks for attention, and where things are."""

from __future__ import annotations

from aap.records.outbox import JobState
from aap.services.account.people import count_people
from aap.services.call.amending import prepared_calls
from aap.services.permissions import Permission
from aap.services.upkeep.auditing import last_verification
from aap.services.upkeep.operating import system_state
from aap.web.access import requires
from aap.web.admin.blueprint import blueprint, show_admin_page
from aap.web.context import platform, reading, signed_in
from aap.web.state_words import call_states


@blueprint.get("/")
@requires(Permission.ADMIN_HOME)
def home() -> str:
    actor = signed_in()
    with reading() as session:
        calls = prepared_calls(session, actor=actor)
        state = system_state(session, platform(), actor=actor)
        people, waiting = count_people(session, actor=actor)
        verification = last_verification(session, actor=actor)
    return show_admin_page(
        "home.html",
        calls=[one for one in calls if one.call.state != "archived"],
        call_states=call_states(),
        state=state,
        failed=state.jobs.get(JobState.FAILED, 0),
        people=people,
        waiting=waiting,
        verification=verification,
        page_width="page",
    )
