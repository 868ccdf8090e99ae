"""The call that is led to its end: marks, two runs, decisions by two persons, letters, an appeal."""

from __future__ import annotations

from tests.kept.story import LUEURS, NAMES, Story, money


def tell(story: Story) -> None:
    """From the call file to the published results: two laureates, one of whom declines and is replaced."""
    world, people = story.world, story.people
    story.call(LUEURS)
    for number, key in enumerate(("lucioles", "phare", "passerelle", "veilleurs"), 11):
        story.association(key, number)
    amounts = {"lucioles": 40_000, "phare": 50_000, "passerelle": 30_000, "veilleurs": 20_000}
    for key, amount in amounts.items():
        story.start(key, LUEURS, {"association": "oui"})
        theme = "sport" if key == "phare" else "ecole"
        story.answer(key, LUEURS, "projet", {"titre": f"Veillées {key}", "theme": theme, "resume": "Un rendez-vous."})
        story.answer(key, LUEURS, "moyens", money(60_000, amount))
        story.submit(key, LUEURS)
    world.work()
    world.at("2025-12-02T09:00:00+01:00")
    story.advance(LUEURS, "closed")
    for key in ("lucioles", "phare", "passerelle"):
        story.screen(key, LUEURS)
    story.screen("veilleurs", LUEURS, "Le projet se tient hors du territoire de l’appel.")
    story.at_desk("instruction", LUEURS, "tirage", {"seed": "3-14-15-9-26 et 5", "source": "Tirage fictif"})
    story.reviewer("noe", "Noé Relecteur", LUEURS)
    story.reviewer("zoe", "Zoé Relectrice", LUEURS)
    story.distribute(LUEURS)
    story.advance(LUEURS, "reviewing")
    world.work()
    world.at("2025-12-15T20:00:00+01:00")
    marks = {"lucioles": ("4.5", "4"), "phare": ("4", "4.5"), "passerelle": ("3", "3.5")}
    for key, (quality, strength) in marks.items():
        story.review("noe", key, LUEURS, {"qualite": quality, "solidite": strength}, said="Un projet précis.")
        story.review("zoe", key, LUEURS, {"qualite": str(float(quality) - 0.5).removesuffix(".0"), "solidite": "3"})
    story.advance(LUEURS, "deliberating")
    desk = f"/instruction/{LUEURS}"
    story.at_desk("instruction", LUEURS, "classement", to="/calcul")
    world.work()
    jury = {"reference": story.references["lucioles", LUEURS], "decision": "amount", "amount": "38 000"}
    story.at_desk("instruction", LUEURS, "jury", {**jury, "reason": "Le budget est revu."}, "/jury")
    story.at_desk("instruction", LUEURS, "classement", to="/calcul")
    world.work()
    story.at_desk("instruction", LUEURS, "classement/2/arret", {"action": "proposer"})
    story.at_desk("responsable", LUEURS, "classement/2/arret", {"action": "confirmer"})
    story.at_desk("responsable", LUEURS, "decisions/preparer")
    world.work()
    world.at("2026-01-13T09:00:00+01:00")
    story.at_desk("responsable", LUEURS, "decisions/notifier")
    world.work()
    story.at_desk("responsable", LUEURS, "decisions/publier")

    # What the associations do with it.
    world.at("2026-01-14T18:00:00+01:00")
    people["lucioles"].fill(f"{story.dossiers['lucioles', LUEURS]}/decision", {"answer": "accepted"}, to="/decision")
    people["phare"].fill(
        f"{story.dossiers['phare', LUEURS]}/decision/renoncement", {"reason": "Le lieu ferme."}, to="/renoncement"
    )
    people["veilleurs"].fill(
        f"{story.dossiers['veilleurs', LUEURS]}/decision", {"body": "Le projet se tient bien dans le territoire."},
        to="/recours",
    )  # fmt: skip
    world.work()
    for key in ("lucioles", "passerelle"):  # called from the waiting list at the story's end
        story.shows("", f"/resultats/{LUEURS}", NAMES[key][0])
    story.shows("instruction", f"{desk}/jury", "Le budget est revu.")
    story.shows("instruction", f"{desk}/decisions/suites", "Le projet se tient bien dans le territoire.")
    story.shows("phare", "/association/", "Veillées phare")
