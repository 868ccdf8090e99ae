"""Words for every error: what happened and what to do, never a traceback."""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Flask, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from werkzeug.exceptions import BadHost, HTTPException, ServiceUnavailable, TooManyRequests

from aap import identity
from aap.core import french
from aap.records.store_faults import StoreFault, fault_of
from aap.services.errors import (
    DeadlinePassed,
    InvalidInput,
    NotASecond,
    NotFound,
    OwnRequest,
    RecusedFromActs,
    RecusedFromCall,
    RulesConflict,
    SamePerson,
    SignInNeeded,
    StaleVersion,
    StateForbids,
)
from aap.web import confirming, figures, kept_forms, requests, wanted
from aap.web.body_bounds import LONG_FORM
from aap.web.context import current_actor
from aap.web.filters import moment
from aap.web.store_fault_words import RETRY_AFTER, words_of
from aap.web.wording.sentences import sentences

log = structlog.get_logger(__name__)

LAST_PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title></head>
<body><main><h1>{title}</h1>
<p>{message}</p>
<p>Référence à donner au service&nbsp;: {reference}</p>
<p><a href="/">Revenir à l’accueil</a></p></main></body></html>
"""
"""What is shown when nothing else can be: no template, no database."""

NO_HOST_PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Adresse incorrecte</title></head>
<body><main><h1>Adresse incorrecte</h1>
<p>Le nom du site, dans l’adresse, ne peut pas être lu. Vérifiez-le.</p></main></body></html>
"""
"""Where the request names no host that can be read: no page has an address then, and no template can be filled."""


