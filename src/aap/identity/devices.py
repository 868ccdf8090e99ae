"""What a browser says of itself, as names that people know: "Firefox" and "Linux". The rest of it isn't kept."""

from __future__ import annotations

from flask import Request

from aap.services.sessions import Device

_BROWSERS = (
    # in this order: most of them also name the ones below
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def names_of(user_agent: str) -> tuple[str, str]:
    """Browser and system; empty where none is known."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return browser, system


def device_of(request: Request) -> Device:
    """Where the request comes from."""
    browser, system = names_of(request.user_agent.string)
    return Device(request.remote_addr or "", browser, system)
