"""The week is believable: nothing before it is made, no more out than in, everything named is known."""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from zhuisu import codes, epcis
from zhuisu.config.demo.build import Demo, build
from zhuisu.config.demo.parties import FIRMS

LISTS = {
    "use": ("epcList", "inputEPCList", "childEPCs"),
    "made": ("outputEPCList",),
    "use_lot": ("quantityList", "inputQuantityList"),
    "made_lot": ("outputQuantityList",),
}
# least and most that may come out of what goes in, by what is done
YIELDS = {
    "slaughter": (0.70, 0.75),
    "cutting": (0.95, 1.0),
    "mixing": (0.99, 1.0),
    "spray_drying": (0.115, 0.13),
    "dry_blending": (0.98, 1.0),
    "filling": (0.99, 1.0),
    "grading": (0.90, 1.0),
}
NET_WEIGHT = {"09521160000118": Decimal("0.9"), "09521160000125": Decimal("0.8")}


@pytest.fixture(scope="module")
def demo() -> Demo:
    return build()


@pytest.fixture(scope="module")
def events(demo: Demo) -> list[dict[str, Any]]:
    found = [
        event
        for _, document in demo.documents
        for event in json.loads(document, parse_float=Decimal)["epcisBody"]["eventList"]
    ]
    return sorted(found, key=lambda event: event["eventTime"])


def canonical(text: str) -> str:
    return codes.parse_epc(text).canonical


def amounts(event: dict[str, Any], name: str) -> Iterator[tuple[str, Decimal, bool]]:
    """(lot, quantity, whether by weight)"""
    for element in event.get(name, ()):
        yield canonical(element["epcClass"]), Decimal(element["quantity"]), "uom" in element


def at(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["eventTime"])


def test_the_week_is_the_same_every_time(demo: Demo) -> None:
    program = (
        "from hashlib import sha256; from zhuisu.config.demo.build import build;"
        "print(sha256(b''.join(d for _, d in build().documents)).hexdigest())"
    )
    digest = sha256(b"".join(document for _, document in demo.documents)).hexdigest()
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": "America/Lima"}
        out = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        assert out.stdout.strip() == digest


def test_it_is_about_a_thousand_events_and_only_beginnings_lie_before_the_week(
    demo: Demo, events: list[dict[str, Any]]
) -> None:
    assert 700 <= len(events) <= 1500
    assert {sender for sender, _ in demo.documents} == {firm.canonical for firm in demo.master.capturing}
    assert len({event["eventID"] for event in events}) == len(events)
    assert all(event["eventTime"].endswith("+08:00") for event in events)
    week = {f"2026-11-{day}" for day in range(16, 23)}
    assert {event["eventTime"][:10] for event in events} >= week
    before = [event for event in events if event["eventTime"][:10] not in week]
    assert len(before) < 100
    # Piglets, seedlings, one load's early quarantine; and the lives of the lift and the cylinder.
    lasting = (demo.story.lift.rpartition(":")[2], demo.story.cylinder.rpartition("/")[2])
    begun = {
        event["bizStep"] for event in before if not any(text in json.dumps(event, default=str) for text in lasting)
    }
    assert begun == {"commissioning", "other", "inspecting"}


def test_every_document_reads_without_a_refusal(demo: Demo) -> None:
    for _, document in demo.documents:
        read = epcis.read(document)
        assert read.events
        assert all(isinstance(event, epcis.Event) for event in read.events)


def test_both_spellings_of_gs1_codes_are_used(demo: Demo) -> None:
    whole = b"".join(document for _, document in demo.documents)
    for text in (
        b'"id":"urn:epc:id:sgln:',
        b'"id":"https://id.gs1.org/414/',
        b"https://id.gs1.org/417/",
        b"urn:epc:id:pgln:",
    ):
        assert text in whole


