"""The call file as typed values (docs/call-file.md).

One YAML file is one call. Only `schema`, `call.id`, `rubric`, `scoring` and `selection` are needed to rank; the web
application also needs the identity of the call, its eligibility rules, its form and its letters.

Conventions: money is Decimal euros with at most two decimals, marks and weights are Decimal, times are aware.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from aap.core.questions.base.choosing import Option
from aap.core.questions.base.condition import Condition
from aap.core.questions.base.discovery import discover
from aap.core.questions.base.union import AnyQuestion
from aap.core.questions.yes_no import YES_NO
from aap.core.quotas.quota import Quota
from aap.core.scalars import (
    CallId,
    Count,
    Flag,
    KeyId,
    Money,
    Number,
    RuleId,
    Strict,
    Text,
    check_levels,
    iso_day,
    refusal,
    timed,
    whole_number,
)

discover()  # before the first question is read

Day = Annotated[date, BeforeValidator(iso_day)]
Instant = Annotated[AwareDatetime, BeforeValidator(timed)]


# --- identity of the call -------------------------------------------------------------------------------------------


class Authority(Strict):
    """Who decides: `service` and `city` head the letters; `court` is the administrative court for appeals."""

    name: Text
    siret: str | None = None
    service: str | None = None
    city: str | None = None
    address: str | None = None
    court: str | None = None

    @property
    def office(self) -> str:
        """Who handles the call: the service, else the authority itself."""
        return self.service or self.name


class Theme(Strict):
    """A subject of the call: reviewers' expertise and dossiers' themes are named by its id."""

    id: KeyId
    title: Text


Outcome = Literal["laureate", "waiting_list", "not_selected", "below_threshold"]


class Invited(Strict):
    """Only those whose dossier of the call `from` had one of these outcomes may apply."""

    from_: CallId = Field(alias="from")
    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1)] = ("laureate",)


class CallIdentity(Strict):
    id: CallId
    title: str | None = None
    reference: str | None = None
    summary: str | None = None
    audience: str | None = None
    authority: Authority | None = None
    opens_at: Instant | None = None
    closes_at: Instant | None = None
    grace_minutes: Count = Field(default=0, ge=0, le=1440)
    decision_by: Day | None = None
    contact: str | None = None
    phone: str | None = None
    phone_hours: str | None = None
    themes: tuple[Theme, ...] = ()
    prepare: tuple[Text, ...] = ()
    years: tuple[Count, ...] = ()
    min_amount: Money | None = None
    max_amount: Money | None = None
    max_share: Number | None = Field(default=None, gt=0, le=1)
    draw: str | None = None
    max_per_applicant: Count = Field(default=1, ge=1)
    applicants: Annotated[tuple[Literal["association", "public_body", "company"], ...], Field(min_length=1)] = (
        "association",
    )
    consortium: Flag = False
    invited: Invited | None = None


# --- eligibility and form -------------------------------------------------------------------------------------------


class EligibilityRule(Strict):
    """A question asked before the form, or a computed check (`source`), and the rule it stands for.

    `source` names a value: `association.<field>`, `answers.<question>` or `request.amount`.
    """

    id: KeyId
    question: str | None = None
    source: str | None = None
    help: str | None = None
    type: Literal["yes_no", "choice", "number"] = "yes_no"
    options: tuple[Option, ...] = ()
    check: Condition
    if_not: Literal["ineligible", "to_check"] = "ineligible"
    rule: Text

    def closed_values(self) -> tuple[str, ...] | None:
        """The answers that its question offers; None where they aren't a closed list."""
        if self.type == "yes_no" and self.question is not None:
            return YES_NO
        return tuple(option.value for option in self.options) or None


class Section(Strict):
    id: KeyId
    title: Text
    help: str | None = None
    questions: tuple[AnyQuestion, ...]
    show_if: Condition | None = None


class Form(Strict):
    """The dossier's questions by section.

    `attributes` maps an attribute that quotas may name to where its value comes from: `association.<field>` or
    `answers.<question>` (a multiple choice gives several values). `title_question` and `theme_question` name the
    answers that title and class a dossier in lists.
    """

    sections: tuple[Section, ...] = ()
    attributes: dict[KeyId, str] = Field(default_factory=dict)
    title_question: KeyId | None = None
    theme_question: KeyId | None = None
    attestations: tuple[Text, ...] = ()


