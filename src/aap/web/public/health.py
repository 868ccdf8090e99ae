"""The health of the service, for proxies, monitoring and `aap serve`."""

from __future__ import annotations

from flask import Response, current_app, jsonify

from aap.services.permissions import Permission
from aap.services.upkeep.service_health import Health, HealthWatch, State
from aap.web.access import requires
from aap.web.context import platform
from aap.web.public.blueprint import blueprint


def _health() -> Health:
    watch: HealthWatch = current_app.extensions.setdefault("aap.health", HealthWatch(platform()))
    return watch.look()


def _answer(health: Health, *, status: int) -> Response:
    words: dict[str, object] = {"status": str(health.state)}
    if health.silent:
        words["silent"] = list(health.silent)
    if health.fault is not None:
        words["fault"] = str(health.fault)
    answer = jsonify(words)
    answer.status_code = status
    return answer


@blueprint.get("/sante")
@requires(Permission.PUBLIC_READ)
def health() -> Response:
    """200 while deposits can be taken, also `degraded` (what is `silent`); 503 where they can't, and the `fault`."""
    found = _health()
    return _answer(found, status=503 if found.state is State.UNAVAILABLE else 200)


@blueprint.get("/sante/complet")
@requires(Permission.PUBLIC_READ)
def whole_health() -> Response:
    """For monitoring: 503 also where only background work fails."""
    found = _health()
    return _answer(found, status=200 if found.state is State.OK else 503)
