"""The short ways of reading and digesting say what the long ways say, of right events and of wrong ones."""

from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhuisu import codes, epcis
from zhuisu.codes import gs1_fast
from zhuisu.codes.reading import read_uri
from zhuisu.epcis import lift as lifting
from zhuisu.epcis import plaindigest, values
from zhuisu.epcis.names import STANDARD, Names
from zhuisu.epcis.normal import normal

NAMES = Names({**STANDARD, "ex": "https://example.com/", "own": "urn:epc:id:sgtin:"})
SERIALS = st.sampled_from(["1", "A-7", "a.b", "x%2Fy", "x/y", "", "0", "7" * 20, "7" * 21, "é", "~"])
URNS = st.builds(
    lambda form, gcp, item, serial: f"urn:epc:{form}:{gcp}.{item}.{serial}",
    st.sampled_from(["id:sgtin", "class:lgtin", "id:sgln", "idpat:sgtin", "id:sscc", "id:grai"]),
    st.sampled_from(["9506000", "095200000", "95", "9506000é"]),
    st.sampled_from(["113435", "013435", "1134", "00001", "1134351234"]),
    SERIALS,
)
LINKS = st.builds(
    lambda stem, gtin, ai, serial: f"{stem}/01/{gtin}/{ai}/{serial}",
    st.sampled_from(["https://id.gs1.org", "http://brand.example/shop", "HTTPS://id.gs1.org"]),
    st.sampled_from(["09506000134352", "09506000134353", "9506000134352", "0950"]),
    st.sampled_from(["21", "10", "22", "ser"]),
    SERIALS,
)
OTHERS = st.one_of(
    st.sampled_from(["urn:epc:id:sscc:9506000.1234567890", "https://id.gs1.org/00/095060001234567896"]),
    st.sampled_from(["urn:zhuisu:cn.ma:x", "ex:7", "own:9506000.113435.1", "https://example.com/box/7", "urn:x:1"]),
    st.sampled_from(["urn:x: 1", "", "urn:", "http", "no", "urn:%zz", "https://id.gs1.org/414/9506000000012"]),
    st.just("urn:uuid:00000000-0000-4000-8000-000000000001"),
)
TEXTS = st.one_of(URNS, LINKS, OTHERS)
STRANGE = st.sampled_from([None, True, {}, [], [[]], Decimal(3), "x", [None], [Decimal(1)], {"id": None}, {"id": []}])
NUMBERS = st.sampled_from([Decimal(text) for text in ("1", "12.50", "0", "-1", "1E+3", "0.10", "1e-7", "100")])
UNITS = st.sampled_from(["KGM", "LTR", "kg", "", "K\n", "E4", "KGMX"])
AMOUNT = st.fixed_dictionaries(
    {"epcClass": TEXTS},
    optional={"quantity": st.one_of(NUMBERS, STRANGE), "uom": st.one_of(UNITS, STRANGE), "zs": STRANGE},
)
# One thing in two ways of writing it.
SAME = st.sampled_from(["urn:epc:id:sgtin:9506000.113435.7", "https://id.gs1.org/01/19506000134359/21/7", "urn:x:1"])
LISTS = st.one_of(st.lists(SAME, max_size=3), st.lists(TEXTS, max_size=4), STRANGE)
AMOUNTS = st.one_of(st.lists(st.one_of(AMOUNT, STRANGE), max_size=3), STRANGE)
PLACES = st.one_of(st.fixed_dictionaries({"id": TEXTS}, optional={"ex:shelf": st.just("7")}), STRANGE)
WORDS = st.one_of(
    st.sampled_from(["shipping", "active", "in_transit", "nonsense", "urn:epcglobal:cbv:bizstep:shipping"]),
    st.sampled_from(["https://ref.gs1.org/cbv/Disp-active", "cbv:BizStep-shipping", "https://example.com/step"]),
    STRANGE,
)
ZONES = st.one_of(st.sampled_from(["+08:00", "-00:00", "+14:00", "+15:00", "+8:00", "Z", "+08:00\n"]), STRANGE)
TIMES = st.one_of(
    st.sampled_from(["2026-03-02T08:30:00.500+08:00", "2026-03-02T08:30:00Z", "2026-03-02t08:30:00.1234567890z"]),
    st.sampled_from(["0005-03-02T08:30:00-14:00", "2026-03-02T24:00:00Z", "2026-02-30T08:30:00Z", "2026-03-02", ""]),
    st.just("9999-12-31T23:59:59Z"),
)
FIELDS = st.fixed_dictionaries(
    {"eventTime": TIMES, "eventTimeZoneOffset": ZONES},
    optional={
        "eventID": st.one_of(TEXTS, STRANGE),
        "action": st.one_of(st.sampled_from(["ADD", "OBSERVE", "DELETE", "add"]), STRANGE),
        **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), LISTS),
        **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), AMOUNTS),
        "parentID": st.one_of(TEXTS, STRANGE),
        "bizStep": WORDS,
        "disposition": WORDS,
        "readPoint": PLACES,
        "bizLocation": PLACES,
        "recordTime": STRANGE,
        "ex:note": st.sampled_from(["二", Decimal("1.50"), ["b", "a"], {"ex:deep": "ex:curie"}, 'a"b\\', ""]),
        "ilmd": st.sampled_from([{"cbvmda:lotNumber": "B7"}, {}]),
        "bizTransactionList": st.just([{"type": "po", "bizTransaction": "ex:1"}]),
    },
)
KINDS = st.sampled_from(list(lifting.FIELDS))


