"""A budget by spreadsheet: our template out, filled in or not, and back into the dossier."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from aap.core import french
from aap.core.budgets.accounting import Budget
from aap.core.call.schema import Section
from aap.core.questions.budget import BudgetQuestion
from aap.core.values import mapping_of
from aap.documents.media_types import XLSX
from aap.documents.tables.budgets import budget_workbook
from aap.documents.tables.budgets_in import BadWorkbook, read_budget_workbook
from aap.records.territories import territories
from aap.services.dossier.applying import ChangedElsewhere, save_section
from aap.services.dossier.dossiers import OpenedDossier, open_dossier
from aap.services.errors import NotFound
from aap.services.permissions import Permission
from aap.web.access import requires
from aap.web.association.blueprint import blueprint
from aap.web.association.pages import listed_files
from aap.web.association.sections import check_form_of, opened_page, section_page
from aap.web.context import arrived_at, reading, signed_in, writing
from aap.web.filters import moment
from aap.web.forms import PREFIX, SectionForm
from aap.web.http_files import attachment_answer, sent_files

_MOST_PROBLEMS = 12  # cells named at once; a wrong column would name forty


def _budget_question(dossier: OpenedDossier, question_id: str) -> tuple[Section, BudgetQuestion]:
    for section in dossier.visible:
        for question in section.questions:
            if question.id == question_id and isinstance(question, BudgetQuestion) and question.id in dossier.asked:
                return section, question
    raise NotFound("question", question_id)


@blueprint.get("/dossiers/<application_id>/budgets/<question_id>.xlsx")
@requires(Permission.APPLICATION_READ)
def budget_export(application_id: str, question_id: str) -> ResponseReturnValue:
    """The template, with the amounts that the dossier holds."""
    with reading() as session:
        found = open_dossier(session, actor=signed_in(), application_id=application_id)
    _section, question = _budget_question(found, question_id)
    about = f"{found.association.name} – {found.call.record.title} – {_('dossier')} {found.application.reference}"
    year = _year(question)
    content = budget_workbook(
        question.budget_of(found.answers.get(question.id), year),
        title=" – ".join(filter(None, (french.spaced(question.label), year or str(*question.years[:1])))),
        about=about,
    )
    name = "-".join(filter(None, ("budget", found.application.reference, question.id, year)))
    return attachment_answer(content, f"{name}.xlsx", XLSX)


def _year(question: BudgetQuestion) -> str:
    """The later year that the address asks for; empty for the first. Raises NotFound for none of this budget."""
    asked = request.args.get("annee", "")
    if asked and asked not in question.later:
        raise NotFound("question", question.id)
    return asked


@blueprint.post("/dossiers/<application_id>/budgets/<question_id>")
@requires(Permission.APPLICATION_EDIT)
def budget_import(application_id: str, question_id: str) -> ResponseReturnValue:
    """Replaces a budget's amounts by those of the workbook; every cell that can't be read is named at once."""
    with reading() as session:
        found = open_dossier(
            session, actor=signed_in(), application_id=application_id, permission=Permission.APPLICATION_EDIT
        )
    section, question = _budget_question(found, question_id)
    files = sent_files("sheet")
    if not files:
        return _refused(found, section, question, [_("Choisissez d’abord le classeur rempli.")]), 422
    try:
        budget = read_budget_workbook(question.budget, files[0])
        disputed = _replace(found, section, question, budget)
    except BadWorkbook as bad:
        told = [str(one) for one in bad.problems[:_MOST_PROBLEMS]]
        if len(bad.problems) > _MOST_PROBLEMS:
            told.append(
                ngettext("Et une autre cellule.", "Et %(num)s autres cellules.", len(bad.problems) - _MOST_PROBLEMS)
            )
        return _refused(found, section, question, told), 422
    if disputed:
        words = _(
            "%(name)s a modifié ce budget le %(date)s. Vérifiez les montants ci-dessous, puis importez à nouveau le classeur "
            "pour les remplacer.",
            name=disputed[0].by or _("Une autre fenêtre"), date=moment(disputed[0].at),
        )  # fmt: skip
        with reading() as session:
            found = open_dossier(session, actor=signed_in(), application_id=application_id)
        return _refused(found, section, question, [words]), 409
    flash(_("Les montants du classeur sont dans le budget."), "success")
    here = url_for("association.section", application_id=application_id, section_id=section.id)
    return redirect(f"{here}#{PREFIX}{question.id}", 303)


def _replace(
    dossier: OpenedDossier, section: Section, question: BudgetQuestion, budget: Budget
) -> tuple[ChangedElsewhere, ...]:
    """The workbook's amounts for those of its year; the other years, one's own lines and what was granted stay.

    Gives who changed the budget after the page was opened: then nothing is replaced.
    """
    year, held = _year(question), mapping_of(dossier.answers.get(question.id))
    answer = {**held, **budget.stored()}
    if year:
        answer = {**held, "later": {**mapping_of(held.get("later")), year: budget.stored()}}
    with writing() as session:
        return save_section(
            session, actor=signed_in(), application_id=dossier.id, section_id=section.id,
            answers={question.id: answer}, whole=False, page=opened_page(), now=arrived_at(),
        ).disputed  # fmt: skip


def _refused(dossier: OpenedDossier, section: Section, question: BudgetQuestion, messages: list[str]) -> str:
    """The section's page as it stands, with what is to be mended in the workbook."""
    page = request.args.get("page", "")
    held = dossier.sections.get(section.id)
    form = SectionForm(
        section, dossier.typed_in(section), territories(), version=held.version if held else 0,
        files=listed_files(dossier, section, page),
    )  # fmt: skip
    check_form_of(dossier, form, missing=False)
    sheet = "-".join(filter(None, ("classeur", question.id, _year(question))))
    return section_page(dossier, form, page, sheet_problems=[(sheet, one) for one in messages])
