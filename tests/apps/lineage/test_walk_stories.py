"""Walks that a person can check by hand: the two counterexamples, the formula's lot, the re-used pallet, and every rule once."""

from datetime import timedelta

import pytest
from histories import DAWN, when
from stories import Story

from clustering import copy_parts
from zhuisu.events.store import copy
from zhuisu.lineage.queries import Limits, Portions, StopReason, as_known_at, last_seen

pytestmark = pytest.mark.django_db


def test_a_crate_is_an_input_after_the_bad_box_left_it():
    story = Story(
        (1, "pack", "cC", "bBad"),
        (2, "unpack", "cC", "bBad"),
        (3, "pack", "cC", "bGood"),
        (5, "made", "cC", "bProduct"),
    )
    answer = story.ask("bBad", "down")
    assert story.items_of(answer) == {"bBad"}
    assert story.carried_of(answer) == {"cC"}
    assert answer.carried[story.items["cC"]].spans == ((when(1), when(2)),)
    assert story.items_of(story.ask("bProduct", "up")) == {"bProduct", "cC", "bGood"}


def test_a_crate_stands_on_a_pallet_after_the_bad_box_left_it():
    story = Story(
        (1, "pack", "cB", "bBad"),
        (2, "unpack", "cB", "bBad"),
        (3, "pack", "cP", "cB"),
        (3, "made", "cP", "bProduct"),
        (4, "unpack", "cP", "cB"),
    )
    answer = story.ask("bBad", "down")
    assert story.items_of(answer) == {"bBad"}
    assert story.carried_of(answer) == {"cB"}


def test_a_bad_box_on_a_pallet_taints_what_is_made_from_the_pallet_but_not_its_neighbour():
    story = Story(
        (1, "pack", "cB", "bBad"),
        (2, "pack", "cP", "cB bGood"),
        (3, "made", "cP", "bProduct"),
        (4, "made", "bGood", "bClean"),
    )
    answer = story.ask("bBad", "down")
    assert story.items_of(answer) == {"bBad", "bProduct"}
    assert story.carried_of(answer) == {"cB", "cP"}


def formula():
    """Two days of milk, two mixings, two powders, tins; day 1 of farm 6 enters only the second mixing. One pallet, two loads."""
    farms = " ".join(f"lFarm{n}" for n in range(1, 7))
    return Story(
        (1, "made", farms.replace("lFarm6", "").strip(), "lMixA"),
        (2, "made", "lMixA", "lPowderA"),
        (3, "made", "lPowderA gWhey", "lFormulaA bTin1 bTin2"),
        (3, "lot", "lFormulaA", "bTin1 bTin2"),
        (4, "made", farms, "lMixB"),
        (5, "made", "lMixB", "lPowderB"),
        (6, "made", "lPowderB gWhey", "lFormulaB bTin3 bTin4"),
        (6, "lot", "lFormulaB", "bTin3 bTin4"),
        (7, "pack", "cPallet", "bTin3 bTin4"),
        (8, "unpack", "cPallet", ""),
        (9, "pack", "cPallet", "bTin1 bTin2"),
        (10, "made", "cPallet", "bGiftBox"),
    )


def test_the_formula_lot_up_comes_from_six_farms_through_the_mixing():
    story = formula()
    answer = story.ask("lFormulaB", "up")
    farms = {f"lFarm{n}" for n in range(1, 7)}
    assert story.items_of(answer) == {"lFormulaB", "lPowderB", "lMixB"} | farms
    assert story.stops_of(answer) == {(farm, StopReason.UNKNOWN_ORIGIN) for farm in farms} | {
        ("gWhey", StopReason.PRODUCT_ONLY)
    }
    assert {one.depth for item, one in answer.items.items() if story.told[item] in farms} == {3}
    up_from_tin = story.ask("bTin3", "up")
    assert story.items_of(up_from_tin) == {"bTin3", "lFormulaB", "lPowderB", "lMixB"} | farms


