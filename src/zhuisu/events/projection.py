"""From an event as a value to the rows that stand for it. Pure: the same event of the same sender always gives the same rows."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from zhuisu import codes, epcis
from zhuisu.events.vocabulary import Action, Kind, PartyRole, Role

EXTENSION = "{urn:zhuisu:ns:}"  # our own namespace, usually under the prefix zs
LOT_NUMBER = "{urn:epcglobal:cbv:mda:}lotNumber"  # CBV 2.0 §9.2

KINDS = {
    "ObjectEvent": Kind.OBJECT,
    "AggregationEvent": Kind.AGGREGATION,
    "TransactionEvent": Kind.TRANSACTION,
    "TransformationEvent": Kind.TRANSFORMATION,
    "AssociationEvent": Kind.ASSOCIATION,
}
ACTIONS = {None: Action.NONE, "ADD": Action.ADD, "OBSERVE": Action.OBSERVE, "DELETE": Action.DELETE}
OBJECT_ROLES = {Action.ADD: Role.COMMISSIONED, Action.OBSERVE: Role.OBSERVED, Action.DELETE: Role.DECOMMISSIONED}
CONTAINER_ROLES = {
    (Kind.AGGREGATION, Action.ADD): (Role.PACK_PARENT, Role.PACKED),
    (Kind.AGGREGATION, Action.DELETE): (Role.UNPACK_PARENT, Role.UNPACKED),
    (Kind.AGGREGATION, Action.OBSERVE): (Role.SEEN_PARENT, Role.SEEN_INSIDE),
    (Kind.ASSOCIATION, Action.ADD): (Role.FIT_PARENT, Role.FITTED),
    (Kind.ASSOCIATION, Action.DELETE): (Role.UNFIT_PARENT, Role.UNFITTED),
    (Kind.ASSOCIATION, Action.OBSERVE): (Role.SEEN_FIT_PARENT, Role.SEEN_FITTED),
}
PARTY_TYPES = {
    ("source", "owning_party"): PartyRole.SOURCE_OWNER,
    ("source", "possessing_party"): PartyRole.SOURCE_CUSTODIAN,
    ("destination", "owning_party"): PartyRole.DESTINATION_OWNER,
    ("destination", "possessing_party"): PartyRole.DESTINATION_CUSTODIAN,
}
# Of the normal form (epcis/normal.py) that digests are of. A release that changes the form raises it: digests of another
# version are then computed anew from the stored bytes before anything is compared with them.
DIGEST_VERSION = 1
# Of the bytes as they were sent: the same bytes say the same, and what comes twice mostly is the same byte for byte. Where the bytes of
# two differ, the normal form of both is compared.
BYTES_VERSION = 0
PARTY_FIELDS = {"answerableParty": PartyRole.ANSWERABLE, "onBehalfOf": PartyRole.ON_BEHALF_OF}


class Part(msgspec.Struct, frozen=True):
    """One item in one event. position: place in its list; of LOT_MEMBER and LOT_OF, the lot's number in the event."""

    code: codes.Code
    role: Role
    position: int
    quantity: Decimal | None = None
    unit: str | None = None


class Digest(NamedTuple):
    """BLAKE2b-128 of what an event says, without recordTime and errorDeclaration (DIGEST_VERSION), or of its bytes (BYTES_VERSION)."""

    value: str  # 32 hexadecimal digits, like every hash of an event: made and compared in a tenth of what a UUID takes
    version: int


_UNASKED = Digest("0" * 32, BYTES_VERSION)


class Projected(msgspec.Struct, frozen=True):
    """An event with everything that its rows say, before any of it has a number. `content`: the digest by which it is compared."""

    event: epcis.Event
    index: int
    event_id: str
    hash: str
    digest: Digest
    content: Digest
    parts: list[Part] = msgspec.field(default_factory=list)
    parties: list[tuple[codes.Code, PartyRole]] = msgspec.field(default_factory=list)
    read_point: codes.Code | None = None
    biz_location: codes.Code | None = None

    def all_codes(self) -> list[codes.Code]:
        """Every code that must have a number before the rows can be written."""
        found = [part.code for part in self.parts]
        if self.parties:
            found += [code for code, _ in self.parties]
        return found + [code for code in (self.read_point, self.biz_location) if code]

    def in_normal_form(self) -> "Projected":
        """The same, to be compared with what has other bytes."""
        return replace(self, content=digest_of(self.event)) if self.content.version == BYTES_VERSION else self


