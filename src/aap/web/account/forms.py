"""Forms of the account pages."""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, StringField, TelField
from wtforms.validators import DataRequired, Email, Length, Optional

from aap.services.account.reminders_and_channels import COMMENTS, DAILY, REMINDERS, SWITCHES, Switch


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
    def groups(self) -> list[tuple[LazyString, list[BooleanField]]]:
        """What may be switched, with its boxes."""
        return [(legend, [self[_field(one)] for one in switches]) for legend, switches in _GROUPS]

    @property
    def switches(self) -> list[str]:
        """What is ticked, by name."""
        return [one.name for one in SWITCHES if self[_field(one)].data]


_GROUPS = (
    (_("Me rappeler un dossier commencé et pas encore déposé"), REMINDERS),
    (_("Les autres courriels"), (COMMENTS, DAILY)),
)
_BOXES = {
    "7_days": _("Sept jours avant la clôture"),
    "2_days": _("Deux jours avant la clôture"),
    "4_hours": _("Quatre heures avant la clôture"),
    "comments": _("Me prévenir des commentaires de mes collègues dans un dossier"),
    "daily_digest": _(
        "Réunir en un seul courriel par jour, à 7 h, ce qui n’est pas urgent (jamais les liens de connexion, les accusés de "
        "réception, les décisions, ni ce qui est à faire dans les deux jours)"
    ),
}


def _field(switch: Switch) -> str:
    return f"switch_{switch.name}"


for _one in SWITCHES:
    setattr(ProfileForm, _field(_one), BooleanField(_BOXES[_one.name]))


def switched(names: Collection[str]) -> dict[str, bool]:
    """What the form shows as ticked."""
    return {_field(one): one.name in names for one in SWITCHES}


class LinkForm(FlaskForm):
    email = EmailField(
        _("Adresse électronique"),
        validators=[
            DataRequired(_("Écrivez votre adresse électronique.")),
            Email(_("Écrivez une adresse comme nom@example.org."), check_deliverability=False),
        ],
        filters=[lambda text: text.strip() if text else text],
    )
