"""Fictitious cultural associations of Brittany and their dossiers for the call `culture-territoires-2026`.

The reviewers of this call don't know whose dossier they read: no text here names the association.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from aap.core.budgets.accounting import Budget
from aap.core.call.schema import CallFile
from aap.core.french import number, ordinal
from aap.core.territories import Commune, Territories
from aap.demo.associations import DemoAssociation, Setting, one_association, seeded
from aap.demo.attachments import DemoFile, pdf_page
from aap.demo.budgets import association_budget, project_budget
from aap.demo.dossiers import DemoDossier, times_of
from aap.demo.people import Casting
from aap.demo.places import at, from_, in_department, place_name
from aap.demo.storytelling import capital, say, tell
from aap.demo.texts import culture

REGION = "53"  # Brittany
CRITERIA = ("artistic", "presence", "cooperation", "budget")
_FIRST_NUMBER = 1301  # beyond the numbers of the other associations
_WORDS = {2: "deux", 3: "trois", 4: "quatre", 5: "cinq", 6: "six"}


@dataclass(frozen=True, slots=True)
class ProposedAmount:
    """What the service proposes to grant, in cents, at most what is asked."""

    dossier: str
    amount: int


def culture_associations(
    seed: int, n: int, territories: Territories, *, taken: Iterable[str] = ()
) -> tuple[DemoAssociation, ...]:
    """`n` associations (up to 160) in the four departments in turn. `taken`: addresses of people that exist."""
    rng = seeded(seed, "culture", "associations")
    casting = Casting(seeded(seed, "culture", "officers"), taken)
    names = [f"{head} {tail}" for head in culture.NAME_HEADS for tail in culture.NAME_TAILS]
    rng.shuffle(names)
    communes = [one for one in territories if one.region.code == REGION and one.postal_codes and _people(one) > 700]
    departments = sorted({one.department.code for one in communes})
    made = []
    for index in range(n):
        here = [one for one in communes if one.department.code == departments[index % len(departments)]]
        commune = rng.choices(here, [_people(one) ** 0.6 for one in here])[0]
        one = one_association(
            rng, casting, names[index], (commune, _setting(commune)), _FIRST_NUMBER + index, culture.PURPOSES
        )
        staff = 0 if rng.random() < 0.4 else rng.choice((1, 1, 2, 2, 3, 4, 6))
        income = max(18_000, staff * 48_000 + rng.randrange(10, 60) * 1000)
        made.append(dataclasses.replace(one, key=f"culture-{index + 1:02d}", employees=staff, yearly_income=income))
    return tuple(made)


def culture_dossiers(
    seed: int, call: CallFile, associations: Sequence[DemoAssociation], territories: Territories
) -> tuple[DemoDossier, ...]:
    """One dossier for each association, in the same order; two of them break a rule of eligibility."""
    projects = [(discipline, *project) for discipline, made in culture.PROJECTS.items() for project in made]
    seeded(seed, "culture", "projects").shuffle(projects)
    refused = seeded(seed, "culture", "ineligible").sample(range(len(associations)), len(culture.INELIGIBLE))
    rule_of = dict(zip(refused, culture.INELIGIBLE, strict=True))
    small = [one for one in territories if one.region.code == REGION and 250 <= _people(one) <= 2500]
    made = []
    for index, association in enumerate(associations):
        discipline, title, thing, subject = projects[index % len(projects)]
        if index >= len(projects):
            title = f"{title}, {ordinal(index // len(projects) + 1)} étape"
        around = [one for one in small if one.department == association.commune.department]
        rng = seeded(seed, "dossier", association.key)
        villages = rng.sample(around, 4)
        rule, reason = rule_of.get(index, (None, ""))
        story = _Story(call, association, discipline, title, _facts(association, villages, thing, subject, rng), rng)
        made.append(story.dossier(villages, rule, say(reason, {}) if reason else ""))
    return tuple(made)


def proposed_amounts(seed: int, dossiers: Sequence[DemoDossier]) -> tuple[ProposedAmount, ...]:
    """The service's proposal for each dossier that it finds eligible: all that is asked, or less, by 100 euros."""
    made = []
    for dossier in dossiers:
        rng = seeded(seed, "culture", "proposed", dossier.key)
        share = 1.0 if rng.random() < 0.35 else rng.uniform(0.6, 0.95)
        amount = int(dossier.requested_amount * share) // 10_000 * 10_000
        made.append(ProposedAmount(dossier.key, max(amount, 150_000)))
    return tuple(one for one, dossier in zip(made, dossiers, strict=True) if dossier.ineligible_rule is None)


