"""What a region adds to a profile: laid over in its region and from its day on, never loosened, and refused where it would be."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zhuisu.sectors
from zhuisu.profiles.examples import Example, ExampleError, examples
from zhuisu.profiles.loading import ProfileError, Sector, load

CAKES = """
id = "cakes"
edition = "2"
valid_from = 2026-01-01
sector_class = "food"
name = { zh = "糕点", en = "Cakes" }
codes = []
kinds.iced = { name = { zh = "裱花", en = "Iced" } }
basis.law = { law = { zh = "糕点法", en = "Cake Law" }, article = "第一条", evidence = "law" }
roles.baker = { name = { zh = "烘焙者", en = "the baker" } }
[fields]
flour = { name = { zh = "面粉", en = "Flour" }, type = "text", basis = "law" }
sugar = { name = { zh = "糖", en = "Sugar" }, type = "text", basis = "law" }
[steps.bake]
name = { zh = "烘焙", en = "baking" }
event = "ObjectEvent"
biz_step = "commissioning"
by = ["baker"]
basis = "law"
first = true
required = ["flour"]
optional = ["sugar"]
barred = ["recalled"]
demands = [{ field = "sugar", when = { kinds = ["iced"] }, basis = "law" }]
"""
PROVINCE = """
region = "31"
valid_from = 2026-03-01
name = { zh = "某省", en = "A province" }
basis.province = { law = { zh = "省条例", en = "Provincial Rule" }, article = "第二条", evidence = "memory" }
reports.upload = { what = { zh = "上传", en = "upload" }, to = "market_regulation", basis = "province", hours = 24 }
fields.oven = { name = { zh = "炉号", en = "Oven" }, type = "text", basis = "province" }
[steps.bake]
basis = "province"
required = ["sugar", "oven"]
barred = ["failed"]
"""
CITY = """
region = "3101"
valid_from = 2026-03-01
name = { zh = "某市", en = "A city" }
basis.city = { law = { zh = "市办法", en = "City Measures" }, article = "第三条", evidence = "law" }
fields.shop = { name = { zh = "门店", en = "Shop" }, type = "text", basis = "city" }
[steps.bake]
demands = [{ field = "shop", when = { field = "oven" }, basis = "city" }]
papers = [{ kind = "cert", name = { zh = "证", en = "certificate" }, basis = "city" }]
"""
DAY = date(2026, 6, 1)


def folder(at: Path, **regions: str) -> Path:
    made = at / "cakes"
    (made / "regions").mkdir(parents=True)
    (made / "profile.toml").write_text(CAKES, "utf-8")
    for name, text in regions.items():
        (made / "regions" / f"{name.removeprefix('r')}.toml").write_text(text, "utf-8")
    return at


@pytest.fixture
def cakes(tmp_path: Path) -> Sector:
    return load(folder(tmp_path, r31=PROVINCE, r3101=CITY))["cakes"]


def rules(sector: Sector, region: str, day: date = DAY) -> set[str]:
    judge = sector.judge(day, region)
    assert judge
    return {rule.id.removeprefix("cakes.bake.") for rule in judge.rules["bake"]}


def test_a_region_adds_to_the_nation_and_a_city_to_its_province(cakes: Sector) -> None:
    nation = rules(cakes, "")
    assert nation == rules(cakes, "350200")
    province = nation | {"sugar.required", "oven.required", "oven.value", "failed"}
    assert rules(cakes, "310000") == rules(cakes, "31") == province
    assert rules(cakes, "310101") == province | {"shop.demanded", "shop.value", "cert.paper"}
    assert rules(cakes, "310101", date(2026, 2, 28)) == nation
    laid = cakes.on(DAY, "310000")
    assert laid and set(laid.reports) == {"upload"}
    assert cakes.on(date(2025, 12, 31), "310000") is None


def test_what_a_region_demands_rests_on_its_own_text(cakes: Sector) -> None:
    judge = cakes.judge(DAY, "310000")
    assert judge
    held = {rule.id: rule for rule in judge.rules["bake"]}
    assert held["cakes.bake.sugar.required"].severity == "warning"
    assert held["cakes.bake.failed"].severity == "warning"
    assert held["cakes.bake.flour.required"].severity == "error"
    basis = held["cakes.bake.sugar.required"].basis
    assert basis and basis.law.zh == "省条例"


def test_a_judge_is_made_once_for_each_edition_and_region(cakes: Sector) -> None:
    assert cakes.judge(DAY, "310101") is cakes.judge(date(2030, 1, 1), "310104")
    assert cakes.judge(DAY, "31") is not cakes.judge(DAY, "3101")
    assert cakes.judge(DAY, "3502") is cakes.judge(DAY)


@pytest.mark.parametrize(
    ("swap", "key", "problem"),
    [
        (('region = "31"', 'region = "32"'), "region", "the file's name"),
        (("fields.oven", "fields.flour"), "fields.flour", "the profile has this already"),
        (("basis.province", "basis.law"), "basis.law", "the profile has this already"),
        (('basis = "province"\nrequired', 'basis = "law"\nrequired'), "steps.bake", "'law' is not one of the region's own basis"),
        (('basis = "province"\nrequired', "required"), "steps.bake", "'' is not one of the region's own basis"),
        (("[steps.bake]", "[steps.eat]"), "steps.eat", "is not one of steps"),
        (('"sugar", "oven"', '"salt", "oven"'), "steps.bake", "'salt' is not one of fields"),
        (('"sugar", "oven"', '"sugar"'), "fields.oven", "no step uses it"),
        (("hours = 24", "hour = 24"), "reports", "unknown field `hour`"),
        (('barred = ["failed"]', "optional = []"), "steps", "unknown field `optional`"),
    ],
)  # fmt: skip
def test_an_overlay_that_changes_or_loosens_is_refused_by_file_and_key(
    tmp_path: Path, swap: tuple[str, str], key: str, problem: str
) -> None:
    assert swap[0] in PROVINCE
    with pytest.raises(ProfileError) as wrong:
        load(folder(tmp_path, r31=PROVINCE.replace(*swap)))
    assert str(wrong.value).startswith("regions/31.toml: ")
    assert key in str(wrong.value) and problem in str(wrong.value)


def test_a_city_must_fit_what_its_province_adds(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"3101\.toml: fields\.oven: the profile has this already"):
        load(
            folder(tmp_path, r31=PROVINCE, r3101=CITY.replace("fields.shop", "fields.oven").replace('"shop"', '"oven"'))
        )


def test_a_paper_asked_for_twice_needs_an_id(tmp_path: Path) -> None:
    again = CITY.replace('region = "3101"', 'region = "310101"').replace("shop", "till").replace("city", "district")
    with pytest.raises(ProfileError, match="'cert' is asked for already"):
        load(folder(tmp_path, r31=PROVINCE, r3101=CITY, r310101=again))


def test_two_editions_of_one_name_are_refused(tmp_path: Path) -> None:
    made = folder(tmp_path)
    (made / "cakes" / "past").mkdir()
    (made / "cakes" / "past" / "2.toml").write_text(CAKES.replace("2026-01-01", "2020-01-01"), "utf-8")
    with pytest.raises(ProfileError, match="two editions have the same name"):
        load(made)


def test_cases_of_one_file_have_names_and_are_like_one_another(tmp_path: Path) -> None:
    source = zhuisu.sectors.FOLDER / "food"
    regional = {each.name: each for each in examples(source, "regions/31")}
    own = {each.name for each in examples(source)}
    assert "ok-shanghai-ship" in regional and not own & regional.keys()
    made = tmp_path / "examples"
    made.mkdir()
    (made / "all.json").write_text('{"cases": {"fine-day": {"event": {}, "facts": {}}}}', "utf-8")
    with pytest.raises(ExampleError, match="fine-day: a case is called"):
        examples(tmp_path)


FOOD = zhuisu.sectors.all()["food"]
HELD = examples(zhuisu.sectors.FOLDER / FOOD.id)
NATION, CITY_OF_IT = FOOD.judge(DAY), FOOD.judge(DAY, "310000")


@settings(deadline=None)  # the first of them makes the rules
@given(st.sampled_from(HELD), st.sampled_from(["", "dairy", "other_food"]))
def test_under_an_overlay_every_finding_of_the_nation_stays(example: Example, kind: str) -> None:
    things = {thing: replace(one, kind=kind) for thing, one in example.facts.things.items()}
    facts = replace(example.facts, things=things)
    assert NATION and CITY_OF_IT and NATION is not CITY_OF_IT
    assert set(NATION.findings(example.event, facts)) <= set(CITY_OF_IT.findings(example.event, facts))
