"""Small stories of toys: what is known of a thing when it is judged, and what makes the judge look again."""

from bears import bear, box, lot, pack, remake, toy
from support import AT
from zhuisu.compliance.queries import verdicts
from zhuisu.compliance.services import judge_next
from zhuisu.events.scope import ALL, scope_of
from zhuisu.events.store import rows
from zhuisu.registry.models import Party, Quota

BUYER = "urn:toy:buyer"


def test_a_step_that_came_before_is_known_of_the_lot_and_of_what_lies_in_a_box(maker, shop, told, broken):
    told(maker, toy("make", 1, bear("1", "A"), bear("2", "A")), pack(2, box(1), bear("1"), bear("2")))
    told(maker, toy("ship", 3, box(1)), toy("ship", 4, amounts={lot("A"): 2}))
    told(shop, toy("receive", 5, box(1)))
    (sold,) = told(shop, toy("sell", 6, bear("1"), buyer=BUYER))
    (again,) = told(shop, toy("sell", 7, bear("1"), buyer=BUYER))
    (other,) = told(shop, toy("sell", 8, bear("9"), buyer=BUYER))
    assert broken(sold) == {"sell.packed"}  # nobody told that the box was opened
    assert broken(again) == {"sell.sold"}
    assert broken(other) == {"sell.after"}


def test_who_has_no_role_or_no_licence_is_found(maker, shop, told, broken):
    (by_shop,) = told(shop, toy("make", 1, amounts={lot("A"): 5}))
    assert broken(by_shop) == {"make.by"}
    rows("delete from registry_licence")
    (unlicensed,) = told(maker, toy("make", 2, amounts={lot("B"): 5}))
    assert broken(unlicensed) == {"make.maker.licence"}


def test_a_late_event_and_its_void_are_judged_and_both_verdicts_stay(maker, shop, told, judge, broken):
    told(maker, toy("make", 1, amounts={lot("A"): 5}))
    (shipped,) = told(maker, toy("ship", 9, amounts={lot("A"): 5}))
    assert broken(shipped) == set()
    late = toy("treat", 5, amounts={lot("A"): 5}, stopUntil="2026-03-03") | {"eventID": "urn:uuid:toy-late"}
    told(maker, late)
    assert broken(shipped) == {"ship.withdrawal"}
    told(maker, late | {"errorDeclaration": {"declarationTime": "2026-03-09T00:00:00Z", "reason": "incorrect_data"}})
    assert broken(shipped) == set()
    kept = verdicts(ALL, [shipped], history=True)[shipped]
    assert [[one.rule for one in each.findings] for each in kept] == [[], ["toy.ship.withdrawal"], []]
    assert [each.last for each in kept] == [False, False, True]
    assert kept[0].position < kept[1].position < kept[2].position


def test_what_is_in_withdrawal_stays_so_in_what_is_made_of_it(maker, told, broken):
    told(maker, toy("make", 1, amounts={lot("A"): 5}), toy("treat", 2, amounts={lot("A"): 5}, stopUntil="2026-03-04"))
    told(maker, remake(3, {lot("A"): 2}, {lot("B"): 2}, paper="testres"))
    early, late = told(maker, toy("ship", 4, amounts={lot("B"): 1}), toy("ship", 24 * 4, amounts={lot("B"): 1}))
    assert broken(early) == {"ship.withdrawal"}
    assert broken(late) == set()


def test_more_than_the_books_leave_is_found_and_unknown_is_not_zero(maker, shop, told, broken):
    told(maker, toy("make", 1, amounts={lot("A"): 5}))
    first, second = told(maker, toy("ship", 2, amounts={lot("A"): 3}), toy("ship", 3, amounts={lot("A"): 3}))
    told(shop, toy("receive", 4, amounts={lot("A"): 3}))
    (third,) = told(shop, toy("ship", 5, amounts={lot("A"): 4}))
    (unknown,) = told(shop, toy("ship", 6, amounts={lot("Z"): 4}))
    assert broken(first) == set()
    assert broken(second) == {"ship.stock"}
    assert broken(third) == {"ship.stock"}
    assert broken(unknown) == {"ship.after"}


def test_a_limit_counts_all_that_a_buyer_got_within_its_days(maker, shop, told, broken):
    told(maker, toy("make", 1, *(bear(str(n)) for n in range(9))), toy("ship", 2, *(bear(str(n)) for n in range(9))))
    told(shop, toy("receive", 3, *(bear(str(n)) for n in range(9))))
    sold = told(shop, *(toy("sell", 4 + n, bear(str(n)), buyer=BUYER) for n in range(4)))
    (other,) = told(shop, toy("sell", 10, bear("5"), buyer=BUYER + "2"))
    (later,) = told(shop, toy("sell", 4 + 24 * 4, bear("6"), buyer=BUYER))
    assert [broken(one) for one in sold] == [set(), set(), set(), {"sell.pieces.limit"}]
    assert broken(other) == set()
    assert broken(later) == set()


