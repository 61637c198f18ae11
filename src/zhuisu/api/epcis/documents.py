"""Builds the EPCISQueryDocument of an answer from events as they were sent; their bytes are not read and written anew."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from zhuisu import epcis
from zhuisu.epcis.names import STANDARD
from zhuisu.events.queries import StoredEvent

from ..times import instant

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def query_document(found: Sequence[StoredEvent], at: datetime) -> bytes:
    """The answer to a query, as JSON-LD. Original events and their error declarations stand side by side."""
    prefixes, events = _events(found)
    results = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": events}}
    return msgspec.json.encode(
        {
            "@context": epcis.context_of(prefixes),
            "type": "EPCISQueryDocument",
            "schemaVersion": "2.0",
            "creationDate": instant(at),
            "epcisBody": {"queryResults": results},
        }
    )


def _events(found: Iterable[StoredEvent]) -> tuple[dict[str, str], list[msgspec.Raw]]:
    """The events, and the prefixes they share. One that means something else by a prefix carries its own context."""
    prefixes: dict[str, str] = {}
    events = []
    for stored in found:
        fields, own = _as_json(stored)
        if any(prefixes.get(prefix, namespace) != namespace for prefix, namespace in own.items()):
            fields.setdefault("@context", _raw(epcis.context_of(own)))
        else:
            prefixes |= own
        # The id that we gave where the sender gave none; and when we recorded it, whatever the sender said about that.
        fields.setdefault("eventID", _raw(stored.event_id))
        fields["recordTime"] = _raw(instant(stored.recorded_at))
        events.append(_raw(fields))
    return prefixes, events


def _as_json(stored: StoredEvent) -> tuple[dict[str, msgspec.Raw], dict[str, str]]:
    """The fields of an event and the prefixes they need: the very bytes of what came as JSON, else written anew."""
    if stored.format == "json":
        own = {prefix: namespace for prefix, namespace in stored.context.items() if STANDARD.get(prefix) != namespace}
        return _decode_fields(stored.body), own
    fields = _decode_fields(epcis.to_json(epcis.read_event(stored.body, stored.context)))
    _standard, *more = msgspec.json.decode(fields.pop("@context"))
    return fields, more[0] if more else {}


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
