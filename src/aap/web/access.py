"""One permission a route. A route without one is refused, and fails a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, request

from aap.services.errors import NotFound, SignInNeeded
from aap.services.permissions import Permission, conceivable
from aap.web import confirming
from aap.web.context import current_actor

View = TypeVar("View", bound=Callable[..., Any])

ASSETS = frozenset({"static"})
"""Endpoints of style sheets and scripts: nothing in them is anybody's."""


def requires(permission: Permission) -> Callable[[View], View]:
    """Declares what a view needs. The object is checked again by the use case that the view calls."""

    def declare(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return declare


def declare(app: Flask, endpoint: str, permission: Permission) -> None:
    """The same for a view that a library registered."""
    app.extensions.setdefault("aap.permissions", {})[endpoint] = permission


def permission_of(app: Flask, endpoint: str) -> Permission | None:
    """The declared permission of an endpoint; None where there is none."""
    declared: dict[str, Permission] = app.extensions.get("aap.permissions", {})
    if endpoint in declared:
        return declared[endpoint]
    found: Permission | None = getattr(app.view_functions.get(endpoint), "permission", None)
    return found


def init_access(app: Flask) -> None:
    @app.before_request
    def check() -> None:
        endpoint = request.endpoint
        if endpoint is None or endpoint in ASSETS:
            return
        permission = permission_of(app, endpoint)
        if permission is None:
            raise NotFound("route", endpoint)  # deny by default
        if conceivable(None, permission):
            return  # whoever asks: nobody is looked up, so that health is answered without the pages' database
        actor = current_actor()
        if conceivable(actor, permission):
            if confirming.is_asked_of(endpoint, request.method, permission) and not confirming.is_done():
                raise confirming.ConfirmationNeeded
            return
        if actor is None:
            raise SignInNeeded
        raise NotFound("route", endpoint)