def test_one_farms_milk_down_reaches_the_tins_made_after_it_and_nothing_of_the_pallets_other_load():
    story = formula()
    answer = story.ask("lFarm6", "down")
    assert story.items_of(answer) == {"lFarm6", "lMixB", "lPowderB", "lFormulaB", "bTin3", "bTin4"}
    assert story.carried_of(answer) == {"cPallet"}
    assert answer.carried[story.items["cPallet"]].spans == ((when(7), when(8)),)
    assert "bGiftBox" in story.items_of(story.ask("lFarm1", "down"))


def test_a_walk_that_starts_at_the_pallet_is_bounded_by_the_asked_window():
    story = formula()
    assert story.items_of(story.ask("cPallet", "down", since=9)) == {"cPallet", "bTin1", "bTin2", "bGiftBox"}
    assert story.items_of(story.ask("cPallet", "down", since=7, until=8)) == {"cPallet", "bTin3", "bTin4"}
    farms = {f"lFarm{n}" for n in range(1, 7)}
    assert farms <= story.items_of(story.ask("cPallet", "up", since=7, until=8))
    assert "lFarm6" not in story.items_of(story.ask("cPallet", "up", since=9))


def test_only_portions_packed_after_the_lot_was_reached_follow():
    story = Story(
        (1, "pack", "cEarly", "lLot"),
        (2, "made", "bBad", "lLot"),
        (3, "pack", "cLate", "lLot"),
        (4, "made", "cEarly", "bA"),
    )
    assert story.carried_of(story.ask("bBad", "down")) == {"cLate"}
    assert "bA" in story.items_of(story.ask("bBad", "down", portions=Portions.ALL))
    assert "bBad" not in story.items_of(story.ask("bA", "up"))


def test_a_lot_stays_in_the_container_until_all_of_it_is_out():
    story = Story(
        (1, "pack", "cC", "lLot", [100]),
        (2, "unpack", "cC", "lLot", [40]),
        (3, "made", "cC", "bA"),
        (4, "unpack", "cC", "lLot", [60]),
        (5, "made", "cC", "bB"),
    )
    assert story.items_of(story.ask("lLot", "down")) == {"lLot", "bA"}


def test_a_second_life_of_a_crate_knows_nothing_of_the_first():
    told = [
        (1, "made", "bBad", "cCrate"),
        (3, "end", "cCrate", ""),
        (4, "begin", "cCrate", ""),
        (5, "made", "cCrate", "bProduct"),
    ]
    assert story_items(told, "bBad", "down") == {"bBad", "cCrate"}
    assert story_items(told, "bProduct", "up") == {"bProduct", "cCrate"}
    without_border = [one for one in told if one[1] != "begin"]
    assert "bProduct" in story_items(without_border, "bBad", "down")


def story_items(told, start, direction):
    story = Story(*told)
    return story.items_of(story.ask(start, direction))


def test_a_container_that_is_asked_for_in_two_lives_gives_the_content_of_both():
    told = [(1, "pack", "cC", "bA"), (2, "end", "cC", ""), (3, "begin", "cC", ""), (4, "pack", "cC", "bB")]
    assert story_items(told, "cC", "down") == {"cC", "bA", "bB"}
    assert story_items(told, "cC", "up") == {"cC", "bA", "bB"}


def test_a_start_with_more_lives_than_there_is_room_for_is_cut_and_said():
    """Its second life begins where the first ends, and an event at that instant leads from one to the other."""
    told = [(1, "pack", "cC", "bA"), (2, "end", "cC", ""), (2, "begin", "cC", ""), (2, "made", "cC", "cC")]
    story = Story(*told)
    for direction in ("down", "up"):
        answer = story.ask("cC", direction, limits=Limits(max_items=1))
        assert story.items_of(answer) == {"cC"}
        assert answer.truncated


