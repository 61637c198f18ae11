"""The event hash (CBV 2.0 §8.9) and the digest: what makes no difference and what must."""

import json
import random
import re
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhuisu import epcis
from zhuisu.epcis.eventhash import milliseconds
from zhuisu.epcis.normal import moment, number


def test_the_text_that_is_hashed(made):
    event = made.event(made.sample(without=("sensorElementList", "sourceList", "destinationList")))
    assert epcis.prehash(event) == (
        "eventType=ObjectEventeventTime=2026-03-02T00:30:00.500ZeventTimeZoneOffset=+08:00"
        "epcList" + "".join(f"epc=https://id.gs1.org/01/{made.gtin}/21/A{n}" for n in range(3)) + "action=OBSERVE"
    ).replace(
        "action=OBSERVE",
        f"quantityListquantityElementepcClass=https://id.gs1.org/01/{made.gtin}/10/L1quantity=12.5uom=KGMaction=OBSERVE"
        "bizStep=https://ref.gs1.org/cbv/BizStep-shippingdisposition=https://ref.gs1.org/cbv/Disp-in_transit"
        f"readPointid=https://id.gs1.org/414/{made.gln}bizLocationid=https://id.gs1.org/414/{made.gln}"
        "bizTransactionListbizTransaction=urn:x:2type=https://ref.gs1.org/cbv/BTT-pobizTransaction=https://buyer.example/po/1"
        "{https://ns.example/}vehicle{https://ns.example/}axles=3{https://ns.example/}checked=true{https://ns.example/}plate=T-100",
    )
    assert re.fullmatch(r"ni:///sha-256;[0-9a-f]{64}\?ver=CBV2\.0", epcis.event_hash(event))


def test_the_order_of_sensor_fields(made):
    report = {
        "uom": "CEL",
        "value": 4,
        "time": "2026-03-02T08:00:00+08:00",
        "deviceID": "urn:x:1",
        "type": "Temperature",
        "ex:b": "x",
    }
    element = {
        "ex:a": "y",
        "sensorReport": [report],
        "sensorMetadata": {"bizRules": "urn:x:3", "time": "2026-03-02T00:00:00Z"},
    }
    event = made.event(made.sample(without=("ex:vehicle",), sensorElementList=[element]))
    assert epcis.prehash(event).endswith(
        "sensorElementListsensorElementsensorMetadatatime=2026-03-02T00:00:00.000ZbizRules=urn:x:3"
        "sensorReporttype=https://gs1.org/voc/TemperaturedeviceID=urn:x:1time=2026-03-02T00:00:00.000Zvalue=4uom=CEL"
        "{https://ns.example/}b=x{https://ns.example/}a=y"
    )


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("2026-12-31T23:59:59.9995Z", "2027-01-01T00:00:00.000Z"),
        ("2026-12-31T23:59:59.99949999Z", "2026-12-31T23:59:59.999Z"),
        ("2026-03-02T08:30:00.0005+08:00", "2026-03-02T00:30:00.001Z"),
        ("2026-03-02T08:30:00+08:00", "2026-03-02T00:30:00.000Z"),
        ("0800-01-01T00:00:00Z", "0800-01-01T00:00:00.000Z"),
    ],
)
def test_instants_to_the_millisecond(written, text):
    assert milliseconds(written) == text


def test_instants_in_full():
    assert moment("2026-03-02T08:30:00.1234567890+08:00") == "2026-03-02T00:30:00.123456789Z"
    assert moment("2026-03-02T08:30:00.000+08:00") == "2026-03-02T00:30:00Z"


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.integers(-840, 840), st.integers(0, 999_999))  # noqa: DTZ001
def test_one_instant_in_any_zone_is_one_text(when, minutes, micros):
    when = when.replace(microsecond=micros, tzinfo=UTC)
    local = (when + timedelta(minutes=minutes)).replace(tzinfo=None).isoformat(timespec="microseconds")
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    oracle = (when + timedelta(microseconds=500)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert milliseconds(local + zone) == oracle


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**12), max_value=10**12),
    st.integers(0, 6),
)
def test_a_number_has_one_text(value, zeros):
    text = number(value)
    assert Decimal(text) == value
    assert number(value + Decimal("0." + "0" * zeros)) == text
    assert "E" not in text
    assert not text.endswith(".")
    assert text != "-0"


def _shuffled(value, dice):
    """The same JSON with fields, lists and white space in another order."""
    if isinstance(value, dict):
        names = list(value)
        dice.shuffle(names)
        return {name: _shuffled(value[name], dice) for name in names}
    if isinstance(value, list):
        members = [_shuffled(one, dice) for one in value]
        dice.shuffle(members)
        return members
    return value


def _respelt(value, dice):
    """The same identifiers, words, instants and numbers written otherwise."""
    if isinstance(value, dict):
        return {name: _respelt(one, dice) for name, one in value.items()}
    if isinstance(value, list):
        return [_respelt(one, dice) for one in value]
    if isinstance(value, str):
        return dice.choice(RESPELT.get(value, [value]))
    return value