# --- rubric ---------------------------------------------------------------------------------------------------------


class Scale(Strict):
    min: Number
    max: Number
    step: Number = Field(gt=0)


YES_OR_NO = Scale.model_construct(min=Decimal(0), max=Decimal(1), step=Decimal(1))


class Band(Strict):
    """From `min` of the attribute on, the criterion's mark is `mark`."""

    min: Number
    mark: Number


class Criterion(Strict):
    """What an application is marked on.

    `marked`: by reviewers, with a `weight`, or a `bonus` in points on 100 outside the weights. `gate`: reviewers say yes
    or no. `computed`: its mark comes from the attribute `from`, by `points` or `bands`.
    """

    id: RuleId
    title: str | None = None
    question: str | None = None
    kind: Literal["marked", "gate", "computed"] = "marked"
    weight: Number | None = Field(default=None, gt=0)
    bonus: Number | None = Field(default=None, gt=0)
    scale: Scale | None = None
    threshold: Number | None = None
    threshold_on: Literal["mean", "any"] = "mean"
    fails_if: Literal["any", "majority"] = "any"
    from_: KeyId | None = Field(default=None, alias="from")
    points: dict[Text, Number] = Field(default_factory=dict)
    bands: tuple[Band, ...] = ()
    otherwise: Number | None = None
    comment: str = "optional"  # always | below:<mark> | optional
    levels: Annotated[dict[Number, Text], BeforeValidator(check_levels)] = Field(default_factory=dict)


class Rubric(Strict):
    version: Count = 1
    scale: Scale | None = None
    min_reviews: Count = Field(default=1, ge=1)
    threshold: Number | None = None
    out_of: Number = Field(default=Decimal(100), gt=0)
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    tie_break: tuple[RuleId, ...] = ()

    def scale_of(self, criterion: Criterion) -> Scale:
        """The criterion's own scale, else the rubric's (one of the two is there: checked at loading); a gate's is 0 for
        no, 1 for yes."""
        if criterion.kind == "gate":
            return YES_OR_NO
        scale = criterion.scale or self.scale
        assert scale is not None
        return scale

    def share_of(self, criterion: Criterion) -> Fraction:
        """The criterion's part of the weights, 0 to 1, exact; 0 for a gate and a bonus, which have no weight."""
        total = sum((Fraction(one.weight) for one in self.criteria if one.weight is not None), Fraction(0))
        return Fraction(0) if criterion.weight is None else Fraction(criterion.weight) / total


class Scoring(Strict):
    method: Literal["raw", "calibrated"]
    components: Literal["error", "separate"] = "error"


# --- selection ------------------------------------------------------------------------------------------------------


WITHOUT = "without:"


class WaitingList(Strict):
    """Who waits: the next by rank, and with `successors` for each laureate who could replace it.

    `if_none`, where nobody's entry keeps every rule: `leave` (the place stays empty) or `without:<quota>`.
    """

    by_rank: Count = Field(default=0, ge=0)
    successors: Flag = False
    if_none: str = "leave"

    @property
    def without(self) -> str | None:
        """The quota that isn't asked of an entry where nobody's keeps every rule."""
        return self.if_none.removeprefix(WITHOUT).strip() if self.if_none.startswith(WITHOUT) else None


def _waiting_list(value: object) -> object:
    """A number alone is that of `by_rank`."""
    if isinstance(value, (Mapping, WaitingList)):
        return value
    number = whole_number(value)
    if number < 0:
        raise refusal("ce nombre n’est pas possible ici", "un nombre supérieur ou égal à 0")
    return WaitingList(by_rank=number)


class _OrNumber:
    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "integer", "minimum": 0}, handler(schema)]}


class DrawZone(Strict):
    """Those whose interval of probability `interval` contains the score of the funding line are drawn by lot."""

    interval: Number = Field(gt=0, lt=1)


class SelectionRules(Strict):
    mode: Literal["value", "merit"]
    at_limit: Literal["skip", "stop", "reduce"] = "skip"
    reduce_to: Number | None = Field(default=None, gt=0, le=1)
    protect_top: Count = Field(default=0, ge=0)
    laureates: Count | None = Field(default=None, ge=0)
    budget: Money | None = None
    waiting_list: Annotated[WaitingList, BeforeValidator(_waiting_list), _OrNumber()] = WaitingList()
    amounts: Literal["requested", "proposed"] = "requested"
    quotas: tuple[Quota, ...] = ()
    draw_zone: DrawZone | None = None


