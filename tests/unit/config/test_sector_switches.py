"""The setting that switches sectors off: a misspelling stops the program, since it would switch nothing off."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from zhuisu.config.settings import _sectors_off


def test_sectors_are_switched_off_by_their_folders_names() -> None:
    assert _sectors_off("") == frozenset()
    assert _sectors_off(" crops  food\n") == {"crops", "food"}


@pytest.mark.parametrize("text", ["cropz", "food Crops", "food,crops", "template", "../profiles", "__pycache__"])
def test_a_misspelt_sector_stops_the_start(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ZHUISU_SECTORS_OFF"):
        _sectors_off(text)