RESPELT = {
    "shipping": [
        "cbv:BizStep-shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "urn:epcglobal:cbv:bizstep:shipping",
    ],
    "in_transit": ["cbv:Disp-in_transit", "urn:epcglobal:cbv:disp:in_transit"],
    "po": ["cbv:BTT-po", "urn:epcglobal:cbv:btt:po"],
    "owning_party": ["urn:epcglobal:cbv:sdt:owning_party"],
    "Temperature": ["gs1:Temperature", "https://gs1.org/voc/Temperature", "https://ref.gs1.org/voc/Temperature"],
    "2026-03-02T08:30:00.5+08:00": ["2026-03-02T00:30:00.500Z", "2026-03-01T19:30:00.50-05:00"],
    "2026-03-02T00:30:00Z": ["2026-03-02T08:30:00.000+08:00", "2026-03-02t00:30:00z"],
    "2026-03-02T08:00:00+08:00": ["2026-03-02T00:00:00Z"],
}


@pytest.mark.parametrize(
    "kind", ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"]
)
@settings(deadline=None)  # the first example reads the tables of the codes
@given(seed=st.integers(0, 2**32))
def test_order_space_and_spelling_make_no_difference(made, kind, seed):
    dice = random.Random(seed)
    one = made.event(made.samples[kind])
    text = _respelt(_shuffled(made.samples[kind], dice), dice)
    text = {"recordTime": "2026-03-05T00:00:00Z", **text, "eventID": f"urn:x:{seed}"}
    document = json.dumps(made.document(text), indent=dice.choice([None, 1]), ensure_ascii=dice.random() < 0.5)
    other = epcis.read(document.replace("12.5", dice.choice(["12.50", "1.25e1", "12.5"])).encode()).events[0]
    assert isinstance(other, epcis.Event), other
    assert epcis.digest(other) == epcis.digest(one)
    assert epcis.event_hash(other) == epcis.event_hash(one)


def test_urn_and_digital_link_make_no_difference(made):
    link = {"epcList": [f"https://id.gs1.org/01/{made.gtin}/21/A%2F1", f"https://id.gs1.org/00/{made.sscc}"]}
    urn = {"epcList": ["urn:epc:id:sscc:9520000.0000000001", "urn:epc:id:sgtin:9520000.000001.A%2F1"]}
    other = {
        "epcList": [
            f"https://shop.example/some/path/01/{made.gtin}/21/A%2F1?17=261231",
            f"http://id.gs1.org/00/{made.sscc}",
        ]
    }
    events = [made.event(made.sample(without=("quantityList",), **one)) for one in (link, urn, other)]
    assert len({epcis.digest(one) for one in events}) == 1
    assert len({epcis.event_hash(one) for one in events}) == 1


def _leaves(value, path=()):
    """Every place in a JSON value that says something."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(one, (*path, name))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _leaves(one, (*path, index))
    else:
        yield path


def _changed(value):
    """Another value of the same kind, or None where any change would be a fault of another sort."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    others = {"ADD": "OBSERVE", "OBSERVE": "DELETE", "+08:00": "+09:00", "KGM": "GRM", "CEL": "FAH"}
    others |= {"shipping": "receiving", "packing": "loading", "assembling": "loading", "commissioning": "loading"}
    others |= {
        "in_transit": "active",
        "po": "inv",
        "inv": "po",
        "owning_party": "location",
        "possessing_party": "location",
    }
    others |= {"Temperature": "Length", "Count": "Length"}
    if value in others:
        return others[value]
    if re.match(r"\d{4}-", value):
        return value[:14] + "01" + value[16:]
    return None if "/01/" in value or "/41" in value or "/00/" in value else value + "1"


@pytest.mark.parametrize(
    "kind", ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"]
)
def test_any_change_of_meaning_changes_the_digest(made, kind):
    sample = made.samples[kind]
    before = epcis.digest(made.event(sample))
    tried = 0
    for path in _leaves(sample):
        if path[0] in ("type", "eventID", "ilmd") and kind == "ObjectEvent" and path[0] == "eventID":
            continue
        copy = deepcopy(sample)
        holder = copy
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = _changed(holder[path[-1]])
        if holder[path[-1]] is None:
            if not isinstance(holder, list) or len(holder) == 1:
                continue
            del holder[path[-1]]
        found = made.read(copy)[0]
        if isinstance(found, epcis.Refusal):
            continue
        tried += 1
        assert epcis.digest(found) != before, path
    assert tried >= len(list(_leaves(sample))) // 2


@pytest.mark.parametrize(
    "kind", ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"]
)
def test_leaving_out_a_field_changes_the_digest(made, kind):
    before = epcis.digest(made.event(made.samples[kind]))
    for name in made.samples[kind]:
        found = made.read(made.sample(kind, without=(name,)))[0]
        if isinstance(found, epcis.Event):
            assert (epcis.digest(found) == before) == (name == "eventID"), name


def test_an_error_declaration_is_about_the_same_event(made):
    plain = made.event(made.samples["ObjectEvent"])
    declared = made.event(made.sample(errorDeclaration={"declarationTime": "2026-03-03T00:00:00Z"}))
    assert epcis.digest(declared) == epcis.digest(plain)
    assert epcis.event_hash(declared) == epcis.event_hash(plain)


