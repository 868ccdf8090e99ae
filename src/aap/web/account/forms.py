"""Forms of the account pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, StringField, TelField
from wtforms.validators import DataRequired, Email, Length, Optional

from aap.services.account.reminder_switches import REMINDERS


class ProfileForm(FlaskForm):
    name = StringField(
        _("Prénom et nom"), validators=[DataRequired(_("Écrivez votre prénom et votre nom.")), Length(max=200)]
    )
    phone = TelField(
        _("Téléphone"),
        description=_("Pour que le service puisse vous joindre au sujet d’un dossier."),
        validators=[Optional(), Length(max=30, message=_("30 caractères au plus."))],
    )

    @property
    def reminder_boxes(self) -> list[BooleanField]:
        """One box a reminder."""
        return [self[f"remind_{reminder.name}"] for reminder in REMINDERS]

    @property
    def reminders(self) -> list[str]:
        """The reminders that are ticked, by their names."""
        return [reminder.name for reminder in REMINDERS if self[f"remind_{reminder.name}"].data]


_REMINDERS = {
    "7_days": _("Sept jours avant la clôture"),
    "2_days": _("Deux jours avant la clôture"),
    "4_hours": _("Quatre heures avant la clôture"),
}
for _reminder in REMINDERS:
    setattr(ProfileForm, f"remind_{_reminder.name}", BooleanField(_REMINDERS[_reminder.name]))


class LinkForm(FlaskForm):
    email = EmailField(
        _("Adresse électronique"),
        validators=[
            DataRequired(_("Écrivez votre adresse électronique.")),
            Email(_("Écrivez une adresse comme nom@example.org."), check_deliverability=False),
        ],
        filters=[lambda text: text.strip() if text else text],
    )
