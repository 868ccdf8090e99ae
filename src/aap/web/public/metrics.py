"""`/metrics`: figures of the instance in Prometheus' text format, for the machine itself or by a token."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from ipaddress import ip_address

from flask import Response, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from aap.services.errors import NotFound
from aap.services.permissions import Permission
from aap.services.upkeep.gauges import Gauges, read_gauges
from aap.web.access import requires
from aap.web.context import arrived_at, platform, reading
from aap.web.public.blueprint import blueprint

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


class GaugesCollector(Collector):
    """Gauges that were read, as Prometheus' families. Nothing is counted in a process: each of them says the same."""

    def __init__(self, found: Gauges) -> None:
        self.found = found

    def collect(self) -> Iterator[Metric]:
        found = self.found
        yield InfoMetricFamily(
            "aap", "Version of the software, kind of database.",
            value={"version": found.version, "database": found.database},
        )  # fmt: skip
        dossiers = GaugeMetricFamily("aap_dossiers", "Dossiers of a call in a state.", labels=("call", "state"))
        for (call, state), number in found.dossiers.items():
            dossiers.add_metric((call, state), number)
        yield dossiers
        mails = GaugeMetricFamily("aap_mails", "Mails that have not left.", labels=("state",))
        mails.add_metric(("waiting",), found.waiting.mails)
        mails.add_metric(("failing",), found.waiting.mails_failing)
        mails.add_metric(("given_up",), found.waiting.mails_given_up)
        yield mails
        jobs = GaugeMetricFamily("aap_jobs", "Long work that is not done.", labels=("state",))
        jobs.add_metric(("waiting",), found.waiting.jobs)
        jobs.add_metric(("running",), found.waiting.jobs_running)
        jobs.add_metric(("failed",), found.waiting.jobs_failed)
        yield jobs
        for name, words, value in self._numbers():
            yield GaugeMetricFamily(f"aap_{name}", words, value=value)

    def _numbers(self) -> Iterator[tuple[str, str, float]]:
        found = self.found
        yield "deposits_last_hour", "Deposits that arrived within the last hour.", found.deposits_last_hour
        yield "oldest_waiting_seconds", "Since when the oldest mail or job that could be done waits.", found.oldest_age
        yield "documents", "Documents that dossiers and safes name.", found.documents
        yield "documents_bytes", "Size of these documents.", found.documents_size
        yield "database_bytes", "Size of the database.", found.database_size
        yield "disk_free_bytes", "Room left where the instance lies.", found.disk_free
        yield "disk_size_bytes", "Size of that disk.", found.disk_total
        yield "audit_lines", "Lines of the audit log.", found.audit_lines
        if found.worker_age is not None:
            yield "worker_heartbeat_age_seconds", "Since when no worker has said that it lives.", found.worker_age
        if found.last_backup is not None:
            yield "last_backup_timestamp_seconds", "When the last backup was made.", found.last_backup.timestamp()


@blueprint.get("/metrics")
@requires(Permission.PUBLIC_READ)
def metrics() -> Response:
    """Whoever is neither on this machine nor shows the token finds no such page."""
    if not _may_read():
        raise NotFound("route", "metrics")
    with reading() as session:
        found = read_gauges(session, platform(), now=arrived_at())
    registry = CollectorRegistry()
    registry.register(GaugesCollector(found))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read() -> bool:
    token = platform().settings.metrics_token
    kind, _, shown = request.headers.get("Authorization", "").partition(" ")
    if token and kind.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), token.encode()):
        return True
    return _on_this_machine()


def _on_this_machine() -> bool:
    """What a proxy forwards never counts as local: where none is trusted, everybody would have its address."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
