"""The jury's room on one screen: the meeting, lists voted at once, and the dossier that is before the jury."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.call.schema import CallFile
from aap.core.ranking.effect import JuryChoice
from aap.core.results import Census
from aap.documents.media_types import DOCX, PDF, MadeFile
from aap.records.applications import Application
from aap.records.rankings import JuryDecisionKind
from aap.services.audit import Subject
from aap.services.call.calls import OpenedCall
from aap.services.decision.jury_preview import preview_paragraphs
from aap.services.dossier.access import typed_dossier
from aap.services.errors import InvalidInput, Objection, RulesConflict
from aap.services.harmonising.further_reviews import further_reviewers
from aap.services.permissions import Permission, allowed
from aap.services.platform import Session
from aap.services.ranking.jury import DECIDED_HERE, decide, jury_lines, remove_decision
from aap.services.ranking.jury_effects import ShownEffect, ask_effect, leaving, leaving_of
from aap.services.ranking.jury_members import MemberLine
from aap.services.ranking.jury_room import JuryRoom, RoomLine, jury_room
from aap.services.ranking.minuting import minutes_pdf, minutes_text
from aap.services.ranking.runs import view_run
from aap.services.ranking.screens import Shown, screens_of
from aap.services.ranking.votes import RoomChoice
from aap.services.screening.official_dossier import READ, InspectedDossier, inspect_dossier
from aap.web import audit_words
from aap.web.access import requires
from aap.web.context import arrived_at, consulted, reading, signed_in, writing
from aap.web.official import words
from aap.web.official.pages import blueprint, call_of_page, conflict_words, hand_out, show_call_page, typed_euros
from aap.web.official.ranking_view import RankLine, drawn_interval, rank_lines
from aap.web.wording.sentences import sentences, worded

_FIELDS = ("reference", "decision", "amount", "reason")
CHANGING = ("in", "out", "amount", "none")
"""Choices that have an effect on others: it is shown before they are kept."""


@dataclass(frozen=True)
class BeforeJury:
    """The dossier that is before the jury, with what is chosen on it and what that would do.

    `refused`: why the choice can't be, in words. `letter`: the letter's paragraphs once it is made.
    """

    line: RoomLine
    row: RankLine | None
    held: InspectedDossier
    leaving: tuple[str, ...]
    choice: str
    effect: ShownEffect | None = None
    refused: tuple[str, ...] = ()
    letter: tuple[str, ...] = ()


def page(call_id: str, problems: dict[str, str] | None = None, about: str = "") -> str:
    """The room. `about`: the form that was refused with these problems, empty for the plain decision's."""
    problems = problems or {}
    with reading() as session:
        opened = call_of_page(session, call_id)
        room = jury_room(session, actor=signed_in(), call=opened)
        lines = jury_lines(session, actor=signed_in(), call=opened)
        asked = (request.form if about == "choix" else request.args).get("dossier", "").strip()
        away = leaving_of(
            session, call_id, {one.name: [line.application_id for line in one.to_vote] for one in room.lists}
        )
        before: BeforeJury | None = None
        reviewers: tuple[tuple[str, str], ...] = ()
        if asked and room.run is not None:
            try:
                before = _asked(session, room, opened, asked)
                reviewers = _further(session, before.held)
            except InvalidInput as refused:
                problems |= {"numero": worded(refused.problems)["reference"]}
        screens = screens_of(session, actor=signed_in(), call=opened) if room.meeting else None
    if before is not None:
        consulted(READ, Subject.of(before.held.application))
    typed = {name: request.form.get(name, "") for name in _FIELDS}
    if not room.members and not typed["reference"]:
        typed["reference"] = asked
    return show_call_page(
        "jury.html",
        opened,
        room=room,
        member_choices=[(one.id, _member(one)) for one in room.members],
        present_choices=[(one.id, one.name) for one in room.meeting.present] if room.meeting else [],
        list_leaving={
            name: [one.name for one in members if room.meeting and one in room.meeting.present]
            for name, members in away.items()
        },
        history_actions=_HISTORY,
        before=before,
        reviewers=reviewers,
        screens=screens,
        about=about,
        form=request.form,
        asked=asked,
        lines=lines,
        jury_kinds=words.jury_kinds(),
        choices=[(str(kind), words.jury_kinds()[kind], _help(kind)) for kind in _decided_here(room)],
        room_choices=_room_choices(before),
        outcomes=words.outcomes(),
        outcome_lists=words.outcome_lists(),
        outcome_kinds=words.OUTCOME_KINDS,
        open_reasons=words.open_reasons(),
        lookings=words.lookings(),
        actions=audit_words.actions(),
        typed=typed,
        problems=problems,
        problem_links=[(name or None, message) for name, message in problems.items()],
        drawn=drawn_interval(before.row.row, before.row.score)
        if before is not None and before.row is not None
        else None,
    )


