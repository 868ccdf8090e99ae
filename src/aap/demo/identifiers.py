"""Fictitious identifiers that pass their checks and cannot belong to anybody.

SIREN numbers start with 000, which the register has not given; RNA numbers have 9 where the arrondissement stands; bank
code 99999 is nobody's; phone numbers come from the ranges that the regulator keeps for fiction (ARCEP decision
2018-0881).
"""

from __future__ import annotations

from random import Random

# Ranges for fiction by the first department of each of the five geographic zones.
_PHONE_RANGES = {"north-west": "02 61 91", "north-east": "03 53 01", "south-east": "04 65 71", "south-west": "05 36 49"}
_PARIS = frozenset({"75", "77", "78", "91", "92", "93", "94", "95"})
_NORTH_WEST = frozenset(
    [
        "14",
        "18",
        "22",
        "27",
        "28",
        "29",
        "35",
        "36",
        "37",
        "41",
        "44",
        "45",
        "49",
        "50",
        "53",
        "56",
        "61",
        "72",
        "76",
        "85",
    ]
)
_NORTH_EAST = frozenset(
    [
        "02",
        "08",
        "10",
        "21",
        "25",
        "39",
        "51",
        "52",
        "54",
        "55",
        "57",
        "58",
        "59",
        "60",
        "62",
        "67",
        "68",
        "70",
        "71",
        "80",
        "88",
        "89",
        "90",
    ]
)
_SOUTH_WEST = frozenset(
    [
        "09",
        "12",
        "16",
        "17",
        "19",
        "23",
        "24",
        "31",
        "32",
        "33",
        "40",
        "46",
        "47",
        "64",
        "65",
        "79",
        "81",
        "82",
        "86",
        "87",
    ]
)
_LOCAL_LAW = frozenset({"57", "67", "68"})  # associations of Alsace and Moselle have no RNA


def siret(number: int, office: int = 1) -> str:
    """A SIRET of 14 digits with both Luhn keys, different for each `number` below 100,000."""
    siren = _with_luhn(f"000{number:05d}")
    return _with_luhn(f"{siren}{office:04d}")


def rna(department: str, number: int) -> str | None:
    """`W` and nine digits, or None in Alsace and Moselle."""
    if department in _LOCAL_LAW:
        return None
    digits = department.replace("A", "0").replace("B", "0")
    return f"W{digits}9{number:0{8 - len(digits)}d}"


def iban(number: int) -> str:
    """A French IBAN with a right key (RIB) and check digits, of a bank that doesn't exist."""
    bank, branch, account = "99999", "00001", f"{number:011d}"
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    bban = f"{bank}{branch}{account}{key:02d}"
    check = 98 - int(f"{bban}152700") % 97  # F=15, R=27
    return f"FR{check:02d}{bban}"


def phone(department: str, rng: Random) -> str:
    """A number of the range for fiction of the department's zone; a mobile one overseas."""
    if len(department) == 3:
        area = "06 39 98"
    elif department in _PARIS:
        area = "01 99 00"
    elif department in _NORTH_WEST:
        area = _PHONE_RANGES["north-west"]
    elif department in _NORTH_EAST:
        area = _PHONE_RANGES["north-east"]
    elif department in _SOUTH_WEST:
        area = _PHONE_RANGES["south-west"]
    else:
        area = _PHONE_RANGES["south-east"]
    return f"{area} {rng.randrange(100):02d} {rng.randrange(100):02d}"


def _with_luhn(digits: str) -> str:
    """The digits with the key behind them that makes them pass Luhn's check."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if position % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return f"{digits}{-total % 10}"
