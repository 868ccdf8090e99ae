"""A page of the dossier as a form: built from a section of the call file, read back as answers.

form = SectionForm(section, answers, territories, version=application.version)          # GET
form = SectionForm(section, answers, territories, post=request.form)                    # POST
stored = form.merged(answers)          # the whole dossier's answers with this page's; saved whatever is wrong
if form.edits: show the page again     # « Ajouter une ligne » and the like, without a script
problems = form.check(limits=…)        # then render ui/question.html with form
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from aap.core.answers.checking import AnswerProblem, check_section, first_messages
from aap.core.answers.conditions import visible_questions
from aap.core.answers.merging import base_text
from aap.core.budgets.budget_checks import RequestLimits
from aap.core.call.schema import CallIdentity, Section
from aap.core.french import spaced
from aap.core.questions.base.posted import Posted
from aap.core.questions.base.question import read_answers
from aap.core.territories import Territories
from aap.core.values import RAW, Answers, printable
from aap.web import figures
from aap.web.forms.fields import Offer, QuestionField, bind_questions

PREFIX = "q."  # keeps questions' names apart from version, csrf_token and edit


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file as the form lists it. `size` in bytes; `url` shows it, `remove_url` is posted to take it away; pressing « keep »
    posts `edit` = `keep <question> <id>`, giving its year `year <question> <id>` with the field `year.<id>`."""

    name: str
    size: int
    url: str | None = None
    remove_url: str | None = None
    note: str = ""
    id: str = ""
    year: int | None = None
    old: bool = False  # of a year too long ago for the call
    may_keep: bool = False  # in the association's safe, where it isn't yet


def request_limits(call: CallIdentity) -> RequestLimits:
    """The call's limits on the request, as the budget's checks take them."""
    return RequestLimits.of_call(call.min_amount, call.max_amount, call.max_share)


def limits_of_request(limits: RequestLimits) -> str:
    """What the call allows to ask for, before it is asked; empty without limits."""
    said = []
    if limits.floor is not None:
        said.append(_("%(amount)s au moins", amount=figures.euros(limits.floor)))
    if limits.ceiling is not None:
        said.append(_("%(amount)s au plus", amount=figures.euros(limits.ceiling)))
    if limits.max_share is not None:
        said.append(_("%(share)s du total des produits au plus", share=figures.percent(limits.max_share)))
    words = figures.listed(said)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


class SectionForm:
    """The fields of one section; see the module's example.

    `answers`: what was typed in the section, and of the other sections the answers that count: `base` is made of it, whatever
    is posted; `files` lists what is stored
    by question id, `offers` what the association's safe could give.
    """

    def __init__(
        self,
        section: Section,
        answers: Answers,
        territories: Territories,
        *,
        version: int = 0,
        post: MultiDict[str, str] | None = None,
        files: Mapping[str, Sequence[ListedFile]] | None = None,
        offers: Mapping[str, Sequence[Offer]] | None = None,
    ) -> None:
        posted = None
        if post is not None:
            posted = Posted({name: [*map(printable, texts)] for name, texts in post.lists()}, territories)
        self.section = section
        self.version = version if posted is None else _whole(posted.one("version"), version)
        self.base = base_text((question.id for question in section.questions), answers)
        self.edit = ("", "") if posted is None else posted.edit
        self.edits = self.edit[0] != ""
        self.files = files or {}
        self.fields = bind_questions(section.questions, PREFIX, territories, answers, posted)
        self.answers = self.merged(answers)
        shown = {question.id for question in visible_questions(section, self.answers)}
        for field in self.fields:
            field.shown = field.question.id in shown
            field.files = self.files.get(field.question.id, ())
            field.offers = (offers or {}).get(field.question.id, ())
        self.problems: tuple[AnswerProblem, ...] = ()

    def __iter__(self) -> Iterator[QuestionField]:
        return iter(self.fields)

    def __getitem__(self, question: str) -> QuestionField:
        return next(field for field in self.fields if field.question.id == question)

    def show_stored(self, questions: Iterable[str], typed: Answers) -> None:
        """Puts what is stored (`typed`: the dossier's) in place of what was posted, for these questions."""
        for question in questions:
            self[question].process(None, typed)

    def own_answers(self) -> dict[str, Any]:
        """This section's answers alone, with what can't be read under `_raw`."""
        typed = {field.question.id: field.typed for field in self.fields}
        return read_answers([field.question for field in self.fields], typed)

    def merged(self, answers: Answers) -> dict[str, Any]:
        """The dossier's answers with this section's in place of its old ones; other sections stay."""
        own = {question.id for question in self.section.questions}
        kept = {key: value for key, value in answers.items() if key not in own and key != RAW}
        raw = {key: value for key, value in (answers.get(RAW) or {}).items() if key not in own}
        new = self.own_answers()
        raw.update(new.pop(RAW, {}))
        merged = {**kept, **new}
        if raw:
            merged[RAW] = raw
        return merged

    def check(
        self, *, limits: RequestLimits | None = None, employees: Decimal | None = None, missing: bool = True
    ) -> tuple[AnswerProblem, ...]:
        """Every problem; binds the messages to the fields. `missing=False` (a draft): only real mistakes are shown."""
        given = {question.id: len(self.files.get(question.id, ())) for question in self.section.questions}
        self.problems = check_section(self.section, self.answers, files=given, limits=limits, employees=employees)
        if not missing:
            self.problems = tuple(problem for problem in self.problems if problem.code != "missing")
        self.problems = tuple(
            replace(problem, message=spaced(clearer)) if (clearer := self._clearer(problem)) else problem
            for problem in self.problems
        )
        messages = {f"{PREFIX}{field}": text for field, text in first_messages(self.problems).items()}
        notes = {f"{PREFIX}{one.field}": one.message for one in self.problems if one.severity == "warning"}
        for field in self.fields:
            field.bind_messages(messages, notes)
        return self.problems

    def _clearer(self, problem: AnswerProblem) -> str:
        """What the type says better of its own unreadable answer, knowing the territories; else empty."""
        if problem.code != "unreadable":
            return ""
        field = self[problem.question]
        return field.question.clearer(field.typed, field.territories)

    @property
    def messages(self) -> dict[str, str]:
        """Field name → error: what autosave answers under `errors`."""
        return {name: text for field in self.fields for name, text in field.messages.items()}

    @property
    def notes(self) -> dict[str, str]:
        """Field name → warning: what autosave answers under `notes`."""
        return {name: text for field in self.fields for name, text in field.notes.items()}

    @property
    def summary(self) -> list[tuple[str, str]]:
        """(id of the input, label and message) for the summary of errors, in the page's order."""
        return [
            (f"{PREFIX}{problem.field}", _sentence(problem)) for problem in self.problems if problem.severity == "error"
        ]


def _sentence(problem: AnswerProblem) -> str:
    """`Titre : écrivez une réponse.`, but `Pour qui ? Écrivez une réponse.`"""
    if problem.label.endswith("?"):
        return f"{problem.label} {problem.message}"
    return f"{problem.label}\u00a0: {problem.message[0].lower()}{problem.message[1:]}"


def _whole(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else default
