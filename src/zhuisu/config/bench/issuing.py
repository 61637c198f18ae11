"""Issuing: codes to a print file, none twice, beside drawing them at random and beside plain serial numbers; and guessing them."""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from zhuisu.codes import zs_batch, zs_unit
from zhuisu.config.bench.figures import Figure, Scale

CODES = 10_000_000
ROLL = 5_000
LINK = "https://trace.example/01/06901234567892/21/"
SERIES, VERSION = "7KQA", 1
# Drawing at random is slow: a hundredth gives its rate.
SAMPLE = 100


def figures(scale: Scale) -> Iterator[Figure]:
    """Issue codes to a print file, read it back, guess as many times. Uses about 100 octets of disk a code."""
    count = scale.of(CODES)
    key, guesses = secrets.token_bytes(zs_unit.KEY_BYTES), count
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = Path(folder, "codes.csv"), Path(folder, "serial.csv")
        taken = _seconds(lambda: _write(ours, count, zs_batch.blocks(key, VERSION, SERIES, 0, count)))
        serial = _seconds(lambda: _write(plain, count, _serial_numbers(count)))
        plain.unlink()
        drawn = count // SAMPLE / _seconds(lambda: _draw(count // SAMPLE))
        many = f"{count:,} codes to a print file"
        yield Figure("I1", f"{many}, codes a second", count / taken, "/s", drawn, "drawing each at random, /s")
        yield Figure("I2", f"{many}, seconds", taken, "s", serial, "the same rows with serial numbers, s")
        yield Figure("I3", f"{many}, octets", ours.stat().st_size, "B")
        yield Figure("I4", f"{many}, codes that came twice", count - _different(ours, count, key), "")
    known, everywhere = _guess(key, count, guesses)
    tried = f"{guesses:,} random guesses against {count:,} issued"
    expected = guesses * count / zs_unit.COUNTERS
    blind = expected / zs_unit.RADIX**zs_unit.SERIES
    yield Figure("I5", f"{tried}, series known (expected {expected:.2g}): hits", known, "", expected, "expected")
    yield Figure("I6", f"{tried} (expected {blind:.2g}): hits", everywhere, "", blind, "expected")
    # However small the run: the chance is that of the number that the goal speaks of.
    chance = CODES / zs_unit.COUNTERS
    yield Figure(
        "I7", f"chance that one guess hits one of {CODES:,} codes, series known", chance, "", 1e-4, "what the EU asks"
    )


def _seconds(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _write(path: Path, total: int, parts: Iterator[zs_batch.Bytes]) -> None:
    first = 0
    with path.open("wb") as file:
        file.write(zs_batch.HEADER)
        for codes in parts:
            file.write(zs_batch.print_rows(codes, first=first, total=total, roll_size=ROLL, link=LINK))
            first += len(codes)


def _serial_numbers(count: int) -> Iterator[zs_batch.Bytes]:
    """Sixteen digits, counted up: the least that any issuing has to write."""
    for first in range(0, count, zs_batch.MAX_BLOCK):
        numbers = np.arange(first, min(first + zs_batch.MAX_BLOCK, count), dtype=np.uint64)
        codes = np.empty((len(numbers), zs_unit.LENGTH), np.uint8)
        for place in range(zs_unit.LENGTH):
            codes[:, -1 - place] = numbers // np.uint64(10**place) % np.uint64(10) + np.uint64(ord("0"))
        yield codes


def _draw(count: int) -> list[str]:
    """Codes without a key: each character drawn. To find those that come twice, all of them would have to be kept."""
    return ["".join(secrets.choice(zs_unit.ALPHABET) for _ in range(zs_unit.LENGTH)) for _ in range(count)]


def _different(path: Path, count: int, key: bytes) -> int:
    """How many different codes stand in the file: its bodies decrypted, which makes different numbers of different bodies."""
    width = (path.stat().st_size - len(zs_batch.HEADER)) // count
    rows = np.memmap(path, np.uint8, "r", len(zs_batch.HEADER), (count, width))
    start = width - 2 - zs_unit.LENGTH + zs_unit.SERIES
    found = zs_batch.counters(key, VERSION, SERIES, rows[:, start : start + zs_unit.BODY])
    return len(np.unique(found))


def _guess(key: bytes, issued: int, guesses: int) -> tuple[int, int]:
    """How many random codes with a right check character are issued ones: with the series given, and without.

    The generator is not for secrets: what is guessed depends on the key, which is.
    """
    known = everywhere = 0
    rng = np.random.default_rng()
    letters = np.frombuffer(zs_unit.ALPHABET.encode("ascii"), np.uint8)
    name = np.frombuffer(SERIES.encode("ascii"), np.uint8)
    for first in range(0, guesses, zs_batch.MAX_BLOCK):
        size = min(zs_batch.MAX_BLOCK, guesses - first), zs_unit.SERIES + zs_unit.BODY
        texts = letters[rng.integers(0, zs_unit.RADIX, size, dtype=np.uint8)]
        hits = zs_batch.counters(key, VERSION, SERIES, texts[:, zs_unit.SERIES :]) < issued
        known += int(hits.sum())
        everywhere += int((hits & (texts[:, : zs_unit.SERIES] == name).all(axis=1)).sum())
    return known, everywhere
