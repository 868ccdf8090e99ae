"""The time left until a deadline, in words."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from aap.core import french


def time_left(until: datetime, now: datetime) -> str:
    """`3 jours`, `1 jour et 4 heures`, `2 h 05`, `12 min`: what the script then keeps true."""
    seconds = int((until - now).total_seconds())
    if seconds <= 0:
        return _("terminé")
    days, hours, minutes = seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60
    if days >= 2:
        return french.count(days, "jour")
    if days == 1:
        return f"1\u00a0jour et {french.count(hours, 'heure')}" if hours else "1\u00a0jour"
    if hours:
        return f"{hours}\u00a0h\u00a0{minutes:02d}"
    return f"{minutes}\u00a0min\u00a0{seconds % 60:02d}\u00a0s"
