"""From a record to the EPCIS event that it is."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import quote

import msgspec

from zhuisu.codes import CodeError, Level
from zhuisu.epcis.write import CONTEXT
from zhuisu.profiles.act import CBV_KEY, NAMESPACE
from zhuisu.profiles.columns import COUNT, Column, columns
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.model import Paper, Profile, Sensor, Step
from zhuisu.profiles.typed import code_of, identifier, is_lot

Record = Mapping[str, Any]
# The prefixes under which event() writes, beside the standard context's own.
PREFIXES = {"f": NAMESPACE, "zs": "urn:zhuisu:ns:"}
# A document without an address of its own: whose number it is, the step's paper says.
PAPER_URN = "urn:zhuisu:document:"
# Editions in force at once, with their steps: some thirty sectors, three editions, twenty steps.
_MOST_KNOWN = 2000
SIDES = (
    ("things", "quantity", "unit"),
    ("inputs", "inputQuantity", "inputUnit"),
    ("outputs", "outputQuantity", "outputUnit"),
)


@dataclass(frozen=True)
class Entry:
    """A step ready for records: its columns and its judge are made once."""

    profile: Profile
    id: str

    @cached_property
    def step(self) -> Step:
        """The step."""
        return self.profile.steps[self.id]

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Its columns by name."""
        return {column.name: column for column in columns(self.profile, self.id)}

    @property
    def judge(self) -> Judge:
        """Who judges by the profile: one for all its steps."""
        return _judge_of(self.profile)

    @cached_property
    def named(self) -> bool:
        """Whether another step looks alike in EPCIS's own words, so that the event has to name its step."""
        mine = self.step
        alike = [
            each
            for each in self.profile.steps.values()
            if (each.event, each.biz_step) == (mine.event, mine.biz_step)
            and each.action in (None, action_of(mine))
            and each.disposition in ("", mine.disposition)
        ]
        return len(alike) > 1

    @cached_property
    def lots_are_uris(self) -> bool:
        """Whether the profile knows lots by private URIs, whose level nobody can see."""
        return any(use.level == "lot" and "uri" in use.schemes for use in self.profile.codes)


_KNOWN: dict[tuple[int, str], Entry] = {}
_JUDGES: dict[int, Judge] = {}


def _judge_of(profile: Profile) -> Judge:
    held = _JUDGES.get(id(profile))
    if held is None or held.profile is not profile:
        if len(_JUDGES) >= _MOST_KNOWN:
            _JUDGES.clear()
        held = _JUDGES[id(profile)] = Judge(profile)
    return held


def entry_of(profile: Profile, step_id: str) -> Entry:
    """The step, made once for each profile that is held in memory. Raises KeyError for a step that does not exist."""
    held = _KNOWN.get((id(profile), step_id))
    if held is None or held.profile is not profile:
        if step_id not in profile.steps:
            raise KeyError(step_id)
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        held = _KNOWN[id(profile), step_id] = Entry(profile, step_id)
    return held


def action_of(step: Step) -> str | None:
    """The action of the step's event; a step that leaves it open is only looked at."""
    return step.action or (None if step.event == "TransformationEvent" else "OBSERVE")


def uri_of(text: Any, column: Column | None) -> Any:
    """A code as it stands in an event; what is no code stays as it is, so that the reader of events says so."""
    try:
        return identifier(text, column.schemes if column else ()) if isinstance(text, str) else text
    except CodeError:
        return text


def split(entry: Entry, things: Any, amounts: int, column: str = "things") -> tuple[list[Any], list[Any]]:
    """Single things, and lots and classes. A private URI is a lot where the profile knows such lots, or an amount is left for it."""
    held = [uri_of(one, entry.columns.get(column)) for one in (things if isinstance(things, list) else [things])]
    single: list[Any] = []
    lots: list[Any] = []
    open_ones: list[Any] = []
    for one in held:
        try:
            code = code_of(one)
        except (CodeError, AttributeError):
            single.append(one)
            continue
        own = code.scheme == "uri" and entry.lots_are_uris
        (lots if own or is_lot(code) else open_ones if code.level == Level.OTHER else single).append(one)
    return (single, lots + open_ones) if amounts > len(lots) else (single + open_ones, lots)


def event(profile: Profile, step_id: str, record: Record, zone: str = "+08:00") -> dict[str, Any]:
    """The EPCIS 2.0 event of a record, as JSON values (numbers are Decimal), with the prefixes of PREFIXES.

    `zone` is the offset where the record's time is in UTC. A record that check() finds fault with becomes an event that the reader of
    events or the judge finds fault with. Raises KeyError for a step that does not exist.
    """
    entry = entry_of(profile, step_id)
    step = entry.step
    at = record.get("eventTime")
    offset = at[-6:] if isinstance(at, str) and re.search(r"[+-]\d\d:\d\d\Z", at) else zone
    made: dict[str, Any] = {
        "type": step.event,
        "eventTime": at,
        "eventTimeZoneOffset": offset,
        "bizStep": step.biz_step,
    }
    if action := action_of(step):
        made["action"] = action
    if step.disposition:
        made["disposition"] = step.disposition
    given = {name: value for name, value in record.items() if not blank(value)}
    made |= _what(entry, given)
    made |= _who(entry, given)
    made |= _proof(entry, given)
    made |= _elements(entry, given)
    if entry.named:
        made["f:step"] = step_id
    return made


