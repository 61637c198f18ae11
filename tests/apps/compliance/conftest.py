"""What tests of judging start from: a sector of toys, a maker, a shop and a stranger in it, and capture in a line."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import zhuisu.sectors
from bears import document
from support import AT
from zhuisu.accounts.models import Organisation
from zhuisu.compliance.queries import verdicts
from zhuisu.compliance.services import judge_next
from zhuisu.events.scope import ALL
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.events.store import rows
from zhuisu.profiles.loading import load
from zhuisu.registry.models import Licence, Party, Role

TOYS = load(Path(__file__).parent / "toys")
SINCE = date(2020, 1, 1)


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(zhuisu.sectors, "all", lambda: TOYS)
    yield


def member(name: str, code: str, role: str, licence: str = "") -> Organisation:
    made = Organisation.objects.create(kind="enterprise", name=name, party=code, region="350200")
    party = Party.objects.create(code=code, name=name, region="350200")
    if role:
        Role.objects.create(party=party, sector="toy", role=role, valid_from_on=SINCE)
    if licence:
        Licence.objects.create(party=party, kind=licence, number="1", valid_from_on=SINCE)
    return made


@pytest.fixture
def maker(db: None, toys: None) -> Organisation:
    return member("熊厂", "uri:urn:toy:maker", "maker", "toy licence")


@pytest.fixture
def shop(db: None, toys: None) -> Organisation:
    return member("熊店", "uri:urn:toy:shop", "shop")


@pytest.fixture
def judge() -> Callable[[], int]:
    """Judge until nothing waits. Returns how many events were looked at."""

    def do() -> int:
        count = 0
        while found := judge_next(AT):
            count += found
        return count

    return do


@pytest.fixture
def told(db: None) -> Callable[..., list[int]]:
    """Capture and publish events of toys; their numbers."""

    def do(organisation: Organisation, *events: dict[str, Any]) -> list[int]:
        ((before,),) = rows("select coalesce(max(position), 0) from log_entry")
        receive(document(*events), media_type=None, organisation=organisation.pk, by="system:test", at=AT)
        publish(AT)
        return [
            number for (number,) in rows("select event from log_entry where position > %s order by position", [before])
        ]

    return do


@pytest.fixture
def broken(judge: Callable[[], int]) -> Callable[[int], set[str]]:
    """Judge what waits; then the rules that an event breaks, without the sector's name."""

    def do(number: int) -> set[str]:
        judge()
        found = verdicts(ALL, [number]).get(number, [])
        return {one.rule.partition(".")[2] for each in found for one in each.findings}

    return do
