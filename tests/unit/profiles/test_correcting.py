"""A correction laid over the event that was recorded: what it says otherwise is changed, and nothing else is lost."""

from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records import STEPS, profile_of, right
from toys import BUYER, LOT, OTHER_LOT, THING, making, selling, toys
from zhuisu import epcis
from zhuisu.profiles import entry

AT = datetime(2027, 1, 1, tzinfo=UTC)
OTHER = "https://id.gs1.org/417/9521141111116"
# What no column holds.
FOREIGN: dict[str, Any] = {
    "readPoint": {"id": "https://id.gs1.org/414/9520000001117"},
    "persistentDisposition": {"set": ["completeness_verified"]},
    "ex:truck": {"ex:plate": "京A12345", "ex:load": Decimal("7.50")},
    "ex:note": "kept",
}
CONTEXT = {"ex": "https://example.org/ns/"}


def read_back(made: dict[str, Any]) -> epcis.Event:
    one = epcis.read(entry.encoded(entry.document([made], AT))).events[0]
    assert isinstance(one, epcis.Event), one
    return one


def entry_names(profile: Any, step: str) -> set[str]:
    return {column.name for column in entry.columns(profile, step)}


def recorded(made: dict[str, Any], **more: Any) -> epcis.Event:
    return read_back({"@context": CONTEXT, "eventID": "urn:uuid:11111111-1111-4111-8111-111111111111", **made, **more})


def laden(made: dict[str, Any]) -> dict[str, Any]:
    """The event with everything that no column holds."""
    made = deepcopy(made) | FOREIGN
    if made["type"] in ("AggregationEvent", "AssociationEvent", "TransactionEvent"):
        del made["persistentDisposition"]
    ends = made.setdefault("destinationList", [])
    ends += [{"type": "owning_party", "destination": OTHER}] if ends else []
    ends.append({"type": "location", "destination": "https://id.gs1.org/414/9520000001117"})
    made.setdefault("sourceList", []).append({"type": "possessing_party", "source": OTHER})
    made.setdefault("bizTransactionList", []).append({"type": "upevt", "bizTransaction": "urn:example:upload:1"})
    for element in made.setdefault("sensorElementList", []):
        element["sensorMetadata"] = {
            "time": "2026-04-30T23:00:00Z",
            "deviceID": "https://id.gs1.org/8004/9521141111116",
        }
    made["sensorElementList"].append(
        {"ex:probe": "left", "sensorReport": [{"type": "Luminance", "value": Decimal("3.20"), "uom": "B60"}]}
    )
    if "ilmd" in made:
        made["ilmd"] = {**made["ilmd"], "ex:shade": "dark"}
    return made


def plain(one: epcis.Event) -> dict[str, Any]:
    """The event as data, without what names the entry and the prefixes."""
    data = msgspec.json.decode(epcis.to_json(one), type=dict[str, Any])
    return {name: value for name, value in data.items() if name not in ("@context", "eventID")}


@settings(deadline=None, max_examples=60)
@given(number=st.integers(0, 10**6), place=st.integers(0, len(STEPS) - 1))
def test_a_correction_changes_what_it_says_and_keeps_the_rest(number: int, place: int) -> None:
    name, step = STEPS[place]
    profile, random = profile_of(name), Random(number)
    old = recorded(laden(entry.event(profile, step, right(name, step, random))))
    was = entry.record_of(profile, step, old)
    assert plain(read_back(entry.corrected(profile, step, was, old))) == plain(old)
    wanted = right(name, step, random)
    new = read_back(entry.corrected(profile, step, wanted, old))
    expected = entry.record_of(profile, step, read_back(entry.event(profile, step, wanted)))
    found = entry.record_of(profile, step, new)
    if "buyer" in was and "buyer" not in wanted:
        assert found.pop("buyer") == OTHER  # the second owner is the first now
    assert found == expected
    before, after = plain(old), plain(new)
    for key in ("readPoint", "persistentDisposition", "ex:truck", "ex:note"):
        assert after.get(key) == before.get(key)
    for end in before["destinationList"][1 if "buyer" in was else 0 :]:
        assert end in after["destinationList"]
    assert before["sourceList"][-1] in after["sourceList"]
    assert before["sensorElementList"][-1] in after["sensorElementList"]
    if "document" not in entry_names(profile, step):  # such a column takes every document
        assert {"type": "upevt", "bizTransaction": "urn:example:upload:1"} in after["bizTransactionList"]


