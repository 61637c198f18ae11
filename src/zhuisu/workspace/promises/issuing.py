"""From a filled form to certificates: each with the step of its sector, where the profile of the thing has one."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from zhuisu import codes, sectors
from zhuisu.accounts.models import Organisation
from zhuisu.compliance.acts import Wanted, acts
from zhuisu.compliance.services import judge_again_about
from zhuisu.events.queries import events_by_ids, head
from zhuisu.events.scope import scope_of
from zhuisu.events.services import receive
from zhuisu.profiles import entry
from zhuisu.profiles.model import Profile
from zhuisu.registry import queries as registry
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.models import Promise, Role
from zhuisu.registry.promises import services
from zhuisu.registry.promises.services import number_of

# The data elements by which a profile's step says that it is the issuing of a promise certificate.
FORM, BASIS, NUMBER = "certificateForm", "promiseBasis", "certificateNumber"
PAPER = "urn:zhuisu:cn.promise_certificate:"
RECENT_DAYS = 30  # how far back lots are offered: what was harvested earlier has mostly left the farm
RECENT_EVENTS = 400  # acts of these days that are looked through, the latest recorded
RECENT_LOTS = 40  # offered on one page
BEGINS = ("commissioning", "creating_class_instance")
KILOGRAM = "KGM"


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot that a certificate may speak of: its code as sent and canonical, what is known of product and amount."""

    epc: str
    canonical: str
    name: str
    quantity: Decimal | None = None
    unit: str = ""
    on: date | None = None
    kind: str = ""  # sector.kind

    @property
    def label(self) -> str:
        """The part of the code that people know."""
        return self.canonical.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Wish:
    """One certificate to be made."""

    said: Mapping[str, str]
    basis: str  # the key of the first basis, as profiles have it
    form: str
    lot: Lot | None = None
    line: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)


def recent_lots(organisation: Organisation, at: datetime) -> list[Lot]:
    """Lots that the organisation's own acts made lately, the newest first; of things for which some profile knows the certificate."""
    wanted = Wanted(organisation=organisation.pk, since=at - timedelta(days=RECENT_DAYS))
    found: dict[str, dict[str, Any]] = {}
    for act in acts(scope_of(organisation), wanted, limit=RECENT_EVENTS):
        event = act.event()
        if event.biz_step not in BEGINS or act.outcome != "judged":
            continue
        for each in event.output_quantities or event.quantities:
            held = {"quantity": each.quantity, "uom": each.uom, "on": event.event_time_text[:10]}
            found.setdefault(each.epc_class, held)
    named = _named(lot for epc, held in found.items() if (lot := lot_of(epc, held)))
    return [each for each in named if profile_of(each, [], at.date())][:RECENT_LOTS]


def lot_of(text: str, held: Mapping[str, Any] | None = None) -> Lot | None:
    """A lot by its code as an event may say it; None where the text is no code of a lot or thing."""
    try:
        code = codes.parse_epc(text)
    except codes.CodeError:
        return None
    held = held or {}
    amount = Decimal(str(held["quantity"])) if held.get("quantity") is not None else None
    on = date.fromisoformat(held["on"]) if held.get("on") else None
    return Lot(text, code.canonical, "", amount, str(held.get("uom") or ""), on)


def named(lot: Lot) -> Lot:
    """The lot with what the register knows of its product."""
    return _named([lot])[0]


def _named(lots: Iterable[Lot]) -> list[Lot]:
    listed = list(lots)
    product_codes = {each.canonical: _product(each.canonical) for each in listed}
    known = registry.products(set(product_codes.values()) - {""})
    made = []
    for each in listed:
        product = known.get(product_codes[each.canonical])
        name, kind = (product.name, product.kind) if product else ("", "")
        made.append(Lot(each.epc, each.canonical, name, each.quantity, each.unit, each.on, kind))
    return made


def _product(canonical: str) -> str:
    scheme, _colon, value = canonical.partition(":")
    parts = value.split("/")
    return f"gs1.gtin:01/{parts[1]}" if scheme in ("gs1.lgtin", "gs1.sgtin") and len(parts) > 2 else ""


def step_of(profile: Profile) -> str:
    """The step of a profile that is the issuing of a promise certificate, told by its elements; empty where it has none."""
    asked = {FORM, BASIS}
    return next((name for name, step in profile.steps.items() if asked <= set(step.required)), "")


