"""What a call needs before it can be opened online, beyond what ranking alone needs."""

from __future__ import annotations

from collections.abc import Iterator

from aap.core.call.schema import CallFile
from aap.core.call.sources import questions_of
from aap.core.findings import Finding
from aap.core.french import quoted
from aap.core.paths import Path, shown
from aap.core.problems import Problem
from aap.core.questions.budget import BudgetQuestion


def problems_for_opening(call: CallFile, *, name: str = "") -> tuple[Problem, ...]:
    """What must be mended before associations can apply: errors without position, each with the path of its key.

    Args:
        call: a checked call.
        name: the file's name, for the problems; the call's id by default.
    """
    file = name or f"{call.id}.yaml"
    return tuple(
        Problem(file, finding.message, key=shown(finding.path), found=finding.found, allowed=finding.allowed)
        for finding in _missing(call)
    )


def _missing(call: CallFile) -> Iterator[Finding]:
    identity, form = call.call, call.form
    needed: dict[Path, tuple[object, str]] = {
        ("call", "title"): (identity.title, "l’appel n’a pas de titre"),
        ("call", "authority"): (identity.authority, "l’autorité qui décide n’est pas nommée"),
        ("call", "opens_at"): (identity.opens_at, "l’appel n’a pas de date d’ouverture"),
        ("call", "closes_at"): (identity.closes_at, "l’appel n’a pas de date de clôture"),
        ("call", "contact"): (identity.contact, "l’appel n’a pas d’adresse où poser une question"),
        ("form", "sections"): (form.sections, "le dossier n’a aucune question"),
        ("form", "title_question"): (form.title_question, "aucune question ne donne son titre au dossier"),
        ("selection", "laureates"): (
            call.selection.laureates if call.selection.laureates is not None else call.selection.budget,
            "ni nombre de lauréats ni enveloppe ne sont annoncés",
        ),
    }
    for path, (value, message) in needed.items():
        if value is None or value == ():
            yield Finding(path, message)
    if identity.authority is not None and not identity.authority.service:
        yield Finding(("call", "authority", "service"), "le service qui instruit n’est pas nommé")
    if form.sections and not any(isinstance(question, BudgetQuestion) for question in questions_of(call).values()):
        yield Finding(("form", "sections"), "aucune question de type budget : le montant demandé ne serait pas connu")
    for i, criterion in enumerate(call.rubric.criteria):
        if not criterion.title:
            yield Finding(("rubric", "criteria", i, "title"), f"le critère {quoted(criterion.id)} n’a pas de titre")
    for i, quota in enumerate(call.selection.quotas):
        for attribute in (*(quota.where or ()), *((quota.each,) if quota.each else ())):
            if attribute not in form.attributes:
                message = f"form.attributes ne dit pas d’où vient {quoted(attribute)}"
                yield Finding(("selection", "quotas", i), message)
