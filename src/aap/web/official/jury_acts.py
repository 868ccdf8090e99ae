"""What is done in the jury's room: who sits, the meeting, votes on lists and on one dossier."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.services.dossier.access import typed_dossier
from aap.services.errors import InvalidInput, Objection, RulesConflict
from aap.services.harmonising.further_reviews import ask_further_review
from aap.services.permissions import Permission
from aap.services.platform import Session
from aap.services.ranking.jury_members import MemberEntry, add_jury_member, remove_jury_member
from aap.services.ranking.jury_room import LISTS
from aap.services.ranking.meetings import MeetingEntry, adjourn_meeting, note_attendance, open_meeting
from aap.services.ranking.votes import ChoiceEntry, RoomChoice, Votes, call_out, close_meeting, record_choice, vote_list
from aap.web.access import requires
from aap.web.context import arrived_at, links, signed_in, writing
from aap.web.figures import number
from aap.web.numbers import bounded_number
from aap.web.official.jury import conflict_sentence, page
from aap.web.official.pages import blueprint, call_of_page, typed_day, typed_euros
from aap.web.wording.sentences import worded

_NAMES: Mapping[str, Mapping[str, str]] = {
    "membre": {"name": "nom", "capacity": "fonction", "college": "college", "account": "compte"},
    "seance": {"held_on": "jour", "place": "lieu", "appointed_by": "acte", "quorum": "quorum"},
    "choix": {"amount": "montant", "decision": "choix", "votes": "choix-pour", "reason": "motif"},
}
"""Form → what it calls the fields of its use case."""


def _answered(
    call_id: str,
    about: str,
    act: Callable[[Session, Any], str],
    anchor: str = "",
    names: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    """Does the act, which gives what is said of it, and leads back to the room; or shows the room with what is refused."""
    try:
        with writing() as session:
            opened = call_of_page(session, call_id)
            said = act(session, opened)
    except InvalidInput as refused:
        return page(call_id, worded(refused.problems, names or _NAMES.get(about)), about), 422
    except RulesConflict as conflict:
        return page(call_id, {"choix": conflict_sentence(opened.file, conflict)}, about), 422
    flash(said, "success")
    return redirect(url_for("official.jury", call_id=call_id, _anchor=anchor or None))


@blueprint.post("/<call_id>/jury/membres")
@requires(Permission.JURY_HOLD)
def jury_member_add(call_id: str) -> ResponseReturnValue:
    """Somebody more sits."""

    def act(session: Session, opened: Any) -> str:
        form = request.form
        entry = MemberEntry(
            name=form.get("nom", ""),
            capacity=form.get("fonction", ""),
            college=form.get("college", ""),
            chairs=form.get("preside") == "oui",
            account=form.get("compte", ""),
        )
        add_jury_member(session, actor=signed_in(), call=opened, entry=entry, now=arrived_at())
        return str(_("Ce membre siège au jury."))

    return _answered(call_id, "membre", act, "composition")


@blueprint.post("/<call_id>/jury/membres/<member_id>/retrait")
@requires(Permission.JURY_HOLD)
def jury_member_remove(call_id: str, member_id: str) -> ResponseReturnValue:
    def act(session: Session, opened: Any) -> str:
        remove_jury_member(session, actor=signed_in(), call=opened, member_id=member_id, now=arrived_at())
        return str(_("Ce membre ne siège plus au jury ; ce qui a été noté de lui reste."))

    return _answered(call_id, "membre", act, "composition")


@blueprint.post("/<call_id>/jury/seance")
@requires(Permission.JURY_HOLD)
def jury_meeting_open(call_id: str) -> ResponseReturnValue:
    def act(session: Session, opened: Any) -> str:
        form = request.form
        entry = MeetingEntry(
            held_on=typed_day("jour"),
            place=form.get("lieu", ""),
            appointed_by=form.get("acte", ""),
            quorum=bounded_number(form.get("quorum", "").strip()) or None,
        )
        open_meeting(session, actor=signed_in(), call=opened, entry=entry, now=arrived_at())
        return str(_("La séance est ouverte : notez qui est présent."))

    return _answered(call_id, "seance", act, "seance")


@blueprint.post("/<call_id>/jury/presences")
@requires(Permission.JURY_HOLD)
def jury_attendance(call_id: str) -> ResponseReturnValue:
    def act(session: Session, opened: Any) -> str:
        present = request.form.getlist("present")
        note_attendance(session, actor=signed_in(), call=opened, present=present, now=arrived_at())
        return str(_("Les présences sont notées."))

    return _answered(call_id, "presences", act, "seance")


@blueprint.post("/<call_id>/jury/suspension")
@requires(Permission.JURY_HOLD)
def jury_adjourn(call_id: str) -> ResponseReturnValue:
    """The meeting ends without a proposal; another one goes on."""

    def act(session: Session, opened: Any) -> str:
        adjourn_meeting(session, actor=signed_in(), call=opened, now=arrived_at())
        return str(_("La séance est suspendue : ce qui a été voté reste, une autre séance continue."))

    return _answered(call_id, "cloture", act)


@blueprint.post("/<call_id>/jury/cloture")
@requires(Permission.JURY_HOLD)
def jury_close(call_id: str) -> ResponseReturnValue:
    def act(session: Session, opened: Any) -> str:
        close_meeting(session, actor=signed_in(), call=opened, now=arrived_at())
        return str(_("La séance est close : le jury propose le dernier classement calculé."))

    return _answered(call_id, "cloture", act)


@blueprint.post("/<call_id>/jury/liste")
@requires(Permission.JURY_DECIDE)
def jury_vote_list(call_id: str) -> ResponseReturnValue:
    """The dossiers of one outcome, at once."""
    name = _list_name()

    def act(session: Session, opened: Any) -> str:
        voted = vote_list(session, actor=signed_in(), call=opened, name=name, votes=_votes(), now=arrived_at())
        return str(
            ngettext("%(n)s dossier est passé devant le jury.", "%(n)s dossiers sont passés devant le jury.", voted,
                     n=number(voted))
        )  # fmt: skip

    return _answered(call_id, "liste", act, "listes", {"votes": f"liste-{name}-pour"})


@blueprint.post("/<call_id>/jury/appel")
@requires(Permission.JURY_DECIDE)
def jury_call_out(call_id: str) -> ResponseReturnValue:
    """A member calls a dossier out of its list."""

    def act(session: Session, _opened: Any) -> str:
        application_id = typed_dossier(session, call_id, request.form.get("dossier", ""))
        call_out(
            session,
            actor=signed_in(),
            application_id=application_id,
            member_id=request.form.get("membre", ""),
            now=arrived_at(),
        )
        return str(_("Le dossier est appelé : il s’examine seul."))

    name = _list_name()
    names = {"reference": f"appel-{name}", "member": f"appelant-{name}"}
    return _answered(call_id, "appel", act, "un-par-un", names)


def _list_name() -> str:
    """The list whose form was sent; empty where it names none."""
    return next((name for name in LISTS if name == request.form.get("liste", "")), "")


@blueprint.post("/<call_id>/jury/choix")
@requires(Permission.JURY_DECIDE)
def jury_choose(call_id: str) -> ResponseReturnValue:
    """What the jury chose on one dossier; `action` apercu: only shows the letter with the reason that was typed."""
    if request.form.get("action") == "apercu":
        return page(call_id, about="choix")

    def act(session: Session, opened: Any) -> str:
        choice = request.form.get("choix", "")
        if choice not in get_args(RoomChoice):
            raise InvalidInput({"decision": Objection("page.decision_missing")})
        application_id = typed_dossier(session, call_id, request.form.get("dossier", ""))
        entry = ChoiceEntry(
            choice=choice,  # type: ignore[arg-type]
            amount=typed_euros(request.form.get("montant", "")) if choice == "amount" else None,
            reason=request.form.get("motif", ""),
            votes=_votes(),
        )
        record_choice(session, actor=signed_in(), application_id=application_id, entry=entry, now=arrived_at())
        person_id = request.form.get("person", "")
        if choice == "review" and person_id:
            reference = request.form.get("dossier", "")
            ask_further_review(
                session,
                actor=signed_in(),
                call=opened,
                reference=reference,
                person_id=person_id,
                links=links(),
                now=arrived_at(),
            )
        return str(_("Le choix du jury est enregistré."))

    return _answered(call_id, "choix", act, "un-par-un")


def _votes() -> Votes:
    def read(name: str) -> int | None:
        text = request.form.get(name, "").strip()
        if not text:
            return 0
        return bounded_number(text, default=-1)

    return Votes(read("pour"), read("contre"), read("abstentions"))
