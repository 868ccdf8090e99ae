"""Asks the registers from a page: two short transactions with the question between them, outside of both."""

from __future__ import annotations

from aap.services.association.register_answers import Registered, keep_said, registered, to_ask
from aap.services.association.registers import ask, open_registers
from aap.web.context import arrived_at, platform, reading, signed_in, writing


def ask_registers(siret: str) -> Registered:
    """What the registers say of a checked SIRET, asked now where nothing recent is kept; empty where none is set."""
    with reading() as session:
        wanted = to_ask(session, open_registers(platform().settings), actor=signed_in(), siret=siret, now=arrived_at())
    if wanted:
        said = ask(wanted, siret)
        with writing() as session:
            keep_said(session, actor=signed_in(), siret=siret, said=said, now=arrived_at())
    with reading() as session:
        return registered(session, siret)
