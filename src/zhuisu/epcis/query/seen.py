"""One event as conditions look at it: its fields by name, its extensions wherever they stand, its sensor readings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

from .. import cbv
from ..model import Event
from ..names import Names
from .model import Field
from .names import inside, is_field, key_of


class Reading:
    """One sensorReport with the sensorMetadata of its element: what sensor conditions must find together."""

    def __init__(self, element: dict[str, Any], report: dict[str, Any]) -> None:
        self.element = element
        self.metadata: dict[str, Any] = element.get("sensorMetadata") or {}
        self.report = report

    def all_of(self, name: str) -> Iterator[Any]:
        """The values of a field, the report's own and that of its element's metadata."""
        for part in (self.report, self.metadata):
            if name in part:
                yield part[name]


class Seen:
    """An event, read as far as conditions ask."""

    def __init__(self, event: Event, recorded_at: datetime) -> None:
        self.event = event
        self.recorded_at = recorded_at
        self.names = Names(event.context)

    def word(self, vocabulary: str, text: Any) -> str:
        """A vocabulary word in the one form that queries are read into."""
        full = self.names.uri(str(text))
        try:
            return cbv.bare(vocabulary, full)
        except cbv.NotInVocabulary:
            return full

    def key(self, text: Any) -> str:
        """The one text of an identifier in the event's data."""
        return key_of(self.names.uri(str(text)))

    @cached_property
    def declaration(self) -> dict[str, Any]:
        """The error declaration's own data; empty where there is none."""
        return self.event.data.get("errorDeclaration") or {}

    @cached_property
    def readings(self) -> list[Reading]:
        """Every sensorReport of the event."""
        return [
            Reading(element, report)
            for element in self.event.data.get("sensorElementList") or ()
            for report in element.get("sensorReport") or ()
        ]

    def within(self, part: str) -> dict[str, Any]:
        """The extensions of a part of the event by full name: "" the event's own, ILMD, ERROR_DECLARATION, a place."""
        if part == "":
            return self.event.extensions
        if part == "ILMD":
            return self.event.ilmd
        held = self.declaration if part == "ERROR_DECLARATION" else self.event.data.get(part)
        return self.expanded(held)

    def expanded(self, held: Any) -> dict[str, Any]:
        """The extension fields of an object in the event's data, by full name."""
        if not isinstance(held, dict):
            return {}
        return {
            self.names.key(name): self.names.expanded(value)
            for name, value in held.items()
            if ":" in name or name.startswith("{")
        }

    def field(self, held: dict[str, Any], wanted: Field, *, nested: bool) -> Iterator[Any]:
        """The values that a field has in `held`; `nested`: below its top level, at any depth."""
        found = (pair for value in held.values() for pair in inside(value)) if nested else held.items()
        for key, value in found:
            if is_field(wanted, key, self.event.context):
                yield value
