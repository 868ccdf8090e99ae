"""What services/decision object to in the settings of letters, and what stands in the letters' way, in words: a part of
`decision.WORDS`."""

from __future__ import annotations

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from aap.web import figures
from aap.web.letter_fields import field_name
from aap.web.wording.vocabulary import Words


def _unknown_name(name: str, allowed: tuple[str, ...]) -> str:
    if not allowed:
        return gettext("« {%(name)s} » ne se remplace pas dans ce texte.", name=name)
    names = figures.listed([f"{{{one}}}" for one in allowed])
    return gettext(
        "« {%(name)s} » n’est pas connu dans ce texte. Noms connus\u00a0: %(names)s.", name=name, names=names
    )


def _stale(number: int) -> str:
    return ngettext(
        "%(num)s lettre a été rédigée avant le dernier changement des textes\u00a0: rédigez-la de nouveau.",
        "%(num)s lettres ont été rédigées avant le dernier changement des textes\u00a0: rédigez-les de nouveau.",
        number,
    )


def _blank(field: str) -> str:
    return gettext("Il manque\u00a0: %(name)s.", name=field_name(field))


def _unfit(place: str, text: str) -> str:
    return gettext("%(place)s (fichier de l’appel)\u00a0: %(text)s.", place=place, text=text.rstrip("."))


LETTER_WORDS: Words = {
    "decision.letters_before_its_date": _(
        "Les lettres sont datées du %(signed_on)s\u00a0: personne n’est notifié d’une décision avant sa date de signature."
    ),
    "decision.letters_before_signature": _("Cette date n’est pas après celle de la signature."),
    "decision.letters_blank": _blank,
    "decision.letters_brace": _("Une accolade n’entoure pas un nom, comme dans «\u00a0{title}\u00a0»."),
    "decision.letters_day": _("Donnez une date, par exemple 15/04/2026."),
    "decision.letters_delegated_later": _("La délégation ne peut pas être donnée après la signature."),
    "decision.letters_notification_awaited": _(
        "L’heure d’une notification est proposée\u00a0: annulez-la avant de changer les textes de ses lettres."
    ),
    "decision.letters_saved_meanwhile": _(
        "Quelqu’un a enregistré une autre version entre-temps\u00a0: rechargez la page pour la voir."
    ),
    "decision.letters_stale": _stale,
    "decision.letters_suspends": _(
        "Un recours gracieux ne suspend pas le délai du recours contentieux\u00a0: il le proroge (CRPA, article L411-2)."
    ),
    "decision.letters_too_long": _("Ce texte dépasse %(most)s caractères."),
    "decision.letters_unfit": _unfit,
    "decision.letters_unknown_name": _unknown_name,
}
