"""The columns of one act: what a person, a sheet or a system says when a step is done, made from the step and its profile."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from zhuisu.profiles.model import Basis, Field, Paper, Profile, Sensor, Step, When, Words

Place = Literal["when", "thing", "party", "paper", "sensor", "item", "event"]

# Smaller amounts than a milligram of a kilogram are slips of the pen; EPCIS wants more than zero.
MIN_AMOUNT = Decimal("0.000001")
MAX_AMOUNT = 1_000_000_000_000
# A record of more things is split: an Excel cell of codes ends at 32,767 characters long before.
MAX_MANY = 5000
# Longer than any identifier that stands in an event (codes.MAX_LENGTH).
MAX_CODE = 2048
# A document number as people write it, or its address.
MAX_PAPER = 200
# GS1 General Specifications: lot (AI 10) has at most 20 characters; other attributes of CBV 2.0 §9 are short words.
MAX_LOT = 20
MAX_ATTRIBUTE = 200
# A register's reference to a person stands where a party's code may stand.
PERSON = "person"
# What is counted has no unit in EPCIS 2.0 (§7.3.3.3); a person has to pick something all the same.
COUNT = "count"
# How others write that same nothing.
PIECES = frozenset({None, "EA", "H87", "C62"})

# UN/ECE Recommendation 20: the units of daily trade. A quantity in another unit comes by EPCIS itself.
UNITS: dict[str, Words] = {
    COUNT: Words("个（计数）", "pieces (counted)"),
    "KGM": Words("千克", "kilograms"),
    "GRM": Words("克", "grams"),
    "MGM": Words("毫克", "milligrams"),
    "TNE": Words("吨", "tonnes"),
    "LTR": Words("升", "litres"),
    "MLT": Words("毫升", "millilitres"),
    "MTQ": Words("立方米", "cubic metres"),
    "MTR": Words("米", "metres"),
    "KMT": Words("千米", "kilometres"),
    "MTK": Words("平方米", "square metres"),
    "HAR": Words("公顷", "hectares"),
    "BQL": Words("贝可", "becquerels"),
    "GBQ": Words("吉贝可", "gigabecquerels"),
}
# The standard columns; `profiles.model.Ledger.columns` may name them beside the profile's own fields.
WORDS: dict[str, Words] = {
    "eventTime": Words("时间", "Time"),
    "parent": Words("载体或主体编码", "Container or main thing"),
    "things": Words("追溯对象编码", "Things (codes)"),
    "quantity": Words("数量", "Quantity"),
    "unit": Words("计量单位", "Unit"),
    "inputs": Words("投入物编码", "Inputs (codes)"),
    "inputQuantity": Words("投入数量", "Input quantity"),
    "inputUnit": Words("投入计量单位", "Input unit"),
    "outputs": Words("产出物编码", "Outputs (codes)"),
    "outputQuantity": Words("产出数量", "Output quantity"),
    "outputUnit": Words("产出计量单位", "Output unit"),
    "place": Words("地点编码", "Place (code)"),
    "buyer": Words("购买人或收货方编码", "Buyer (code)"),
    "supplier": Words("供货者编码", "Supplier (code)"),
    "answerable": Words("责任主体编码", "Party that answers (code)"),
    "document": Words("单据编号", "Document number"),
    "kind": Words("产品种类", "Kind of product"),
    "itemExpirationDate": Words("保质期或有效期至", "Expires on"),
    "lotNumber": Words("批号", "Lot number"),
}
_HELP: dict[str, Words] = {
    "eventTime": Words("事情发生的时间，不是录入的时间", "when it happened, not when it was entered"),
    "parent": Words("箱、托盘、车、设备等的编码", "the code of the case, pallet, vehicle or equipment"),
    "things": Words(
        "扫描或键入编码，可填多个；批次写商品条码加批号，如 09520000073206/A-26",
        "scan or type codes, one or several; a lot is GTIN and lot number, such as 09520000073206/A-26",
    ),
    "quantity": Words(
        "只用于批次和类别，按其顺序各填一个数；一物一码的不填",
        "for lots and classes only, one number each in their order",
    ),
    "unit": Words("一个单位管全部，或按数量的顺序各填一个", "one unit for all, or one for each quantity"),
    "buyer": Words(
        "统一社会信用代码、GLN；个人只写登记簿中的编号",
        "credit code or GLN; for a person only the register's reference",
    ),
    "supplier": Words(
        "统一社会信用代码、GLN；个人只写登记簿中的编号",
        "credit code or GLN; for a person only the register's reference",
    ),
    "answerable": Words(
        "代为申报时写真正负责的主体；不填就是申报者自己", "who really answers, where somebody else files"
    ),
}
for _side in ("input", "output"):
    _HELP[f"{_side}s"], _HELP[f"{_side}Quantity"], _HELP[f"{_side}Unit"] = (
        _HELP[name] for name in ("things", "quantity", "unit")
    )
_PAPER_HELP = Words(
    "没有登记过相应证书的，须在此写编号", "the number; needed where no such certificate of the things is on record"
)
_PARTY_SCHEMES = ("cn.uscc", "gs1.pgln", "gs1.gln", PERSON)
_PLACE_SCHEMES = ("gs1.sgln", "gs1.gln")
_GIVES = frozenset({"shipping", "retail_selling", "dispensing", "departing"})
_TAKES = frozenset({"receiving", "accepting", "arriving"})
_THING_LEVELS = ("item", "pack", "case", "pallet", "lot")
# CBV 2.0 §9.2: what an event that begins things may always say of them.
_ALWAYS = ("itemExpirationDate", "lotNumber")


@dataclass(frozen=True, slots=True)
class Column:
    """One value of a record: its words, its type and bounds (as profiles.model.Field), and what asks for it.

    `many`: the value is a list. `demand`: conditions under which it is asked for. `cbv`: its name in an event's ilmd under CBV 2.0 §9;
    `own`: an element of the profile;
    `source`: the paper or sensor of the step behind it; `warns`: what it rests on may warn and never refuse.
    """

    name: str
    words: Words
    type: str
    place: Place
    required: bool = False
    help: Words | None = None
    unit: str = ""
    min: Decimal | None = None
    max: Decimal | None = None
    max_length: int = 200
    pattern: str = ""
    choices: Mapping[str, Words] = field(default_factory=dict)
    schemes: tuple[str, ...] = ()
    not_future: bool = False
    basis: Basis | None = None
    demand: tuple[When, ...] = ()
    many: bool = False
    max_many: int = MAX_MANY
    register: str = ""
    own: bool = False
    cbv: str = ""
    source: Paper | Sensor | None = None

    @property
    def warns(self) -> bool:
        """Whether what is wrong here is a warning: nothing but good practice or memory asks for it."""
        return self.basis is None or self.basis.evidence == "memory"


def begins(step: Step) -> bool:
    """Whether things begin in a step: only such events may carry ilmd (EPCIS 2.0 §7.4.2, §7.4.5)."""
    return step.event == "TransformationEvent" or (step.event == "ObjectEvent" and step.action == "ADD")


def columns(profile: Profile, step_id: str) -> tuple[Column, ...]:
    """All columns of a step, in the order in which a person fills them. Raises KeyError for a step that does not exist."""
    step = profile.steps[step_id]
    return (
        replace(_standard("eventTime", "datetime", "when"), required=True, not_future=True),
        *_things(profile, step),
        replace(_standard("place", "code", "party"), schemes=_schemes(profile, ("place",), _PLACE_SCHEMES)),
        *_parties(profile, step),
        *_papers(profile, step),
        *_sensors(profile, step),
        *_attributes(profile, step),
        *(_own(profile, step, name) for name in (*step.required, *step.optional)),
    )


def _standard(name: str, kind: str, place: Place) -> Column:
    return Column(name, WORDS[name], kind, place, help=_HELP.get(name), max_length=MAX_CODE)


def _schemes(profile: Profile, levels: tuple[str, ...], more: tuple[str, ...] = ()) -> tuple[str, ...]:
    used = [scheme for use in profile.codes if use.level in levels for scheme in use.schemes]
    return tuple(dict.fromkeys([*used, *more]))


def _things(profile: Profile, step: Step) -> Iterator[Column]:
    thing = replace(_standard("things", "code", "thing"), schemes=_schemes(profile, _THING_LEVELS), many=True)
    if step.event == "TransformationEvent":
        for side in ("input", "output"):
            yield replace(thing, name=f"{side}s", words=WORDS[f"{side}s"], required=True)
            yield from _amounts(profile, step, f"{side}Quantity", f"{side}Unit")
        return
    if step.event in ("AggregationEvent", "AssociationEvent", "TransactionEvent") or step.parent:
        holds = step.event in ("AggregationEvent", "AssociationEvent")
        needed = holds and (step.event == "AssociationEvent" or step.action != "OBSERVE")
        yield replace(
            thing,
            name="parent",
            words=WORDS["parent"],
            help=_HELP["parent"],
            many=False,
            required=needed or step.parent,
        )
    # Unpacking a whole container names no children (EPCIS 2.0 §7.4.3).
    yield replace(thing, required=step.action != "DELETE" or step.event == "ObjectEvent")
    yield from _amounts(profile, step, "quantity", "unit")


def _amounts(profile: Profile, step: Step, quantity: str, unit: str) -> Iterator[Column]:
    basis = profile.basis[step.basis_of.get("quantity", step.basis)] if step.quantity or step.amount else None
    number = replace(
        _standard(quantity, "number", "thing"), min=MIN_AMOUNT, max=Decimal(MAX_AMOUNT), many=True, basis=basis
    )
    yield number
    yield replace(_standard(unit, "choice", "thing"), choices=UNITS, many=True)


def _parties(profile: Profile, step: Step) -> Iterator[Column]:
    schemes = _schemes(profile, ("party",), _PARTY_SCHEMES)
    asked = (
        ("buyer", step.buyer_known, step.biz_step in _GIVES or bool(step.limits) or step.buyer_organisation),
        ("supplier", step.supplier_known, step.biz_step in _TAKES),
    )
    for name, needed, offered in asked:
        if needed or offered:
            basis = profile.basis[step.basis_of.get(name, step.basis)] if needed else None
            found = replace(_standard(name, "code", "party"), schemes=schemes, required=needed, basis=basis)
            organisation = name == "buyer" and step.buyer_organisation
            kept = tuple(each for each in schemes if each != PERSON)
            yield replace(found, schemes=kept) if organisation else found
    yield replace(_standard("answerable", "code", "party"), schemes=schemes)


def _papers(profile: Profile, step: Step) -> Iterator[Column]:
    sure = any(not paper.when for paper in step.papers)
    if step.event == "TransactionEvent" and not sure:
        yield replace(_standard("document", "text", "paper"), required=True, many=True, max_length=MAX_PAPER)
    for paper in step.papers:
        needed = step.event == "TransactionEvent" and not paper.when and sum(not each.when for each in step.papers) == 1
        yield Column(
            f"paper_{paper.id or paper.kind}",
            paper.name,
            "text",
            "paper",
            required=needed,
            help=_PAPER_HELP,
            max_length=MAX_PAPER,
            basis=profile.basis[paper.basis],
            demand=(paper.when,) if paper.when else (),
            many=True,
            source=paper,
        )


_MEASURES = {
    "Temperature": Words("温度", "Temperature"),
    "RelativeHumidity": Words("相对湿度", "Relative humidity"),
    "Pressure": Words("压力", "Pressure"),
    "Mass": Words("质量", "Mass"),
    "Speed": Words("速度", "Speed"),
}


def _sensors(profile: Profile, step: Step) -> Iterator[Column]:
    """One column for each measure in a unit: two rules about one thermometer ask for the same readings."""
    held: dict[tuple[str, str], Column] = {}
    for key, sensor in step.sensors.items():
        one, first = _sensor(profile, key, sensor), held.get((sensor.measure, sensor.unit))
        held[sensor.measure, sensor.unit] = _both(first, one) if first else one
    yield from held.values()


def _both(first: Column, one: Column) -> Column:
    lows, highs = ([each for each in pair if each is not None] for pair in ((first.min, one.min), (first.max, one.max)))
    return replace(
        first,
        required=first.required or one.required,
        help=max((each.help for each in (first, one) if each.help), key=lambda help: len(help.zh), default=None),
        min=max(lows, default=None),
        max=min(highs, default=None),
        basis=first.basis if first.required or not one.required else one.basis,
        demand=(*first.demand, *one.demand),
    )


def _sensor(profile: Profile, key: str, sensor: Sensor) -> Column:
    """Bounds and duty that hold under a condition only are the judge's to find: the column shows them and does not ask."""
    low, high = ("" if each is None else f"{each:f}" for each in (sensor.min, sensor.max))
    several = Words("可填多个读数", "one or several readings")
    some = Words(f"{several.zh}；有条件地要求 {low}–{high}", f"{several.en}; {low}–{high} under a condition")
    sure = sensor.when is None
    return Column(
        f"sensor_{key}",
        _MEASURES.get(sensor.measure, Words(sensor.measure, sensor.measure)),
        "number",
        "sensor",
        required=sensor.required and sure,
        help=several if sure else some,
        unit=sensor.unit,
        min=sensor.min if sure else None,
        max=sensor.max if sure else None,
        basis=profile.basis[sensor.basis],
        demand=(sensor.when,) if sensor.when and sensor.required else (),
        many=True,
        source=sensor,
    )


