"""Regions of addresses against a plain search, distances against the map, impossible travel against a planted crowd."""

from datetime import timedelta
from ipaddress import ip_address, ip_network

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import AT
from zhuisu.verification.regions import Networks, apart_km, network_of, provinces, read, table
from zhuisu.verification.travel import TRAVEL_LIMIT_KMH, TRAVEL_WINDOW, Seen, impossible

CODES = sorted(f"{two}0000" for two in provinces())
V4 = st.builds(lambda n, p: ip_network((n >> (32 - p) << (32 - p), p)), st.integers(0, 2**32 - 1), st.integers(1, 32))
V6 = st.builds(
    lambda n, p: ip_network((n >> (128 - p) << (128 - p), p)), st.integers(2**120, 2**128 - 1), st.integers(8, 128)
)


@given(st.lists(st.tuples(V4 | V6, st.sampled_from(CODES)), max_size=12, unique_by=lambda one: one[0]), st.data())
def test_the_smallest_network_counts(told: list, data: st.DataObject) -> None:
    networks, errors = read([f"{network},{region}" for network, region in told])
    assert not errors
    ends = [end for network, _ in told for end in (network[0], network[-1])]
    near = [ip_address(int(end) + step) for end in ends for step in (-1, 0, 1) if 2**31 < int(end) < 2**127]
    for address in [*ends, *near[:20], ip_address("8.8.8.8")]:
        holding = [(network.prefixlen, region) for network, region in told if address in network]
        assert networks.region(str(address)) == (max(holding)[1] if holding else "")


def test_wrong_lines_are_named_and_the_rest_counts() -> None:
    lines = ["network,region", "# ours", "192.0.2.0/24,350212", "192.0.2.1/24,350000", "x,350000", "198.51.100.0/24",
             "198.51.100.0/24,990000", "2001:db8::/32, 440000", ""]  # fmt: skip
    networks, errors = read(lines)
    assert [error.partition(":")[0] for error in errors] == ["line 4", "line 5", "line 6", "line 7"]
    assert networks.region("192.0.2.77") == "350200"  # a city at the finest
    assert networks.region("2001:db8::1") == "440000"
    assert networks.region("::ffff:192.0.2.77") == "350200"
    assert networks.region("203.0.113.1") == networks.region("") == networks.region("nobody") == ""


def test_a_table_that_is_not_there_is_said_and_costs_no_page(caplog: pytest.LogCaptureFixture, tmp_path) -> None:
    assert table("") == Networks()
    assert table(str(tmp_path / "none.csv")) == Networks()
    assert "cannot be read" in caplog.text
    file = tmp_path / "table.csv"
    file.write_text("192.0.2.0/24,350000\nx,y\n")
    assert table(str(file)).region("192.0.2.1") == "350000"
    assert "line 2" in caplog.text


def test_one_household_is_one_source() -> None:
    assert network_of("192.0.2.1") == network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("") == ""


def test_the_table_of_places_is_whole_and_right() -> None:
    assert len(provinces()) == 34
    assert all(
        18 < each.latitude < 54 and 73 < each.longitude < 136 and each.radius > 0 for each in provinces().values()
    )
    assert apart_km("110000", "310000") == pytest.approx(1068 - 250, abs=25)  # Beijing–Shanghai, great circle 1,068 km
    assert apart_km("440000", "810000") == apart_km("350000", "350200") == apart_km("", "350000") == 0
    for one in CODES:
        for other in CODES:
            assert apart_km(one, other) == apart_km(other, one)


@pytest.mark.parametrize(
    ("minutes", "regions", "found"),
    [
        (30, ("110000", "310000"), True),  # 818 km at least in half an hour
        (60, ("110000", "310000"), False),  # by air
        (0, ("110000", "310000"), True),
        (1, ("110000", "130000"), False),  # they touch
        (1, ("110000", ""), False),
        (1, ("110000", "110000"), False),
        (361, ("230000", "460000"), False),  # beyond the window
    ],
)
def test_only_what_no_airliner_does_is_impossible(minutes: int, regions: tuple[str, str], found: bool) -> None:
    assert bool(impossible([Seen(AT, regions[0])], Seen(AT + timedelta(minutes=minutes), regions[1]))) is found


def test_the_window_is_never_the_reason_to_miss_one() -> None:
    farthest = max(apart_km(one, other) for one in CODES for other in CODES)
    assert farthest / TRAVEL_LIMIT_KMH < TRAVEL_WINDOW.total_seconds() / 3600


@pytest.mark.slow
def test_clones_in_a_crowd_are_found_and_hardly_anybody_else() -> None:
    """100,000 scans of 40,000 things; 200 of these have copies in eight provinces. Honest buyers travel by train and by air,
    and one in 200 of their scans comes from an exit of a mobile network in another province."""
    chance = np.random.default_rng(20261120)
    scans: list[tuple[float, int, str]] = []
    clones = set(range(200))
    for item in range(40_000):
        begin = chance.uniform(0, 60 * 86_400)
        if item in clones:
            homes = chance.choice(CODES, 8, replace=False)
            scans += [(begin + chance.uniform(0, 5 * 86_400), item, str(chance.choice(homes))) for _ in range(60)]
        else:
            home, when = str(chance.choice(CODES)), begin
            for _ in range(1 + chance.poisson(1.2)):
                region = str(chance.choice(CODES)) if chance.random() < 0.005 else home
                scans.append((when, item, region))
                when += chance.exponential(3 * 86_400)
                if chance.random() < 0.1:  # carries it somewhere else, by the fastest thing there is
                    there = str(chance.choice(CODES))
                    when += (apart_km(home, there) + 1_000) / 850 * 3600
                    home = there
    scans.sort()
    assert len(scans) >= 95_000
    past: dict[int, list[Seen]] = {}
    found = set()
    for when, item, region in scans:
        now = Seen(AT + timedelta(seconds=when), region)
        if impossible(past.setdefault(item, []), now):
            found.add(item)
        past[item].append(now)
    recall, precision = len(found & clones) / len(clones), len(found & clones) / len(found)
    print(f"{len(scans):,} scans, {len(clones)} clones: recall {recall:.3f}, precision {precision:.3f}")
    assert recall >= 0.99
    assert precision >= 0.9