def identity(text: str) -> uuid.UUID:
    """BLAKE2b-128 of an event's id."""
    return uuid.UUID(int=int.from_bytes(blake2b(text.encode(), digest_size=16).digest()))


def key_of(text: str) -> str:
    """The same as 32 hexadecimal digits, in the same order."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def declaration_identity(organisation: int, event_id: str, declaration: epcis.ErrorDeclaration) -> str:
    """A declaration shares its event's id, so who says what makes its own identity: sent twice by one organisation it is one
    declaration, sent by two it is two, of which only the owner's voids."""
    said = [
        str(organisation),
        event_id,
        declaration.declaration_time.isoformat(),
        declaration.reason or "",
        *declaration.corrective_event_ids,
    ]
    return key_of("\n".join(["errorDeclaration", *said]))


def digest_of(event: epcis.Event, version: int | None = None) -> Digest:
    """The digest of an event in BYTES_VERSION, or in DIGEST_VERSION, the only other one that can still be made."""
    if version != BYTES_VERSION:
        return Digest(epcis.digest(event).hex(), DIGEST_VERSION)
    said = own_prefixes(event.context).encode() + b"\n" + event.raw
    return Digest(blake2b(said, digest_size=16).hexdigest(), BYTES_VERSION)


def own_prefixes(context: dict[str, str]) -> str:
    """What a document declared beyond the standard's own context, which needs no telling, as JSON. The events of a document share one
    context: the last is remembered."""
    global _last_context
    last, said = _last_context
    if last is not context:
        own = {prefix: meaning for prefix, meaning in context.items() if epcis.STANDARD_CONTEXT.get(prefix) != meaning}
        said = msgspec.json.encode(own, order="sorted").decode()
        _last_context = (context, said)
    return said


_last_context: tuple[dict[str, str], str] = ({}, "{}")


def project(event: epcis.Event, index: int, *, organisation: int, identified: bool = True) -> Projected:
    """The rows of one event of an organisation. A declaration has no parts: it says that another event's parts are wrong. Not
    `identified`, it is only asked what the event is about, without the work of its hashes."""
    event_id = epcis.identity(event) if identified else ""
    if event.error_declaration:  # its bytes are never those of the event that it must be equal to
        key = declaration_identity(organisation, event_id, event.error_declaration)
        content = digest_of(event)
        return Projected(event, index, event_id, key, content, content)
    content = digest_of(event, BYTES_VERSION) if identified else _UNASKED
    return Projected(
        event,
        index,
        event_id,
        key_of(event_id),
        content,
        content,
        parts=_parts(event),
        parties=_parties(event),
        read_point=_code(event.read_point),
        biz_location=_code(event.biz_location),
    )


def leaf_record(
    event_id: str,
    digest: Digest,
    organisation: int,
    capture: int,
    recorded_at: datetime,
    body_sha256: bytes,
) -> bytes:
    """What the log commits to for one event: its identity, its content, who recorded it, when and in which document."""
    said = [
        event_id,
        digest.value,
        digest.version,
        organisation,
        capture,
        int(recorded_at.timestamp() * 1_000_000),
        body_sha256.hex(),
    ]
    return msgspec.json.encode(said)


def _code(text: str | None) -> codes.Code | None:
    return codes.parse_epc(text) if text else None


def _things(role: Role, epcs: Sequence[str], quantities: Sequence[epcis.Quantity] = ()) -> list[Part]:
    read = codes.parse_epc
    parts = [Part(read(epc), role, position) for position, epc in enumerate(epcs)]
    if quantities:
        at = len(epcs)
        parts += [Part(read(one.epc_class), role, at + n, one.quantity, one.uom) for n, one in enumerate(quantities)]
    return parts


