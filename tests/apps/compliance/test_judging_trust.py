"""Whose word counts for what: one inspection is not another, and no stranger spoils the goods of others."""

from datetime import date

import pytest

from bears import bear, lot, remake, toy
from support import AT
from zhuisu.accounts.models import Organisation
from zhuisu.codes import parse_epc
from zhuisu.compliance import queries
from zhuisu.events.queries import item_by_code
from zhuisu.registry.models import Party, Product

MAKER = "urn:toy:maker"


@pytest.fixture
def stranger(db: None) -> Organisation:
    """Registered, with no role in the sector."""
    Party.objects.create(code="uri:urn:toy:stranger", name="路人", region="350200")
    return Organisation.objects.create(kind="enterprise", name="路人", party="uri:urn:toy:stranger", region="350200")


def test_a_passed_inspection_lifts_its_own_failure_and_no_other_one(maker, told, broken):
    told(maker, toy("make", 1, bear("1")), toy("check", 2, bear("1"), result="failed"))
    told(maker, toy("lab", 3, bear("1"), result="passed"))
    (still,) = told(maker, toy("ship", 4, bear("1")))
    told(maker, toy("check", 5, bear("1"), result="passed"))
    (now,) = told(maker, toy("ship", 6, bear("1")))
    assert broken(still) == {"ship.failed"}
    assert broken(now) == set()


def test_a_step_that_only_lifts_lifts_all(maker, told, broken):
    told(maker, toy("make", 1, bear("1")), toy("check", 2, bear("1"), result="failed"))
    told(maker, toy("lab", 3, bear("1"), result="failed"), toy("release", 4, bear("1")))
    (shipped,) = told(maker, toy("ship", 5, bear("1")))
    assert broken(shipped) == set()


def test_what_failed_goes_on_into_what_is_made_of_it_with_the_name_of_its_inspection(maker, told, broken):
    told(maker, toy("make", 1, amounts={lot("A"): 5}), toy("check", 2, amounts={lot("A"): 5}, result="failed"))
    told(maker, remake(3, {lot("A"): 2}, {lot("B"): 2}, paper="testres"))
    told(maker, toy("lab", 4, amounts={lot("B"): 2}, result="passed"))
    (still,) = told(maker, toy("ship", 5, amounts={lot("B"): 1}))
    told(maker, toy("check", 6, amounts={lot("B"): 2}, result="passed"))
    (now,) = told(maker, toy("ship", 7, amounts={lot("B"): 1}))
    assert broken(still) == {"ship.failed"}
    assert broken(now) == set()


def test_two_withdrawals_in_one_lot_hold_until_the_later_one_ends(maker, told, broken):
    for name, until in (("A", "2026-03-08"), ("B", "2026-03-03")):
        told(maker, toy("make", 1, amounts={lot(name): 5}))
        told(maker, toy("treat", 2, amounts={lot(name): 5}, stopUntil=until))
    told(maker, *(remake(3 + n, {lot(name): 1}, {lot("C"): 1}, paper="testres") for n, name in enumerate("AB")))
    (shipped,) = told(maker, toy("ship", 24 * 4, amounts={lot("C"): 1}))
    assert "ship.withdrawal" in broken(shipped)


def test_the_last_day_in_a_field_of_the_profile_is_its_expiry(maker, told, judge):
    told(maker, toy("make", 1, amounts={lot("A"): 5}, useBy="2026-03-05"))
    judge()
    item = item_by_code(parse_epc(lot("A"))).id
    assert queries.known([item], AT)[item].expires_on == date(2026, 3, 5)


def test_a_stranger_recalls_nothing_in_the_name_of_the_maker(maker, stranger, told, broken):
    told(maker, toy("make", 1, amounts={lot("A"): 5}))
    told(stranger, toy("recall", 2, amounts={lot("A"): 5}, answers=MAKER))
    (shipped,) = told(maker, toy("ship", 3, amounts={lot("A"): 1}))
    assert broken(shipped) == set()


def test_who_says_to_have_seen_it_before_it_was_made_has_no_part_in_it(maker, stranger, told, broken):
    told(stranger, toy("ship", 0, amounts={lot("A"): 5}))
    told(maker, toy("make", 1, amounts={lot("A"): 5}))
    told(stranger, toy("recall", 2, amounts={lot("A"): 5}))
    (shipped,) = told(maker, toy("ship", 3, amounts={lot("A"): 1}))
    assert broken(shipped) == set()


def test_the_holder_of_a_product_may_recall_what_another_made_for_it(maker, stranger, told, broken):
    gtin = "gs1.gtin:01/09520007000014"
    Product.objects.create(code=gtin, name="熊", kind="toy.bear", holder=Party.objects.get(code="uri:urn:toy:stranger"))
    told(maker, toy("make", 1, amounts={lot("A"): 5}))
    told(stranger, toy("recall", 2, amounts={lot("A"): 5}))
    (shipped,) = told(maker, toy("ship", 3, amounts={lot("A"): 1}))
    assert broken(shipped) == {"ship.recalled"}


@pytest.mark.parametrize("answers", ["", MAKER])
@pytest.mark.parametrize(
    ("step", "fields"), [("check", {"result": "failed"}), ("treat", {"stopUntil": "2026-04-01"}), ("destroy", {})]
)
def test_no_stranger_spoils_the_goods_of_others(maker, stranger, told, broken, step, fields, answers):
    told(maker, toy("make", 1, bear("1")))
    told(stranger, toy(step, 2, bear("1"), **fields, **({"answers": answers} if answers else {})))
    (shipped,) = told(maker, toy("ship", 3, bear("1")))
    assert broken(shipped) == set()


def test_an_authority_is_heard_about_anything(maker, stranger, told, broken):
    Organisation.objects.filter(pk=stranger.pk).update(kind="regulator")
    told(maker, toy("make", 1, bear("1")))
    told(stranger, toy("check", 2, bear("1"), result="failed"))
    (shipped,) = told(maker, toy("ship", 3, bear("1")))
    assert broken(shipped) == {"ship.failed"}
