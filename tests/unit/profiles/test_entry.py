"""One act as names and values: its columns, what check() says of it, the event it becomes, and the way back."""

from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records import STEPS, TODAY, profile_of, right
from toys import BUYER, LOT, OTHER_LOT, THING, making, selling, toys
from zhuisu import epcis
from zhuisu.profiles import entry
from zhuisu.profiles.judge import Judge

AT = datetime(2027, 1, 1, tzinfo=UTC)
ON = date(2026, 6, 1)


def read_back(made: dict[str, Any]) -> epcis.Event:
    one = epcis.read(entry.encoded(entry.document([made], AT))).events[0]
    assert isinstance(one, epcis.Event), one
    return one


def at_fault(step: str, record: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each.column, each.rule.rpartition(".")[2]) for each in entry.check(toys(), step, record, ON)}


def names(step: str) -> list[str]:
    return [column.name for column in entry.columns(toys(), step)]


def required(step: str) -> set[str]:
    return {column.name for column in entry.columns(toys(), step) if column.required}


def test_the_event_type_decides_the_standard_columns() -> None:
    assert names("sell")[:4] == ["eventTime", "things", "quantity", "unit"]
    assert names("make")[:7] == [
        *("eventTime", "inputs", "inputQuantity", "inputUnit", "outputs", "outputQuantity", "outputUnit"),
    ]
    assert names("pack")[:3] == ["eventTime", "parent", "things"]
    assert "document" in names("vouch")
    assert not {"lotNumber", "itemExpirationDate", "kind"} & set(names("sell"))


def test_what_is_required_follows_from_epcis_and_the_step() -> None:
    assert required("make") == {"eventTime", "inputs", "outputs", "sensor_shelf", "lotNumber", "madeOn", "paint"}
    assert required("sell") == {"eventTime", "things", "buyer", "ticket"}
    assert required("pack") == {"eventTime", "parent", "things"}
    assert required("unpack") == {"eventTime", "parent"}
    assert required("vouch") == {"eventTime", "things", "document"}


def test_a_right_record_is_right() -> None:
    assert not entry.check(toys(), "make", making(), ON)
    assert not entry.check(toys(), "sell", selling(), ON)


WRONG: list[tuple[str, dict[str, Any], set[tuple[str, str]]]] = [
    ("make", making(eventTime=None), {("eventTime", "required")}),
    ("make", making(eventTime="2026-06-02T00:00:00+08:00"), {("eventTime", "future")}),
    ("make", making(eventTime="2026-05-01"), {("eventTime", "type")}),
    ("make", making(inputs=None, inputQuantity=None, inputUnit=None), {("inputs", "required")}),
    ("make", making(inputs="x"), {("inputs", "list")}),
    ("make", making(inputs=["nonsense"]), {("inputs", "scheme")}),
    ("make", making(inputs=[BUYER]), {("inputs", "thing")}),
    ("make", making(inputs=[LOT, LOT]), {("inputs", "twice")}),
    ("make", making(inputs=[LOT, "(01)09520000073206(10)L1"]), {("inputs", "twice")}),
    ("make", making(inputQuantity=[1, 2]), {("inputQuantity", "amounts")}),
    ("make", making(inputQuantity=[0]), {("inputQuantity", "range")}),
    ("make", making(inputQuantity=None, inputUnit=None), {("inputQuantity", "quantity")}),
    ("make", making(inputUnit=["KGM", "KGM"]), {("inputUnit", "units")}),
    ("make", making(inputUnit=["stone"]), {("inputUnit", "choice")}),
    ("make", making(outputUnit=["KGM"]), {("outputUnit", "units")}),
    ("make", making(sensor_shelf=None), {("sensor_shelf", "required")}),
    ("make", making(sensor_shelf=[9]), {("sensor_shelf", "range")}),
    ("make", making(lotNumber=None), {("lotNumber", "required")}),
    ("make", making(itemExpirationDate="soon"), {("itemExpirationDate", "type")}),
    ("make", making(kind="car"), {("kind", "choice")}),
    ("make", making(madeOn="2026-05-02"), {("madeOn", "value")}),
    ("make", making(paint=None), {("paint", "required")}),
    ("make", making(paint="red"), {("lead", "demanded")}),
    ("make", making(parts=Decimal("1.5")), {("parts", "value")}),
    ("make", making(parts="2"), {("parts", "value")}),
    ("make", making(weight="12.5"), {("weight", "value")}),
    ("make", making(nonsense=1), {("nonsense", "undeclared")}),
    ("make", making(answerable="zzz"), {("answerable", "scheme")}),
    ("make", making(place=BUYER), {("place", "scheme")}),
    ("sell", selling(buyer=None), {("buyer", "required")}),
    ("sell", selling(buyer="张三"), {("buyer", "scheme")}),
    ("sell", selling(ticket="x"), {("ticket", "value")}),
    ("pack", {"eventTime": "2026-05-01T08:30:00+08:00", "things": [THING]}, {("parent", "required")}),
    (
        "pack",
        {"eventTime": "2026-05-01T08:30:00+08:00", "things": [THING], "parent": LOT},
        {("parent", "thing")},
    ),
]