_HISTORY = (
    "assignment.added", "consensus.closed", "consensus.decided", "consensus.opened", "dossier.corrected",
    "gate.waived", "jury.called_out", "jury.decided", "jury.looked_at", "jury.removed", "review.reopened",
    "set_aside.confirmed", "set_aside.proposed", "set_aside.withdrawn",
)  # fmt: skip
"""What a jury wants to know of a dossier's past, of all that the log says."""


def _member(one: MemberLine) -> str:
    return f"{one.name} ({one.college})" if one.college else one.name


def _decided_here(room: JuryRoom) -> tuple[JuryDecisionKind, ...]:
    """With a jury that is composed here, only what associations do is noted outside of its room."""
    if not room.members:
        return DECIDED_HERE
    return (JuryDecisionKind.WITHDRAWN, JuryDecisionKind.DECLINED)


def _asked(session: Session, room: JuryRoom, call: OpenedCall, typed: str) -> BeforeJury:
    """The dossier that was typed, with what is chosen on it and its letter. Raises like `before_jury`."""
    shown = typed_choice(typed_dossier(session, call.id, typed))
    return before_jury(session, call, room, shown, reason=request.form.get("motif", ""))


def typed_choice(application_id: str) -> Shown:
    """What is chosen on the dossier, as the room's forms send it; an amount that can't be read is none."""
    choice = request.values.get("choix", "")
    if choice not in get_args(RoomChoice):
        return Shown(application_id)
    return Shown(application_id, choice, _cents() if choice == "amount" else None)


def _cents() -> int | None:
    """The amount that was typed; None where none was, none can be read, or one of less than a cent."""
    try:
        euros = typed_euros(request.values.get("montant", ""))
    except InvalidInput:
        return None
    return int(euros * 100) if euros is not None and euros == round(euros, 2) else None


def before_jury(
    session: Session, call: OpenedCall, room: JuryRoom, shown: Shown, *, reason: str | None = None
) -> BeforeJury:
    """A dossier with the effect of what is chosen on it. `reason`: of its letter, which is made then.

    Raises InvalidInput for a dossier that isn't before the jury, NotFound for who is recused.
    """
    held = inspect_dossier(session, actor=signed_in(), application_id=shown.application_id)
    line = next((one for one in room.lines if one.application_id == shown.application_id), None)
    if line is None or room.run is None:
        raise InvalidInput({"reference": Objection("page.not_before_jury")})
    view = view_run(session, room.run, actor=signed_in())
    row = next((one for one in rank_lines(call, view) if one.reference == line.reference), None)
    away = tuple(one.name for one in leaving(session, call.id, [shown.application_id]))
    plain = BeforeJury(line=line, row=row, held=held, leaving=away, choice=shown.choice)
    if shown.choice not in CHANGING:
        return plain
    return _with_effect(session, plain, shown, Census.of(view.rows, call.file.scoring.method), reason)


def _further(session: Session, held: InspectedDossier) -> tuple[tuple[str, str], ...]:
    if not allowed(signed_in(), Permission.ASSIGNMENT_MANAGE, held.call.target()):
        return ()
    found = further_reviewers(session, held.call, held.application, held.association)
    return tuple((one.person_id, f"{one.code}, {one.name}") for one in found)


def _with_effect(session: Session, before: BeforeJury, shown: Shown, census: Census, reason: str | None) -> BeforeJury:
    application: Application = before.held.application
    choice = JuryChoice(application.reference, shown.choice, shown.amount)  # type: ignore[arg-type]
    try:
        effect = ask_effect(session, actor=signed_in(), call=before.held.call, application=application, choice=choice)
    except InvalidInput as refused:
        return dataclasses.replace(before, refused=(sentences(refused.problems),))
    except RulesConflict as conflict:
        named = conflict_words(before.held.call.file, conflict)
        return dataclasses.replace(
            before, refused=(_("Ces règles ne peuvent pas toutes tenir avec ce choix :"), *named)
        )
    letter: tuple[str, ...] = ()
    if effect.row is not None and reason is not None:
        letter = tuple(
            preview_paragraphs(
                session,
                actor=signed_in(),
                application=application,
                choice=choice,
                reason=reason,
                row=effect.row,
                census=census,
            )
        )
    return dataclasses.replace(before, effect=effect, letter=letter)


def choice_words() -> Mapping[str, str]:
    """What may be chosen on a dossier, as it is called."""
    return {
        "keep": _("Garder ce qui est proposé"),
        "in": _("Retenir"),
        "out": _("Écarter"),
        "amount": _("Changer le montant"),
        "none": _("Revenir à ce que disent les notes"),
        "review": _("Demander une évaluation de plus"),
    }


