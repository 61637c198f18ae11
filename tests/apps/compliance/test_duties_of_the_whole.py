"""Duties run for the thing that stays, not for a part that was built into it."""

from datetime import date

import pytest
from django.test import Client

import chains
from zhuisu import sectors
from zhuisu.compliance import clocks
from zhuisu.compliance.queries import known
from zhuisu.events.scope import ALL
from zhuisu.events.store import rows
from zhuisu.events.vocabulary import Role

ON = date(2026, 11, 23)
STAY = sorted(name for name, each in sectors.all().items() if each.editions[0].duties)


@pytest.mark.parametrize("sector", STAY)
def test_only_the_whole_thing_has_clocks(sector: str, db: None, client: Client) -> None:
    chains.plant([sector])
    parts = {item for (item,) in rows("select item from part where role = %s", [Role.FITTED])}
    held = {each.item.id: each for each in clocks.things_of(ALL, None, ON)}
    assert held, "nothing of the chain has a clock"
    # A cylinder that is built into a car is of a kind itself and keeps its own periods.
    of_no_kind = {number for number, each in known(sorted(parts), chains.AT).items() if not each.kind}
    wrong = {
        each.item.canonical: [due.duty for due in each.dues] for each in held.values() if each.item.id in of_no_kind
    }
    assert of_no_kind or sector == "medical_devices"
    assert not wrong