def test_every_party_place_and_product_is_in_the_master_data(demo: Demo, events: list[dict[str, Any]]) -> None:
    parties = {firm.canonical for firm in demo.master.parties} | {f.alias for f in demo.master.parties if f.prefix}
    places = {site.canonical for site in demo.master.places}
    products = {good.canonical for good in demo.master.products}
    for event in events:
        ends = [end[word] for word in ("source", "destination") for end in event.get(f"{word}List", ())]
        assert {canonical(text) for text in [*ends, event["zs:answerableParty"]]} <= parties
        assert {canonical(event[name]["id"]) for name in ("readPoint", "bizLocation") if name in event} <= places
        classes = [lot for name in (*LISTS["use_lot"], *LISTS["made_lot"]) for lot, _, _ in amounts(event, name)]
        items = [canonical(epc) for name in (*LISTS["use"], *LISTS["made"]) for epc in event.get(name, ())]
        for code in [*classes, *items]:
            if code.startswith("gs1.") and not code.startswith("gs1.sscc"):
                gtin = codes.from_canonical(code).parsed["gtin"]
                assert f"gs1.gtin:01/{gtin}" in products, code
    assert {f.uscc[2:8] for f in demo.master.parties} <= {place.firm.region for place in demo.master.places} | {
        "310115", "350503", "350211", "350200"
    }  # fmt: skip


def test_nothing_is_used_before_it_is_made(events: list[dict[str, Any]]) -> None:
    made: dict[str, datetime] = {}
    for event in events:
        born = [canonical(epc) for epc in event.get("outputEPCList", ())]
        born += [lot for lot, _, _ in amounts(event, "outputQuantityList")]
        if event.get("action") == "ADD" and event["type"] == "ObjectEvent":
            born += [canonical(epc) for epc in event.get("epcList", ())]
            born += [lot for lot, _, _ in amounts(event, "quantityList")]
        for code in born:
            made.setdefault(code, at(event))
    used = Counter[str]()
    for event in events:
        codes_used = [canonical(epc) for name in LISTS["use"] for epc in event.get(name, ())]
        codes_used += [lot for name in LISTS["use_lot"] for lot, _, _ in amounts(event, name)]
        for code in codes_used:
            used["made here" if code in made else "from outside"] += 1
            assert made.get(code, at(event)) <= at(event), code
    assert used["made here"] > 1000
    # From outside come the pigs, the cases (made by being packed) and the bought ingredients.
    assert used["from outside"] < 600


def test_nothing_is_seen_after_it_was_sold(events: list[dict[str, Any]]) -> None:
    sold: dict[str, datetime] = {}
    for event in events:
        if event["bizStep"] == "retail_selling":
            sold |= dict.fromkeys(map(canonical, event.get("epcList", ())), at(event))
    assert len(sold) == 48
    for event in events:
        for name in LISTS["use"]:
            for epc in map(canonical, event.get(name, ())):
                assert epc not in sold or at(event) <= sold[epc]


def test_no_lot_gives_more_than_it_has(events: list[dict[str, Any]]) -> None:
    """Traded, used and sold, each by itself, is no more than was made or received."""
    made: dict[str, Decimal] = defaultdict(Decimal)
    gone: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for event in events:
        adds = event["type"] == "ObjectEvent" and event["action"] == "ADD"
        for lot, quantity, _ in [
            *amounts(event, "outputQuantityList"),
            *(amounts(event, "quantityList") if adds else ()),
        ]:
            made[lot] += quantity
        for lot, quantity, _ in amounts(event, "inputQuantityList"):
            gone["used"][lot] += quantity
        if event["bizStep"] == "retail_selling" or event["type"] == "TransactionEvent":
            for lot, quantity, _ in amounts(event, "quantityList"):
                gone[event["type"] + event["bizStep"]][lot] += quantity
    bought = {
        lot: quantity
        for event in events
        if event["bizStep"] == "accepting" and "zs:declaredOrigin" in event
        for lot, quantity, _ in amounts(event, "quantityList")
    }
    for way, lots in gone.items():
        assert lots, way
        for lot, quantity in lots.items():
            assert quantity <= made.get(lot, Decimal()) + bought.get(lot, Decimal()), (way, lot)