def lifted(data: dict[str, Any], *, lax: bool) -> epcis.Event | epcis.Refusal:
    return lifting.lift(data, b"{}", 0, NAMES, lax=lax)


def long_digest(event: epcis.Event) -> bytes:
    return blake2b(plaindigest.encode(plaindigest.ordered(normal(event))), digest_size=16).digest()


@given(KINDS, FIELDS, st.booleans())
def test_an_event_is_read_and_digested_alike_both_ways(kind: str, fields: dict[str, Any], lax: bool) -> None:
    data = {"type": kind, **fields}
    short = lifted(data, lax=lax)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifting, "PLAIN", {})
        assert lifted(data, lax=lax) == short
    if isinstance(short, epcis.Event):
        assert epcis.digest(short) == long_digest(short)


@pytest.mark.long
@settings(max_examples=5_000)
@given(KINDS, FIELDS, st.booleans())
def test_alike_of_very_many_events(kind: str, fields: dict[str, Any], lax: bool) -> None:
    test_an_event_is_read_and_digested_alike_both_ways.hypothesis.inner_test(kind, fields, lax)


def plain(kind: str, **fields: Any) -> dict[str, Any]:
    said = {"eventTime": "2026-03-02T08:30:00.5+08:00", "eventTimeZoneOffset": "+08:00", "bizStep": "shipping"}
    return {"type": kind, **said, **fields}


ITEM, LOT = "urn:epc:id:sgtin:9506000.113435.", "urn:epc:class:lgtin:9506000.013435."


@given(
    st.lists(SERIALS.filter(lambda one: one.isalnum() and one.isascii() and len(one) < 21), unique=True, max_size=4),
    st.lists(st.tuples(st.sampled_from("ABC"), NUMBERS.filter(lambda one: one > 0)), min_size=1, max_size=4),
)
def test_what_is_plain_takes_the_short_way_to_the_same_digest(
    serials: list[str], amounts: list[tuple[str, Decimal]]
) -> None:
    """Without it the other test could compare the long way with itself."""
    one = lifted(
        plain(
            "TransformationEvent",
            inputQuantityList=[{"epcClass": LOT + lot, "quantity": n, "uom": "KGM"} for lot, n in amounts],
            outputEPCList=[ITEM + serial for serial in serials] or [ITEM + "1"],
            readPoint={"id": "urn:epc:id:sgln:9506000.00001.0"},
        ),
        lax=False,
    )
    assert isinstance(one, epcis.Event)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plaindigest, "normal_field", _only_what_says_nothing)
        short = epcis.digest(one)
    assert short == long_digest(one)


def _only_what_says_nothing(name: str, *_: Any) -> None:
    assert name == "type"


@given(st.one_of(URNS, LINKS, OTHERS))
def test_a_code_is_read_alike_both_ways(text: str) -> None:
    short = gs1_fast.urn(text) if text.startswith("urn:") else gs1_fast.link(text)
    if short is not None:
        long = read_uri(text)
        assert (short, short.level, short.parsed, short.source) == (long, long.level, long.parsed, long.source)
        assert codes.parse_epc(text).key.hex == short.key_hex


@given(
    st.datetimes(timezones=st.just(UTC)).filter(lambda at: 2 < at.year < 9998),
    st.integers(0, 32),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from("Tt"),
)
def test_an_instant_is_cut_to_microseconds(at: datetime, digits: int, zone: int, mark: str) -> None:
    fraction = f"{at.microsecond:06d}9999999999999999999999999999"[:digits]
    sign, minutes = ("-", -zone) if zone < 0 else ("+", zone)
    text = f"{at:%H:%M:%S}" + (f".{fraction}" if digits else "") + f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    found = values.instant(f"{at.year:04d}-{at:%m-%d}{mark}{text}")
    cut = at.replace(microsecond=int(f"{fraction[:6]:0<6}"))
    assert (found - cut).total_seconds() == -zone * 60
