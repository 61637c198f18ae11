"""Records made up for tests: right ones, grown from the sectors' own examples, and each kind of wrong value in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import zhuisu.sectors
from zhuisu.profiles import entry
from zhuisu.profiles.columns import PERSON, UNITS, Column
from zhuisu.profiles.examples import examples
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.loading import load
from zhuisu.profiles.model import Profile

FOLDER = Path(zhuisu.sectors.__file__).parent
SECTORS = load(FOLDER)
TODAY = date(2027, 1, 1)
PARTY, PLACE, CASE = (
    f"https://id.gs1.org/{key}" for key in ("417/9520000001117", "414/9520000001117", "00/095200001234567896")
)
STEPS = [(name, step) for name, sector in SECTORS.items() for step in sector.editions[0].steps]


def profile_of(name: str) -> Profile:
    return SECTORS[name].editions[0]


@cache
def right_ones(name: str) -> dict[str, list[dict[str, Any]]]:
    """The records of the examples that break nothing, by step."""
    profile, found = profile_of(name), {}
    judge = Judge(profile)
    for example in examples(FOLDER / name):
        step = judge.step_of(example.event, example.facts.roles)
        if not example.breaks and step:
            record = entry.record_of(profile, step, example.event)
            if not entry.check(profile, step, record, TODAY):
                found.setdefault(step, []).append(record)
    return found


def right(name: str, step: str, random: Random) -> dict[str, Any]:
    """A record that check() finds no fault with: an example's, with other values where the rules allow them."""
    profile = profile_of(name)
    columns = {column.name: column for column in entry.columns(profile, step)}
    record = dict(random.choice(right_ones(name)[step]))
    for column in random.sample(list(columns.values()), min(len(columns), 5)):
        tried = dict(record)
        if random.random() < 0.25 and not column.required:
            tried.pop(column.name, None)
        elif (value := some(column, random, record)) is not None:
            tried[column.name] = value
        if not entry.check(profile, step, tried, TODAY):
            record = tried
    return {name: record[name] for name in columns if name in record}


def some(column: Column, random: Random, record: dict[str, Any]) -> Any:
    """A value that suits the column alone; None where a test cannot make one up."""
    if column.name in ("things", "inputs", "outputs"):
        return things(random)
    if column.name.lower().endswith("unit") and column.choices is UNITS:
        return [random.choice(["KGM", "GRM", "LTR"])]
    made = _single(column, random, date.fromisoformat(record["eventTime"][:10]))
    return made if made is None or not column.many else [made]


def things(random: Random) -> list[str]:
    """Single things first, then lots: the order in which an event holds them."""
    single = [
        f"https://id.gs1.org/01/09520000073206/21/S{number}" for number in random.sample(range(99), random.randrange(3))
    ]
    lots = [
        f"https://id.gs1.org/01/09520000073206/10/L{number}" for number in random.sample(range(99), random.randrange(3))
    ]
    return [*single, *lots] or [CASE]


def _single(column: Column, random: Random, day: date) -> Any:
    low = column.min if column.min is not None else Decimal(0)
    high = column.max if column.max is not None else low + 1000
    match column.type:
        case "text" if not column.pattern:
            return random.choice(["甲", "Ab-1", "=1+1", "@cmd", "+86", "-1", "多 字 节", "x" * column.max_length])[
                : column.max_length
            ]
        case "number":
            steps = random.randrange(0, 1001)
            return (low + (high - low) * steps / 1000).quantize(Decimal("0.001")) if steps else low
        case "integer":
            return random.randint(int(low), int(high))
        case "date":
            return (day - timedelta(days=random.randrange(300))).isoformat()
        case "datetime":
            zone = random.choice(["+08:00", "+08:00", "+00:00", "Z"])
            return f"{day - timedelta(days=1 + random.randrange(30))}T{random.randrange(24):02}:30:{random.randrange(60):02}{zone}"
        case "choice":
            return random.choice(list(column.choices))
        case "yes_no":
            return random.random() < 0.5
        case "person":
            return f"urn:zhuisu:person:p-{random.randrange(99)}"
        case "evidence":
            return {"href": "https://files.example.org/a.pdf", "sha256": f"{random.getrandbits(256):064x}"}
        case "code" if column.place == "party":
            party = (
                f"urn:zhuisu:person:p-{random.randrange(99)}"
                if PERSON in column.schemes and random.random() < 0.3
                else PARTY
            )
            return PLACE if column.name == "place" else party
        case "code" if column.name == "parent":
            return CASE
    return None


