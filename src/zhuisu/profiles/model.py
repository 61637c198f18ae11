"""What a sector's profile may say: frozen and closed, so that a misspelt key is an error and never a rule that silently does nothing."""

from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

# The seven classes of important products (商务部等七部门 2019) and the words of registry.Product.category.
Class = Literal[
    "edible_agricultural", "food", "drugs", "agricultural_inputs", "special_equipment", "dangerous_goods", "rare_earth"
]
# How a fact is known. What rests on memory warns and never refuses (docs/decisions/0009).
Evidence = Literal["law", "standard", "source", "memory"]
FieldType = Literal["text", "number", "integer", "date", "datetime", "choice", "yes_no", "code", "person", "evidence"]
EventType = Literal["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"]
Action = Literal["ADD", "OBSERVE", "DELETE"]
# States of a thing in which a step is forbidden.
Bar = Literal[
    "recalled", "expired", "withdrawal", "sold", "ended", "failed", "unlisted", "lost", "stopped", "suspended"
]


class Closed(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a profile: only the keys below exist."""


class Words(Closed, frozen=True):
    """One text in both languages."""

    zh: str
    en: str


class Basis(Closed, frozen=True):
    """Where a rule comes from: law or standard, article or clause, and how it is known."""

    law: Words
    article: str  # "-" where the text as a whole is meant
    evidence: Evidence

    def cited(self) -> Words:
        """Law and article in one line; of a text as a whole only its name."""
        if not self.article.strip("-—–…· "):
            return self.law
        return Words(f"{self.law.zh} {self.article}", f"{self.law.en}, {self.article}")


class When(Closed, frozen=True):
    """A condition; all that is said must hold. `field`: another field of the event is filled, or has one of the values
    `any_of` (of yes and no: "true", "false"); `roles`: who acts is one of these; `kinds`: some thing is of these kinds."""

    field: str = ""
    any_of: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


class Field(Closed, frozen=True):
    """A data element (数据元). It stands in the event under the profiles' namespace: in `ilmd` where it describes the
    thing that begins (place "item"), else beside the event's own fields (place "event")."""

    name: Words
    type: FieldType
    basis: str
    place: Literal["item", "event"] = "event"
    help: Words | None = None
    unit: str = ""  # UN/ECE Rec 20
    min: Decimal | None = None
    max: Decimal | None = None
    max_length: int = 200
    pattern: str = ""
    choices: dict[str, Words] = {}
    schemes: tuple[str, ...] = ()  # for a code: which schemes it may be of
    not_future: bool = False
    register: str = ""  # the official register in which the value must be found


class Role(Closed, frozen=True):
    """Who takes part, and which licences such a party must hold (kinds as in registry.Licence.kind)."""

    name: Words
    licences: tuple[str, ...] = ()
    basis: str = ""
    licences_of: dict[str, tuple[str, ...]] = {}  # by kind of product, where it needs another licence


class Demand(Closed, frozen=True):
    """A field that a step demands only under a condition."""

    field: str
    when: When
    basis: str
    id: str = ""  # tells two demands of one field apart in the rule's id


class Paper(Closed, frozen=True):
    """A document that a step demands: a business transaction of this CBV type, or a certificate about the item."""

    kind: str
    name: Words
    basis: str
    id: str = ""  # tells two papers of one type apart in the rule's id
    or_kinds: tuple[str, ...] = ()  # one of these does as well
    when: When | None = None


class Sensor(Closed, frozen=True):
    """What a sensor must have measured during a step: every reading within the bounds, in the unit (UN/ECE Rec 20)."""

    measure: str  # GS1 Web Vocabulary MeasurementType: Temperature, RelativeHumidity …
    unit: str
    basis: str
    min: Decimal | None = None
    max: Decimal | None = None
    required: bool = False
    record_basis: str = ""  # what the duty to record rests on, where it is another text than the bounds'
    when: When | None = None


class Effect(Closed, frozen=True):
    """What a step does to the state of its things: it begins, or `clears` ends it. `until`: a date field, the state holds
    through that day; `past`: a date field, the state holds from the day after; `when`: only if the condition holds."""

    state: Bar
    clears: bool = False
    until: str = ""
    past: str = ""
    when: When | None = None


class Within(Closed, frozen=True):
    """The step must come no later than so many days after another step of the same thing."""

    step: str
    days: int
    basis: str


class Must(Closed, frozen=True):
    """What a field must say beyond its type: one of `any_of` (of yes and no: "true", "false"), or how it stands to another field
    of the event. Judged where both are filled, and `when` holds."""

    field: str
    basis: str
    says: Words
    any_of: tuple[str, ...] = ()
    differs_from: str = ""
    equals: str = ""
    not_before: str = ""  # dates and numbers: at least the other field's value
    when: When | None = None
    id: str = ""  # tells two musts of one field apart in the rule's id


class Limit(Closed, frozen=True):
    """How much one buyer may get within so many days, counted in the unit over all such steps of the sector."""

    amount: Decimal
    unit: str
    days: int
    basis: str
    kinds: tuple[str, ...] = ()


class Step(Closed, frozen=True):
    """One step of the chain, known by its EPCIS event: type, action, business step and, where it helps, disposition and role."""

    name: Words
    event: EventType
    biz_step: str
    by: tuple[str, ...]
    basis: str
    action: Action | None = None
    disposition: str = ""
    after: tuple[str, ...] = ()  # one of these must have happened to each thing before
    first: bool = False  # a thing may begin here; no step before is asked for
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    demands: tuple[Demand, ...] = ()
    papers: tuple[Paper, ...] = ()
    barred: tuple[Bar, ...] = ()  # states in which it is forbidden
    idle: When | None = (
        None  # where this holds nothing is done with the thing: neither a state nor an overdue duty forbids it
    )
    forbidden: dict[str, str] = {}  # kind of product for which it is never allowed → what that rests on
    buyer_known: bool = False
    supplier_known: bool = False
    amount: bool = False  # what is counted or weighed needs an amount; the books are not asked
    quantity: bool = False  # what is counted or weighed needs an amount, and not more than is left
    quota: bool = False  # what comes out must fit into the actor's quota
    # Where it is not the step's own (of a required field and of an attribute: not the field's own): of a bar, "by", "after",
    # "after_all", "buyer", "buyer_organisation", "supplier", "quantity", "stock", "quota", "expiry", a required field, an attribute.
    basis_of: dict[str, str] = {}
    keeps_expiry: bool = False  # what comes out expires no later than the earliest of what goes in
    sensors: dict[str, Sensor] = {}
    effects: tuple[Effect, ...] = ()
    stock: Literal["", "in", "out", "none"] = ""  # of the actor's books; "" as the event type and the business step say
    after_all: tuple[str, ...] = ()  # each of these must have happened to each thing before
    within: tuple[Within, ...] = ()
    musts: tuple[Must, ...] = ()
    limits: dict[str, Limit] = {}
    attributes: tuple[str, ...] = ()  # CBV 2.0 §9 attributes that ilmd must carry: lotNumber, itemExpirationDate …
    parent: bool = False  # parentID is a thing acted on too: the cylinder that is filled, the car that it is fitted to
    buyer_organisation: bool = False  # the buyer must be an organisation, not a person
    pool: bool = False  # a pool or a day's stock: that an input went into an output is inferred, not known
    cleans: bool = False  # a vessel forgets what it held before


class Duty(Closed, frozen=True):
    """An obligation of a thing that stays: to be done again within so many days; `forbids` steps while it is overdue."""

    name: Words
    step: str
    within_days: int
    basis: str
    forbids: tuple[str, ...] = ()
    forbids_basis: str = ""  # what the prohibition rests on, where it is another text than the period's
    kinds: tuple[str, ...] = ()  # none named: all
    since: tuple[str, ...] = ()  # the first period runs from these steps; none named: from the thing's first step
    due_field: str = ""  # a date field of the step that says when it is due next, and wins over the days


class Balance(Closed, frozen=True):
    """What a transformation may yield: output mass over input mass, both in the unit."""

    step: str
    unit: str
    basis: str
    least: Decimal
    most: Decimal
    kinds: tuple[str, ...] = ()  # where all that goes in is of these kinds; none named: always


class Retention(Closed, frozen=True):
    """How long records are kept: so many months after the anchor."""

    records: Words
    anchor: Literal["event", "expiry", "end_of_service", "scrapping"]
    months: int
    basis: str
    without_anchor_months: int | None = None  # where the anchor has no date, such as food without a shelf life


class Report(Closed, frozen=True):
    """What must be told to whom within which time."""

    what: Words
    to: str
    basis: str
    hours: int | None = None
    working_days: int | None = None
    day_of_month: int | None = None
    step: str = ""


class Ledger(Closed, frozen=True):
    """A book that the law wants kept, with its columns: fields of the profile, or the words of profiles.entry that every step
    has (eventTime, things, quantity, unit, buyer, supplier, place …)."""

    name: Words
    steps: tuple[str, ...]
    columns: tuple[str, ...]
    basis: str


class RecallLevel(Closed, frozen=True):
    """How fast a recall of a level goes: hours until it starts and those concerned are told, days until it is done."""

    name: Words
    basis: str
    start_hours: int | None = None
    report_days: int | None = None
    done_days: int | None = None


class Kind(Closed, frozen=True):
    """A kind of product that the profile is for."""

    name: Words
    yields: str = ""


class CodeUse(Closed, frozen=True):
    """Which schemes identify things of a level."""

    level: Literal["item", "pack", "case", "pallet", "lot", "party", "place", "document"]
    schemes: tuple[str, ...]


class Profile(Closed, frozen=True):
    """One edition of one sector."""

    id: str
    edition: str
    valid_from: date
    name: Words
    sector_class: Class
    basis: dict[str, Basis]
    roles: dict[str, Role]
    kinds: dict[str, Kind]
    codes: tuple[CodeUse, ...]
    fields: dict[str, Field]
    steps: dict[str, Step]
    regulators: dict[str, str] = {}  # function → the register's word for the department
    duties: dict[str, Duty] = {}
    balances: dict[str, Balance] = {}
    retention: tuple[Retention, ...] = ()
    reports: dict[str, Report] = {}
    ledgers: dict[str, Ledger] = {}
    recalls: dict[str, RecallLevel] = {}
    public: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    label_template: str = ""  # the template on which its labels are printed, where it is not the class's


class Extra(Closed, frozen=True):
    """What a region demands of a step beyond the nation. `basis`: what its required fields and its bars rest on."""

    basis: str = ""
    required: tuple[str, ...] = ()
    demands: tuple[Demand, ...] = ()
    papers: tuple[Paper, ...] = ()
    barred: tuple[Bar, ...] = ()


class Overlay(Closed, frozen=True):
    """A region's additions to a profile: `regions/<GB/T 2260 code>.toml` in the sector's folder. It adds and never loosens."""

    region: str  # as many digits as it covers: 31, 3502, 350203
    valid_from: date
    name: Words
    basis: dict[str, Basis] = {}
    fields: dict[str, Field] = {}
    steps: dict[str, Extra] = {}
    reports: dict[str, Report] = {}
