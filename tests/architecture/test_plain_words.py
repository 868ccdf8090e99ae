"""Associations, reviewers and officials read no word of the trade, and « 1 dossiers » nowhere."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUES = [ROOT / "src/aap/translations" / name for name in ("messages.pot", "scripts.pot")]
PROSE = [
    *sorted((ROOT / "templates/mail").glob("*.txt")),
    *(ROOT / f"docs/guide-{name}.md" for name in ("association", "evaluation", "instruction")),
]

TRADE = re.compile(
    r"\b(uuid|json|ya?ml|hash\w*|sha-?256|timeouts?|tokens?|jetons?|cookies?|bundles?|backups?|caches?|urls?|api|slugs?|serveurs?"
    r"|bases? de données|logs?|javascript|scripts?|html5?|css|sql|utf-?8|workers?|mime|octets?|bytes?|null|none|checksums?"
    r"|solveurs?|smtp|tls|dns|totp|webauthn|proxy|mandataires?|nginx|booléens?|regexp?|variables? d’environnement)\b",
    re.IGNORECASE,
)

ENGINEERS = (
    "templates/admin/", "src/aap/web/admin/", "src/aap/web/wording/upkeep.py", "src/aap/web/wording/diagnosis.py",
    "src/aap/web/wording/call.py", "src/aap/web/accessibility.py", "templates/public/accessibility.html",
)  # fmt: skip
"""Whoever runs the site or writes its call files reads these, and the statement of accessibility names techniques by law."""

REASONS = {
    "Ce site n’a pas d’adresse à laquelle les navigateurs acceptent": "what whoever runs the site is told to change",
    "Cela demande JavaScript : le navigateur ne sait pas parler autrement à la clé.": "what to look for in the browser",
    "Les clés d’accès demandent JavaScript : activez-le, ou choisissez un autre moyen.": "what to look for in the browser",
    "L’étape suivante demande JavaScript : le navigateur ne sait pas parler autrement à la clé.": "the same",
    "Choisissez d’abord un fichier d’appel (.yaml).": "an administrator's form",
    "Cookies": "the word of the notice that the law asks for",
    "Données personnelles et cookies": "the same",
    "Un seul cookie, nécessaire au service": "the same",
    "Les règles qui classent (grille, calcul de la note, sélection) sont scellées": "for who checks the seal, in a fold",
    "en JSON": "a file of open data, for who asks for this format",
    "service_witness.txt": "a mail to the witness of the journal",
}
"""Beginning of a text, or name of a file → why it says the word all the same."""

NUMBER = re.compile(r"%\((?:n|num|count|load|number)\)s[\s\u00a0\u202f]+(?!sur\b|dans\b|plus\b|points\b)[a-zéèêàç]+s\b")
ALWAYS_MANY = {
    "%(a)s évaluateurs d’un côté, %(b)s de l’autre": "where two groups of a call have few dossiers in common",
    "Sa coupe la plus faible sépare": "the same",
    "Chaque dossier a ses %(n)s évaluateurs": "a proposal deals a dossier to several",
    "%(n)s caractères au": "a password's bounds, and a text's longest length",
    "Ce mot de passe est trop": "a password's bounds",
    "%(n)s critères notés sur %(all)s": "of a grid",
    "%(n)s\u00a0dossiers ont un numéro qui finit ainsi": "said from two on",
    "dans %(n)s jours": "said from two on: « demain » before",
}
"""Beginning of a text whose number is never one, and why."""


def messages() -> list[tuple[Message, tuple[str, ...]]]:
    """Every text of the catalogues with the files that say it, but for those of engineers."""
    found = []
    for path in CATALOGUES:
        with path.open("rb") as file:
            for message in read_po(file):
                files = tuple(name for name, _ in message.locations if not name.startswith(ENGINEERS))
                if message.id and files:
                    found.append((message, files))
    return found


def forms(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def test_nobody_but_who_runs_the_site_reads_a_word_of_the_trade() -> None:
    found = {
        text: files
        for message, files in messages()
        for text in forms(message)
        if TRADE.search(re.sub(r"%\(\w+\)s|https?://\S+", "", text)) and not text.startswith(tuple(REASONS))
    }
    assert found == {}
    prose = {
        (path.name, word[0])
        for path in PROSE
        for word in TRADE.finditer(
            re.sub(r"\{[{%].*?[%}]\}|`[^`]*`|\]\([^)]*\)", "", path.read_text(), flags=re.DOTALL)
        )
        if path.name not in REASONS
    }
    assert prose == set()


def test_a_number_agrees_with_its_noun() -> None:
    found = [
        (text, files)
        for message, files in messages()
        if not isinstance(message.id, tuple)
        for text in forms(message)
        if NUMBER.search(text) and not text.startswith(tuple(ALWAYS_MANY))
    ]
    assert found == []