@dataclass(frozen=True)
class Case:
    """A record, what was done to it, to which column; `text`: what a person types for the same there (None: nothing says it in text)."""

    record: dict[str, Any]
    kind: str = ""
    column: str = ""
    text: str | None = None


def cases(name: str, step: str, count: int, seed: int = 0) -> Iterator[Case]:
    """So many cases of a step: right ones, then each kind of wrong value, in turn."""
    random = Random(f"{name}.{step}.{seed}")
    columns = entry.columns(profile_of(name), step)
    made = 0
    while made < count:
        record = right(name, step, random)
        some_cases = [
            Case(record),
            *(_spoilt(record, column, random) for column in random.sample(columns, min(len(columns), 6))),
        ]
        for case in some_cases:
            if case is not None and made < count:
                made += 1
                yield case


def _spoilt(record: dict[str, Any], column: Column, random: Random) -> Case | None:
    ways = wrong(column, record)
    if not ways:
        return None
    kind, value, text = random.choice(ways)
    changed = {name: held for name, held in record.items() if name != column.name}
    if kind == "missing":
        return Case(changed, kind, column.name)
    if kind == "undeclared":
        return Case({**record, "noSuchThing": "x"}, kind, "noSuchThing", "x")
    kept = [value] if column.many and kind != "list" else value
    return Case({**record, column.name: kept}, kind, column.name, text)


def wrong(column: Column, record: dict[str, Any]) -> list[tuple[str, Any, str | None]]:
    """Ways to be wrong in a column: (kind, the value, what a person would type)."""
    late = (date.fromisoformat(record["eventTime"][:10]) + timedelta(days=800)).isoformat()
    ways: list[tuple[str, Any, str | None]] = [("undeclared", None, None)]
    if column.name in record:
        ways.append(("missing", None, None))
    if column.many:
        ways.append(("list", "x", None))
    if column.type in ("number", "integer"):
        ways += [("type", "viele", "viele"), ("type", True, None), ("type", "12.5", None)]
        ways += [("range", column.min - 1, str(column.min - 1))] if column.min is not None else []
        ways += [("range", column.max + 1, str(column.max + 1))] if column.max is not None else []
        ways += [("type", Decimal("1.5"), "1.5")] if column.type == "integer" else []
    elif column.type == "date":
        ways += [("type", "2026-02-30", "2026-02-30"), ("type", "morgen", "morgen"), ("type", "2026-2-3", None)]
        ways += [("future", late, late)] if column.not_future else []
    elif column.type == "datetime":
        ways += [("type", "2026-05-01T08:00:00", None), ("type", "2026-05-01 99:99", "2026-05-01 99:99")]
        ways += [("future", f"{late}T00:00:00+08:00", late)] if column.not_future else []
    elif column.type == "choice":
        ways.append(("choice", "no such", None if column.many else "nosuch"))
    elif column.type == "yes_no":
        ways += [("type", "vielleicht", "vielleicht"), ("type", 1, None)]
    elif column.type == "text":
        long = "x" * (column.max_length + 1)
        ways += [("length", long, long), ("type", 5, None)]
        ways += [("pattern", "!!", "!!")] if column.pattern else []
    elif column.type == "code":
        ways += [("scheme", "zzz", "zzz"), ("type", 5, None)]
    elif column.type == "person":
        ways += [("type", "张三", "张三")]
    elif column.type == "evidence":
        ways += [("type", {"href": "http://a.example/x", "sha256": "0" * 64}, f"http://a.example/x {'0' * 64}")]
    return ways
