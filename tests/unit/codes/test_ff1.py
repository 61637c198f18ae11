"""FF1: the nine samples that NIST published for SP 800-38G, a plain reading of the standard beside ours, there and back, refusals."""

from math import ceil

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from zhuisu.codes import ff1

K128 = "2B7E151628AED2A6ABF7158809CF4F3C"
K192 = K128 + "EF4359D8D580AA4F"
K256 = K192 + "7F036D6F04FC6A94"
NO_TWEAK, DIGITS, LETTERS = "", "39383736353433323130", "3737373770717273373737"
# Key, radix, tweak, plaintext, ciphertext: FF1samples.pdf of NIST's page "Examples with intermediate values".
SAMPLES = [
    (K128, 10, NO_TWEAK, "0123456789", "2433477484"),
    (K128, 10, DIGITS, "0123456789", "6124200773"),
    (K128, 36, LETTERS, "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
    (K192, 10, NO_TWEAK, "0123456789", "2830668132"),
    (K192, 10, DIGITS, "0123456789", "2496655549"),
    (K192, 36, LETTERS, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
    (K256, 10, NO_TWEAK, "0123456789", "6657667009"),
    (K256, 10, DIGITS, "0123456789", "1001623463"),
    (K256, 36, LETTERS, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
]
KEY = bytes.fromhex(K256)


@pytest.mark.parametrize(("key", "radix", "tweak", "plain", "cipher"), SAMPLES)
def test_nist_samples(key: str, radix: int, tweak: str, plain: str, cipher: str) -> None:
    one, other = [int(char, 36) for char in plain], [int(char, 36) for char in cipher]
    assert ff1.encrypt(bytes.fromhex(key), radix, bytes.fromhex(tweak), one) == other
    assert ff1.decrypt(bytes.fromhex(key), radix, bytes.fromhex(tweak), other) == one


def plain_ff1(key: bytes, radix: int, tweak: bytes, x: list[int]) -> list[int]:
    """Algorithm 7 line by line, by other means: the MAC is the end of one AES-CBC run, numerals are read by powers."""

    def num(row: list[int]) -> int:
        return sum(one * radix ** (len(row) - 1 - place) for place, one in enumerate(row))

    n, t = len(x), len(tweak)
    u = n // 2
    v = n - u
    a, b = x[:u], x[u:]
    bits = 0
    while 2**bits < radix**v:
        bits += 1
    size = ceil(bits / 8)
    d = 4 * ceil(size / 4) + 4
    p = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([10, u % 256]) + n.to_bytes(4, "big") + t.to_bytes(4, "big")
    for i in range(10):
        q = tweak + b"\0" * ((-t - size - 1) % 16) + bytes([i]) + num(b).to_bytes(size, "big")
        cbc = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
        r = (cbc.update(p + q) + cbc.finalize())[-16:]
        s = r
        for j in range(1, ceil(d / 16)):
            ecb = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
            s += ecb.update(bytes(x ^ y for x, y in zip(r, j.to_bytes(16, "big"), strict=True)))
        m = u if i % 2 == 0 else v
        c = (num(a) + int.from_bytes(s[:d], "big")) % radix**m
        a, b = b, [c // radix ** (m - 1 - place) % radix for place in range(m)]
    return a + b


@st.composite
def cases(draw: st.DrawFn) -> tuple[bytes, int, bytes, list[int]]:
    radix = draw(st.one_of(st.integers(2, 64), st.integers(2, ff1.MAX_RADIX), st.just(ff1.MAX_RADIX)))
    least = next(length for length in range(2, 21) if radix**length >= ff1.MIN_DOMAIN)
    length = draw(st.integers(least, least + 40))
    numerals = draw(st.lists(st.integers(0, radix - 1), min_size=length, max_size=length))
    key = draw(st.sampled_from([16, 24, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
    return key, radix, draw(st.binary(max_size=40)), numerals


@settings(max_examples=300, deadline=None)
@given(cases())
def test_as_the_standard_reads_and_back(case: tuple[bytes, int, bytes, list[int]]) -> None:
    key, radix, tweak, numerals = case
    found = ff1.encrypt(key, radix, tweak, numerals)
    assert found == plain_ff1(key, radix, tweak, numerals)
    assert ff1.decrypt(key, radix, tweak, found) == numerals


@pytest.mark.parametrize("length", [255, 256, 513, 1001])
def test_long_rows(length: int) -> None:
    """The length of a half stands modulo 256 in the header, and the answer needs many blocks."""
    numerals = [place * 7 % 26 for place in range(length)]
    found = ff1.encrypt(KEY, 26, b"long", numerals)
    assert found == plain_ff1(KEY, 26, b"long", numerals)
    assert ff1.decrypt(KEY, 26, b"long", found) == numerals


def test_no_two_rows_become_one() -> None:
    rows = {tuple(ff1.encrypt(KEY, 10, b"", [int(char) for char in f"{one:06}"])) for one in range(2_000)}
    assert len(rows) == 2_000


def test_key_and_tweak_matter() -> None:
    row = [0] * 11
    answers = {
        tuple(ff1.encrypt(key, 29, tweak, row))
        for key in (KEY, KEY[:31] + b"\0")
        for tweak in (b"", b"\0", b"\0\0", b"2222\1", b"2222\2")
    }
    assert len(answers) == 10


@pytest.mark.parametrize(
    ("key", "radix", "tweak", "numerals", "why"),
    [
        (KEY[:20], 10, b"", [0] * 6, "16, 24 or 32 bytes"),
        (KEY, 1, b"", [0] * 40, "radix 1 is not"),
        (KEY, ff1.MAX_RADIX + 1, b"", [0] * 6, "radix 65537 is not"),
        (KEY, 10, b"", [0] * 5, "5 numerals of radix 10"),
        (KEY, 29, b"", [0] * 4, "4 numerals of radix 29"),
        (KEY, ff1.MAX_RADIX, b"", [0], "1 numerals"),
        (KEY, 10, b"", [], "0 numerals"),
        (KEY, 10, b"", [0] * (ff1.MAX_LENGTH + 1), "at most"),
        (KEY, 10, bytes(ff1.MAX_TWEAK + 1), [0] * 6, "tweak"),
        (KEY, 10, b"", [0, 1, 2, 3, 4, 10], "between 0 and 9"),
        (KEY, 10, b"", [0, 1, 2, 3, 4, -1], "between 0 and 9"),
    ],
)
def test_refusals(key: bytes, radix: int, tweak: bytes, numerals: list[int], why: str) -> None:
    for action in (ff1.encrypt, ff1.decrypt):
        with pytest.raises(ValueError, match=why):
            action(key, radix, tweak, numerals)


def test_the_smallest_domains_are_taken() -> None:
    for radix, length in ((10, 6), (2, 20), (29, 5), (1000, 2), (ff1.MAX_RADIX, 2)):
        assert ff1.decrypt(KEY, radix, b"", ff1.encrypt(KEY, radix, b"", [1] * length)) == [1] * length