def _parts(event: epcis.Event) -> list[Part]:
    kind = event.type
    if kind == "TransformationEvent":
        return [*_transformation(event), *_lots(event, event.output_epcs)]
    action = ACTIONS[event.action]
    if kind == "ObjectEvent":
        parts = _things(OBJECT_ROLES[action], event.epcs, event.quantities)
        if event.extensions:
            parts += _same(event)
        return [*parts, *_lots(event, event.epcs)] if action is Action.ADD else parts
    if kind == "TransactionEvent":
        return [*_parent(Role.TRANSACTION_PARENT, event), *_things(Role.OBSERVED, event.epcs, event.quantities)]
    parent, child = CONTAINER_ROLES[KINDS[kind], action]
    return [*_parent(parent, event), *_things(child, event.child_epcs, event.child_quantities)]


def _parent(role: Role, event: epcis.Event) -> list[Part]:
    return [Part(codes.parse_epc(event.parent_id), role, 0)] if event.parent_id else []


def _transformation(event: epcis.Event) -> list[Part]:
    """A transformationID that several events share is an item that the inputs make and that makes the outputs."""
    parts = _things(Role.INPUT, event.input_epcs, event.input_quantities)
    parts += _things(Role.OUTPUT, event.output_epcs, event.output_quantities)
    if event.transformation_id:
        process = codes.from_canonical(f"process:{event.transformation_id}")
        if event.input_epcs or event.input_quantities:
            parts.append(Part(process, Role.OUTPUT, -1))
        if event.output_epcs or event.output_quantities:
            parts.append(Part(process, Role.INPUT, -1))
    return parts


def lot_code_of(gtin: str, lot: str) -> codes.Code:
    """The lot of a product, from a 14-digit GTIN and the batch as printed; a batch that AI 10 cannot carry (Chinese
    characters, a space) gets a private code that still names the product, so that two firms' lots stay two."""
    try:
        return codes.parse_epc(f"https://id.gs1.org/01/{gtin}/10/{quote(lot, safe='')}")
    except codes.CodeError:
        return codes.parse_epc(f"urn:zhuisu:lot:{gtin}:{quote(lot, safe='')}")


def product_code_of(gtin: str) -> codes.Code:
    """The product itself, from a 14-digit GTIN."""
    return codes.parse_epc(f"https://id.gs1.org/01/{gtin}")


def _same(event: epcis.Event) -> Iterator[Part]:
    others = _texts(event.extensions.get(EXTENSION + "sameAs"))
    if others and event.epcs:
        for position, text in enumerate([event.epcs[0], *others]):
            yield Part(codes.parse_epc(text), Role.SAME, position)


def _lots(event: epcis.Event, epcs: Iterable[str]) -> list[Part]:
    """Which lot the instances belong to: said by the ILMD, or by the code itself (a Digital Link with AI 10 and 21)."""
    said = _texts(event.ilmd.get(LOT_NUMBER)) if event.ilmd else []
    parts: list[Part] = []
    groups: dict[codes.Code, int] = {}
    for text in epcs:
        code = codes.parse_epc(text)
        parsed = code.parsed
        lot = parsed.get("lot") or (said[0] if said else None)
        gtin = parsed.get("gtin")
        if not lot or not gtin or code.level is not codes.Level.INSTANCE:
            continue
        lot_code = lot_code_of(gtin, lot)
        if lot_code not in groups:
            groups[lot_code] = len(groups)
            parts.append(Part(lot_code, Role.LOT_OF, groups[lot_code]))
        parts.append(Part(code, Role.LOT_MEMBER, groups[lot_code]))
    return parts


def _parties(event: epcis.Event) -> list[tuple[codes.Code, PartyRole]]:
    parties = []
    for side, entries in (("source", event.sources), ("destination", event.destinations)):
        for kind, party in entries:
            if role := PARTY_TYPES.get((side, kind)):
                parties.append((codes.parse_epc(party), role))
    if event.extensions:
        for name, role in PARTY_FIELDS.items():
            said = _texts(event.extensions.get(EXTENSION + name))
            parties += [(codes.parse_epc(text), role) for text in said]
    return parties


def _texts(value: Any) -> list[str]:
    """An extension that names codes: one text or a list of them; anything else names none."""
    if isinstance(value, str):
        return [value]
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
