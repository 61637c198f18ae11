"""Records: one act of a sector as names and values. Checked by column, stored as the EPCIS event that it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from msgspec import Meta

from zhuisu import codes, epcis, sectors
from zhuisu.epcis import Refusal
from zhuisu.events.services import Refused, receive
from zhuisu.profiles import entry
from zhuisu.profiles.entry import Column, Fault
from zhuisu.profiles.model import Profile
from zhuisu.profiles.receipts import with_receipt_lots
from zhuisu.profiles.typed import identifier
from zhuisu.registry.mandates.queries import answering
from zhuisu.registry.regions import regions_of_acts

from .callers import Caller
from .code_bodies import Body, decoder, may_write, wrong_request
from .code_problems import not_done
from .orders import answer
from .problems import not_found, unreadable
from .resource import resource
from .sector_bodies import today

# A record costs some tenths of a millisecond to check and one to store: this keeps a thread for a second or two. More come
# as an EPCIS document.
RECORDS_LIMIT = 1_000

Record = dict[str, Any]
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Said(Body):
    """POST /records/{sector}/{step}: `record`, or `records`."""

    record: Record | None = None
    records: Annotated[list[Record], Meta(min_length=1, max_length=RECORDS_LIMIT)] | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What became of records: their events, or what is wrong with them; and what only warns, by the record's place."""

    events: list[dict[str, Any]]
    errors: list[dict[str, Any]]
    warnings: list[list[dict[str, Any]]]

    def document(self) -> bytes:
        """The EPCIS document of the events."""
        return _encode(entry.document(self.events, timezone.now()))


_said = decoder(Said, Decimal)


def store(request: HttpRequest, caller: Caller, sector: str, step: str) -> HttpResponse:
    """POST: 201 with the capture and the id of each event; all records are stored, or none."""
    may_write(caller)
    body = _said(request)
    made = made_of(caller, sector, step, records_of(body.record, body.records))
    if made.errors:
        raise not_done(made.errors)
    if body.dry_run:
        refused = [one for one in epcis.read(made.document()).events if isinstance(one, Refusal)]
        if refused:
            raise not_done([_refusal(one, reason) for one in refused for reason in one.reasons])
        told = [{"index": place, "warnings": said} for place, said in enumerate(made.warnings)]
        return answer({"dryRun": True, "capture": None, "records": told})
    try:
        receipt = receive(
            made.document(),
            media_type="application/json",
            organisation=caller.organisation.pk,
            by=caller.by,
            at=timezone.now(),
        )
    except epcis.DocumentError as wrong:
        raise unreadable(wrong) from None
    except Refused as wrong:
        raise not_done([_refusal(one, reason) for one in wrong.refusals for reason in one.reasons]) from None
    told = [
        {
            "index": one.index,
            "verdict": one.verdict,
            "eventID": one.event_id,
            "findings": "/findings/events/" + quote(one.event_id or "", safe="/:;,=@"),
            "warnings": made.warnings[one.index],
        }
        for one in receipt.verdicts
    ]
    response = answer({"dryRun": False, "capture": receipt.token, "records": told}, 201)
    response.headers["Location"] = f"/epcis/capture/{receipt.token}"
    return response


def records_of(record: Record | None, records: Sequence[Record] | None) -> Sequence[Record]:
    """The records of a body; a 400 problem unless it has exactly one of both."""
    if (record is None) == (records is None):
        raise wrong_request(
            "", "records", 'give exactly one of "record" and "records"', '请只给出 "record" 或 "records" 之一'
        )
    return [record] if record is not None else records or []


def made_of(caller: Caller, sector: str, step: str, records: Sequence[Record]) -> Made:
    """The events of records, each by the edition of its own day; a 404 problem for a step that does not exist."""
    if not any(step in edition.steps for edition in _editions(sector)):
        raise not_found()
    made = Made([], [], [])
    regions = _regions(caller, sector, step, records)
    for place, (record, region) in enumerate(zip(records, regions, strict=True)):
        judge = sectors.judge(sector, _day(record), region)
        if judge is None or step not in judge.profile.steps:
            made.errors.append(_no_such_step(place, step))
            continue
        profile = judge.profile
        record = dict(with_receipt_lots(profile, step, record, caller.organisation.party))
        faults = entry.check(profile, step, record, today(), judge)
        made.errors.extend(_fault(place, fault) for fault in faults if fault.severity == "error")
        made.warnings.append([_fault(place, fault) for fault in faults if fault.severity != "error"])
        if not made.errors:
            made.events.append(entry.event(profile, step, record))
    return made


def _editions(sector: str) -> Sequence[Profile]:
    found = sectors.all().get(sector)
    return found.editions if found else ()


def _regions(caller: Caller, sector: str, step: str, records: Sequence[Record]) -> list[str]:
    """The region of each record's act, as judging will find it. Two columns say it, and no region changes what they are."""
    places, named = [], []
    for record in records:
        profile = sectors.profile(sector, _day(record))
        known = profile is not None and step in profile.steps
        columns = {one.name: one for one in entry.columns(profile, step)} if profile and known else {}
        places.append(_code(record, "place", columns))
        named.append((_code(record, "answerable", columns), _day(record)))
    answer = answering(caller.organisation.party, sector, named)
    return regions_of_acts(zip(places, answer, strict=True), caller.organisation.region)


def _code(record: Record, name: str, columns: Mapping[str, Column]) -> str:
    """The canonical code in a column; nothing where it holds none, which its own rule says."""
    text, column = record.get(name), columns.get(name)
    if not isinstance(text, str) or column is None:
        return ""
    try:
        return codes.parse_epc(identifier(text, column.schemes)).canonical
    except codes.CodeError:
        return ""


def _day(record: Record) -> date:
    """The local day of the act; today where the record says none that can be read: then its column is refused anyway."""
    text = str(record.get("eventTime"))
    try:
        at = datetime.fromisoformat(text)
        return timezone.localdate(at) if text[-1] in "Zz" else at.date()
    except (ValueError, OverflowError):
        return today()


def _fault(place: int, fault: Fault) -> dict[str, Any]:
    article = fault.article
    told: dict[str, Any] = {
        "index": place,
        "path": fault.column if fault.index is None else f"{fault.column}[{fault.index}]",
        "rule": fault.rule,
        "severity": fault.severity,
        "message": fault.says.en,
        "message_zh": fault.says.zh,
    }
    return told | ({"article": article.en, "article_zh": article.zh} if article else {})


def _no_such_step(place: int, step: str) -> dict[str, Any]:
    return {
        "index": place,
        "path": "eventTime",
        "rule": "edition",
        "severity": "error",
        "message": f"on the day of this record the sector had no step {step}",
        "message_zh": f"在该记录的日期，本行业没有步骤 {step}",
    }


def _refusal(one: Refusal, reason: epcis.Reason) -> dict[str, Any]:
    return {
        "index": one.index,
        "path": reason.path,
        "rule": reason.rule,
        "severity": "error",
        "message": reason.message,
        "message_zh": reason.message_zh,
    }


step_records = resource(POST=store)

__all__ = ["Made", "made_of", "records_of", "step_records"]