def test_what_was_packed_together_and_reached_at_different_times_counts_from_the_first():
    """Packed before it was reached: the container holds something of it from the earliest of the two times on."""
    for first, second in (("bA", "bB"), ("bB", "bA")):
        story = Story((1, "pack", "cC", "bA bB"), (3, "made", "bBad", first), (5, "made", "bBad", second))
        carried = story.ask("bBad", "down").carried[story.items["cC"]]
        assert carried.spans == ((when(3), None),)


def test_several_codes_are_one_thing():
    story = Story(
        (1, "made", "bBad", "bSerial"), (2, "same", "bSerial bDrugCode", ""), (3, "made", "bDrugCode", "bOut")
    )
    answer = story.ask("bBad", "down")
    assert story.items_of(answer) == {"bBad", "bSerial", "bDrugCode", "bOut"}
    code = answer.items[story.items["bDrugCode"]]
    assert (code.how, code.parent) == ("same", story.items["bSerial"])
    assert ("bSerial", "bDrugCode", "same") in {
        (story.told[e.source], story.told[e.target], e.kind) for e in answer.edges
    }


def test_fitting_a_sensor_closes_no_packing_and_a_part_may_be_fitted_to_several():
    story = Story(
        (1, "pack", "cCrate", "bSensor"),
        (2, "fit", "cLorry", "bSensor"),
        (3, "fit", "cOther", "bSensor"),
        (4, "made", "cCrate", "bX"),
    )
    answer = story.ask("bSensor", "down")
    assert story.carried_of(answer) == {"cCrate", "cLorry", "cOther"}
    assert story.items_of(answer) == {"bSensor", "bX"}


def test_taking_off_all_that_is_fitted_unpacks_nothing():
    story = Story((1, "pack", "cCrate", "bBox"), (2, "unfit", "cCrate", ""), (3, "made", "cCrate", "bX"))
    assert "bBox" in story.items_of(story.ask("bX", "up"))
    assert "bX" in story.items_of(story.ask("bBox", "down"))


def test_a_process_is_passed_through_in_time_and_left_out():
    story = Story(
        (1, "made", "lEarly", "pRun"),
        (2, "made", "pRun", "bA"),
        (3, "made", "lLate", "pRun"),
        (4, "made", "pRun", "bB"),
    )
    late = story.ask("lLate", "down")
    assert story.items_of(late) == {"lLate", "bB"}
    assert (late.items[story.items["bB"]].depth, late.items[story.items["bB"]].parent) == (1, story.items["lLate"])
    edges = {(story.told[edge.source], story.told[edge.target]) for edge in story.ask("bB", "up").edges}
    assert edges == {("lEarly", "bB"), ("lLate", "bB")}
    assert story.items_of(story.ask("bA", "up")) == {"bA", "lEarly"}


def test_a_process_without_inputs_leaves_its_output_without_an_origin():
    story = Story((2, "made", "pRun", "bA"), (3, "made", "bA", "bB"))
    assert story.stops_of(story.ask("bB", "up")) == {("bA", StopReason.UNKNOWN_ORIGIN)}


def test_an_item_reached_in_two_lives_is_told_once_with_the_wider_time():
    told = [(6, "made", "bBad", "cC"), (1, "made", "bBad", "cC"), (3, "end", "cC", ""), (4, "begin", "cC", "")]
    story = Story(*told, (7, "made", "cC", "bOut"), (7, "made", "cC", "bOther"))
    crate = story.ask("bBad", "down").items[story.items["cC"]]
    assert (crate.at, crate.life) == (when(1), 1)
    crate = story.ask("bOut", "up").items[story.items["cC"]]
    assert (crate.at, crate.life) == (when(7), 2)


def test_what_came_out_without_having_gone_in_is_made_from_the_content():
    story = Story((1, "pack", "cSilo", "bBad"), (2, "unpack", "cSilo", "bSample"))
    answer = story.ask("bBad", "down")
    assert answer.items[story.items["bSample"]].how == "unpacked"
    assert "bBad" in story.items_of(story.ask("bSample", "up"))


