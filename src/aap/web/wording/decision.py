"""What services/decision object to, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_babel import ngettext

from aap.web.wording.letters import LETTER_WORDS
from aap.web.wording.vocabulary import Words

WORDS: Words = {
    "decision.appeal_day": _("Indiquez le jour de l’arrivée, du %(first)s à aujourd’hui."),
    "decision.appeal_files": _("Joignez %(most)s fichiers au plus."),
    "decision.appeal_is_there": _("Ce recours est déjà enregistré sous le numéro %(number)s."),
    "decision.appeal_reply": _("Écrivez les raisons de la réponse, en %(most)s caractères au plus."),
    "decision.appeal_result": _("Dites si vous faites droit au recours ou si vous le rejetez."),
    "decision.appeal_scan_missing": _("Joignez le courrier numérisé."),
    "decision.appeal_withdrawal_reason": _("Dites comment l’association a renoncé à son recours."),
    "decision.another_is_called": _("Ce dossier n’est pas celui que les règles appellent : rechargez la page."),
    "decision.another_is_raised": _("Cette subvention n’est pas celle que l’argent libre relève : rechargez la page."),
    "decision.answer_missing": _("Dites si vous acceptez la subvention ou si vous y renoncez."),
    "decision.breaks_without_reason": _(
        "Dites pourquoi cette décision est prise alors qu’elle ne respecte pas ces règles."
    ),
    "decision.condition_missing": _("Choisissez l’engagement qui n’est pas tenu."),
    "decision.condition_of_laureates": _(
        "Seule une subvention engageait l’association\u00a0: choisissez un autre motif."
    ),
    "decision.contest_length": _("Dites ce que vous contestez et pourquoi, en %(most)s caractères au plus."),
    "decision.correction_above_request": _("Ce montant dépasse celui que l’association a demandé."),
    "decision.correction_amount": _("Indiquez le montant que la décision attribuerait."),
    "decision.correction_is_favour": _("Cette correction est en faveur de l’association\u00a0: choisissez ce motif."),
    "decision.correction_outcome": _("Choisissez ce que la décision dirait."),
    "decision.correction_reason": _("Écrivez les raisons, que l’association lira, en %(most)s caractères au plus."),
    "decision.correction_same": _("La décision en vigueur le dit déjà\u00a0: rien ne changerait."),
    "decision.correction_takes": _(
        "Cette correction retire quelque chose à l’association\u00a0: dites sur quoi elle repose."
    ),
    "decision.correction_under_way": _("Une correction de cette décision est déjà en cours."),
    "decision.declined_without_reason": _("Dites pourquoi vous y renoncez\u00a0: la place revient à un autre projet."),
    "decision.drop_reason": _("Dites pourquoi la correction est abandonnée, en %(most)s caractères au plus."),
    "decision.never_ranked": _(
        "Ce dossier n’a jamais été classé\u00a0: sans note, il ne peut pas entrer sur la liste par une correction."
    ),
    "decision.observations_awaited": _(
        "L’association peut répondre jusqu’au %(until)s inclus\u00a0: décidez après ce jour."
    ),
    "decision.observations_length": _("Écrivez les observations, en %(most)s caractères au plus."),
    "decision.observations_scan": _("Joignez le courrier numérisé."),
    "decision.observations_too_short": _(
        "L’association a %(days)s jours au moins pour répondre\u00a0: le %(day)s au plus tôt."
    ),
    "decision.observed_already": _("L’association a déjà présenté ses observations."),
    "decision.payment_conditions": _("Dites comment les subventions sont versées."),
    "decision.payment_period": _("Indiquez un premier jour, et un dernier qui ne le précède pas."),
    "decision.reason_too_long": _("Dites-le en %(most)s caractères au plus."),
    "decision.replaced_meanwhile": _("La décision a été remplacée entre-temps\u00a0: abandonnez cette correction."),
    "decision.withdrawal_too_late": _(
        "Une décision illégale ne se retire que dans les quatre mois, soit jusqu’au %(last)s\u00a0: le délai ne suffit plus."
    ),
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
    "decision.unfreezing_awaited": _("Une reprise de ce classement attend déjà sa seconde personne."),
    "decision.unfreezing_ended": _("Cette reprise n’attend plus personne : elle a été confirmée ou abandonnée."),
    "decision.unfreezing_unexplained": _("Indiquez pourquoi le classement arrêté est repris."),
    **LETTER_WORDS,
}
