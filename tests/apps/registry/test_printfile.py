"""The print file: what it says, code by code, and that it is cut where it is told to be."""

import csv
from collections.abc import Callable

import pytest

from zhuisu import codes
from zhuisu.codes import zs_batch
from zhuisu.registry.issuing import keys, printfile, queries
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.models import Batch, Product

pytestmark = pytest.mark.django_db
ADDRESS = "https://trace.example/"


def read(batch: Batch, **options: int) -> list[dict[str, str]]:
    content = b"".join(printfile.rows(batch, address=ADDRESS, **options))
    assert len(content) == printfile.length(batch, count=options.get("count"), address=ADDRESS)
    return list(csv.DictReader(content.decode("ascii").splitlines()))


def test_each_row_is_a_code_with_its_link(issue: Callable[..., Batch], cabbage: Product) -> None:
    issue(333)
    for batch in (issue(250, roll_size=100), issue(250, product=cabbage)):
        rows = read(batch)
        assert len(rows) == 250
        key = keys.key_of(batch.series.key)
        assert [row["code"].replace(" ", "") for row in rows] == [batch.code_at(key, place) for place in range(250)]
        assert {int(row["roll"]) for row in rows} == ({1, 2, 3} if batch.roll_size else {1})
        assert [int(rows[place]["number"]) for place in (0, 249)] == ([1, 50] if batch.roll_size else [1, 250])
        for row in rows[::50]:
            found = queries.standing(codes.parse(row["code"], "zs.unit"))
            assert (found.kind, found.batch) == ("issued", batch)
            assert row["link"] == ADDRESS + batch.series.path(row["code"].replace(" ", ""))
            if batch.series.gtin:
                assert codes.parse(row["link"]).canonical == found.identity


def test_a_part_of_it(issue: Callable[..., Batch]) -> None:
    batch = issue(250, roll_size=100)
    assert read(batch, first=90, count=20) == read(batch)[90:110]
    for first, count in ((-1, 1), (0, 0), (249, 2), (250, 1)):
        with pytest.raises(IssueError):
            printfile.rows(batch, first=first, count=count, address=ADDRESS)


@pytest.mark.parametrize(
    "address",
    ["", "javascript:alert(1)", "=1+1", "https://a,b", 'https://a"b', "https://a/b", "https://a\r\nb", "https://汉"],
)
def test_addresses_that_are_none(issue: Callable[..., Batch], address: str) -> None:
    with pytest.raises(IssueError) as refused:
        printfile.rows(issue(1), address=address)
    assert refused.value.rule == "address"


def test_across_blocks(issue: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch) -> None:
    batch = issue(250)
    whole = read(batch)
    monkeypatch.setattr(zs_batch, "MAX_BLOCK", 64)
    assert read(batch) == whole
