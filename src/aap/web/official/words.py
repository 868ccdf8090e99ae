"""What states, decisions and actions are called on the official's pages, and the colour of their badge."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from aap.core.quotas.quota_words import bounds_in_words, quota_in_words
from aap.core.selection.problem import QuotaRule
from aap.records.calls import CallState
from aap.records.decided import CorrectionGround, CorrectionState
from aap.records.deliberations import Gate, Looking
from aap.records.rankings import JuryDecisionKind, Outcome, RunState


def next_steps() -> Mapping[CallState, str]:
    """What comes next, in plain words."""
    return {
        CallState.DRAFT: _("Un administrateur ouvre l’appel."),
        CallState.OPEN: _("Après la clôture et son délai de grâce, fermez le dépôt pour examiner la recevabilité."),
        CallState.CLOSED: _("Dites de chaque dossier s’il est recevable, confiez-les, puis ouvrez les évaluations."),
        CallState.REVIEWING: _("Suivez les évaluations ; quand rien n’est plus à revoir, ouvrez la délibération."),
        CallState.DELIBERATING: _("Calculez le classement, notez les décisions du jury, puis proposez de l’arrêter."),
        CallState.PROPOSED: _("Une seconde personne vérifie le classement et l’arrête, ou le renvoie."),
        CallState.ARBITRATED: _("Préparez les décisions à partir du classement arrêté."),
        CallState.DECIDED: _("Préparez les lettres, notifiez-les, puis publiez les résultats."),
        CallState.PUBLISHED: _("Les résultats sont publics. Suivez les réponses des lauréats."),
        CallState.ARCHIVED: _("L’appel est terminé."),
    }


def advance_labels() -> Mapping[CallState, str]:
    """The button that takes the call to a state."""
    return {
        CallState.CLOSED: _("Fermer le dépôt"),
        CallState.REVIEWING: _("Ouvrir les évaluations"),
        CallState.DELIBERATING: _("Ouvrir la délibération"),
        CallState.ARCHIVED: _("Archiver l’appel"),
    }


def advance_effects() -> Mapping[CallState, str]:
    return {
        CallState.CLOSED: _("Aucun dossier ne pourra plus être déposé. Vous pourrez examiner la recevabilité."),
        CallState.REVIEWING: _("Les évaluateurs auront accès aux dossiers qui leur sont confiés et pourront noter."),
        CallState.DELIBERATING: _("Les évaluateurs ne pourront plus noter. Vous verrez les notes et le classement."),
        CallState.ARCHIVED: _("L’appel quitte la liste des appels en cours. Tout reste consultable."),
    }


def outcomes() -> Mapping[str, str]:
    """Outcomes of a ranking and of decisions."""
    return {
        Outcome.LAUREATE: _("Lauréat"),
        Outcome.WAITING_LIST: _("Liste d’attente"),
        Outcome.NOT_SELECTED: _("Non retenu"),
        Outcome.BELOW_THRESHOLD: _("Sous un seuil"),
        Outcome.INELIGIBLE: _("Irrecevable"),
        Outcome.WITHDRAWN: _("Retiré"),
        "incomplete": _("Évaluations incomplètes"),
    }


def outcome_lists() -> Mapping[str, str]:
    """The lists that the jury votes, by the outcome of their dossiers."""
    return {
        Outcome.LAUREATE: _("Lauréats"),
        Outcome.WAITING_LIST: _("Liste d’attente"),
        Outcome.NOT_SELECTED: _("Non retenus"),
        Outcome.BELOW_THRESHOLD: _("Sous un seuil"),
        Outcome.INELIGIBLE: _("Irrecevables"),
        "incomplete": _("Évaluations incomplètes"),
    }


OUTCOME_KINDS: Mapping[str, str] = {
    Outcome.LAUREATE: "success",
    Outcome.WAITING_LIST: "info",
    Outcome.BELOW_THRESHOLD: "warning",
    Outcome.INELIGIBLE: "danger",
    "incomplete": "warning",
}


def run_states() -> Mapping[str, str]:
    return {
        RunState.COMPUTED: _("Calculé"),
        RunState.PROPOSED: _("Proposé, à confirmer"),
        RunState.FROZEN: _("Arrêté"),
    }


RUN_KINDS: Mapping[str, str] = {RunState.PROPOSED: "warning", RunState.FROZEN: "success"}


def correction_states() -> Mapping[str, str]:
    return {
        CorrectionState.INTENT: _("Proposée"),
        CorrectionState.OBSERVING: _("L’association peut répondre"),
        CorrectionState.DECIDED: _("Décidée"),
        CorrectionState.DROPPED: _("Abandonnée"),
    }


CORRECTION_KINDS: Mapping[str, str] = {
    CorrectionState.INTENT: "warning",
    CorrectionState.OBSERVING: "info",
    CorrectionState.DECIDED: "success",
}


def correction_grounds() -> Mapping[str, str]:
    """On what a correction rests."""
    return {
        CorrectionGround.CONDITION: _("Un engagement de la décision n’est pas tenu"),
        CorrectionGround.ILLEGALITY: _("La décision est illégale"),
        CorrectionGround.FAVOUR: _("En faveur de l’association"),
    }


def jury_kinds() -> Mapping[str, str]:
    return {
        JuryDecisionKind.IN: _("Retenu par le jury"),
        JuryDecisionKind.OUT: _("Écarté par le jury"),
        JuryDecisionKind.AMOUNT: _("Autre montant"),
        JuryDecisionKind.WITHDRAWN: _("Retrait de l’association"),
        JuryDecisionKind.DECLINED: _("Désistement"),
        JuryDecisionKind.CONSENSUS: _("Note de consensus"),
    }


def gates() -> Mapping[str, str]:
    """What must have been looked at, where the authority let it pass."""
    return {
        Gate.DIVERGENT: _("évaluations divergentes"),
        Gate.CONTESTED: _("contesté entre la note brute et la note corrigée"),
        Gate.ERRATIC: _("noté par un évaluateur aux notes dispersées"),
    }


def arbitrated_kinds() -> Mapping[JuryDecisionKind, str]:
    """What the authority decided of a dossier."""
    return {
        JuryDecisionKind.IN: _("Retenu"),
        JuryDecisionKind.OUT: _("Non retenu"),
        JuryDecisionKind.AMOUNT: _("Autre montant"),
    }


def arbitration_choices() -> Mapping[JuryDecisionKind, tuple[str, str]]:
    """The choices of the authority's form, with what each does."""
    return {
        JuryDecisionKind.IN: (_("Retenir"), _("Il est lauréat, les autres règles tenant avec lui.")),
        JuryDecisionKind.OUT: (_("Ne pas retenir"), _("Il n’est pas candidat à la sélection ; son rang reste.")),
        JuryDecisionKind.AMOUNT: (_("Changer le montant"), _("Il recevrait ce montant s’il est retenu.")),
    }


