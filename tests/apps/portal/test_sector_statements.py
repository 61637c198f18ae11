"""How many statements a page of a judged thing takes: as many however much happened to it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import chains
from zhuisu import codes
from zhuisu.resolver.paths import page_path

PHONE = {"user-agent": "Mozilla/5.0 (Android) Mobile"}
# docs/concepts/books.md names these: a walk, the register, the verdicts; the clocks cost more because states are replayed for them.
MOST = {"crops": 25, "elevators": 60}


@pytest.mark.parametrize("sector", MOST)
def test_a_judged_things_page_takes_so_many_statements(sector: str, db: None, client: Client) -> None:
    (played,) = chains.plant([sector])
    path = page_path(codes.parse_epc(played.chain["last"]))
    client.get(path, headers=PHONE)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(path, headers=PHONE).status_code == 200
    assert len(counted) <= MOST[sector], [each["sql"][:80] for each in counted.captured_queries]
