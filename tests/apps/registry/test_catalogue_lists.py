"""The dynamic catalogue: which kinds are mandatory where and when, and who answers for them after departments changed."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from support import AT
from zhuisu import sectors
from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.registry.catalogue import queries, services
from zhuisu.registry.catalogue.files import LISTS
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.models import CatalogueEntry, CatalogueList, Department

BEFORE, AFTER = date(2018, 12, 20), date(2026, 11, 20)
HEAD = """name = "trial"
region = "35"
title = { zh = "试行目录", en = "Trial list" }
source = { zh = "某文件", en = "Some document" }
evidence = "source"
valid_from = 2020-01-01
"""
LINE = """[[entries]]
text = { zh = "蔬菜", en = "Vegetables" }
kinds = ["crops.vegetable"]
article = "一"
"""


def take(operator: Organisation, text: str) -> CatalogueList:
    return services.take_over(text.encode(), operator=operator, by="system:test", at=AT)


@pytest.fixture
def samples(operator: Organisation) -> Organisation:
    for file in sorted(LISTS.glob("*.toml")):
        services.take_over(file.read_bytes(), operator=operator, by="system:test", at=AT)
    return operator


def test_the_city_list_says_what_must_be_traced_there(samples: Organisation) -> None:
    kinds = {one.kind for one in queries.mandatory("450702", AFTER)}
    assert {"crops.vegetable", "livestock.pork", "elevators", "vaccines", "food.infant_formula"} <= kinds
    assert "rare_earths.mineral" not in kinds and "crops.tea" not in kinds
    assert not queries.mandatory("4507", date(2018, 11, 30)) and not queries.mandatory("45", AFTER)
    assert queries.is_mandatory("elevators.escalator", "450702", AFTER)
    assert not queries.is_mandatory("gas_cylinders.lpg", "450702", AFTER)


def test_the_province_list_holds_in_every_county_of_it(samples: Organisation) -> None:
    kinds = {one.kind for one in queries.mandatory("530102", AFTER)}
    assert {"rare_earths.mineral", "crops.coffee", "forest_foods.walnut", "feeds", "ropeways", "liquor"} <= kinds
    assert {one.kind for one in queries.mandatory("530000", AFTER)} == kinds


def test_every_class_of_the_seven_is_on_the_province_list_and_six_are_on_the_citys(samples: Organisation) -> None:
    def classes(region: str) -> set[str]:
        named = {one.kind.partition(".")[0] for one in queries.mandatory(region, AFTER)}
        return {sectors.all()[name].editions[0].sector_class for name in named}

    assert len(classes("53")) == 7 and classes("53") - classes("4507") == {"rare_earth"}


def test_old_events_and_open_cases_follow_the_successor(samples: Organisation) -> None:
    (lift,) = [one for one in queries.mandatory("450702", BEFORE) if one.kind == "elevators"]
    assert lift.department is not None and lift.department.name == "钦州市质量技术监督局"
    # The same entry, asked today: who took over from that department.
    (lift,) = [one for one in queries.mandatory("450702", AFTER) if one.kind == "elevators"]
    assert lift.department is not None and lift.department.name == "钦州市市场监督管理局"
    # A case that was opened with the old department names its row, and finds who has it now.
    opened = Department.objects.get(region="4507", function="livestock_fishery")
    following = queries.now_of(opened, AFTER)
    assert following is not None and following.name == "钦州市农业农村局"
    assert queries.now_of(opened, BEFORE) == opened


@pytest.mark.parametrize(
    ("function", "region", "day", "name"),
    [
        ("agriculture", "450702", BEFORE, "钦州市农业局"),
        ("agriculture", "450702", date(2019, 3, 31), "钦州市农业局"),
        ("agriculture", "450702", date(2019, 4, 1), "钦州市农业农村局"),
        ("inspection_quarantine", "53", AFTER, "昆明海关"),
        ("agriculture", "350212", AFTER, "农业农村部"),
        ("tax", "450702", AFTER, "国家税务总局"),
        ("agriculture", "450702", date(1990, 1, 1), None),
        ("no_such", "450702", AFTER, None),
    ],
)
def test_who_holds_a_function(samples: Organisation, function: str, region: str, day: date, name: str | None) -> None:
    found = queries.department(function, region, day)
    assert (found.name if found else None) == name


def test_every_department_that_ended_has_one_who_answers_today(samples: Organisation) -> None:
    assert not [one for one in queries.departments() if queries.now_of(one, AFTER) is None]


def test_every_regulator_that_a_profile_names_has_a_department_in_the_country(samples: Organisation) -> None:
    wanted = {word for sector in sectors.all().values() for word in sector.editions[0].regulators.values()}
    assert {word for word in wanted if queries.department(word, "", AFTER) is None} == set()


def test_a_list_changes_by_its_dates_and_is_written_down(operator: Organisation) -> None:
    take(operator, HEAD + LINE)
    kept = Department.objects.count()
    take(operator, HEAD + LINE + "valid_to = 2024-12-31\n" + LINE.replace("crops.vegetable", "crops.fruit"))
    assert [one.kind for one in queries.mandatory("350212", AFTER)] == ["crops.fruit"]
    assert len(queries.mandatory("350212", date(2024, 12, 31))) == 2
    assert (CatalogueList.objects.count(), Department.objects.count()) == (1, kept)
    assert AuditEntry.objects.filter(verb="catalogue.import", target="catalogue:trial").count() == 2


def test_a_department_keeps_its_row_when_its_list_is_read_again(samples: Organisation) -> None:
    before = set(Department.objects.values_list("pk", flat=True))
    services.take_over((LISTS / "qinzhou.toml").read_bytes(), operator=samples, by="system:test", at=AT)
    assert set(Department.objects.values_list("pk", flat=True)) == before


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("nothing", "file"),
        (HEAD + "colour = 1\n", "file"),
        (HEAD.replace('"35"', '"3"') + LINE, "region"),
        (HEAD + LINE.replace("crops.vegetable", "crops.moonstone"), "kinds"),
        (HEAD + LINE.replace("crops.vegetable", "moonstones"), "kinds"),
        (HEAD + LINE.replace('["crops.vegetable"]', "[]"), "kinds"),
        (HEAD + LINE + LINE, "twice"),
        (HEAD + LINE + "valid_to = 2019-12-31\n", "dates"),
        (
            HEAD
            + '[[departments]]\nfunction = "tax"\nname = { zh = "甲", en = "A" }\nvalid_from = 2020-01-01\n'
            + 'valid_to = 2021-01-01\nsuccessor = "trade"\n',
            "successor",
        ),
    ],
)
def test_what_is_no_catalogue_changes_nothing(operator: Organisation, text: str, rule: str) -> None:
    take(operator, HEAD + LINE)
    with pytest.raises(IssueError) as refused:
        take(operator, text)
    assert refused.value.rule == rule
    assert [one.kind for one in CatalogueEntry.objects.all()] == ["crops.vegetable"]


def test_only_the_operator_keeps_the_catalogue(dairy: Organisation) -> None:
    with pytest.raises(IssueError, match="only the operator"):
        take(dairy, HEAD + LINE)


def test_asking_costs_a_few_statements(samples: Organisation) -> None:
    with CaptureQueriesContext(connection) as asked:
        queries.mandatory("450702", AFTER)
    assert len(asked) == 2
