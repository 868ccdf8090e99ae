"""Texts of the decision letters: the defaults, and the names that a call file may put between braces.

A call file's `letters` replaces any of them. What the law asks for (ways of appeal, mention of the algorithmic
processing, personal data) is a template: the authority's counsel confirms the wording before the letters leave.
Sources: CJA R421-1, R421-5, R421-7 (delay, need to state it, overseas); CRPA L411-2 (prior appeal), L311-3-1 and
R311-3-1-2 (algorithmic processing); CE 23 December 2025 n° 493833 (a refusal cannot be parted from the decision that
awards the grants).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from aap.core.call.schema import AnswerTerm, CallFile, LetterText

LetterKind = Literal["laureate", "waiting_list", "refusal", "ineligible"]
KINDS: tuple[LetterKind, ...] = ("laureate", "waiting_list", "refusal", "ineligible")

# Names that every letter knows, with their French meaning (shown by `aap call check` when one is misspelt).
COMMON_PLACEHOLDERS: Mapping[str, str] = {
    "title": "titre de l’appel à projets",
    "reference": "référence de l’appel à projets",
    "application": "numéro du dossier",
    "association": "nom de l’association",
    "project": "titre du projet",
    "requested_amount": "montant demandé",
    "authority": "nom de l’autorité",
    "service": "service instructeur",
    "city": "ville de l’autorité",
    "court": "tribunal compétent",
    "contact": "adresse de contact de l’appel",
    "published": "publication de la décision d’attribution",
    "signed_on": "date de la décision",
    "act": "acte qui attribue les subventions, avec son numéro et sa date",
    "greeting": "« Madame la Présidente », « Monsieur le Président », selon la qualité du représentant ; sinon « Madame, "
    "Monsieur »",
    "award": "phrase qui rattache la décision à celle qui attribue les subventions, et dit sa publication",
    "delay": "délai de recours : « deux mois », « trois mois » quand le siège est outre-mer",
    "replaces": "phrase qui cite la décision remplacée, ce qu’elle disait et pourquoi ; vide sinon",
}
_RETAINED = "nombre de dossiers retenus et classés"
_REASON = "motif de la décision : rang et note finale, passage des notes à celle-ci, ce qui a manqué"
# Names whose value only some letters have.
KIND_PLACEHOLDERS: Mapping[LetterKind, Mapping[str, str]] = {
    "laureate": {
        "amount": "montant attribué",
        "rank": "rang au classement",
        "ranked": "nombre de dossiers classés",
        "score": "note finale, dans le total de l’appel",
        "reduction": "pourquoi le montant n’est pas celui qui était demandé ; vide s’il l’est",
        "jury": "ce que le jury ou l’autorité a décidé sur le dossier, avec son motif ; vide sinon",
    },
    "waiting_list": {
        "standing": _RETAINED,
        "waiting": "rang sur la liste d’attente, fin de sa validité et ce qui se passe alors, en phrases",
        "waiting_rank": "rang sur la liste d’attente",
        "expires": "fin de validité de la liste d’attente",
        "rank": "rang au classement",
        "ranked": "nombre de dossiers classés",
        "score": "note finale, dans le total de l’appel",
        "reason": _REASON,
        "jury": "ce que le jury ou l’autorité a décidé sur le dossier, avec son motif ; vide sinon",
    },
    "refusal": {
        "reason": f"{_REASON} ; celui du jury compris",
        "jury": "ce que le jury ou l’autorité a décidé sur le dossier, avec son motif ; vide sinon",
        "decomposition": "dossiers retenus, rang, notes, correction de sévérité et note finale, ligne à ligne ; vide si le "
        "dossier n’a pas été noté",
        "standing": "rang et note, en une phrase ; nombre de dossiers retenus et classés là où {reason} les donne déjà",
    },
    "ineligible": {"standing": _RETAINED, "reason": "règle de recevabilité qui n’est pas remplie"},
}

# Names that the act which awards the grants may use in its visas and articles.
ACT_PLACEHOLDERS: Mapping[str, str] = {
    **{name: COMMON_PLACEHOLDERS[name] for name in ("title", "reference", "authority", "service", "city", "published")},
    "laureates": "nombre de lauréats",
    "granted": "montant total attribué",
    "waiting": "nombre de dossiers sur la liste d’attente",
    "expires": "fin de validité de la liste d’attente",
}

_PLACEHOLDER = re.compile(r"\{([^{}\s]*)\}")
_STRAY_BRACE = re.compile(r"[{}]")


@dataclass(frozen=True, slots=True)
class LetterProblem:
    """A text of `letters` that cannot be filled in, or says what it may not. `path` is the key's path in the call file."""

    path: str
    found: str
    allowed: tuple[str, ...]
    message: str


