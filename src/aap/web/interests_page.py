"""The declaration of interests: employers, boards, associations, people. The same page for everybody who works on a call."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core.values import clean_text
from aap.services.errors import InvalidInput
from aap.services.panel.interests import MOST_INTERESTS, TypedInterest, declare_interests, own_declaration
from aap.web.answers import yes_or_no
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.wording.sentences import worded

_SPARE = 2
"""Empty lines under those that are filled in."""

_NAMES = {"name": "nom", "kind": "nature", "relation": "lien", "complete": "complet"}
"""What the form calls the fields of a declaration, where they have another name."""


def _typed() -> list[TypedInterest]:
    """The lines of the form, in order; more than are allowed are read too, to be refused."""
    found = []
    for at in range(MOST_INTERESTS + 1):
        if f"nom-{at}" not in request.form:
            break

        def field(name: str, at: int = at) -> str:
            return clean_text(request.form.get(f"{name}-{at}", ""))

        found.append(TypedInterest(field("nature"), field("nom"), field("siret"), field("rna"), field("lien")))
    return found


def interests_page(home: str, home_label: str) -> ResponseReturnValue:
    """Shows the declaration and takes it. `home`: endpoint of the space that it belongs to."""
    problems: dict[str, str] = {}
    typed: Sequence[TypedInterest] = ()
    adding = request.form.get("action") == "ajouter"
    if request.method == "POST":
        typed = _typed()
        if not adding:
            try:
                with writing() as session:
                    kept = declare_interests(
                        session, actor=signed_in(), typed=typed, complete=yes_or_no("complet") is True,
                        now=arrived_at(),
                    )  # fmt: skip
            except InvalidInput as refused:
                problems = worded(refused.problems, _NAMES)
            else:
                words = _("Votre déclaration est enregistrée. Merci.")
                if kept:
                    words += " " + ngettext(
                        "Un dossier qui vous touche ne vous sera pas montré.",
                        "%(num)s dossiers qui vous touchent ne vous seront pas montrés.",
                        kept,
                    )
                flash(words, "success")
                return redirect(url_for(home))
    with reading() as session:
        declaration = own_declaration(session, actor=signed_in())
    lines = list(typed)
    if request.method == "GET":
        lines = [
            TypedInterest(one.kind, one.name, one.siret or "", one.rna or "", one.relation)
            for one in declaration.interests
        ]
    spare = _SPARE if adding or not lines or not lines[-1].empty else 0
    lines += [TypedInterest()] * max(min(spare, MOST_INTERESTS - len(lines)), 0)
    page = render_template(
        "account/interests.html",
        lines=lines,
        declaration=declaration,
        problems=problems,
        complete=yes_or_no("complet") is True,
        more=len(lines) < MOST_INTERESTS,
        home=url_for(home),
        home_label=home_label,
    )
    return page, (422 if problems else 200)
