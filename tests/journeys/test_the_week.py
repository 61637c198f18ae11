"""The demonstration week, traced: what an officer would ask first, answered exactly."""

import pytest
from typer.testing import CliRunner

from support import AT
from zhuisu import codes
from zhuisu.config.cli.app import app
from zhuisu.config.demo import load
from zhuisu.config.demo.build import Story, build
from zhuisu.events.queries import history, item_by_code
from zhuisu.events.scope import PUBLIC
from zhuisu.events.vocabulary import PartyRole
from zhuisu.lineage.queries import Walk, walk
from zhuisu.registry.queries import parties


@pytest.fixture
def story(db: None) -> Story:
    load(AT)
    return build().story


def walked(canonical: str, direction: str) -> Walk:
    item = item_by_code(codes.from_canonical(canonical))
    assert item
    return walk([item.id], direction)  # type: ignore[arg-type]


def reached(canonical: str, direction: str) -> set[str]:
    return {one.canonical for one in walked(canonical, direction).items.values()}


def test_the_formula_comes_from_six_farms_through_the_mixing(story: Story) -> None:
    up = walked(story.formula_lot, "up")
    came_from = {one.canonical: one for one in up.items.values()}
    assert set(story.milk_lots) <= came_from.keys()
    assert {one for one in came_from if one.startswith("gs1.lgtin:01/99521160000012/")} == set(story.milk_lots)
    farms = {
        party
        for lot in story.milk_lots
        for happening in history(PUBLIC, [came_from[lot].item])
        for party, role in happening.parties
        if role == PartyRole.SOURCE_OWNER
    }
    assert {farm.code for farm in parties(farms).values()} == set(story.milk_farms)
    assert min(came_from[lot].depth for lot in story.milk_lots) >= 3  # mixed, dried and blended on the way


def test_one_farms_milk_of_one_day_is_in_exactly_the_tins_made_after_it(story: Story) -> None:
    went_into = reached(story.late_milk_lot, "down")
    assert story.tins_after <= went_into
    assert not story.tins_before & went_into
    tins = {one for one in went_into if one.startswith("gs1.sgtin:01/09521160000")}
    assert tins == story.tins_after


def test_nothing_crosses_to_the_other_load_of_the_pallet(story: Story) -> None:
    went_into = reached(story.late_milk_lot, "down")
    assert not story.second_load & went_into
    carried = {one.canonical for one in walked(story.late_milk_lot, "down").carried.values()}
    assert story.pallet in carried
    for tin in sorted(story.second_load)[:3]:
        assert story.late_milk_lot not in reached(tin, "up")


def test_the_pork_on_the_ticket_comes_from_its_pigs(story: Story) -> None:
    assert set(story.pork_tags) <= reached(story.pork_lot, "up")


def test_the_trace_on_a_terminal_names_the_six_farms(story: Story) -> None:
    result = CliRunner().invoke(app, ["trace", story.formula_lot, "--up"], env={"LANG": "zh_CN.UTF-8"})
    assert result.exit_code == 0
    farms = {farm.name for farm in parties(story.milk_farms).values()}
    assert len(farms) == 6
    assert all(farm in result.stdout for farm in farms)
    english = CliRunner().invoke(app, ["trace", story.formula_lot, "--up"], env={"LANG": "en_GB.UTF-8"}).stdout
    assert all(farm.name_en in english for farm in parties(story.milk_farms).values())
