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


def examples(folder: Path) -> list[Example]:
    """The examples of a sector's folder, by name. A file may say "like": another example, and only what differs from it
    (null takes a field away). Raises ExampleError."""
    held = {file.stem: json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("examples/*-*.json"))}
    return [_example(name, held) for name in held]


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
