"""The EPCIS 2.0 event as a value: read, write, hash. Pure."""

from .eventhash import digest, event_hash, identity, prehash
from .model import Document, DocumentError, ErrorDeclaration, Event, MasterData, Quantity, Reason, Refusal
from .names import STANDARD as STANDARD_CONTEXT
from .plain import WHOLE as WHOLE_URI
from .reader import MAX_BYTES, MAX_EVENTS, kind_of, read, read_event
from .stream import NO_LIMIT, look, pieces_of, stream
from .write import context_of, document, share, to_json

__all__ = [
    "MAX_BYTES",
    "MAX_EVENTS",
    "NO_LIMIT",
    "STANDARD_CONTEXT",
    "WHOLE_URI",
    "Document",
    "DocumentError",
    "ErrorDeclaration",
    "Event",
    "MasterData",
    "Quantity",
    "Reason",
    "Refusal",
    "context_of",
    "digest",
    "document",
    "event_hash",
    "identity",
    "kind_of",
    "look",
    "pieces_of",
    "prehash",
    "read",
    "read_event",
    "share",
    "stream",
    "to_json",
]