class UnknownPlaceholder(ValueError):
    """A text names a value that this letter does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no value for {{{name}}} in this letter")
        self.name = name


def placeholders_of(kind: LetterKind) -> tuple[str, ...]:
    """Names that a letter of this kind may use between braces."""
    return (*COMMON_PLACEHOLDERS, *KIND_PLACEHOLDERS[kind])


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """Replace each `{name}` by its value, once: a value that holds braces itself is left as it is.

    Raises UnknownPlaceholder for a name without a value.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise UnknownPlaceholder(match[1])
        return values[match[1]]

    return _PLACEHOLDER.sub(value, text)


def names_in(text: str) -> tuple[str, ...]:
    """The names between braces of a text, as they stand."""
    return tuple(_PLACEHOLDER.findall(text))


def has_stray_brace(text: str) -> bool:
    """Whether a brace surrounds no name."""
    return _STRAY_BRACE.search(_PLACEHOLDER.sub("", text)) is not None


def placeholder_problems(call: CallFile) -> tuple[LetterProblem, ...]:
    """Every name between braces in `letters` that is unknown or has no value in this call, in file order."""
    problems = []
    absent = _names_without_value(call)
    for path, text, allowed in letter_texts_of(call):
        for name in names_in(text):
            if name not in allowed:
                problems.append(
                    LetterProblem(path, f"{{{name}}}", allowed, f"« {{{name}}} » n’est pas connu dans ce texte.")
                )
            elif name in absent:
                message = f"« {{{name}}} » est employé, mais {absent[name]} n’est pas rempli."
                problems.append(LetterProblem(path, f"{{{name}}}", allowed, message))
        if has_stray_brace(text):
            problems.append(
                LetterProblem(path, text, allowed, "Une accolade n’entoure pas un nom, comme dans « {amount} ».")
            )
    return tuple(problems)


def _names_without_value(call: CallFile) -> dict[str, str]:
    """Common names whose value is absent from the call file, with the key that would give it."""
    authority = call.call.authority
    keys = {
        "title": ("call.title", call.call.title),
        "reference": ("call.reference", call.call.reference),
        "authority": ("call.authority.name", authority and authority.name),
        "service": ("call.authority.service", authority and authority.service),
        "city": ("call.authority.city", authority and authority.city),
        "court": ("call.authority.court", authority and authority.court),
        "contact": ("call.contact", call.call.contact),
        "published": ("letters.published", call.letters.published),
        "signed_on": ("letters.signed_on", call.letters.signed_on),
        "expires": ("letters.waiting_list_expires", call.letters.waiting_list_expires),
    }
    return {name: key for name, (key, value) in keys.items() if not value}


