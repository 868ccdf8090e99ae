"""What a call needs before it can be opened online, beyond what ranking alone needs, and what it can't ask for there."""

from __future__ import annotations

from collections.abc import Iterator

from aap.core.call.online import not_yet_online
from aap.core.call.schema import CallFile
from aap.core.call.sources import questions_of
from aap.core.findings import Finding
from aap.core.french import quoted
from aap.core.paths import Path
from aap.core.questions.budget import BudgetQuestion


def findings_for_opening(call: CallFile) -> Iterator[Finding]:
    """What must be mended before associations can apply: what is missing, and what the pages can't do yet."""
    yield from _missing(call)
    yield from not_yet_online(call)


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
    for i, criterion in enumerate(call.rubric.criteria):
        if criterion.from_ is not None and criterion.from_ not in form.attributes:
            message = f"form.attributes ne dit pas d’où vient {quoted(criterion.from_)}"
            yield Finding(("rubric", "criteria", i, "from"), message, found=criterion.from_)