def _what(entry: Entry, given: Record) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if "parent" in given:
        made["parentID"] = uri_of(given["parent"], entry.columns.get("parent"))
    lists = {
        "TransformationEvent": (("inputEPCList", "inputQuantityList"), ("outputEPCList", "outputQuantityList")),
        "AggregationEvent": (("childEPCs", "childQuantityList"),),
        "AssociationEvent": (("childEPCs", "childQuantityList"),),
    }.get(entry.step.event, (("epcList", "quantityList"),))
    sides = SIDES[1:] if entry.step.event == "TransformationEvent" else SIDES[:1]
    for (singles, classes), (things, quantity, unit) in zip(lists, sides, strict=True):
        amounts, units = listed(given.get(quantity)), listed(given.get(unit))
        single, lots = split(entry, listed(given.get(things)), len(amounts), things)
        if single:
            made[singles] = single
        if all(_is_code(one) for one in single) and (things in given or not entry.columns[things].required):
            # An amount that is left over stands without a lot: the reader of events finds fault with it, as check() does.
            lots += [None] * (max(len(amounts), len(units) if len(units) > 1 else bool(units)) - len(lots))
        if lots:
            made[classes] = [_amount(one, place, amounts, units) for place, one in enumerate(lots)]
    return made


def _is_code(text: Any) -> bool:
    try:
        return bool(code_of(text))
    except (CodeError, AttributeError):
        return False


def listed(value: Any) -> list[Any]:
    """A list as it is, one value as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _amount(epc_class: Any, place: int, amounts: list[Any], units: list[Any]) -> dict[str, Any]:
    made: dict[str, Any] = {} if epc_class is None else {"epcClass": epc_class}
    if place < len(amounts):
        made["quantity"] = _decimal(amounts[place])
    unit = units[place] if place < len(units) else units[0] if units else COUNT
    # One unit for all is that of the amounts; where none stands, it has to be found fault with.
    if unit != COUNT and (place < len(amounts) or not amounts or 1 < len(units) > place):
        made["uom"] = unit
    return made


def _decimal(value: Any) -> Any:
    """A number as the reader of events holds it."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _who(entry: Entry, given: Record) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if "place" in given:
        made["bizLocation"] = {"id": uri_of(given["place"], entry.columns["place"])}
    if "buyer" in given:
        buyer = uri_of(given["buyer"], entry.columns.get("buyer"))
        made["destinationList"] = [{"type": "owning_party", "destination": buyer}]
    if "supplier" in given:
        supplier = uri_of(given["supplier"], entry.columns.get("supplier"))
        made["sourceList"] = [{"type": "owning_party", "source": supplier}]
    if "answerable" in given:
        made["zs:answerableParty"] = uri_of(given["answerable"], entry.columns["answerable"])
    return made


def _proof(entry: Entry, given: Record) -> dict[str, Any]:
    """Documents and sensor readings."""
    papers, reports = [], []
    for name, column in entry.columns.items():
        held = listed(given.get(name)) if column.place in ("paper", "sensor") else []
        if isinstance(column.source, Sensor):
            kind, unit = column.source.measure, column.source.unit
            reports += [{"type": kind, "value": _decimal(value), "uom": unit} for value in held]
        elif isinstance(column.source, Paper):
            papers += [{"type": column.source.kind, "bizTransaction": _paper(column, one)} for one in held]
        else:
            papers += [{"bizTransaction": _paper(column, one)} for one in held]
    made: dict[str, Any] = {"bizTransactionList": papers} if papers else {}
    return made | ({"sensorElementList": [{"sensorReport": reports}]} if reports else {})


def _paper(column: Column, number: Any) -> Any:
    if not isinstance(number, str) or re.match(r"(?:urn:|https?://)\S+\Z", number):
        return number
    return f"{PAPER_URN}{paper_key(column)}:{quote(number, safe='')}"


def paper_key(column: Column) -> str:
    """What tells the numbers of one paper of a step from those of another."""
    return column.name.removeprefix("paper_")


def _elements(entry: Entry, given: Record) -> dict[str, Any]:
    """The profile's own elements and what CBV says of things that begin."""
    made: dict[str, Any] = {}
    ilmd: dict[str, Any] = {}
    for name, value in given.items():
        column = entry.columns.get(name)
        if column is None:
            if re.fullmatch(r"[A-Za-z_][\w.-]*", name):
                made[f"f:{name}"] = value  # the judge says that the step has no such element
        elif name == "kind":
            ilmd["f:kind"] = f"{entry.profile.id}.{value}"
        elif column.place in ("item", "event"):
            if column.cbv:
                ilmd[f"cbvmda:{column.cbv}"] = value
            if column.own:
                (ilmd if column.place == "item" else made)[f"f:{name}"] = value
    return made | ({"ilmd": ilmd} if ilmd else {})


def full_keys(made: Mapping[str, Any]) -> dict[str, Any]:
    """The same event with its extension names in full, for an event in which our prefixes mean something else."""
    long = {prefix + ":": namespace for prefix, namespace in {**PREFIXES, "cbvmda": CBV_KEY[1:-1]}.items()}

    def full(key: str) -> str:
        prefix = key.partition(":")[0] + ":"
        return long[prefix] + key.removeprefix(prefix) if prefix in long else key

    return {
        full(key): {full(name): one for name, one in value.items()} if key == "ilmd" else value
        for key, value in made.items()
    }


def document(events: Iterable[Mapping[str, Any]], at: datetime) -> dict[str, Any]:
    """An EPCIS 2.0 document of events that event() made, written at that time."""
    return {
        "@context": [CONTEXT, PREFIXES],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": at.isoformat(timespec="milliseconds"),
        "epcisBody": {"eventList": [dict(each) for each in events]},
    }


def blank(value: Any) -> bool:
    """Whether a value says nothing."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def encoded(value: Any) -> bytes:
    """JSON bytes of an event or a document, numbers as they were said."""
    return _ENCODER.encode(value)


_ENCODER = msgspec.json.Encoder(decimal_format="number")
