"""How often Python looks for unreachable objects: seldom while a document is read, as always otherwise."""

import gc

import pytest

from zhuisu.events import collecting


def test_seldom_while_anybody_reads_and_as_before_afterwards() -> None:
    before = gc.get_threshold()
    with collecting.seldom():
        with collecting.seldom():
            assert gc.get_threshold()[0] == collecting.YOUNG_OBJECTS
        assert gc.get_threshold()[0] == collecting.YOUNG_OBJECTS
    assert gc.get_threshold() == before
    with pytest.raises(ValueError, match="wrong"), collecting.seldom():
        raise ValueError("wrong")
    assert gc.get_threshold() == before
