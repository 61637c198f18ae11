"""May this be done? Asked before an act, in one call; answered by the rules and what is known now. Writes nothing."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from msgspec import Meta

from zhuisu import epcis
from zhuisu.compliance import services
from zhuisu.compliance.services import MOST_ASKED, Answer
from zhuisu.profiles import entry

from .bodies import MEDIA_TYPES, count_events, media_type_of, read_body
from .callers import Caller
from .code_bodies import JSON_LIMIT, Body, decode_body, too_large, wrong_request
from .code_problems import not_done
from .orders import answer
from .problems import unreadable
from .records import Record, made_of, records_of
from .resource import resource
from .sector_bodies import finding_fields


class Said(Body):
    """POST /may with records of one step, in the place of an EPCIS document."""

    sector: str
    step: str
    record: Record | None = None
    records: Annotated[list[Record], Meta(min_length=1, max_length=MOST_ASKED)] | None = None


class _Kind(msgspec.Struct):
    """Which of the three a JSON body is."""

    type: str = ""
    sector: str = ""
    epcisBody: msgspec.Raw = msgspec.Raw(b"")


_kind = msgspec.json.Decoder(_Kind).decode
_said = msgspec.json.Decoder(Said, float_hook=Decimal).decode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def ask(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: an EPCIS document, one event of one, or records of a step. For each event whether it may be, and why not.

    A key that may only read may ask: nothing is stored, and the answer is no promise.
    """
    media_type = media_type_of(request, MEDIA_TYPES)
    body = read_body(request, JSON_LIMIT, lambda: too_large(JSON_LIMIT))
    document, warnings = _document(body, media_type, caller)
    count = count_events(document, media_type)
    if count > MOST_ASKED:
        raise wrong_request(
            "epcisBody.eventList",
            "too-many",
            f"{count} events, at most {MOST_ASKED} in one question",
            f"共 {count} 个事件，一次最多询问 {MOST_ASKED} 个",
        )
    try:
        found = services.may(document, organisation=caller.organisation.pk, at=timezone.now())
    except epcis.DocumentError as wrong:
        raise unreadable(wrong) from None
    events: dict[int, list[Answer]] = {place: [] for place in range(count)}
    for one in found:
        events.setdefault(one.index, []).append(one)
    told = [_event(place, said) | warnings.get(place, {}) for place, said in sorted(events.items())]
    return answer({"may": all(one["may"] is not False for one in told), "events": told})


def _document(body: bytes, media_type: str, caller: Caller) -> tuple[bytes, dict[int, dict[str, Any]]]:
    """The EPCIS document that a body is or means, and what its records are warned of, by their place."""
    if media_type.endswith("xml"):
        return body, {}
    try:
        kind = _kind(body)
    except (msgspec.DecodeError, RecursionError):
        return body, {}  # the strict reader says what is wrong with it
    if kind.sector and not kind.type:
        said = decode_body(_said, body)
        made = made_of(caller, said.sector, said.step, records_of(said.record, said.records))
        if made.errors:
            raise not_done(made.errors)
        return made.document(), {place: {"warnings": one} for place, one in enumerate(made.warnings) if one}
    if kind.epcisBody or kind.type == "EPCISDocument":
        return body, {}
    if not kind.type:
        raise wrong_request(
            "",
            "question",
            'send an EPCIS document, one event, or "sector", "step" and "record"',
            '请发送一个 EPCIS 文档、一个事件，或 "sector"、"step" 与 "record"',
        )
    return _wrapped(body) or body, {}


def _wrapped(event: bytes) -> bytes | None:
    """A document around one event; the event's own context becomes the document's, which else has our prefixes. None where a name
    in it is no text."""
    try:
        fields = _fields(event)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    own = fields.pop("@context", None)
    whole = entry.document([], timezone.now())
    whole["epcisBody"] = {"eventList": [fields]}
    return msgspec.json.encode(whole | ({"@context": own} if own else {}))


def _event(place: int, said: list[Answer]) -> dict[str, Any]:
    """One event: `may` is null where no sector has a rule for it, false where it could not even be captured."""
    told = [one for one in said if one.sector or not one.may]
    ruled = [one for one in told if one.step or not one.may]
    return {
        "index": place,
        "may": all(one.may for one in ruled) if ruled else None,
        "verdicts": [
            {
                "sector": one.sector or None,
                "step": one.step or None,
                "edition": one.edition or None,
                "region": one.region or None,
                "may": one.may,
                "findings": [finding_fields(each) for each in one.findings],
            }
            for one in told
        ],
    }


asking = resource(POST=ask)
