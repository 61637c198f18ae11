"""Codes of zs.unit by the million: what zs_unit says of one code, over whole numpy arrays. Equal to it, code by code.

Eleven numerals of radix 29 make each round of FF1 one AES block and one number below 2^64 (b = 4, d = 8), so that
a round over a chunk of codes is one call of the cipher and a few array operations. Pure: no files, no database.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from zhuisu.codes import ff1, zs_unit
from zhuisu.codes.zs_unit import ALPHABET, BODY, COUNTERS, LENGTH, RADIX, SERIES, WEIGHTS

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.uint64]

# Of one call of `block`: 4 MiB of codes, and a print file's chunk of about 25 MiB.
MAX_BLOCK = 1 << 18
# First line of a print file.
HEADER: Final = b"roll,number,code,link\r\n"
# Codes in hand at a time: their AES blocks stay in a core's second cache; measured twice as fast as 2^18 at once.
_CHUNK: Final = 1 << 14
_TWO, _THREE = RADIX**2, RADIX**3
# FF1's halves: five numerals and six.
_SMALL, _LARGE = np.uint64(RADIX**5), np.uint64(RADIX**6)
_LETTERS: Final = np.frombuffer(ALPHABET.encode("ascii"), np.uint8)
_NO_LETTER: Final = 255
_VALUES: Final = np.full(256, _NO_LETTER, np.uint8)
_VALUES[_LETTERS] = np.arange(RADIX, dtype=np.uint8)


def _table(digits: int, place: int) -> Numbers:
    """For each number of `digits` numerals: its characters as a big-endian number, and above bit 32 its share of the check sum."""
    rows = np.indices((RADIX,) * digits).reshape(digits, -1).T
    text, share = np.zeros(len(rows), np.uint64), np.zeros(len(rows), np.uint64)
    for column in range(digits):
        text = (text << np.uint64(8)) | _LETTERS[rows[:, column]]
        share += (rows[:, column] * WEIGHTS[place + column]).astype(np.uint64)
    return text | (share % np.uint64(RADIX) << np.uint64(32))


# The body in five pieces: the first half is 2 + 2 + 1 numerals, the second 3 + 3. The table of five at once would not fit a cache.
_A1, _A2, _A3 = _table(2, SERIES), _table(2, SERIES + 2), _table(1, SERIES + 4)
_B1, _B2 = _table(3, SERIES + 5), _table(3, SERIES + 8)
# The check character for a sum of shares: five pieces and the series, each below 29.
_CHECKS: Final = _LETTERS[-np.arange(6 * RADIX) % RADIX].astype(np.uint64)


def block(key: bytes, version: int, series: str, first: int, count: int) -> Bytes:
    """The codes of the counters first to first + count - 1: an array (count, 16) of ASCII, as zs_unit.code_of gives them.

    `count` is at most MAX_BLOCK. Raises ValueError for a key, version, series, counter or count out of range.
    """
    if not 0 <= count <= MAX_BLOCK or not 0 <= first <= COUNTERS - count:
        raise ValueError(f"{count} codes from counter {first}: at most {MAX_BLOCK}, and counters below {COUNTERS}")
    rounds = _Rounds(key, version, series)
    codes = np.empty((count, LENGTH // 4), ">u4")
    for start in range(0, count, _CHUNK):
        counters = np.arange(first + start, first + min(start + _CHUNK, count), dtype=np.uint64)
        a, b = rounds.encrypt(counters // _LARGE, counters % _LARGE)
        _write(series, a, b, codes[start : start + len(a)])
    return codes.view(np.uint8)


def blocks(key: bytes, version: int, series: str, first: int, count: int) -> Iterator[Bytes]:
    """As `block`, for any count: arrays of at most MAX_BLOCK codes."""
    for start in range(first, first + count, MAX_BLOCK):
        yield block(key, version, series, start, min(MAX_BLOCK, first + count - start))


def counters(key: bytes, version: int, series: str, bodies: Bytes) -> NDArray[np.int64]:
    """The counters behind bodies of one series, an array (n, 11) of ASCII: as zs_unit.counter_of, for forgeries too.

    Raises ValueError for a key, version or series out of range and for a character outside the alphabet.
    """
    if bodies.ndim != 2 or bodies.shape[1] != BODY:
        raise ValueError(f"bodies are rows of {BODY} characters, not {bodies.shape}")
    rounds = _Rounds(key, version, series)
    found = np.empty(len(bodies), np.int64)
    for start in range(0, len(bodies), _CHUNK):
        values = _VALUES[bodies[start : start + _CHUNK]]
        if (values == _NO_LETTER).any():
            raise ValueError(f"a body has a character outside {ALPHABET}")
        a, b = rounds.decrypt(_number(values[:, :5]), _number(values[:, 5:]))
        found[start : start + len(a)] = a * _LARGE + b
    return found


def print_rows(codes: Bytes, *, first: int, total: int, roll_size: int | None, link: str) -> bytes:
    r"""Rows of a print file, `roll,number,code,link\r\n`, for codes (n, 16) as `block` gives them.

    `first` is the place of the first of them in its batch (from 0), `total` how many the batch has, `link` what stands before
    the code in its address. Rolls and numbers in a roll count from 1 and are filled up with zeros, so that all rows of a batch
    have the same length and a row's place in the file follows from its number. Without `roll_size` the batch is one roll.
    Raises ValueError for a range outside the batch and a link that CSV would have to quote.
    """
    size = roll_size or total
    if size < 1 or not 0 <= first <= total - len(codes):
        raise ValueError(f"{len(codes)} codes from {first} of {total} in rolls of {size}")
    if not link.isascii() or any(char in '",\r\n' for char in link):
        raise ValueError(f"a link for a print file is ASCII without comma, quote and line ends: {link!r}")
    widths = len(str(-(-total // size))), len(str(size))
    shown = " ".join(["    "] * 4)
    pattern = f"{'':{widths[0]}},{'':{widths[1]}},{shown},{link}{'':{LENGTH}}\r\n".encode("ascii")
    rows = np.empty((len(codes), len(pattern)), np.uint8)
    rows[:] = np.frombuffer(pattern, np.uint8)
    places = np.arange(first, first + len(codes), dtype=np.uint64)
    _decimal(places // np.uint64(size) + np.uint64(1), rows[:, : widths[0]])
    start = widths[0] + 1
    _decimal(places % np.uint64(size) + np.uint64(1), rows[:, start : start + widths[1]])
    start += widths[1] + 1
    for group in range(4):
        rows[:, start + 5 * group : start + 5 * group + 4] = codes[:, 4 * group : 4 * group + 4]
    rows[:, -LENGTH - 2 : -2] = codes
    return rows.tobytes()


class _Rounds:
    """The ten rounds of FF1 for one series: what ff1.encrypt and ff1.decrypt do, with radix 29 and eleven numerals."""

    def __init__(self, key: bytes, version: int, series: str) -> None:
        tweak = zs_unit.tweak(series, version)
        self._aes = Cipher(algorithms.AES(zs_unit.checked_key(key)), modes.ECB()).encryptor()  # noqa: S305 - see ff1
        head = self._aes.update(ff1.header(RADIX, BODY, len(tweak)))
        # Q is tweak, zeros, round and half: exactly one block, exclusive-or'd with P encrypted. The last eight bytes change.
        fixed = bytes(one ^ other for one, other in zip(head, tweak.ljust(16, b"\0"), strict=True))
        self._blocks = np.empty((_CHUNK, 2), ">u8")
        self._blocks[:, 0] = int.from_bytes(fixed[:8])
        self._last = int.from_bytes(fixed[8:])
        # The cipher asks for room for one block more, less a byte.
        self._answer = np.empty(_CHUNK * 16 + 15, np.uint8)

    def encrypt(self, a: Numbers, b: Numbers) -> tuple[Numbers, Numbers]:
        """Both halves of a chunk, encrypted."""
        for i in range(ff1.ROUNDS):
            modulus = _LARGE if i % 2 else _SMALL
            total = a + self._y(i, b, modulus)
            # Below twice the modulus: of the sum and the sum less the modulus, which wraps below zero, the smaller.
            a, b = b, np.minimum(total, total - modulus)
        return a, b

    def decrypt(self, a: Numbers, b: Numbers) -> tuple[Numbers, Numbers]:
        """Both halves of a chunk, decrypted."""
        for i in reversed(range(ff1.ROUNDS)):
            modulus = _LARGE if i % 2 else _SMALL
            rest = b - self._y(i, a, modulus)
            a, b = np.minimum(rest, rest + modulus), a
        return a, b

    def _y(self, i: int, half: Numbers, modulus: np.uint64) -> Numbers:
        """The round's pseudorandom number for each half, modulo `modulus`."""
        count = len(half)
        self._blocks[:count, 1] = half ^ np.uint64(self._last ^ i << 32)
        self._aes.update_into(self._blocks[:count].view(np.uint8).data.cast("B"), self._answer.data)
        y = self._answer[: count * 16].view(">u8")[::2].astype(np.uint64)
        # numpy divides by a constant much faster than it takes a remainder.
        return y - y // modulus * modulus