def _attributes(profile: Profile, step: Step) -> Iterator[Column]:
    if not begins(step):
        return
    if profile.kinds:
        kinds = {name: kind.name for name, kind in profile.kinds.items()}
        yield replace(_standard("kind", "choice", "item"), choices=kinds)
    # The last day stands in a field of the profile where the step's effect names one: nobody is to say it twice.
    dated = any(each.state == "expired" and each.past for each in step.effects)
    always = [name for name in _ALWAYS if not (dated and name == "itemExpirationDate")]
    for name in dict.fromkeys([*always, *step.attributes]):
        if name in step.required or name in step.optional:
            continue  # the profile's own element of that name says it, see _own
        basis = profile.basis[step.basis_of.get(name, step.basis)] if name in step.attributes else None
        yield Column(
            name,
            WORDS.get(name, Words(name, name)),
            "date" if name.endswith("Date") else "text",
            "item",
            required=name in step.attributes,
            max_length=MAX_LOT if name == "lotNumber" else MAX_ATTRIBUTE,
            basis=basis,
            cbv=name,
        )


def _own(profile: Profile, step: Step, name: str) -> Column:
    of: Field = profile.fields[name]
    return Column(
        name,
        of.name,
        of.type,
        of.place,
        required=name in step.required,
        help=of.help,
        unit=of.unit,
        min=of.min,
        max=of.max,
        max_length=of.max_length,
        pattern=of.pattern,
        choices=of.choices,
        schemes=of.schemes,
        not_future=of.not_future,
        basis=profile.basis[of.basis],
        demand=tuple(each.when for each in step.demands if each.field == name),
        register=of.register,
        own=True,
        cbv=name if name in step.attributes and begins(step) else "",
    )
