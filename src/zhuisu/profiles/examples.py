"""Examples of a sector: small JSON files of events and facts, with the rules that each breaks. They are its tests and its manual."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from zhuisu import epcis
from zhuisu.epcis.model import Event
from zhuisu.profiles.act import NAMESPACE, Facts

# What every example may lean on without saying it.
CONTEXT = {"f": NAMESPACE}
MAIN = "examples"
CHAIN = "chain.json"
DEFAULTS = {"eventTimeZoneOffset": "+08:00"}


class ExampleError(ValueError):
    """An example that cannot be read: which file, what is wrong."""


@dataclass(frozen=True, slots=True)
class Example:
    """One event with the facts about it, and the ids of the rules that it breaks (none for an ok-…)."""

    name: str
    event: Event
    facts: Facts
    breaks: frozenset[str]


def examples(folder: Path, of: str = "") -> list[Example]:
    """The examples of a sector's folder, by name; those of a past edition or of a region with `of`: "past/2018-1", "regions/31".

    A file is one case, or holds several under "cases", by name. A case may say "like": another case, and only what differs from
    it (null takes a field away); a region's and a past edition's may be like one of the sector's own, where they have none of that
    name. Raises ExampleError.
    """
    held = _cases(folder / MAIN)
    own = _cases(folder / of) if of else held
    return [_example(name, {**held, **own}) for name in own]


def _cases(folder: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(folder.glob("*.json")):
        if file.name == CHAIN:
            continue
        held = json.loads(file.read_text("utf-8"))
        cases = held["cases"] if set(held) == {"cases"} else {file.stem: held}
        for name, case in cases.items():
            if not name.startswith(("ok-", "bad-")) or name in found:
                raise ExampleError(f"{file.name}: {name}: a case is called ok-… or bad-…, and once only")
            found[name] = case
    return found


def _example(name: str, held: Mapping[str, dict[str, Any]]) -> Example:
    whole = _whole(name, held, ())
    if name.startswith("ok-") == bool(whole.get("breaks")):
        raise ExampleError(f"{name}: ok-… breaks nothing, bad-… names the rules it breaks")
    made = {**DEFAULTS, **{key: value for key, value in whole["event"].items() if value is not None}}
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": made["eventTime"],
        "epcisBody": {"eventList": [made]},
    }
    read = epcis.read(json.dumps(document, ensure_ascii=False).encode()).events[0]
    if not isinstance(read, Event):
        raise ExampleError(f"{name}: no EPCIS event: {read.reasons[0].path} {read.reasons[0].message}")
    try:
        facts = msgspec.convert(whole["facts"], Facts, strict=False)
    except msgspec.ValidationError as wrong:
        raise ExampleError(f"{name}: facts: {wrong}") from wrong
    return Example(name, read, facts, frozenset(whole.get("breaks", ())))


def _whole(name: str, held: Mapping[str, dict[str, Any]], seen: tuple[str, ...]) -> dict[str, Any]:
    if name not in held or name in seen:
        raise ExampleError(f"{seen[-1] if seen else name}: like {name!r}, which is no example or leads back here")
    own = held[name]
    if unknown := set(own) - {"says", "like", "event", "facts", "breaks"}:
        raise ExampleError(f"{name}: unknown keys {sorted(unknown)}")
    base = _whole(own["like"], held, (*seen, name)) if "like" in own else {"event": {}, "facts": {}}
    return {
        "event": _over(base["event"], own.get("event", {})),
        "facts": _over(base["facts"], own.get("facts", {})),
        "breaks": own.get("breaks", []),
    }


def _over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` laid over `base`; what describes the item, and what is known of each thing, is laid over one by one."""
    laid = {**base, **own}
    if base.get("ilmd") and own.get("ilmd"):
        laid["ilmd"] = {name: value for name, value in {**base["ilmd"], **own["ilmd"]}.items() if value is not None}
    if "things" in base and "things" in own:
        held, given = base["things"], own["things"]
        laid["things"] = {name: {**held.get(name, {}), **given.get(name, {})} for name in {**held, **given}}
    return laid