def test_how_often_an_item_is_listed_matters_to_the_digest(made):
    one = made.event(made.sample(ex__n=[1]))
    two = made.event(made.sample(ex__n=[1, 1]))
    assert epcis.digest(one) != epcis.digest(two)


def test_texts_that_look_like_numbers_are_texts_to_the_digest(made):
    texts = ["1.10", "1.1", "01.1", "1.1 kg"]
    assert len({epcis.digest(made.event(made.sample(ex__n=one))) for one in texts}) == len(texts)
    assert epcis.digest(made.event(made.sample(ex__n=5))) == epcis.digest(made.event(made.sample(ex__n="5")))


def test_comments_are_not_hashed_but_digested(made):
    plain, said = made.event(made.sample()), made.event(made.sample(rdfs__comment="seen twice"))
    assert epcis.event_hash(plain) == epcis.event_hash(said)
    assert epcis.digest(plain) != epcis.digest(said)


def test_fields_that_a_repository_added_can_be_left_out(made):
    plain, kept = made.event(made.sample()), made.event(made.sample(ex__captureID="7"))
    assert epcis.event_hash(kept) != epcis.event_hash(plain)
    assert epcis.event_hash(kept, frozenset({"{https://ns.example/}captureID"})) == epcis.event_hash(plain)


def test_certification_info_as_uri_or_list_is_one_digest(made):
    one, many = (made.event(made.sample(certificationInfo=info)) for info in ("urn:x:1", ["urn:x:1"]))
    assert epcis.digest(one) == epcis.digest(many)
    assert epcis.digest(one) != epcis.digest(made.event(made.sample(certificationInfo="urn:x:2")))


def test_an_empty_list_says_the_same_as_none(made):
    empty = made.event(made.sample(quantityList=[], bizTransactionList=[]))
    none = made.event(made.sample(without=("quantityList", "bizTransactionList")))
    assert epcis.digest(empty) == epcis.digest(none)
    assert epcis.event_hash(empty) == epcis.event_hash(none)


def test_identity_is_the_own_id_or_else_the_hash(made):
    named, nameless = made.event(made.sample()), made.event(made.sample(without=("eventID",)))
    assert epcis.identity(named) == named.event_id
    assert epcis.identity(nameless) == epcis.event_hash(nameless)


def test_a_short_name_that_the_vocabulary_does_not_know_is_hashed_in_full(made):
    report = [{"type": "ex:Loudness", "value": 3, "ex:place": "ex:barn", "ex:note": "ex: none"}]
    full = [
        {
            "type": "https://ns.example/Loudness",
            "value": 3,
            "ex:place": "https://ns.example/barn",
            "ex:note": "ex: none",
        }
    ]
    one, other = (made.event(made.sample(sensorElementList=[{"sensorReport": each}])) for each in (report, full))
    assert "type=https://ns.example/Loudness" in epcis.prehash(one)
    assert "note=ex: none" in epcis.prehash(one)
    assert epcis.prehash(one) == epcis.prehash(other)
    assert epcis.digest(one) == epcis.digest(other)


def test_a_word_that_only_looks_like_the_vocabulary_is_hashed_in_full(made):
    def hashed(word):
        event = made.sample(sensorElementList=[{"sensorReport": [{"type": word, "value": 3}]}])
        return epcis.prehash(epcis.read(json.dumps(made.document(event)).encode(), lax=True).events[0])

    assert "type=https://gs1.org/voc/MT-Humidity" in hashed("gs1:MT-Humidity")
    assert hashed("gs1:MT-Humidity") == hashed("https://gs1.org/voc/MT-Humidity")


@pytest.mark.parametrize(
    ("link", "hashed"),
    [
        ("01/{gtin}/22/2A", "01/{gtin}"),
        ("01/{gtin}/cpv/2A/lot/L1", "01/{gtin}/10/L1"),
        ("8006/{gtin}0102/22/2A", "8006/{gtin}0102"),
    ],
)
def test_the_hash_takes_the_qualifiers_of_the_constrained_link_only(made, link, hashed):
    def event(path):
        amount = {"epcClass": f"https://id.gs1.org/{path.format(gtin=made.gtin)}", "quantity": 1}
        return made.event(made.sample(quantityList=[amount]))

    assert epcis.prehash(event(link)) == epcis.prehash(event(hashed))
    assert (epcis.digest(event(link)) == epcis.digest(event(hashed))) == ("L1" in link)


def test_a_key_with_a_wrong_check_digit_is_hashed_in_its_canonical_form(made):
    wrong = made.gtin[:-1] + str((int(made.gtin[-1]) + 1) % 10)
    event = made.sample(
        epcList=[f"https://shop.example/a/gtin/{wrong[1:]}/ser/7?17=261231", f"http://b.example/01/{wrong[1:]}/ser/8"]
    )
    text = json.dumps(made.document(event)).encode()
    hashed = epcis.prehash(epcis.read(text, lax=True).events[0])
    assert f"epc=https://id.gs1.org/01/{wrong}/21/8" in hashed
