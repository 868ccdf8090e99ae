"""The sentences that a letter's variables stand for, from what was decided on one dossier.

The product words them, never the call file: each is true of the facts, and empty where it has nothing to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from aap.core import french
from aap.core.call import letter_texts
from aap.core.call.letter_settings import DecisionTerms
from aap.core.call.letter_texts import LetterKind
from aap.core.call.lots import lot_name
from aap.core.call.points import figure
from aap.core.call.schema import CallFile
from aap.core.ranking.reason_figures import after_opening, with_figures
from aap.core.results import Status
from aap.documents.papers.greeting import greeting
from aap.documents.papers.letter_facts import LetterFacts, WrittenDecision

# Line ends and runs of spaces that were typed; not the no-break spaces, which str.split would swallow.
_TYPED_SPACES = re.compile(r"[ \t\r\n]+")


def on_one_line(text: str) -> str:
    """A text on one line, its no-break spaces untouched."""
    return _TYPED_SPACES.sub(" ", text).strip()


def values_of(
    call: CallFile,
    facts: LetterFacts,
    kind: LetterKind,
    terms: DecisionTerms,
    *,
    beside_reason: bool,
    beside_jury: bool,
    beside_decomposition: bool,
    application: str,
    project: str,
) -> dict[str, str]:
    """Text of every variable of this kind of letter; one without a value is left out, and `fill_in` refuses it.

    `terms`: those in effect. `beside_reason`, `beside_jury`, `beside_decomposition`: the letter says `{reason}`, `{jury}`,
    `{decomposition}` somewhere.
    """
    known: dict[str, str | None] = {
        **letter_texts.values_of_call(call),
        "application": application,
        "association": facts.association,
        "project": french.spaced(project) if project else application,
        "requested_amount": french.euros(facts.requested_amount),
        "published": terms.published or None,
        "signed_on": french.day(terms.signed_on) if terms.signed_on else None,
        "act": terms.act_in_words or "décision qui attribue les subventions",
        "greeting": greeting(facts.capacity),
        "award": letter_texts.award_decision(terms.act_in_words, terms.published),
        "delay": letter_texts.delay_of_appeal(facts.overseas),
        "replaces": _replaces(facts, beside_reason=beside_reason),
        "amount": french.euros(facts.granted_amount) if facts.granted_amount is not None else None,
        "rank": french.ordinal(facts.rank) if facts.rank is not None else None,
        "ranked": french.number(facts.ranked) if facts.ranked is not None else None,
        "score": figure(facts.score, call.rubric, facts.decimals(call)) if facts.score is not None else None,
        "waiting_rank": french.ordinal(facts.waiting_rank) if facts.waiting_rank is not None else None,
        "expires": french.day(terms.expires) if terms.expires else None,
        "reason": reason_in_words(call, facts, beside_jury=beside_jury, steps=not beside_decomposition),
        "standing": _standing(call, facts, beside_reason=beside_reason),
        "reduction": reduction_in_words(call, facts),
        "jury": _jury(facts),
        "waiting": _waiting(facts, terms),
        "decomposition": " ; ".join(decomposition(call, facts)),
    }
    allowed = letter_texts.placeholders_of(kind)
    return {name: value for name, value in known.items() if value is not None and name in allowed}


def _sentence(reason: str) -> str:
    """A reason as the end of a sentence; nothing stays nothing."""
    text = on_one_line(reason)
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."


# --- reasons ----------------------------------------------------------------------------------------------------------

_TO_READER = (
    ("Classé ", "Votre dossier est classé "),
    ("Note finale de ", "Votre dossier obtient une note finale de "),
    ("Score de ", "Votre dossier obtient une note finale de "),  # runs that release 0.1.0 kept
    ("Note moyenne de ", "Votre dossier obtient une note moyenne de "),
    ("Note arrêtée en commun de ", "Votre dossier obtient une note, arrêtée en commun, de "),
    ("Note de ", "Votre dossier obtient une note de "),
    ("Critère éliminatoire ", "Votre dossier ne remplit pas un critère éliminatoire, "),
    ("Appelé ", "Votre dossier est appelé "),
)
"""How a reason of the ranking begins, and how it does in a letter to those whom it is about."""

_LEFT_OUT = re.compile("(?:Le jury|L’autorité) a décidé de ne pas retenir ce projet[.]")
_INSCRIBED = re.compile(r" Inscrit \S+ sur la liste d’attente(?:\.|\s:\s(il peut prendre la place d’un lauréat\.))")


def to_reader(reason: str) -> str:
    """A reason of the ranking in the words of a letter: what begins otherwise was written by a person, and stays."""
    for start, addressed in _TO_READER:
        if reason.startswith(start):
            reason = addressed + reason.removeprefix(start)
            break
    return reason.replace(" L’association a renoncé à la subvention.", " Vous avez renoncé à la subvention.")


def reason_in_words(call: CallFile, facts: LetterFacts, *, beside_jury: bool = False, steps: bool = True) -> str:
    """`{reason}`: rank and score, how the marks make that score (`steps`), and what was missing: the ranking's sentences,
    with the jury's own in their place where the jury decided otherwise.

    The place on the waiting list is left to `{waiting}`, which says it with its expiry.
    """
    reason = _INSCRIBED.sub(lambda found: " " + _capital(found[1]) if found[1] else "", _sentence(facts.reason))
    if facts.written_as("out"):
        said = "" if beside_jury else _jury(facts)
        reason = _LEFT_OUT.sub(lambda _: said, reason).strip()
    if facts.replaced is not None:
        return to_reader(reason)  # a person's own words: no figure of the ranking is in them
    told = with_figures(
        reason, call.rubric, reason_code=facts.reason_code, score=facts.score, marks=facts.marks, last=facts.last
    )
    opening, rest = after_opening(told)
    how = steps_in_words(call, facts) if steps else ""
    parts = (opening, how, rest) if opening else (rest, how)
    return " ".join(filter(None, (to_reader(part) for part in parts)))


def steps_in_words(call: CallFile, facts: LetterFacts) -> str:
    """From the marks to the final score, in figures that add up as the table's; empty where there is no score, or where it
    was agreed on after the reviews."""
    table = facts.mark_table(call)
    if table is None or facts.score is None or facts.status in ("withdrawn", "ineligible"):
        return ""
    found = table.correction
    if found is not None:
        by = f"par la correction des écarts de sévérité entre évaluateurs, donne {found.final}."
        changed = "augmentée" if found.adds else "diminuée"
        return f"La moyenne de vos notes, {found.mean}, {changed} de {found.amount} {by}"
    if not table.adds_up:
        return ""
    final = figure(facts.score, call.rubric, facts.decimals(call))
    return f"Vos notes, comptées selon leur poids, donnent {final}, sans correction."


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def written_in_words(written: WrittenDecision) -> str:
    """What persons decided on a dossier, as its association reads it; of an amount, `reduction_in_words` says more."""
    did = {
        "in": "a décidé de retenir votre projet",
        "out": "a décidé de ne pas retenir votre projet",
        "amount": "a fixé le montant de votre subvention",
    }[written.decision]
    return f"{_who(written)} {did}{_for_reason(written.reason)}"


def _for_reason(reason: str) -> str:
    text = french.spaced(on_one_line(reason))
    return f", pour le motif suivant{french.NBSP}: {_sentence(text)}" if text else "."


def _jury(facts: LetterFacts) -> str:
    found = facts.written_as("in", "out")
    fits = found is not None and (facts.status == "laureate") == (found.decision == "in")
    return written_in_words(found) if found is not None and fits else ""


# --- amounts ----------------------------------------------------------------------------------------------------------


def reduction_in_words(call: CallFile, facts: LetterFacts) -> str:
    """`{reduction}`: why the grant isn't what was asked for: the funding line, the jury, or the amount that was proposed.

    Empty where it is, and where the decision replaces another: `{replaces}` then says what changes, and why.
    """
    granted, asked = facts.granted_amount, facts.requested_amount
    if granted is None or granted == asked or facts.status != "laureate" or facts.replaced is not None:
        return ""
    side = "inférieure" if granted < asked else "supérieure"
    start = f"Cette subvention est {side} aux {french.euros(asked)} que vous aviez demandés"
    fixed = facts.written_as("amount")
    if facts.reason_code == "reduced":
        before = ""
        if fixed is not None and fixed.amount is not None and fixed.amount != asked:
            before = f" {_who(fixed)} l’avait d’abord fixée à {french.euros(fixed.amount)}{_for_reason(fixed.reason)}"
        why = "c’est le plus grand montant que les règles de l’appel à projets permettent encore à votre rang"
        return f"{start}{french.NBSP}: {why}.{before}{_MAY_DECLINE}"
    if fixed is not None:
        who = _who(fixed)
        text = f"{start}{french.NBSP}: {who[0].lower()}{who[1:]} l’a fixée à {french.euros(granted)}{_for_reason(fixed.reason)}"
    elif call.selection.amounts == "proposed" and granted < asked:
        why = "c’est le montant que le service a proposé après l’examen de votre budget, avant l’ouverture des notes"
        text = f"{start}{french.NBSP}: {why}."
    else:
        text = f"{start}."
    return text + (_MAY_DECLINE if granted < asked else "")


_MAY_DECLINE = " Vous pouvez l’accepter ou y renoncer."


def _who(written: WrittenDecision) -> str:
    return "L’autorité" if written.by_authority else "Le jury"


# --- a decision that replaces another -----------------------------------------------------------------------------------

_SAID: Mapping[Status, str] = {
    "waiting_list": "qui l’inscrivait sur la liste d’attente",
    "not_selected": "qui ne la retenait pas",
    "below_threshold": "qui ne la retenait pas",
    "ineligible": "qui la déclarait irrecevable",
    "withdrawn": "qui prenait acte de son retrait",
}


def _replaces(facts: LetterFacts, *, beside_reason: bool) -> str:
    """What changes, which decision is replaced (number, date, what it said), and why unless the letter says it."""
    before = facts.replaced
    if before is None:
        return ""
    dated = f" du {french.day(before.dated)}" if before.dated else ""
    cited = f"La présente décision remplace la décision n°{french.NBSP}{before.number}{dated}"
    was = _SAID.get(before.status, "")
    parts = [_change(facts), f"{cited} sur votre demande, {was}." if was else f"{cited}."]
    if not beside_reason and facts.reason:
        parts.append(to_reader(_sentence(facts.reason)))
    return " ".join(filter(None, parts))


def _change(facts: LetterFacts) -> str:
    """What becomes of a grant that was decided before."""
    before = facts.replaced
    assert before is not None
    if before.status != "laureate" or before.amount is None:
        return ""
    had = f"La subvention de {french.euros(before.amount)} qui vous était attribuée"
    if facts.status != "laureate" or facts.granted_amount is None:
        return f"{had} vous est retirée."
    if facts.granted_amount > before.amount:
        return f"{had} est portée à {french.euros(facts.granted_amount)}."
    if facts.granted_amount < before.amount:
        return f"{had} est ramenée à {french.euros(facts.granted_amount)}."
    return ""


# --- where a dossier stands ---------------------------------------------------------------------------------------------


def _waiting(facts: LetterFacts, terms: DecisionTerms) -> str:
    """`{waiting}`: the rank on the waiting list, until when it is valid, and what becomes of the request then."""
    if facts.waiting_rank is None:
        return ""
    start = f"Votre dossier est inscrit au {french.ordinal(facts.waiting_rank)} rang de la liste d’attente."
    if terms.expires is None:
        return f"{start} {letter_texts.WAITING_LIST_NO_DATE}"
    return f"{start} {letter_texts.fill_in(letter_texts.WAITING_LIST_EXPIRY, {'expires': french.day(terms.expires)})}"


def decomposition(call: CallFile, facts: LetterFacts) -> tuple[str, ...]:
    """`{decomposition}` line by line: how many were retained, the rank, each mark, the correction, the final score.

    Nothing where the dossier has no mark.
    """
    table = facts.mark_table(call)
    if table is None or facts.status == "withdrawn":
        return ()
    of_lot = f" du {lot_name(facts.lot)}" if facts.lot else ""
    lines = []
    if facts.retained is not None and facts.ranked:
        among = french.count(facts.ranked, "dossier classé", "dossiers classés")
        lines.append(f"dossiers retenus{of_lot} : {french.number(facts.retained)} sur {among}")
    if facts.rank is not None:
        lines.append(f"rang de votre dossier : {french.ordinal(facts.rank)}")
    lines += [f"{line.title} ({line.share}) : {line.mark}" for line in table.lines]
    if table.correction:
        lines.append(f"moyenne des notes : {table.correction.mean}")
        lines.append(f"correction des écarts de sévérité entre évaluateurs : {table.correction.change}")
    if table.score:
        minimum = f" (minimum exigé : {table.minimum})" if table.minimum else ""
        lines.append(f"note finale : {table.score}{minimum}")
    return tuple(map(french.spaced, lines))


def _standing(call: CallFile, facts: LetterFacts, *, beside_reason: bool) -> str:
    """Where the application stands, in one sentence: rank and score, or score alone, or nothing.

    A letter that gives the reason (`beside_reason`) has read there the rank and the score, or the mark below the
    threshold: only how many are retained and how many ranked is new, and comes before.
    """
    if facts.status == "withdrawn":
        return ""
    of_lot = f" du {lot_name(facts.lot)}" if facts.lot else ""
    if beside_reason:
        return _retained(facts, of_lot)
    if facts.score is None:
        return ""
    top = french.exact(call.rubric.out_of)
    score = f"la note de {figure(facts.score, call.rubric, facts.decimals(call))}{french.NBSP}sur{french.NBSP}{top}"
    if facts.rank is None:
        return f"Votre dossier obtient {score}."
    among = f" sur {french.count(facts.ranked, 'dossier classé', 'dossiers classés')}" if facts.ranked else ""
    among += f" dans le {lot_name(facts.lot)}" if facts.lot else ""
    return f"Votre dossier est {french.ordinal(facts.rank)}{among}, avec {score}."


def _retained(facts: LetterFacts, of_lot: str) -> str:
    """How many were retained, out of how many that are ranked as this one is."""
    if facts.retained is None:
        return (
            ""
            if facts.rank is None or not facts.ranked
            else f"Le classement{of_lot} compte {french.count(facts.ranked, 'dossier')}."
        )
    among = f" sur {french.number(facts.ranked)} classés" if facts.ranked and facts.ranked > 1 else ""
    where = f" dans le {lot_name(facts.lot)}" if facts.lot else ""
    if facts.retained == 0:
        return f"Aucun dossier n’a été retenu{where}."
    if facts.retained == 1:
        return f"Un dossier a été retenu{among}{where}."
    return f"{french.number(facts.retained)} dossiers ont été retenus{among}{where}."
