"""The rules of a call in plain French, for its public page, its PDF and `aap call show`.

Everything said here is computed from the call file: what is published is what ranks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from aap.core.call.attribute_names import attribute_title, value_label
from aap.core.call.criterion_words import computed_in_words, counts_for
from aap.core.call.letter_texts import answer_sentence
from aap.core.call.lots import following, in_spilling_order, lot_name, lot_title, parts_of
from aap.core.call.points import out_of
from aap.core.call.rubric_checks import below
from aap.core.call.schema import CallFile, Criterion, Rubric, Scale, SelectionRules
from aap.core.call.sources import questions_of
from aap.core.delays import paris, silence_is_rejection
from aap.core.french import count, day, euros, exact, listed, moment, percent, quoted, spaced
from aap.core.questions.base.condition import Condition
from aap.core.quotas.bounds import of_side
from aap.core.quotas.quota import Quota
from aap.core.quotas.quota_words import rule_name, rule_of_quota


@dataclass(frozen=True, slots=True)
class WordedCriterion:
    """One criterion of the rubric. `share`: its weight in the total (`40 %`); `levels`: (mark, meaning), rising."""

    id: str
    title: str
    question: str
    share: str
    sentences: tuple[str, ...]
    levels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WordedSection:
    """One part of the rules; `criteria` in the section `rubric` only."""

    id: str
    title: str
    sentences: tuple[str, ...]
    criteria: tuple[WordedCriterion, ...] = ()


def rules_in_words(call: CallFile) -> tuple[WordedSection, ...]:
    """The rules, section by section, in the order in which they apply; sections with nothing to say are left out."""
    sections: tuple[WordedSection, ...] = (
        WordedSection("calendar", "Calendrier", tuple(_calendar(call))),
        WordedSection("eligibility", "Qui peut répondre", tuple(rule.rule for rule in call.eligibility)),
        WordedSection("rubric", "Comment les dossiers sont notés", tuple(_rubric(call)), tuple(_criteria(call))),
        WordedSection("scoring", "Comment les notes deviennent un classement", tuple(_scoring(call))),
        *(_lots(call) if call.lots else _retained(call)),
        WordedSection("answer", "La réponse des lauréats", tuple(_answer(call))),
        WordedSection("algorithm", "La place du calcul", _algorithm()),
    )
    return tuple(_typeset(section) for section in sections if section.sentences or section.criteria)


def _answer(call: CallFile) -> Iterator[str]:
    if call.letters.answer is not None:
        yield answer_sentence(call.letters.answer, "Un lauréat dispose")


def _retained(call: CallFile) -> tuple[WordedSection, ...]:
    return (
        WordedSection("selection", "Comment les lauréats sont retenus", tuple(_selection(call))),
        WordedSection("quotas", "Les équilibres à respecter", tuple(_quota(call, q) for q in call.selection.quotas)),
    )


def _lots(call: CallFile) -> Iterator[WordedSection]:
    """How the lots go together, then what holds in each; its rubric where that isn't the call's."""
    lots = {lot.id: quoted(lot_title(lot)) for lot, _ in parts_of(call) if lot is not None}
    together = [
        f"L’appel compte {count(len(lots), 'lot')} : {listed(tuple(lots.values()))}.",
        "Chaque dossier relève d’un lot et d’un seul. Chaque lot a son classement, ses règles et sa liste de lauréats.",
    ]
    order = [
        lots[name] for name in in_spilling_order(call) if name in following(call) or name in following(call).values()
    ]
    if order:
        together.append(
            f"Ce qu’un lot laisse de son enveloppe s’ajoute à celle du suivant, dans cet ordre : {listed(order, 'puis')}."
        )
    yield WordedSection("lots", "Les lots", tuple(together))
    for lot, part in parts_of(call):
        if lot is None:
            continue
        own = part.rubric != call.rubric
        sentences = [
            *(_rubric(part) if own else ()),
            *_selection(part),
            *(_quota(call, q) for q in part.selection.quotas),
        ]
        criteria = tuple(_criteria(part)) if part.rubric.criteria != call.rubric.criteria else ()
        title = lot_name(lot)
        yield WordedSection(f"lot-{lot.id}", title[:1].upper() + title[1:], tuple(sentences), criteria)


def _typeset(section: WordedSection) -> WordedSection:
    return replace(section, sentences=tuple(spaced(sentence) for sentence in section.sentences))


def _calendar(call: CallFile) -> Iterator[str]:
    identity = call.call
    if identity.opens_at:
        yield f"Les dossiers se déposent à partir du {_moment(identity.opens_at)}."
    if identity.closes_at:
        yield f"La clôture est fixée au {_moment(identity.closes_at)} (heure de Paris)."
    if identity.grace_minutes:
        delay = count(identity.grace_minutes, "minute")
        yield (
            f"Un dossier commencé avant la clôture peut encore être déposé dans les {delay} qui la suivent"
            f" ; un dossier commencé après elle ne le peut pas."
        )
    if identity.decision_by:
        yield f"La décision est attendue le {day(identity.decision_by)} au plus tard."
    if first := identity.opens_at or identity.closes_at:
        yield from _silence(first, identity.decision_by)
    hours = f" ({identity.phone_hours})" if identity.phone_hours else ""
    if identity.contact:
        also = f", ou appelez le {identity.phone}{hours}" if identity.phone else ""
        yield f"Une question ? Écrivez à {identity.contact}{also}."
    elif identity.phone:
        yield f"Une question ? Appelez le {identity.phone}{hours}."


def _silence(first: datetime, decision_by: date | None) -> Iterator[str]:
    """What silence is worth; `first`: when the first dossier can come in."""
    yield (
        "Sans réponse deux mois après son dépôt, une demande est réputée rejetée (CRPA, article L. 231-4, 3°) ; ce délai "
        "s’arrête pendant qu’un complément est demandé. L’accusé de réception de chaque dossier en donne la date."
    )
    if decision_by and decision_by > silence_is_rejection(first):
        yield (
            "La décision peut venir après cette date : elle est alors notifiée par écrit, quelle qu’elle soit, et remplace ce "
            "refus."
        )


def _moment(value: datetime) -> str:
    return moment(paris(value))


# --- rubric -----------------------------------------------------------------------------------------------------------


def _rubric(call: CallFile) -> Iterator[str]:
    rubric = call.rubric
    number = sum(criterion.kind != "gate" for criterion in rubric.criteria)
    bonus = any(criterion.bonus is not None for criterion in rubric.criteria)
    yield (
        f"Chaque dossier est noté sur {count(number, 'critère')}. Les notes sont ramenées à un total {out_of(rubric)}, "
        f"chaque critère comptant selon son poids{' ; un bonus s’y ajoute' if bonus else ''}."
    )
    if rubric.scale is not None and any(criterion.scale is None for criterion in rubric.criteria):
        yield f"Les notes vont {_range(rubric.scale)}, sauf indication contraire."
    if rubric.min_reviews > 1:
        yield f"Chaque dossier est évalué par au moins {count(rubric.min_reviews, 'évaluateur')}, séparément."
    else:
        yield "Chaque dossier est évalué par au moins un évaluateur."
    if rubric.threshold is not None:
        yield f"Un dossier qui n’atteint pas {exact(rubric.threshold)} {out_of(rubric)} n’est pas retenu."
    if call.reviewing.comments_shared:
        yield "Avec sa décision, chaque association lit les commentaires des évaluateurs sur son dossier, sans leur nom."


def _range(scale: Scale) -> str:
    return f"de {exact(scale.min)} à {exact(scale.max)}, par pas de {exact(scale.step)}"


def _criteria(call: CallFile) -> Iterator[WordedCriterion]:
    for criterion in call.rubric.criteria:
        yield WordedCriterion(
            id=criterion.id,
            title=criterion.title or criterion.id,
            question=criterion.question or "",
            share=counts_for(criterion, call.rubric),
            sentences=tuple(_criterion(criterion, call.rubric)),
            levels=tuple((exact(mark), text) for mark, text in sorted(criterion.levels.items())),
        )


def _criterion(criterion: Criterion, rubric: Rubric) -> Iterator[str]:
    if criterion.kind == "gate":
        yield "L’évaluateur répond par oui ou par non ; la réponse n’entre pas dans le total."
        if criterion.fails_if == "any":
            yield "Un seul non parmi les évaluations écarte le dossier."
        else:
            yield "Plus de non que de oui parmi les évaluations écarte le dossier."
    elif criterion.kind == "computed":
        yield computed_in_words(criterion, rubric)
    elif criterion.scale is not None:
        yield f"Ce critère est noté {_range(criterion.scale)}."
    if criterion.threshold is not None and criterion.kind != "gate":
        what = "Une moyenne" if criterion.threshold_on == "mean" else "Une seule note"
        what = "Une note" if criterion.kind == "computed" else what
        yield f"{what} inférieure à {exact(criterion.threshold)} sur ce critère écarte le dossier."
    if criterion.kind == "computed":
        return
    mark = below(criterion.comment)
    if criterion.comment == "always":
        yield "L’évaluateur motive toujours sa note par un commentaire."
    elif mark is not None:
        yield f"L’évaluateur motive par un commentaire toute note inférieure à {exact(mark)}."


# --- scoring ----------------------------------------------------------------------------------------------------------


def _scoring(call: CallFile) -> Iterator[str]:
    rubric = call.rubric
    if call.scoring.method == "calibrated":
        yield (
            "Tous les évaluateurs n’ont pas la même sévérité. Un modèle statistique estime, à partir de toutes les "
            "évaluations, de combien de points chacun note au-dessus ou au-dessous de ce que valent ses dossiers."
        )
        yield (
            "Cet écart est retiré de chacun de ses totaux"
            " ; la note d’un dossier est la moyenne des totaux ainsi corrigés."
        )
        if call.scoring.components == "separate":
            yield (
                "Lorsque des groupes d’évaluateurs n’ont aucun dossier en commun, "
                "la correction est calculée à l’intérieur de chaque groupe."
            )
    else:
        yield "La note d’un dossier est la moyenne des totaux de ses évaluations, sans correction."
    yield "Les dossiers sont classés de la note la plus haute à la plus basse, à quatre décimales."
    titles = {criterion.id: criterion.title or criterion.id for criterion in rubric.criteria}
    ladder = [f"la note moyenne sur le critère {quoted(titles[name])}" for name in rubric.tie_break]
    if ladder:
        ladder.append("le montant demandé, le plus petit d’abord")
        yield f"À note égale, sont comparés dans l’ordre : {listed(ladder, 'puis')}."
    else:
        yield "À note égale, la plus petite demande passe la première."
    yield (
        "S’il reste une égalité, un tirage au sort public départage"
        " : l’ordre est celui des empreintes SHA-256 d’une graine commune suivie du jeton de chaque dossier."
    )
    if call.call.draw:
        yield call.call.draw


# --- selection --------------------------------------------------------------------------------------------------------


def _selection(call: CallFile) -> Iterator[str]:
    rules = call.selection
    if rules.laureates is not None:
        yield f"{count(rules.laureates, 'projet')} au plus {'sont retenus' if rules.laureates > 1 else 'est retenu'}."
    if rules.budget is not None:
        yield f"L’enveloppe est de {euros(int(rules.budget * 100))} au plus."
    if rules.laureates is None and rules.budget is None:
        yield "Tous les projets au-dessus des seuils sont retenus, dans le respect des équilibres ci-dessous."
    if rules.mode == "merit":
        yield (
            "Le classement est parcouru de haut en bas"
            " : un projet est retenu dès lors qu’il reste possible de respecter toutes les règles avec lui et "
            "tous ceux déjà retenus."
        )
        yield from _at_limit(rules)
    else:
        yield (
            "Parmi toutes les listes de projets qui respectent les règles, est retenue celle dont la somme des notes "
            "est la plus élevée ; à égalité, celle qui suit de plus près le classement."
        )
        yield (
            "Un projet peut donc céder sa place à un projet classé après lui, lorsque le retenir ferait enfreindre "
            "une règle ou coûterait plus de points à l’ensemble."
        )
        if rules.protect_top > 1:
            yield f"Les {rules.protect_top} premiers du classement sont retenus quel que soit leur coût."
        elif rules.protect_top == 1:
            yield "Le premier du classement est retenu quel que soit son coût."
    if rules.amounts == "proposed":
        yield (
            "Le montant pris en compte est celui que le service propose avant d’ouvrir les notes, "
            "jamais supérieur au montant demandé."
        )
    else:
        yield "Le montant pris en compte est le montant demandé, sauf décision motivée du jury."
    yield from _waiting_list(rules)


def _waiting_list(rules: SelectionRules) -> Iterator[str]:
    waiting = rules.waiting_list
    first = "le premier dont l’entrée respecte toutes les règles prend sa place."
    next_ones = f"les {count(waiting.by_rank, 'premier projet', 'premiers projets')} non retenus"
    if waiting.by_rank == 1:
        next_ones = "le premier projet non retenu"
    successors = "pour chaque lauréat, le premier projet qui pourrait prendre sa place"
    if waiting.successors:
        who = f"{next_ones} et, {successors}" if waiting.by_rank else successors
        yield f"La liste d’attente compte, dans l’ordre du classement, {who}. Si un lauréat renonce, {first}"
    elif waiting.by_rank:
        places = count(waiting.by_rank, "projet")
        yield (
            f"Une liste d’attente compte au plus {places}, dans l’ordre du classement. Si un lauréat renonce, {first}"
        )
    if (waiting.by_rank or waiting.successors) and waiting.without is not None:
        named = next((rule_name(quota, "") for quota in rules.quotas if quota.id == waiting.without), waiting.without)
        yield f"Si aucune entrée ne les respecte toutes, la règle {named} n’est pas demandée de celui qui entre."
    elif waiting.successors:
        yield "Si aucune entrée ne les respecte toutes, la place reste vide."


def _at_limit(rules: SelectionRules) -> Iterator[str]:
    """What happens at the first project that money or places keep out, and after it."""
    limits = [
        words
        for words, limit in (("l’enveloppe", rules.budget), ("le nombre de places", rules.laureates))
        if limit is not None
    ]
    if rules.at_limit == "skip":
        if rules.budget is not None:
            yield (
                "Un projet que l’enveloppe ne permet plus de retenir est passé, et le parcours continue"
                " : un projet moins bien classé et moins coûteux peut donc être retenu."
            )
        return
    if not limits:
        return
    yield f"Le parcours s’arrête au premier projet que {listed(limits, 'ou')} ne permet plus de retenir."
    if rules.at_limit == "reduce" and rules.reduce_to is not None:
        yield (
            "Ce projet se voit proposer le plus grand montant entier, en euros, que les règles permettent encore, si ce "
            f"montant atteint {percent(rules.reduce_to)} du montant pris en compte."
        )
    if any(of_side(quota.bounds, "quota_min") for quota in rules.quotas):
        yield (
            "Après lui ne sont retenus que les projets dont les équilibres minimaux ont besoin, le moins de projets "
            "possible, et parmi eux les mieux classés."
        )
    else:
        yield "Après lui, aucun projet n’est retenu."
    if rules.draw_zone is not None:
        yield (
            f"Les projets dont l’intervalle à {percent(rules.draw_zone.interval)} contient la note de ce premier projet ne "
            "sont pas départagés par les notes : un tirage au sort public fixe leur ordre, et le parcours est refait."
        )


def _quota(call: CallFile, quota: Quota) -> str:
    return f"{_group(call, quota)} : {rule_of_quota(quota)}."


def _group(call: CallFile, quota: Quota) -> str:
    if quota.each is not None:
        each = f"Pour chaque {attribute_title(quota.each)}"
        counted = any(bound.measure == "laureates" for bound in of_side(quota.bounds, "quota_min"))
        floor = " (là où il y a au moins un candidat)" if counted else ""
        return f"{quota.title} – {each[0].lower()}{each[1:]}{floor}" if quota.title else f"{each}{floor}"
    members = [
        _members(call, attribute, [value_label(call, attribute, value) for value in values])
        for attribute, values in (quota.where or {}).items()
    ]
    described = listed(members)
    return f"{quota.title} ({described})" if quota.title else described[:1].upper() + described[1:]


def _members(call: CallFile, attribute: str, labels: list[str]) -> str:
    if call.form.attributes.get(attribute, "").startswith("answers."):
        return f"réponse {listed([quoted(label) for label in labels], 'ou')}"
    return f"{attribute_title(attribute)} : {listed(labels, 'ou')}"


def condition_in_words(call: CallFile, condition: Condition | None) -> str:
    """When a question or a section is asked: « Demandé si la réponse à « … » est « … ». »; empty for no condition."""
    if condition is None or condition.question is None:
        return ""
    question = questions_of(call).get(condition.question)
    if question is None:  # a question of the same block
        return "Demandé selon vos autres réponses."
    labels = {"oui": "Oui", "non": "Non"} | dict(question.labels())
    wanted = [value for value in (condition.equals, condition.contains) if value is not None]
    words = [quoted(labels.get(value, value)) for value in (*wanted, *(condition.one_of or ()))]
    for bound, by_number, by_day in (
        (condition.min, "au moins", "à partir du"),
        (condition.max, "au plus", "jusqu’au"),
    ):
        if bound is not None:
            words.append(f"{by_day} {day(bound)}" if isinstance(bound, date) else f"{by_number} {exact(bound)}")
    return spaced(f"Demandé si la réponse à {quoted(question.label)} est {listed(words, 'ou')}.")


def _algorithm() -> tuple[str, ...]:
    """CRPA L311-3-1, L312-1-3 and R311-3-1-2."""
    return (
        "Le classement et la liste proposée résultent d’un calcul, appliqué à tous les dossiers à partir des notes des "
        "évaluateurs et des règles ci-dessus. Le calcul prépare la décision"
        " ; le jury l’examine et l’autorité décide.",
        "Toute association peut demander la fiche de son dossier"
        " : le rôle du calcul dans la décision, les données traitées et leur source, les paramètres et leur "
        "poids, les opérations effectuées (CRPA, articles L311-3-1 et R311-3-1-2).",
    )
