"""Dossiers whose marks differ: one more review, or a consensus with its minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.call.points import in_points
from aap.core.scoring.marking import title_of
from aap.services.errors import InvalidInput
from aap.services.harmonising.consensus import (
    ConsensusEntry,
    close_consensus,
    consensus_minutes,
    decide_consensus,
    open_consensus,
    open_consensus_page,
)
from aap.services.harmonising.divergences import divergent_dossiers
from aap.services.harmonising.further_reviews import ask_further_review
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.context import arrived_at, links, reading, signed_in, writing
from aap.web.figures import plain
from aap.web.official.pages import blueprint, call_of_page, hand_out, show_call_page, typed_day
from aap.web.wording.sentences import worded


@blueprint.get("/<call_id>/evaluations/ecarts")
@requires(Permission.REVIEWS_FOLLOW)
def divergences(call_id: str) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        found = divergent_dossiers(session, actor=signed_in(), call=opened)
    titles = {one.id: one.title or one.id for one in opened.file.rubric.criteria}
    return show_call_page(
        "divergences.html",
        opened,
        reached=[one for one in found if one.settled_here],
        others=[one for one in found if not one.settled_here],
        titles=titles,
        limits=opened.file.reviewing.divergence,
    )


def _consensus_page(
    call_id: str, reference: str, problems: dict[str, str] | None = None, entry: ConsensusEntry | None = None
) -> str:
    with reading() as session:
        opened = call_of_page(session, call_id)
        page = open_consensus_page(session, actor=signed_in(), call=opened, reference=reference)
    step = page.step
    if entry is None and step is not None and step.decided_at is not None:
        entry = ConsensusEntry(
            dict(step.marks),
            step.reason,
            step.dissent,
            "\n".join(step.attendees),
            step.held_on,
            total="" if step.marks or step.total is None else plain(in_points(step.total, opened.file.rubric)),
        )
    return show_call_page(
        "consensus.html",
        opened,
        page=page,
        entry=entry or ConsensusEntry({}),
        held_on=request.form.get("held_on", "") or (entry.held_on.isoformat() if entry and entry.held_on else ""),
        typed=request.form,
        problems=problems or {},
        titles={one.id: title_of(one) for one in opened.file.rubric.criteria},
    )


@blueprint.get("/<call_id>/evaluations/ecarts/<reference>")
@requires(Permission.REVIEWS_FOLLOW)
def consensus(call_id: str, reference: str) -> str:
    return _consensus_page(call_id, reference)


_NAMES = {"marks": "note"}
"""What the form of the agreed mark calls its fields."""


def _answered(
    call_id: str,
    reference: str,
    act: Callable[..., object],
    said: str,
    *,
    back: str = "",
    names: Mapping[str, str] = _NAMES,
    **typed: Any,
) -> ResponseReturnValue:
    """Does the act on the dossier and leads back to its page (or to `back`), which says so; its page also says, beside
    the field, why it is refused."""
    try:
        with writing() as session:
            act(
                session, actor=signed_in(), call=call_of_page(session, call_id), reference=reference, now=arrived_at(),
                **typed,
            )  # fmt: skip
    except InvalidInput as refused:
        return _consensus_page(call_id, reference, worded(refused.problems, names), typed.get("entry")), 422
    flash(said, "success")
    return redirect(back or url_for("official.consensus", call_id=call_id, reference=reference))


@blueprint.post("/<call_id>/evaluations/ecarts/<reference>/evaluation")
@requires(Permission.ASSIGNMENT_MANAGE)
def consensus_further(call_id: str, reference: str) -> ResponseReturnValue:
    """One more reviewer."""
    said = _("Le dossier est confié à un évaluateur de plus, qui en est averti.")
    return _answered(
        call_id, reference, ask_further_review, said, person_id=request.form.get("person", ""), links=links()
    )


@blueprint.post("/<call_id>/evaluations/ecarts/<reference>/ouverture")
@requires(Permission.CONSENSUS_MANAGE)
def consensus_open(call_id: str, reference: str) -> ResponseReturnValue:
    said = _("Les notes sont figées : la note convenue peut être saisie.")
    return _answered(call_id, reference, open_consensus, said, cause=request.form.get("cause", ""))


@blueprint.post("/<call_id>/evaluations/ecarts/<reference>/note")
@requires(Permission.CONSENSUS_MANAGE)
def consensus_decide(call_id: str, reference: str) -> ResponseReturnValue:
    """The agreed mark, with its reason, dissent and attendees."""
    form = request.form
    entry = ConsensusEntry(
        marks={name[5:]: value for name, value in form.items() if name.startswith("note-")},
        total=form.get("total", ""),
        reason=form.get("reason", ""),
        dissent=form.get("dissent", ""),
        attendees=form.get("attendees", ""),
        held_on=typed_day("held_on"),
    )
    said = _("La note convenue est enregistrée. Relancez le classement pour qu’elle compte.")
    return _answered(call_id, reference, decide_consensus, said, entry=entry)


@blueprint.post("/<call_id>/evaluations/ecarts/<reference>/abandon")
@requires(Permission.CONSENSUS_MANAGE)
def consensus_close(call_id: str, reference: str) -> ResponseReturnValue:
    said = _("Le consensus est abandonné : les notes individuelles comptent de nouveau.")
    listed = url_for("official.divergences", call_id=call_id)
    return _answered(call_id, reference, close_consensus, said, back=listed, names={"reason": "close"},
                     reason=request.form.get("close", ""))  # fmt: skip


@blueprint.get("/<call_id>/evaluations/ecarts/<reference>/proces-verbal.pdf")
@requires(Permission.REVIEWS_FOLLOW)
def consensus_paper(call_id: str, reference: str) -> ResponseReturnValue:
    with reading() as session:
        made = consensus_minutes(session, actor=signed_in(), call=call_of_page(session, call_id), reference=reference)
    return hand_out(made)
