"""Texts of the letters around a decision that is contested or corrected: letter of intent, acknowledgement, reply.

Templates, as those of `letter_texts`: the authority's counsel confirms them before the first one leaves.
Sources: CRPA L122-1 (observations before a decision that takes something), L211-2 (reasons), L242-1 and L242-2 (withdrawal
within four months; at any time where a condition of a subsidy isn't kept), L411-2 and L411-7 (prior appeals, silence), L112-3
and R112-5 (acknowledgement), CJA R421-1, R421-2 and R421-7 (delays before the court).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from aap.core import french
from aap.core.call.letter_texts import delay_of_appeal
from aap.core.call.schema import CallFile

AppealKind = Literal["gracieux", "hierarchique", "contentieux"]
Loss = Literal["withdrawn", "reduced", "delisted"]
"""What a correction takes: the whole grant, a part of it, a place on the waiting list."""

APPEAL_WORDS: Mapping[AppealKind, str] = {
    "gracieux": "recours gracieux",
    "hierarchique": "recours hiérarchique",
    "contentieux": "recours contentieux",
}

_CODE = "du code des relations entre le public et l’administration"


def appeal_number(call: CallFile, number: int) -> str:
    """`REC-2025-001`: the call's reference without « AAP- », and the number of the appeal among the call's."""
    return f"REC-{(call.call.reference or call.id).removeprefix('AAP-')}-{number:03d}"


# --- letter of intent -------------------------------------------------------------------------------------------------

INTENT_OBJECTS: Mapping[Loss, str] = {
    "withdrawn": "Projet de retrait de votre subvention",
    "reduced": "Projet de réduction de votre subvention",
    "delisted": "Projet de retrait de votre place sur la liste d’attente",
}


def intent_paragraphs(
    *, loss: Loss, decided: str, granted: int | None, becomes: int | None, condition: str, reason: str
) -> tuple[str, ...]:
    """Why the authority thinks of taking something. `decided`: the decision as a noun (« la décision n° 1 du … »);
    `granted`, `becomes` in cents; `condition` empty: the ground is that the decision is illegal.
    """
    given = (
        "vous a inscrits sur la liste d’attente de l’appel à projets cité en référence."
        if loss == "delisted"
        else f"vous a attribué une subvention de {french.euros(granted or 0)} au titre de l’appel à projets cité en référence."
    )
    first = f"{decided[0].upper()}{decided[1:]} {given}"
    if condition:
        ground = f"Elle vous engageait à ce qui suit : {french.quoted(condition)}. Il apparaît que cet engagement n’est pas tenu."
        article = f"article L. 242-2, 2°, {_CODE}"
    else:
        ground = "Il apparaît que cette décision est illégale."
        article = f"article L. 242-1 {_CODE}"
    meant = {
        "withdrawn": "de retirer cette subvention",
        "reduced": f"de ramener cette subvention à {french.euros(becomes or 0)}",
        "delisted": "de retirer cette inscription",
    }[loss]
    return (first, ground, *_lines(reason), f"J’envisage en conséquence {meant} ({article}).")


def observation_paragraphs(*, until: date, contact: str | None) -> tuple[str, ...]:
    """What the association may do before anything is decided."""
    write = f", par écrit à {contact}" if contact else ", par écrit"
    return (
        f"Avant toute décision, vous pouvez présenter vos observations jusqu’au {french.day(until)} inclus : sur la page de "
        f"votre dossier{write} ou, si vous le demandez, de vive voix. Vous pouvez vous faire assister d’un conseil ou "
        f"représenter par une personne de votre choix (article L. 122-1 {_CODE}).",
        "Cette lettre n’est pas une décision : rien ne change tant que vous n’en avez pas reçu une. La décision sera motivée, "
        "prise après cette date, et vous sera notifiée avec les voies et délais de recours.",
    )


# --- acknowledgement --------------------------------------------------------------------------------------------------


def acknowledgement_paragraphs(
    *,
    kind: AppealKind,
    number: str,
    decided: str,
    service: str,
    silent_on: date,
    in_time_until: date,
    late: bool,
    court: str,
    court_until: date,
) -> tuple[str, ...]:
    """What CRPA R112-5 asks for: the day from which silence is a rejection, who examines, and the ways then.

    `in_time_until`: the last day to contest; `court_until`: the last day before the court where silence rejects.
    """
    words = APPEAL_WORDS[kind]
    common = (
        f"J’accuse réception du {words} que vous avez formé contre {decided}. Il est enregistré sous le numéro {number}. "
        f"Service chargé de l’examiner : {service}.",
        f"Sans réponse au {french.day(silent_on)}, il sera réputé rejeté (articles L. 231-4 et L. 411-7 {_CODE}).",
    )
    if late:
        return (
            *common,
            f"Il est arrivé après le {french.day(in_time_until)}, dernier jour pour contester cette décision : il "
            "n’interrompt pas le délai de recours contentieux, et le service n’est pas tenu de revoir sa décision.",
        )
    return (
        *common,
        "Formé dans le délai, il interrompt le délai de recours contentieux (article L. 411-2 du même code), qui repart en "
        f"entier à la réponse. S’il est rejeté par le silence, vous pouvez saisir le {court} jusqu’au "
        f"{french.day(court_until)} inclus, par courrier ou sur www.telerecours.fr.",
    )


# --- reply ------------------------------------------------------------------------------------------------------------


def reply_paragraphs(
    *,
    kind: AppealKind,
    number: str,
    decided: str,
    received: date,
    answer: Literal["upheld", "partly", "rejected"],
    reply: str,
) -> tuple[str, ...]:
    """The answer to an appeal, with its reasons (CRPA L211-2)."""
    answered = {
        "upheld": "Après examen, je fais droit à votre recours, pour les raisons suivantes.",
        "partly": "Après examen, je fais droit en partie à votre recours, pour les raisons suivantes.",
        "rejected": "Après examen, je rejette votre recours, pour les raisons suivantes.",
    }[answer]
    follows = (
        "La décision contestée est maintenue."
        if answer == "rejected"
        else "Une nouvelle décision remplace la décision contestée. Elle vous est notifiée à part, avec ses voies et délais "
        "de recours."
    )
    return (
        f"Par le {APPEAL_WORDS[kind]} {number}, reçu le {french.day(received)}, vous contestez {decided}.",
        answered,
        *_lines(reply),
        follows,
    )


def reply_appeals(court: str, *, partly: bool, late: bool, overseas: bool | None) -> tuple[str, ...]:
    """Ways of appeal after a rejection, with the delay of where the association sits (`overseas`; None: unknown).

    `partly`: only a part was rejected; the decision that replaces the contested one names its own ways.
    """
    if late and not partly:
        return (
            "Votre recours étant arrivé après le délai, il n’a pas interrompu le délai de recours contentieux contre la "
            "décision d’origine, qui est passé.",
        )
    what = "ce rejet partiel" if partly else "la décision d’origine et ce rejet"
    return (
        f"Vous pouvez contester {what} devant le {court} dans un délai de {delay_of_appeal(overseas)} à compter de la "
        "notification de cette lettre, par courrier ou sur www.telerecours.fr.",
    )


# --- the corrected decision -------------------------------------------------------------------------------------------


def heard_sentence(*, ground: str, sent: date | None, observed: date | None, appeal: str = "") -> str:
    """On what a corrected decision rests, and how its association was heard: the end of its reason. `ground`: as the records
    name it; `sent`: the letter of intent; `observed`: the observations; `appeal`: the number of the appeal that it answers.
    Empty where there is nothing to say.
    """
    if ground == "favour":
        return f"Cette décision fait suite à votre recours {appeal}." if appeal else ""
    article = "L. 242-2, 2°," if ground == "condition" else "L. 242-1"
    rests = f"Cette décision est prise en application de l’article {article} {_CODE}"
    if sent is None:
        return f"{rests}."
    if observed is None:
        return f"{rests}, après ma lettre du {french.day(sent)}, à laquelle vous n’avez pas répondu."
    return f"{rests}, après ma lettre du {french.day(sent)} et vos observations du {french.day(observed)}."


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
