"""One act as names and values, a record: checked by the same rules as the event that it becomes, and read back from it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from zhuisu.codes import CodeError, Level
from zhuisu.epcis import STANDARD_CONTEXT
from zhuisu.epcis.lift import lift
from zhuisu.epcis.model import Refusal
from zhuisu.epcis.names import Names
from zhuisu.profiles.act import measure_of
from zhuisu.profiles.columns import PERSON, UNITS, WORDS, Column
from zhuisu.profiles.correcting import corrected
from zhuisu.profiles.field_rules import FAULTS
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.making import (
    PREFIXES,
    SIDES,
    Entry,
    Record,
    blank,
    document,
    encoded,
    entry_of,
    event,
    split,
    uri_of,
)
from zhuisu.profiles.model import Profile, Sensor, Words
from zhuisu.profiles.record import paper_of, record_of
from zhuisu.profiles.rule import said
from zhuisu.profiles.typed import PERSON_URN, WRITTEN_UNITS, EntryError, code_of, from_text, is_lot
from zhuisu.profiles.values import fault

__all__ = [
    "PREFIXES",
    "UNITS",
    "WORDS",
    "Column",
    "EntryError",
    "Fault",
    "check",
    "column_at",
    "columns",
    "corrected",
    "document",
    "encoded",
    "event",
    "from_text",
    "read",
    "record_of",
]

_NAMES = Names(STANDARD_CONTEXT | PREFIXES)
# What may be acted on: a place or a party may not.
_THINGS = frozenset({Level.INSTANCE, Level.PACKAGE, Level.LOT, Level.CLASS, Level.ASSET, Level.OTHER})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one column: a rule (of the profile by its id, else "entry.<kind>"), a sentence, the article where one demands it.

    A warning rests on memory or good practice: it is shown and may be passed over. `index`: which value of a list, from 0.
    """

    column: str
    rule: str
    says: Words
    severity: Literal["error", "warning"] = "error"
    article: Words | None = None
    index: int | None = None


_SAYS: dict[str, Words] = {
    **FAULTS,
    "undeclared": Words("没有“{field}”这一栏", "there is no column “{field}”"),
    "required": Words("缺少“{field}”", "“{field}” is missing"),
    "list": Words("“{field}”应是一列值", "“{field}” must be a list"),
    "length": Words("“{field}”过长", "“{field}” is too long"),
    "many": Words("“{field}”的值太多，请分成几条记录", "“{field}” has too many values: split the record"),
    "twice": Words("“{field}”中有重复", "“{field}” says something twice"),
    "thing": Words(
        "“{field}”里的编码不是物品、批次或包装的编码", "a code in “{field}” is not one of a thing, lot or package"
    ),
    "amounts": Words(
        "“{field}”多于批次：一物一码的不填数量",
        "more numbers in “{field}” than there are lots: single things are not weighed",
    ),
    "units": Words("“{field}”应只有一个，或与数量一一对应", "“{field}”: one for all, or one for each quantity"),
}


def columns(profile: Profile, step_id: str) -> tuple[Column, ...]:
    """All columns of a step, in the order in which a person fills them. Raises KeyError for a step that does not exist."""
    return tuple(entry_of(profile, step_id).columns.values())


def check(profile: Profile, step_id: str, record: Record, on: date, judge: Judge | None = None) -> tuple[Fault, ...]:
    """What is wrong in a record, by column, each column and rule once; nothing where its event would break no rule that needs no facts.

    `on` is today: nothing happens later. Dates among the profile's fields are judged by the day of the act. `judge` where the sector has
    rules of its own. What is None, "" or an empty list counts as not said. Raises KeyError for a step that does not exist.
    """
    entry = entry_of(profile, step_id)
    given = {name: value for name, value in record.items() if not blank(value)}
    found = [_fault(name, Words(name, name), "undeclared") for name in given if name not in entry.columns]
    sound = {}
    for name, column in entry.columns.items():
        if name not in given:
            if column.required and not column.own:
                found.append(_fault(name, column.words, "required", column))
            continue
        wrong = [] if column.own else list(_standard(column, given[name], on))
        found += wrong
        # An act that lies in the future has a day all the same, by which its fields are judged.
        if not wrong or {each.rule for each in wrong} == {"entry.future"}:
            sound[name] = given[name]
    found += _aligned(entry, given, sound)
    told = {each.column for each in found}
    # Of things that could not be read, nothing can be said on how much of them there is.
    astray = any(
        entry.columns[name].place == "thing" and entry.columns[name].type == "code"
        for name in told & entry.columns.keys()
    )
    for each in _judged(entry, judge or entry.judge, sound, on):
        of_things = each.column in entry.columns and entry.columns[each.column].place == "thing"
        if each.column == "" or not (each.column in told or (astray and of_things)):
            found.append(each)
    order = {name: place for place, name in enumerate(entry.columns)}
    unique = {(each.column, each.rule, each.index): each for each in found}
    return tuple(sorted(unique.values(), key=lambda each: order.get(each.column, len(order))))