@pytest.mark.parametrize(("step", "record", "found"), WRONG)
def test_each_fault_is_found_alone_and_at_its_column(
    step: str, record: dict[str, Any], found: set[tuple[str, str]]
) -> None:
    assert at_fault(step, record) == found


def test_what_is_empty_counts_as_not_said() -> None:
    assert not entry.check(toys(), "make", {**making(), "lead": "", "weight": None, "outputQuantity": []}, ON)


def test_memory_warns_but_what_is_no_value_is_wrong_whatever_the_law_says() -> None:
    (high,) = entry.check(toys(), "make", making(lead=Decimal(99)), ON)
    assert high.severity == "warning"
    (shapeless,) = entry.check(toys(), "make", making(inputQuantity=["much"]), ON)
    assert shapeless.severity == "error"
    (late,) = entry.check(toys(), "make", making(madeOn="2026-05-02"), ON)
    assert (late.severity, late.article and late.article.en) == ("error", "Toy Law, 第一条")


def test_fields_are_judged_by_the_day_of_the_act_and_only_the_act_by_today() -> None:
    act = making(eventTime="2026-05-01T08:30:00+08:00", madeOn="2026-05-01")
    assert not entry.check(toys(), "make", act, date(2026, 5, 1))
    assert {each.column for each in entry.check(toys(), "make", act, date(2026, 4, 30))} == {"eventTime"}


def test_things_go_where_epcis_has_them() -> None:
    record = making(outputs=[THING, OTHER_LOT, LOT], outputQuantity=[2, 3], outputUnit=["KGM", "count"])
    made = entry.event(toys(), "make", record)
    assert made["outputEPCList"] == [THING]
    assert made["outputQuantityList"] == [
        {"epcClass": OTHER_LOT, "quantity": 2, "uom": "KGM"},
        {"epcClass": LOT, "quantity": 3},
    ]
    assert made["ilmd"] == {
        "f:kind": "toys.drum",
        "cbvmda:lotNumber": "L-7",
        "f:madeOn": "2026-04-30",
        "f:paint": "none",
    }
    assert "f:step" not in made


def test_an_event_names_its_step_only_where_another_looks_alike() -> None:
    assert entry.event(toys(), "sell", selling())["f:step"] == "sell"
    assert Judge(toys()).step_of(read_back(entry.event(toys(), "give", selling()))) == "give"
    assert "f:step" not in entry.event(toys(), "pack", {})


def test_codes_are_read_as_people_write_them() -> None:
    written = ["(01)09520000073206(10)L1", "09520000073206/L2", "156110105000001", "urn:epc:id:sgtin:952000.00073206.7"]
    made = entry.event(toys(), "sell", selling(things=written[:3]))
    assert [each["epcClass"] for each in made["quantityList"]] == [LOT, OTHER_LOT]
    assert made["epcList"] == ["urn:zhuisu:cn.livestock_tag15:156110105000001"]


def test_papers_of_one_type_are_told_apart_and_an_address_stays() -> None:
    record = selling(paper_origin=["A/1", "https://example.org/c/1"])
    back = read_back(entry.event(toys(), "sell", record))
    assert {kind for kind, _ in back.biz_transactions} == {"testres", "cert"}
    assert entry.record_of(toys(), "sell", back) == record


def test_the_zone_of_an_event_is_that_of_its_time() -> None:
    assert entry.event(toys(), "sell", selling())["eventTimeZoneOffset"] == "+08:00"
    utc = selling(eventTime="2026-05-02T00:30:00Z")
    assert entry.event(toys(), "sell", utc, zone="+09:00")["eventTimeZoneOffset"] == "+09:00"


def test_who_answers_and_where_stand_in_the_event() -> None:
    record = making(answerable="urn:zhuisu:person:p-1", place="https://id.gs1.org/414/9520000001117")
    back = read_back(entry.event(toys(), "make", record))
    assert back.extensions["{urn:zhuisu:ns:}answerableParty"] == "urn:zhuisu:person:p-1"
    assert entry.record_of(toys(), "make", back) == record


@pytest.mark.parametrize("uom", ["EA", "H87", "C62"])
def test_pieces_are_pieces_however_their_unit_is_written(uom: str) -> None:
    made = entry.event(toys(), "sell", selling(things=[LOT], quantity=[3]))
    made["quantityList"][0]["uom"] = uom
    record = entry.record_of(toys(), "sell", read_back(made))
    assert record["quantity"] == [3]
    assert "unit" not in record


