"""The round of specimens and one's own way of marking."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core.call.schema import Rubric
from aap.core.scoring.marking import title_of
from aap.services.errors import InvalidInput, SpecimensFirst, StaleVersion
from aap.services.harmonising.own_marking import own_marking
from aap.services.permissions import Permission
from aap.services.review.specimen_marking import SpecimenPage, mark_specimen, open_round, open_specimen, read_comparison
from aap.web.access import requires
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.reviewer.grid import FIELDS, criterion_view
from aap.web.reviewer.home import blueprint
from aap.web.wording.sentences import worded


@blueprint.errorhandler(SpecimensFirst)
def specimens_first(error: SpecimensFirst) -> ResponseReturnValue:
    flash(_("Notez d’abord les dossiers d’essai : vos dossiers s’ouvrent ensuite."), "info")
    return redirect(url_for("reviewer.specimens", call_id=error.call_id))


@blueprint.get("/appels/<call_id>/calibrage")
@requires(Permission.SPECIMEN_READ)
def specimens(call_id: str) -> str:
    with reading() as session:
        page = open_round(session, actor=signed_in(), call_id=call_id)
    return render_template("reviewer/specimens.html", page=page)


@dataclass(frozen=True)
class SpecimenGrid:
    """The grid of a specimen, for the macros of reviewer/grid.html."""

    rubric: Rubric
    criteria: tuple[Any, ...]
    total: Fraction | None
    marked: int


def _shown(
    page: SpecimenPage, *, marks: dict[str, str] | None = None, comments: dict[str, str] | None = None,
    problems: dict[str, str] | None = None, conflict: bool = False,
) -> str:  # fmt: skip
    rubric = page.call.file.rubric
    marks = marks if marks is not None else dict(page.review.marks) if page.review else {}
    comments = comments if comments is not None else dict(page.review.comments) if page.review else {}
    views = tuple(
        criterion_view(
            criterion, rubric, number, (),
            marks.get(criterion.id, ""), comments.get(criterion.id, ""), problems or {},
        )
        for number, criterion in enumerate(rubric.criteria, 1)
    )  # fmt: skip
    return render_template(
        "reviewer/specimen.html",
        page=page,
        grid=SpecimenGrid(rubric, views, page.total, sum(bool(view.value) for view in views)),
        titles={one.id: title_of(one) for one in rubric.criteria},
        scales={one.id: rubric.scale_of(one) for one in rubric.criteria},
        summary=list((problems or {}).items()),
        conflict=conflict,
    )


@blueprint.get("/essais/<specimen_id>")
@requires(Permission.SPECIMEN_READ)
def specimen(specimen_id: str) -> str:
    with reading() as session:
        page = open_specimen(session, actor=signed_in(), specimen_id=specimen_id)
    return _shown(page)


@blueprint.post("/essais/<specimen_id>")
@requires(Permission.SPECIMEN_MARK)
def specimen_mark(specimen_id: str) -> ResponseReturnValue:
    """Saves, or submits for good."""
    form = request.form
    marks = {name[5:]: value for name, value in form.items() if name.startswith("note-")}
    comments = {name[5:]: value for name, value in form.items() if name.startswith("avis-")}
    version = form.get("version", "")
    submit = form.get("action") == "submit"
    problems: dict[str, str] = {}
    conflict = False
    try:
        with writing() as session:
            mark_specimen(
                session, actor=signed_in(), specimen_id=specimen_id, marks=marks, comments=comments,
                version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else -1,
                submit=submit, now=arrived_at(),
            )  # fmt: skip
    except InvalidInput as refused:
        problems = worded(refused.problems, FIELDS)
    except StaleVersion:
        conflict = True
    if problems or conflict:
        with reading() as session:
            page = open_specimen(session, actor=signed_in(), specimen_id=specimen_id)
        return _shown(page, marks=marks, comments=comments, problems=problems, conflict=conflict), (
            409 if conflict else 422
        )
    flash(
        _("Vos notes sont soumises : voyez où se situent les autres.") if submit else _("Brouillon enregistré."),
        "success",
    )
    return redirect(url_for(".specimen", specimen_id=specimen_id))


@blueprint.post("/essais/<specimen_id>/lu")
@requires(Permission.SPECIMEN_MARK)
def specimen_read(specimen_id: str) -> ResponseReturnValue:
    """The comparison was read: to the next specimen, or to the dossiers."""
    with writing() as session:
        page = read_comparison(session, actor=signed_in(), specimen_id=specimen_id, now=arrived_at())
    if page.following:
        return redirect(url_for(".specimen", specimen_id=page.following))
    flash(_("Le tour de calibrage est terminé : vos dossiers sont ouverts."), "success")
    return redirect(url_for(".home"))


@blueprint.get("/appels/<call_id>/mes-notes")
@requires(Permission.REVIEW_HOME)
def own_marks(call_id: str) -> str:
    with reading() as session:
        found = own_marking(session, actor=signed_in(), call_id=call_id)
    tallest = max((count for one in found.criteria for _mark, count in one.counts), default=0)
    return render_template("reviewer/own_marks.html", own=found, tallest=Decimal(max(tallest, 1)))
