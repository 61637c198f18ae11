"""The measurement of issuing counts what it says: it finds a code that comes twice, and a guess that hits."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from zhuisu.codes import zs_batch, zs_unit
from zhuisu.config.bench import issuing
from zhuisu.config.bench.figures import Scale

KEY = bytes(range(32))


def test_figures() -> None:
    found = {one.id: one for one in issuing.figures(Scale(issuing.CODES // 3_000))}
    assert list(found) == ["I1", "I2", "I3", "I4", "I5", "I6", "I7"]
    assert found["I4"].value == found["I5"].value == found["I6"].value == 0
    length = len("1,0001,7KQA 3M9T WX2C 8HRL,7KQA3M9TWX2C8HRL\r\n") + len(issuing.LINK)
    assert found["I3"].value == len(zs_batch.HEADER) + 3_000 * length
    assert found["I7"].value == 10_000_000 / 29**11
    assert found["I5"].baseline == pytest.approx(3_000 * 3_000 / 29**11)
    assert found["I6"].baseline == pytest.approx(3_000 * 3_000 / 29**15)


def test_a_code_that_comes_twice_is_counted(tmp_path: Path) -> None:
    def parts() -> Iterator[zs_batch.Bytes]:
        codes = zs_batch.block(KEY, issuing.VERSION, issuing.SERIES, 0, 500)
        yield codes
        yield np.concatenate((codes[7:8], codes[9:10]))

    path = tmp_path / "codes.csv"
    issuing._write(path, 502, parts())
    assert issuing._different(path, 502, KEY) == 500


def test_a_guess_that_hits_is_counted() -> None:
    """With half of all counters issued, half of the guesses hit; a series is met by chance once in 707,281."""
    known, everywhere = issuing._guess(KEY, zs_unit.COUNTERS // 2, 40_000)
    assert abs(known - 20_000) < 600
    assert everywhere <= 3
