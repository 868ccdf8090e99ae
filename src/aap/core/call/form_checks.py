"""Checks of the eligibility rules and of the dossier's form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product

from aap.core.call.schema import CallFile
from aap.core.call.sources import ID_OF_QUESTIONS, check_source, questions_of, source_of
from aap.core.findings import Finding, out_of_order, repeated, unknown
from aap.core.french import quoted
from aap.core.paths import ANY, Path
from aap.core.questions.base.choosing import repeated_options
from aap.core.questions.base.condition import Compared, Condition, number_of
from aap.core.questions.base.question import Question
from aap.core.questions.budget import BudgetQuestion
from aap.core.values import day_of

# --- eligibility ------------------------------------------------------------------------------------------------------


def check_eligibility_rules(call: CallFile) -> Iterator[Finding]:
    """Each rule asks or computes, and its check can be met."""
    rules = call.eligibility
    yield from repeated(((("eligibility", i, "id"), rule.id) for i, rule in enumerate(rules)), "une autre règle")
    for i, rule in enumerate(rules):
        path: Path = ("eligibility", i)
        asked: tuple[Path, ...] = ((*path, "question"), (*path, "source"))
        if (rule.question is None) == (rule.source is None):
            found = "ni l’un ni l’autre" if rule.question is None else "les deux"
            message = "une règle pose une question (question) ou vérifie une valeur (source), l’un des deux"
            yield Finding(path, message, found=found, rests_on=asked)
        if rule.source is not None:
            yield from check_source(call, (*path, "source"), rule.source)
        if rule.check.question is not None:
            message = "question ne sert que dans show_if : la règle teste sa propre réponse"
            yield Finding((*path, "check", "question"), message, found=rule.check.question)
        yield from repeated_options(path, (option.value for option in rule.options))
        if rule.type == "choice" and rule.question is not None and not rule.options:
            yield Finding(path, "une question à choix a besoin d’options", rests_on=((*path, "options"),))
        rests_on: tuple[Path, ...] = ((*path, "options"), (*path, "type"))
        asks = rule.question is not None
        source = None if asks or rule.source is None else source_of(call, rule.source)
        compared: Compared = "number" if asks and rule.type == "number" else "text"
        closed = rule.closed_values()
        if source is not None:
            compared, closed = source.compared or "text", closed or source.values
            rests_on = (*rests_on, (*path, "source"))
            rests_on += (("form", "sections"),) if str(rule.source).startswith("answers.") else ()
        yield from _condition((*path, "check"), rule.check, compared, closed, rests_on)


def _condition(
    path: Path, condition: Condition, compared: Compared, closed: tuple[str, ...] | None, rests_on: tuple[Path, ...]
) -> Iterator[Finding]:
    """A condition tests something, by values of the kind that it meets, and names answers that can be given."""
    tests = (condition.equals, condition.one_of, condition.contains, condition.min, condition.max)
    if all(test is None for test in tests):
        allowed = "au moins une des clés equals, one_of, contains, min, max"
        message = "cette condition ne teste rien"
        yield Finding(path, message, allowed=allowed, rests_on=tuple((*path, key) for key in Condition.model_fields))
    if condition.min is not None and condition.max is not None:
        ends = ((*path, "min"), condition.min), ((*path, "max"), condition.max)
        alike = isinstance(condition.max, date) == isinstance(condition.min, date)
        yield from out_of_order(*ends, alike and condition.max < condition.min)  # type: ignore[operator]
    named: list[tuple[Path, str]] = [((*path, "one_of", i), value) for i, value in enumerate(condition.one_of or ())]
    named += [((*path, "equals"), condition.equals)] if condition.equals is not None else []
    named += [((*path, "contains"), condition.contains)] if condition.contains is not None else []
    for place, value in named:
        if closed is not None:
            yield from unknown(place, value, closed, "cette réponse n’est pas proposée", *rests_on)
        elif _is_of_another_kind(value, compared):
            message = f"la valeur comparée est {_KINDS[compared][0]}"
            yield Finding(place, message, found=value, allowed=_KINDS[compared][1], rests_on=rests_on)
    for key, bound in (("min", condition.min), ("max", condition.max)):
        if bound is None:
            continue
        kind: Compared = "day" if isinstance(bound, date) else "number"
        if compared == "text" or closed is not None:
            message = f"{key} compare des nombres ou des dates, et la valeur est un texte : utilisez equals ou one_of"
            yield Finding((*path, key), message, found=str(bound), rests_on=rests_on)
        elif kind != compared:
            message = f"la valeur comparée est {_KINDS[compared][0]}"
            yield Finding((*path, key), message, found=str(bound), allowed=_KINDS[compared][1], rests_on=rests_on)


_KINDS: dict[Compared, tuple[str, str]] = {
    "text": ("un texte", "un texte"),
    "number": ("un nombre", "un nombre, par exemple 250000"),
    "day": ("une date", "une date, par exemple 2025-04-25"),
}


def _is_of_another_kind(value: str, compared: Compared) -> bool:
    if compared == "number":
        return number_of(value) is None
    return compared == "day" and day_of(value) is None


# --- form -------------------------------------------------------------------------------------------------------------


def check_form_definition(call: CallFile) -> Iterator[Finding]:
    """Sections, questions, attributes, and what they name of each other and of the rubric."""
    form = call.form
    sections: Path = ("form", "sections")
    yield from repeated((((*sections, i, "id"), s.id) for i, s in enumerate(form.sections)), "une autre section")
    placed = [
        ((*sections, i, "questions", j), question)
        for i, section in enumerate(form.sections)
        for j, question in enumerate(section.questions)
    ]
    yield from repeated((((*path, "id"), question.id) for path, question in placed), "une autre question")
    order = {question.id: rank for rank, (_, question) in enumerate(placed)}
    for rank, (path, question) in enumerate(placed):
        yield from _question(call, path, question)
        yield from _show_if(call, (*path, "show_if"), question.show_if, {q for q, r in order.items() if r < rank})
    for i, section in enumerate(form.sections):
        first = min((order[question.id] for question in section.questions), default=0)
        earlier = {name for name, rank in order.items() if rank < first}
        yield from _show_if(call, (*sections, i, "show_if"), section.show_if, earlier)
        if not section.questions:
            path = (*sections, i, "questions")
            yield Finding(path, "cette section ne contient aucune question", severity="warning")
    for name, source in form.attributes.items():
        yield from check_source(call, ("form", "attributes", name), source)
    yield from _named_questions(call)
    yield from _two_requests(call, placed)


def _two_requests(call: CallFile, placed: Sequence[tuple[Path, Question]]) -> Iterator[Finding]:
    """Two budgets of a project that a dossier may show at once: only the first one filled in says what is requested."""
    shown_if = {
        question.id: [one for one in (section.show_if, question.show_if) if one is not None]
        for section in call.form.sections
        for question in section.questions
    }
    projects = [(path, one) for path, one in placed if isinstance(one, BudgetQuestion) and one.budget == "project"]
    for i, (path, later) in enumerate(projects):
        for _, earlier in projects[:i]:
            if not any(_exclude(a, b) for a, b in product(shown_if[earlier.id], shown_if[later.id])):
                message = (
                    f"ce budget de projet peut être demandé en même temps que {quoted(earlier.id)} : le montant demandé est "
                    "celui du premier qui est rempli"
                )
                rests_on: tuple[Path, ...] = (("form", "sections"),)
                yield Finding(path, message, found=later.id, severity="warning", rests_on=rests_on)
                break


def _exclude(one: Condition, other: Condition) -> bool:
    """Whether two conditions name different answers of the same question, of which a dossier gives one."""
    if one.question is None or one.question != other.question:
        return False
    named = [{cond.equals} if cond.equals is not None else set(cond.one_of or ()) for cond in (one, other)]
    return bool(named[0]) and bool(named[1]) and named[0].isdisjoint(named[1])


def _show_if(call: CallFile, path: Path, condition: Condition | None, earlier: set[str]) -> Iterator[Finding]:
    if condition is None:
        return
    questions = questions_of(call)
    if condition.question is None:
        message = "show_if nomme la question dont dépend l’affichage"
        yield Finding(path, message, allowed="question: <identifiant>", rests_on=((*path, "question"),))
        return
    place = (*path, "question")
    if condition.question not in questions:
        yield from unknown(place, condition.question, questions, "cette question n’existe pas", ID_OF_QUESTIONS)
        return
    if condition.question not in earlier:
        message = "cette question n’est pas posée avant celle qui en dépend"
        yield Finding(place, message, found=condition.question, rests_on=(ID_OF_QUESTIONS,))
    answered = questions[condition.question]
    rests_on: tuple[Path, ...] = (place, ("form", "sections"))
    compared = answered.compared_as()
    if compared is None:
        message = "cette question n’a pas de valeur qu’une condition puisse tester"
        yield Finding(place, message, found=condition.question, rests_on=(("form", "sections"),))
        return
    yield from _condition(path, condition, compared, answered.closed_values(), rests_on)


def _question(call: CallFile, path: Path, question: Question, *, in_group: bool = False) -> Iterator[Finding]:
    yield from question.misfits(path)
    criteria = [criterion.id for criterion in call.rubric.criteria]
    for i, name in enumerate(question.criteria):
        ids: Path = ("rubric", "criteria", ANY, "id")
        yield from unknown((*path, "criteria", i), name, criteria, "ce critère n’existe pas dans la grille", ids)
    inner: Path = (*path, "questions")
    parts = question.inner()
    yield from repeated((((*inner, i, "id"), q.id) for i, q in enumerate(parts)), "une autre question")
    for i, part in enumerate(parts):
        if part.in_group:
            yield from _question(call, (*inner, i), part, in_group=True)
        else:
            message = "une question de ce type ne peut pas être dans un groupe"
            yield Finding((*inner, i, "type"), message, found=part.type)
    if in_group and question.show_if is not None:
        message = "une question d’un groupe est toujours affichée : mettez show_if sur le groupe"
        yield Finding((*path, "show_if"), message, at_key=True)


def _named_questions(call: CallFile) -> Iterator[Finding]:
    form, questions = call.form, questions_of(call)
    message = "cette question n’existe pas"
    if form.title_question is not None:
        place: Path = ("form", "title_question")
        yield from unknown(place, form.title_question, questions, message, ID_OF_QUESTIONS)
    if form.theme_question is None:
        return
    place = ("form", "theme_question")
    yield from unknown(place, form.theme_question, questions, message, ID_OF_QUESTIONS)
    question = questions.get(form.theme_question)
    themes = [theme.id for theme in call.call.themes]
    if question is None or not themes:
        return
    for value in question.labels():
        if value not in themes:
            message = "une réponse à cette question n’est pas un thème de l’appel (call.themes)"
            rests_on: tuple[Path, ...] = (("call", "themes"), ("form", "sections"))
            yield Finding(place, message, found=value, severity="warning", rests_on=rests_on)