def letter_texts_of(call: CallFile) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(path, text, allowed names) of every text of `letters` that the call file gives."""
    for kind in KINDS:
        letter: LetterText = getattr(call.letters, kind)
        allowed = placeholders_of(kind)
        if letter.object is not None:
            yield f"letters.{kind}.object", letter.object, allowed
        for name, texts in (("paragraphs", letter.paragraphs), ("conditions", letter.conditions)):
            for index, text in enumerate(texts or ()):
                yield f"letters.{kind}.{name}[{index}]", text, allowed
    common = tuple(COMMON_PLACEHOLDERS)
    for index, text in enumerate(call.letters.appeals or ()):
        yield f"letters.appeals[{index}]", text, common
    for name, single in (("algorithm", call.letters.algorithm), ("privacy", call.letters.privacy)):
        if single is not None:
            yield f"letters.{name}", single, common


def court_of(call: CallFile) -> str:
    """The court with its preposition's object: « tribunal administratif de Paris »."""
    authority = call.call.authority
    return (authority.court if authority else None) or "tribunal administratif compétent"


def values_of_call(call: CallFile) -> dict[str, str]:
    """Text of every common name whose value the call file alone gives; one that it leaves blank is not here."""
    authority = call.call.authority
    known = {
        "title": call.call.title or call.id,
        "reference": call.call.reference or call.id,
        "authority": authority.name if authority else None,
        "service": authority.office if authority else None,
        "city": authority.city if authority else None,
        "court": court_of(call),
        "contact": call.call.contact,
    }
    return {name: value for name, value in known.items() if value}


# --- defaults -------------------------------------------------------------------------------------------------------

DEFAULT_OBJECTS: Mapping[LetterKind, str] = {
    "laureate": "Attribution d’une subvention – {title}",
    "waiting_list": "Inscription sur la liste d’attente – {title}",
    "refusal": "Décision sur votre demande de subvention – {title}",
    "ineligible": "Irrecevabilité de votre demande de subvention – {title}",
}

DEFAULT_PARAGRAPHS: Mapping[LetterKind, tuple[str, ...]] = {
    "laureate": (
        "J’ai le plaisir de vous informer que le projet présenté par {association} est retenu au titre de l’appel à "
        "projets cité en objet. Une subvention de {amount} lui est attribuée.",
    ),
    "waiting_list": (
        "Votre dossier n’a pas pu être retenu à ce stade, mais il est inscrit sur la liste d’attente. {standing} "
        "{reason}",
        "{waiting} Si un lauréat renonce à sa subvention, les dossiers de cette liste sont appelés dans l’ordre, dans le "
        "respect des règles de l’appel à projets.",
    ),
    "refusal": (
        "J’ai le regret de vous informer que votre demande de subvention de {requested_amount} n’est pas retenue.",
        "{standing} {reason}",
    ),
    "ineligible": (
        "J’ai le regret de vous informer que votre demande de subvention de {requested_amount} n’est pas recevable. "
        "Elle n’a donc pas été classée.",
        "{standing} {reason}",
    ),
}

WITHDRAWN_PARAGRAPHS: tuple[str, ...] = (
    "Vous avez retiré votre demande de subvention de {requested_amount}. J’en prends acte : elle n’a pas été retenue "
    "et ne sera pas examinée plus avant.",
)

DEFAULT_CLOSING = "Je vous prie d’agréer, {greeting}, l’expression de ma considération distinguée."


def answer_sentence(answer: AnswerTerm, who: str = "Vous disposez") -> str:
    """How long a laureate has to answer, and what silence does: said by the call and by the laureate's letter alike."""
    term = (
        f"{who} de {answer.within_days} jours à compter de la notification de la décision pour accepter la subvention ou y "
        "renoncer."
    )
    if answer.silence == "lapses":
        return f"{term} Sans réponse dans ce délai, la subvention est caduque et la place revient à un autre projet."
    return f"{term} Sans réponse dans ce délai, elle reste attribuée."


# The list expires on a day, or with the call's appropriations when the call file sets no day.
WAITING_LIST_EXPIRY = (
    "La liste d’attente est valable jusqu’au {expires}. Sans nouvelle de notre part à cette date, votre demande est "
    "refusée."
)
WAITING_LIST_NO_DATE = (
    "La liste d’attente reste valable tant que les crédits de l’appel à projets ne sont pas tous engagés."
)

