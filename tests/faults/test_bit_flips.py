"""One bit of one stored value turns over: the audit tells, whatever it was. Fault 5; the snapshot's files have a test of their own."""

import os
import random
from typing import Any

import pytest
from clients import flow

from support import AT, document, event
from zhuisu.events.proof import Finding, audit, audit_documents
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.events.store import rows

SEED = int(os.environ.get("ZHUISU_SEED", "20261124"))
FLIPS = 63  # three of each
# What the log, the events and the documents consist of. The key of a document is checked by opening it.
BYTES = [
    "event_body.body",
    "log_entry.leaf",
    "log_head.root",
    "log_head.signature",
    "capture.body",
    "capture_key.sealed",
]
NUMBERS = [
    "event.kind",
    "event.action",
    "part.item",
    "part.role",
    "part.position",
    "log_entry.event",
    "event_party.role",
]
NUMBERS += ["event.organisation", "event.capture", "log_head.size", "event_party.party"]
TEXTS = ["event_body.event_id", "event.step", "event.zone", "item.canonical"]


@pytest.fixture
def stored(dairy) -> None:
    for number in range(4):
        made = [*flow(f"B{number}", 4, random.Random(number)), event(eventID=f"urn:x:bit:{number}")]
        receive(document(*made), media_type=None, organisation=dairy.pk, by="system:test", at=AT)
    publish(AT)
    for table in {name.partition(".")[0] for name in BYTES + NUMBERS + TEXTS}:
        rows(f"alter table {table} disable trigger user")


def findings() -> list[str]:
    return [one.message for kind in (audit, audit_documents) for one in kind() if isinstance(one, Finding)]


def turned(value: Any, dice: random.Random) -> Any:
    """The value with one bit turned over, as its column can still hold it."""
    if isinstance(value, int):
        return value ^ 1 << dice.randrange(3)
    if isinstance(value, str):
        place = dice.randrange(len(value))
        return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
    held = bytearray(value)
    held[dice.randrange(len(held))] ^= 1 << dice.randrange(8)
    return bytes(held)


def test_every_bit_that_turns_over_is_told(stored) -> None:
    from django.db import IntegrityError, transaction

    assert findings() == []
    dice, told = random.Random(SEED), 0
    names = BYTES + NUMBERS + TEXTS
    for number in range(FLIPS):
        table, column = names[number % len(names)].split(".")
        held = rows(f"select ctid::text, {column} from {table} where {column} is not null order by ctid")
        place, value = dice.choice(held)
        changed = turned(value, dice)
        try:
            with transaction.atomic():
                rows(f"update {table} set {column} = %s where ctid = %s::tid", [changed, place])
                assert findings(), f"{table}.{column}: {value!r} became {changed!r}, and nobody tells"
                told += 1
                transaction.set_rollback(True)
        except IntegrityError:
            continue  # the database itself would not have it
    assert told > FLIPS * 0.8
    assert findings() == []