def profile_of(lot: Lot, roles: Iterable[Role], on: date) -> Profile | None:
    """The profile whose step is recorded with the certificate: of the lot's own kind, else of the party's roles. None: no step."""
    kinds = [lot.kind.partition(".")[0]] if lot.kind else [each.sector for each in roles]
    for name in kinds:
        sector = sectors.all().get(name)
        profile = sector.on(on) if sector else None
        if profile and step_of(profile):
            return profile
    return None


@transaction.atomic
def issue(
    wishes: Iterable[Wish],
    *,
    organisation: Organisation,
    by: str,
    at: datetime,
    on: date,
    request: str,
    issuer: str,
    issuer_en: str = "",
) -> list[Promise]:
    """Make the certificates, each with its step, all or none; sent twice, made once. Raises IssueError, epcis.DocumentError, events.services.Refused."""  # fmt: skip
    made = []
    for wish in wishes:
        request_id = f"{organisation.pk}:{request}:{wish.line}"
        if before := services.made_before(organisation, request_id):
            made.append(before)
            continue
        number = number_of(request_id, on)
        sector = event_id = ""
        roles = _roles(organisation, on)
        profile = profile_of(wish.lot, roles, on) if wish.lot else None
        if wish.lot and profile:
            sector, event_id = profile.id, f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, request_id)}"
            said = _event(profile, wish, number, event_id, at)
            receive(_document(said, at), media_type=None, organisation=organisation.pk, by=by, at=at)
        promise, _fresh = services.issue(
            organisation=organisation,
            by=by,
            at=at,
            on=on,
            form=wish.form,
            about=wish.lot.canonical if wish.lot else "",
            issuer=issuer,
            issuer_en=issuer_en,
            said=wish.said,
            request_id=request_id,
            sector=sector,
            event_id=event_id,
        )
        made.append(promise)
    return made


def void(promise: Promise, *, organisation: Organisation, by: str, at: datetime, reason: str) -> None:
    """Void a certificate, and declare the step that was recorded with it an error. Raises IssueError."""
    with transaction.atomic():
        services.void(promise, organisation=organisation, by=by, at=at, reason=reason)
        stored = events_by_ids(scope_of(organisation), [promise.event_id], limit=2) if promise.event_id else []
        for each in stored:
            said = json.loads(each.body)
            if "errorDeclaration" not in said:
                said["errorDeclaration"] = {"declarationTime": at.isoformat(), "reason": "incorrect_data"}
                receive(_document(said, at), media_type=None, organisation=organisation.pk, by=by, at=at)
        if promise.certificate.about:
            judge_again_about({promise.certificate.about}, head())


def _roles(organisation: Organisation, on: date) -> list[Role]:
    held = registry.parties([organisation.party]).get(organisation.party)
    if held is None:
        return []
    return list(Role.objects.filter(party=held, valid_from_on__lte=on).exclude(valid_to_on__lt=on))


def _event(profile: Profile, wish: Wish, number: str, event_id: str, at: datetime) -> dict[str, Any]:
    step = step_of(profile)
    assert wish.lot is not None  # noqa: S101 - for the type checker: only wishes with a lot come here
    lot = wish.lot
    record: dict[str, Any] = {
        "eventTime": timezone.localtime(at).isoformat(timespec="seconds"),
        "things": [lot.epc],
        "document": [PAPER + number],
        FORM: wish.form,
        NUMBER: number,
        BASIS: wish.basis,
    }
    if lot.quantity is not None:
        record["quantity"], record["unit"] = [lot.quantity], [lot.unit or KILOGRAM]
    known = {column.name for column in entry.columns(profile, step)}
    said = entry.event(profile, step, {name: value for name, value in record.items() if name in known})
    # The chain's later steps look for the certificate by its CBV type.
    said["bizTransactionList"] = [{"type": "cert", "bizTransaction": PAPER + number}]
    return {**said, "eventID": event_id}


def _document(event: dict[str, Any], at: datetime) -> bytes:
    return json.dumps(entry.document([event], at), ensure_ascii=False, default=_plain).encode()


def _plain(value: Decimal) -> int | float:
    """A number as JSON has it."""
    return int(value) if value == value.to_integral_value() else float(value)


def quantity_text(lot: Lot) -> str:
    """How much, as it stands on the certificate."""
    if lot.quantity is None:
        return ""
    text = f"{lot.quantity:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text} {'kg' if lot.unit == KILOGRAM else lot.unit}".strip()


def check_lot(text: str) -> Lot:
    """A lot that a person typed. Raises IssueError "lot"."""
    found = lot_of(text)
    if found is None:
        raise IssueError("lot", f"{text!r} is no code of a lot", f"“{text}”不是批次的编码；没有编码的可以不填", "code")
    return named(found)
