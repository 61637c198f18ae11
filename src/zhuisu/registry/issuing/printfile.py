"""The file for a printer: roll, number, code and link of every code of a batch. Made from the key while it is sent, stored nowhere."""

import re
from collections.abc import Iterator

from zhuisu.codes import zs_batch
from zhuisu.registry.issuing import keys
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.models import Batch

# Scheme, host and port: nothing that a table calculates, a browser runs or CSV must quote.
_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?/?")


def rows(batch: Batch, *, first: int = 0, count: int | None = None, address: str) -> Iterator[bytes]:
    """The print file of a batch, or of `count` codes from its place `first` (from 0), in chunks of some megabytes.

    CSV in ASCII with the heading `roll,number,code,link`; `address` is the platform's own, such as https://trace.example.
    Raises IssueError "address", "place", "key-missing" or "key-swapped", before the first chunk.
    """
    if not _ADDRESS.fullmatch(address):
        raise IssueError("address", "must be like https://id.example.com", "应形如 https://id.example.com", "address")
    wanted = batch.count - first if count is None else count
    if not (first >= 0 and 0 < wanted <= batch.count - first):
        raise IssueError(
            "place",
            f"{wanted} codes from place {first}: the batch has {batch.count}",
            f"从第 {first} 个起取 {wanted} 个：该批次共 {batch.count} 个",
            "count",
        )
    return _chunks(batch, first, wanted, keys.key_of(batch.series.key), address)


def length(batch: Batch, *, count: int | None = None, address: str) -> int:
    """How many octets `rows` gives, known beforehand: every row has the same length."""
    one = next(_chunks(batch, 0, 1, keys.DUMMY, address))
    return len(zs_batch.HEADER) + (len(one) - len(zs_batch.HEADER)) * (batch.count if count is None else count)


def _chunks(batch: Batch, first: int, count: int, key: bytes, address: str) -> Iterator[bytes]:
    series = batch.series
    link = f"{address.rstrip('/')}/{series.path('')}"
    place, head = first, zs_batch.HEADER
    for block in zs_batch.blocks(key, series.key_version, series.name, batch.first + first, count):
        yield head + zs_batch.print_rows(block, first=place, total=batch.count, roll_size=batch.roll_size, link=link)
        place, head = place + len(block), b""
