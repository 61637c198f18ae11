"""What ten million codes cost: rows, not codes."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from support import AT
from zhuisu.accounts.models import Organisation
from zhuisu.registry.issuing import printfile, queries, services
from zhuisu.registry.issuing.services import Rolls, Whole
from zhuisu.registry.models import Batch

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TEN_MILLION = 10_000_000
FOUR_MEGABYTES = 4_000_000


def size() -> int:
    """Octets of every table that issuing writes, with indexes and what stands beside them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select sum(pg_total_relation_size(oid)) from pg_class
               where relkind = 'r' and (relname like 'registry\\_%' or relname = 'accounts_auditentry')"""
        )
        return int(cursor.fetchone()[0])


def test_ten_million_codes_issued_and_activated(issue: Callable[..., Batch], maker: Organisation) -> None:
    here: dict[str, Any] = {"organisation": maker, "by": "person:lin", "at": AT}
    before, start = size(), time.monotonic()
    batch = issue(TEN_MILLION, roll_size=1_000)
    issued = time.monotonic()
    assert services.activate(Whole(batch), **here, lot="L1").changed == TEN_MILLION
    activated = time.monotonic()
    assert queries.counts_of(batch)["active"] == TEN_MILLION
    counted, grown = time.monotonic(), size() - before
    print(f"issue {issued - start:.2f} s, activate {activated - issued:.2f} s, count {counted - activated:.2f} s")
    print(f"grown by {grown} octets")
    assert grown < FOUR_MEGABYTES


def test_the_worst_pages_stay_below_it_too(issue: Callable[..., Batch], maker: Organisation) -> None:
    """Every second roll of one hundred codes: pages that compress badly, written once."""
    before = size()
    batch = issue(TEN_MILLION, roll_size=1_000)
    done = services.activate(Rolls(batch, tuple(range(1, 10_001, 2))), organisation=maker, by="person:lin", at=AT)
    assert done.changed == TEN_MILLION // 2
    assert size() - before < FOUR_MEGABYTES


def test_ten_million_rows_for_a_printer(issue: Callable[..., Batch]) -> None:
    batch = issue(TEN_MILLION, roll_size=1_000)
    start = time.monotonic()
    written = sum(len(chunk) for chunk in printfile.rows(batch, address="https://trace.example"))
    print(f"print file of {written} octets in {time.monotonic() - start:.1f} s")
    assert written == printfile.length(batch, address="https://trace.example")
