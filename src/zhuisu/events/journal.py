"""The journal: a document's bytes are durable when its sender has his answer; projectors judge and store its events behind."""

import secrets
from datetime import datetime
from hashlib import sha256
from typing import TypedDict

import msgspec
from django.db import connection
from psycopg import Cursor

from zhuisu import epcis
from zhuisu.events import vault
from zhuisu.events.bodies import packed_document
from zhuisu.events.verdicts import Behaviour, Receipt

_KEEP = """select keep_document(%s::text, %s::bigint, %s::text, %s::timestamptz, %s::text, %s::text, %b::bytea, %s::bigint, %b::bytea,
                                %b::bytea, %s::integer, %s::boolean)"""


class _Body(msgspec.Struct):
    eventList: list[msgspec.Raw]


class _Envelope(msgspec.Struct, tag_field="type", tag="EPCISDocument"):
    """What is looked at of a document in JSON: a gigabyte a second, a twentieth of the time of the strict look."""

    context: msgspec.Raw = msgspec.field(name="@context")
    schemaVersion: str
    creationDate: str
    epcisBody: _Body


_decode = msgspec.json.Decoder(_Envelope).decode


class Sender(TypedDict):
    """Who sends a document, when, and what is wanted where an event is wrong."""

    organisation: int
    by: str
    at: datetime
    behaviour: Behaviour


def new_token() -> str:
    """A captureID that nobody guesses."""
    return secrets.token_urlsafe(18)


def journal(
    document: bytes,
    *,
    media_type: str | None,
    organisation: int,
    by: str,
    at: datetime,
    behaviour: Behaviour = "rollback",
    max_events: int = epcis.NO_LIMIT,
) -> Receipt:
    """Take one EPCIS document for an organisation and return when its bytes are durable, by one statement; a projector judges and
    stores its events. Its form is looked at, its events are not.

    Raises epcis.DocumentError where its form is wrong (rule too-many-events beyond `max_events`): then nothing is kept.
    """
    format, events = _form(document, media_type, max_events)
    return keep_waiting(document, format, events, organisation=organisation, by=by, at=at, behaviour=behaviour)


def _form(document: bytes, media_type: str | None, max_events: int) -> tuple[str, int]:
    """json or xml, and how many events. What is plainly a document of EPCIS is believed; the strict look says what is wrong with others."""
    if epcis.kind_of(document, media_type) == "json":
        try:
            events = len(_decode(document).epcisBody.eventList)
        except (msgspec.MsgspecError, RecursionError):
            events = -1
        if 0 <= events <= max_events:
            return "json", events
    facts, events = epcis.look(iter([document]), media_type=media_type, max_events=max_events)
    return facts.format, events


def keep_waiting(
    document: bytes, format: str, events: int, *, organisation: int, by: str, at: datetime, behaviour: Behaviour
) -> Receipt:
    """Make a document durable whose form is known to be good, and put it into the queue of the projectors."""
    token = new_token()
    _kept(document, token, format, organisation, by, at, behaviour, events, waits=True)
    return Receipt(token, finished=False)


def keep(
    document: bytes, token: str, format: str, *, organisation: int, by: str, at: datetime, behaviour: Behaviour
) -> int:
    """The capture's number of a document that is stored at once, in the transaction that is open."""
    return _kept(document, token, format, organisation, by, at, behaviour, None, waits=False)


def _kept(
    document: bytes,
    token: str,
    format: str,
    organisation: int,
    by: str,
    at: datetime,
    behaviour: Behaviour,
    events: int | None,
    *,
    waits: bool,
) -> int:
    """Its values are bound by the server, the bytes as they are: Django would write them into the statement, each octet as two
    characters."""
    body, sealed = vault.seal(packed_document(document), token)
    media_type = "application/xml" if format == "xml" else "application/ld+json"
    said = [token, organisation, by, at, media_type, behaviour, sha256(document).digest(), len(document), body, sealed]
    with connection.cursor() as cursor, connection.wrap_database_errors, Cursor(cursor.connection) as bound:
        ((number,),) = bound.execute(_KEEP, [*said, events, waits]).fetchall()
        return int(number)
