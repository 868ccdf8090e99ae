"""What the law asks of every letter, looked for in the texts that a call file puts in the place of the defaults.

Sources: CJA R421-1 and R421-5 (the delay and the court, or they aren't opposable), R421-7 (overseas); CRPA L411-2 (a prior
appeal prolongs the delay, it doesn't suspend it), L311-3-1 and R311-3-1-1 (algorithmic processing), L212-1 (first name,
name, capacity and service of the author); CE 23 December 2025 n° 493833 (a refusal cites the decision that awards the
grants). A text that passes is not thereby right: the authority's counsel reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aap.core.call.letter_texts import KINDS, LetterKind, LetterProblem, letter_texts_of
from aap.core.call.schema import CallFile, LetterText
from aap.core.composed import without_accents

if TYPE_CHECKING:
    from aap.core.call.letter_settings import DecisionTerms

# Read without accents, in small letters.
_SUSPENDS = re.compile(r"(?<!ne )(?<!n')(?<!n’)\bsuspen\w*\s+(?:(?:le|les|du|des|ce|ces|de ce|de|ces)\s+)?delais?\b")
_DELAY = re.compile(r"\{delay\}|\b(?:deux|trois|2|3)\s+mois\b")
_THREE_MONTHS = re.compile(r"\{delay\}|\b(?:trois|3)\s+mois\b")
_COURT = re.compile(r"\{court\}|\btribunal\b")
_PRIOR = re.compile(r"\brecours (?:administratif|gracieux|hierarchique)|\bgracieux\b")
_AWARD = re.compile(r"\{(?:award|published|act)\}|\b(?:decision|deliberation|arrete)\b[^.;]{0,80}\battribu")
_ALGORITHM = re.compile(r"\balgorithm|\bcalcul")
_RIGHT_TO_RULES = re.compile(r"\b(?:demander|obtenir|communiqu\w+|consulter)\b")


def _read(text: str) -> str:
    return without_accents(text).casefold().replace("\u00a0", " ").replace("\u202f", " ")


def suspends_a_delay(text: str) -> bool:
    """Whether a text says that an appeal suspends a delay: it prolongs it, and starts it anew (CRPA L411-2)."""
    return _SUSPENDS.search(_read(text)) is not None


def says_delay_overseas(text: str) -> bool:
    """Whether a text gives the delay of who sits overseas."""
    return _THREE_MONTHS.search(_read(text)) is not None


def legal_problems(call: CallFile) -> tuple[LetterProblem, ...]:
    """What the call file's texts say against the law, or leave out, in the order of the file."""
    return (*_suspensions(call), *_appeals(call), *_award(call), *_algorithm(call))


def _suspensions(call: CallFile) -> Iterator[LetterProblem]:
    for path, text, _ in letter_texts_of(call):
        if suspends_a_delay(text):
            message = (
                "un recours gracieux ou hiérarchique ne suspend pas le délai du recours contentieux : formé dans ce délai, "
                "il le proroge (CRPA, article L411-2)"
            )
            yield LetterProblem(path, text, (), message)


def _appeals(call: CallFile) -> Iterator[LetterProblem]:
    given = call.letters.appeals
    if given is None:
        return
    whole = _read(" ".join(given))
    for wanted, message in (
        (_DELAY, "le délai de recours n’est pas dit ({delay}) : il ne court pas (code de justice administrative, article "
                 "R421-5)"),
        (_COURT, "le tribunal à saisir n’est pas dit ({court}) : le délai ne court pas (code de justice administrative, "
                 "article R421-5)"),
        (_PRIOR, "le recours gracieux ou hiérarchique n’est pas dit, ni qu’il proroge le délai du recours contentieux (CRPA, "
                 "article L411-2)"),
    ):  # fmt: skip
        if not wanted.search(whole):
            yield LetterProblem("letters.appeals", "", (), message)


def _award(call: CallFile) -> Iterator[LetterProblem]:
    """In the ways of appeal, or in the letter of each kind that refuses."""
    appeals = call.letters.appeals
    if appeals is None or _AWARD.search(_read(" ".join(appeals))):
        return
    refusing: tuple[LetterKind, ...] = ("refusal", "ineligible")
    silent = [kind for kind in refusing if not _AWARD.search(_read(" ".join(_paragraphs(call, kind))))]
    if silent:
        message = (
            "les refus ne citent pas la décision qui attribue les subventions ni sa publication ({award}), dont ils ne se "
            "détachent pas (Conseil d’État, 23 décembre 2025, n° 493833)"
        )
        yield LetterProblem("letters.appeals", "", (), message)


def _paragraphs(call: CallFile, kind: LetterKind) -> tuple[str, ...]:
    text: LetterText = getattr(call.letters, kind)
    return text.paragraphs or ()


def _algorithm(call: CallFile) -> Iterator[LetterProblem]:
    given = call.letters.algorithm
    if given is None:
        return
    for wanted, message in (
        (_ALGORITHM, "cette mention ne dit pas qu’un calcul a préparé la décision (CRPA, article L311-3-1)"),
        (
            _RIGHT_TO_RULES,
            "cette mention ne dit pas que les règles du calcul peuvent être obtenues (CRPA, article R311-3-1-1)",
        ),
    ):
        if not wanted.search(_read(given)):
            yield LetterProblem("letters.algorithm", "", (), message)


def blanks(call: CallFile, terms: DecisionTerms, kinds: frozenset[LetterKind]) -> tuple[str, ...]:
    """What letters of these kinds lack, by the name of the setting (`call.authority` where the call file alone has it).

    `terms`: those in effect.
    """
    authority = call.call.authority
    refuses = bool(kinds & {"refusal", "ineligible", "waiting_list"})
    used = {name for kind in KINDS if kind in kinds for name in ("act", "published") if _uses(call, kind, name)}
    found = [
        ("signed_on", terms.signed_on is None),
        ("first_name", not terms.first_name),
        ("last_name", not terms.last_name),
        ("capacity", not terms.capacity),
        ("call.authority", authority is None),
        ("delegation", bool(terms.on_behalf) and not terms.delegation),
        ("act", (refuses and not terms.act and not terms.published) or ("act" in used and not terms.act)),
        ("published", "published" in used and not terms.published),
        ("expires", "waiting_list" in kinds and terms.expires is None),
    ]
    return tuple(name for name, blank in found if blank)


def _uses(call: CallFile, kind: LetterKind, name: str) -> bool:
    prefixes = (f"letters.{kind}.", "letters.appeals", "letters.algorithm", "letters.privacy")
    return any(f"{{{name}}}" in text for path, text, _ in letter_texts_of(call) if path.startswith(prefixes))
