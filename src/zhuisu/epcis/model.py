"""The event as a value: what EPCIS 2.0 §7.4 says an event is, without any format, database or framework."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import force_setattr


class Quantity(msgspec.Struct, frozen=True):
    """An amount of a class of things (EPCIS 2.0 §7.3.3.3). Without `uom` it is a count; without `quantity` it is unknown."""

    epc_class: str
    quantity: Decimal | None = None
    uom: str | None = None


def local_day(at: datetime, zone: str) -> date:
    """The day of a moment (UTC) where it happened; `zone` as EPCIS writes it: +08:00."""
    sign = -1 if zone.startswith("-") else 1
    hours, minutes = zone[1:].split(":")
    return (at + sign * timedelta(hours=int(hours), minutes=int(minutes))).date()


@dataclass(frozen=True, slots=True)
class ErrorDeclaration:
    """Says that an earlier event with the same eventID was wrong (EPCIS 2.0 §7.4.1.3); time in UTC."""

    declaration_time: datetime
    reason: str | None = None
    corrective_event_ids: tuple[str, ...] = ()


class Event(msgspec.Struct, frozen=True):
    """One EPCIS 2.0 event. `data` is the whole event as read; the other fields are what is lifted out of it.

    `read` is None where nothing but plain fields is in `data`: then it is made of `raw` when somebody asks. A Struct is made in an eighth of a dataclass's time, and documents have many; it is replaced with msgspec.structs.replace.
    """

    type: str
    event_time: datetime
    event_time_text: str
    event_time_zone_offset: str
    event_id: str | None = None
    action: str | None = None
    epcs: tuple[str, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    parent_id: str | None = None
    child_epcs: tuple[str, ...] = ()
    child_quantities: tuple[Quantity, ...] = ()
    input_epcs: tuple[str, ...] = ()
    input_quantities: tuple[Quantity, ...] = ()
    output_epcs: tuple[str, ...] = ()
    output_quantities: tuple[Quantity, ...] = ()
    transformation_id: str | None = None
    biz_step: str | None = None
    disposition: str | None = None
    read_point: str | None = None
    biz_location: str | None = None
    biz_transactions: tuple[tuple[str | None, str], ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    destinations: tuple[tuple[str, str], ...] = ()
    error_declaration: ErrorDeclaration | None = None
    ilmd: dict[str, Any] = msgspec.field(default_factory=dict)
    extensions: dict[str, Any] = msgspec.field(default_factory=dict)
    read: dict[str, Any] | None = None
    raw: bytes = b""
    # Prefix → namespace in force for this event: without it the names in `data` and `raw` mean nothing.
    context: dict[str, str] = msgspec.field(default_factory=dict)
    warnings: tuple[Reason, ...] = ()

    def __repr__(self) -> str:
        return f"Event({self.type!r}, {self.event_time_text!r}, {self.event_id!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Event) and self._said() == other._said()

    def _said(self) -> tuple[Any, ...]:
        return (self.data, *(getattr(self, name) for name in self.__struct_fields__ if name != "read"))

    @property
    def data(self) -> dict[str, Any]:
        """The fields of the event as they were read, under the names of EPCIS 2.0 JSON; numbers are Decimals."""
        if self.read is None:
            force_setattr(self, "read", json.loads(self.raw, parse_float=Decimal, parse_int=Decimal))
        return self.read or {}

    @property
    def is_plain(self) -> bool:
        """Whether the lifted fields are known to say all, with no part left in `data`."""
        return self.read is None

    @property
    def local_day(self) -> date:
        """The day of the event where it happened: a time written in UTC still has the offset of its place (EPCIS 2.0 §7.4.1.1)."""
        return local_day(self.event_time, self.event_time_zone_offset)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is wrong: where, which rule, and a sentence in English and Chinese."""

    path: str
    rule: str
    message: str
    message_zh: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that cannot be taken, by its place in the document (from 0), and every reason why."""

    index: int
    event_id: str | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class MasterData:
    """One vocabulary element of the header (EPCIS 2.0 §9.5): its type, its id, its attributes by full name, its children."""

    type: str
    id: str
    attributes: dict[str, Any]
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document that could be read; its events in their order, the wrong ones as refusals."""

    format: str
    events: list[Event | Refusal]
    context: dict[str, str] = field(default_factory=dict)
    masterdata: list[MasterData] = field(default_factory=list)
    created_at: datetime | None = None
    schema_version: str | None = None


class DocumentError(ValueError):
    """The document as a whole cannot be read: nothing of it can be taken."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message)
        self.path = reason.path
        self.rule = reason.rule
        self.message = reason.message
        self.message_zh = reason.message_zh