def _write(series: str, a: Numbers, b: Numbers, codes: NDArray[np.uint32]) -> None:
    """Series, both halves of the body and the check character into rows of four big-endian words."""
    values = [ALPHABET.index(char) for char in series]
    share = sum(value * weight for value, weight in zip(values, WEIGHTS, strict=False)) % RADIX
    a_upper, a_rest = a // np.uint64(_THREE), a % np.uint64(_THREE)
    a1, a2, a3 = _A1[a_upper], _A2[a_rest // np.uint64(RADIX)], _A3[a_rest % np.uint64(RADIX)]
    b1, b2 = _B1[b // np.uint64(_THREE)], _B2[b % np.uint64(_THREE)]
    check = _CHECKS[share + sum(one >> np.uint64(32) for one in (a1, a2, a3, b1, b2))]
    codes[:, 0] = int.from_bytes(series.encode("ascii"))
    codes[:, 1] = (a1 << np.uint64(16) | a2).astype(np.uint32)
    codes[:, 2] = (a3 << np.uint64(24) | b1).astype(np.uint32)
    codes[:, 3] = (b2 << np.uint64(8) | check).astype(np.uint32)


def _number(values: Bytes) -> Numbers:
    """Rows of numerals as numbers."""
    total = np.zeros(len(values), np.uint64)
    for column in values.T:
        total = total * np.uint64(RADIX) + column
    return total


def _decimal(numbers: Numbers, columns: Bytes) -> None:
    """Numbers into columns of ASCII digits, filled up with zeros from the left."""
    for column in reversed(range(columns.shape[1])):
        rest = numbers // np.uint64(10)
        columns[:, column] = numbers - rest * np.uint64(10) + np.uint64(ord("0"))
        numbers = rest
