"""What a person types to describe an association, checked all at once: values to store, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.fr import siret as siret_numbers

from aap.core.delays import paris
from aap.core.territories import Territories
from aap.core.values import clean_text, parse_day

TEXTS: Mapping[str, int] = {
    "name": 250, "acronym": 50, "object": 3_000, "address": 300, "representative_name": 200,
    "representative_capacity": 100,
}  # fmt: skip
"""Free texts and the characters they may count."""

OFFICERS_MOST = 60
"""People that may be named as charged with the association's administration."""

REQUIRED: Mapping[str, str] = {
    "name": "Indiquez le nom de l’association, tel qu’il figure dans ses statuts.",
    "siret": "Indiquez le numéro SIRET de l’association\u00a0: quatorze chiffres.",
    "address": "Indiquez l’adresse du siège.",
    "email": "Indiquez une adresse électronique de l’association.",
    "representative_name": "Indiquez le prénom et le nom de la personne qui représente l’association.",
    "representative_capacity": "Indiquez sa fonction, par exemple «\u00a0présidente\u00a0».",
    "representative_email": "Indiquez l’adresse électronique de cette personne\u00a0: elle pourra approuver vos dossiers.",
}

# Regions of the phone numbering plans that "FR" rejects.
_PHONE_REGION: Mapping[str, str] = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "977": "BL", "978": "MF",
    "986": "WF", "987": "PF", "988": "NC",
}  # fmt: skip


@dataclass
class CheckedIdentity:
    """`values` may be stored when `problems` (field → message) is empty."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def check_identity(typed: Mapping[str, str], territories: Territories, *, now: datetime) -> CheckedIdentity:
    """Reads every field; `typed["commune_code"]` is the INSEE code that the page found for what was typed."""
    found = CheckedIdentity()
    cleaned = {name: clean_text(text) for name, text in typed.items()}
    for name, message in REQUIRED.items():
        if not cleaned.get(name):
            found.problems[name] = message
    for name, longest in TEXTS.items():
        text = cleaned.get(name, "")
        if len(text) > longest:
            found.problems[name] = f"Ce texte compte {len(text)} caractères\u00a0: {longest} au plus."
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
            "Choisissez la commune dans la liste officielle\u00a0: écrivez son nom ou son code postal."
            if cleaned.get("commune")
            else "Indiquez la commune du siège."
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
            postal = commune.postal_codes[0]
    if postal and not re.fullmatch(r"[0-9]{5}", postal):
        found.problems["postal_code"] = "Un code postal compte cinq chiffres."
    elif not postal and commune is not None:
        found.problems["postal_code"] = "Indiquez le code postal."
    found.values["postal_code"] = postal


def _siret(typed: str, found: CheckedIdentity) -> None:
    if not typed:
        return
    digits = re.sub(r"[\s.\u00a0\u202f-]", "", typed)
    if not re.fullmatch(r"[0-9]{14}", digits):
        found.problems["siret"] = "Un numéro SIRET compte quatorze chiffres."
        return
    try:
        found.values["siret"] = siret_numbers.validate(digits)
    except InvalidChecksum:
        found.problems["siret"] = "Ce numéro SIRET comporte une erreur\u00a0: vérifiez chaque chiffre."
    except ValidationError:
        found.problems["siret"] = "Ce numéro SIRET n’est pas valable."


def _rna(typed: str, found: CheckedIdentity) -> None:
    number = re.sub(r"[\s.\u00a0\u202f-]", "", typed).upper()
    # W, the prefecture (two digits and a digit or, in Corsica and overseas, a letter: W2A, W9R), seven digits
    if number and not re.fullmatch(r"W[0-9][0-9A-Z][0-9]{7}", number):
        found.problems["rna"] = (
            "Un numéro RNA commence par W, suivi de neuf chiffres (ou d’une lettre parmi eux, en Corse et outre-mer). "
            "Si votre association n’en a pas, laissez ce champ vide."
        )
    found.values["rna"] = number or None


def _created(typed: str, now: datetime, found: CheckedIdentity) -> None:
    found.values["created_on"] = None
    if not typed:
        return
    try:
        on = parse_day(typed)
    except ValueError:
        found.problems["created_on"] = "Ce n’est pas une date. Écrivez-la par exemple 28/02/2015."
        return
    if on > paris(now).date():
        found.problems["created_on"] = "Cette date est dans l’avenir\u00a0: vérifiez l’année."
    elif on.year < 1800:
        found.problems["created_on"] = "Cette date est trop ancienne\u00a0: vérifiez l’année."
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
        found.problems["officers"] = (
            f"{OFFICERS_MOST} personnes au plus\u00a0: gardez le bureau et le conseil d’administration."
        )
    elif wrong:
        found.problems["officers"] = (
            f"Ligne {wrong[0]}\u00a0: écrivez le prénom et le nom, une virgule, puis la fonction (100 caractères au plus)."
        )
    found.values["officers"] = people


def _email(name: str, typed: str, found: CheckedIdentity) -> None:
    found.values[name] = ""
    if not typed:
        return
    try:
        found.values[name] = validate_email(typed, check_deliverability=False).normalized
    except EmailNotValidError:
        found.problems[name] = "Ce n’est pas une adresse électronique, par exemple contact@association.fr."


def _phone(typed: str, department: str, found: CheckedIdentity) -> None:
    found.values["phone"] = ""
    if not typed:
        return
    wrong = "Ce n’est pas un numéro de téléphone, par exemple 01\u00a099\u00a000\u00a012\u00a034."
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
        found.values["iban"] = str(IBAN(typed[:60], validate_bban=True))
    except (SchwiftyException, ValueError):
        found.problems["iban"] = (
            "Cet IBAN comporte une erreur\u00a0: recopiez-le depuis votre relevé d’identité bancaire."
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
        found.problems["website"] = "Ce n’est pas une adresse de site, par exemple https://www.association.fr."
    else:
        found.values["website"] = address