DEFAULT_CONDITIONS: tuple[str, ...] = (
    "signer la convention qui vous sera adressée, avant tout versement ;",
    "employer la subvention au seul projet décrit dans votre dossier ;",
    "remettre un compte rendu financier dans les six mois qui suivent la fin de l’exercice ;",
    "respecter le contrat d’engagement républicain que vous avez souscrit.",
)


# Said to who sits overseas where the call file's ways of appeal don't (CJA R421-7).
OVERSEAS = (
    "Le siège de votre association étant outre-mer, ce délai est de trois mois (article R. 421-7 du code de justice "
    "administrative)."
)


def award_decision(act: str, published: str) -> str:
    """A refusal cannot be parted from the decision that awards the grants: it is cited, with its publication
    (CE 23 December 2025 n° 493833)."""
    cited = ", ".join(filter(None, (act, published)))
    where = f" ({cited})" if cited else ", publiée avec les résultats de l’appel"
    return f"Cette décision est indissociable de la décision qui attribue les subventions de l’appel à projets{where}."


def default_appeals() -> tuple[str, ...]:
    """Ways of appeal, as a template per authority: the call's court and the association's delay are filled in."""
    return (
        "Vous pouvez contester cette décision dans un délai de {delay} à compter de sa notification :",
        "– par un recours gracieux auprès de son auteur, ou hiérarchique auprès de son supérieur ; formé dans ce "
        "délai, il proroge le suivant ;",
        "– par un recours contentieux devant le {court}, par courrier ou sur www.telerecours.fr.",
        "{award}",
    )


ALGORITHM = (
    "Un traitement algorithmique a préparé cette décision : les notes données par les évaluateurs ont été réunies, puis les "
    "dossiers classés et sélectionnés selon des règles publiées avant l’ouverture de l’appel."
)
"""How a decision was prepared (CRPA L311-3-1): in letters, and in the act that awards the grants."""


def default_algorithm(contact: str | None) -> str:
    """Mention of the algorithmic processing (CRPA L311-3-1)."""
    where = f" à l’adresse {contact}" if contact else ""
    return (
        f"{ALGORITHM} La décision est prise par une personne. Vous pouvez obtenir{where} les règles de ce traitement et leur "
        "application à votre dossier."
    )


def default_privacy(contact: str | None) -> str:
    """Mention on personal data (RGPD, articles 13 and 15 to 21)."""
    where = f" en écrivant à {contact}" if contact else " auprès du service instructeur"
    return (
        "Les données de votre dossier servent à instruire votre demande et à suivre la subvention. Vous pouvez y "
        f"accéder et les faire rectifier{where}, et saisir la CNIL d’une réclamation."
    )


RECEIPT_ALGORITHM = (
    "Un traitement algorithmique préparera la décision : il réunit les notes des évaluateurs, classe les dossiers et "
    "propose une sélection selon les règles publiées sur la page de l’appel. La décision sera prise par une personne. "
    "Vous pourrez demander l’application de ces règles à votre dossier."
)


def silence_appeals(court: str, *, overseas: bool | None) -> tuple[str, ...]:
    """Ways of appeal against the rejection that silence makes, as a receipt must state them (CRPA R112-5)."""
    return (
        f"Un refus né du silence peut être contesté dans un délai de {delay_of_appeal(overseas)} à compter de cette date :",
        "– par un recours gracieux auprès du service, ou hiérarchique auprès de son supérieur ; formé dans ce délai, "
        "il proroge le suivant ;",
        f"– par un recours contentieux devant le {court}, par courrier ou sur www.telerecours.fr.",
    )


def delay_of_appeal(overseas: bool | None) -> str:
    """The delay of an appeal: a month more for who sits overseas (CJA R421-7); both where that isn't known."""
    if overseas is None:
        return "deux mois (trois mois outre-mer)"
    return "trois mois" if overseas else "deux mois"
