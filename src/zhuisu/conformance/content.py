"""Points 13 to 25: what an event may and must hold."""

from typing import Any

from .data import NAMESPACE, document
from .run import Run
from .table import check, point

FOREIGN_SECONDS = 1.0  # within which a declaration of another would be seen: the run's own are seen sooner


@point(13, "Times have a zone, the offset comes back as sent", "EPCIS 2.0 §7.4.1, eventTime, eventTimeZoneOffset")
def times(run: Run) -> str:
    make = run.make
    for offset in ("+05:30", "-04:00", "+14:00", "+00:00"):
        event = make.event(eventTimeZoneOffset=offset)
        run.keep(event)
        said = run.seen(event["eventID"])[0].get("eventTimeZoneOffset")
        check(said == offset, f"the offset {offset} came back as {said}")
    run.must_refuse(
        a_time_without_zone=make.event(eventTime="2026-01-01T00:00:00"),
        no_time=make.event(eventTime=None),
        no_offset=make.event(eventTimeZoneOffset=None),
        the_offset_Z=make.event(eventTimeZoneOffset="Z"),
        an_offset_beyond_fourteen_hours=make.event(eventTimeZoneOffset="+14:30"),
        the_29th_of_February_2023=make.event(eventTime="2023-02-29T00:00:00Z"),
    )
    return "offsets up to 14:00 come back as sent; times without zone and wrong offsets are refused"


@point(14, "action is required, but on transformations", "EPCIS 2.0 §7.3.1.1, §7.4.2 to §7.4.6")
def action(run: Run) -> str:
    make = run.make
    run.must_take(a_transformation_without_action=_transformation(run))
    run.must_refuse(
        an_object_event_without_action=make.event(action=None),
        an_aggregation_without_action=_aggregation(run, action=None),
        an_unknown_action=make.event(action="MODIFY"),
        a_transformation_with_action=_transformation(run, action="ADD"),
    )
    return "events without action are refused, a transformation has none"


@point(15, "An object event is about something", "EPCIS 2.0 §7.4.2, Table 7-8")
def something(run: Run) -> str:
    make = run.make
    sensor = [{"sensorReport": [{"type": "Temperature", "value": 4.5, "uom": "CEL"}]}]
    classes = [{"epcClass": make.lot(), "quantity": 5}]
    run.must_take(
        a_class_with_quantity=make.event(epcList=None, quantityList=classes),
        sensor_data_with_a_read_point=make.event(
            epcList=None, sensorElementList=sensor, readPoint={"id": make.place()}
        ),
    )
    run.must_refuse(
        no_item_at_all=make.event(epcList=None),
        empty_lists=make.event(epcList=[], quantityList=[]),
        sensor_data_of_nothing_nowhere=make.event(epcList=None, sensorElementList=sensor),
    )
    return "items, classes, or sensor data at a place; otherwise refused"


@point(16, "parentID of aggregations and associations", "EPCIS 2.0 §7.4.3, §7.4.6")
def parents(run: Run) -> str:
    run.must_take(
        an_aggregation_observed_without_parent=_aggregation(run, action="OBSERVE", parentID=None),
        a_disaggregation_of_all_children=_aggregation(run, action="DELETE", childEPCs=None),
        an_association=_aggregation(run, "AssociationEvent"),
    )
    run.must_refuse(
        an_aggregation_ADD_without_parent=_aggregation(run, parentID=None),
        an_aggregation_DELETE_without_parent=_aggregation(run, action="DELETE", parentID=None),
        an_association_ADD_without_parent=_aggregation(run, "AssociationEvent", parentID=None),
    )
    return "ADD and DELETE need a parent; OBSERVE may do without; DELETE without children is taken"


@point(17, "Inputs and outputs of a transformation", "EPCIS 2.0 §7.4.5, transformationID")
def transformations(run: Run) -> str:
    joint = f"urn:uuid:{run.make.event_id()[9:]}"
    run.must_take(
        inputs_and_outputs=_transformation(run),
        inputs_alone_with_a_transformationID=_transformation(run, outputEPCList=None, transformationID=joint),
        outputs_alone_with_the_same_transformationID=_transformation(run, inputEPCList=None, transformationID=joint),
    )
    run.must_refuse(
        inputs_alone=_transformation(run, outputEPCList=None),
        outputs_alone=_transformation(run, inputEPCList=None),
    )
    return "one side alone needs a transformationID"


