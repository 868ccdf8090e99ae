"""What a person types to describe an association, checked all at once: values to store, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from aap.core.delays import paris
from aap.core.identifiers import BadEmail, BadSiret, bare_number, read_email, read_rna, read_siret
from aap.core.territories import Commune, Territories, place_asked
from aap.core.values import clean_text, parse_day
from aap.records.associations import Association
from aap.services.errors import InvalidInput, Objection, of_email

TEXTS: Mapping[str, int] = {
    "name": 250, "acronym": 50, "object": 3_000, "address": 300, "representative_name": 200,
    "representative_capacity": 100,
}  # fmt: skip
"""Free texts and the characters they may count."""

OFFICERS_MOST = 60
"""People that may be named as charged with the association's administration."""

REQUIRED: Mapping[str, Objection] = {
    "name": Objection("association.name_missing"),
    "siret": Objection("association.siret_missing"),
    "address": Objection("association.address_missing"),
    "email": Objection("association.email_missing"),
    "representative_name": Objection("association.representative_name_missing"),
    "representative_capacity": Objection("association.representative_capacity_missing"),
    "representative_email": Objection("association.representative_email_missing"),
}

TO_BEGIN = frozenset({"name", "address"})
"""What an association is known by, with its commune: enough to begin a dossier. The rest is a task of it."""

_BAD_SIRET: Mapping[str, Objection] = {
    "length": Objection("association.siret_length"),
    "checksum": Objection("association.siret_checksum"),
    "invalid": Objection("association.siret_invalid"),
}

# Regions of the phone numbering plans that "FR" rejects.
_PHONE_REGION: Mapping[str, str] = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "977": "BL", "978": "MF",
    "986": "WF", "987": "PF", "988": "NC",
}  # fmt: skip


