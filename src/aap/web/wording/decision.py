"""What services/decision object to, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from aap.web.wording.letters import LETTER_WORDS
from aap.web.wording.vocabulary import Words

WORDS: Words = {
    "decision.another_is_called": _("Ce dossier n’est pas celui que les règles appellent : rechargez la page."),
    "decision.answer_missing": _("Dites si vous acceptez la subvention ou si vous y renoncez."),
    "decision.contest_length": _("Dites ce que vous contestez et pourquoi, en %(most)s caractères au plus."),
    "decision.declined_without_reason": _("Dites pourquoi vous y renoncez\u00a0: la place revient à un autre projet."),
    "decision.payment_conditions": _("Dites comment les subventions sont versées."),
    "decision.payment_period": _("Indiquez un premier jour, et un dernier qui ne le précède pas."),
    "decision.reason_too_long": _("Dites-le en %(most)s caractères au plus."),
    **LETTER_WORDS,
}
