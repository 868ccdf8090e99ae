"""The order in which letters are put into the post, from postal codes alone."""

from __future__ import annotations

from aap.core.territories import fold

_METRO, _OVERSEAS, _ABROAD = range(3)
_OVERSEAS_BEGINS = ("97", "98")


def postal_department(postal_code: str) -> str:
    """The two digits (three overseas) by which the post sorts; empty for what is no French code.

    Corsica is 20: the post never had 2A and 2B.
    """
    code = postal_code.strip()
    if len(code) != 5 or not code.isascii() or not code.isdigit():
        return ""
    return code[:3] if code.startswith(_OVERSEAS_BEGINS) else code[:2]


def postal_order(postal_code: str, name: str, reference: str) -> tuple[int, str, str, str, str]:
    """Key of a sort by department, postal code and name; overseas after the mainland, abroad (or no code) at the end."""
    department = postal_department(postal_code)
    overseas = department.startswith(_OVERSEAS_BEGINS)
    group = _OVERSEAS if overseas else _METRO if department else _ABROAD
    return group, department, postal_code.strip(), fold(name), reference
