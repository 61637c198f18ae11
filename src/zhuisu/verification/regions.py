"""Regions of scans: which one an address belongs to, by the operator's own table, and how far apart two of them are at least."""

import csv
import logging
import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import NamedTuple

from zhuisu.codes.cn_division import known

log = logging.getLogger(__name__)

EARTH_KM = 6371.0  # mean radius
MOST_ERRORS = 20  # wrong lines of the operator's table that are written into the log; the rest is counted
CITY = 4  # digits of GB/T 2260 that are kept: a county would tell more of a shopper than anybody needs
# All IPv4 addresses as they stand in IPv6 (RFC 4291 §2.5.5.2), so that one table serves both.
_MAPPED = int(IPv6Address("::ffff:0:0"))


class Province(NamedTuple):
    """A province-level division: degrees of its seat, and within how many km of it everything lies."""

    code: str
    name: str
    name_en: str
    latitude: float
    longitude: float
    radius: float


@cache
def provinces() -> dict[str, Province]:
    """All 34, by the first two digits of their code."""
    lines = files("zhuisu.verification").joinpath("region_points.dat").read_text("utf-8").splitlines()[1:]
    answer = {}
    for line in lines:
        code, name, name_en, *numbers = line.split(",")
        answer[code[:2]] = Province(code, name, name_en, *map(float, numbers))
    return answer


def apart_km(one: str, other: str) -> float:
    """The least number of km between a place of one region and a place of another; 0 where they may touch or are not known.

    Great-circle distance of the seats less both radii: never more than the true distance.
    """
    first, second = provinces().get(one[:2]), provinces().get(other[:2])
    if first is None or second is None or first == second:
        return 0.0
    north, south = math.radians(first.latitude), math.radians(second.latitude)
    east = math.radians(second.longitude - first.longitude)
    chord = math.sin((south - north) / 2) ** 2 + math.cos(north) * math.cos(south) * math.sin(east / 2) ** 2
    return max(0.0, 2 * EARTH_KM * math.asin(math.sqrt(chord)) - first.radius - second.radius)


@dataclass(frozen=True, slots=True)
class Networks:
    """Addresses as numbers of 128 bits: from each of `starts` on, up to the next, lies the region beside it."""

    starts: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()

    def region(self, address: str) -> str:
        """The region of the smallest network that holds the address; empty where none does."""
        try:
            number = _number(ip_address(address))
        except ValueError:
            return ""
        place = bisect_right(self.starts, number) - 1
        return self.regions[place] if place >= 0 else ""


def read(lines: Iterable[str]) -> tuple[Networks, list[str]]:
    """The table of an operator: CSV with the columns network (CIDR, v4 or v6) and region (GB/T 2260), and what is wrong in it.

    A line that is wrong is left out and named with its number; of two lines for one network the later counts.
    """
    found: dict[tuple[int, int], str] = {}
    errors = []
    for number, row in enumerate(csv.reader(lines), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#") or (number == 1 and cells[0] == "network"):
            continue
        try:
            network, region = cells[0], cells[1]
            first, last = _bounds(network)
        except (IndexError, ValueError) as error:
            errors.append(f"line {number}: {error if len(cells) > 1 else 'two columns are needed: network,region'}")
            continue
        if not known(region.ljust(6, "0")) or region[:2] not in provinces():
            errors.append(f"line {number}: GB/T 2260 has no region {region!r}")
            continue
        found[first, last] = region[:CITY].ljust(6, "0")
    return _flat(found), errors


def _bounds(text: str) -> tuple[int, int]:
    network = ip_network(text)
    first = _number(network.network_address)
    return first, first + network.num_addresses - 1


def _number(address: IPv4Address | IPv6Address) -> int:
    return int(address) + _MAPPED if isinstance(address, IPv4Address) else int(address)


def _flat(found: dict[tuple[int, int], str]) -> Networks:
    """Networks lie in each other or apart: cut into pieces that each belong to the innermost."""
    starts: list[int] = []
    regions: list[str] = []

    def begin(at: int, region: str) -> None:
        if starts and starts[-1] == at:
            starts.pop()
            regions.pop()
        starts.append(at)
        regions.append(region)

    around: list[
        tuple[int, str]
    ] = []  # last address and region of the networks that are open, the innermost at the end
    for (first, last), region in sorted(found.items(), key=lambda one: (one[0][0], -one[0][1])):
        while around and around[-1][0] < first:
            end, _ = around.pop()
            begin(end + 1, around[-1][1] if around else "")
        begin(first, region)
        around.append((last, region))
    while around:
        end, _ = around.pop()
        begin(end + 1, around[-1][1] if around else "")
    return Networks(tuple(starts), tuple(regions))


@cache
def table(path: str) -> Networks:
    """The operator's table, read once in a process; none where no file is named. What is wrong in it goes to the log."""
    if not path:
        return Networks()
    try:
        networks, errors = read(Path(path).read_text("utf-8-sig").splitlines())
    except (OSError, UnicodeDecodeError):
        log.exception("the table of address regions cannot be read")
        return Networks()
    for line in errors[:MOST_ERRORS]:
        log.error("%s, %s", path, line)
    if len(errors) > MOST_ERRORS:
        log.error("%s: %d more lines are wrong", path, len(errors) - MOST_ERRORS)
    return networks


def network_of(address: str) -> str:
    """What one source is: an IPv4 address, or the /64 of an IPv6 one, which one household has to itself; "" for none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)
