"""The stories that the tutorial tells, proved from the documents by a plain walk that knows nothing of the engine."""

import json
from collections import defaultdict
from datetime import datetime
from typing import Any

import pytest

from zhuisu import codes
from zhuisu.config.demo.build import Story, build

BEGINNING = datetime.fromisoformat("2026-01-01T00:00:00+08:00")
END = datetime.fromisoformat("2027-01-01T00:00:00+08:00")
Link = tuple[datetime, frozenset[str], frozenset[str]]


def canonical(text: str) -> str:
    return codes.parse_epc(text).canonical


@pytest.fixture(scope="module")
def story() -> Story:
    return build().story


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    found = [e for _, document in build().documents for e in json.loads(document)["epcisBody"]["eventList"]]
    return sorted(found, key=lambda event: event["eventTime"])


@pytest.fixture(scope="module")
def links(events: list[dict[str, Any]]) -> list[Link]:
    """What came out of what, in time order: transformations, and serials out of their lot."""
    found: list[Link] = []
    for event in events:
        at = datetime.fromisoformat(event["eventTime"])
        if event["type"] == "TransformationEvent":
            into = [*event.get("inputEPCList", ()), *(q["epcClass"] for q in event.get("inputQuantityList", ()))]
            out = [*event.get("outputEPCList", ()), *(q["epcClass"] for q in event.get("outputQuantityList", ()))]
            found.append((at, frozenset(map(canonical, into)), frozenset(map(canonical, out))))
        elif event["type"] == "ObjectEvent" and "cbvmda:lotNumber" in event.get("ilmd", {}) and "epcList" in event:
            lot = event["ilmd"]["cbvmda:lotNumber"]
            tins = [canonical(epc) for epc in event["epcList"]]
            gtin = codes.from_canonical(tins[0]).parsed["gtin"]
            found.append((at, frozenset([f"gs1.lgtin:01/{gtin}/10/{lot}"]), frozenset(tins)))
    return found


def down(links: list[Link], start: str) -> dict[str, datetime]:
    """Everything that may hold some of it, with the time from which it does."""
    reached = {start: BEGINNING}
    for at, into, out in links:
        if any(reached.get(code, END) <= at for code in into):
            for code in out:
                reached.setdefault(code, at)
    return reached


def up(links: list[Link], start: str) -> dict[str, datetime]:
    """Everything that may be in it, with the time until which it counted."""
    reached = {start: END}
    for at, into, out in reversed(links):
        if any(reached.get(code, BEGINNING) >= at for code in out):
            for code in into:
                reached.setdefault(code, at)
    return reached


def test_six_farms_are_in_the_formula(story: Story, links: list[Link], events: list[dict[str, Any]]) -> None:
    raw = {code for code in up(links, story.formula_lot) if "99521160000012" in code}
    assert raw == set(story.milk_lots)
    assert len(raw) == 9
    answers = {
        canonical(event["zs:answerableParty"])
        for event in events
        if event["bizStep"] == "creating_class_instance" and event.get("action") == "ADD"
        for quantity in event["quantityList"]
        if canonical(quantity["epcClass"]) in raw
    }
    assert answers == set(story.milk_farms)
    assert len(answers) == 6


def test_the_first_tins_know_five_farms_and_the_second_six(story: Story, links: list[Link]) -> None:
    letters = [
        {code.rpartition("/10/")[2][0] for code in up(links, lot) if "99521160000012" in code}
        for lot in (story.tin_lot_before, story.tin_lot_after)
    ]
    assert letters == [set("ABCDE"), set("ABCDEF")]


def test_the_late_milk_is_in_the_tins_made_after_it_and_in_no_other(story: Story, links: list[Link]) -> None:
    reached = set(down(links, story.late_milk_lot))
    assert story.formula_lot in reached
    assert story.tins_after <= reached
    assert not story.tins_before & reached
    assert {code for code in reached if code.startswith("gs1.sgtin")} == set(story.tins_after)
    assert len(story.tins_after) == len(story.tins_before) == 120


def test_a_walk_that_forgets_time_would_reach_the_wrong_tins(story: Story, links: list[Link]) -> None:
    """Else the story would prove nothing."""
    timeless: dict[str, set[str]] = defaultdict(set)
    for _, into, out in links:
        for code in into:
            timeless[code] |= out
    reached, waiting = set[str](), [story.late_milk_lot]
    while waiting:
        code = waiting.pop()
        if code not in reached:
            reached.add(code)
            waiting += timeless[code]
    assert story.tins_before <= reached


def test_the_pallet_carried_two_loads_one_after_the_other(story: Story, events: list[dict[str, Any]]) -> None:
    loads = []
    for event in events:
        if "parentID" in event and canonical(event["parentID"]) == story.pallet:
            loads.append((event["action"], frozenset(map(canonical, event["childEPCs"]))))
    assert [action for action, _ in loads] == ["ADD", "DELETE", "ADD", "DELETE"]
    assert loads[0][1] <= story.first_load
    assert loads[1][1] == frozenset()
    assert loads[2][1] == loads[3][1] <= story.second_load
    assert not story.first_load & story.second_load
    assert len(story.first_load) == len(story.second_load) == 70


def test_the_second_load_holds_none_of_the_late_milk(story: Story, links: list[Link]) -> None:
    reached = set(down(links, story.late_milk_lot))
    assert not story.second_load & reached
    assert story.second_tin_lot not in reached
    tins = {code for code in story.first_load if "09521160000118" in code}
    assert len(tins) == 60
    assert tins <= reached


def test_the_pork_on_the_ticket_goes_back_to_pigs_of_three_farms(story: Story, links: list[Link]) -> None:
    tags = {code for code in up(links, story.pork_lot) if "livestock_tag15" in code}
    assert tags == set(story.pork_tags)
    assert len(tags) == 26
    assert len(set(story.pork_farms)) == 3
    assert story.pork_lot in down(links, story.ear_tag)


def test_the_trace_code_and_the_half_carcass_are_one_thing(story: Story, events: list[dict[str, Any]]) -> None:
    (event,) = [event for event in events if "zs:sameAs" in event]
    assert [canonical(epc) for epc in event["epcList"]] == [story.carcass]
    assert [canonical(text) for text in event["zs:sameAs"]] == [story.trace_code]


def test_every_retail_lot_of_pork_and_vegetables_has_an_origin(links: list[Link], events: list[dict[str, Any]]) -> None:
    lots = {
        canonical(quantity["epcClass"])
        for event in events
        if event["bizStep"] == "retail_selling"
        for quantity in event.get("quantityList", ())
    }
    assert len(lots) > 60
    for lot in lots:
        assert any(
            "livestock_tag15" in code or "/01/9952118" in f"/{code}" or "995211800000" in code
            for code in up(links, lot)
        )


def test_the_promise_goes_with_the_vegetables(story: Story, events: list[dict[str, Any]]) -> None:
    named = [
        event["bizStep"]
        for event in events
        for paper in event.get("bizTransactionList", ())
        if paper["bizTransaction"].endswith(story.promise)
        and story.vegetable_lot in {canonical(quantity["epcClass"]) for quantity in event["quantityList"]}
    ]
    assert named == ["inspecting", "other", "shipping", "accepting", "inspecting", "accepting", "accepting"]