def _fault(name: str, words: Words, kind: str, column: Column | None = None, index: int | None = None) -> Fault:
    parts: dict[str, Words | str] = {"field": words, "range": "", "length": ""}
    if column is not None:
        low, high = ("" if each is None else f"{each:f}" for each in (column.min, column.max))
        parts |= {"range": f"{low}–{high} {column.unit}".strip(), "length": str(column.max_length)}
    article = column.basis.cited() if column is not None and column.basis is not None else None
    # What is no value at all is wrong whatever the law says; that one must be there, or how high, may rest on memory.
    may_warn = (
        kind in ("required", "range") and column is not None and column.place != "thing" and column.basis is not None
    )
    severity: Literal["error", "warning"] = "warning" if may_warn and column and column.warns else "error"
    return Fault(name, f"entry.{kind}", said(_SAYS[kind], **parts), severity, article, index)


def _standard(column: Column, value: Any, on: date) -> Iterator[Fault]:
    """What is wrong in a standard column."""
    if column.many and not isinstance(value, list):
        yield _fault(column.name, column.words, "list", column)
        return
    held = value if column.many else [value]
    if len(held) > column.max_many:
        yield _fault(column.name, column.words, "many", column)
        return
    seen = set()
    for index, one in enumerate(held):
        kind = _kind_of_fault(column, one, on)
        if not kind and column.place in ("thing", "paper") and column.type in ("code", "text"):
            written = uri_of(one, column) if column.type == "code" else one
            kind = "twice" if written in seen else ""
            seen.add(written)
        if kind:
            yield _fault(column.name, column.words, kind, column, index if column.many else None)


def _kind_of_fault(column: Column, value: Any, on: date) -> str:
    if column.type != "code" or column.place not in ("thing", "party"):
        return fault(column, value, on)
    if not isinstance(value, str) or len(value) > column.max_length:
        return "type"
    try:
        code = code_of(value, column.schemes)
    except CodeError:
        return "scheme"
    if column.place == "thing":
        return "" if code.level in _THINGS and (column.many or not is_lot(code)) else "thing"
    if value.startswith(PERSON_URN):
        return "" if PERSON in column.schemes else "scheme"
    return "" if code.scheme in column.schemes else "scheme"


def _aligned(entry: Entry, given: Record, sound: Record) -> Iterator[Fault]:
    """Quantities belong to the lots in their order, units to the quantities. What is faulty itself is not compared."""
    for things, quantity, unit in SIDES:
        amounts = sound.get(quantity, ())
        column = entry.columns.get(things)
        known = things in sound or (column is not None and things not in given and not column.required)
        if known and amounts and len(amounts) > len(split(entry, sound.get(things, []), len(amounts))[1]):
            yield _fault(quantity, WORDS[quantity], "amounts")
        readable = quantity in sound or quantity not in given
        if unit in sound and readable and (not amounts or len(sound[unit]) not in (1, len(amounts))):
            yield _fault(unit, WORDS[unit], "units")


def _judged(entry: Entry, judge: Judge, sound: dict[str, Any], on: date) -> Iterator[Fault]:
    """What the step's own rules find in the event that the sound columns make."""
    made = event(entry.profile, entry.id, {"eventTime": f"{on.isoformat()}T00:00:00+08:00", **sound})
    read = lift(made, b"", 0, _NAMES, lax=True)
    if isinstance(read, Refusal):
        for reason in read.reasons:
            rule = f"entry.{reason.rule}"
            yield Fault(_column_at(entry, reason.path, rule, made), rule, Words(reason.message_zh, reason.message))
        return
    for finding in judge.findings(read, None):
        name = _column_at(entry, finding.path, finding.rule, made)
        yield Fault(name, finding.rule, finding.says, finding.severity, finding.article)


_AT = {
    "destinationList": "buyer",
    "sourceList": "supplier",
    "epcList": "things",
    "childEPCs": "things",
    "inputEPCList": "inputs",
    "outputEPCList": "outputs",
    "quantityList": "quantity",
    "childQuantityList": "quantity",
    "inputQuantityList": "inputQuantity",
    "outputQuantityList": "outputQuantity",
    "parentID": "parent",
    "bizLocation": "place",
    "zs:answerableParty": "answerable",
}


def column_at(profile: Profile, step_id: str, path: str, rule: str, of: Record | None = None) -> str:
    """The column that a path in an event of the step stands for, as a finding or a refusal names it; "" where it is about the whole act.

    `of`: the event as JSON values, which tells which paper or reading an entry of its lists is.
    """
    return _column_at(entry_of(profile, step_id), path, rule, of or {})


