"""Goods that come without a lot: the receipt itself begins one, named by receiver, document and line."""

from base64 import b32encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from zhuisu.codes import CodeError
from zhuisu.profiles.making import Record, blank, entry_of, listed
from zhuisu.profiles.model import Profile
from zhuisu.profiles.typed import code_of

# CBV 2.0 §7.1.2: the goods come to the actor.
_TAKING = frozenset({"receiving", "accepting"})
# Of 32 signs, 18: 90 bits are enough that no two receipts of the country meet; with the R in front it fits a GS1 lot (20).
_SIGNS = 18


def receipt_lot(receiver: str, document: str, line: int, gtin: str = "") -> str:
    """The lot that one line of a receipt begins, as it stands in an event: of the product (14 digits) where one is known, else
    a private URI. The same receiver, document and line (from 1) always make the same lot."""
    digest = sha256("\n".join([receiver, document, str(line), gtin]).encode()).digest()
    lot = "R" + b32encode(digest).decode()[:_SIGNS]
    return f"https://id.gs1.org/01/{gtin}/10/{lot}" if gtin else f"urn:zhuisu:receipt:{lot}"


def with_receipt_lots(profile: Profile, step_id: str, record: Record, receiver: str) -> Record:
    """The record with a lot for each thing of which only the product was said, and where nothing was said for each amount.

    Only of a step by which goods come in; any other record stays as it is. The document is the record's papers and its day:
    one paper may cover the deliveries of a week. Raises KeyError for a step that does not exist.
    """
    entry = entry_of(profile, step_id)
    step = entry.step
    if step.event != "ObjectEvent" or step.biz_step not in _TAKING or step.disposition == "returned":
        return record
    receiver = _canonical(record.get("answerable") or receiver)
    document = _document(entry.columns, record)
    things = [one for one in listed(record.get("things")) if not blank(one)]
    if things:
        minted = [_lotted(one, receiver, document, line) for line, one in enumerate(things, 1)]
    elif entry.lots_are_uris:
        amounts = max(1, len(listed(record.get("quantity"))))
        minted = [receipt_lot(receiver, document, line) for line in range(1, amounts + 1)]
    else:
        return record
    return record if minted == things else {**record, "things": minted}


def _document(columns: Mapping[str, Any], record: Record) -> str:
    papers = [f"{name}={one}" for name in columns if columns[name].place == "paper" for one in listed(record.get(name))]
    return "\n".join([str(record.get("eventTime"))[:10], *sorted(papers)])


def _canonical(party: Any) -> str:
    """However its code is written, a receiver makes the same lots."""
    try:
        return code_of(str(party)).canonical
    except CodeError:
        return str(party)


def _lotted(thing: Any, receiver: str, document: str, line: int) -> Any:
    """A product without lot and serial becomes a lot of it; everything else stays."""
    try:
        code = code_of(thing)
    except (CodeError, AttributeError):
        return thing
    return receipt_lot(receiver, document, line, code.parsed["gtin"]) if code.scheme == "gs1.gtin" else thing
