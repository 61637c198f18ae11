"""The whole chain of every sector: captured, walked up from its last thing and down from its first; and what goes wrong in it is found."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import zhuisu.sectors
from support import CONTEXT
from zhuisu import codes, epcis
from zhuisu.accounts.models import Organisation
from zhuisu.events.queries import item_by_code
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.lineage.queries import walk
from zhuisu.profiles.act import Facts
from zhuisu.profiles.examples import CONTEXT as FIELDS
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.loading import load

FOLDER = Path(zhuisu.sectors.__file__).parent
SECTORS = load(FOLDER)
AT = "2026-12-01T00:00:00+00:00"


def document(events: list[dict[str, Any]]) -> bytes:
    whole = {
        "@context": [CONTEXT[0], FIELDS],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": AT,
        "epcisBody": {"eventList": [{"eventTimeZoneOffset": "+08:00", **one} for one in events]},
    }
    return json.dumps(whole, ensure_ascii=False).encode()


def reached(epc: str, direction: str) -> set[str]:
    item = item_by_code(codes.parse_epc(epc))
    assert item, epc
    return {one.canonical for one in walk([item.id], direction).items.values()}  # type: ignore[arg-type]


def canonical(epcs: list[str]) -> set[str]:
    return {codes.parse_epc(epc).canonical for epc in epcs}


@pytest.fixture
def take(dairy: Organisation) -> Callable[[bytes], None]:
    def do(body: bytes) -> None:
        from datetime import datetime

        at = datetime.fromisoformat(AT)
        receive(body, media_type=None, organisation=dairy.pk, by="system:test", at=at)
        publish(at)

    return do


@pytest.mark.parametrize("name", SECTORS)
def test_the_chain_is_captured_and_walked_and_what_is_wrong_in_it_is_found(
    name: str, take: Callable[[bytes], None]
) -> None:
    chain = json.loads((FOLDER / name / "examples" / "chain.json").read_text("utf-8"))
    body = document(chain["events"])
    take(body)
    judge = Judge(SECTORS[name].editions[0])
    events = epcis.read(body).events
    steps = {judge.step_of(event) for event in events if isinstance(event, epcis.Event)}
    assert None not in steps and len(steps) >= len(judge.profile.steps) - 2, steps
    assert canonical(chain["origins"]) <= reached(chain["last"], "up")
    down = reached(chain["first"], "down")
    assert canonical(chain["reaches"]) <= down and not canonical(chain.get("never", [])) & down
    assert chain["wrong"]
    for wrong in chain["wrong"]:
        event = events[wrong["event"]]
        assert isinstance(event, epcis.Event)
        held = {key: wrong[key] for key in ("roles", "licences", "things", "quota") if key in wrong}
        facts = msgspec.convert({"on": event.event_time_text[:10], **held}, Facts, strict=False)
        assert {finding.rule for finding in judge.findings(event, facts)} == set(wrong["breaks"])