def test_no_stall_sells_more_than_it_received(events: list[dict[str, Any]]) -> None:
    laid_out: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for event in events:
        place = canonical(event["readPoint"]["id"])
        step = event["bizStep"]
        came_in = "quantityList" if step == "stocking" else "outputQuantityList"
        for lot, quantity, by_weight in amounts(event, came_in):
            if by_weight:
                laid_out[place, lot] += quantity
        if step == "retail_selling":
            for lot, quantity, _ in amounts(event, "quantityList"):
                laid_out[place, lot] -= quantity
                assert laid_out[place, lot] >= 0, (place, lot, event["eventTime"])


def test_yields_are_what_people_in_the_trade_expect(events: list[dict[str, Any]]) -> None:
    seen: dict[str, list[float]] = defaultdict(list)
    for event in events:
        if event["type"] != "TransformationEvent":
            continue
        into = sum((quantity for _, quantity, _ in amounts(event, "inputQuantityList")), Decimal())
        into += sum(map(Decimal, event.get("zs:inputWeightKg", ())), Decimal())
        out = sum(map(Decimal, event.get("zs:outputWeightKg", ())), Decimal())
        for lot, quantity, by_weight in amounts(event, "outputQuantityList"):
            out += quantity if by_weight else quantity * NET_WEIGHT[codes.from_canonical(lot).parsed["gtin"]]
        if out:  # what is built or tagged is not weighed
            seen[event["zs:process"]].append(float(out / into))
    assert set(seen) == set(YIELDS)
    for process, found in seen.items():
        least, most = YIELDS[process]
        assert least <= min(found), (process, min(found))
        assert max(found) <= most, (process, max(found))


def test_the_cold_chain_on_the_road_stays_between_1_8_and_3_6_degrees(events: list[dict[str, Any]]) -> None:
    readings = [
        report["value"]
        for event in events
        if event["bizStep"] == "transporting"
        for element in event["sensorElementList"]
        for report in element["sensorReport"]
    ]
    assert len(readings) == 70
    assert Decimal("1.8") <= min(readings) <= max(readings) <= Decimal("3.6")


def test_two_equal_lines_of_a_ticket_are_two_events(events: list[dict[str, Any]]) -> None:
    lines = Counter(
        (event["zs:ticketNumber"], event["eventTime"], event["readPoint"]["id"], str(event["quantityList"]))
        for event in events
        if event["bizStep"] == "retail_selling" and "quantityList" in event
    )
    assert sum(lines.values()) > 300
    assert max(lines.values()) == 2


def test_every_certificate_is_about_something_in_the_events_and_dated_in_time(
    demo: Demo, events: list[dict[str, Any]]
) -> None:
    times: dict[str, list[datetime]] = defaultdict(list)
    for event in events:
        named = [canonical(epc) for name in (*LISTS["use"], *LISTS["made"]) for epc in event.get(name, ())]
        named += [lot for name in (*LISTS["use_lot"], *LISTS["made_lot"]) for lot, _, _ in amounts(event, name)]
        for code in named:
            times[code].append(at(event))
    for paper in demo.master.certificates:
        assert paper.canonical in times
        assert min(abs((paper.issued_at - one).total_seconds()) for one in times[paper.canonical]) < 86_400
    assert {paper.kind for paper in demo.master.certificates} >= {"quarantine", "inspection", "promise", "test"}
    assert len({(p.kind, p.number, p.canonical) for p in demo.master.certificates}) == len(demo.master.certificates)


def test_everything_has_an_english_name(demo: Demo) -> None:
    for row in (*demo.master.parties, *demo.master.places, *demo.master.products):
        assert row.name.strip()
        assert row.name_en.strip()
        assert row.name_en.isascii() or "–" in row.name_en or "°" in row.name_en
    assert {key for key, firm in FIRMS.items() if firm.kind == "farm"} == {
        "pigs_tongan", "pigs_xiangan", "pigs_nanjing", "milk_tongan", "milk_xiangan", "milk_zhangpu",
        "milk_pinghe", "milk_xinluo", "milk_zhangping", "greens",
    }  # fmt: skip


def test_whoever_answers_for_a_step_has_something_on_file(demo: Demo, events: list[dict[str, Any]]) -> None:
    holders = {right.firm.canonical for right in demo.master.licences}
    authorities = {firm.canonical for firm in demo.master.parties if firm.key == "animal_health"}
    assert {canonical(event["zs:answerableParty"]) for event in events} <= holders | authorities
