"""The call under review: specimens, recusals, requests for completion, drafts of reviews, divergences, a consensus."""

from __future__ import annotations

import re

from aap.demo.identifiers import siret
from tests.kept.driving import sent_file
from tests.kept.story import PASSERELLES, Story, money, paper

SPECIMENS = ("Un essai prudent", "Un essai hardi")
DESK = f"/instruction/{PASSERELLES}"


def tell(story: Story) -> None:
    _deposits(story)
    _screening(story)
    _panel(story)
    _specimens(story)
    story.distribute(PASSERELLES)
    story.advance(PASSERELLES, "reviewing")
    story.world.work()
    _reviews(story)


def _deposits(story: Story) -> None:
    world = story.world
    world.at("2026-01-21T10:00:00+01:00")
    story.call(PASSERELLES)
    story.association("estuaire", 15)
    safe = f"/association/associations/{story.associations['lucioles']}/documents"
    kept = {"kind": "statutes", "year": "2024", "files": sent_file("statuts.pdf", paper("Statuts des Lucioles"))}
    story.people["lucioles"].fill(safe, kept)
    for key in ("lucioles", "phare", "passerelle", "veilleurs", "estuaire"):
        story.start(key, PASSERELLES)
        typed = {"titre": f"Aller vers, {key}", "resume": "Des visites à domicile.", "dirigeant": "Dominique Exemple"}
        story.answer(key, PASSERELLES, "projet", typed)
        means = money(45_000, 30_000)
        if key == "phare":
            means["f.statuts"] = sent_file("statuts.pdf", paper("Statuts du Phare"))
        if key == "lucioles":
            page = story.people[key].page(f"{story.dossiers[key, PASSERELLES]}/sections/moyens")
            offered = re.search(r'value="(safe statuts [^"]+)"', page)
            assert offered
            story.answer(key, PASSERELLES, "moyens", {**means, "edit": offered[1]})
        else:
            story.answer(key, PASSERELLES, "moyens", means)
        story.submit(key, PASSERELLES)
    world.work()
    world.at("2026-02-02T18:00:00+01:00")
    story.advance(PASSERELLES, "closed")


def _screening(story: Story) -> None:
    """A request answered by a second deposit, another that is still open, amounts, a conversation."""
    reference = {key: story.references[key, PASSERELLES] for key in
                 ("lucioles", "phare", "passerelle", "veilleurs", "estuaire")}  # fmt: skip
    for key, due in (("veilleurs", "2026-02-10"), ("passerelle", "2026-03-02")):
        asked = {"sections": ["moyens"], "message": f"Détaillez le budget ({key}).", "due_day": due}
        story.at_desk("instruction", PASSERELLES, f"dossiers/{reference[key]}", asked, "/complements")
    story.world.work()
    story.answer("veilleurs", PASSERELLES, "moyens", money(46_000, 29_000))
    story.submit("veilleurs", PASSERELLES)
    story.answer("passerelle", PASSERELLES, "moyens", money(47_000, 30_000))
    for key, amount in (
        ("lucioles", "28 000"),
        ("phare", "25 000,50"),
        ("veilleurs", "29 000"),
        ("estuaire", "30 000"),
    ):
        story.screen(key, PASSERELLES)
        proposed = {"amount": amount, "reason": "Au vu du budget."}
        story.at_desk("instruction", PASSERELLES, f"dossiers/{reference[key]}", proposed, "/montant")
    story.at_desk(
        "instruction", PASSERELLES, f"dossiers/{reference['estuaire']}", {"body": "Votre IBAN manque."}, "/messages"
    )
    story.people["estuaire"].fill(
        f"{story.dossiers['estuaire', PASSERELLES]}/messages", {"body": "Nous l’envoyons demain."}, to="/messages"
    )
    story.world.work()
    story.shows("estuaire", f"{story.dossiers['estuaire', PASSERELLES]}/messages", "Votre IBAN manque.")
    story.shows("instruction", f"{DESK}/dossiers/{reference['estuaire']}", "Nous l’envoyons demain.", "30 000")
    story.shows("instruction", f"{DESK}/dossiers/{reference['veilleurs']}/versions", "29 000")
    story.shows("passerelle", story.dossiers["passerelle", PASSERELLES], "Détaillez le budget (passerelle).")
    story.shows("instruction", f"{DESK}/dossiers/{reference['phare']}", "statuts.pdf", "25 000,50")
    story.shows("veilleurs", f"{story.dossiers['veilleurs', PASSERELLES]}/accuse", f"{reference['veilleurs']}-2")


