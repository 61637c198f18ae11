"""Eight issuers at once, killed in the middle: no counter is ever handed out twice, none is lost; changes never wait for each other."""

import itertools
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from support import AT
from zhuisu.accounts.models import Organisation
from zhuisu.registry.issuing import keys, queries, services
from zhuisu.registry.issuing.services import Between, Codes
from zhuisu.registry.models import Batch, LotSpan, Party, Product, Series

SEED = int(os.environ.get("ZHUISU_SEED", 20261122))
PROCESSES, THREADS, KILLS = 4, 2, 3
PATIENCE_SECONDS = 60

ISSUER = """
import json, random, sys, threading
import django
django.setup()
from datetime import datetime, UTC
from zhuisu.accounts.models import Organisation
from zhuisu.registry.issuing import services
from zhuisu.registry.models import Product
seed, organisation, product, threads = map(int, sys.argv[1:])
def work(number):
    dice = random.Random(seed * 100 + number)
    maker, thing = Organisation.objects.get(pk=organisation), Product.objects.get(pk=product)
    while True:
        batch = services.issue(organisation=maker, product=thing, level="item", count=dice.randint(1, 9_000),
            active=dice.random() < 0.3, by="system:test", at=datetime(2026, 11, 20, 4, tzinfo=UTC))
        print(json.dumps([batch.series_id, batch.first, batch.count]), flush=True)
for number in range(threads):
    threading.Thread(target=work, args=(number,)).start()
"""


def database_address() -> str:
    """The test database, for the issuers' own processes."""
    held = connection.settings_dict
    login = quote(held["USER"], safe="") + (":" + quote(held["PASSWORD"], safe="") if held["PASSWORD"] else "")
    where = f"/{held['NAME']}?host={quote(held['HOST'])}&port={held['PORT'] or 5432}"
    return f"postgresql://{login}@{where}"


@pytest.fixture
def maker(transactional_db: None) -> Organisation:
    made = Organisation.objects.create(kind="enterprise", name="甲", party="uri:urn:zhuisu:test:killed-maker")
    Party.objects.create(code=made.party, name="甲", verified_at=AT)
    return made


@pytest.fixture
def crop(maker: Organisation) -> Product:
    return Product.objects.create(
        code="uri:urn:zhuisu:test:crop", name="菜", category="edible_agricultural", holder=Party.objects.get()
    )


def start(number: int, maker: Organisation, crop: Product, out: Path) -> subprocess.Popen[bytes]:
    with out.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", ISSUER, *map(str, (SEED + number, maker.pk, crop.pk, THREADS))],
            env=os.environ | {"ZHUISU_DATABASE_URL": database_address()},
            stdout=file,
            stderr=subprocess.PIPE,
        )


def handed_out(outs: list[Path]) -> list[tuple[int, int, int]]:
    """What the issuers said they got; a line cut by the kill was not said."""
    lines = [line for out in outs for line in out.read_text().splitlines(keepends=True) if line.endswith("]\n")]
    return [(series, first, count) for series, first, count in map(json.loads, lines)]


def test_no_counter_twice_and_none_lost(maker: Organisation, crop: Product, tmp_path: Path) -> None:
    dice = random.Random(SEED)
    outs = [tmp_path / f"{number}" for number in range(PROCESSES + KILLS)]
    running = {number: start(number, maker, crop, outs[number]) for number in range(PROCESSES)}
    deadline, fresh, goal = time.monotonic() + PATIENCE_SECONDS, PROCESSES, 40
    while fresh < PROCESSES + KILLS:
        assert time.monotonic() < deadline, [one.poll() for one in running.values()]
        if sum(len(out.read_bytes().splitlines()) for out in outs if out.exists()) >= goal:
            time.sleep(dice.random() * 0.02)
            victim = running.pop(dice.choice(sorted(running)))
            assert victim.poll() is None, victim.communicate()[1][-2000:]
            victim.kill()
            victim.communicate()
            running[fresh] = start(fresh, maker, crop, outs[fresh])
            fresh, goal = fresh + 1, goal + 40
        time.sleep(0.01)
    for process in running.values():
        process.kill()
        process.communicate()
    stored = {(one.series_id, one.first): one.count for one in Batch.objects.all()}
    said = handed_out([out for out in outs if out.exists()])
    assert len(said) > 100, "too little was issued to prove anything"
    assert all(stored[series, first] == count for series, first, count in said)
    for series in Series.objects.all():
        expected = 0
        for first in sorted(first for number, first in stored if number == series.pk):
            assert first == expected, "a gap or an overlap"
            expected += stored[series.pk, first]
        assert series.next_counter == expected
    assert Series.objects.count() == 1, "one product and level has one open series, however many begin at once"


def _all(work: Callable[[int], None]) -> list[str]:
    failed: list[str] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except Exception as error:
            failed.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def test_changes_that_overlap_end_as_one_after_the_other(maker: Organisation, crop: Product) -> None:
    order = {"organisation": maker, "product": crop, "count": 20_000, "by": "person:x", "at": AT}
    batches = [services.issue(level=level, **order) for level in ("item", "case")]  # type: ignore[arg-type]
    text = [
        [batch.code_at(keys.key_of(batch.series.key), place) for place in range(0, 20_000, 100)] for batch in batches
    ]

    def work(number: int) -> None:
        dice = random.Random(SEED + number)
        for _ in range(6):
            picked = [dice.choice(text[dice.randrange(2)]) for _ in range(4)]  # of both series, in any order
            services.activate(Codes(tuple(picked)), organisation=maker, by="person:x", at=AT, lot="L1")
            ends = sorted(dice.sample(range(200), 2))
            one = text[dice.randrange(2)]
            done = services.activate(
                Between(one[ends[0]], one[ends[1]]), organisation=maker, by="person:x", at=AT, lot="L1"
            )
            assert done.accepted

    assert _all(work) == []
    for batch in batches:
        counts = queries.counts_of(batch)
        spans = list(LotSpan.objects.filter(series=batch.series_id).order_by("first"))
        assert counts["active"] == sum(one.last - one.first + 1 for one in spans)
        assert all(one.last + 1 < other.first for one, other in itertools.pairwise(spans))


def test_key_files_are_made_once_however_many_begin(maker: Organisation, crop: Product) -> None:
    def work(number: int) -> None:
        services.issue(organisation=maker, product=crop, level="item", count=5, by=f"person:{number}", at=AT)

    assert _all(work) == []
    assert [one.state for one in keys.states()] == ["present"]
    assert sorted(Batch.objects.values_list("first", flat=True)) == list(range(0, 40, 5))
