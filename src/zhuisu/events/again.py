"""A document that its sender sent before, byte for byte: what became of its events is known without reading them."""

from hashlib import sha256

import msgspec

from zhuisu import epcis
from zhuisu.events.store import rows
from zhuisu.events.verdicts import Receipt, Verdict, counts_of

AGAIN_OCTETS = 8 * 1024  # of a shorter document reading costs less than asking whether it was here
_ABSENT = msgspec.Raw()


class _Event(msgspec.Struct):
    """Of an event only what its verdict needs."""

    eventID: str | None = None
    errorDeclaration: msgspec.Raw = _ABSENT


class _Body(msgspec.Struct):
    eventList: list[_Event]


class _Envelope(msgspec.Struct, tag_field="type", tag="EPCISDocument"):
    epcisBody: _Body
    epcisHeader: msgspec.Raw = _ABSENT


_decode = msgspec.json.Decoder(_Envelope).decode


def sent_before(document: bytes, media_type: str | None, organisation: int, token: str) -> Receipt | None:
    """The receipt under a new token where the same organisation sent the same bytes before and all of it was stored: every event is a
    duplicate. None where the document must be read: it is new, short or XML, was refused in part, or says more than events.

    Raises epcis.DocumentError for a media type that is none of EPCIS.
    """
    if len(document) < AGAIN_OCTETS or epcis.kind_of(document, media_type) != "json":
        return None
    found = rows(
        """select c.id from capture c join capture_result r on r.capture = c.id
           where c.sha256 = %s and c.organisation = %s and c.size = %s and r.success order by c.id limit 1""",
        [sha256(document).digest(), organisation, len(document)],
    )
    if not found:
        return None
    ((capture,),) = found
    try:
        said = _decode(document)
    except msgspec.MsgspecError:
        return None
    events = said.epcisBody.eventList
    # Master data may have changed since, and what a declaration is about may have come since: both are looked at anew.
    if said.epcisHeader or any(one.errorDeclaration for one in events):
        return None
    given = {} if all(one.eventID for one in events) else _given(capture)
    told = []
    for index, one in enumerate(events):
        event_id = one.eventID or given.get(index)
        if event_id is None or (one.eventID and not event_id.startswith(epcis.WHOLE_URI)):
            return None  # its verdict was one too many to be kept, or the id is a CURIE
        told.append(Verdict(index, "duplicate", event_id, given_id=not one.eventID, here=True))
    return Receipt(token, True, True, counts_of(told), tuple(told))


def _given(capture: int) -> dict[int, str]:
    """The ids that we gave to the events of a capture, by their place."""
    found = rows("select verdicts::text from capture_result where capture = %s", [capture])
    return {one["index"]: one["eventID"] for one in msgspec.json.decode(found[0][0])}
