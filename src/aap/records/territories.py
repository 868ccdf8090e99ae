"""Reads the shipped table of territories (see docs/territories.md for its source and licence)."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

from aap.core.territories import Territories

_TABLE = Path(__file__).with_name("territories.json.gz")


@cache
def territories() -> Territories:
    """The communes, departments and regions of France, read once a process."""
    return Territories(json.loads(gzip.decompress(_TABLE.read_bytes())))