def _panel(story: Story) -> None:
    """Three reviewers. Max is set apart from a dossier by what he declared; a recusal is added by hand, then lifted."""
    story.reviewer("noe", "Noé Relecteur", PASSERELLES, load=3)
    story.reviewer("zoe", "Zoé Relectrice", PASSERELLES, load=3)
    interest = {"nature-0": "organisation", "nom-0": "L’Estuaire fictif", "siret-0": siret(15), "lien-0": "employeur"}
    story.reviewer("max", "Max Relecteur", PASSERELLES, load=2, **interest)
    story.at_desk("instruction", PASSERELLES, "deports", to="/recherche")
    page = story.people["instruction"].page(f"{DESK}/deports")
    zoe = re.search(r'<option value="([^"]+)">Zoé Relectrice', page)
    assert zoe
    added = {"reference": story.references["passerelle", PASSERELLES], "personne": zoe[1], "motif": "Voisinage."}
    story.at_desk("instruction", PASSERELLES, "deports", added, "/deports")
    page = story.people["instruction"].page(f"{DESK}/deports")
    lifted = re.findall(r'action="([^"]+/levee)"', page)
    story.people["instruction"].fill(f"{DESK}/deports", {"motif": "Erreur de personne."}, to=_of_zoe(page, lifted))
    story.shows("instruction", f"{DESK}/deports", "L’Estuaire fictif", "Max Relecteur", "Erreur de personne.")


def _of_zoe(page: str, lifts: list[str]) -> str:
    """The form that lifts the recusal of Zoé: the one that follows the reason typed for it."""
    return next(lift for lift in lifts if page.index(lift) > page.index("Voisinage."))


def _specimens(story: Story) -> None:
    """Two specimens, the round opened, three reviewers through it."""
    official = story.people["instruction"]
    for title in SPECIMENS:
        story.at_desk(
            "instruction", PASSERELLES, "evaluations/calibrage",
            {"action": "fictitious", "title": title, "partie-projet": "Un projet inventé."},
        )  # fmt: skip
    page = official.page(f"{DESK}/evaluations/calibrage")
    ids = list(dict.fromkeys(re.findall(r"/evaluations/calibrage/([0-9a-f-]{36})", page)))
    assert len(ids) == len(SPECIMENS)
    agreed = {"note-ecoute": "6", "note-ancrage": "5", "motif-ecoute": "Des preuves.", "motif-ancrage": "Un exercice."}
    for specimen in ids:
        story.at_desk("instruction", PASSERELLES, f"evaluations/calibrage/{specimen}", agreed, specimen)
    story.at_desk("instruction", PASSERELLES, "evaluations/calibrage", {"action": "open"})
    for number, key in enumerate(("noe", "zoe", "max")):
        for specimen in ids:
            marks = {"note-ecoute": str(5 + number), "note-ancrage": "6", "avis-ecoute": "Un avis motivé."}
            story.people[key].fill(f"/evaluation/essais/{specimen}", {**marks, "action": "submit"}, to=specimen)
            story.people[key].fill(f"/evaluation/essais/{specimen}", to="/lu")
    story.shows("noe", f"/evaluation/essais/{ids[0]}", SPECIMENS[0])
    story.shows("instruction", f"{DESK}/evaluations/calibrage", *SPECIMENS)