def test_a_stranger_can_recall_nothing_and_whoever_made_it_can(maker, shop, told, broken):
    told(maker, toy("make", 1, bear("1")), toy("ship", 2, bear("1")))
    told(shop, toy("recall", 3, bear("1")))
    (shipped,) = told(maker, toy("ship", 4, bear("1")))
    assert broken(shipped) == set()
    told(maker, toy("recall", 5, bear("1")))
    (again,) = told(maker, toy("ship", 6, bear("1")))
    assert broken(again) == {"ship.recalled"}


def test_a_fault_of_ours_holds_nobody_up(maker, told, judge, monkeypatch):
    from zhuisu.compliance import judging

    first, second = told(maker, toy("make", 1, bear("1")), toy("make", 2, bear("2")))
    real = judging.said_of

    def faulty(event, *rest, **named):
        if "1" in event.epcs[0][-1:]:
            raise RuntimeError("boom")
        return real(event, *rest, **named)

    monkeypatch.setattr(judging, "said_of", faulty)
    judge()
    assert rows("select outcome from verdict where event = %s", [first]) == [("failed",)]
    assert rows("select outcome, step from verdict where event = %s", [second]) == [("judged", "make")]


def test_nothing_is_judged_twice_and_strangers_see_nothing(maker, shop, told, judge):
    (made,) = told(maker, toy("make", 1, bear("1")))
    assert judge() == 1
    assert judge_next(AT) == 0
    assert made in verdicts(scope_of(maker), [made])
    assert verdicts(scope_of(shop), [made]) == {}


def test_late_news_reach_what_was_made_of_a_thing_and_single_things_of_a_lot(maker, told, broken):
    told(maker, toy("make", 1, amounts={lot("A"): 5}), toy("make", 1.5, bear("1", "A")))
    told(maker, remake(20, {lot("A"): 2}, {lot("B"): 2}, paper="testres"))
    made, single = told(maker, toy("ship", 24, amounts={lot("B"): 1}), toy("ship", 25, bear("1")))
    assert broken(made) == broken(single) == set()
    told(maker, toy("treat", 3, amounts={lot("A"): 5}, stopUntil="2026-03-04"))
    assert broken(made) == broken(single) == {"ship.withdrawal"}


def test_a_late_sale_and_a_late_making_count_in_the_later_ones(maker, shop, told, broken):
    quota(maker, 10)
    names = [bear(str(n)) for n in range(5)]
    told(maker, toy("make", 1, *names), toy("ship", 2, *names))
    told(shop, toy("receive", 3, *names))
    (last,) = told(shop, toy("sell", 30, *names[:3], buyer=BUYER))
    (made,) = told(maker, toy("make", 30, amounts={lot("A"): 6}))
    assert broken(last) == broken(made) == set()
    early_sale, _ = told(shop, toy("sell", 20, names[3], buyer=BUYER), toy("check", 60, names[4]))
    (early,) = told(maker, toy("make", 20, amounts={lot("B"): 5}))
    assert broken(last) == {"sell.pieces.limit"}
    assert broken(made) == {"make.quota"}
    assert broken(early) == broken(early_sale) == set()


def quota(maker, amount):
    Quota.objects.create(
        party=Party.objects.get(code=maker.party),
        sector="toy",
        amount=amount,
        unit="EA",
        valid_from_on="2026-01-01",
        valid_to_on="2026-12-31",
    )


def test_what_is_sold_in_part_is_not_sold_and_what_is_destroyed_is_gone(maker, shop, told, broken):
    told(
        maker,
        toy("make", 1, bear("1", "A")),
        toy("make", 1.5, amounts={lot("A"): 5}),
        toy("ship", 2, amounts={lot("A"): 3}),
    )
    told(shop, toy("receive", 3, amounts={lot("A"): 3}), toy("sell", 4, amounts={lot("A"): 1}, buyer=BUYER))
    (again,) = told(shop, toy("sell", 5, amounts={lot("A"): 1}, buyer=BUYER))
    assert broken(again) == set()
    told(maker, toy("destroy", 6, bear("1")), toy("destroy", 6.5, amounts={lot("A"): 1}))
    gone, rest = told(maker, toy("ship", 7, bear("1")), toy("ship", 8, amounts={lot("A"): 1}))
    assert broken(gone) == {"ship.ended"}
    assert broken(rest) == set()


def test_a_box_takes_what_is_in_it_out_of_the_books(maker, told, broken):
    told(maker, toy("make", 1, amounts={lot("A"): 5}), pack(2, box(1), amounts={lot("A"): 3}), toy("ship", 3, box(1)))
    (rest,) = told(maker, toy("ship", 4, amounts={lot("A"): 3}))
    assert broken(rest) == {"ship.stock"}
