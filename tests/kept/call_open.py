"""The call that is open, and the work that waits when the instance is put away."""

from __future__ import annotations

from typing import Any

from aap.demo.identifiers import siret
from tests.kept.driving import Forms, Visitor, sent_file
from tests.kept.story import ANCRAGES, CALLS, LUEURS, PASSERELLES, Story, money, paper, photo

ELIGIBLE = {"association": "oui", "age": "4"}
ATTEMPTS = 12
"""After so many the product gives a mail up."""


def tell(story: Story) -> None:
    story.world.at("2026-02-12T10:00:00+01:00")
    story.call(ANCRAGES)
    _changed(story)
    _given_up(story)
    _people(story)
    _dossiers(story)
    story.world.at("2026-02-18T13:00:00+01:00")
    story.world.tick()
    assert story.world.mailed("passerelle@example.org", "Plus que sept jours pour déposer votre dossier")
    _waiting(story)


def _changed(story: Story) -> None:
    """The call file is amended, the closing put off."""
    text = (CALLS / f"{ANCRAGES}.yaml").read_text(encoding="utf-8")
    amended = text.replace("Un appel fictif, gardé pour les essais.", "Un appel fictif, précisé depuis l’ouverture.")
    sent = {"file": sent_file(f"{ANCRAGES}.yaml", amended.encode()), "reason": "Le résumé est précisé."}
    story.people["admin"].fill(f"/administration/appels/{ANCRAGES}", sent, to=ANCRAGES)
    later = {"day": "2026-02-25", "clock": "12:00", "reason": "Panne du dépôt le premier jour."}
    story.at_desk("instruction", ANCRAGES, "cloture", later)
    story.shows("", f"/appels/{ANCRAGES}", "précisé depuis l’ouverture", "Panne du dépôt le premier jour.")


def _given_up(story: Story) -> None:
    """A mail that nobody could deliver for three days."""
    story.world.work()
    story.at_desk(
        "instruction",
        PASSERELLES,
        "evaluateurs/invitation",
        {"courriel": "disparue@example.org", "nom": "Ada Disparue"},
    )
    for attempt in range(ATTEMPTS):
        story.world.fail_to_mail()
        story.world.clock.move(minutes=2**attempt)


def _people(story: Story) -> None:
    """An editor and a reader of one association; claims to a SIRET, refused and open."""
    world = story.world
    members = f"/association/associations/{story.associations['lucioles']}/personnes"
    for key, name, role in (("edite", "Édite Exemple", "editor"), ("lecteur", "Léo Lecteur", "reader")):
        story.people["lucioles"].fill(members, {"email": f"{key}@example.org", "role": role}, to=members)
        joining = story.volunteer(key, name)
        joining.fill(world.link(joining.address, "/invitation/"))
    for key, name in (("pretendante", "Paule Prétendante"), ("autre", "Anne Autre")):
        claimant = story.volunteer(key, name)
        claimant.fill("/association/associations/nouvelle", {"siret": siret(12)}, refused=True)
        claimed = {"siret": siret(12), "explanation": f"{name} tient le phare.", "csrf_token": _token(claimant)}
        claimant.client.post("/association/associations/reclamer", data=claimed)
        if key == "autre":
            story.people["instruction"].fill(
                "/instruction/rattachements", {"answer": "refuser", "reason": "Sans preuve."}
            )
    invited = story.people["autre"].address
    story.people["lucioles"].fill(members, {"email": invited, "role": "reader"}, to=members)
    story.shows("autre", world.link(invited, "/invitation/"), "Les Lucioles fictives")
    story.shows("instruction", "/instruction/rattachements", "Anne Autre tient le phare.")
    story.shows("lecteur", "/association/", "Les Lucioles fictives")


def _token(visitor: Visitor) -> str:
    return str(
        next(fields["csrf_token"] for _to, fields, _names in Forms(visitor.open("/compte").text, "/compte").found)
    )


