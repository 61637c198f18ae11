"""The benches of walks measure what they say: the bulk way gives the snapshot of the rows, and all engines count the same."""

import numpy as np
import pytest

from zhuisu.config.bench import balance, fresh, peers, walk
from zhuisu.config.bench.figures import Figure, Scale
from zhuisu.config.bench.lots import among, lots, publish, segment, store, stretch
from zhuisu.config.bench.plain import _levels, limit_of
from zhuisu.lineage.balance import balance_of
from zhuisu.lineage.snapshot import current
from zhuisu.lineage.snapshot.extract import read
from zhuisu.lineage.snapshot.merge import merge
from zhuisu.lineage.snapshot.view import View

SMALL = Scale(2_000)  # a thousand lots


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = tmp_path
    current.forget()
    yield tmp_path
    current.forget()


@pytest.mark.django_db
def test_the_bulk_way_is_the_way_through_the_database():
    told = lots(500)
    store(told)
    bulk, captured = segment(told), read(0, told.count, 0)
    assert bulk.arrays.keys() == captured.arrays.keys()
    for name, array in captured.arrays.items():
        if name == "value":
            assert np.allclose(bulk.arrays[name], array)
        elif name not in ("text", "text_start"):
            assert np.array_equal(bulk.arrays[name], array), name
    ids = range(1, 501)
    assert View([bulk], 500).texts(ids) == View([captured], 500).texts(ids)


def test_stretches_of_it_merge_to_the_whole():
    told = lots(400)
    merged = merge(stretch(told, 0, 250), stretch(told, 250, 400))
    for name, array in segment(told).arrays.items():
        if not name.startswith("text"):
            assert np.array_equal(merged.arrays[name], array), name


def test_lots_are_made_after_what_goes_into_them_and_are_all_used():
    told = lots(5_000)
    assert 1.5 < told.links / told.count < 3
    assert (told.source < told.target).all()
    assert (told.at[told.source - 1] <= told.at[told.target - 1]).all()
    assert not balance_of(View([segment(told)], told.count)).findings()


def test_the_limit_counts_the_same_compiled_or_not():
    told = lots(2_000)
    order = np.argsort(told.source, kind="stable")
    begin = np.r_[0, np.cumsum(np.bincount(told.source, minlength=told.count + 1))]
    for start in (1, 5, 40):
        assert limit_of(told).run([start]) == _levels(begin, told.target[order], [start])


@pytest.mark.parametrize("name", peers.PEERS)
def test_a_peer_counts_what_the_limit_counts(name):
    told = lots(1_000)
    try:
        peer = peers.PEERS[name](told)
    except ImportError as error:
        pytest.skip(f"{error.name} is not installed")
    for starts in ([1], [3, 4, 5]):
        assert peer.run(starts) == limit_of(told).run(starts)
    peer.close()


def test_the_same_answer_stands_among_others():
    own = lots(600)
    told, numbers = among(own, 3)
    assert told.count == 1_800
    assert limit_of(told).run([int(numbers[2])]) == limit_of(own).run([2])
    assert publish is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("step", "gives"),
    [
        (walk.figures, {"T1", "T2", "T1b", "W-up"}),
        (walk.database, {"W-sql"}),
        (walk.growth, {"G1"}),
        (walk.large, {"T2b"}),
        (fresh.figures, {"T3"}),
        (fresh.behind, {"T3b"}),
        (balance.figures, {"R1"}),
    ],
)
def test_every_step_gives_its_figures(step, gives, monkeypatch):
    monkeypatch.setattr(walk, "ROUNDS", 1)
    monkeypatch.setattr(fresh, "BEFORE", 1)
    monkeypatch.setattr(fresh, "EVENTS_A_DOCUMENT", 20)
    found = list(step(SMALL))
    assert gives <= {one.id for one in found}
    assert all(one.value > 0 for one in found if isinstance(one, Figure))
