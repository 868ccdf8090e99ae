"""Flask-Security's messages in our words: settings `SECURITY_MSG_*` (text, kind)."""

from __future__ import annotations


def _(text: str) -> str:
    """Marks a text for the catalogue: Flask-Security says it in the language of the answer."""
    return text


_SENT = _("Si cette adresse est celle d’un compte, un message vient d’y être envoyé. Regardez aussi les indésirables.")
_OLD_LINK = _("Ce lien n’est plus valable. Demandez-en un autre ci-dessous.")
_BAD_NAME = _("Ce nom contient des caractères qui ne peuvent pas y être.")

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
    "TWO_FACTOR_INVALID_TOKEN": (
        _("Ce code n’est pas le bon, ou il a déjà servi : attendez le suivant."),
        "error",
    ),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": (_("Vous êtes connecté."), "success"),
    "TWO_FACTOR_PERMISSION_DENIED": (_("La connexion a pris trop de temps : recommencez."), "info"),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": (_("Choisissez dans la liste."), "error"),
    "INVALID_RECOVERY_CODE": (_("Ce code de secours n’est pas le bon, ou il a déjà servi."), "error"),
    "WEBAUTHN_EXPIRED": (_("La clé d’accès a répondu trop tard : recommencez."), "error"),
    "WEBAUTHN_NAME_REQUIRED": (_("Donnez un nom à cette clé d’accès."), "error"),
    "WEBAUTHN_NAME_INUSE": (_("Vous avez déjà une clé d’accès de ce nom : choisissez-en un autre."), "error"),
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": (_BAD_NAME, "error"),
    "INVALID_INPUT": (_BAD_NAME, "error"),
    "INVALID_INPUT_LENGTH": (_("%(length)s caractères au plus."), "error"),
    "WEBAUTHN_REGISTER_SUCCESSFUL": (_("La clé d’accès « %(name)s » est ajoutée."), "success"),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": (_("Cette clé d’accès sert déjà à un compte."), "error"),
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": (_("Aucun compte n’a cette clé d’accès."), "error"),
    "WEBAUTHN_NO_VERIFY": (_("Cette clé d’accès n’a pas pu être vérifiée."), "error"),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": (_("Cette clé d’accès ne peut pas servir ici."), "error"),
    "WEBAUTHN_MISMATCH_USER_HANDLE": (_("Cette clé d’accès est celle d’un autre compte."), "error"),
    "CHANGE_EMAIL_SENT": (
        _("Un message vient d’être envoyé à %(email)s : ouvrez le lien qu’il contient pour changer d’adresse."),
        "info",
    ),
    "CHANGE_EMAIL_CONFIRMED": (_("Votre nouvelle adresse est enregistrée."), "success"),
    "CHANGE_EMAIL_EXPIRED": (_OLD_LINK, "error"),
}

SETTINGS: dict[str, tuple[str, str]] = {f"SECURITY_MSG_{name}": message for name, message in MESSAGES.items()}
