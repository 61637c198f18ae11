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
