"""A corrected record laid over the event that was recorded: what the columns of a record cannot hold stays as it stood."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from zhuisu import epcis
from zhuisu.codes import CodeError
from zhuisu.epcis import Event
from zhuisu.epcis.names import STANDARD, Names, declared
from zhuisu.profiles.act import CBV_KEY, KIND_KEY, NAMESPACE_KEY, STEP_KEY, measure_of
from zhuisu.profiles.columns import Column
from zhuisu.profiles.making import PREFIXES, SIDES, Entry, Record, blank, entry_of, event, full_keys, listed
from zhuisu.profiles.model import Profile, Sensor
from zhuisu.profiles.record import VALUES, number_of, paper_of, record_of
from zhuisu.profiles.typed import code_of

# What belongs to the entry that was wrong and not to the act: its name, when it was stored, that it was wrong.
_OF_THE_ENTRY = ("eventID", "recordTime", "errorDeclaration")
_LISTS = {
    "things": ("epcList", "quantityList", "childEPCs", "childQuantityList"),
    "inputs": ("inputEPCList", "inputQuantityList"),
    "outputs": ("outputEPCList", "outputQuantityList"),
}
_ENDS = {"buyer": "destinationList", "supplier": "sourceList"}
# A form shows no seconds: a time that comes back cut to the minute was not touched.
_SHOWN_TO = timedelta(minutes=1)
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def corrected(profile: Profile, step_id: str, record: Record, original: Event) -> dict[str, Any]:
    """The event that takes the place of `original`, as JSON values: the same event, with what the record says otherwise than
    `record_of` read from it.

    Whatever no column of the step holds (other owners, documents, readings in other units, who measured when, foreign
    extensions) stays. Without an eventID: that is the caller's to give. A time that is shown to the minute and comes back so is
    the same time. Raises KeyError for a step that does not exist.
    """
    entry = entry_of(profile, step_id)
    was = record_of(profile, step_id, original)
    given = {name: value for name, value in record.items() if not blank(value)}
    changed = {
        name for name in was.keys() | given.keys() if not _same(entry.columns.get(name), was.get(name), given.get(name))
    }
    made = event(profile, step_id, given, original.event_time_zone_offset)
    base = _DECODER.decode(epcis.to_json(original))
    for name in _OF_THE_ENTRY:
        base.pop(name, None)
    names = Names(declared(base.get("@context", []), STANDARD | PREFIXES))
    if any(names.context.get(prefix) != namespace for prefix, namespace in PREFIXES.items()):
        made = full_keys(made)  # the event means something else by one of our prefixes
    _lay_standard(base, made, changed, original)
    _lay_papers(entry, base, made, changed, original)
    _lay_sensors(entry, base, given, changed)
    _lay_elements(entry, base, made, changed, names)
    return base


def _same(column: Column | None, was: Any, given: Any) -> bool:
    """Whether two values of a column say the same, however they are written."""
    if column is None or was is None or given is None:
        return was is given
    if column.many:
        old, new = listed(was), listed(given)
        return len(old) == len(new) and all(map(lambda a, b: _alike(column, a, b), old, new))
    return _alike(column, was, given)


def _alike(column: Column, was: Any, given: Any) -> bool:
    if was == given:
        return isinstance(was, bool) == isinstance(given, bool)
    if column.type == "code" and column.place in ("thing", "party"):
        return _code(column, was) == _code(column, given)
    if column.type == "datetime" and column.name == "eventTime":
        old, new = _moment(was), _moment(given)
        if old and new and old.utcoffset() is not None and new.utcoffset() is not None:
            return old == new or (not new.second and not new.microsecond and timedelta(0) < old - new < _SHOWN_TO)
    return False


def _code(column: Column, text: Any) -> tuple[str, str] | None:
    try:
        code = code_of(text, column.schemes)
    except (CodeError, AttributeError):
        return None
    return code.scheme, code.canonical


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _put(base: dict[str, Any], made: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if name in made:
            base[name] = made[name]
        else:
            base.pop(name, None)


def _lay_standard(base: dict[str, Any], made: Mapping[str, Any], changed: set[str], original: Event) -> None:
    if "eventTime" in changed:
        _put(base, made, "eventTime", "eventTimeZoneOffset")
    if "parent" in changed:
        _put(base, made, "parentID")
    if "place" in changed:
        _put(base, made, "bizLocation")
    for side in SIDES:
        if changed.intersection(side):
            _put(base, made, *_LISTS[side[0]])
    for name, key in _ENDS.items():
        if name in changed:
            ends = original.destinations if name == "buyer" else original.sources
            held = list(base.get(key) or ())
            place = next((at for at, (kind, _) in enumerate(ends) if kind == "owning_party"), len(held))
            _put(base, {key: whole} if (whole := [*held[:place], *made.get(key, ()), *held[place + 1 :]]) else {}, key)


def _lay_papers(
    entry: Entry, base: dict[str, Any], made: Mapping[str, Any], changed: set[str], original: Event
) -> None:
    key = "bizTransactionList"
    papers = {name for name in changed if name in entry.columns and entry.columns[name].place == "paper"}
    if not papers:
        return
    fresh: dict[str, list[Any]] = {name: [] for name in papers}
    for one in made.get(key, ()):
        column = paper_of(entry, one.get("type"), one["bizTransaction"])
        if column and column.name in fresh:
            fresh[column.name].append(one)
    kept = []
    for one, (kind, text) in zip(base.get(key) or (), original.biz_transactions, strict=True):
        column = paper_of(entry, kind, text)
        if column is None or column.name not in papers:
            kept.append(one)
            continue
        again = next((each for each in fresh[column.name] if _number(column, each) == number_of(column, text)), None)
        if again is not None:
            fresh[column.name].remove(again)
            kept.append(one)
    whole = [*kept, *(one for each in fresh.values() for one in each)]
    _put(base, {key: whole} if whole else {}, key)


def _number(column: Column, one: Mapping[str, Any]) -> Any:
    text = one["bizTransaction"]
    return number_of(column, text) if isinstance(text, str) else text


def _lay_sensors(entry: Entry, base: dict[str, Any], given: Record, changed: set[str]) -> None:
    key = "sensorElementList"
    for name in changed:
        sensor = entry.columns[name].source if name in entry.columns else None
        if not isinstance(sensor, Sensor):
            continue
        reports = [one for element in base.get(key) or () for one in element.get("sensorReport") or ()]
        slots = [
            (one, value)
            for one in reports
            if measure_of(one) == sensor.measure and one.get("uom") == sensor.unit
            for value in VALUES
            if one.get(value) is not None
        ]
        values = listed(given.get(name))
        for (one, value), new in zip(slots, values, strict=False):
            one[value] = new
        for one, value in slots[len(values) :]:
            del one[value]
        more = [{"type": sensor.measure, "value": new, "uom": sensor.unit} for new in values[len(slots) :]]
        elements = [*(base.get(key) or ()), *([{"sensorReport": more}] if more else ())]
        emptied = {id(one) for one, _ in slots[len(values) :] if not any(value in one for value in VALUES)}
        for element in elements:
            element["sensorReport"] = [one for one in element.get("sensorReport") or () if id(one) not in emptied]
        left = [element for element in elements if element["sensorReport"]]
        _put(base, {key: left} if left else {}, key)


def _lay_elements(entry: Entry, base: dict[str, Any], made: Mapping[str, Any], changed: set[str], names: Names) -> None:
    """Elements of the profile, attributes of CBV, who answers, and the step's own name."""
    fresh_ilmd, fresh = (
        {names.key(key): (key, value) for key, value in held.items()} for held in (made.get("ilmd", {}), made)
    )
    ilmd = dict(base.get("ilmd") or {})
    wanted = {KIND_KEY if name == "kind" else NAMESPACE_KEY + name for name in changed}
    wanted |= {CBV_KEY + column.cbv for name in changed if (column := entry.columns.get(name)) and column.cbv}
    if "answerable" in changed:
        wanted.add("{urn:zhuisu:ns:}answerableParty")
    if STEP_KEY in fresh:
        wanted.add(STEP_KEY)
    for held, new in ((ilmd, fresh_ilmd), (base, fresh)):
        for key in [key for key in held if ":" in key and names.key(key) in wanted]:
            del held[key]
        held.update(dict(new[full] for full in wanted if full in new))
    _put(base, {"ilmd": ilmd} if ilmd else {}, "ilmd")
