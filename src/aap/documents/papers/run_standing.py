"""Where a ranking stands, as its papers say it: provisional, then a version that two persons froze, or took back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aap.core import french


@dataclass(frozen=True, slots=True)
class Visa:
    """Who did it, and when (Paris)."""

    name: str
    at: datetime

    def __str__(self) -> str:
        by = f"par {self.name} " if self.name else ""
        return f"{by}le {french.moment(self.at)}"


@dataclass(frozen=True, slots=True)
class RunStanding:
    """A kept run, as it stands when a paper of it is made. `version`: None until two persons froze it.

    `bundle_hash`: SHA-256 of its bundle, from then on.
    """

    run: int
    computed_at: datetime
    version: int | None = None
    proposed: Visa | None = None
    confirmed: Visa | None = None
    taken_back: Visa | None = None
    bundle_hash: str = ""

    @property
    def mark(self) -> str:
        """What stands on each page; empty on a version in force, which needs no warning."""
        if self.taken_back is not None:
            return f"VERSION {self.version} REPRISE"
        return "PROVISOIRE" if self.version is None else ""

    @property
    def word(self) -> str:
        """The same in a file's name."""
        if self.taken_back is not None:
            return f"version-{self.version}-reprise"
        return "provisoire" if self.version is None else f"version-{self.version}"

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the paper says of it, the most important first."""
        computed = f"calcul n°{french.NBSP}{self.run} du {french.moment(self.computed_at)}"
        if self.version is None:
            waits = (
                f"proposé {self.proposed}, il attend une seconde personne"
                if self.proposed
                else "personne ne l’a encore proposé"
            )
            return (f"PROVISOIRE{french.NBSP}: {computed}, qui n’est pas arrêté ({waits}). Ne pas signer.",)
        found = [
            f"Version {self.version}, {computed}.",
            f"Visa{french.NBSP}: proposée {self.proposed or ''}{french.NBSP}; confirmée et arrêtée {self.confirmed or ''}.",
        ]
        if self.taken_back is not None:
            found.insert(
                0,
                f"VERSION REPRISE{french.NBSP}: {self.taken_back}, l’appel est revenu en délibération. "
                "Elle n’est plus en vigueur.",
            )
        return tuple(found)
