"""What services/call object to, in words."""

from __future__ import annotations

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from aap.web.wording.vocabulary import Words

_MOST_KEYS = 8  # named at once; another file altogether would name them all


def _sealed(changes: tuple[str, ...], keys: tuple[str, ...]) -> str:
    names = {
        "id": _("l’identifiant de l’appel"),
        "ranking": _("la grille, le calcul ou la sélection"),
        "opens_at": _("la date d’ouverture"),
        "closes_at": _("la date de clôture (un agent la prolonge depuis l’instruction)"),
        "grace_minutes": _("la tolérance après la clôture"),
        "min_amount": _("le montant minimal"),
        "max_amount": _("le montant maximal"),
        "max_share": _("la part maximale de la subvention"),
        "max_per_applicant": _("le nombre de dossiers par porteur"),
        "applicants": _("qui peut candidater"),
        "consortium": _("les partenaires d’un dossier"),
        "comments": _("qui lit les commentaires des évaluateurs"),
        "invited": _("qui est invité"),
        "eligibility": _("les conditions de recevabilité"),
        "questions": _("les questions du dossier (leur texte et leur aide le peuvent)"),
    }
    said = gettext(
        "Depuis l’ouverture, ceci ne peut plus changer\u00a0: %(changes)s.",
        changes=", ".join(str(names[change]) for change in changes),
    )
    shown = ", ".join(keys[:_MOST_KEYS]) + (" …" if len(keys) > _MOST_KEYS else "")
    return f"{said} " + ngettext(
        "La clé modifiée est %(keys)s.", "Les clés modifiées sont %(keys)s.", len(keys), keys=shown
    )


WORDS: Words = {
    "call.amendment_unexplained": _(
        "Indiquez le motif, en 2\u202f000 caractères au plus\u00a0: il est publié sur la page de l’appel."
    ),
    "call.closing_not_later": _("La nouvelle date doit être postérieure à la clôture actuelle."),
    "call.closing_past": _(
        "La clôture de ce fichier est passée (%(closes_at)s)\u00a0: chargez-en un dont les dates sont à venir."
    ),
    "call.extension_unexplained": _("Indiquez le motif : il est annoncé à tous les candidats."),
    "call.file_of_another": _(
        "Ce fichier est celui de l’appel «\u00a0%(found)s\u00a0», pas de «\u00a0%(expected)s\u00a0»."
    ),
    "call.nothing_amended": _("Ce fichier dit la même chose que celui en vigueur."),
    "call.opened_already": _(
        "L’appel «\u00a0%(call)s\u00a0» est déjà ouvert\u00a0: modifiez-le depuis sa page, avec un motif."
    ),
    "call.said_of_line": _("Ligne\u00a0%(line)s\u00a0: %(text)s"),
    "call.sealed": _sealed,
}