def test_products_are_reported_and_never_walked_through():
    story = Story((1, "made", "bBad", "gFlour"), (2, "made", "gFlour", "bBread"))
    answer = story.ask("bBad", "down")
    assert story.items_of(answer) == {"bBad"}
    assert {story.told[item] for item in answer.products} == {"gFlour"}
    assert story.stops_of(answer) == {("gFlour", StopReason.PRODUCT_ONLY)}
    assert story.stops_of(story.ask("gFlour", "down")) == {("gFlour", StopReason.PRODUCT_ONLY)}


def test_products_in_a_container_are_reported_until_it_is_unpacked():
    story = Story(
        (1, "pack", "cP", "gFlour bBox"),
        (2, "made", "cP", "bA"),
        (3, "unpack", "cP", "gFlour"),
        (4, "made", "cP", "bB"),
    )
    assert story.stops_of(story.ask("bA", "up")) >= {("gFlour", StopReason.PRODUCT_ONLY)}
    assert story.stops_of(story.ask("bB", "up")) == {("bBox", StopReason.UNKNOWN_ORIGIN)}
    assert story.stops_of(story.ask("cP", "down", until=2)) == {("gFlour", StopReason.PRODUCT_ONLY)}
    assert story.stops_of(story.ask("cP", "down", since=4)) == set()


def test_known_at_as_of_and_voids():
    story = Story((1, "made", "bA", "bB"), (2, "made", "bB", "bC"), (9, "void", "1", ""), (3, "made", "bB", "bD"))
    assert story.items_of(story.ask("bA", "down")) == {"bA", "bB", "bD"}
    assert story.items_of(story.ask("bA", "down", known=2)) == {"bA", "bB", "bC"}
    assert story.items_of(story.ask("bA", "down", known=3)) == {"bA", "bB"}
    assert story.items_of(story.ask("bA", "down", as_of=2)) == {"bA", "bB"}
    assert story.items_of(story.ask("bA", "down", known=0)) == {"bA"}


def test_limits_are_said():
    chain = Story(*[(n, "made", f"b{chr(65 + n)}", f"b{chr(66 + n)}") for n in range(8)])
    answer = chain.ask("bA", "down", limits=Limits(max_depth=3))
    assert chain.items_of(answer) == {"bA", "bB", "bC", "bD"}
    assert (answer.truncated, chain.stops_of(answer)) == (True, {("bD", StopReason.LIMIT_DEPTH)})
    fan = Story((1, "made", "bA", " ".join(f"bX{chr(65 + n)}" for n in range(20))))
    answer = fan.ask("bA", "down", limits=Limits(max_items=5))
    assert len(answer.items) == 5
    assert (answer.truncated, fan.stops_of(answer)) == (True, {("bA", StopReason.LIMIT_ITEMS)})
    assert not fan.ask("bA", "down", limits=Limits(max_items=21)).truncated


def test_as_known_at_is_the_last_head_published_by_then():
    heads = [(3, b"", [], DAWN, b""), (7, b"", [], DAWN + timedelta(hours=1), b"")]
    copy("log_head", "size, root, peaks, published_at, signature", heads)
    assert as_known_at(DAWN - timedelta(seconds=1)) == 0
    assert as_known_at(DAWN) == 3
    assert as_known_at(DAWN + timedelta(days=1)) == 7


def test_last_seen_is_the_latest_place():
    story = Story((1, "made", "bA", "bB"))
    item, places = story.items["bA"], [990_000_001, 990_000_002]
    copy("item", "id, canonical, scheme, level", [(place, f"uri:place:{place}", "uri", 6) for place in places])
    rows = [
        (item, 990_000_000 + n, when(at), 1, 0, place) for n, (at, place) in enumerate(zip((5, 4), places, strict=True))
    ]
    copy_parts("item, event, at, role, position, place", rows)
    copy("log_entry", "position, event, leaf", [(990_000_000 + n, 990_000_000 + n, b"") for n in range(2)])
    assert last_seen([item], 990_000_001)[item].canonical == f"uri:place:{places[0]}"
    assert last_seen([item], 0) == {}
