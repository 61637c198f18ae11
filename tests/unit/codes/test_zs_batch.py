"""Codes by the million are the same as one by one; none comes twice; guesses hit as rarely as computed; rows of print files."""

import csv
import io
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhuisu.codes import zs_batch, zs_unit
from zhuisu.codes.zs_unit import ALPHABET, COUNTERS

KEY = bytes(range(100, 132))
keys = st.binary(min_size=32, max_size=32)
series = st.text(ALPHABET, min_size=4, max_size=4)
LINK = "https://trace.example/01/06901234567892/21/"


def texts(codes: zs_batch.Bytes) -> list[str]:
    return [bytes(row).decode("ascii") for row in codes]


@settings(max_examples=60, deadline=None)
@given(
    keys,
    st.integers(0, 255),
    series,
    st.one_of(st.integers(0, COUNTERS - 40), st.integers(COUNTERS - 40, COUNTERS)),
    st.integers(0, 40),
)
def test_block_and_counters_as_one_by_one(key: bytes, version: int, name: str, first: int, count: int) -> None:
    count = min(count, COUNTERS - first)
    codes = zs_batch.block(key, version, name, first, count)
    assert codes.shape == (count, 16)
    assert texts(codes) == [zs_unit.code_of(key, version, name, one) for one in range(first, first + count)]
    assert zs_batch.counters(key, version, name, codes[:, 4:15]).tolist() == list(range(first, first + count))


@settings(max_examples=60, deadline=None)
@given(keys, series, st.lists(st.text(ALPHABET, min_size=15, max_size=15), max_size=20))
def test_forgeries_as_one_by_one(key: bytes, name: str, forged: list[str]) -> None:
    rows = np.frombuffer("".join(forged).encode("ascii"), np.uint8).reshape(-1, 15)
    wanted = [zs_unit.counter_of(key, 7, name + text[:11] + "2") for text in forged]
    assert zs_batch.counters(key, 7, name, rows[:, :11]).tolist() == wanted


@pytest.mark.parametrize("first", [0, zs_batch._CHUNK - 1, 3 * zs_batch._CHUNK + 5])
def test_seams_between_chunks(first: int) -> None:
    codes = zs_batch.block(KEY, 1, "7KQA", first, zs_batch._CHUNK + 2)
    for place in (0, 1, zs_batch._CHUNK - 1, zs_batch._CHUNK, zs_batch._CHUNK + 1):
        assert bytes(codes[place]).decode("ascii") == zs_unit.code_of(KEY, 1, "7KQA", first + place)


def test_blocks_are_one_after_another_and_none_comes_twice() -> None:
    count = 2 * zs_batch.MAX_BLOCK + 17
    parts = list(zs_batch.blocks(KEY, 1, "7KQA", 1000, count))
    assert [len(part) for part in parts] == [zs_batch.MAX_BLOCK, zs_batch.MAX_BLOCK, 17]
    codes = np.concatenate(parts)
    assert len(np.unique(codes.view("S16"))) == count
    assert (zs_batch.counters(KEY, 1, "7KQA", codes[:, 4:15]) == np.arange(1000, 1000 + count)).all()
    assert list(zs_batch.blocks(KEY, 1, "7KQA", 0, 0)) == []