def test_what_xml_says_in_texts_is_a_record_of_values() -> None:
    made = making(weight=Decimal("2.5"), parts=3, wrapped=False)
    one = read_back(entry.event(toys(), "make", made))
    texts = {key: str(value).lower() if isinstance(value, bool | Decimal) else value for key, value in one.ilmd.items()}
    xml = epcis.Event(**{name: getattr(one, name) for name in one.__slots__} | {"ilmd": texts, "raw": b"<x/>"})
    assert entry.record_of(toys(), "make", xml) == made
    assert not [each for each in Judge(toys()).findings(xml, None) if each.rule.endswith(".value")]
    told = epcis.Event(**{name: getattr(one, name) for name in one.__slots__} | {"ilmd": texts})
    assert [each.rule for each in Judge(toys()).findings(told, None)].count("toys.make.weight.value") == 1


def test_a_finding_names_its_column() -> None:
    for path, rule, column in (
        ("ilmd.paint", "toys.make.paint.required", "paint"),
        ("destinationList", "toys.sell.buyer", "buyer"),
        ("quantityList[1].uom", "entry.uom", "unit"),
        ("quantityList[1].epcClass", "entry.uri", "things"),
        ("bizTransactionList", "entry.required", "paper_testres"),
        ("nowhere", "x.y", ""),
    ):
        assert entry.column_at(toys(), "make" if column == "paint" else "sell", path, rule) == column


@pytest.mark.parametrize("step", ["no such"])
def test_a_step_that_does_not_exist_is_an_error(step: str) -> None:
    with pytest.raises(KeyError):
        entry.columns(toys(), step)


@settings(deadline=None, max_examples=60)
@given(number=st.integers(0, 10**6), place=st.integers(0, len(STEPS) - 1))
def test_a_record_becomes_an_event_of_its_step_and_comes_back(number: int, place: int) -> None:
    name, step = STEPS[place]
    profile = profile_of(name)
    record = right(name, step, Random(number))
    one = read_back(entry.event(profile, step, record))
    judge = Judge(profile)
    assert judge.step_of(one) == step
    assert judge.findings(one, None) == ()
    back = entry.record_of(profile, step, one)
    assert not entry.check(profile, step, back, TODAY)
    again = entry.record_of(profile, step, read_back(entry.event(profile, step, back)))
    assert again == back
    kept = {key: value for key, value in record.items() if not key.lower().endswith(("unit", "quantity"))}
    assert {key: back.get(key) for key in kept} == kept


def test_the_last_day_is_asked_for_once() -> None:
    said_by_a_field = {
        (name, step)
        for name, step in STEPS
        for effect in profile_of(name).steps[step].effects
        if effect.state == "expired" and effect.past
    }
    assert said_by_a_field
    for name, step in said_by_a_field:
        asked = {column.name for column in entry.columns(profile_of(name), step)}
        assert "itemExpirationDate" not in asked or "itemExpirationDate" in profile_of(name).fields, (name, step)


def test_two_bounds_of_one_measure_are_one_column_and_its_readings_come_back_once() -> None:
    step = profile_of("imported_food").steps["transport"]
    assert len(step.sensors) == 2
    names_of = [each.name for each in entry.columns(profile_of("imported_food"), "transport") if each.place == "sensor"]
    assert names_of == ["sensor_temperature"]
    made = {"type": "ObjectEvent", "eventTime": "2026-05-01T08:30:00+08:00", "sensor_temperature": [Decimal(-20)]}
    done = entry.event(profile_of("imported_food"), "transport", {**made, "things": [LOT], "quantity": [1]})
    back = entry.record_of(profile_of("imported_food"), "transport", read_back({**done, "f:type": "x"}))
    assert {key: value for key, value in back.items() if key.startswith("sensor_")} == {"sensor_temperature": [-20]}
    at = "sensorElementList[0].sensorReport[0]"
    assert entry.column_at(profile_of("imported_food"), "transport", at, "imported_food.transport.frozen.reading") == (
        "sensor_temperature"
    )


def test_amounts_of_nothing_are_said_to_be_too_many() -> None:
    record = {"eventTime": "2026-05-01T08:30:00+08:00", "parent": THING, "quantity": [5]}
    assert at_fault("unpack", record) == {("quantity", "amounts")}


def test_a_kind_that_the_sector_does_not_have_is_found_in_the_event() -> None:
    made = entry.event(toys(), "make", making())
    made["ilmd"]["f:kind"] = "toys.trumpet"
    found = Judge(toys()).findings(read_back(made), None)
    assert [(each.rule, each.path) for each in found] == [("toys.make.undeclared", "ilmd.kind")]
    made["ilmd"]["f:kind"] = "food.trumpet"  # another sector's word
    assert not Judge(toys()).findings(read_back(made), None)


def test_a_refused_paper_or_reading_names_its_own_column() -> None:
    made = entry.event(toys(), "sell", selling())
    for place, name in enumerate(["paper_testres", "paper_origin", "paper_safety"]):
        path = f"bizTransactionList[{place}].bizTransaction"
        assert entry.column_at(toys(), "sell", path, "entry.uri", made) == name
