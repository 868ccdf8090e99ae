"""What services/association object to, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from aap.web.wording.vocabulary import Words

WORDS: Words = {
    "association.address_missing": _("Indiquez l’adresse du siège."),
    "association.claim_objection_unexplained": _("Dites pourquoi cette personne n’agit pas pour l’association."),
    "association.claim_reason_missing": _("Indiquez le motif\u00a0: il est envoyé à la personne."),
    "association.claim_too_long": _("Trois mille caractères au plus."),
    "association.claim_unanswered": _("Choisissez une réponse."),
    "association.claim_unexplained": _("Expliquez à quel titre vous agissez pour cette association."),
    "association.claim_unproved": _(
        "Aucune preuve n’est là\u00a0: ni document, ni réponse à un courriel envoyé à une adresse connue. Tant qu’il en "
        "manque une, la demande peut être refusée, pas acceptée."
    ),
    "association.commune_missing": _("Indiquez la commune du siège."),
    "association.commune_unknown": _(
        "Choisissez la commune dans la liste officielle\u00a0: écrivez son nom ou son code postal."
    ),
    "association.date_to_come": _("Cette date est dans l’avenir\u00a0: vérifiez l’année."),
    "association.date_too_early": _("Cette date est trop ancienne\u00a0: vérifiez l’année."),
    "association.date_unreadable": _("Ce n’est pas une date. Écrivez-la par exemple 28/02/2015."),
    "association.email_invalid": _("Ce n’est pas une adresse électronique, par exemple contact@association.fr."),
    "association.email_missing": _("Indiquez une adresse électronique de l’association."),
    "association.email_unreadable": _("Ce n’est pas une adresse électronique."),
    "association.iban_invalid": _(
        "Cet IBAN comporte une erreur\u00a0: recopiez-le depuis votre relevé d’identité bancaire."
    ),
    "association.last_owner": _(
        "L’association doit garder un responsable\u00a0: nommez-en d’abord un autre, puis recommencez."
    ),
    "association.member_already": _("Cette personne fait déjà partie de l’association."),
    "association.name_missing": _("Indiquez le nom de l’association, tel qu’il figure dans ses statuts."),
    "association.officer_unreadable": _(
        "Ligne %(line)s\u00a0: écrivez le prénom et le nom, une virgule, puis la fonction (100 caractères au plus)."
    ),
    "association.phone_unreadable": _(
        "Ce n’est pas un numéro de téléphone, par exemple 01\u00a099\u00a000\u00a012\u00a034."
    ),
    "association.postal_code_length": _("Un code postal compte cinq chiffres."),
    "association.postal_code_missing": _("Indiquez le code postal."),
    "association.proof_address_unknown": _(
        "Aucune adresse de ce genre n’est connue pour cette association\u00a0: choisissez une autre preuve."
    ),
    "association.proof_file_missing": _("Choisissez le document qui montre que vous agissez pour cette association."),
    "association.proof_missing": _("Choisissez une preuve."),
    "association.proof_too_many": _("%(most)s documents au plus."),
    "association.proof_waiting": _(
        "Un courriel est déjà parti à cette adresse\u00a0: attendez la réponse, ou joignez un document."
    ),
    "association.representative_capacity_missing": _("Indiquez sa fonction, par exemple «\u00a0présidente\u00a0»."),
    "association.representative_email_missing": _(
        "Indiquez l’adresse électronique de cette personne\u00a0: elle pourra approuver vos dossiers."
    ),
    "association.representative_name_missing": _(
        "Indiquez le prénom et le nom de la personne qui représente l’association."
    ),
    "association.rna_unreadable": _(
        "Un numéro RNA commence par W, suivi de neuf chiffres (ou d’une lettre parmi eux, en Corse et outre-mer). "
        "Si votre association n’en a pas, laissez ce champ vide."
    ),
    "association.role_unknown": _("Choisissez ce que cette personne pourra faire."),
    "association.siret_checksum": _("Ce numéro SIRET comporte une erreur\u00a0: vérifiez chaque chiffre."),
    "association.siret_held": _("Ce numéro SIRET est déjà celui d’une association décrite par un autre compte."),
    "association.siret_invalid": _("Ce numéro SIRET n’est pas valable."),
    "association.siret_length": _("Un numéro SIRET compte quatorze chiffres."),
    "association.siret_missing": _("Indiquez le numéro SIRET de l’association\u00a0: quatorze chiffres."),
    "association.text_too_long": _("Ce texte compte %(length)s caractères\u00a0: %(most)s au plus."),
    "association.too_many_officers": _(
        "%(most)s personnes au plus\u00a0: gardez le bureau et le conseil d’administration."
    ),
    "association.website_unreadable": _("Ce n’est pas une adresse de site, par exemple https://www.association.fr."),
}
