"""Flask-Security's messages in our words: settings `SECURITY_MSG_*` (text, kind)."""

from __future__ import annotations


def _(text: str) -> str:
    """Marks a text for the catalogue: Flask-Security says it in the language of the answer."""
    return text


_SENT = _("Si cette adresse est celle d’un compte, un message vient d’y être envoyé. Regardez aussi les indésirables.")
_OLD_LINK = _("Ce lien n’est plus valable. Demandez-en un autre ci-dessous.")

MESSAGES: dict[str, tuple[str, str]] = {
    "API_ERROR": (_("Cette demande ne peut pas être comprise."), "error"),
    "GENERIC_AUTHN_FAILED": (_("L’adresse ou le mot de passe n’est pas le bon."), "error"),
    "CONFIRM_REGISTRATION": (
        _("Merci. Un message vient d’être envoyé à %(email)s : ouvrez le lien qu’il contient pour finir."),
        "success",
    ),
    "EMAIL_CONFIRMED": (_("Votre adresse est confirmée : vous pouvez vous connecter."), "success"),
    "ALREADY_CONFIRMED": (_("Cette adresse était déjà confirmée : vous pouvez vous connecter."), "info"),
    "INVALID_CONFIRMATION_TOKEN": (_OLD_LINK, "error"),
    "CONFIRMATION_EXPIRED": (_OLD_LINK, "error"),
    "CONFIRMATION_REQUIRED": (_("Confirmez d’abord votre adresse électronique."), "error"),
    "CONFIRMATION_REQUEST": (_SENT, "info"),
    "EMAIL_ALREADY_ASSOCIATED": (_("Cette adresse ne peut pas être utilisée."), "error"),
    "EMAIL_NOT_PROVIDED": (_("Écrivez votre adresse électronique."), "error"),
    "INVALID_EMAIL_ADDRESS": (_("Écrivez une adresse comme nom@example.org."), "error"),
    "PASSWORD_NOT_PROVIDED": (_("Écrivez votre mot de passe."), "error"),
    "RETYPE_PASSWORD_MISMATCH": (_("Les deux mots de passe sont différents."), "error"),
    "PASSWORD_IS_THE_SAME": (_("Le nouveau mot de passe doit être différent de l’ancien."), "error"),
    "INVALID_PASSWORD": (_("Ce mot de passe n’est pas le bon."), "error"),
    "INVALID_REDIRECT": (_("La page demandée n’est pas sur ce site."), "error"),
    "PASSWORD_RESET_REQUEST": (_SENT, "info"),
    "PASSWORD_RESET_EXPIRED": (_OLD_LINK, "error"),
    "INVALID_RESET_PASSWORD_TOKEN": (_OLD_LINK, "error"),
    "PASSWORD_RESET_NO_LOGIN": (_("Le nouveau mot de passe est enregistré : connectez-vous avec lui."), "success"),
    "PASSWORD_CHANGE": (_("Le nouveau mot de passe est enregistré. Vos autres sessions sont fermées."), "success"),
    "DISABLED_ACCOUNT": (_("Ce compte est désactivé."), "error"),
    "USER_DOES_NOT_EXIST": (_("L’adresse ou le mot de passe n’est pas le bon."), "error"),
    "UNAUTHENTICATED": (_("Connectez-vous pour voir cette page."), "info"),
    "UNAUTHORIZED": (_("Cette page n’est pas accessible avec ce compte."), "error"),
    "LOGIN": (_("Connectez-vous pour voir cette page."), "info"),
    "REAUTHENTICATION_REQUIRED": (_("Donnez votre mot de passe encore une fois avant ce changement."), "info"),
    "REAUTHENTICATION_SUCCESSFUL": (_("Merci."), "info"),
    "ANONYMOUS_USER_REQUIRED": (_("Vous êtes déjà connecté."), "info"),
    "CHANGE_EMAIL_SENT": (
        _("Un message vient d’être envoyé à %(email)s : ouvrez le lien qu’il contient pour changer d’adresse."),
        "info",
    ),
    "CHANGE_EMAIL_CONFIRMED": (_("Votre nouvelle adresse est enregistrée."), "success"),
    "CHANGE_EMAIL_EXPIRED": (_OLD_LINK, "error"),
}

SETTINGS: dict[str, tuple[str, str]] = {f"SECURITY_MSG_{name}": message for name, message in MESSAGES.items()}