def wants_json() -> bool:
    """Whether a script asked, which reads `{"error": sentence, "title": …}` instead of a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def error_page(status: int, title: str, message: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=message, title=title, reference=g.get("request_id")), status
    page = render_template(
        "errors/error.html", title=title, message=message, reference=g.get("request_id"), typed=_typed_texts(status)
    )
    return page, status


def _typed_texts(status: int) -> tuple[str, ...]:
    """What who is signed in had typed in the form that can't be taken, to copy it. Nobody else's: an address of ours must not
    say what another site made a browser send."""
    if request.method != "POST" or status == 413 or request.blueprint == "security" or current_actor() is None:
        return ()
    return kept_forms.texts_of(request.form.items(multi=True))


def confirmation_page(goal: str, method: str, *, wrong: bool = False) -> str:
    """Asks who is signed in for their password. `goal`: where it leads, `method`: how. Of a form that waits the page holds
    the fields; files can't wait: with them it leads back to the form's page."""
    act = confirming.act_at(goal, method)
    if request.files:
        goal, method = confirming.page_before(goal), "GET"
    return render_template(
        "account/confirm.html",
        act=act,
        goal=goal,
        method=method,
        files=bool(request.files),
        kept=confirming.kept_fields() if method == "POST" else [("csrf_token", "")],
        has_password=identity.has_password(),
        error=_("Ce mot de passe n’est pas le bon.") if wrong else "",
    )


def _typed_again() -> list[tuple[str, str]]:
    """What was typed, to be sent again by a button; nothing where a password is part of it: that is typed again."""
    if any("password" in name for name in request.form) or request.files:
        return []
    return [(name, text) for name, text in request.form.items(multi=True) if name != "csrf_token"]


def init_errors(app: Flask) -> None:
    @app.errorhandler(NotFound)
    @app.errorhandler(404)
    def not_found(_error: Exception) -> ResponseReturnValue:
        return error_page(
            404,
            _("Cette page n’existe pas"),
            _("L’adresse est peut-être incomplète, ou la page ne vous est pas accessible avec ce compte."),
        )

    @app.errorhandler(SignInNeeded)
    def sign_in(_error: SignInNeeded) -> ResponseReturnValue:
        if request.method in ("GET", "HEAD"):
            page = requests.address_asked()
            wanted.remember(page, g.arrived_at)
            return redirect(url_for("security.login", next=page))
        if wants_json():
            return error_page(401, _("Vous n’êtes plus connecté"), _("Reconnectez-vous, puis recommencez."))
        sealed = request.form.get("kept", "") if request.endpoint == "account.resume" else kept_forms.seal()
        return render_template("errors/signed_out.html", kept=sealed), 401

    @app.errorhandler(confirming.ConfirmationNeeded)
    def confirm_first(_error: confirming.ConfirmationNeeded) -> ResponseReturnValue:
        goal = requests.address_asked()
        if request.method in ("GET", "HEAD"):
            return redirect(url_for("account.confirm", confirm_next=goal))
        return confirmation_page(goal, "POST"), 403

    @app.errorhandler(StateForbids)
    def not_now(error: StateForbids) -> ResponseReturnValue:
        log.info("request.state_forbids", permission=str(error.permission), state=error.state)
        return error_page(
            409,
            _("Ce n’est pas possible à cette étape"),
            _(
                "L’appel ou le dossier n’est pas, ou n’est plus, à l’étape où cela se fait. Rechargez la page précédente "
                "pour voir où il en est."
            ),
        )

    @app.errorhandler(DeadlinePassed)
    def too_late(error: DeadlinePassed) -> ResponseReturnValue:
        return error_page(
            409, _("Le délai est passé"), _("La date limite était le %(date)s.", date=moment(error.closed_at))
        )

    @app.errorhandler(StaleVersion)
    def stale(_error: StaleVersion) -> ResponseReturnValue:
        return error_page(
            409,
            _("Quelqu’un a enregistré entre-temps"),
            _("Rechargez la page précédente pour voir l’autre version."),
        )

    @app.errorhandler(SamePerson)
    def same_person(_error: SamePerson) -> ResponseReturnValue:
        return error_page(
            409,
            _("Une seconde personne doit confirmer"),
            _("Vous avez fait la première étape : un autre agent doit confirmer celle-ci."),
        )

    @app.errorhandler(NotASecond)
    def not_a_second(_error: NotASecond) -> ResponseReturnValue:
        return error_page(
            403,
            _("Une autre personne doit confirmer"),
            _("Les personnes qui peuvent confirmer sont désignées pour cet appel, et vous n’en êtes pas."),
        )

    @app.errorhandler(OwnRequest)
    def own_request(_error: OwnRequest) -> ResponseReturnValue:
        return error_page(
            409,
            _("Cette demande vous concerne"),
            _(
                "Personne ne décide de ce qui le concerne, ni de ce qui concerne une association dont il est membre : "
                "une autre personne doit le faire."
            ),
        )

    @app.errorhandler(RecusedFromCall)
    def recused(error: RecusedFromCall) -> ResponseReturnValue:
        return error_page(
            403,
            _("Ce fichier ne peut pas vous être remis"),
            ngettext(
                "Il contient tous les dossiers de l’appel, dont un dont vous êtes déporté, et rien ne peut en être "
                "retiré : il ne servirait plus à refaire le calcul. Demandez à un autre agent de s’en charger.",
                "Il contient tous les dossiers de l’appel, dont %(num)s dont vous êtes déporté, et rien ne peut en être "
                "retiré : il ne servirait plus à refaire le calcul. Demandez à un autre agent de s’en charger.",
                error.dossiers,
            ),
        )

    @app.errorhandler(RecusedFromActs)
    def recused_from_acts(_error: RecusedFromActs) -> ResponseReturnValue:
        return error_page(
            403,
            _("Un autre agent doit s’en charger"),
            _(
                "Vous êtes déporté d’un dossier de cet appel. Ce qui engage tous les dossiers ensemble (proposer, "
                "arrêter, reprendre, corriger, notifier, signer) revient à un agent qui n’est déporté d’aucun."
            ),
        )

    @app.errorhandler(RulesConflict)
    def conflict(error: RulesConflict) -> ResponseReturnValue:
        return error_page(
            409,
            _("Les règles de la sélection ne peuvent pas toutes tenir"),
            _("Ces règles se contredisent : %(rules)s.", rules=", ".join(error.rules)),
        )

    @app.errorhandler(InvalidInput)
    def invalid(error: InvalidInput) -> ResponseReturnValue:
        return error_page(422, _("La saisie ne peut pas être prise"), sentences(error.problems))

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> ResponseReturnValue:
        return error_page(
            400,
            _("La page était ouverte depuis trop longtemps"),
            _("Rien n’a été enregistré. Ouvrez cette page de nouveau et recommencez."),
        )

    @app.errorhandler(413)
    def too_large(_error: Exception) -> ResponseReturnValue:
        most = request.max_content_length or 0
        if most > LONG_FORM:
            message = _(
                "Un envoi ne peut pas dépasser %(limit)s en tout. Revenez à la page précédente et envoyez un fichier plus "
                "léger, ou les fichiers un par un.",
                limit=figures.file_size(most),
            )
        else:
            message = _(
                "Ce qui est écrit sur cette page ne peut pas dépasser %(limit)s. Revenez à la page précédente : votre "
                "saisie y est encore. Raccourcissez-la, puis recommencez.",
                limit=figures.file_size(most),
            )
        return error_page(413, _("L’envoi est trop lourd"), french.spaced(message))

    @app.errorhandler(429)
    def too_often(error: TooManyRequests) -> ResponseReturnValue:
        seconds = error.retry_after if isinstance(error.retry_after, int) else 60
        again_at = figures.hour(g.arrived_at + timedelta(seconds=seconds + 59))
        page = render_template(
            "errors/too_often.html", again_at=again_at, typed=_typed_again(), reference=g.get("request_id")
        )
        return page, 429, {"Retry-After": str(seconds)}

    @app.errorhandler(503)
    def not_yet(error: ServiceUnavailable) -> ResponseReturnValue:
        answer = make_response(
            error_page(
                503,
                _("Ce document est en préparation"),
                _("Beaucoup de personnes le demandent au même moment. Réessayez dans quelques secondes."),
            )
        )
        answer.headers["Retry-After"] = str(error.retry_after or 3)
        return answer

    @app.errorhandler(BadHost)
    def no_host(_error: BadHost) -> ResponseReturnValue:
        return NO_HOST_PAGE, 400

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        behind = getattr(error, "original_exception", None)
        if behind is not None:  # what failed after the view: Flask hands it over wrapped
            return failure(behind)
        return error_page(
            error.code or 500,
            _("La demande ne peut pas aboutir"),
            _("Revenez à la page précédente et recommencez."),
        )

    @app.errorhandler(Exception)
    def failure(error: Exception) -> ResponseReturnValue:
        fault = fault_of(error)
        if fault is not None:
            return _nothing_stored(fault, error)
        log.error("request.failed", endpoint=request.endpoint, exc_info=error)
        return _page_or_words(
            500,
            _("Une erreur est survenue de notre côté"),
            _(
                "Rien de ce que vous aviez enregistré n’est perdu. Réessayez\u00a0; si cela continue, écrivez au service."
            ),
            (
                _("Service momentanément indisponible"),
                _("Rien de ce que vous aviez enregistré n’est perdu. Réessayez dans quelques minutes."),
            ),
        )


def _nothing_stored(fault: StoreFault, error: Exception) -> ResponseReturnValue:
    """The disk or the database is at fault: said in words, and in one line of the log."""
    cause = " ".join(str(getattr(error, "orig", None) or error).split())
    log.error("storage.fault", fault=str(fault), endpoint=request.endpoint, cause=cause)
    words = words_of(fault)
    answer = make_response(_page_or_words(words.status, words.title, words.message, (words.title, words.message)))
    if answer.status_code == 503:
        answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


def _page_or_words(status: int, title: str, message: str, plain: tuple[str, str]) -> ResponseReturnValue:
    """The page of an error; where that needs what is broken (the database), its `plain` title and sentence alone."""
    try:
        return error_page(status, title, message)
    except Exception as broken:
        if fault_of(broken) is None:
            log.exception("request.error_page_failed")
        said = {"title": escape(plain[0]), "message": escape(plain[1]), "reference": escape(g.get("request_id", ""))}
        return LAST_PAGE.format(**said), status