def _room_choices(before: BeforeJury | None) -> list[tuple[str, str, str]]:
    """What may be chosen on the dossier; what is known to be impossible is not offered."""
    if before is None:
        return []
    line = before.line
    offered = ["keep"]
    if line.status in ("laureate", "waiting_list", "not_selected"):
        offered += ["in", "out", "amount"]
    if any(kind in ("in", "out", "amount") for kind in line.decisions):
        offered.append("none")
    if line.status != "ineligible":
        offered.append("review")
    helps = {
        "none": _("Les décisions du jury sur ce dossier tombent."),
        "review": _("Le dossier reste à examiner."),
    }
    return [(one, choice_words()[one], helps.get(one, "")) for one in offered]


def _help(kind: JuryDecisionKind) -> str:
    helps: dict[JuryDecisionKind, str] = {
        JuryDecisionKind.IN: _("Il est lauréat, les autres règles tenant avec lui."),
        JuryDecisionKind.OUT: _("Il n’est pas candidat à la sélection ; son rang reste."),
        JuryDecisionKind.AMOUNT: _("Il recevrait ce montant au lieu de celui qu’il demande."),
        JuryDecisionKind.WITHDRAWN: _("L’association a retiré son dossier avant la décision."),
        JuryDecisionKind.DECLINED: _("L’association renonce à la subvention ; son rang reste."),
    }
    return helps.get(kind, "")


@blueprint.get("/<call_id>/jury")
@requires(Permission.RANKING_READ)
def jury(call_id: str) -> str:
    return page(call_id)


@blueprint.get("/<call_id>/jury/proces-verbal.pdf")
@requires(Permission.RANKING_READ)
def minutes(call_id: str) -> Response:
    """The minutes of the deliberation, to complete and to sign."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        content = minutes_pdf(session, actor=signed_in(), call=opened, now=arrived_at())
    return hand_out(MadeFile(f"{call_id}-proces-verbal.pdf", PDF, content))


@blueprint.get("/<call_id>/jury/proces-verbal.docx")
@requires(Permission.RANKING_READ)
def minutes_document(call_id: str) -> Response:
    """The same minutes as a text, to finish by hand."""
    with writing() as session:
        opened = call_of_page(session, call_id)
        content = minutes_text(session, actor=signed_in(), call=opened, now=arrived_at())
    return hand_out(MadeFile(f"{call_id}-proces-verbal.docx", DOCX, content))


@blueprint.post("/<call_id>/jury")
@requires(Permission.JURY_DECIDE)
def jury_decide(call_id: str) -> ResponseReturnValue:
    """What an association does, or what a jury decided that has met elsewhere."""
    try:
        with writing() as session:
            opened = call_of_page(session, call_id)
            decide(
                session,
                actor=signed_in(),
                application_id=typed_dossier(session, call_id, request.form.get("reference", "")),
                decision=_typed_kind(),
                amount=typed_euros(request.form.get("amount", "")),
                reason=request.form.get("reason", ""),
                now=arrived_at(),
            )
    except InvalidInput as refused:
        return page(call_id, worded(refused.problems)), 422
    except RulesConflict as conflict:
        return page(call_id, {"decision": conflict_sentence(opened.file, conflict)}), 422
    flash(_("La décision du jury est enregistrée. Relancez le classement pour qu’elle compte."), "success")
    return redirect(url_for("official.jury", call_id=call_id))


def conflict_sentence(file: CallFile, conflict: RulesConflict) -> str:
    """The rules that can't all hold with a choice, in one sentence."""
    named = "\u00a0; ".join(conflict_words(file, conflict))
    return str(_("Ces règles ne peuvent pas toutes tenir avec ce choix : %(rules)s.", rules=named))


def _typed_kind() -> JuryDecisionKind:
    try:
        return JuryDecisionKind(request.form.get("decision", ""))
    except ValueError:
        raise InvalidInput({"decision": Objection("page.decision_missing")}) from None


@blueprint.post("/<call_id>/jury/<decision_id>/retrait")
@requires(Permission.JURY_DECIDE)
def jury_remove(call_id: str, decision_id: str) -> ResponseReturnValue:
    said = _("La décision du jury est retirée. Relancez le classement.")
    return take_decision_back(call_id, decision_id, remove_decision, said, "official.jury")


def take_decision_back(
    call_id: str, decision_id: str, remove: Callable[..., None], said: str, endpoint: str
) -> ResponseReturnValue:
    """Takes a decision back for the reason that was sent, and leads to the page of its kind."""
    try:
        with writing() as session:
            call_of_page(session, call_id)
            remove(
                session,
                actor=signed_in(),
                call_id=call_id,
                decision_id=decision_id,
                reason=request.form.get("reason", ""),
                now=arrived_at(),
            )
    except InvalidInput as refused:
        flash(sentences(refused.problems), "danger")
    else:
        flash(said, "success")
    return redirect(url_for(endpoint, call_id=call_id))
