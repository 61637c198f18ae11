"""Whatever bytes come, the reader answers with events, refusals or a DocumentError, and nothing else."""

import json
import random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from zhuisu import epcis

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "ex:a", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def _answers(document: bytes, **options) -> None:
    """Reading must end in one of the ways it promises, and what it gives must be whole."""
    for lax in (False, True):
        try:
            read = epcis.read(document, lax=lax, **options)
        except epcis.DocumentError as error:
            assert error.message and error.message_zh
            continue
        for index, one in enumerate(read.events):
            if isinstance(one, epcis.Refusal):
                assert one.index == index
                assert one.reasons
                json.dumps([(why.path, why.message, why.message_zh) for why in one.reasons]).encode()
            else:
                assert len(epcis.digest(one)) == 16
                assert epcis.event_hash(one).startswith("ni:///sha-256;")
                again = epcis.read(epcis.to_json(one), bare=True, lax=True).events[0]
                assert isinstance(again, epcis.Event)
                assert epcis.digest(again) == epcis.digest(one)


@given(st.binary(max_size=200))
@example(b"\x00")
@example(b"<")
@example(b"<?xml version='1.0' encoding='utf-8'?>")
@example(b"<a xmlns:a='urn:epcglobal:epcis:xsd:2'/>")
def test_any_bytes(data):
    _answers(data)
    _answers(data, bare=True)
    _answers(data, media_type="text/xml")


@given(VALUES)
def test_any_json(value):
    _answers(json.dumps(value).encode())
    _answers(json.dumps(value).encode(), bare=True)


def _paths(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from _paths(value[key], (*path, key))


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"]),
    st.data(),
)
def test_a_right_document_with_one_value_replaced(made, kind, data):
    document = made.document(made.samples[kind], made.samples["ObjectEvent"])
    document = json.loads(json.dumps(document))
    path = data.draw(st.sampled_from(list(_paths(document))[1:]))
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    if isinstance(holder, dict) and data.draw(st.booleans()):
        holder[data.draw(st.text(max_size=8))] = holder.pop(path[-1])
    else:
        holder[path[-1]] = data.draw(VALUES)
    _answers(json.dumps(document).encode())


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(["json", "xml"]))
def test_a_right_document_with_bytes_broken(made, seed, kind):
    dice = random.Random(seed)
    document = json.dumps(made.document(*made.samples.values())).encode()
    if kind == "xml":
        document = XML
    broken = bytearray(document)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(broken))
        match dice.randrange(4):
            case 0:
                broken[place] = dice.randrange(256)
            case 1:
                del broken[place : place + dice.randrange(1, 40)]
            case 2:
                broken[place:place] = dice.choice([b'"', b"{", b"[", b"\\u0000", b"1e999", b"<", b"&", b">", b"\xff"])
            case 3:
                broken[place:place] = broken[dice.randrange(len(broken)) :][: dice.randrange(60)]
    _answers(bytes(broken))


XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" xmlns:ex="https://ns.example/" schemaVersion="2.0" creationDate="2026-03-02T00:00:00Z">
<EPCISBody><EventList><ObjectEvent><eventTime>2026-03-02T00:00:00Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
<epcList><epc>urn:epc:id:sgtin:9520000.000001.A2</epc></epcList><action>ADD</action><bizStep>urn:epcglobal:cbv:bizstep:packing</bizStep>
<quantityList><quantityElement><epcClass>urn:x:1</epcClass><quantity>1.5</quantity></quantityElement></quantityList>
<sensorElementList><sensorElement><sensorMetadata time="2026-03-02T00:00:00Z"/><sensorReport type="https://gs1.org/voc/Count" value="1e3"/>
</sensorElement></sensorElementList><persistentDisposition><set>urn:epcglobal:cbv:disp:active</set></persistentDisposition>
<ilmd><ex:lot a="b">7</ex:lot></ilmd><ex:n><ex:m/><ex:m>1</ex:m></ex:n></ObjectEvent></EventList></EPCISBody></e:EPCISDocument>"""