@point(18, "ILMD only where something begins", "EPCIS 2.0 §7.3.7, Table 7-8, Table 7-13")
def ilmd(run: Run) -> str:
    facts = {"ilmd": {"ex:variety": "round"}}
    run.must_take(
        an_ADD_with_ILMD=run.make.event(action="ADD", bizStep="commissioning", **facts),
        a_transformation_with_ILMD=_transformation(run, **facts),
    )
    run.must_refuse(
        an_OBSERVE_with_ILMD=run.make.event(**facts),
        a_DELETE_with_ILMD=run.make.event(action="DELETE", **facts),
        an_aggregation_with_ILMD=_aggregation(run, **facts),
    )
    return "taken on object events with ADD and on transformations, refused elsewhere"


@point(19, "Persistent dispositions do not contradict themselves", "EPCIS 2.0 §7.3.6.2.2")
def dispositions(run: Run) -> str:
    run.must_take(one_set_one_unset=run.make.event(persistentDisposition={"set": ["recalled"], "unset": ["damaged"]}))
    run.must_refuse(
        the_same_set_and_unset=run.make.event(persistentDisposition={"set": ["recalled"], "unset": ["recalled"]}),
        the_same_in_two_spellings=run.make.event(
            persistentDisposition={"set": ["recalled"], "unset": ["https://ref.gs1.org/cbv/Disp-recalled"]}
        ),
        another_key=run.make.event(persistentDisposition={"toggle": ["recalled"]}),
    )
    return "set and unset of one disposition are refused, also in two spellings"


@point(20, "certificationInfo is one URI or several", "EPCIS 2.0 §7.4.1, certificationInfo")
def certificates(run: Run) -> str:
    one, two = (f"{NAMESPACE}certificate/{run.make.next()}" for _ in range(2))
    for given, wanted in ((one, {one}), ([one, two], {one, two})):
        event = run.make.event(certificationInfo=given)
        run.keep(event)
        said = run.seen(event["eventID"])[0].get("certificationInfo")
        held = {said} if isinstance(said, str) else set(said or [])
        check(held == wanted, f"certificationInfo {given} came back as {said}")
    run.must_refuse(
        a_certificate_that_is_no_URI=run.make.event(certificationInfo="certificate 7"),
        a_list_with_one_that_is_no_URI=run.make.event(certificationInfo=[one, "certificate 7"]),
    )
    return "one or a list, back as sent; what is no URI is refused"


@point(21, "Quantities and their units", "EPCIS 2.0 §7.3.3.3; UN/ECE Recommendation 20")
def quantities(run: Run) -> str:
    def of(**element: Any) -> dict[str, Any]:
        whole = {"epcClass": run.make.lot(), "quantity": 2.5, "uom": "KGM"} | element
        held = {name: value for name, value in whole.items() if value is not None}
        return run.make.event(epcList=None, quantityList=[held])

    run.must_take(kilograms=of(), a_count=of(quantity=3, uom=None), an_unknown_quantity=of(quantity=None, uom=None))
    run.must_refuse(
        a_negative_quantity=of(quantity=-1),
        nothing_of_it=of(quantity=0),
        a_unit_in_small_letters=of(uom="kgm"),
        a_unit_without_quantity=of(quantity=None),
        a_quantity_without_class=of(epcClass=None),
        a_quantity_as_text=of(quantity="2.5"),
    )
    return "positive numbers in units of Recommendation 20, of a class"


@point(22, "Sensor reports say what and how much", "EPCIS 2.0 §7.3.7.4; CBV 2.0 §7.7")
def sensors(run: Run) -> str:
    def of(**report: Any) -> dict[str, Any]:
        whole = {"type": "Temperature", "value": 4.5, "uom": "CEL"} | report
        held = {name: value for name, value in whole.items() if value is not None}
        return run.make.event(sensorElementList=[{"sensorReport": [held]}])

    run.must_take(degrees_Celsius=of(), a_range=of(value=None, minValue=1, maxValue=6))
    run.must_refuse(
        a_report_without_type=of(type=None),
        a_report_without_any_value=of(value=None, uom=None),
        a_temperature_in_kilograms=of(uom="KGM"),
        a_start_after_the_end=run.make.event(
            sensorElementList=[
                {
                    "sensorMetadata": {"startTime": "2026-01-02T00:00:00Z", "endTime": "2026-01-01T00:00:00Z"},
                    "sensorReport": [{"type": "Temperature", "value": 4.5, "uom": "CEL"}],
                }
            ]
        ),
    )
    return "type, a value, a unit that fits the type, a period in order"