def _reviews(story: Story) -> None:
    """Two dossiers on which Noé and Zoé differ: one agreed on, one in discussion. A draft, a reopening, a recusal."""
    world = story.world
    world.at("2026-02-09T20:00:00+01:00")
    far = [key for key in ("estuaire", "lucioles", "phare", "veilleurs")
           if story.reads("noe", key, PASSERELLES) and story.reads("zoe", key, PASSERELLES)]  # fmt: skip
    assert (len(far), far[0]) == (2, "estuaire")
    for key in far:
        story.review("noe", key, PASSERELLES, {"ecoute": "9", "ancrage": "8"}, said="Une écoute rare.")
        story.review("zoe", key, PASSERELLES, {"ecoute": "3", "ancrage": "4"}, said="Peu de preuves.")
    others = [key for key in ("lucioles", "phare", "veilleurs") if key not in far]
    for key in others:
        if story.reads("max", key, PASSERELLES) and story.reads("noe", key, PASSERELLES):
            story.review("noe", key, PASSERELLES, {"ecoute": "7", "ancrage": "6"}, action="save", said="À finir.")
            story.shows("noe", story.dossiers[key, PASSERELLES].replace("/association/", "/evaluation/"), "À finir.")
        elif story.reads("zoe", key, PASSERELLES):
            story.review("zoe", key, PASSERELLES, {"ecoute": "6", "ancrage": "6"}, said="Un bon projet.")
            reviewed = story.dossiers[key, PASSERELLES].replace("/association/", "/evaluation/")
            story.people["zoe"].fill(reviewed, {"motif": "Une note mal saisie."}, to="/rouvrir")
            story.people["max"].fill(f"{reviewed}/deport", {"motif": "Je connais la trésorière."})
    offline = f"/evaluation/appels/{PASSERELLES}/hors-ligne"
    story.people["zoe"].fill(offline, to="/dossiers")
    world.work()
    story.shows("zoe", f"{offline}/avancement", '"finished":true')
    reopened = {"motif": "À la demande de l’évaluatrice."}
    story.at_desk("instruction", PASSERELLES, "evaluations", reopened, _reopening(story))
    agreed, discussed = (story.references[key, PASSERELLES] for key in far[:2])
    gaps = "evaluations/ecarts"
    story.at_desk("instruction", PASSERELLES, f"{gaps}/{agreed}", to="/ouverture")
    decided = {
        "note-ecoute": "6", "note-ancrage": "7", "reason": "Les deux lectures se complètent.", "dissent": "Une réserve.",
        "attendees": "Noé Relecteur, évaluateur\nZoé Relectrice, évaluatrice", "held_on": "2026-02-09",
    }  # fmt: skip
    story.at_desk("instruction", PASSERELLES, f"{gaps}/{agreed}", decided, "/note")
    story.at_desk("instruction", PASSERELLES, f"{gaps}/{discussed}", to="/ouverture")
    page = story.people["instruction"].page(f"{DESK}/evaluations/rappels")
    behind = re.findall(r'name="people" value="([^"]+)"', page)
    story.at_desk(
        "instruction", PASSERELLES, "evaluations/rappels",
        {"people": behind[:1], "note": "Bon courage.", "action": "send"},
    )  # fmt: skip
    world.work()
    story.shows("instruction", f"{DESK}/{gaps}", agreed, discussed)
    story.shows("instruction", f"{DESK}/{gaps}/{agreed}", "Les deux lectures se complètent.", "Une réserve.")
    story.shows("instruction", f"{DESK}/evaluations/coordination", "Zoé Relectrice")
    story.shows("noe", "/evaluation/", f"Aller vers, {far[1]}")


def _reopening(story: Story) -> str:
    page = story.people["instruction"].page(f"{DESK}/evaluations")
    found = re.search(r'action="\S+(/reouverture/[^"]+)"', page)
    assert found
    return found[1]