class LotSelection(SelectionRules):
    """What a lot gives of the selection; the rest is the call's, key by key, but the budget."""

    mode: Literal["value", "merit"] | None = None  # type: ignore[assignment]


class LotRubric(Rubric):
    """What a lot gives of the rubric; the rest is the call's, key by key."""

    criteria: tuple[Criterion, ...] = ()


class Lot(Strict):
    id: RuleId
    title: str | None = None
    selection: LotSelection = LotSelection()
    rubric: LotRubric = LotRubric()


class Lots(Strict):
    """Parts of a call with a ranking and a budget of their own.

    `attribute`: the column whose value is the lot's id. `spill`: what a lot leaves of its budget is added to the next
    one's, in this order.
    """

    attribute: KeyId
    items: Annotated[tuple[Lot, ...], Field(min_length=1)]
    spill: tuple[RuleId, ...] = ()


# --- assignment -----------------------------------------------------------------------------------------------------


class AssignmentRules(Strict):
    """How dossiers are dealt. `bridges`: share of the reviews across themes; absent: aap.core.assignment.crossing's."""

    bridges: Number | None = Field(default=None, ge=0, le=1)


# --- reviewing (how marks are gathered; no influence on the ranking's arithmetic) -------------------------------------


class Divergence(Strict):
    """From which difference between two marks a dossier is looked at again."""

    overall: Number | None = Field(default=None, gt=0)  # points on 100
    criterion: Number | None = Field(default=None, gt=0)  # scale units


class Reviewing(Strict):
    blind: Flag = False
    closes_at: Instant | None = None
    discussion_until: Instant | None = None
    reviews_per_application: Count | None = Field(default=None, ge=1)
    same_department: Literal["avoid", "allow"] = "avoid"
    others_visible: Literal["after_own", "after_closing", "never"] = "after_closing"
    interests: Literal["asked", "first"] = "asked"
    preferences: Flag = False
    comments_shared: Flag = False
    divergence: Divergence = Divergence()


# --- letters --------------------------------------------------------------------------------------------------------


class Signatory(Strict):
    """Author of the decision (CRPA L212-1: first name, name, capacity)."""

    first_name: str | None = None
    last_name: str | None = None
    capacity: str | None = None
    delegation: str | None = None  # the act that delegates the signature


class LetterText(Strict):
    """`object` and `paragraphs` of one kind of letter; `{title}`, `{amount}`, `{rank}` … are replaced."""

    object: str | None = None
    paragraphs: tuple[Text, ...] | None = None
    conditions: tuple[Text, ...] | None = None


class AnswerTerm(Strict):
    """Days from its notification in which a laureate answers; `silence`: what no answer in them does to the grant."""

    within_days: Count = Field(ge=8, le=365)
    silence: Literal["lapses", "stands"] = "stands"


class Letters(Strict):
    signed_on: Day | None = None
    published: str | None = None  # where and when the decision that awards the grants is published
    signatory: Signatory = Signatory()
    laureate: LetterText = LetterText()
    refusal: LetterText = LetterText()
    waiting_list: LetterText = LetterText()
    ineligible: LetterText = LetterText()
    waiting_list_expires: Day | None = None
    answer: AnswerTerm | None = None
    appeals: tuple[Text, ...] | None = None
    algorithm: str | None = None
    privacy: str | None = None


# --- the file -------------------------------------------------------------------------------------------------------


class CallFile(Strict):
    """A whole call. `schema` is 1; changed only with a migration."""

    schema_: Annotated[Literal[1], BeforeValidator(whole_number)] = Field(alias="schema")
    call: CallIdentity
    eligibility: tuple[EligibilityRule, ...] = ()
    form: Form = Form()
    rubric: Rubric
    reviewing: Reviewing = Reviewing()
    scoring: Scoring
    selection: SelectionRules
    lots: Lots | None = None
    assignment: AssignmentRules = AssignmentRules()
    letters: Letters = Letters()

    @property
    def id(self) -> str:
        return self.call.id
