"""What the public registers said, in words: for the association that describes itself, and for officials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask_babel import gettext as _

from aap.records.associations import Association, Register, RegisterAnswer, RegisterOutcome
from aap.records.territories import territories
from aap.services.association.identity_fields import shown_siret
from aap.services.association.register_answers import Compared, Proposed, Registered, compared
from aap.web.filters import day
from aap.web.identity_words import labels, register_name


@dataclass(frozen=True)
class Note:
    """A sentence about what was said, and its kind of alert."""

    title: str
    text: str
    kind: str


def said_source(one: Proposed) -> str:
    """« D’après le répertoire des entreprises, le 1er décembre 2026. »"""
    return _("D’après %(register)s, le %(day)s.", **_said(one.said_by, one))


def _said(register: Register, one: Proposed | RegisterAnswer) -> dict[str, str]:
    return {"register": register_name(register), "day": day(one.asked_at)}


def field_hints(proposed: Mapping[str, Proposed], values: Mapping[str, str], *, sources: bool) -> dict[str, str]:
    """Field → what the register has in place of the value in it; with `sources` also where the value comes from."""
    hints = {}
    for name, one in proposed.items():
        if values.get(name, "") == one.text:
            if sources:
                hints[name] = said_source(one)
        elif not Compared(name, values.get(name, ""), one).same:
            hints[name] = _(
                "D’après %(register)s, le %(day)s\u00a0: «\u00a0%(text)s\u00a0».",
                text=shown_value(name, one.text),
                **_said(one.said_by, one),
            )
    if "commune_code" in hints:
        hints["commune"] = hints.pop("commune_code")
    return hints


def shown_value(name: str, text: str) -> str:
    """A proposed value as it is read: a commune by its name, people in one line."""
    if name == "commune_code":
        commune = territories().commune(text)
        return commune.label if commune else text
    return " ; ".join(text.splitlines()) if name == "officers" else text


@dataclass(frozen=True)
class RegisterLine:
    """A field of the description, as the association has it and as a register does."""

    label: str
    typed: str
    registered: str
    source: str
    same: bool


def register_lines(association: Association, found: Registered) -> list[RegisterLine]:
    """What was typed beside what was said, what differs first."""
    names = {**labels(), "commune_code": labels()["commune"]}
    lines = [
        RegisterLine(
            names[one.field],
            shown_value(one.field, one.typed),
            shown_value(one.field, one.proposed.text),
            said_source(one.proposed),
            one.same,
        )
        for one in compared(association, found, territories())
    ]
    return sorted(lines, key=lambda line: line.same)


def register_notes(found: Registered) -> list[Note]:
    """What officials are told of the answers as a whole; the gravest first."""
    said = _doubts(found)
    for one in found.answers:
        words = _said(Register(one.said_by), one)
        if one.outcome == RegisterOutcome.UNKNOWN:
            said.append(Note("", _("Le %(day)s, %(register)s ne connaissait pas ce numéro.", **words), "warning"))
        elif one.outcome == RegisterOutcome.SILENT:
            said.append(Note("", _("Le %(day)s, %(register)s n’a pas répondu.", **words), "info"))
    return said


def notes(found: Registered) -> list[Note]:
    """What an association is told of the answers as a whole, the gravest first."""
    said = _doubts(found)
    if found.closed:
        text = _("Quand une association déménage, son siège reçoit un nouveau SIRET\u00a0: vérifiez le vôtre.")
        said[0] = replace(said[0], text=f"{said[0].text} {text}")
    if found.found:
        text = _(
            "Les champs ci-dessous sont remplis d’après %(registers)s. Relisez-les, corrigez ce qui n’est plus vrai\u00a0: "
            "rien n’est enregistré avant que vous ne le demandiez.",
            registers=_(" et ").join(
                f"{words['register']} ({words['day']})"
                for words in (_said(Register(one.said_by), one) for one in found.found)
            ),
        )
        said.append(Note(_("Renseignements proposés"), text, "info"))
    elif (
        found.answers and found.answers[0].outcome == RegisterOutcome.UNKNOWN
    ):  # the business register's word, if asked
        text = _(
            "Le répertoire ne connaît pas le numéro %(siret)s. S’il est récent ou si vous l’avez bien recopié, continuez "
            "en remplissant les champs vous-même.",
            siret=shown_siret(found.siret),
        )
        said.append(Note(_("Numéro inconnu du répertoire"), text, "warning"))
    elif found.answers:
        text = _("Remplissez les champs vous-même\u00a0: rien d’autre ne change.")
        said.append(Note(_("Le répertoire ne répond pas en ce moment"), text, "info"))
    return said


def _doubts(found: Registered) -> list[Note]:
    said: list[Note] = []
    closed = found.closed
    if closed is not None:
        register, since = register_name(Register(closed.said_by)), closed.content.get("closed_on")
        text = (
            _("D’après %(register)s, cette association ou cet établissement est fermé depuis le %(day)s.",
              register=register, day=day(since))
            if since
            else _("D’après %(register)s, cette association ou cet établissement est fermé.", register=register)
        )  # fmt: skip
        said.append(Note(_("Établissement fermé"), text, "warning"))
    if found.no_association:
        text = _("Le répertoire ne range pas cet organisme parmi les associations.")
        said.append(Note(_("Est-ce bien une association\u00a0?"), text, "warning"))
    return said
