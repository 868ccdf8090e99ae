"""The act that awards the grants, from the frozen run, and as a draft from the last one before."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from aap.documents.papers.acts import ActView, act_view, render_act
from aap.documents.papers.lists import DossierLabel
from aap.records.rankings import RunState
from aap.services.actor import Actor
from aap.services.audit import record
from aap.services.call.calls import OpenedCall
from aap.services.decision.letter_contents import current_terms
from aap.services.errors import NotFound
from aap.services.permissions import Permission, ensure
from aap.services.ranking.runs import latest_run, view_run


def act_of(session: Session, *, actor: Actor, call: OpenedCall) -> ActView:
    """What the act says now; dossiers that the official is recused of are masked. Raises NotFound: no run yet."""
    ensure(actor, Permission.LETTERS_SET, call.target(), kind="call", id=call.id)
    run = latest_run(session, call.id)
    if run is None:
        raise NotFound("ranking_run", call.id)
    view = view_run(session, run, actor=actor)
    return act_view(
        call.file,
        view.rows,
        terms=current_terms(session, call.id),
        result_hash=run.result_hash,
        frozen=run.state == RunState.FROZEN,
        labels={name: DossierLabel(name, view.titles[name], view.places[name]) for name in view.titles},
        granted=round(run.report["budget"]["granted"] * 100),
    )


def act_of_call(session: Session, *, actor: Actor, call: OpenedCall, now: datetime) -> bytes:
    """The act as a PDF; the download is logged. Raises NotFound."""
    view = act_of(session, actor=actor, call=call)
    record(session, actor, "act.downloaded", call.record, now=now, after={"draft": bool(view.draft)})
    return render_act(view)