@point(23, "Sources, destinations and business transactions", "EPCIS 2.0 §7.3.6.3, §7.3.6.4; CBV 2.0 §7.3, §7.4")
def parties(run: Run) -> str:
    make, party = run.make, f"urn:epc:id:pgln:9521234.{12345}"
    order = f"urn:epc:id:gdti:9521234.12345.{run.make.next()}"
    run.must_take(
        a_source_and_a_destination=make.event(
            sourceList=[{"type": "owning_party", "source": party}],
            destinationList=[{"type": "possessing_party", "destination": party}],
        ),
        a_transaction_without_type=make.event(bizTransactionList=[{"bizTransaction": order}]),
        a_transaction_with_type=make.event(bizTransactionList=[{"type": "po", "bizTransaction": order}]),
    )
    run.must_refuse(
        a_source_without_type=make.event(sourceList=[{"source": party}]),
        a_destination_without_type=make.event(destinationList=[{"destination": party}]),
        a_source_that_is_no_URI=make.event(sourceList=[{"type": "owning_party", "source": "the farm"}]),
        a_transaction_that_is_no_URI=make.event(bizTransactionList=[{"type": "po", "bizTransaction": "order 7"}]),
    )
    return "a source or destination needs a type, a transaction does not"


@point(24, "Error declarations stand beside the original", "EPCIS 2.0 §7.4.1.2 to §7.4.1.4")
def declarations(run: Run) -> str:
    make = run.make
    event = make.event()
    run.keep(event)
    reason = {"declarationTime": make.when, "reason": "incorrect_data", "correctiveEventIDs": [make.event_id()]}
    run.must_refuse(
        a_declaration_without_time=event | {"errorDeclaration": {"reason": "incorrect_data"}},
        a_declaration_with_a_reason_that_is_no_word=event
        | {"errorDeclaration": {"declarationTime": make.when, "reason": "not so"}},
        a_declaration_over_other_content=event | {"bizStep": "receiving", "errorDeclaration": reason},
    )
    if run.other:
        # Another organisation may have an event of this id too; beside this one it must not stand.
        run.other.post("capture", document(event | {"errorDeclaration": reason}))
        for _ in run.waiting(FOREIGN_SECONDS):
            check(len(run.find(EQ_eventID=event["eventID"])) == 1, "another organisation declared the event wrong")
    run.must_take(a_declaration=event | {"errorDeclaration": reason})
    both = run.seen(event["eventID"], times=2)
    check(len(both) == 2, f"original and declaration wanted, {len(both)} events found")
    check(sum("errorDeclaration" in one for one in both) == 1, "not exactly one of the two is a declaration")
    return "faulty declarations change nothing; a good one is found beside the original"


@point(25, "Extensions have a declared namespace", "EPCIS 2.0 §9.2, §7.2; JSON-LD 1.1 §4.1")
def extensions(run: Run) -> str:
    make = run.make
    event = make.event(**{"ex:note": "shade"})
    run.keep(event)
    held = run.seen(event["eventID"])[0]
    names = ("ex:note", f"{NAMESPACE}note")
    check(any(held.get(name) == "shade" for name in names), "an extension does not come back")
    run.must_refuse(an_undeclared_prefix=make.event(**{"nowhere:note": "shade"}), no_prefix=make.event(note="shade"))
    twice = document(make.event(**{"ex:note": "shade"})).replace(
        b'{"ex": ', b'{"ex": "https://example.org/other/", "ex": ', 1
    )
    check(not run.takes_document(twice), "captured although wrong: one prefix declared twice with two meanings")
    return "declared ones come back; undeclared and doubly declared prefixes are refused"


def _aggregation(run: Run, kind: str = "AggregationEvent", /, **fields: Any) -> dict[str, Any]:
    parent = f"urn:epc:id:grai:9521234.12345.{run.make.next()}"
    return run.make.event(kind, **{"action": "ADD", "parentID": parent, "childEPCs": [run.make.thing()], **fields})


def _transformation(run: Run, **fields: Any) -> dict[str, Any]:
    given = {"inputEPCList": [run.make.thing()], "outputEPCList": [run.make.thing()], "bizStep": "commissioning"}
    return run.make.event("TransformationEvent", **{**given, **fields})
