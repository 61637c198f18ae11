"""What went when the law let it (events.keeping): signed records, to be read."""

from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from zhuisu.events import vault
from zhuisu.events.store import rows

COLUMNS = "id, month, class, events, documents, kept_until, root, by, at, signature"


@dataclass(frozen=True, slots=True)
class Record:
    """What went of one month and class, as it is signed. `root`: SHA-256 over the leaves (32 octets each) of its events, by number."""

    number: int
    month: date  # its first day, of recorded_at in UTC
    name: str  # the class: sectors joined by +, or none
    events: int
    documents: int  # whose key was destroyed
    kept_until: date
    root: bytes
    by: str
    at: datetime
    signature: bytes = b""

    def is_ours(self) -> bool:
        """Whether this platform's log key signed it."""
        return vault.head_is_ours(message(self), self.signature)


def message(one: Record) -> bytes:
    """The bytes that the signature of a record covers."""
    said = [one.number, one.month.isoformat(), one.name, one.events, one.documents, one.kept_until.isoformat()]
    said += [one.root.hex(), one.by, int(one.at.timestamp() * 1_000_000)]
    return b"zhuisu-retention-1\n" + msgspec.json.encode(said)


def records() -> list[Record]:
    """All that went, the oldest first."""
    found = rows(f"select {COLUMNS} from retention_record order by id")
    return [Record(*[*row[:6], bytes(row[6]), *row[7:9], bytes(row[9])]) for row in found]
