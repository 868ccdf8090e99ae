"""Flask-Security's forms with our labels and the person's name."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_security import (
    ChangeEmailForm,
    ChangePasswordForm,
    ForgotPasswordForm,
    LoginForm,
    MfRecoveryForm,
    RegisterFormV2,
    ResetPasswordForm,
    SendConfirmationForm,
    TwoFactorRescueForm,
    TwoFactorSelectForm,
    TwoFactorVerifyCodeForm,
    VerifyForm,
    WebAuthnRegisterForm,
)
from flask_security.forms import EmailValidation, email_required, password_required, unique_user_email, valid_user_email
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, RadioField, StringField
from wtforms.validators import DataRequired, EqualTo, Length, Regexp

from aap.identity.passwords import SHORTEST

EMAIL = _("Adresse électronique")
PASSWORD = _("Mot de passe")
NEW_PASSWORD = _("Nouveau mot de passe")
AGAIN = _("Le même mot de passe, une seconde fois")
ADVICE = _("%(n)s caractères au moins. Quatre ou cinq mots sans rapport entre eux se retiennent bien.", n=SHORTEST)
_SAME = EqualTo("password", _("Les deux mots de passe sont différents."))


class SignInForm(LoginForm):
    email = EmailField(EMAIL, validators=[email_required, EmailValidation(verify=False)])
    password = PasswordField(PASSWORD, validators=[password_required])
    remember = BooleanField(
        _("Rester connecté"),
        description=_(
            "Sur un appareil à vous seul. Sans effet pour qui évalue, instruit, siège au jury ou administre."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.password.description = ""  # Flask-Security puts a link there, which the page has at its own place


class SignUpForm(RegisterFormV2):
    """Name, e-mail, password (once: it can be shown, and reset). A known address answers like an unknown one."""

    name = StringField(
        _("Prénom et nom"),
        validators=[
            DataRequired(_("Écrivez votre prénom et votre nom.")),
            Length(2, 200, _("Entre 2 et 200 caractères.")),
            Regexp(r"^[^\x00-\x1f<>]*$", message=_("Ce nom contient des caractères qui ne peuvent pas y être.")),
        ],
        filters=[lambda text: " ".join(text.split()) if text else text],
    )
    email = EmailField(
        EMAIL,
        description=_("Un message y sera envoyé pour la confirmer."),
        validators=[email_required, EmailValidation(verify=True), unique_user_email],
    )
    password = PasswordField(PASSWORD, description=ADVICE, validators=[password_required])
    password_confirm = None


class ForgottenForm(ForgotPasswordForm):
    email = EmailField(EMAIL, validators=[email_required, EmailValidation(verify=True), valid_user_email])

    def validate(self, **kwargs: Any) -> bool:
        """An address that isn't confirmed yet may ask too: the mailed link proves it."""
        if not super(ForgotPasswordForm, self).validate(**kwargs):
            return False
        return bool(self.user is not None and self.user.is_active)


class NewPasswordForm(ResetPasswordForm):
    password = PasswordField(NEW_PASSWORD, description=ADVICE, validators=[password_required])
    password_confirm = PasswordField(AGAIN, validators=[_SAME, password_required])


class OtherPasswordForm(ChangePasswordForm):
    password = PasswordField(_("Mot de passe actuel"))
    new_password = PasswordField(NEW_PASSWORD, description=ADVICE, validators=[password_required])
    new_password_confirm = PasswordField(
        AGAIN, validators=[EqualTo("new_password", _("Les deux mots de passe sont différents.")), password_required]
    )


class ConfirmationForm(SendConfirmationForm):
    email = EmailField(EMAIL, validators=[email_required, EmailValidation(verify=True), valid_user_email])


class AgainForm(VerifyForm):
    password = PasswordField(PASSWORD, validators=[password_required])


class OtherEmailForm(ChangeEmailForm):
    email = EmailField(
        _("Nouvelle adresse électronique"),
        description=_("Un message y sera envoyé ; l’adresse actuelle reste valable jusqu’à ce que vous l’ayez ouvert."),
        validators=[email_required, EmailValidation(verify=True), unique_user_email],
    )


class CodeForm(TwoFactorVerifyCodeForm):
    code = StringField(
        _("Code à six chiffres"),
        description=_("Celui que votre application affiche maintenant."),
        validators=[DataRequired(_("Écrivez le code à six chiffres de votre application."))],
        filters=[lambda text: "".join(text.split()) if text else text],
    )


class RecoveryForm(MfRecoveryForm):
    code = StringField(
        _("Code de secours"),
        description=_(
            "Un de ceux que vous avez imprimés ou téléchargés ; les tirets et les majuscules ne comptent pas."
        ),
        validators=[DataRequired(_("Écrivez un de vos codes de secours."))],
    )


class ChoiceForm(TwoFactorSelectForm):
    """The page has a button for each; Flask-Security looks whether the person has what was chosen."""

    which = StringField()


class RescueForm(TwoFactorRescueForm):
    """Flask-Security makes one for the page of the code; the ways out stand on the page itself."""

    help_setup = RadioField(choices=[])


class PasskeyForm(WebAuthnRegisterForm):
    """The name that its person gives to a passkey; what it serves for is not asked: it serves for all."""

    name = StringField(
        _("Nom de la clé d’accès"),
        description=_("Pour la reconnaître dans la liste : « téléphone », « clé du bureau »."),
        validators=[
            DataRequired(_("Donnez un nom à cette clé d’accès.")),
            Length(max=64, message=_("64 caractères au plus.")),
            Regexp(r"^[^\x00-\x1f<>&]*$", message=_("Ce nom contient des caractères qui ne peuvent pas y être.")),
        ],
        filters=[lambda text: " ".join(text.split()) if text else text],
    )
    usage = HiddenField(default="first")


FORMS = {
    "login_form": SignInForm,
    "register_form": SignUpForm,
    "forgot_password_form": ForgottenForm,
    "reset_password_form": NewPasswordForm,
    "change_password_form": OtherPasswordForm,
    "send_confirmation_form": ConfirmationForm,
    "verify_form": AgainForm,
    "change_email_form": OtherEmailForm,
    "two_factor_verify_code_form": CodeForm,
    "two_factor_select_form": ChoiceForm,
    "two_factor_rescue_form": RescueForm,
    "mf_recovery_form": RecoveryForm,
    "wan_register_form": PasskeyForm,
}
