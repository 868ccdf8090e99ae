"""How often one may try to sign in, register or have a mail sent: such that nobody can shut anybody out.

Three counters: of the pair (network address, account), of the account, of the address. A pair that tried too often waits
some minutes; from elsewhere the account is as open as before. The others are wide: an office or a school stands behind
one address. Past one of them, a pair that has signed in before goes on; an account that many addresses try at once gives
each of them few tries, and never none. Counters are read under keys that nobody can turn back into an address. Pages whose
address holds a token are counted where it opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import structlog
from flask import Flask, make_response, request
from flask import session as cookie
from limits.storage import Storage
from werkzeug.exceptions import TooManyRequests

from aap.identity import current_person_id
from aap.records.try_counts import open_try_counts
from aap.services.errors import NotFound
from aap.services.platform import Platform
from aap.settings import Settings
from aap.web.arrival import network_of

log = structlog.get_logger(__name__)

HOUR, MINUTES = 3600, 300
FEW = 3
"""Tries that an address still has at an account that was tried too often from everywhere."""
KNOWN_FOR = 90 * 24 * HOUR
"""Seconds for which a pair that signed in is remembered."""


@dataclass(frozen=True)
class Limit:
    """Posts in `seconds`. `refused_only`: a post that leads on (a right password) counts for nothing."""

    seconds: int
    pair: int
    account: int
    address: int
    refused_only: bool = False
    few: int = 0


def limit_table(settings: Settings) -> dict[str, Limit]:
    """Endpoint → its limit."""
    passwords = Limit(
        MINUTES,
        settings.tries_of_pair,
        settings.tries_of_account,
        settings.tries_of_address,
        refused_only=True,
        few=FEW,
    )
    # Of six digits, for somebody who knew the password: fewer, and none from a new address once the account had its share.
    codes = Limit(3 * MINUTES, 5, 20, settings.tries_of_address, refused_only=True)
    mails = Limit(HOUR, settings.mails_of_pair, settings.mails_of_account, settings.mails_of_address)
    return {
        "security.login": passwords,
        "security.verify": passwords,
        "security.change_password": passwords,
        "account.confirm": passwords,
        "security.two_factor_token_validation": codes,
        "security.mf_recovery": codes,
        "security.wan_signin_response": Limit(MINUTES, 60, 60, settings.tries_of_address, refused_only=True),
        "security.register": mails,
        "security.forgot_password": mails,
        "security.send_confirmation": mails,
        "security.change_email": mails,
        "account.ask_link": mails,
        "association.invite": mails,
        # each may ask the registers, which count too
        "association.create": Limit(HOUR, 60, 60, settings.mails_of_address),
        "association.compare": Limit(HOUR, 60, 60, settings.mails_of_address),
        "association.claim": Limit(HOUR, 20, 20, settings.mails_of_address),
        "association.prove": Limit(HOUR, 20, 20, settings.mails_of_address),
    }


class TooManyTries(TooManyRequests):
    """`retry_after`: seconds."""

    retry_after: int

    def __init__(self, seconds: float) -> None:
        super().__init__(retry_after=max(1, round(seconds + 0.5)))


class Tries:
    """The counters of an application."""

    def __init__(self, store: Storage, secret: str) -> None:
        self.store = store
        self.secret = secret.encode()

    def _key(self, kind: str, *parts: str) -> str:
        digest = hmac.new(self.secret, "\n".join((kind, *parts)).encode(), hashlib.sha256)
        return f"aap:{kind}:{digest.hexdigest()[:40]}"

    def limited(self, endpoint: str, limit: Limit, view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def limited_view(*args: Any, **values: Any) -> Any:
            if request.method != "POST":
                return view(*args, **values)
            visit = self._visit(endpoint, limit)
            self._count(visit, limit)
            answer = make_response(view(*args, **values))
            if limit.refused_only and answer.status_code in (302, 303, 307):
                self._forgive(visit, limit)
            return answer

        return limited_view

    def guarded(self, most: int, view: Callable[..., Any]) -> Callable[..., Any]:
        """A page whose address holds a token: a network that asked for too many which open nothing waits, for any of them.

        What opens is counted for nothing, so that an office may read as often as it likes."""

        @wraps(view)
        def guarded_view(*args: Any, **values: Any) -> Any:
            key = self._key("guess", network_of(request.remote_addr or ""))
            try:
                guessed = self.store.get(key)
            except self.store.base_exceptions as error:
                log.exception("tries.not_counted", error=str(error))
                guessed = 0
            if guessed >= most:
                self._refuse(key, "guess")
            try:
                answer = make_response(view(*args, **values))
            except NotFound:
                self._note_guess(key)
                raise
            if answer.status_code == 404:
                self._note_guess(key)
            return answer

        return guarded_view

    def _note_guess(self, key: str) -> None:
        try:
            self.store.incr(key, MINUTES)
        except self.store.base_exceptions as error:
            log.exception("tries.not_counted", error=str(error))

    def _visit(self, endpoint: str, limit: Limit) -> _Visit:
        address = network_of(request.remote_addr or "")
        own = current_person_id() or cookie.get("tf_user_id", "")  # the second: known by its first factor
        typed = request.form.get("email", "").strip().lower()[:320]
        # whoever is signed in proves a password of their own, and clears no count of another account by it
        account = (own or typed if limit.refused_only else typed or own) or address
        return _Visit(
            pair=self._key("pair", endpoint, address, account),
            account=self._key("account", endpoint, account),
            address=self._key("address", endpoint, address),
            known=self._key("known", address, account),
        )

    def _count(self, visit: _Visit, limit: Limit) -> None:
        """Counts first, so that tries at the same moment can't pass together. Raises TooManyTries."""
        store = self.store
        try:
            known = bool(store.get(visit.known))
            if store.incr(visit.address, limit.seconds) > limit.address and not known:
                self._refuse(visit.address, "address")
            pair = store.incr(visit.pair, limit.seconds)
            if pair > limit.pair:
                self._refuse(visit.pair, "pair")
            if store.incr(visit.account, limit.seconds) > limit.account and pair > limit.few and not known:
                self._refuse(visit.account, "account")
        except store.base_exceptions as error:  # a full disk, say: who knows the password isn't kept out by it
            log.exception("tries.not_counted", error=str(error))

    def _refuse(self, key: str, counter: str) -> None:
        log.warning("tries.refused", counter=counter, endpoint=request.endpoint)
        raise TooManyTries(self.store.get_expiry(key) - time.time())

    def _forgive(self, visit: _Visit, limit: Limit) -> None:
        store = self.store
        try:
            store.clear(visit.pair)
            store.incr(visit.account, limit.seconds, -1)
            store.incr(visit.address, limit.seconds, -1)
            store.incr(visit.known, KNOWN_FOR)
        except store.base_exceptions as error:
            log.exception("tries.not_counted", error=str(error))


@dataclass(frozen=True)
class _Visit:
    """Keys of the counters of one post."""

    pair: str
    account: str
    address: str
    known: str


def _redis_of_the_queue(settings: Settings) -> str:
    return settings.queue_url if settings.queue_url.startswith(("redis://", "rediss://")) else ""


def init_limits(app: Flask, platform: Platform) -> None:
    settings = platform.settings
    if not settings.rate_limit:
        return
    store = open_try_counts(
        settings.instance, platform.database.engine, settings.limits_url or _redis_of_the_queue(settings)
    )
    tries = Tries(store, settings.secret_key)
    for endpoint, limit in limit_table(settings).items():
        app.view_functions[endpoint] = tries.limited(endpoint, limit, app.view_functions[endpoint])
    for endpoint in {rule.endpoint for rule in app.url_map.iter_rules() if "token" in rule.arguments}:
        app.view_functions[endpoint] = tries.guarded(settings.tries_of_address, app.view_functions[endpoint])