def culture_attachments(dossier: DemoDossier) -> tuple[DemoFile, ...]:
    """Images (as a PDF), letters of the venues and bank details."""
    association, answers = dossier.association, dossier.answers
    venues = answers["lieux"]
    letters = [
        ("accords", f"accord-{rank}-{dossier.key}.pdf", f"Lettre d’accord : {venue['lieu']}", [
            f"Nous accueillons le projet « {dossier.title} » et apportons : {venue['apport'].lower()}.",
            f"Participation financière : {venue['montant']} €." if "montant" in venue else "Cet apport est en nature.",
            "Fait pour servir et valoir ce que de droit.",
        ])
        for rank, venue in enumerate(venues[:2], start=1)
    ]  # fmt: skip
    others = [
        ("images", f"images-{dossier.key}.pdf", dossier.title, [
            "Carnet de travail : croquis, repérages et calendrier.", str(answers["intention"]),
        ]),
        ("rib", f"rib-{dossier.key}.pdf", f"{association.name} – Relevé d’identité bancaire", [
            f"Titulaire : {association.name}",
            f"IBAN : {' '.join(association.iban[i : i + 4] for i in range(0, len(association.iban), 4))}",
            "Banque fictive de démonstration",
        ]),
    ]  # fmt: skip
    return tuple(
        DemoFile(question, name, pdf_page(title, lines)) for question, name, title, lines in (*letters, *others)
    )


class _Story:
    """Writes one dossier; `rng` decides everything that the association, the project and the facts do not."""

    def __init__(
        self,
        call: CallFile,
        association: DemoAssociation,
        discipline: str,
        title: str,
        facts: Mapping[str, str],
        rng: Random,
    ) -> None:
        self.call, self.association, self.discipline = call, association, discipline
        self.title, self.facts, self.rng = title, facts, rng
        level = rng.gauss(0.68, 0.13)
        self.qualities = {one: min(0.97, max(0.08, rng.gauss(level, 0.08))) for one in CRITERIA}

    def dossier(self, villages: Sequence[Commune], rule: str | None, reason: str) -> DemoDossier:
        rng, association = self.rng, self.association
        request = int(rng.triangular(3, 38, 13) * 2) * 500
        paying = dataclasses.replace(association, employees=max(1, association.employees))  # artists are paid
        plan = project_budget(paying, request, rng.uniform(0.28, 0.57), rng)
        started, submitted = times_of(self.call, rng)
        return DemoDossier(
            key=f"dossier-{association.key}",
            association=association,
            title=self.title,
            theme=self.discipline,
            answers={**self._work(plan), **self._encounter(villages), **self._allies(villages), **self._means(plan)},
            eligibility={
                "professionnels": "oui",
                "deja-aide": str(rng.choice((0, 0, 0, 1, 1, 2, 3))),
                "stade": "prepare" if rng.random() < 0.75 else "commence",
            },
            requested_amount=plan.request,
            project_budget=plan,
            association_budget=association_budget(association, plan, rng),
            qualities=self.qualities,
            facts=self.facts,
            started_at=started,
            submitted_at=submitted,
            ineligible_rule=rule,
            ineligible_reason=reason,
        )

    def _work(self, plan: Budget) -> dict[str, Any]:
        rng = self.rng
        casting = Casting(rng)
        crafts = culture.CRAFTS[self.discipline]
        people = rng.sample(crafts, min(len(crafts), rng.choice((2, 3, 4, 4, 5))))
        pay = plan.amount("641") // 100
        weights = [rng.uniform(0.5, 1.5) for _ in people]
        worked_in_all = pay / rng.uniform(140, 210)  # gross euros a day
        days = [max(2, round(worked_in_all * weight / sum(weights))) for weight in weights]
        rows = [
            {"nom": casting.person().name, "metier": craft, "jours": str(worked),
             "salaire": f"{pay * worked // sum(days)}.00"}
            for craft, worked in zip(people, days, strict=True)
        ]  # fmt: skip
        return {
            "nom-du-projet": self.title,
            "discipline": self.discipline,
            "langues": self._languages(),
            "intention": tell(culture.INTENTION, self.facts, self.qualities["artistic"], rng, least=220),
            "equipe-artistique": rows,
        }

    def _languages(self) -> list[str]:
        share = {"patrimoine": 0.75, "livre": 0.35, "musique": 0.4}.get(self.discipline, 0.12)
        chosen = {"francais"}
        if self.rng.random() < share or "gallo" in self.title or "Anvioù" in self.title or "Kan" in self.title:
            chosen.add("gallo" if "gallo" in self.title or self.rng.random() < 0.3 else "breton")
        elif self.discipline in ("spectacle", "musique", "arts-visuels") and self.rng.random() < 0.3:
            chosen = {"sans-parole"}
        return [one for one in ("francais", "breton", "gallo", "sans-parole") if one in chosen]

    def _encounter(self, villages: Sequence[Commune]) -> dict[str, Any]:
        rng, presence = self.rng, self.qualities["presence"]
        first = earliest_encounter(self.call) + timedelta(days=rng.randrange(0, 120))
        places = [self.association.commune, *villages]
        steps, begins = [], first
        for place in places[: max(1, round(1 + 3 * presence))]:
            ends = begins + timedelta(days=rng.randrange(4, 30))
            venue = rng.choice(culture.VENUES)
            steps.append(
                {
                    "lieu": capital(f"{venue} {from_(place)}"),
                    "dates": {"start": begins.isoformat(), "end": ends.isoformat()},
                    "rencontres": str(rng.randrange(1, 9)),
                }
            )
            begins = ends + timedelta(days=rng.randrange(3, 40))
        remote = rng.random() < presence
        return {
            "premiere": first.isoformat(),
            "lieu-principal": (self.association.commune if rng.random() < 0.6 else villages[0]).code,
            "etapes": steps,
            "eloignes": {"value": "oui", "detail": say(rng.choice(culture.REMOTE), self.facts)}
            if remote
            else {"value": "non", "detail": ""},
            "scolaires": str(rng.randrange(20, 420)),
            "mediation": tell(culture.MEDIATION, self.facts, presence, rng, least=0),
        }

    def _allies(self, villages: Sequence[Commune]) -> dict[str, Any]:
        rng, cooperation = self.rng, self.qualities["cooperation"]
        rows = []
        for village in villages[: max(1, round(4 * cooperation))]:
            venue = capital(f"{rng.choice(culture.VENUES)} {from_(village)}")
            row = {"lieu": venue, "apport": rng.choice(culture.BRINGS)}
            if rng.random() < cooperation:
                row["montant"] = f"{rng.randrange(3, 40) * 100}.00"
            rows.append(row)
        answers: dict[str, Any] = {"lieux": rows}
        if rng.random() < 0.8:
            chosen = rng.sample(culture.ECOLOGY, rng.choice((1, 2, 2)))
            answers["ecologie"] = " ".join(say(one, self.facts) for one in chosen)
        return answers

    def _means(self, plan: Budget) -> dict[str, Any]:
        staff = self.association.employees
        answers: dict[str, Any] = {
            "structure": "benevole" if staff == 0 else "petite" if staff < 3 else "installee",
            "budget": plan.stored(),
        }
        if self.rng.random() < self.qualities["budget"]:
            detail = say(self.rng.choice(culture.COPRODUCERS), self.facts)
            answers["coproduction"] = {"value": "oui", "detail": detail}
        elif self.rng.random() < 0.7:
            answers["coproduction"] = {"value": "non", "detail": ""}
        return answers


