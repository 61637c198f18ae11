"""What a form is filled in with before anybody types, and what one touch fills in: own places and products, what was used lately."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as now

from zhuisu import codes
from zhuisu.accounts.models import Person
from zhuisu.compliance.acts import Acted, Wanted, act_by_id, acts
from zhuisu.events.scope import scope_of
from zhuisu.profiles import entry
from zhuisu.profiles.entry import Column
from zhuisu.profiles.model import Profile
from zhuisu.registry import queries
from zhuisu.registry.models import Product
from zhuisu.web import words
from zhuisu.workspace.records import reads
from zhuisu.workspace.records.reads import Actor

RECENT_LIMIT = 40  # acts looked through for what was used lately: a day's work of a busy stand
OFFER_LIMIT = 6  # of one field: two lines of buttons on a telephone
# What each act has anew: the same time, ticket or amount again would be a mistake.
_ANEW = frozenset({"eventTime", "quantity", "inputQuantity", "outputQuantity"})
_UNITS = frozenset({"unit", "inputUnit", "outputUnit"})
_MADE = ("outputs", "things", "parent")  # where a step's things stand, those that it brings forth first

Offers = dict[str, list[tuple[str, str]]]


def initial(person: Person, who: Actor, profile: Profile, step: str, again: str, at: datetime) -> dict[str, Any]:
    """What stands in a new form: now, the own place, who answers; with `again`, everything of that earlier act but its time."""
    found: dict[str, Any] = {}
    if again:
        earlier = [
            one
            for one in act_by_id(scope_of(person.organisation), again)
            if (one.sector, one.step) == (profile.id, step)
        ]
        if earlier:
            found = entry.record_of(profile, step, earlier[0].event())
    else:
        places = reads.places_of(who.party)
        if places:
            found["place"] = places[0][0]
        lately = _lately(person, profile, step, 1)
        if lately and "place" in (last := _record(profile, lately[0])):
            found["place"] = last["place"]
    if who.other:
        found["answerable"] = reads.typed(who.other)
    return found | {"eventTime": f"{timezone.localtime(at):%Y-%m-%dT%H:%M}"}


def offers(
    person: Person, who: Actor, profile: Profile, step: str, columns: tuple[Column, ...], at: datetime
) -> Offers:
    """By column: what a button beside the field fills in, with the words on the button."""
    lately = _lately(person, profile, "", RECENT_LIMIT)
    records = [(one, _record(profile, one)) for one in lately if one.outcome == "judged" and one.step in profile.steps]
    same = [record for one, record in records if one.step == step]
    found: Offers = {}
    for column in columns:
        if column.name == "place":
            listed = reads.places_of(who.party)
        elif column.name in _UNITS:  # put in by the script where an amount is typed: a unit alone would be a mistake
            listed = [(str(one), "") for record in same for one in record.get(column.name, ())]
        elif column.place == "thing" and column.type == "code":
            listed = _things(column, step, profile, who, records, at)
        elif column.type == "datetime" and column.name != "eventTime":
            listed = [(f"{timezone.localtime(at):%Y-%m-%dT%H:%M}", now("现在"))]
        elif column.type == "date" and column.not_future:
            listed = _days(at)
        elif column.type in ("text", "code", "person") and column.name not in _ANEW and not column.choices:
            listed = [(text, text) for text in _used(column, same)]
            if column.place == "party":
                listed = _named(listed)
        else:
            continue
        distinct = list(dict(reversed(listed)).items())[::-1]
        if distinct:
            found[column.name] = distinct[:OFFER_LIMIT]
    return found


def _lately(person: Person, profile: Profile, step: str, limit: int) -> list[Acted]:
    wanted = Wanted(sector=profile.id, step=step, organisation=person.organisation_id)
    return acts(scope_of(person.organisation), wanted, limit=limit)


def _days(at: datetime) -> list[tuple[str, str]]:
    today = timezone.localtime(at).date()
    return [(f"{today}", now("今天")), (f"{today - timedelta(1)}", now("昨天"))]


def _record(profile: Profile, one: Acted) -> dict[str, Any]:
    return entry.record_of(profile, one.step, one.event())


def _used(column: Column, records: list[dict[str, Any]]) -> Iterator[str]:
    """The values that the same step had before, the latest first."""
    for record in records:
        value = record.get(column.name)
        if isinstance(value, str):
            yield value
        elif isinstance(value, list) and len(value) == 1:
            yield str(value[0])


def _things(
    column: Column, step: str, profile: Profile, who: Actor, records: list[tuple[Acted, dict[str, Any]]], at: datetime
) -> list[tuple[str, str]]:
    """For what begins: own products with today as lot. For what is there: the things of the latest acts."""
    begins = column.name == "outputs" or (column.name == "things" and profile.steps[step].first)
    if begins:
        lot = f"{timezone.localtime(at):%Y%m%d}"
        gtins = [(_gtin(each), each) for each in reads.products_of(who.party, profile.id)]
        return [(f"{gtin}/{lot}", f"{words.said(each, 'name')} {lot}") for gtin, each in gtins if gtin]
    texts = [text for _one, record in records for text in _made(record)]
    return [(text, label) for text, label in zip(texts, labels(texts), strict=True)]


def _made(record: dict[str, Any]) -> list[str]:
    for name in _MADE:
        value = record.get(name)
        if value:
            held = value if isinstance(value, list) else [value]
            return [str(each) for each in held[:2]]
    return []


def labels(texts: list[str]) -> list[str]:
    """Things in words: the product's name and the lot or serial number, where the register knows the product."""
    products = products_of([code for text in texts if (code := code_of(text))])
    return [label(text, products) for text in texts]


def products_of(things: Iterable[codes.Code]) -> dict[str, Product]:
    """The registered products that things are of, by canonical code."""
    return queries.products({f"gs1.gtin:01/{code.parsed['gtin']}" for code in things if code.parsed.get("gtin")})


def label(text: str, products: Mapping[str, Product]) -> str:
    """One thing in words; `products` as of products_of."""
    code = code_of(text)
    if code is None:
        return text
    product = products.get(f"gs1.gtin:01/{code.parsed.get('gtin', '')}")
    number = code.parsed.get("lot") or code.parsed.get("serial") or ""
    return f"{words.said(product, 'name')} {number}".strip() if product else reads.typed(code.canonical)


def code_of(text: str) -> codes.Code | None:
    """A code as it stands in an event; None where it is none."""
    try:
        return codes.parse(text)
    except codes.CodeError:
        return None


def _gtin(product: Product) -> str:
    return product.code.removeprefix("gs1.gtin:01/") if product.code.startswith("gs1.gtin:01/") else ""


def _named(listed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Parties by name where the register knows them."""
    read = {text: code.canonical for text, _label in listed if (code := code_of(text))}
    names = reads.names_of(read.values())
    return [(text, names.get(read.get(text, ""), text)) for text, _label in listed]
