"""The time left until a deadline, in words."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext


def time_left(until: datetime, now: datetime) -> str:
    """`3 jours`, `1 jour et 4 heures`, `2 h 05`, `12 min`: what the script then keeps true."""
    seconds = int((until - now).total_seconds())
    if seconds <= 0:
        return _("terminé")
    days, hours, minutes = seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60
    if days >= 2:
        return ngettext("%(num)s\u00a0jour", "%(num)s\u00a0jours", days)
    if days == 1 and hours:
        return ngettext("1\u00a0jour et %(num)s\u00a0heure", "1\u00a0jour et %(num)s\u00a0heures", hours)
    if days == 1:
        return ngettext("%(num)s\u00a0jour", "%(num)s\u00a0jours", 1)
    if hours:
        return _("%(hours)s\u00a0h\u00a0%(minutes)s", hours=hours, minutes=f"{minutes:02d}")
    return _("%(minutes)s\u00a0min\u00a0%(seconds)s\u00a0s", minutes=minutes, seconds=f"{seconds % 60:02d}")
