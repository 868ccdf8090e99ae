"""Forms of the account pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, StringField, TelField
from wtforms.validators import DataRequired, Email, Length, Optional

from aap.services.account.accounts import REMINDERS


class ProfileForm(FlaskForm):
    name = StringField(
        _("Prénom et nom"), validators=[DataRequired(_("Écrivez votre prénom et votre nom.")), Length(max=200)]
    )
    phone = TelField(
        _("Téléphone"),
        description=_("Pour que le service puisse vous joindre au sujet d’un dossier."),
        validators=[Optional(), Length(max=30, message=_("30 caractères au plus."))],
    )
    remind_7_days = BooleanField(_("Sept jours avant la clôture"))
    remind_2_days = BooleanField(_("Deux jours avant la clôture"))
    remind_4_hours = BooleanField(_("Quatre heures avant la clôture"))

    @property
    def reminders(self) -> list[str]:
        """The reminders that are ticked, by their names."""
        return [name for name in REMINDERS if self[f"remind_{name}"].data]


class LinkForm(FlaskForm):
    email = EmailField(
        _("Adresse électronique"),
        validators=[
            DataRequired(_("Écrivez votre adresse électronique.")),
            Email(_("Écrivez une adresse comme nom@example.org."), check_deliverability=False),
        ],
        filters=[lambda text: text.strip() if text else text],
    )