def open_reasons() -> Mapping[str, str]:
    """Why a dossier is looked at by itself."""
    return {
        "called": _("appelé"),
        "sent_back": _("évaluation demandée"),
        "divergent": _("évaluations qui divergent"),
        "contested": _("change de côté selon la correction"),
        "erratic": _("évaluateur aux notes dispersées"),
        "line": _("près de la limite"),
        "decided": _("décision du jury"),
        "moved": _("son issue a changé depuis le vote de sa liste"),
    }


def lookings() -> Mapping[str, str]:
    """What became of a dossier before the jury."""
    return {
        Looking.LISTED: _("Voté en liste"),
        Looking.CALLED: _("À examiner"),
        Looking.KEPT: _("Proposition gardée"),
        Looking.CHANGED: _("Changé par le jury"),
        Looking.SENT_BACK: _("Évaluation demandée"),
    }


def ways() -> Mapping[str, str]:
    """How laureates are chosen."""
    return {
        "stop": _("L’ordre du classement, jusqu’à ce que l’enveloppe ou les places manquent"),
        "reduce": _("L’ordre du classement, et au dernier ce qui reste de l’enveloppe"),
        "skip": _("L’ordre du classement, en passant ceux qui ne tiennent plus"),
        "value": _("La meilleure somme de notes sous les règles"),
    }


def rule_in_words(rule: str, quotas: Mapping[str, QuotaRule]) -> str:
    """A rule of a conflict (`budget`, `quota:rural`, `decision:…`) as people call it."""
    kind, _separator, rest = rule.partition(":")
    fixed: Mapping[str, str] = {
        "laureates": _("le nombre maximal de lauréats"),
        "budget": _("l’enveloppe"),
        "protect_top": _("la tête de classement protégée"),
    }
    if kind in fixed:
        return fixed[kind]
    if kind == "decision":
        return str(_("la décision du jury sur le dossier %(id)s", id=rest))
    name, _separator, value = rest.partition("=")
    quota = quotas.get(name)
    if quota is None:
        return rule
    bounds = quota_in_words(quota) if kind == "quota" else bounds_in_words(quota, kind)
    title = f"{quota.title} ({value.replace('|', ', ')})" if value else quota.title
    return str(_("la règle « %(title)s » : %(bounds)s", title=title, bounds=bounds))


def step_words(step: str) -> str:
    """What long work is at; the core's own words, and those of jobs that earlier versions left, as they are."""
    return {
        "searching": _("Recherche de la meilleure répartition"),
        "saving": _("Enregistrement"),
        "layout": _("Mise en page"),
        "points": _("Recherche des points qui auraient suffi"),
        "letters": _("Lettres"),
        "letters_book": _("Lettres réunies"),
        "many": _("Dossier après dossier"),
        "ranking": _("Tirages"),
    }.get(step, step)
