"""What an event may say and what makes the reader refuse it (EPCIS 2.0 §7.4), one fault at a time."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from zhuisu import epcis

KINDS = ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_event_of_every_type_is_read(made, kind):
    event = made.event(made.samples[kind])
    assert event.type == kind
    assert not event.warnings
    assert json.loads(event.raw) == made.samples[kind]


def test_everything_is_lifted_out(made):
    event = made.event(made.sample(ilmd={"cbvmda:lotNumber": "7", "ex:farm": {"ex:pen": [1, 2]}}, action="ADD"))
    assert event.event_time == datetime(2026, 3, 2, 0, 30, 0, 500000, UTC)
    assert event.event_time_text == "2026-03-02T08:30:00.5+08:00"
    assert event.event_time_zone_offset == "+08:00"
    assert event.epcs == tuple(f"https://id.gs1.org/01/{made.gtin}/21/A{n}" for n in range(3))
    assert event.quantities == (epcis.Quantity(f"https://id.gs1.org/01/{made.gtin}/10/L1", Decimal("12.5"), "KGM"),)
    assert (event.biz_step, event.disposition) == ("shipping", "in_transit")
    assert event.read_point == event.biz_location == f"https://id.gs1.org/414/{made.gln}"
    assert event.biz_transactions == (("po", "https://buyer.example/po/1"), (None, "urn:x:2"))
    assert event.sources == (("owning_party", f"https://id.gs1.org/417/{made.gln}"),)
    assert event.ilmd == {
        "{urn:epcglobal:cbv:mda:}lotNumber": "7",
        "{https://ns.example/}farm": {"{https://ns.example/}pen": [Decimal(1), Decimal(2)]},
    }
    assert event.extensions == {
        "{https://ns.example/}vehicle": {
            "{https://ns.example/}plate": "T-100",
            "{https://ns.example/}axles": Decimal(3),
            "{https://ns.example/}checked": True,
        }
    }


@pytest.mark.parametrize(
    "written",
    [
        "shipping",
        "cbv:BizStep-shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "urn:epcglobal:cbv:bizstep:shipping",
    ],
)
def test_a_vocabulary_word_is_the_same_in_every_form(made, written):
    assert made.event(made.sample(bizStep=written)).biz_step == "shipping"


def test_a_word_of_another_vocabulary_stays_a_uri(made):
    assert (
        made.event(made.sample(bizStep="https://ns.example/steps/salting")).biz_step
        == "https://ns.example/steps/salting"
    )
    assert made.event(made.sample(bizStep="ex:salting")).biz_step == "https://ns.example/salting"


FAULTS = [
    ("ObjectEvent", {"eventTime": "2026-03-02T08:30:00"}, "eventTime", "time"),
    ("ObjectEvent", {"eventTime": "2026-03-02T24:00:00Z"}, "eventTime", "time"),
    ("ObjectEvent", {"eventTime": "2026-03-02T08:30:60Z"}, "eventTime", "time"),
    ("ObjectEvent", {"eventTime": "2026-02-30T08:30:00Z"}, "eventTime", "time"),
    ("ObjectEvent", {"eventTime": "0001-01-01T00:00:00+08:00"}, "eventTime", "time"),
    ("ObjectEvent", {"eventTime": "9999-12-31T23:59:59.9999Z"}, "eventTime", "time"),
    ("ObjectEvent", {"eventTime": "٢٠٢٦-03-02T08:30:00Z"}, "eventTime", "time"),
    ("ObjectEvent", {"eventTime": 1772411400}, "eventTime", "wrong-type"),
    ("ObjectEvent", {"eventTime": ["2026-03-02T08:30:00Z"]}, "eventTime", "wrong-type"),
    ("ObjectEvent", {"eventTimeZoneOffset": "Z"}, "eventTimeZoneOffset", "time-zone"),
    ("ObjectEvent", {"eventTimeZoneOffset": "+8:00"}, "eventTimeZoneOffset", "time-zone"),
    ("ObjectEvent", {"eventTimeZoneOffset": "+14:30"}, "eventTimeZoneOffset", "time-zone"),
    ("ObjectEvent", {"eventTimeZoneOffset": "+08:00\n"}, "eventTimeZoneOffset", "time-zone"),
    ("ObjectEvent", {"action": "add"}, "action", "action"),
    ("ObjectEvent", {"action": ["ADD"]}, "action", "wrong-type"),
    ("ObjectEvent", {"epcList": "urn:x:1"}, "epcList", "wrong-type"),
    ("ObjectEvent", {"epcList": [1]}, "epcList[0]", "wrong-type"),
    ("ObjectEvent", {"epcList": [None]}, "epcList[0]", "wrong-type"),
    ("ObjectEvent", {"epcList": ["not a uri"]}, "epcList[0]", "uri"),
    ("ObjectEvent", {"epcList": ["urn:x:a b"]}, "epcList[0]", "uri"),
    ("ObjectEvent", {"epcList": ["urn:x:%zz"]}, "epcList[0]", "uri"),
    ("ObjectEvent", {"epcList": ["urn:epc:idpat:sgtin:9520000.000001.*"]}, "epcList[0]", "class-in-epc-list"),
    ("ObjectEvent", {"epcList": ["urn:epc:class:lgtin:9520000.000001.L"]}, "epcList[0]", "class-in-epc-list"),
    ("ObjectEvent", {"epcList": ["urn:x:1", "urn:x:1"]}, "epcList[1]", "duplicate-item"),
    ("ObjectEvent", {"quantityList": [{"epcClass": "urn:epc:id:sgtin:9520000.000001.7"}]}, "quantityList[0].epcClass", "instance-as-class"),
    ("ObjectEvent", {"quantityList": [{"quantity": 3}]}, "quantityList[0].epcClass", "required"),
    ("ObjectEvent", {"quantityList": [{"epcClass": "urn:x:1", "quantity": -3}]}, "quantityList[0].quantity", "quantity"),
    ("ObjectEvent", {"quantityList": [{"epcClass": "urn:x:1", "quantity": 0}]}, "quantityList[0].quantity", "quantity"),
    ("ObjectEvent", {"quantityList": [{"epcClass": "urn:x:1", "quantity": "3"}]}, "quantityList[0].quantity", "wrong-type"),
    ("ObjectEvent", {"quantityList": [{"epcClass": "urn:x:1", "quantity": 3, "uom": "kgm"}]}, "quantityList[0].uom", "uom"),
    ("ObjectEvent", {"quantityList": [{"epcClass": "urn:x:1", "uom": "KGM"}]}, "quantityList[0].uom", "uom-without-quantity"),
    ("ObjectEvent", {"quantityList": [{"epcClass": "urn:x:1", "amount": 3}]}, "quantityList[0].amount", "unknown-field"),
    ("ObjectEvent", {"quantityList": [[]]}, "quantityList[0]", "wrong-type"),
    ("ObjectEvent", {"quantityList": {"epcClass": "urn:x:1"}}, "quantityList", "wrong-type"),
    ("ObjectEvent", {"bizStep": "salting"}, "bizStep", "vocabulary"),
    ("ObjectEvent", {"bizStep": "https://ref.gs1.org/cbv/BizStep-shiping"}, "bizStep", "vocabulary"),
    ("ObjectEvent", {"bizStep": "urn:epcglobal:cbv:bizstep:shiping"}, "bizStep", "vocabulary"),
    ("ObjectEvent", {"bizStep": "urn:epcglobal:cbv:disp:active"}, "bizStep", "vocabulary"),
    ("ObjectEvent", {"bizStep": {"id": "shipping"}}, "bizStep", "wrong-type"),
    ("ObjectEvent", {"bizStep": ""}, "bizStep", "empty-text"),
    ("ObjectEvent", {"bizStep": "8:salting"}, "bizStep", "uri"),
    ("ObjectEvent", {"disposition": "shipping"}, "disposition", "vocabulary"),
    ("ObjectEvent", {"readPoint": "urn:x:1"}, "readPoint", "wrong-type"),
    ("ObjectEvent", {"readPoint": {}}, "readPoint.id", "required"),
    ("ObjectEvent", {"readPoint": {"id": "urn:x:1", "name": "dock"}}, "readPoint.name", "unknown-field"),
    ("ObjectEvent", {"bizTransactionList": [{"type": "po"}]}, "bizTransactionList[0].bizTransaction", "required"),
    ("ObjectEvent", {"bizTransactionList": [{"type": "order", "bizTransaction": "urn:x:1"}]}, "bizTransactionList[0].type", "vocabulary"),
    ("ObjectEvent", {"sourceList": [{"source": "urn:x:1"}]}, "sourceList[0].type", "required"),
    ("ObjectEvent", {"destinationList": [{"type": "owner", "destination": "urn:x:1"}]}, "destinationList[0].type", "vocabulary"),
    ("ObjectEvent", {"ilmd": {"cbvmda:lotNumber": "1"}}, "ilmd", "ilmd-place"),
    ("ObjectEvent", {"action": "ADD", "ilmd": {"lotNumber": "1"}}, "ilmd.lotNumber", "unknown-field"),
    ("ObjectEvent", {"action": "ADD", "ilmd": ["1"]}, "ilmd", "wrong-type"),
    ("ObjectEvent", {"farm": "x"}, "farm", "unknown-field"),
    ("ObjectEvent", {"nobody:farm": "x"}, "nobody:farm", "undeclared-prefix"),
    ("ObjectEvent", {"ex:farm": {"nobody:pen": 1}}, "ex:farm", "undeclared-prefix"),
    ("ObjectEvent", {"childEPCs": ["urn:x:1"]}, "childEPCs", "unknown-field"),
    ("ObjectEvent", {"eventID": "no uri"}, "eventID", "uri"),
    ("ObjectEvent", {"eventID": 7}, "eventID", "wrong-type"),
    ("ObjectEvent", {"errorDeclaration": {"reason": "incorrect_data"}}, "errorDeclaration.declarationTime", "required"),
    ("ObjectEvent", {"errorDeclaration": {"declarationTime": "yesterday"}}, "errorDeclaration.declarationTime", "time"),
    ("ObjectEvent", {"errorDeclaration": {"declarationTime": "2026-03-02T08:30:00Z", "reason": "typo"}}, "errorDeclaration.reason", "vocabulary"),
    ("ObjectEvent", {"errorDeclaration": {"declarationTime": "2026-03-02T08:30:00Z", "correctiveEventIDs": "urn:x:1"}}, "errorDeclaration.correctiveEventIDs", "wrong-type"),
    ("ObjectEvent", {"certificationInfo": "a certificate"}, "certificationInfo[0]", "uri"),
    ("ObjectEvent", {"persistentDisposition": {}}, "persistentDisposition", "required"),
    ("ObjectEvent", {"persistentDisposition": {"set": []}}, "persistentDisposition.set", "empty-list"),
    ("ObjectEvent", {"persistentDisposition": {"set": ["recalled"], "unset": ["recalled"]}}, "persistentDisposition", "disposition-clash"),
    ("ObjectEvent", {"persistentDisposition": {"set": ["recalled", "cbv:Disp-recalled"]}}, "persistentDisposition.set[1]", "duplicate-value"),
    ("ObjectEvent", {"sensorElementList": [{}]}, "sensorElementList[0].sensorReport", "required"),
    ("ObjectEvent", {"sensorElementList": [{"sensorReport": []}]}, "sensorElementList[0].sensorReport", "empty-list"),
    ("ObjectEvent", {"sensorElementList": [{"sensorReport": [{"type": "Temperature", "uom": "CEL"}]}]}, "sensorElementList[0].sensorReport[0]", "sensor-value"),
    ("ObjectEvent", {"sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 4.5, "uom": "KGM"}]}]}, "sensorElementList[0].sensorReport[0].uom", "sensor-unit"),
    ("ObjectEvent", {"sensorElementList": [{"sensorReport": [{"type": "gs1:Mass", "value": 4.5, "uom": "P1"}]}]}, "sensorElementList[0].sensorReport[0].uom", "sensor-unit"),
    ("ObjectEvent", {"sensorElementList": [{"sensorReport": [{"value": 3}]}]}, "sensorElementList[0].sensorReport[0].type", "required"),
    ("ObjectEvent", {"sensorElementList": [{"sensorReport": [{"type": "Warmth", "value": 3}]}]}, "sensorElementList[0].sensorReport[0].type", "vocabulary"),
    ("ObjectEvent", {"sensorElementList": [{"sensorReport": [{"type": "Count", "value": "3"}]}]}, "sensorElementList[0].sensorReport[0].value", "wrong-type"),
    ("ObjectEvent", {"sensorElementList": [{"sensorReport": [{"type": "Count", "booleanValue": 1}]}]}, "sensorElementList[0].sensorReport[0].booleanValue", "wrong-type"),
    ("ObjectEvent", {"sensorElementList": [{"sensorReport": [{"type": "Count", "hexBinaryValue": "xyz"}]}]}, "sensorElementList[0].sensorReport[0].hexBinaryValue", "hex"),
    ("ObjectEvent", {"sensorElementList": [{"sensorMetadata": {"startTime": "2026-03-02T09:00:00Z", "endTime": "2026-03-02T08:00:00Z"}, "sensorReport": [{"type": "Count", "value": 3}]}]}, "sensorElementList[0].sensorMetadata.endTime", "time-order"),
    ("ObjectEvent", {"sensorElementList": [{"sensorReport": [{"type": "https://gs1.org/voc/Warmth", "value": 3}]}]}, "sensorElementList[0].sensorReport[0].type", "vocabulary"),
    ("AggregationEvent", {"parentID": "urn:epc:idpat:sgtin:9520000.000001.*"}, "parentID", "class-in-epc-list"),
    ("AggregationEvent", {"ilmd": {"cbvmda:lotNumber": "1"}}, "ilmd", "ilmd-place"),
    ("AggregationEvent", {"epcList": ["urn:x:1"]}, "epcList", "unknown-field"),
    ("TransformationEvent", {"action": "ADD"}, "action", "action-forbidden"),
    ("TransactionEvent", {"bizTransactionList": []}, "bizTransactionList", "empty-list"),
    ("ObjectEvent", {"type": "QuantityEvent"}, "type", "event-type"),
    ("ObjectEvent", {"type": 5}, "type", "event-type"),
    ("ObjectEvent", {"type": ["ObjectEvent"]}, "type", "event-type"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "changes", "path", "rule"), FAULTS, ids=[f"{one[2]}-{one[3]}-{n}" for n, one in enumerate(FAULTS)]
)
def test_one_fault_is_named_by_place_and_rule(made, kind, changes, path, rule):
    assert (path, rule) in made.rules({**made.samples[kind], **changes})


MISSING = [
    ("ObjectEvent", ("eventTime",), "eventTime"),
    ("ObjectEvent", ("eventTimeZoneOffset",), "eventTimeZoneOffset"),
    ("ObjectEvent", ("action",), "action"),
    ("ObjectEvent", ("type",), "type"),
    ("ObjectEvent", ("epcList", "quantityList", "readPoint"), "epcList"),
    ("AggregationEvent", ("parentID",), "parentID"),
    ("AggregationEvent", ("childEPCs", "childQuantityList"), "childEPCs"),
    ("AssociationEvent", ("parentID",), "parentID"),
    ("AssociationEvent", ("childEPCs", "childQuantityList"), "childEPCs"),
    ("TransactionEvent", ("bizTransactionList",), "bizTransactionList"),
    ("TransactionEvent", ("epcList",), "epcList"),
    ("TransformationEvent", ("inputQuantityList", "transformationID"), "inputEPCList"),
    ("TransformationEvent", ("outputEPCList", "transformationID"), "outputEPCList"),
    ("TransformationEvent", ("inputQuantityList", "outputEPCList"), "inputEPCList"),
]


@pytest.mark.parametrize(("kind", "without", "path"), MISSING)
def test_what_must_be_there(made, kind, without, path):
    assert path in {place for place, _ in made.rules(made.sample(kind, without=without))}


@pytest.mark.parametrize(
    ("kind", "without", "changes"),
    [
        ("ObjectEvent", ("epcList", "quantityList"), {}),  # sensor data at a read point
        ("ObjectEvent", ("epcList",), {}),
        ("AggregationEvent", ("parentID",), {"action": "OBSERVE"}),
        ("AggregationEvent", ("childEPCs", "childQuantityList"), {"action": "DELETE"}),
        ("AssociationEvent", ("childEPCs", "childQuantityList"), {"action": "DELETE"}),
        ("TransactionEvent", ("epcList",), {"action": "DELETE"}),
        ("TransformationEvent", ("inputQuantityList",), {}),  # joined by its transformationID
        ("TransformationEvent", ("transformationID",), {}),
    ],
)
def test_what_may_be_left_out(made, kind, without, changes):
    made.event(made.sample(kind, without=without, **changes))


@pytest.mark.parametrize(
    ("measurement", "uom"), [("Temperature", "FAH"), ("Temperature", "ZZ"), ("Torque", "KGM"), ("urn:x:warmth", "KGM")]
)
def test_units_that_fit_or_that_nobody_knows_are_taken(made, measurement, uom):
    report = {"type": measurement, "value": 4.5, "uom": uom}
    made.event(made.sample(sensorElementList=[{"sensorReport": [report]}]))


def test_an_empty_list_of_items_is_no_item(made):
    assert ("epcList", "what-missing") in made.rules(made.sample(without=("quantityList", "readPoint"), epcList=[]))


def test_one_item_as_urn_and_as_digital_link_is_the_same_item(made):
    twice = [f"https://id.gs1.org/01/{made.gtin}/21/A1", "urn:epc:id:sgtin:9520000.000001.A1"]
    assert made.rules(made.sample(epcList=twice)) == {("epcList[1]", "duplicate-item")}


def test_a_wrong_check_digit_is_named(made):
    wrong = made.gtin[:-1] + str((int(made.gtin[-1]) + 1) % 10)
    assert made.rules(made.sample(epcList=[f"https://id.gs1.org/01/{wrong}/21/1"])) == {("epcList[0]", "check-digit")}


def test_every_fault_of_an_event_is_told_at_once(made):
    found = made.rules(made.sample(action="add", bizStep="salting", eventTime="noon"))
    assert found == {("action", "action"), ("bizStep", "vocabulary"), ("eventTime", "time")}


def test_a_wrong_event_does_not_take_the_others_with_it(made):
    good = made.samples["ObjectEvent"]
    found = made.read(good, made.sample(action="add"), 5, None, [], good)
    assert [type(one).__name__ for one in found] == ["Event", "Refusal", "Refusal", "Refusal", "Refusal", "Event"]
    assert [one.index for one in found if isinstance(one, epcis.Refusal)] == [1, 2, 3, 4]
    assert found[1].event_id == good["eventID"]


def test_every_reason_is_said_in_both_languages(made):
    for kind, changes, _, _ in FAULTS:
        found = made.read({**made.samples[kind], **changes})[0]
        for why in found.reasons:
            assert why.message and why.message_zh and why.message != why.message_zh
            assert "{" not in why.message + why.message_zh


def test_a_declaration_without_event_id_is_taken_with_a_warning(made):
    """EPCIS 2.0 §7.4.1: its eventID is null where that of the event it is about is null."""
    declaration = {
        "declarationTime": "2026-03-03T00:00:00Z",
        "reason": "urn:epcglobal:cbv:er:did_not_occur",
        "ex:who": "x",
    }
    event = made.event(made.sample(without=("eventID",), errorDeclaration=declaration))
    assert event.error_declaration == epcis.ErrorDeclaration(datetime(2026, 3, 3, tzinfo=UTC), "did_not_occur", ())
    assert [why.rule for why in event.warnings] == ["declaration-event-id"]


def test_persistent_disposition_out_of_place_is_only_a_warning(made):
    event = made.event(made.sample("AggregationEvent", persistentDisposition={"set": ["recalled"]}))
    assert [why.rule for why in event.warnings] == ["persistent-disposition-place"]
    assert not made.event(made.sample(persistentDisposition={"set": ["recalled"], "unset": ["active"]})).warnings


def test_a_measurement_that_the_cbv_does_not_list_is_a_curie_and_only_a_warning(made):
    """As the JSON schema has it; what came as XML goes out so, and must be readable here again."""
    report = {"type": "gs1:EffectiveDoseRate", "value": 1}
    event = made.event(made.sample(sensorElementList=[{"sensorReport": [report]}]))
    assert [why.rule for why in event.warnings] == ["vocabulary"]


def test_an_event_may_bring_its_own_prefixes(made):
    event = made.event(made.sample(**{"@context": {"own": "https://own.example/"}}, own__field=1))
    assert event.extensions["{https://own.example/}field"] == 1
    assert event.context["own"] == "https://own.example/"


def test_two_prefixes_of_one_namespace_lose_nothing(made):
    event = made.event(made.sample(**{"@context": {"too": "https://ns.example/"}}, ex__a=1, too__a=[2, 3]))
    assert event.extensions["{https://ns.example/}a"] == [1, 2, 3]


def test_a_key_may_be_a_whole_uri(made):
    assert (
        made.event({**made.sample(), "https://other.example/ns#colour": "red"}).extensions[
            "{https://other.example/ns#}colour"
        ]
        == "red"
    )


def test_record_time_is_not_looked_at(made):
    made.event(made.sample(recordTime="whenever"))


def test_private_identifiers_stay_untouched(made):
    odd = "https://Farm.Example:443/Tier/%7e/ä?x=1#top"
    assert made.event(made.sample(epcList=[odd])).epcs == (odd,)
