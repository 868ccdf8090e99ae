"""What services/decision object to, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_babel import ngettext

from aap.web.wording.letters import LETTER_WORDS
from aap.web.wording.vocabulary import Words

WORDS: Words = {
    "decision.another_is_called": _("Ce dossier n’est pas celui que les règles appellent : rechargez la page."),
    "decision.another_is_raised": _("Cette subvention n’est pas celle que l’argent libre relève : rechargez la page."),
    "decision.answer_missing": _("Dites si vous acceptez la subvention ou si vous y renoncez."),
    "decision.contest_length": _("Dites ce que vous contestez et pourquoi, en %(most)s caractères au plus."),
    "decision.declined_without_reason": _("Dites pourquoi vous y renoncez\u00a0: la place revient à un autre projet."),
    "decision.letters_have_left": _("Des décisions sont notifiées, ou le seront : le classement ne se reprend plus."),
    "decision.not_frozen": _("Ce classement n’est pas arrêté."),
    "decision.paper_missing": _("Joignez le courrier signé de l’association."),
    "decision.raised_first": _("L’argent libre relève d’abord une subvention réduite : rechargez la page."),
    "decision.letters_missing": lambda number: ngettext(
        "%(num)s décision n’a pas encore sa lettre : rien ne peut partir avant.",
        "%(num)s décisions n’ont pas encore leur lettre : rien ne peut partir avant.",
        number,
    ),
    "decision.none_waits": _("Aucune décision n’attend d’être notifiée."),
    "decision.nothing_sent": _("Cochez les lettres qui ont été remises à la poste."),
    "decision.notification_awaited": _("Une notification est déjà proposée : confirmez-la ou annulez-la."),
    "decision.notification_begun": _("L’heure est venue : cette notification ne s’annule plus."),
    "decision.notification_hour": _("Choisissez une heure à venir, dans les %(days)s jours."),
    "decision.presented_on": _("Indiquez un jour entre l’envoi et aujourd’hui."),
    "decision.return_missing": _("Dites ce que dit la poste."),
    "decision.sent_before": _("Une lettre ne part pas avant que sa décision soit notifiée."),
    "decision.sent_on": _("Indiquez le jour de la remise à la poste, aujourd’hui au plus tard."),
    "decision.tracking_too_long": _("Écrivez ce numéro en %(most)s caractères au plus."),
    "decision.payment_conditions": _("Dites comment les subventions sont versées."),
    "decision.payment_period": _("Indiquez un premier jour, et un dernier qui ne le précède pas."),
    "decision.reason_too_long": _("Dites-le en %(most)s caractères au plus."),
    "decision.unfreezing_awaited": _("Une reprise de ce classement attend déjà sa seconde personne."),
    "decision.unfreezing_ended": _("Cette reprise n’attend plus personne : elle a été confirmée ou abandonnée."),
    "decision.unfreezing_unexplained": _("Indiquez pourquoi le classement arrêté est repris."),
    **LETTER_WORDS,
}
