"""What a person is told where nothing can be stored: what happened, what to do, and that what they typed is not lost."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from aap.records.store_faults import StoreFault

RETRY_AFTER = 10
"""Seconds after which a script or a proxy may try again."""


@dataclass(frozen=True)
class Told:
    """An answer to a fault: status, title, sentence."""

    status: int
    title: str
    message: str


def words_of(fault: StoreFault) -> Told:
    """507 where there is no room, else 503."""
    if fault is StoreFault.FULL:
        return Told(
            507,
            _("Ce site n’a plus de place"),
            _(
                "Ce que vous venez d’envoyer n’a pas pu être enregistré\u00a0; ce qui l’était déjà n’est pas perdu, et toutes "
                "les pages peuvent être lues. Revenez à la page précédente (votre saisie y est encore) et réessayez dans "
                "quelques minutes. Si cela continue, écrivez au service en donnant la référence ci-dessous."
            ),
        )
    if fault is StoreFault.BUSY:
        return Told(
            503,
            _("Le service est très sollicité"),
            _(
                "Votre demande n’a pas pu être traitée à temps, et rien n’a été enregistré. Revenez à la page précédente "
                "(votre saisie y est encore) et réessayez dans quelques instants."
            ),
        )
    if fault is StoreFault.READ_ONLY:
        return Told(
            503,
            _("Rien ne peut être enregistré en ce moment"),
            _(
                "Les pages peuvent être lues, mais le service ne peut rien recevoir. Revenez à la page précédente (votre "
                "saisie y est encore) et réessayez dans quelques minutes. Si cela continue, écrivez au service."
            ),
        )
    return Told(
        503,
        _("Le service est momentanément indisponible"),
        _(
            "Ce qui garde les dossiers ne répond pas comme il le devrait\u00a0: les personnes qui s’occupent du service doivent "
            "intervenir. Gardez votre saisie et réessayez plus tard. Si cela continue, écrivez au service."
        ),
    )
