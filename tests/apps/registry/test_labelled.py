"""Many codes of ours at once, and what the judge makes of their labels: the same as one by one."""

from datetime import date

from django.db import connection
from django.test.utils import CaptureQueriesContext

from support import AT, event
from zhuisu.codes import from_canonical
from zhuisu.compliance import queries
from zhuisu.compliance.gathering import world_at
from zhuisu.events.projection import lot_code_of
from zhuisu.events.queries import head, item_by_code
from zhuisu.registry.issuing import keys
from zhuisu.registry.issuing.labelled import labelled
from zhuisu.registry.issuing.queries import standing


def test_many_codes_at_once_are_as_they_are_one_by_one(issue, maker, cabbage):
    batch = issue(50, lot="L1", expires_on=date(2027, 5, 1))
    plain = issue(50, product=cabbage, level="case")
    codes = []
    for each in (batch, plain):
        key = keys.key_of(each.series.key)
        codes += [each.series.canonical(each.code_at(key, place)) for place in range(20)]
    strange = ["gs1.sgtin:01/06901234500004/21/" + codes[0][-16:], codes[1][:-1] + "2", "gs1.lgtin:01/1/10/A", "x"]
    with CaptureQueriesContext(connection) as seen:
        found = labelled([*codes, *strange])
    assert len(seen) == 2
    assert found.keys() == set(codes)
    for text, label in found.items():
        one = standing(from_canonical(text))
        assert (label.organisation, label.lot, label.expires_on) == (one.organisation.pk, one.lot, one.expires_on)


def test_a_code_is_of_the_lot_and_lasts_until_the_day_that_the_issue_log_gives(issue, maker, capture):
    batch = issue(5, lot="L9", expires_on=date(2026, 5, 1))
    text = batch.series.path(batch.code_at(keys.key_of(batch.series.key), 0))
    lot = lot_code_of(batch.series.gtin, "L9")
    shipped = {"action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit"}
    capture(maker, event(**shipped, epcList=[f"https://id.gs1.org/{text}"]))
    capture(
        maker,
        event(**shipped, epcList=[], quantityList=[{"epcClass": f"https://id.gs1.org/01/{batch.series.gtin}/10/L9"}]),
    )
    item = item_by_code(from_canonical(f"gs1.sgtin:{text}")).id
    world = world_at([item], AT, head())
    thing = world.thing(item)
    assert item_by_code(lot).id in thing.of
    assert (thing.printed_on, thing.issuer) == (date(2026, 5, 1), maker.pk)
    (found,) = queries.known([item], AT, "food").values()
    assert found.expires_on == date(2026, 5, 1)
    assert "expired" in found.states
