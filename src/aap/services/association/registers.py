"""The public registers as they are asked by the web: the State's business register, and the register of associations.

Each is off until its address is set. Nobody waits long for one: `ask` ends after `PATIENCE` seconds whatever the other
side does, reads `MOST_BYTES` at most, follows no redirection, and turns every fault into `Said` with the outcome SILENT.
It is called outside of any transaction. What is not needed (births, nationality, addresses of people) is dropped here.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from http.client import HTTPException
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import structlog

from aap.core.identifiers import read_rna
from aap.core.values import clean_text
from aap.records.associations import Register, RegisterOutcome
from aap.settings import Settings

log = structlog.get_logger(__name__)

PATIENCE = 2.0
"""Seconds that a register has, from the first look-up of its name to the last byte."""
MOST_BYTES = 1_000_000
MOST_OFFICERS = 60
_HIDDEN = ("[NON-DIFFUSIBLE]", "[ND]")  # in place of what its owner doesn't let be shown
_SEARCH = "search"
_ASSOCIATIONS = "92"  # legal forms of associations, foundations apart


@dataclass(frozen=True)
class Said:
    """What a register said of a SIRET. `content`: JSON, empty unless FOUND, with those of these keys that it knows:

    `name`, `acronym`, `siret`, `rna`, `object`, `address`, `postal_code`, `commune_code`, `commune_name`, `website`: texts;
    `created_on`, `closed_on`: ISO dates; `closed`, `association`: booleans; `seat`: the SIRET of the seat, where it is
    another one; `officers`: `{"name", "capacity"}` each.
    """

    said_by: Register
    outcome: RegisterOutcome
    content: Mapping[str, Any] = field(default_factory=dict)
    fault: str = field(default="", compare=False)  # why it is SILENT, for an operator


class UnusableAnswer(ValueError):
    """What came is not what the register answers."""


class AskedRegister(Protocol):
    """A register that can be asked: one request a question."""

    @property
    def said_by(self) -> Register: ...

    def request(self, siret: str) -> Request: ...

    def read(self, answer: Any, siret: str) -> Mapping[str, Any] | None:
        """`Said.content` of its JSON; None where it doesn't know the number. Raises UnusableAnswer."""


def open_registers(settings: Settings) -> tuple[AskedRegister, ...]:
    """Those that are set."""
    found: list[AskedRegister] = []
    if settings.business_register:
        found.append(BusinessRegister(settings.business_register))
    if settings.association_register:
        found.append(AssociationRegister(settings.association_register, settings.association_register_token))
    return tuple(found)


