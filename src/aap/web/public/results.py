"""The results of a call: its page, its list as a file, the bundle that anybody may replay."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from aap.core import french
from aap.core.territories import fold
from aap.documents.tables.csv_out import csv_bytes
from aap.documents.tables.subventions import as_objects
from aap.records.rankings import Outcome
from aap.services.decision.open_data import has_open_data, published_grants
from aap.services.decision.publishing import (
    Laureate,
    PublishedResults,
    published_bundle,
    published_bundle_version,
    published_results,
    results_table,
)
from aap.services.permissions import Permission
from aap.services.ranking.runs import pseudonym_key
from aap.web.access import requires
from aap.web.context import platform, reading
from aap.web.kept_files import kept_answer, kept_file, public, version_of
from aap.web.paging import lines_of, page_of
from aap.web.public.blueprint import blueprint
from aap.web.public.results_view import group_words, laureates_by_rule, published_quotas, rule_words
from aap.web.public.words import authority_name, privacy_words, rules_by_id
from aap.web.tile_map import MAP_SIZE, SIDE, tiles

LINES = 100
"""Laureates on one page."""


def _results(call_id: str) -> PublishedResults:
    with reading() as session:
        return published_results(session, call_id)


@blueprint.get("/resultats/<call_id>")
@requires(Permission.PUBLIC_READ)
def results(call_id: str) -> Response:
    found = _results(call_id)
    file = found.call.file
    query = request.args.get("q", "")[:100]
    lines = _matching(found, query)
    page, pages = page_of(len(lines), LINES)
    rules = rules_by_id(file)
    text = render_template(
        "public/results.html",
        found=found,
        title=french.spaced(found.call.record.title),
        authority=authority_name(file.call),
        budget=None if file.selection.budget is None else int(file.selection.budget * 100),
        places=file.selection.laureates,
        outcomes=_outcomes(found),
        lines=[(one, rule_words(file, one.reason_code)) for one in lines_of(lines, page, LINES)],
        matching=len(lines),
        query=query,
        page=page,
        pages=pages,
        page_url=lambda number: url_for(
            "public.results", call_id=call_id, q=query or None, page=number, _anchor="liste"
        ),
        quotas=published_quotas(file, found.quotas),
        group_words=group_words,
        applied=laureates_by_rule(file, found),
        rules=rules,
        privacy=privacy_words(file),
        open_data=has_open_data(found.call),
        tiles=tiles(Counter(one.department for one in found.laureates), ""),
        map_size=MAP_SIZE,
        side=SIDE,
    )
    return public(Response(text), etag=hashlib.sha256(text.encode()).hexdigest()[:32])


def _matching(found: PublishedResults, query: str) -> list[Laureate]:
    """Those whose name, project or place holds every word of the query, accents and case aside."""
    words = fold(query).split()
    return [
        one
        for one in found.laureates
        if all(
            word in fold(f"{one.association} {one.title} {one.commune} {one.department} {one.region}") for word in words
        )
    ]


def _outcomes(found: PublishedResults) -> list[tuple[str, int]]:
    """What became of the submitted dossiers, in words."""
    words = {
        Outcome.LAUREATE: _("Retenus"),
        Outcome.WAITING_LIST: _("En liste d’attente"),
        Outcome.NOT_SELECTED: _("Non retenus"),
        Outcome.BELOW_THRESHOLD: _("Sous un seuil de la grille"),
        Outcome.INELIGIBLE: _("Irrecevables"),
        Outcome.WITHDRAWN: _("Retirés"),
    }
    return [(label, found.outcomes[outcome]) for outcome, label in words.items() if found.outcomes.get(outcome)]


@blueprint.get("/resultats/<call_id>/laureats.csv")
@requires(Permission.PUBLIC_READ)
def results_csv(call_id: str) -> ResponseReturnValue:
    found = _results(call_id)
    words = {one.reason_code: rule_words(found.call.file, one.reason_code) for one in found.laureates}
    content = csv_bytes(results_table(found, words))
    headers = {"Content-Disposition": f'attachment; filename="laureats-{call_id}.csv"'}
    answer = Response(content, content_type="text/csv; charset=utf-8", headers=headers)
    return public(answer, etag=hashlib.sha256(content).hexdigest()[:32])


@blueprint.get("/resultats/<call_id>/subventions.csv")
@requires(Permission.PUBLIC_READ)
def grants_csv(call_id: str) -> ResponseReturnValue:
    """The essential data of the grants, in the columns of the SCDL schema `subventions`."""
    with reading() as session:
        content = csv_bytes(published_grants(session, call_id))
    headers = {"Content-Disposition": f'attachment; filename="subventions-{call_id}.csv"'}
    answer = Response(content, content_type="text/csv; charset=utf-8", headers=headers)
    return public(answer, etag=hashlib.sha256(content).hexdigest()[:32])


@blueprint.get("/resultats/<call_id>/subventions.json")
@requires(Permission.PUBLIC_READ)
def grants_json(call_id: str) -> ResponseReturnValue:
    """The same lines as a list of objects."""
    with reading() as session:
        table = published_grants(session, call_id)
    content = json.dumps(as_objects(table), ensure_ascii=False, indent=1).encode() + b"\n"
    headers = {"Content-Disposition": f'attachment; filename="subventions-{call_id}.json"'}
    answer = Response(content, content_type="application/json", headers=headers)
    return public(answer, etag=hashlib.sha256(content).hexdigest()[:32])


@blueprint.get("/resultats/<call_id>/verification.json")
@requires(Permission.PUBLIC_READ)
def bundle(call_id: str) -> ResponseReturnValue:
    """The list in force under pseudonyms: `aap verify` recomputes it from the run. Made once a version."""
    secret = platform().settings.secret_key

    def make() -> bytes:
        with reading() as session:
            return published_bundle(session, call_id, secret=secret)

    with reading() as session:
        version = published_bundle_version(session, call_id)
    name = f"verification-{call_id}.json"
    path = kept_file(name, version_of(version, pseudonym_key(secret, call_id)), make)
    return kept_answer(path, name, "application/json", attachment=True)
