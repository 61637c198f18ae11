"""FF1, format-preserving encryption: a row of numerals of some radix to another row of the same length, and back.

Source: NIST SP 800-38G (2016), algorithms 6 to 8, with AES as the block cipher; the smallest domain as SP 800-38G
Revision 1 (second public draft, 2025) asks for it. The revision withdraws FF3, not FF1. Names in capitals are the standard's.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

ROUNDS = 10
# SP 800-38G, clause 5.1: radix is in [2 .. 2^16].
MAX_RADIX = 1 << 16
# SP 800-38G Revision 1: radix^minlen is at least one million; 2016 asked for a hundred, which the attacks of 2016-2018 made too few.
MIN_DOMAIN = 1_000_000
# The standard allows 2^32; our longest use has 11, and turning numerals into one number is quadratic.
MAX_LENGTH = 4096
# The standard leaves the longest tweak to the user.
MAX_TWEAK = 1 << 16
_BLOCK = 16


def encrypt(key: bytes, radix: int, tweak: bytes, numerals: Sequence[int]) -> list[int]:
    """The numerals (each 0 to radix - 1, the most significant first) encrypted: algorithm 7.

    `key` has 16, 24 or 32 bytes. Raises ValueError for a key, radix, tweak, length or numeral out of its range.

    >>> key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    >>> encrypt(key, 10, b"", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    [2, 4, 3, 3, 4, 7, 7, 4, 8, 4]
    """
    state = _Rounds(key, radix, tweak, numerals)
    a, b = number(numerals[: state.u], radix), number(numerals[state.u :], radix)
    for i in range(ROUNDS):
        a, b = b, (a + state.y(i, b)) % state.modulus(i)
    return _numerals(a, radix, state.u) + _numerals(b, radix, state.v)


def decrypt(key: bytes, radix: int, tweak: bytes, numerals: Sequence[int]) -> list[int]:
    """What `encrypt` was given: algorithm 8. Every row decrypts to something; raises ValueError as `encrypt` does.

    >>> key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    >>> decrypt(key, 10, b"", [2, 4, 3, 3, 4, 7, 7, 4, 8, 4])
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    state = _Rounds(key, radix, tweak, numerals)
    a, b = number(numerals[: state.u], radix), number(numerals[state.u :], radix)
    for i in reversed(range(ROUNDS)):
        a, b = (b - state.y(i, a)) % state.modulus(i), a
    return _numerals(a, radix, state.u) + _numerals(b, radix, state.v)


def number(numerals: Sequence[int], radix: int) -> int:
    """NUM_radix, algorithm 1: the number that a row of numerals writes, the most significant first."""
    value = 0
    for numeral in numerals:
        value = value * radix + numeral
    return value


def header(radix: int, length: int, tweak_length: int) -> bytes:
    """P, the first block of every round: algorithm 7, step 5."""
    return (
        bytes((1, 2, 1))
        + radix.to_bytes(3)
        + bytes((ROUNDS, length // 2 % 256))
        + length.to_bytes(4)
        + tweak_length.to_bytes(4)
    )


class _Rounds:
    """What the ten rounds of one row share: lengths of the halves, the key, and P already encrypted."""

    def __init__(self, key: bytes, radix: int, tweak: bytes, numerals: Sequence[int]) -> None:
        _checked(key, radix, tweak, numerals)
        length = len(numerals)
        self.u = length // 2
        self.v = length - self.u
        self._small: int = radix**self.u
        self._large: int = radix**self.v
        # b is the number of bytes that hold any half; the exact form of ceil(ceil(v * log2(radix)) / 8).
        self._b = ((self._large - 1).bit_length() + 7) // 8
        self._d = 4 * -(-self._b // 4) + 4
        self._tweak = tweak + bytes(-(len(tweak) + self._b + 1) % _BLOCK)
        self._aes: CipherContext = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - FF1 is built of single blocks
        self._head = self._aes.update(header(radix, length, len(tweak)))

    def modulus(self, i: int) -> int:
        """radix^m of round i."""
        return self._large if i % 2 else self._small

    def y(self, i: int, half: int) -> int:
        """Steps 6 i to iv: the round's pseudorandom number for one half."""
        q = self._tweak + bytes((i,)) + half.to_bytes(self._b)
        r = self._head
        for start in range(0, len(q), _BLOCK):
            r = self._aes.update(_xor(r, q[start : start + _BLOCK]))
        s = bytearray(r)
        for j in range(1, -(-self._d // _BLOCK)):
            s += self._aes.update(_xor(r, j.to_bytes(_BLOCK)))
        return int.from_bytes(s[: self._d])


def _checked(key: bytes, radix: int, tweak: bytes, numerals: Sequence[int]) -> None:
    if len(key) not in (16, 24, 32):
        raise ValueError(f"an AES key has 16, 24 or 32 bytes, not {len(key)}")
    if not 2 <= radix <= MAX_RADIX:
        raise ValueError(f"radix {radix} is not between 2 and {MAX_RADIX}")
    if len(tweak) > MAX_TWEAK:
        raise ValueError(f"a tweak of {len(tweak)} bytes, at most {MAX_TWEAK}")
    if len(numerals) > MAX_LENGTH or len(numerals) < 2 or radix ** len(numerals) < MIN_DOMAIN:
        raise ValueError(
            f"{len(numerals)} numerals of radix {radix}: at most {MAX_LENGTH}, and at least {MIN_DOMAIN} different rows"
        )
    if not all(0 <= numeral < radix for numeral in numerals):
        raise ValueError(f"a numeral of radix {radix} is between 0 and {radix - 1}")


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(_BLOCK)


def _numerals(value: int, radix: int, length: int) -> list[int]:
    """STR^m_radix, algorithm 3: `length` numerals of a number."""
    row = [0] * length
    for place in reversed(range(length)):
        value, row[place] = divmod(value, radix)
    return row
