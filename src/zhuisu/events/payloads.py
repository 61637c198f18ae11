"""What a captured document said, event by event, with the hash of each: worked out from its bytes when somebody asks."""

from collections.abc import Iterable, Mapping
from typing import Any

from zhuisu import epcis
from zhuisu.events import vault
from zhuisu.events.bodies import unpacked_document
from zhuisu.events.queries import Job
from zhuisu.events.store import rows
from zhuisu.events.verdicts import Verdict, verdict_row


def every_verdict(job: Job) -> list[dict[str, Any]] | None:
    """The verdict on every event of a capture that has ended, with its payload hash. None where the document was longer than is
    read in one go, or its key was destroyed."""
    found = rows(
        "select c.body, k.sealed from capture c join capture_key k on k.capture = c.id where c.id = %s", [job.id]
    )
    if job.pieces or not found:
        return None
    document = unpacked_document(vault.unseal(bytes(found[0][0]), bytes(found[0][1]), job.token))
    said = {one["index"]: one for one in job.verdicts or []}
    read = epcis.read(document, media_type=job.media_type, bare=True)
    told = []
    for index, one in enumerate(read.events):
        row = said.get(index) or verdict_row(Verdict(index, "accepted", one.event_id))
        told.append(row | {"payloadHash": epcis.event_hash(one) if isinstance(one, epcis.Event) else None})
    return told


def with_hashes(verdicts: Iterable[Verdict], events: Mapping[int, epcis.Event]) -> list[dict[str, Any]]:
    """The verdicts on events that were judged just now, with their payload hashes; null where an event could not be read."""
    return [
        verdict_row(one) | {"payloadHash": epcis.event_hash(events[one.index]) if one.index in events else None}
        for one in verdicts
    ]
