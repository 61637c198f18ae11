"""The whole chain of every sector: captured, judged, walked up from its last thing and down from its first; and what goes wrong is found."""

import pytest
from django.test import Client

import zhuisu.sectors
from chains import expected, play
from zhuisu import codes
from zhuisu.events.queries import item_by_code
from zhuisu.lineage.queries import walk

SECTORS = zhuisu.sectors.all()


def reached(epc: str, direction: str) -> set[str]:
    item = item_by_code(codes.parse_epc(epc))
    assert item, epc
    return {one.canonical for one in walk([item.id], direction).items.values()}  # type: ignore[arg-type]


def canonical(epcs: list[str]) -> set[str]:
    return {codes.parse_epc(epc).canonical for epc in epcs}


@pytest.mark.parametrize("name", SECTORS)
def test_the_chain_is_captured_and_judged_and_walked_and_breaks_what_it_says_and_nothing_else(
    name: str, db: None, client: Client
) -> None:
    played = play(client, name)
    chain = played.chain
    steps = set(played.steps().values())
    assert "" not in steps and len(steps) >= len(SECTORS[name].editions[0].steps) - 2, steps
    assert canonical(chain["origins"]) <= reached(chain["last"], "up")
    down = reached(chain["first"], "down")
    assert canonical(chain["reaches"]) <= down and not canonical(chain.get("never", [])) & down
    assert chain["wrong"]
    assert played.broken() == expected(chain)
