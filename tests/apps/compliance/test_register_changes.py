"""What changes in the register changes old verdicts: kinds of products, regions, official registers."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import zhuisu.sectors
from bears import GTIN, bear, lot, toy
from support import AT
from zhuisu.accounts.models import Organisation
from zhuisu.compliance import services, store
from zhuisu.compliance.books import asking
from zhuisu.compliance.queries import verdicts
from zhuisu.events.projection import identity
from zhuisu.events.scope import ALL
from zhuisu.events.store import rows
from zhuisu.registry.models import Party, PartyAlias, Place, Product, Role

PRODUCT = f"gs1.gtin:01/{GTIN}"


def sectors_of(number):
    return sorted(one.sector for one in verdicts(ALL, [number]).get(number, []) if one.step)


def region_of(number):
    return verdicts(ALL, [number])[number][0].region


def test_the_kind_of_a_product_that_is_registered_or_changed_later(maker, told, judge):
    Role.objects.create(party=Party.objects.get(), sector="candy", role="cook", valid_from_on="2020-01-01")
    single, some = told(maker, toy("ship", 1, bear("1")), toy("ship", 2, amounts={lot("A"): 1}))
    judge()
    before = sectors_of(single), sectors_of(some)
    held = Product.objects.create(code=PRODUCT, name="糖", kind="candy.drop")
    judge()
    assert sectors_of(single) == sectors_of(some) == ["candy"] and before != (["candy"], ["candy"])
    held.kind = "toy.bear"
    held.save()
    judge()
    assert sectors_of(single) == sectors_of(some) == ["toy"]


def test_what_says_nothing_new_of_a_product_or_a_party_judges_nothing_again(maker, told, judge):
    held = Product.objects.create(code=PRODUCT, name="糖", kind="toy.bear")
    told(maker, toy("make", 1, bear("1")))
    judge()
    Product.objects.filter(pk=held.pk).update(name="熊")
    Party.objects.update(phone="400")
    assert judge() == 0


def test_regions_of_places_parties_and_organisations(maker, told, judge):
    Place.objects.create(code="gs1.sgln:414/9520000000028", name="仓", region="450703")
    place = {"bizLocation": {"id": "https://id.gs1.org/414/9520000000028"}}
    there, here = told(maker, toy("make", 1, bear("1")) | place, toy("make", 2, bear("2")))
    judge()
    assert (region_of(there), region_of(here)) == ("450703", "350200")
    Place.objects.update(region="450800")
    Party.objects.update(region="310000")
    judge()
    assert (region_of(there), region_of(here)) == ("450800", "310000")
    Party.objects.update(region="")
    Organisation.objects.update(region="510000")
    judge()
    assert region_of(here) == "510000"


def test_a_place_that_is_entered_later_and_one_that_is_gone(maker, told, judge):
    (there,) = told(maker, toy("make", 1, bear("1")) | {"bizLocation": {"id": "https://id.gs1.org/414/9520000000028"}})
    judge()
    assert region_of(there) == "350200"
    place = Place.objects.create(code="gs1.sgln:414/9520000000028", name="仓", region="450703")
    judge()
    assert region_of(there) == "450703"
    place.delete()
    judge()
    assert region_of(there) == "350200"


def test_a_party_that_is_entered_later_brings_its_region(toys, db, told, judge):
    organisation = Organisation.objects.create(kind="enterprise", name="熊厂三", party="uri:urn:toy:third")
    (made,) = told(organisation, toy("make", 1, bear("1")) | {"ilmd": {"f:kind": "toy.bear"}})
    judge()
    assert region_of(made) == ""
    Party.objects.create(code="uri:urn:toy:third", name="熊厂三", region="310000")
    judge()
    assert region_of(made) == "310000"


def test_another_holder_of_a_product_is_another_whose_recall_counts(maker, shop, told, judge, broken):
    held = Product.objects.create(code=PRODUCT, name="熊", kind="toy.bear")
    told(maker, toy("make", 1, bear("1")))
    told(shop, toy("recall", 2, bear("1")))
    (shipped,) = told(maker, toy("ship", 3, bear("1")))
    assert broken(shipped) == set()
    held.holder = Party.objects.get(code="uri:urn:toy:shop")
    held.save()
    assert broken(shipped) == {"ship.recalled"}


def test_of_a_place_only_the_newest_events_are_looked_through(maker, told, judge, monkeypatch):
    """Else one new region would stop all judging for as long as it takes to read every event there ever was."""
    place = Place.objects.create(code="gs1.sgln:414/9520000000028", name="仓", region="450703")
    there = {"bizLocation": {"id": "https://id.gs1.org/414/9520000000028"}}
    old, *new = told(maker, *(toy("make", n, bear(str(n))) | there for n in range(3)))
    judge()
    monkeypatch.setattr(store, "MAX_LOOKED", 2)
    Place.objects.filter(pk=place.pk).update(region="450800")
    assert judge() == 2
    assert [region_of(each) for each in (old, *new)] == ["450703", "450800", "450800"]


def test_of_a_party_only_the_newest_events_are_looked_through(maker, told, judge, monkeypatch):
    """And its codes are looked up by their hashes: the table of items has no index of its texts."""
    told(maker, *(toy("make", n, bear(str(n))) for n in range(3)))
    judge()
    party = Party.objects.get(code="uri:urn:toy:maker").pk
    wanted = {(party, None, None), (party, date(2026, 1, 1), None)}
    with CaptureQueriesContext(connection) as asked:
        found = store.acted(wanted, 3, 10)
    assert len(found) == len(set(found)) == 3
    assert not any("join item" in one["sql"] for one in asked.captured_queries)
    monkeypatch.setattr(store, "MAX_LOOKED", 2)
    assert store.acted(wanted, 3, 10) == found[:2]
    assert store.acted({(party, None, date(2020, 1, 1))}, 3, 10) == []


def test_a_place_that_nobody_named_costs_one_question(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert store.at_places({identity("gs1.sgln:414/9520000000035")}, 1, 10) == []


def test_another_code_of_a_party_that_is_entered_later(maker, told, broken):
    organisation = Organisation.objects.create(kind="enterprise", name="熊厂二", party="uri:urn:toy:second")
    (made,) = told(organisation, toy("make", 1, bear("1")) | {"ilmd": {"f:kind": "toy.bear"}})
    assert broken(made) == {"make.by"}
    PartyAlias.objects.create(code="uri:urn:toy:second", party=Party.objects.get(code="uri:urn:toy:maker"))
    assert broken(made) == set()


def test_a_register_that_is_loaded_concerns_the_steps_that_look_something_up_in_it(maker, told, judge, monkeypatch):
    told(maker, toy("make", 1, bear("1")), toy("ship", 2, bear("1")))
    judge()
    monkeypatch.setattr(services, "asking", lambda names: {("toy", "ship")} if names == {"toys"} else set())
    rows(
        """insert into registry_register (name, title, title_en, source, as_of_on, entries, digest, loaded_at, loaded_by)
           values ('toys', '', '', '', '2026-01-01', 0, '', %s, '')""",
        [datetime(2026, 1, 1, tzinfo=UTC)],
    )
    assert judge() == 1


def test_only_so_much_is_judged_again(maker, told, judge, monkeypatch, caplog):
    told(maker, *(toy("make", n, bear(str(n))) for n in range(5)))
    judge()
    monkeypatch.setattr(services, "MAX_CONCERNED", 3)
    Party.objects.update(region="310000")
    assert judge() == 3
    assert "older ones keep their verdict" in caplog.text


def test_the_steps_that_ask_a_register_are_those_that_say_so():
    found = asking({"special_equipment_licences"})
    assert ("elevators", "make") in found and ("elevators", "use") not in found
    assert asking({"no_such_register"}) == set() == asking(set())
    assert all(step in zhuisu.sectors.all()[name].editions[0].steps for name, step in found)


@pytest.mark.parametrize("after", ["delete", "update"])
def test_a_product_that_is_gone_is_no_kind_any_more(maker, told, judge, after):
    held = Product.objects.create(code=PRODUCT, name="糖", kind="candy.drop")
    (shipped,) = told(maker, toy("ship", 1, bear("1")))
    judge()
    assert sectors_of(shipped) == ["candy"]
    if after == "delete":
        held.delete()
    else:
        Product.objects.update(kind="")
    judge()
    assert sectors_of(shipped) != ["candy"]
    assert AT
