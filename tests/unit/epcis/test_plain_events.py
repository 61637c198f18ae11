"""A document of plain events is read at once, straight into types: it says what the long way says, of right ones and of wrong ones."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.epcis.test_plain_ways import FIELDS, KINDS, OTHERS

from zhuisu import codes, epcis
from zhuisu.epcis import jsonread
from zhuisu.epcis.plainevent import plain_event
from zhuisu.epcis.query import event_marks, plain_marks

write = msgspec.json.Encoder(decimal_format="number").encode
SERIALS = st.integers(1, 5).map(lambda n: f"urn:epc:id:sgtin:9506000.113435.{n}")
THINGS = st.lists(
    st.one_of(SERIALS, st.just("https://id.gs1.org/01/19506000134359/21/1"), st.just("urn:epc:id:sscc:9506000.1234567890"), OTHERS),
    max_size=3,
)  # fmt: skip
LOTS = st.one_of(st.integers(1, 3).map(lambda n: f"urn:epc:class:lgtin:9506000.013435.L{n}"), SERIALS, OTHERS)
AMOUNTS = st.lists(
    st.fixed_dictionaries(
        {"epcClass": LOTS},
        optional={
            "quantity": st.sampled_from([Decimal(text) for text in ("1", "12.50", "0", "-1", "1e3", "1e-7", "9" * 31, "0.10", "1E+999999")]),
            "uom": st.sampled_from(["KGM", "kg", "E4"]),
        },
    ),
    max_size=3,
)  # fmt: skip
COMMON = {
    "eventID": st.sampled_from(["urn:uuid:00000000-0000-4000-8000-000000000001", "urn:x: 1", "ex:1", ""]),
    "bizStep": st.sampled_from(["shipping", "packing", "nonsense", "cbv:BizStep-shipping"]),
    "disposition": st.sampled_from(["active", "in_transit", "shipping"]),
    "readPoint": st.sampled_from([{"id": "urn:epc:id:sgln:9506000.00001.0"}, {"id": "ex:gate"}, {"id": "urn:x:1", "ex:shelf": 7}, {}]),
    "bizLocation": st.just({"id": "urn:epc:id:sgln:9506000.00002.0"}),
    "recordTime": st.just("2026-03-02T08:30:00Z"),
}  # fmt: skip
ALWAYS = {
    "eventTime": st.sampled_from(["2026-03-02T08:30:00.5+08:00", "2026-03-02T00:30:00Z", "2026-02-30T00:30:00Z"]),
    "eventTimeZoneOffset": st.sampled_from(["+08:00", "+8:00"]),
}
ACTION = {"action": st.sampled_from(["ADD", "OBSERVE", "DELETE", "add"])}
CONTAINED = {"parentID": SERIALS, "childEPCs": THINGS, "childQuantityList": AMOUNTS}


def events(kind: str, needed: dict[str, Any], may: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind), **ALWAYS, **needed}, optional=COMMON | may)


PLAINLY = st.one_of(
    events("ObjectEvent", ACTION, {"epcList": THINGS, "quantityList": AMOUNTS}),
    events("AggregationEvent", ACTION, CONTAINED),
    events("AssociationEvent", ACTION, CONTAINED),
    events("TransformationEvent", {}, {"inputEPCList": THINGS, "inputQuantityList": AMOUNTS, "outputEPCList": THINGS, "outputQuantityList": AMOUNTS}),
    events("TransactionEvent", ACTION, {"bizTransactionList": st.just([{"type": "po", "bizTransaction": "urn:x:1"}]), "epcList": THINGS}),
)  # fmt: skip
ANY = st.one_of(PLAINLY, st.builds(lambda kind, fields: {"type": kind, **fields}, KINDS, FIELDS))

# What a sender's own writer, a hurry or an attacker makes of a text that was right.
SPOILT: dict[str, Callable[[str], str]] = {
    "nothing": lambda text: text,
    "blanks": lambda text: text.replace(":", " : ").replace(",", "\n,\t"),
    "a member twice": lambda text: re.sub(r'("bizStep":"[^"]*")', r"\1,\1", text, count=1),
    "a member twice, otherwise": lambda text: re.sub(r'("action":)("[^"]*")', r'\1"ADD",\1\2', text, count=1),
    "a list twice": lambda text: re.sub(r'("\w+List":)', r"\1[],\1", text, count=1),
    "a quantity twice": lambda text: re.sub(r'("quantity":)', r"\1 1,\1", text, count=1),
    "a place twice": lambda text: re.sub(r'("id":"[^"]*")', r"\1,\1", text, count=1),
    "a number as a text": lambda text: re.sub(r'"quantity":([^,}]+)', r'"quantity":"\1"', text),
    "no value": lambda text: re.sub(r'"bizStep":"[^"]*"', '"bizStep":null', text),
    "a quantity without value": lambda text: re.sub(r'"quantity":[^,}]+', '"quantity":null', text),
    "an empty list": lambda text: re.sub(r"List\":\[[^\]]*\]", 'List":[]', text, count=1),
    "an escape": lambda text: text.replace("shipping", "\\u0073hipping"),
    "a quotation mark": lambda text: text.replace("shipping", 'ship\\"ping'),
    "a control character": lambda text: text.replace("shipping", "ship\tping"),
    "Chinese": lambda text: text.replace("shipping", "发货"),
    "an exponent": lambda text: re.sub(r'"quantity":[^,}]+', '"quantity":1e40', text),
    "less than nothing": lambda text: re.sub(r'"quantity":', '"quantity":-', text),
    "one thing twice": lambda text: re.sub(r'((?:EPCs|[eE][pP][cC]List)":\[)("[^"]*")', r"\1\2,\2", text),
    "no parent": lambda text: re.sub(r'"parentID":"[^"]*",', "", text),
    "no children": lambda text: re.sub(r'"childEPCs":\[[^\]]*\]', '"childEPCs":[]', text),
    "nothing made": lambda text: re.sub(r'"output(EPC|Quantity)List":\[[^\]]*\]', r'"output\1List":[]', text),
    "no outputs": lambda text: re.sub(r',"output\w+":\[[^\]]*\]', "", text),
    "a thing that is no URI": lambda text: text.replace("urn:epc:id:sgtin:", "urn:x: "),
    "a place that is no URI": lambda text: text.replace("urn:epc:id:sgln:", "urn:x:<"),
    "a class for a thing": lambda text: text.replace("urn:epc:id:sgtin:", "urn:epc:class:lgtin:"),
    "a thing for a class": lambda text: text.replace("urn:epc:class:lgtin:", "urn:epc:id:sgtin:"),
    "a private thing": lambda text: text.replace("urn:epc:id:sgtin:", "urn:x:"),
    "a private place": lambda text: text.replace("urn:epc:id:sgln:", "urn:x:"),
    "a prefix": lambda text: text.replace("urn:epc:id:sgln:", "ex:").replace("urn:uuid:", "ex:"),
    "a unit without amount": lambda text: re.sub(r'"quantity":[^,}]+,', "", text),
    "no number": lambda text: re.sub(r'"quantity":[^,}]+', '"quantity":NaN', text),
    "leading zeros": lambda text: re.sub(r'"quantity":', '"quantity":0', text),
    "a comma too many": lambda text: text.replace("}", ",}", 1),
    "another field": lambda text: text.replace('"eventTime"', '"eventtime":1,"eventTime"', 1),
    "an extension": lambda text: text.replace('"eventTime"', '"ex:note":[1.50,"a"],"eventTime"', 1),
    "deep": lambda text: text.replace('"eventTime"', f'"ex:a":{"[" * 70}{"]" * 70},"eventTime"', 1),
}
HEAD = '"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-03-02T09:00:00Z"'
CONTEXT = '"@context":"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"'
OWN = '"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"ex":"https://example.com/"}]'
ENVELOPES = {
    "plain": f'{{{CONTEXT},{HEAD},"epcisBody":{{"eventList":[%s]}}}}',
    "a list": f'{{"@context":[{CONTEXT[11:]}],{HEAD},"epcisBody":{{"eventList":[%s]}}}}',
    "own prefixes": f'{{{OWN},{HEAD},"epcisBody":{{"eventList":[%s]}}}}',
    "another's context": f'{{"@context":["https://example.com/c.jsonld"],{HEAD},"epcisBody":{{"eventList":[%s]}}}}',
    "a member twice": f'{{{CONTEXT},{HEAD},"schemaVersion":"2.0","epcisBody":{{"eventList":[%s]}}}}',
    "two lists": f'{{{CONTEXT},{HEAD},"epcisBody":{{"eventList":[],"eventList":[%s]}}}}',
    "two bodies": f'{{{CONTEXT},{HEAD},"epcisBody":{{"eventList":[]}},"epcisBody":{{"eventList":[%s]}}}}',
    "a header": f'{{{CONTEXT},{HEAD},"epcisHeader":{{}},"epcisBody":{{"eventList":[%s]}}}}',
    "an old version": f'{{{CONTEXT},{HEAD.replace("2.0", "1.2")},"epcisBody":{{"eventList":[%s]}}}}',
    "no day": f'{{{CONTEXT},{HEAD.replace("2026-03-02", "2026-02-30")},"epcisBody":{{"eventList":[%s]}}}}',
    "something behind": f'{{{CONTEXT},{HEAD},"epcisBody":{{"eventList":[%s]}}}}]',
    "a NUL": f'{{"@context":["https://ref.gs1.org/{chr(92)}u0000"],{HEAD},"epcisBody":{{"eventList":[%s]}}}}',
    "an escape": f'{{{CONTEXT},{HEAD.replace("EPCIS", chr(92) + "u0045PCIS")},"epcisBody":{{"eventList":[%s]}}}}',
    "cut": f'{{{CONTEXT},{HEAD},"epcisBody":{{"eventList":[%s]}}',
}


def said_of(document: bytes) -> object:
    try:
        return epcis.read(document)
    except epcis.DocumentError as wrong:
        return wrong.rule, wrong.path, wrong.message


def judged_alike(document: bytes) -> None:
    short = said_of(document)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonread, "_plain", lambda *_: None)
        assert said_of(document) == short


@given(
    st.lists(st.tuples(ANY, st.sampled_from([*["nothing"] * 10, *SPOILT])), max_size=4),
    st.sampled_from([*["plain"] * 10, *ENVELOPES]),
)
@settings(max_examples=400)
def test_a_document_is_read_alike_both_ways(made: list[tuple[dict[str, Any], str]], envelope: str) -> None:
    texts = [SPOILT[how](write(data).decode()) for data, how in made]
    judged_alike((ENVELOPES[envelope] % ",".join(texts)).encode())


@pytest.mark.long
@settings(max_examples=20_000)
@given(
    st.lists(st.tuples(ANY, st.sampled_from([*["nothing"] * 10, *SPOILT])), max_size=4),
    st.sampled_from([*["plain"] * 10, *ENVELOPES]),
)
def test_alike_of_very_many_documents(made: list[tuple[dict[str, Any], str]], envelope: str) -> None:
    test_a_document_is_read_alike_both_ways.hypothesis.inner_test(made, envelope)


GOOD = {
    "ObjectEvent": {"action": "ADD", "epcList": ["urn:epc:id:sgtin:9506000.113435.1", "https://id.gs1.org/01/19506000134359/21/2"]},
    "AggregationEvent": {"action": "ADD", "parentID": "urn:epc:id:sscc:9506000.1234567890", "childEPCs": ["urn:epc:id:sgtin:9506000.113435.1"]},
    "AssociationEvent": {"action": "OBSERVE", "parentID": "urn:epc:id:grai:9506000.00001.1", "childEPCs": ["urn:epc:id:sgtin:9506000.113435.1"]},
    "TransformationEvent": {
        "inputQuantityList": [{"epcClass": "urn:epc:class:lgtin:9506000.013435.L1", "quantity": Decimal("12.50"), "uom": "KGM"}],
        "outputQuantityList": [{"epcClass": "urn:epc:class:lgtin:9506000.013435.L2", "quantity": Decimal(3)}, {"epcClass": "urn:epc:class:lgtin:9506000.013435.L3"}],
        "outputEPCList": ["urn:epc:id:sgtin:9506000.113435.1"],
    },
}  # fmt: skip
REST = {
    "eventTime": "2026-03-02T08:30:00.5+08:00",
    "eventTimeZoneOffset": "+08:00",
    "eventID": "urn:uuid:00000000-0000-4000-8000-000000000001",
    "bizStep": "packing",
    "disposition": "in_progress",
    "readPoint": {"id": "urn:epc:id:sgln:9506000.00001.0"},
    "bizLocation": {"id": "urn:epc:id:sgln:9506000.00002.0"},
}


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("how", SPOILT)
def test_every_fault_of_every_type_is_judged_alike(kind: str, how: str) -> None:
    text = SPOILT[how](write({"type": kind, **REST, "bizStep": "shipping", **GOOD[kind]}).decode())
    judged_alike((ENVELOPES["plain"] % text).encode())
    judged_alike((ENVELOPES["own prefixes"] % text).encode())


@pytest.mark.parametrize("kind", GOOD)
@given(leave=st.sets(st.sampled_from([name for name in REST if not name.startswith("eventTime")])))
@example(leave=set())
def test_what_is_plain_takes_the_short_way(kind: str, leave: set[str]) -> None:
    """Without it the other tests could compare the long way with itself."""
    data = {"type": kind, **{name: one for name, one in REST.items() if name not in leave}, **GOOD[kind]}
    raw = write(data)
    one = plain_event(raw, {})
    assert one is not None
    assert one.is_plain
    assert one.raw == raw
    assert one.data == json.loads(raw, parse_float=Decimal, parse_int=Decimal)


@given(st.lists(PLAINLY, min_size=1, max_size=4))
def test_a_plain_event_has_the_same_marks_both_ways(made: list[dict[str, Any]]) -> None:
    for one in [plain_event(write(data), {}) for data in made]:
        if one is not None:
            quantities = (*one.quantities, *one.child_quantities, *one.input_quantities, *one.output_quantities)
            texts = [
                *one.epcs,
                *one.child_epcs,
                *one.input_epcs,
                *one.output_epcs,
                *([one.parent_id] if one.parent_id else []),
            ]
            things = [codes.parse_epc(text) for text in (*texts, *(each.epc_class for each in quantities))]
            assert plain_marks(things) == event_marks(one)


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_every_envelope_is_judged_alike(envelope: str) -> None:
    texts = [write({"type": kind, **REST, **GOOD[kind]}).decode() for kind in GOOD]
    judged_alike((ENVELOPES[envelope] % ",".join(texts)).encode())
    judged_alike((ENVELOPES[envelope] % "").encode())


def test_many_events_that_are_not_plain_are_not_tried_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    monkeypatch.setattr(jsonread, "plain_event", lambda raw, _: tried.append(raw))
    texts = [write({"type": "ObjectEvent", **REST, **GOOD["ObjectEvent"]}).decode()] * 100
    assert len(epcis.read((ENVELOPES["plain"] % ",".join(texts)).encode()).events) == 100
    assert len(tried) < 20
