"""What services/account object to, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from aap.web.wording.vocabulary import Words

WORDS: Words = {
    "account.call_unknown": _("Cet appel n’existe pas."),
    "account.closed": _("Ce compte est fermé\u00a0: rouvrez-le avant de lui donner un rôle."),
    "account.code_wrong": _(
        "Ce code n’est pas, ou n’est plus, le bon\u00a0: écrivez celui que votre application affiche maintenant, et vérifiez "
        "que l’heure de l’appareil est réglée automatiquement."
    ),
    "account.codes_without_factor": _(
        "Les codes de secours remplacent un second facteur\u00a0: ajoutez-en d’abord un."
    ),
    "account.email_taken": _("Un compte existe déjà à cette adresse\u00a0: cherchez-le dans la liste."),
    "account.email_unreadable": _("Écrivez une adresse comme nom@example.org."),
    "account.invitation_of_no_use": _("Ce compte est fermé ou déjà utilisé\u00a0: un lien d’invitation n’y sert plus."),
    "account.jury_of_one_call": _("Un membre du jury l’est d’un appel\u00a0: choisissez lequel."),
    "account.last_factor": _(
        "Vos rôles demandent un second facteur, et c’est le seul que vous ayez\u00a0: ajoutez-en un autre avant de le retirer."
    ),
    "account.name_length": _("Écrivez le prénom et le nom, en 200 caractères au plus."),
    "account.no_factor": _("Cette personne n’a pas de second facteur."),
    "account.open_or_close": _("Dites s’il faut fermer le compte ou le rouvrir."),
    "account.own_account": _("Vous ne pouvez pas fermer votre propre compte\u00a0: un autre administrateur le peut."),
    "account.own_name": _("Écrivez votre prénom et votre nom, en 200 caractères au plus."),
    "account.phone_unreadable": _("Écrivez un numéro comme 01 99 00 12 34, ou +262 pour l’outre-mer et l’étranger."),
    "account.reason_missing": _("Dites pourquoi\u00a0: le journal le garde."),
    "account.role_of_every_call": _(
        "Un administrateur l’est de toute l’instance\u00a0: choisissez «\u00a0Tous les appels\u00a0»."
    ),
    "account.role_of_one_call": _("Un évaluateur l’est d’un appel\u00a0: choisissez lequel."),
    "account.role_unknown": _("Choisissez un rôle dans la liste."),
}
