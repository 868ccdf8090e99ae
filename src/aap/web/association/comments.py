"""Comments of co-authors beside the questions of a section: in its form, which they travel with, and on its page to read.

A new comment is typed in `talk.<question>`, an answer in `talk.<question>.<thread>`. Whatever button sends the page, what was
typed there is said: nothing is lost by pressing « Enregistrer ». Buttons named `edit` settle a thread (`settle <thread>`,
`reopen <thread>`), take one's own comment back (`unsay <comment>`), or only send (`talk <question>`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core.call.schema import Section
from aap.services.dossier.comments import (
    LONGEST_COMMENT,
    CommentThread,
    comments_beside,
    has_colleagues,
    remove_comment,
    settle_comment,
    write_comment,
)
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.dossier.readable import readings
from aap.services.errors import InvalidInput
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.pages import read_files
from aap.web.context import arrived_at, links, reading, signed_in, writing
from aap.web.wording.sentences import sentences

FIELD = "talk."


@dataclass(frozen=True)
class Talk:
    """What stands beside the questions of a page. `typed`: by field name, what was typed and isn't said; `problems`: why.

    `alone`: nobody else works for the association.
    """

    threads: Mapping[str, Sequence[CommentThread]]
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    longest: int = LONGEST_COMMENT
    alone: bool = False

    def has_place(self, question: str) -> bool:
        """Whether comments stand beside a question: for who works alone, only what is there."""
        return not self.alone or bool(self.threads.get(question)) or self.is_open(question)

    def summary(self, question: str) -> str:
        """What the disclosure beside a question says."""
        threads = self.threads.get(question, ())
        to_settle = sum(one.settled_at is None for one in threads)
        if to_settle:
            return ngettext("%(num)s commentaire à régler", "%(num)s commentaires à régler", to_settle)
        if threads:
            return ngettext("%(num)s commentaire réglé", "%(num)s commentaires réglés", len(threads))
        return _("Commenter pour mes collègues")

    def is_open(self, question: str) -> bool:
        """Whether there is something to see at once."""
        own = f"{FIELD}{question}"
        return any(one.settled_at is None for one in self.threads.get(question, ())) or any(
            name == own or name.startswith(f"{own}.") for name in self.typed
        )


def talk_of(dossier: OpenedDossier, section_id: str) -> Talk:
    """What the page of this request shows: of a form that was sent, what could not be said is still there."""
    with reading() as session:
        threads = comments_beside(session, dossier.id, section_id)
        alone = not has_colleagues(session, dossier.association.id)
    posted = _posted() if request.method == "POST" else {}
    refused: dict[str, str] | None = g.get("talk_refused")
    typed = posted if refused is None else {name: text for name, text in posted.items() if name in refused}
    return Talk(threads, typed, refused or {}, alone=alone)


def _posted() -> dict[str, str]:
    return {name: text for name, text in request.form.items() if name.startswith(FIELD) and text.strip()}


def say_comments(application_id: str) -> bool:
    """Says what was typed in the fields of comments; False where one was refused (`talk_of` then shows why)."""
    refused: dict[str, str] = {}
    posted = _posted()
    for name, text in posted.items():
        question, _point, thread = name.removeprefix(FIELD).partition(".")
        try:
            with writing() as session:
                write_comment(
                    session, actor=signed_in(), application_id=application_id, question_id=question, body=text,
                    answers_id=thread, links=links(), now=arrived_at(),
                )  # fmt: skip
        except InvalidInput as error:
            refused[name] = sentences(error.problems)
    g.talk_refused = refused
    if said := len(posted) - len(refused):
        flash(ngettext("Votre commentaire est ajouté.", "Vos %(num)s commentaires sont ajoutés.", said), "success")
    return not refused


def of_a_comment(application_id: str) -> str | None:
    """Does what the pressed button asks of a comment; gives the question that it stands beside, None for another button."""
    verb, _space, named = request.form.get("edit", "").partition(" ")
    if verb == "talk":
        return named
    if verb in ("settle", "reopen"):
        with writing() as session:
            return settle_comment(
                session, actor=signed_in(), application_id=application_id, comment_id=named, settled=verb == "settle",
                now=arrived_at(),
            ).question  # fmt: skip
    if verb == "unsay":
        with writing() as session:
            return remove_comment(
                session, actor=signed_in(), application_id=application_id, comment_id=named, now=arrived_at()
            )
    return None


def closed_section(dossier: OpenedDossier, section: Section) -> str:
    """The page of a section that one reads, and can comment."""
    return render_template(
        "association/section_read.html",
        dossier=dossier,
        section=section,
        reading=next(one for one in readings(dossier, read_files(dossier)) if one.id == section.id),
        talk=talk_of(dossier, section.id),
    )


@blueprint.post("/dossiers/<application_id>/sections/<section_id>/commentaires")
@requires(Permission.APPLICATION_COMMENT)
def comment(application_id: str, section_id: str) -> ResponseReturnValue:
    """From the page of a section that one reads: says what was typed, then does what its button asks."""
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
    section = found.section(section_id)
    if not say_comments(application_id):
        return closed_section(found, section), 422
    question = of_a_comment(application_id) or ""
    here = url_for("association.section", application_id=application_id, section_id=section_id)
    return redirect(f"{here}#commentaires-{question}", 303)