def earliest_encounter(call: CallFile) -> date:
    """The first day of the second month after the decision is announced: no public encounter comes before."""
    decided = call.call.decision_by or (call.call.closes_at.date() if call.call.closes_at else date(2026, 5, 29))
    return (decided.replace(day=1) + timedelta(days=62)).replace(day=1)


def _facts(
    association: DemoAssociation, villages: Sequence[Commune], thing: str, subject: str, rng: Random
) -> dict[str, str]:
    commune = association.commune
    facts = {
        "objet": thing,
        "sujet": subject,
        "ville_a": at(commune),
        "ville_de": from_(commune),
        "dept": in_department(commune.department),
        "bourg_a": at(villages[0]),
        "lieu": f"{rng.choice(culture.VENUES)} {from_(villages[0])}",
        "publics": rng.choice(culture.PUBLICS),
        "artistes": f"{_WORDS[rng.randrange(3, 7)]} artistes",
        "semaines": f"{_WORDS[rng.randrange(2, 6)]} semaines",
        "annees": _WORDS[rng.randrange(2, 7)],
        "carnets": number(rng.randrange(12, 70)),
        "pages": number(rng.choice((24, 32, 48, 64))),
        "somme": f"{number(rng.randrange(15, 80) * 100)} €",
        "bourg": place_name(villages[0].name),
    }
    return facts | {key.capitalize(): capital(facts[key]) for key in ("objet", "ville_a", "bourg_a")}


def _people(commune: Commune) -> int:
    return commune.population or 0


def _setting(commune: Commune) -> Setting:
    people = _people(commune)
    return "rural" if people < 6000 else "petite-ville" if people < 45_000 else "metropole"