def _answers(key: str) -> dict[str, dict[str, Any]]:
    """One answer of every type."""
    return {
        "projet": {
            "titre": f"Un lieu pour {key}", "resume": "Une salle ouverte chaque soir, tenue par les habitants.",
            "theme": "ville", "periode.start": "2026-05-01", "periode.end": "2027-04-30", "lancement": "2026-05-02",
            "publics": ["jeunes", "aines"], "personnes": "40", "cout": "12,50", "local": "oui",
            "local.detail": "L’ancienne poste.",
        },
        "lieux": {
            "commune": "Lyon (Rhône)", "communes": "Villeurbanne (Rhône)", "partenaires.0.nom": "La Régie fictive",
            "partenaires.0.apport": "1 500", "etapes.0.intitule": "Ouvrir la salle", "etapes.0.jour": "2026-05-02",
        },
        "moyens": {
            **money(50_000, 30_000), "annee.60": "80000", "annee.756": "80000",
            "f.statuts": sent_file("statuts.pdf", paper(f"Statuts, {key}")), "f.photos": sent_file("salle.png", photo()),
        },
    }  # fmt: skip


def _complete(story: Story, key: str) -> None:
    story.start(key, ANCRAGES, ELIGIBLE)
    for section, typed in _answers(key).items():
        story.answer(key, ANCRAGES, section, typed)


def _dossiers(story: Story) -> None:
    """A draft with an answer that can't be read, one that the representative was asked to approve, one withdrawn."""
    world = story.world
    draft = story.start("lucioles", ANCRAGES, ELIGIBLE, earlier=PASSERELLES)
    typed = {**_answers("lucioles")["projet"], "personnes": "une soixantaine"}
    story.answer("lucioles", ANCRAGES, "projet", typed, refused=True)
    _complete(story, "passerelle")
    asked = f"{story.dossiers['passerelle', ANCRAGES]}/depot"
    story.people["passerelle"].fill(asked, to="/approbation")
    _complete(story, "veilleurs")
    story.submit("veilleurs", ANCRAGES, attestations=2)
    world.work()
    story.people["veilleurs"].fill(f"{story.dossiers['veilleurs', ANCRAGES]}/retrait", {"reason": "Trop tôt."})
    story.shows("edite", f"{draft}/sections/projet", "Un lieu pour lucioles", "une soixantaine")
    story.shows(
        "passerelle", f"{story.dossiers['passerelle', ANCRAGES]}/relecture", "L’ancienne poste.", "Villeurbanne",
        "La Régie fictive", "Ouvrir la salle", "salle.", "12,50",
    )  # fmt: skip
    story.shows("", world.link("presidence-passerelle@example.org", "/signature/"), "Un lieu pour passerelle")


def _waiting(story: Story) -> None:
    """A receipt that failed, one that was sent by a worker killed before it noted so, mails refused once, and the rest."""
    world, people = story.world, story.people
    _complete(story, "phare")
    story.submit("phare", ANCRAGES, attestations=2)
    with world.broken_work("receipt", OSError("No space left on device")):
        world.work()
    _complete(story, "estuaire")
    story.submit("estuaire", ANCRAGES, attestations=2)
    with world.broken_work("receipt", KeyboardInterrupt(), late=True):
        world.work()
    world.work()
    receipt = f"Dossier reçu : accusé de réception {story.references['estuaire', ANCRAGES]}-1"
    assert world.mailed("estuaire@example.org", receipt)
    story.association("cabane", 16)
    _complete(story, "cabane")
    cabane = people["cabane"].address  # who isn't signed in again: the link would be no longer good
    Visitor(world).fill("/connexion/lien", {"email": cabane})
    story.shows("", world.link(cabane, "/connexion/lien/"), "Camille Cabane")
    reference = story.references["lucioles", PASSERELLES]
    story.at_desk("instruction", PASSERELLES, f"dossiers/{reference}", {"body": "Bravo pour la salle."}, "/messages")
    world.fail_to_mail()

    story.submit("cabane", ANCRAGES, attestations=2)
    members = f"/association/associations/{story.associations['lucioles']}/personnes"
    people["lucioles"].fill(members, {"email": "invitee@example.org", "role": "editor"}, to=members)
    people["instruction"].open(f"/instruction/{LUEURS}/classement/2/fichiers/ranking.pdf")
    story.at_desk("instruction", LUEURS, "decisions/suites", {"reason": "Le premier de la liste."})
    people["noe"].fill(f"/evaluation/appels/{PASSERELLES}/hors-ligne", to="/dossiers")
    people["admin"].fill("/administration/journal", to="/verification")
    story.shows(
        "lucioles", f"/association/associations/{story.associations['lucioles']}/personnes", "invitee@example.org"
    )
    story.shows("instruction", f"/instruction/{LUEURS}/decisions", story.references["passerelle", LUEURS])