def test_guesses_hit_as_rarely_as_computed() -> None:
    """Random bodies fall below any bound as often as its share of all counters says; below a real series' none does."""
    guesses, rng = 400_000, np.random.default_rng(20260801)
    bodies = zs_batch._LETTERS[rng.integers(0, 29, (guesses, 11), dtype=np.uint8)]
    found = zs_batch.counters(KEY, 1, "7KQA", bodies)
    for part in (2, 29, 1000):
        expected = guesses / part
        assert abs(int((found < COUNTERS // part).sum()) - expected) < 5 * sqrt(expected)
    assert int((found < zs_unit.MAX_PER_SERIES).sum()) == 0
    assert zs_unit.MAX_PER_SERIES / COUNTERS < 8.3e-9


def test_neighbours_do_not_look_alike() -> None:
    """In each place of the body each character comes about equally often, and neighbours share a place once in 29 times."""
    codes = zs_batch.block(KEY, 1, "7KQA", 0, 60_000)[:, 4:15]
    for column in codes.T:
        seen = np.bincount(column, minlength=256)[zs_batch._LETTERS]
        assert (abs(seen - 60_000 / 29) < 5 * sqrt(60_000 / 29)).all()
    assert abs((codes[1:] == codes[:-1]).mean() - 1 / 29) < 0.002


@pytest.mark.parametrize(
    ("key", "version", "name", "first", "count", "why"),
    [
        (KEY[:31], 1, "7KQA", 0, 1, "32 bytes"),
        (KEY, 256, "7KQA", 0, 1, "key version"),
        (KEY, 1, "7KQ0", 0, 1, "a series has"),
        (KEY, 1, "7KQA", -1, 1, "from counter -1"),
        (KEY, 1, "7KQA", COUNTERS, 1, "from counter"),
        (KEY, 1, "7KQA", 0, zs_batch.MAX_BLOCK + 1, "at most 262144"),
        (KEY, 1, "7KQA", 0, -1, "-1 codes"),
    ],
)
def test_wrong_use(key: bytes, version: int, name: str, first: int, count: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        zs_batch.block(key, version, name, first, count)


def test_wrong_bodies() -> None:
    with pytest.raises(ValueError, match="outside"):
        zs_batch.counters(KEY, 1, "7KQA", np.frombuffer(b"ACDEFGHJKL0", np.uint8).reshape(1, 11))
    with pytest.raises(ValueError, match="rows of 11"):
        zs_batch.counters(KEY, 1, "7KQA", np.frombuffer(b"ACDEFGHJKL", np.uint8).reshape(1, 10))
    assert zs_batch.counters(KEY, 1, "7KQA", np.empty((0, 11), np.uint8)).tolist() == []


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3000), st.one_of(st.none(), st.integers(1, 4000)), st.data())
def test_print_rows(total: int, roll_size: int | None, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, total - 1))
    count = data.draw(st.integers(0, min(200, total - first)))
    codes = zs_batch.block(KEY, 1, "7KQA", 500 + first, count)
    written = zs_batch.print_rows(codes, first=first, total=total, roll_size=roll_size, link=LINK)
    lines = written.decode("ascii").splitlines(keepends=True)
    assert len({len(line) for line in lines}) <= 1
    assert all(line.endswith("\r\n") for line in lines)
    rows = list(csv.DictReader(io.StringIO((zs_batch.HEADER + written).decode("ascii"), newline="")))
    size = roll_size or total
    assert [(int(row["roll"]), int(row["number"])) for row in rows] == [
        (place // size + 1, place % size + 1) for place in range(first, first + count)
    ]
    assert [row["code"] for row in rows] == [zs_unit.shown(text) for text in texts(codes)]
    assert [row["link"] for row in rows] == [LINK + text for text in texts(codes)]


@pytest.mark.parametrize(
    ("first", "total", "roll_size", "link"),
    [
        (0, 1, None, LINK),
        (-1, 2, None, LINK),
        (9, 10, None, LINK),
        (0, 2, -1, LINK),
        (0, 2, None, "https://trace.example/a,b/"),
        (0, 2, None, 'https://trace.example/"'),
        (0, 2, None, "https://追溯.example/"),
        (0, 2, None, "https://trace.example/\r\n"),
    ],
)
def test_no_rows(first: int, total: int, roll_size: int | None, link: str) -> None:
    codes = zs_batch.block(KEY, 1, "7KQA", 0, 2)
    with pytest.raises(ValueError, match=r"rolls of|print file"):
        zs_batch.print_rows(codes, first=first, total=total, roll_size=roll_size, link=link)
