"""Master data by canonical code: one question, one query; aliases lead to their party."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from zhuisu.registry import queries
from zhuisu.registry.models import Certificate, Licence, Party, PartyAlias, Place, Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def farm() -> Party:
    party = Party.objects.create(code="cn.uscc:1", name="农场")
    PartyAlias.objects.create(code="gs1.pgln:417/1", party=party)
    PartyAlias.objects.create(code="gs1.pgln:417/2", party=party)
    for number, year in (("B", 2025), ("A", 2024)):
        Licence.objects.create(party=party, kind="证", number=number, valid_from_on=date(year, 1, 1))
    return party


def test_a_party_is_found_by_its_code_and_by_every_alias(farm: Party, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(3):
        found = queries.parties(["cn.uscc:1", "gs1.pgln:417/2", "gs1.pgln:417/9"])
        assert found == {"cn.uscc:1": farm, "gs1.pgln:417/2": farm}
        assert [each.number for each in found["cn.uscc:1"].licences.all()] == ["A", "B"]


def test_places_come_with_their_operator(farm: Party, django_assert_num_queries: Any) -> None:
    Place.objects.create(code="gs1.sgln:414/1", name="圈", operator=farm)
    with django_assert_num_queries(2):
        found = queries.places(["gs1.sgln:414/1", "gs1.sgln:414/2"])
        assert found["gs1.sgln:414/1"].operator == farm
        assert [each.number for each in found["gs1.sgln:414/1"].operator.licences.all()] == ["A", "B"]
    assert list(found) == ["gs1.sgln:414/1"]


def test_products_come_with_their_holder(farm: Party, django_assert_num_queries: Any) -> None:
    Product.objects.create(code="gs1.gtin:01/1", name="肉", holder=farm)
    with django_assert_num_queries(1):
        holder = queries.products(["gs1.gtin:01/1"])["gs1.gtin:01/1"].holder
        assert holder == farm


def test_certificates_are_gathered_by_thing_newest_first() -> None:
    for number, day in (("1", 1), ("2", 3), ("3", 2)):
        Certificate.objects.create(
            kind="test",
            number=number,
            title="检",
            about="x:1",
            issuer="所",
            issued_at=datetime(2026, 11, day, tzinfo=UTC),
        )
    assert [each.number for each in queries.certificates(["x:1", "x:2"])["x:1"]] == ["2", "3", "1"]
    assert queries.certificates(["x:2"]) == {}


def test_nothing_asked_is_nothing_queried(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert queries.parties([]) == queries.places([]) == queries.products([]) == queries.certificates([]) == {}


def test_registered_looks_everywhere(farm: Party) -> None:
    Product.objects.create(code="gs1.gtin:01/1", name="肉")
    assert queries.registered("gs1.gtin:01/1")
    assert queries.registered("gs1.pgln:417/1")
    assert not queries.registered("gs1.gtin:01/2")