def test_of_several_readings_the_changed_one_keeps_its_time_and_device() -> None:
    made = laden(entry.event(toys(), "make", making()))
    made["sensorElementList"][0]["sensorReport"].append({"type": "Temperature", "value": Decimal(41), "uom": "FAH"})
    old = recorded(made)
    (kept, _) = entry.corrected(toys(), "make", making(sensor_shelf=[Decimal(3), Decimal(5)]), old)["sensorElementList"]
    assert kept["sensorMetadata"]["deviceID"]
    assert [(each["value"], each["uom"]) for each in kept["sensorReport"]] == [(3, "CEL"), (5, "CEL"), (41, "FAH")]
    more = entry.corrected(toys(), "make", making(sensor_shelf=[Decimal(3), Decimal("4.5"), Decimal(6)]), old)
    assert [len(each["sensorReport"]) for each in more["sensorElementList"]] == [3, 1, 1]
    none = entry.corrected(toys(), "make", making(sensor_shelf=None), old)
    assert [each["uom"] for each in none["sensorElementList"][0]["sensorReport"]] == ["FAH"]


def test_a_thing_written_otherwise_is_the_same_thing() -> None:
    made = entry.event(toys(), "sell", selling())
    made["epcList"] = ["urn:epc:id:sgtin:952000.0007320.S1"]
    old = recorded(made)
    same = entry.corrected(toys(), "sell", selling(things=[THING], ticket="18"), old)
    assert (same["epcList"], same["f:ticket"]) == (["urn:epc:id:sgtin:952000.0007320.S1"], "18")


def test_seconds_that_a_form_does_not_show_stay_and_a_new_time_is_taken() -> None:
    old = recorded(entry.event(toys(), "sell", selling(eventTime="2026-05-02T08:30:17.250+08:00")))
    for said, kept in (
        ("2026-05-02T08:30:00+08:00", "2026-05-02T08:30:17.250+08:00"),
        ("2026-05-02T08:31:00+08:00", "2026-05-02T08:31:00+08:00"),
        ("2026-05-02T08:30:16+08:00", "2026-05-02T08:30:16+08:00"),
    ):
        assert entry.corrected(toys(), "sell", selling(eventTime=said), old)["eventTime"] == kept


def test_the_other_owner_stays_and_only_the_first_changes() -> None:
    old = recorded(laden(entry.event(toys(), "sell", selling())))
    ends = entry.corrected(toys(), "sell", selling(buyer="urn:zhuisu:person:p-9"), old)["destinationList"]
    assert [each["destination"] for each in ends][:2] == ["urn:zhuisu:person:p-9", OTHER]
    assert BUYER not in str(ends)


def test_prefixes_of_others_are_respected() -> None:
    made = entry.event(toys(), "make", making())
    made["ilmd"] = {f"field:{key[2:]}" if key.startswith("f:") else key: one for key, one in made["ilmd"].items()}
    old = read_back(
        {"@context": {"field": "urn:zhuisu:field:", "f": "https://example.org/f/"}, **made, "f:colour": "blue"}
    )
    new = read_back(entry.corrected(toys(), "make", making(paint="red", lead=Decimal(1)), old))
    assert new.ilmd["{urn:zhuisu:field:}paint"] == "red"
    assert new.ilmd["{urn:zhuisu:field:}lead"] == 1
    assert new.extensions["{https://example.org/f/}colour"] == "blue"
    assert entry.record_of(toys(), "make", new) == making(paint="red", lead=Decimal(1))


def test_the_unit_of_pieces_stays_where_nothing_was_said_of_it() -> None:
    made = entry.event(toys(), "sell", selling(things=[LOT, OTHER_LOT], quantity=[3, 4]))
    made["quantityList"][0]["uom"] = "EA"
    same = entry.corrected(toys(), "sell", selling(things=[LOT, OTHER_LOT], quantity=[3, 4]), recorded(made))
    assert same["quantityList"][0]["uom"] == "EA"


@pytest.mark.parametrize("gone", ["eventID", "recordTime", "errorDeclaration"])
def test_the_names_of_the_wrong_entry_are_not_taken_over(gone: str) -> None:
    said = {
        "recordTime": "2026-05-02T09:00:00Z",
        "errorDeclaration": {"declarationTime": "2026-05-03T00:00:00Z", "reason": "incorrect_data"},
    }
    old = recorded(entry.event(toys(), "sell", selling()), **said)
    assert gone not in entry.corrected(toys(), "sell", selling(), old)
