"""The oracle and the makers of histories stand beside the tests that use them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def slates_are_left_clean():
    """What one walk leaves behind the next one would take for its own."""
    from zhuisu.lineage.snapshot import slate

    yield
    for one in slate._waiting:
        for name in ("row", "box_row", "clear", "known_event"):
            assert not getattr(one, name).any(), name
        assert not one.used


@pytest.fixture(scope="session")
def kernels():
    """The compiled loops, in the home of this run."""
    from zhuisu.lineage.snapshot import compiled

    return compiled._process.kernels if compiled.load() else None


@pytest.fixture(params=["numpy", "compiled"])
def each_way(request, kernels, monkeypatch):
    """Walks over a snapshot in both ways: their answers must not differ."""
    from zhuisu.lineage.snapshot import compiled

    if request.param == "compiled" and kernels is None:
        pytest.skip("numba, of the extra `fast`, is not installed or cannot compile here")
    monkeypatch.setattr(compiled._process, "kernels", kernels if request.param == "compiled" else None)
