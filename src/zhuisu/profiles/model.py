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
Bar = Literal["recalled", "expired", "withdrawal", "sold", "ended", "failed", "unlisted"]


class Closed(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a profile: only the keys below exist."""


class Words(Closed, frozen=True):
    """One text in both languages."""

    zh: str
    en: str


class Basis(Closed, frozen=True):
    """Where a rule comes from: law or standard, article or clause, and how it is known."""

    law: Words
    article: str
    evidence: Evidence


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


class Role(Closed, frozen=True):
    """Who takes part, and which licences such a party must hold (kinds as in registry.Licence.kind)."""

    name: Words
    licences: tuple[str, ...] = ()
    basis: str = ""


class Demand(Closed, frozen=True):
    """A field that a step demands only under a condition."""

    field: str
    when: When
    basis: str


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
    buyer_known: bool = False
    supplier_known: bool = False
    amount: bool = False  # what is counted or weighed needs an amount; the books are not asked
    quantity: bool = False  # what is counted or weighed needs an amount, and not more than is left
    quota: bool = False  # what comes out must fit into the actor's quota
    basis_of: dict[
        str, str
    ] = {}  # of a bar, "buyer", "supplier", "quantity", "stock", "quota", "expiry": where not the step's own
    keeps_expiry: bool = False  # what comes out expires no later than the earliest of what goes in
    sensors: dict[str, Sensor] = {}


class Duty(Closed, frozen=True):
    """An obligation of a thing that stays: to be done again within so many days; `forbids` steps while it is overdue."""

    name: Words
    step: str
    within_days: int
    basis: str
    forbids: tuple[str, ...] = ()
    forbids_basis: str = ""  # what the prohibition rests on, where it is another text than the period's


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
    public: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