def ask(registers: Sequence[AskedRegister], siret: str) -> tuple[Said, ...]:
    """What each says of a checked SIRET; all are asked at once, so that two take no longer than one. Never raises."""
    said: dict[Register, Said] = {}
    # daemons: one that still waits for a name or a byte when the time is over is left alone, and holds no shutdown up
    threads = [
        threading.Thread(target=_ask_into, args=(register, siret, said), daemon=True, name="register")
        for register in registers
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + PATIENCE
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    late = f"{PATIENCE:g} s"
    found = [said.get(one.said_by) or Said(one.said_by, RegisterOutcome.SILENT, fault=late) for one in registers]
    for one in found:
        log.info("register.asked", register=str(one.said_by), outcome=str(one.outcome), fault=one.fault)
    return tuple(found)


def _ask_into(register: AskedRegister, siret: str, said: dict[Register, Said]) -> None:
    said[register.said_by] = _ask_one(register, siret)


def _ask_one(register: AskedRegister, siret: str) -> Said:
    try:
        content = register.read(_fetched(register.request(siret)), siret)
    except HTTPError as error:
        error.close()
        if error.code == 404:
            return Said(register.said_by, RegisterOutcome.UNKNOWN)
        fault = f"HTTP {error.code}"
    except (URLError, OSError, HTTPException, ValueError, RecursionError) as error:
        fault = str(getattr(error, "reason", "") or type(error).__name__)[:200]
    else:
        if content is None:
            return Said(register.said_by, RegisterOutcome.UNKNOWN)
        return Said(register.said_by, RegisterOutcome.FOUND, content)
    return Said(register.said_by, RegisterOutcome.SILENT, fault=fault)


class _NoRedirect(HTTPRedirectHandler):
    """An answer that leads elsewhere is none: only the host of the setting is ever asked."""

    def redirect_request(self, *_asked: Any) -> None:
        return None


def _fetched(request: Request) -> Any:
    """JSON of an answer. Certificates are verified; the machine's proxy (`https_proxy`) is used where one is set."""
    request.add_header("Accept", "application/json")
    request.add_header("User-Agent", "aap")
    with build_opener(_NoRedirect).open(request, timeout=PATIENCE) as answer:
        body = answer.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise UnusableAnswer
    return json.loads(body)


# --- the State's business register ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BusinessRegister:
    """« Recherche d'entreprises »: `GET <address>/search?q=<SIRET>` gives `results`, of which one is the number's."""

    address: str
    said_by: Register = Register.BUSINESS

    def request(self, siret: str) -> Request:
        asked = urlencode({"q": siret, "page": 1, "per_page": 1})
        return Request(f"{self.address}/{_SEARCH}?{asked}")  # noqa: S310  (https, by the setting)

    def read(self, answer: Any, siret: str) -> Mapping[str, Any] | None:
        results = _mapping(answer).get("results")
        if not isinstance(results, list):
            raise UnusableAnswer
        unit = next((one for one in map(_mapping, results) if one.get("siren") == siret[:9]), None)
        if unit is None:
            return None
        seat = _mapping(unit.get("siege"))
        matching = unit.get("matching_etablissements")
        places = [seat, *map(_mapping, matching if isinstance(matching, list) else ())]
        place = next((one for one in places if one.get("siret") == siret), None)
        if place is None:
            return None
        extra = _mapping(unit.get("complements"))
        form = _text(unit.get("nature_juridique"), 10)
        seat_number = _text(seat.get("siret"), 14)
        return _told(
            name=_text(unit.get("nom_raison_sociale"), 250) or _text(unit.get("nom_complet"), 250),
            acronym=_text(unit.get("sigle"), 50),
            siret=siret,
            rna=_rna(extra.get("identifiant_association")),
            created_on=_day(unit.get("date_creation")),
            **_place(place, code="commune", name="libelle_commune"),
            officers=list(_officers(unit.get("dirigeants"))),
            closed=place.get("etat_administratif") == "F" or unit.get("etat_administratif") == "C",
            closed_on=_day(place.get("date_fermeture")) or _day(unit.get("date_fermeture")),
            association=extra.get("est_association") is True or form.startswith(_ASSOCIATIONS),
            seat=seat_number if seat_number != siret and re.fullmatch(r"[0-9]{14}", seat_number) else "",
        )


def _officers(given: Any) -> Iterator[dict[str, str]]:
    """Names and capacities alone; people only."""
    for one in map(_mapping, given[:MOST_OFFICERS] if isinstance(given, list) else ()):
        last = _text(one.get("nom"), 100)
        first = _text(one.get("prenoms"), 100).partition(" ")[0]
        if one.get("type_dirigeant", "personne physique") == "personne physique" and last:
            name = " ".join(part for part in (_as_name(first), _as_name(last)) if part)
            yield {"name": name, "capacity": _text(one.get("qualite"), 100)}


def _as_name(text: str) -> str:
    """`LÉA`, `LE FICTIF`: the register writes in capitals."""
    return text.title() if text.isupper() else text


# --- the register of associations -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AssociationRegister:
    """`GET <address>/<SIREN>` gives the association under `data`. What the address asks for (`?context=…`) is sent on."""

    address: str
    token: str = field(default="", repr=False)
    said_by: Register = Register.ASSOCIATIONS

    def request(self, siret: str) -> Request:
        parts = urlsplit(self.address)
        address = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{siret[:9]}"))
        asked = Request(address)  # noqa: S310  (https, by the setting)
        if self.token:
            asked.add_unredirected_header("Authorization", f"Bearer {self.token}")
        return asked

    def read(self, answer: Any, siret: str) -> Mapping[str, Any] | None:
        told = _mapping(answer).get("data")
        if not isinstance(told, dict):
            raise UnusableAnswer
        if told.get("siren") != siret[:9]:
            return None
        return _told(
            name=_text(told.get("nom"), 250),
            acronym=_text(told.get("sigle"), 50),
            rna=_rna(told.get("rna")),
            object=_text(_mapping(told.get("activites")).get("objet"), 3_000),
            created_on=_day(told.get("date_creation")),
            **_place(_mapping(told.get("adresse_siege")), code="code_insee", name="commune"),
            closed=told.get("active") is False,
            closed_on=_day(told.get("date_dissolution")),
            association=True,
        )


# --- values -----------------------------------------------------------------------------------------------------------


def _told(**content: Any) -> dict[str, Any]:
    """What was said: neither empty texts nor empty lists; a closing date only of what is closed; no acronym that is the name."""
    kept = {key: value for key, value in content.items() if value not in ("", [])}
    if kept.get("acronym") == kept.get("name"):
        kept.pop("acronym", None)
    if not kept.get("closed"):
        kept.pop("closed_on", None)
    return kept


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any, most: int) -> str:
    """One line, no longer than its field takes; empty for what is no text or is hidden."""
    if not isinstance(value, str) or any(mark in value for mark in _HIDDEN):
        return ""
    return clean_text(value[: 4 * most])[:most].strip()


def _day(value: Any) -> str:
    try:
        return date.fromisoformat(_text(value, 10)).isoformat()
    except ValueError:
        return ""


def _rna(value: Any) -> str:
    try:
        return read_rna(_text(value, 20))
    except ValueError:
        return ""


def _place(place: Mapping[str, Any], *, code: str, name: str) -> dict[str, str]:
    """Address (without postal code and commune), postal code, commune. A hidden address is no address."""
    parts = ("complement_adresse", "complement", "numero_voie", "indice_repetition", "type_voie", "libelle_voie")
    street = _text(place.get("libelle_voie"), 100)
    words = [_text(place.get(part), 100) for part in parts] if street else []
    postal = _text(place.get("code_postal"), 10)
    return {
        "address": " ".join(word for word in words if word)[:300],
        "postal_code": postal if re.fullmatch(r"[0-9]{5}", postal, re.ASCII) else "",
        "commune_code": _text(place.get(code), 5),
        "commune_name": _text(place.get(name), 100),
    }
