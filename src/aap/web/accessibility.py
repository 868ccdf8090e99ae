"""The state of accessibility by the criteria of the RGAA 4.1, from which the statement and the footer speak.

A self-evaluation: on the code, by axe on every page that the browser tests open, and by hand with the keyboard and at
320 px. No screen reader was used and nobody outside has audited it: what only these could show counts as not conformant.
Who operates an instance and has it audited replaces the marks below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

Text = str | LazyString
"""Said in the language of the answer that shows it."""

EVALUATED_ON = date(2026, 11, 25)

THEMES: Mapping[Text, str] = {
    # One mark a criterion, in the order of the RGAA: + conformant, - not conformant, . not applicable.
    _("1. Images"): "+++......",
    _("2. Cadres"): "++",
    _("3. Couleurs"): "+++",
    _("4. Multimédia"): ".............",
    _("5. Tableaux"): "...++++.",
    _("6. Liens"): "++",
    _("7. Scripts"): "-++++",
    _("8. Éléments obligatoires"): "++++++..+.",
    _("9. Structuration de l’information"): "+++.",
    _("10. Présentation de l’information"): "+++++++++++-..",
    _("11. Formulaires"): "+++++++.+++++",
    _("12. Navigation"): "++++.+++++.",
    _("13. Consultation"): "++-.....+.+.",
}

FAULTS: Mapping[str, Text] = {
    "7.1": _(
        "Les composants animés (liste de communes, tableaux de budget, enregistrement automatique) suivent les "
        "modèles ARIA, mais n’ont pas encore été essayés avec un lecteur d’écran."
    ),
    "10.12": _(
        "L’affichage avec un interlignage et des espacements agrandis n’a pas encore été vérifié sur chaque page."
    ),
    "13.3": _("Les PDF produits sont balisés (PDF/UA-1) mais n’ont pas été vérifiés par un outil indépendant."),
}

DEROGATIONS: tuple[Text, ...] = (
    _(
        "Les pièces que les associations joignent à leurs dossiers sont fournies par des tiers : elles sont présentées "
        "telles qu’elles ont été reçues."
    ),
)

SAMPLE = _(
    "accueil, page d’un appel, vérification avant de répondre, questions du dossier, résultats, connexion, création d’un "
    "compte, mon compte, mes dossiers, description d’une association, liste des parties d’un dossier, une partie du dossier "
    "avec un budget, dépôt et accusé de réception, évaluation d’un dossier, classement, contact, mentions légales, plan du "
    "site, accessibilité"
)


@dataclass(frozen=True)
class Fault:
    """One criterion that is not met. `theme`: its title."""

    criterion: str
    theme: Text
    words: Text


@dataclass(frozen=True)
class Statement:
    """`rate`: criteria met among those that apply."""

    state: Text
    rate: Fraction
    met: int
    applicable: int
    faults: tuple[Fault, ...]
    evaluated_on: date


def statement(themes: Mapping[Text, str] = THEMES) -> Statement:
    """The state that the marks give: partially conformant from half of the applicable criteria on."""
    met = sum(marks.count("+") for marks in themes.values())
    faults = tuple(
        Fault(criterion, theme, FAULTS.get(criterion, ""))
        for theme, marks in themes.items()
        for number, mark in enumerate(marks, start=1)
        if mark == "-" and (criterion := f"{theme.partition('.')[0]}.{number}")
    )
    applicable = met + len(faults)
    rate = Fraction(met, applicable)
    state = _("partiellement conforme") if rate >= Fraction(1, 2) else _("non conforme")
    if not faults:
        state = _("totalement conforme")
    return Statement(state, rate, met, applicable, faults, EVALUATED_ON)
