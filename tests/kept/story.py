"""What happens in a kept instance: one call led to its end, one under review, one open, told through the pages.

`tell` leaves work waiting at the end, and gives what the pages must still show (`Kept`).
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pikepdf
from click.testing import CliRunner
from PIL import Image

from aap.cli import main
from aap.demo.identifiers import siret
from tests.kept.driving import PASSWORD, Visitor, World, sent_file

CALLS = Path(__file__).parent / "calls"
LUEURS, PASSERELLES, ANCRAGES = "lueurs-2025", "passerelles-2026", "ancrages-2026"
NAMES = {
    "lucioles": ("Les Lucioles fictives", "Lyon (Rhône)", "69003"),
    "phare": ("Le Phare fictif", "Montpellier (Hérault)", "34000"),
    "passerelle": ("La Passerelle fictive", "Lyon (Rhône)", "69003"),
    "veilleurs": ("Les Veilleurs fictifs", "Rennes (Ille-et-Vilaine)", "35000"),
    "estuaire": ("L’Estuaire fictif", "Nantes (Loire-Atlantique)", "44000"),
    "cabane": ("La Cabane fictive", "Dijon (Côte-d’Or)", "21000"),
}
"""Account and association: name, commune, postal code."""


@dataclass
class Kept:
    """`actors`: role in the story → address. `shows`: (actor or an empty text, address, words on that page)."""

    actors: dict[str, str] = field(default_factory=dict)
    shows: list[tuple[str, str, list[str]]] = field(default_factory=list)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)


class Story:
    def __init__(self, world: World) -> None:
        self.world = world
        self.kept = Kept()
        self.people: dict[str, Visitor] = {}
        self.associations: dict[str, str] = {}
        self.dossiers: dict[tuple[str, str], str] = {}
        self.references: dict[tuple[str, str], str] = {}

    def shows(self, actor: str, address: str, *words: str) -> None:
        self.kept.shows.append((actor, address, list(words)))

    # --- people -------------------------------------------------------------------------------------------------------

    def newcomer(self, key: str) -> Visitor:
        """Somebody with an account to come: invited, or who signs up."""
        visitor = self.people[key] = Visitor(self.world, f"{key}@example.org")
        self.kept.actors[key] = visitor.address
        return visitor

    def administrator(self) -> None:
        """The first account, by the command."""
        visitor = self.newcomer("admin")
        settings = self.world.settings
        given = {
            "AAP_INSTANCE": str(settings.instance), "AAP_SECRET_KEY": settings.secret_key, "AAP_ENVIRONMENT": "testing",
        }  # fmt: skip
        with mock.patch("aap.services.platform.datetime") as time:  # a command takes the clock of the machine
            time.now.side_effect = lambda _zone: self.world.clock()
            done = CliRunner().invoke(main, ["person", "add", visitor.address, "--name", "Maëlle Fictive"], env=given)
        assert done.exit_code == 0, done.output
        visitor.take_link()

    def official(self, key: str, name: str) -> None:
        visitor = self.newcomer(key)
        self.people["admin"].fill(
            "/administration/personnes/nouvelle",
            {"email": visitor.address, "name": name, "role": "official", "call_id": ""},
        )
        visitor.take_link()

    def reviewer(self, key: str, name: str, call_id: str, load: int = 0, **interest: str) -> None:
        """Invited by an official, for `load` dossiers (0: any number); declares an interest where one is given."""
        known = key in self.people
        visitor = self.people[key] if known else self.newcomer(key)
        typed = {"courriel": visitor.address, "nom": name, "minimum": str(load), "maximum": str(load or 25)}
        self.people["instruction"].fill(f"/instruction/{call_id}/evaluateurs/invitation", typed)
        if not known:
            visitor.take_link()
        visitor.fill("/evaluation/interets", {"complet": "oui", **interest, "action": "enregistrer"})

    def volunteer(self, key: str, name: str) -> Visitor:
        """Signs up, confirms the address, signs in."""
        visitor = self.newcomer(key)
        visitor.fill("/inscription", {"name": name, "email": visitor.address, "password": PASSWORD})
        visitor.client.get(self.world.link(visitor.address, "/confirmation/"))
        return visitor.sign_in()

    def association(self, key: str, number: int) -> None:
        name, commune, postal_code = NAMES[key]
        visitor = self.volunteer(key, f"Camille {key.capitalize()}")
        known = {
            "name": name, "siret": siret(number), "rna": f"W{postal_code[:2]}900{number:04}", "commune": commune,
            "address": "1 rue de l’Exemple", "postal_code": postal_code,
        }  # fmt: skip
        typed = {
            "email": f"contact-{key}@example.org", "representative_name": "Dominique Exemple",
            "representative_capacity": "présidente", "representative_email": f"presidence-{key}@example.org",
            "officers": "Noé Fictif, trésorier",
        }  # fmt: skip
        made = visitor.fill("/association/associations/nouvelle/description", known)
        visitor.fill(f"{made}/modifier", typed)
        self.associations[key] = made.rsplit("/", 1)[1]

    # --- dossiers -----------------------------------------------------------------------------------------------------

    def call(self, call_id: str) -> None:
        text = (CALLS / f"{call_id}.yaml").read_bytes()
        admin = self.people["admin"]
        admin.fill("/administration/appels", {"file": sent_file(f"{call_id}.yaml", text)})
        admin.fill(f"/administration/appels/{call_id}", to="/ouverture")
        self.kept.calls[call_id] = {}

    def start(self, key: str, call_id: str, eligibility: Mapping[str, str] | None = None, *, earlier: str = "") -> str:
        """Begins a dossier, from the one for the call `earlier` where it is named; gives its address."""
        visitor = self.people[key]
        if eligibility:
            visitor.fill(f"/appels/{call_id}/eligibilite", {f"e.{rule}": said for rule, said in eligibility.items()})
        typed = {"association": self.associations[key]}
        if earlier:
            typed["earlier"] = self.dossiers[key, earlier].rsplit("/", 1)[1]
        address = visitor.fill(f"/association/dossiers/nouveau/{call_id}", typed)
        self.dossiers[key, call_id] = address
        return address

    def answer(self, key: str, call_id: str, section: str, typed: Mapping[str, Any], *, refused: bool = False) -> None:
        """Saves a section. `refused`: something in it can't be read yet, and is kept all the same."""
        prefixed = {name if name.startswith(("f.", "edit")) else f"q.{name}": value for name, value in typed.items()}
        self.people[key].fill(
            f"{self.dossiers[key, call_id]}/sections/{section}", prefixed, to=section, refused=refused
        )

    def submit(self, key: str, call_id: str, attestations: int = 1) -> None:
        visitor, dossier = self.people[key], self.dossiers[key, call_id]
        attested = [str(number) for number in range(attestations)]
        visitor.fill(f"{dossier}/depot", {"capacity": "self", "attestation": attested}, to="/depot")
        found = re.search(rf"({re.escape(call_id.upper())}-\w+)-\d", visitor.page(f"{dossier}/accuse"))
        assert found
        self.references[key, call_id] = found[1]

    def at_desk(self, key: str, call_id: str, tail: str, typed: Mapping[str, Any] | None = None, to: str = "") -> str:
        """An official fills a form of the call's pages. Gives the address that it leads to."""
        return self.people[key].fill(f"/instruction/{call_id}/{tail}", typed, to=to)

    def advance(self, call_id: str, to: str) -> None:
        page = f"/instruction/{call_id}/etape"
        typed = {"to": to}
        if 'name="reason"' in self.people["instruction"].page(page):
            typed["reason"] = "Le calendrier est tenu."
        self.people["instruction"].fill(page, typed)

    def screen(self, key: str, call_id: str, reason: str = "") -> None:
        typed = {"eligible": "non" if reason else "oui", "reason": reason}
        self.at_desk("instruction", call_id, f"dossiers/{self.references[key, call_id]}", typed, "/recevabilite")

    def distribute(self, call_id: str) -> None:
        address = self.at_desk("instruction", call_id, "repartition", {"mode": "rebuild", "evaluations": "2"})
        self.people["instruction"].fill(address, to="/application")
        self.shows("instruction", address, "Noé Relecteur", "Zoé Relectrice")

    def review(
        self, reviewer: str, key: str, call_id: str, marks: Mapping[str, str], action: str = "submit", said: str = ""
    ) -> None:
        application = self.dossiers[key, call_id].rsplit("/", 1)[1]
        typed = {"action": action, "general": said}
        for criterion, mark in marks.items():
            typed |= {f"note-{criterion}": mark, f"avis-{criterion}": "Un avis motivé."}
        self.people[reviewer].fill(f"/evaluation/dossiers/{application}", typed)

    def reads(self, reviewer: str, key: str, call_id: str) -> bool:
        """Whether the dossier was given to this reviewer."""
        application = self.dossiers[key, call_id].rsplit("/", 1)[1]
        return self.people[reviewer].client.get(f"/evaluation/dossiers/{application}").status_code == 200


def paper(title: str) -> bytes:
    """A small PDF; another title gives other bytes."""
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(595, 842))
        made.docinfo["/Title"] = title
        out = io.BytesIO()
        made.save(out, deterministic_id=True)
    return out.getvalue()


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "navy").save(out, "PNG")
    return out.getvalue()


def money(charges: int, request: int) -> dict[str, str]:
    """A balanced budget of a project, in euros."""
    return {"budget.60": str(charges), "budget.request": str(request), "budget.756": str(charges - request)}


def tell(story: Story) -> Kept:
    """The whole of it, in the order of time."""
    from tests.kept import call_ended, call_open, call_reviewed

    story.administrator()
    story.official("instruction", "Sacha Exemple")
    story.official("responsable", "Lou Modèle")
    call_ended.tell(story)
    call_reviewed.tell(story)
    call_open.tell(story)
    return story.kept