@dataclass
class CheckedIdentity:
    """`values` may be stored when `problems` (field → objection) is empty."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, Objection] = field(default_factory=dict)


def check_identity(
    typed: Mapping[str, str], territories: Territories, *, now: datetime, required: Collection[str] = REQUIRED
) -> CheckedIdentity:
    """Reads every field; `typed["commune_code"]` is the INSEE code that the page found for what was typed.

    `required`: those of REQUIRED that can't be left empty here; the commune never can.
    """
    found = CheckedIdentity()
    cleaned = {name: clean_text(text) for name, text in typed.items()}
    for name, missing in REQUIRED.items():
        if name in required and not cleaned.get(name):
            found.problems[name] = missing
    for name, longest in TEXTS.items():
        text = cleaned.get(name, "")
        if len(text) > longest:
            found.problems[name] = Objection("association.text_too_long", length=len(text), most=longest)
        found.values[name] = text
    _territory(cleaned, territories, found)
    _siret(cleaned.get("siret", ""), found)
    _rna(cleaned.get("rna", ""), found)
    _created(cleaned.get("created_on", ""), now, found)
    _officers(typed.get("officers", ""), found)
    for name in ("email", "representative_email"):
        _email(name, cleaned.get(name, ""), found)
    _phone(cleaned.get("phone", ""), str(found.values.get("department") or ""), found)
    _iban(cleaned.get("iban", ""), found)
    _website(cleaned.get("website", ""), found)
    return found


def _territory(cleaned: Mapping[str, str], territories: Territories, found: CheckedIdentity) -> None:
    commune = territories.commune(cleaned.get("commune_code", ""))
    postal = re.sub(r"\s", "", cleaned.get("postal_code", ""))
    if commune is None:
        found.problems["commune"] = (
            Objection("association.commune_unknown")
            if cleaned.get("commune")
            else Objection("association.commune_missing")
        )
    else:
        found.values.update(
            commune_code=commune.code,
            commune_name=commune.name,
            department=commune.department.code,
            region=commune.region.code,
            zone=commune.zone,
        )
        if not postal and commune.postal_codes:
            postal = _postal_code(commune, cleaned.get("commune", ""))
    if postal and not re.fullmatch(r"[0-9]{5}", postal):
        found.problems["postal_code"] = Objection("association.postal_code_length")
    elif not postal and commune is not None:
        found.problems["postal_code"] = Objection("association.postal_code_missing")
    found.values["postal_code"] = postal


def _postal_code(commune: Commune, typed: str) -> str:
    """The one that was typed with the commune's name (`75013 Paris`, `Paris 13e`), else the first of the commune's."""
    numbers = place_asked(typed)[1]
    said = (code for code in commune.postal_codes if any(code[-3:] == one.zfill(3) or code == one for one in numbers))
    return next(said, commune.postal_codes[0])


def check_siret(typed: str) -> str:
    """The fourteen digits of what was typed. Raises InvalidInput."""
    if not clean_text(typed):
        raise InvalidInput({"siret": REQUIRED["siret"]})
    try:
        return read_siret(clean_text(typed))
    except BadSiret as bad:
        raise InvalidInput({"siret": _BAD_SIRET[bad.reason]}) from bad


def _siret(typed: str, found: CheckedIdentity) -> None:
    found.values["siret"] = None
    if not typed:
        return
    try:
        found.values["siret"] = read_siret(typed)
    except BadSiret as bad:
        found.problems["siret"] = _BAD_SIRET[bad.reason]


def _rna(typed: str, found: CheckedIdentity) -> None:
    found.values["rna"] = None
    if not typed:
        return
    try:
        found.values["rna"] = read_rna(typed)
    except ValueError:
        found.problems["rna"] = Objection("association.rna_unreadable")


def _created(typed: str, now: datetime, found: CheckedIdentity) -> None:
    found.values["created_on"] = None
    if not typed:
        return
    try:
        on = parse_day(typed)
    except ValueError:
        found.problems["created_on"] = Objection("association.date_unreadable")
        return
    if on > paris(now).date():
        found.problems["created_on"] = Objection("association.date_to_come")
    elif on.year < 1800:
        found.problems["created_on"] = Objection("association.date_too_early")
    else:
        found.values["created_on"] = on


def _officers(typed: str, found: CheckedIdentity) -> None:
    """One person a line: a name, then after a comma or semicolon what they are (`Léa Exemple, trésorière`)."""
    lines = [line for line in clean_text(typed[:20_000], lines=True).split("\n") if line.strip()]
    people = []
    for line in lines:
        name, _sep, capacity = re.sub(r"\s*[,;\t]\s*", ",", line.strip()).partition(",")
        people.append({"name": name.strip(), "capacity": capacity.replace(",", ", ").strip()})
    wrong = [n for n, one in enumerate(people, 1) if not 2 <= len(one["name"]) <= 200 or len(one["capacity"]) > 100]
    if len(people) > OFFICERS_MOST:
        found.problems["officers"] = Objection("association.too_many_officers", most=OFFICERS_MOST)
    elif wrong:
        found.problems["officers"] = Objection("association.officer_unreadable", line=wrong[0])
    found.values["officers"] = people


def _email(name: str, typed: str, found: CheckedIdentity) -> None:
    found.values[name] = ""
    if not typed:
        return
    try:
        found.values[name] = read_email(typed)
    except BadEmail as bad:
        found.problems[name] = of_email(bad, Objection("association.email_invalid"))


def _phone(typed: str, department: str, found: CheckedIdentity) -> None:
    found.values["phone"] = ""
    if not typed:
        return
    wrong = Objection("association.phone_unreadable")
    try:
        number = phonenumbers.parse(typed[:60], _PHONE_REGION.get(department, "FR"))
    except phonenumbers.NumberParseException:
        found.problems["phone"] = wrong
        return
    # possible, not valid: the numbering plan opens new ranges faster than the library learns them
    if phonenumbers.is_possible_number(number):
        found.values["phone"] = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    else:
        found.problems["phone"] = wrong


def _iban(typed: str, found: CheckedIdentity) -> None:
    found.values["iban"] = ""
    if not typed:
        return
    try:
        found.values["iban"] = str(IBAN(bare_number(typed[:60], "IBAN"), validate_bban=True))
    except (SchwiftyException, ValueError):
        found.problems["iban"] = Objection("association.iban_invalid")


def missing_identity(association: Association) -> dict[str, Objection]:
    """Field → what is to be told: what a description lacks before a dossier can be deposited. Empty: it is complete."""
    missing = {name: objection for name, objection in REQUIRED.items() if not getattr(association, name)}
    if not association.commune_code:
        missing["commune"] = Objection("association.commune_missing")
    return missing


def described_as_typed(association: Association, territories: Territories) -> dict[str, str]:
    """A stored description as its form shows it."""
    names = (*TEXTS, "siret", "rna", "postal_code", "email", "website", "representative_email")
    commune = territories.commune(association.commune_code or "")
    return {
        **{name: str(getattr(association, name) or "") for name in names},
        "commune": commune.label if commune else association.commune_name,
        "commune_code": association.commune_code or "",
        "created_on": association.created_on.strftime("%d/%m/%Y") if association.created_on else "",
        "phone": shown_phone(association.phone) if association.phone else "",
        "iban": shown_iban(association.iban),
        "officers": officer_lines(association.officers),
    }


def officer_lines(officers: Iterable[Mapping[str, Any]]) -> str:
    """One person a line, as they are typed: a name, a comma, what they are."""
    return "\n".join(
        ", ".join(part for part in (one.get("name", ""), one.get("capacity", "")) if part) for one in officers
    )


def bank_of(iban: str) -> str:
    """The name of the bank of a stored IBAN; empty where it isn't known."""
    if not iban:
        return ""
    try:
        return str(IBAN(iban).bank_name or "")
    except (SchwiftyException, ValueError):
        return ""


def shown_iban(iban: str) -> str:
    """In groups of four."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def shown_siret(siret: str) -> str:
    """`130 025 265 00013`: the SIREN in groups of three, then the establishment."""
    return " ".join(part for part in (siret[:3], siret[3:6], siret[6:9], siret[9:]) if part)


def shown_phone(phone: str) -> str:
    """As people of the country write it."""
    try:
        number = phonenumbers.parse(phone, "FR")
    except phonenumbers.NumberParseException:
        return phone
    home = number.country_code in (33, 262, 590, 594, 596, 508, 681, 687, 689)
    form = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


def _website(typed: str, found: CheckedIdentity) -> None:
    found.values["website"] = ""
    if not typed:
        return
    address = typed if re.match(r"https?://", typed, flags=re.IGNORECASE) else f"https://{typed}"
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if "." not in host or re.search(r"[\s<>\"]", address) or len(address) > 300:
        found.problems["website"] = Objection("association.website_unreadable")
    else:
        found.values["website"] = address