def _column_at(entry: Entry, path: str, rule: str, of: Record) -> str:
    parts = rule.split(".")
    if path.startswith("sensorElementList"):
        return _sensor_at(entry, path, parts[-2], of)
    if path.startswith("bizTransactionList"):
        held = _at_index(of.get("bizTransactionList"), path)
        found = paper_of(entry, held.get("type"), held.get("bizTransaction")) if isinstance(held, Mapping) else None
        papers = [column for column in entry.columns.values() if column.place == "paper"]
        return found.name if found else papers[0].name if papers else ""
    head = re.split(r"[.\[]", path.removeprefix("ilmd."))[0]
    name = _AT.get(head) or re.sub(r"\A(?:f|cbvmda):", "", head)
    if path.endswith(".uom"):
        name = next((unit for _, quantity, unit in SIDES if quantity == name), name)
    elif path.endswith(".epcClass"):
        # An amount without a thing is one amount too many.
        held = _at_index(of.get(head), path)
        surplus = isinstance(held, Mapping) and "epcClass" not in held
        name = (
            next(
                ((unit if "quantity" not in held else quantity) for _, quantity, unit in SIDES if quantity == name),
                name,
            )
            if surplus
            else next((things for things, quantity, _ in SIDES if quantity == name), name)
        )
    return name if name in entry.columns or parts[-1] == "undeclared" else ""


def _sensor_at(entry: Entry, path: str, key: str, of: Record) -> str:
    """By the rule's own sensor, else by what the report says that it measured."""
    own = entry.step.sensors.get(key)
    element = _at_index(of.get("sensorElementList"), path)
    report = _at_index(element.get("sensorReport"), path.partition(".")[2]) if isinstance(element, Mapping) else None
    measure = own.measure if own else measure_of(report) if isinstance(report, Mapping) else ""
    unit = own.unit if own else report.get("uom") if isinstance(report, Mapping) else ""
    held = {name: one.source for name, one in entry.columns.items() if isinstance(one.source, Sensor)}
    ranked = sorted(held, key=lambda name: (held[name].measure != measure, held[name].unit != unit))
    return ranked[0] if ranked else ""


def _at_index(held: Any, path: str) -> Any:
    """The entry of a list that a path's first index names; None where there is none."""
    found = re.match(r"\w+\[(\d+)\]", path)
    return held[int(found[1])] if found and isinstance(held, list) and int(found[1]) < len(held) else None


def read(
    profile: Profile, step_id: str, texts: Mapping[str, object], zone: str = "+08:00"
) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """The record that typed texts or cells say, by column name, and what could not be read: that stands in it as text, and check() finds
    fault with it too.

    A unit written behind a quantity goes to the unit's column where that is empty; 斤, 两 and 担 become kilograms.
    """
    entry = entry_of(profile, step_id)
    said_texts = dict(texts)
    for _, quantity, unit in SIDES:
        if quantity in entry.columns and isinstance(held := said_texts.get(quantity), str):
            said_texts[quantity], said_texts[unit] = _apart(held, said_texts.get(unit))
    record: dict[str, Any] = {}
    faults = []
    for name, text in said_texts.items():
        column = entry.columns.get(name)
        if column is None:
            if text is not None and str(text).strip():
                faults.append(_fault(name, Words(name, name), "undeclared"))
            continue
        try:
            value = from_text(column, text, zone)
        except EntryError as wrong:
            faults.append(Fault(name, f"entry.{wrong.rule}", Words(wrong.message_zh, wrong.message)))
            value = [str(text)] if column.many else str(text)
        if value is not None:
            record[name] = value
    return record, tuple(faults)


_WITH_UNIT = re.compile(r"([\d.,，０-９．]+)\s*([^\d\s.,，、;；０-９]+)")


def _apart(text: str, unit: object) -> tuple[str, object]:
    """Numbers and units of "60公斤 25斤"; untouched where a unit is unknown or the unit's column says something itself."""
    pairs = _WITH_UNIT.findall(text)
    rest = _WITH_UNIT.sub("", text)
    known = [WRITTEN_UNITS.get(written.lower()) for _, written in pairs]
    if not pairs or re.search(r"\d", rest) or (unit is not None and str(unit).strip()):
        return text, unit
    numbers, units = [], []
    for (number, _), found in zip(pairs, known, strict=True):
        if found is None or found[0] not in UNITS:
            return text, unit
        value = from_text(Column("quantity", WORDS["quantity"], "number", "thing"), number)
        numbers.append(f"{value * found[1]:f}")
        units.append(found[0])
    return " ".join(numbers), " ".join(units[:1] if len(set(units)) == 1 else units)
