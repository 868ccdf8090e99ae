"""The columns of the applications’ table that give attributes: those that the quotas and the computed
criteria of a call name are there, and hold what these want."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aap.core.call.lots import lot_name, parts_of, rubric_for
from aap.core.call.schema import CallFile
from aap.core.french import NBSP
from aap.core.inputs import Application
from aap.core.problems import cited, nearest
from aap.core.ranking.parts import lot_fault
from aap.core.scoring.criteria import texts_for_bands
from aap.documents.tables.table_rows import Sheet

APPLICATION_COLUMNS = ("application_id", "association", "requested_amount")
APPLICATION_OPTIONS = ("proposed_amount", "eligible", "ineligible_reason", "draw_token")


def named_attributes(call: CallFile) -> dict[str, str]:
    """The attributes that the rules of a call name, each with the first rule that does, as it is called."""
    named: dict[str, str] = {}
    if call.lots is not None:
        named[call.lots.attribute] = "la répartition en lots"
    for _, part in parts_of(call):
        for quota in part.selection.quotas:
            for attribute in (*(quota.where or ()), *((quota.each,) if quota.each else ())):
                named.setdefault(attribute, f"le quota {cited(quota.id)}")
        for criterion in part.rubric.criteria:
            if criterion.kind == "computed" and criterion.from_:
                named.setdefault(criterion.from_, f"le critère {cited(criterion.id)}")
    return named


def check_columns(sheet: Sheet, call: CallFile, attributes: Sequence[str]) -> None:
    """The columns that the rules name are there; one that looks like an optional column is pointed at."""
    named = named_attributes(call)
    for attribute, rule in named.items():
        if attribute in (*APPLICATION_COLUMNS, *APPLICATION_OPTIONS):
            message = f"cette colonne n’est pas une caractéristique, {rule} ne peut pas porter sur elle"
            sheet.refuse(1, attribute, message, allowed="une autre colonne")
        elif attribute not in sheet.headings:
            message = f"colonne absente, alors que {rule} porte sur elle"
            sheet.refuse(1, attribute, message, nearest=nearest(attribute, attributes))
    for heading in attributes:
        close = nearest(heading, (name for name in APPLICATION_OPTIONS if name not in sheet.headings), cutoff=0.85)
        if heading not in named and close:
            message = "cette colonne est lue comme une caractéristique des candidatures"
            sheet.warn(message, 1, heading, nearest=close)
    proposed = any(part.selection.amounts == "proposed" for _, part in parts_of(call))
    if proposed and "proposed_amount" not in sheet.headings:
        message = (
            f"l’appel retient les montants proposés, mais cette colonne est absente{NBSP}: le montant demandé en tient "
            "lieu"
        )
        sheet.warn(message, 1, "proposed_amount")


def check_values(sheet: Sheet, call: CallFile, applications: Sequence[Application]) -> None:
    """Points at a value of a quota that no application has, where it looks misspelt or leaves the quota no member."""
    for lot, part in parts_of(call):
        inside = [one for one in applications if lot is None or one.attributes.get(_lots(call)) == (lot.id,)]
        of_lot = f" du {lot_name(lot)}" if lot else ""
        for quota in part.selection.quotas:
            for attribute, wanted in (quota.where or {}).items():
                if attribute not in sheet.headings:
                    continue
                seen = {value for application in inside for value in application.attributes.get(attribute, ())}
                absent = [value for value in wanted if value not in seen]
                for value in absent:
                    close = nearest(value, seen - set(wanted))
                    if close or len(absent) == len(wanted):
                        message = f"aucune candidature{of_lot} n’a cette valeur, que le quota {cited(quota.id)} nomme"
                        sheet.warn(message, 1, attribute, value, close)


def _lots(call: CallFile) -> str:
    """The attribute that says an application's lot; empty without lots."""
    return call.lots.attribute if call.lots else ""


def check_lot(
    sheet: Sheet, row: int, call: CallFile, application_id: str, attributes: Mapping[str, tuple[str, ...]]
) -> None:
    """An application has one lot, and one that there is."""
    fault = lot_fault(call, application_id, attributes)
    if fault is not None and fault.heading in sheet.headings:
        sheet.refuse(row, fault.heading, fault.message, fault.found, fault.allowed, nearest=fault.nearest)


def check_numbers(sheet: Sheet, row: int, call: CallFile, application: Application) -> None:
    """The cells that the bands of a computed criterion read hold numbers, or nothing."""
    for criterion, text in texts_for_bands(rubric_for(call, application.attributes), application):
        message = f"le critère {cited(criterion.id)} se calcule sur un nombre, et cette cellule n’en contient pas un"
        sheet.refuse(row, criterion.from_ or "", message, text, "un nombre, par exemple 12 ou 2,5, ou rien")
