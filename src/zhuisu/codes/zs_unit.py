"""zs.unit, the platform's own code for one item, pack, case or pallet: sixteen characters that a person can type.

Layout: 4 series, 11 body, 1 check character; all from the 29 characters 2-9 A-Y without B I O S (no 0, 1, Z either), shown in fours.
Body: FF1 (NIST SP 800-38G) with AES-256 under the issuer's key, tweak = the series in ASCII and one byte key version, over
the counter as 11 numerals of radix 29. Without the key nobody can tell the next code from the last; with it, no list is needed.
Check: weights 2^(16-i) for places 1 to 16, the sum modulo 29 is 0. 29 is a prime and the weights differ, so that every single
wrong character and every exchange of two characters is caught, and of other mistakes 28 in 29. The check character keeps typing
mistakes away; what keeps forgers away is the body. Source: this platform (docs/reference/own-code.md).

>>> read("7kqa-3m9t-wx2c-8hrl").parsed
{'series': '7KQA', 'body': '3M9TWX2C8HR', 'check': 'L'}
>>> code_of(bytes(32), 1, "7KQA", 0)
'7KQANKLLHHLVMXTD'
"""

from string import ascii_lowercase, ascii_uppercase
from typing import Final

from zhuisu.codes import ff1, forms, meanings
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Scheme

ALPHABET: Final = "23456789ACDEFGHJKLMNPQRTUVWXY"
RADIX: Final = len(ALPHABET)
SERIES, BODY, LENGTH = 4, 11, 16
COUNTERS: Final = RADIX**BODY
KEY_BYTES: Final = 32
# One byte of the tweak.
MAX_VERSION: Final = 255
# 29^4 series exist; each may have so many codes, so that a guess in a series that is known and full succeeds with
# 1e8 / 29^11 = 8.2e-9. Regulation (EU) 2016/161, article 4 (c) asks for less than 1e-4.
MAX_PER_SERIES: Final = 100_000_000

_VALUES: Final = {char: place for place, char in enumerate(ALPHABET)}
# Small letters, and what a hand or an eye takes for a character of ours. 0 and O could be Q, D or 8: they are refused.
# A table and not upper(), which makes two letters of some and ours of others.
_MISREAD: Final = str.maketrans(ascii_lowercase + "1IBSZibsz", ascii_uppercase + "LL852L852")
WEIGHTS: Final = tuple(pow(2, LENGTH - 1 - place, RADIX) for place in range(LENGTH))


def read(text: str) -> Code:
    """Reads sixteen characters, also in lower case, with blanks or hyphens, and with 1 I B S Z for L L 8 5 2.

    Raises CodeError with rule "length", "characters" or "check-digit".
    """
    value = forms.sized(forms.compact(text), LENGTH).translate(_MISREAD)
    wrong = next((place for place, char in enumerate(value) if char not in _VALUES), None)
    if wrong is not None:
        raise _not_ours(value[wrong], wrong + 1)
    wanted = check_character(value[:-1])
    if value[-1] != wanted:
        raise CodeError(
            "check-digit",
            f"check character is {value[-1]}, should be {wanted}: one of the characters is mistyped",
            f"校验码为 {value[-1]}，应为 {wanted}：有字符输入错误",
        )
    parsed = {"series": value[:SERIES], "body": value[SERIES:-1], "check": value[-1]}
    return Code("zs.unit", value, Level.INSTANCE, parsed, text)


def _not_ours(char: str, place: int) -> CodeError:
    if char in "0O":
        return CodeError(
            "characters",
            f"character {place} is {char}: our codes have neither the digit 0 nor the letter O; it may be Q, D or 8",
            f"第 {place} 个字符是 {char}：本平台的码不用数字 0 和字母 O，可能是 Q、D 或 8",
        )
    return CodeError(
        "characters",
        f"character {place} is {char!r}: our codes have only {ALPHABET}",
        f"第 {place} 个字符是 {char!r}：本平台的码只用 {ALPHABET}",
    )


def check_character(text15: str) -> str:
    """The sixteenth character for the fifteen before it, which must be of the alphabet (else KeyError)."""
    total = 0
    for char in text15:
        total = total * 2 + _VALUES[char]
    return ALPHABET[-2 * total % RADIX]


def shown(text16: str) -> str:
    """The code as it is printed, in fours.

    >>> shown("7KQA3M9TWX2C8HRL")
    '7KQA 3M9T WX2C 8HRL'
    """
    return " ".join(text16[start : start + 4] for start in range(0, len(text16), 4))


def tweak(series: str, version: int) -> bytes:
    """The FF1 tweak of a series under a key version (0 to 255); raises ValueError where one of them is none."""
    if len(series) != SERIES or not all(char in _VALUES for char in series):
        raise ValueError(f"a series has {SERIES} characters of {ALPHABET}, not {series!r}")
    if not 0 <= version <= MAX_VERSION:
        raise ValueError(f"key version {version} is not between 0 and {MAX_VERSION}")
    return series.encode("ascii") + bytes((version,))


def checked_key(key: bytes) -> bytes:
    """The key itself, 32 bytes (AES-256); raises ValueError otherwise."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"an issuer's key has {KEY_BYTES} bytes, not {len(key)}")
    return key


def code_of(key: bytes, version: int, series: str, counter: int) -> str:
    """The code of a counter (0 to 29^11 - 1) in a series; raises ValueError for a key, version, series or counter out of range."""
    if not 0 <= counter < COUNTERS:
        raise ValueError(f"counter {counter} is not between 0 and {COUNTERS - 1}")
    numerals = []
    for _ in range(BODY):
        counter, numeral = divmod(counter, RADIX)
        numerals.append(numeral)
    body = ff1.encrypt(checked_key(key), RADIX, tweak(series, version), numerals[::-1])
    text = series + "".join(ALPHABET[numeral] for numeral in body)
    return text + check_character(text)


def counter_of(key: bytes, version: int, text16: str) -> int:
    """The counter behind a canonical code, as `read` gives it. A forgery is no error: every body decrypts to some counter.

    That the code was issued shows only in the counter: below the series' next one. Raises ValueError as `code_of` does.
    """
    if len(text16) != LENGTH or not all(char in _VALUES for char in text16):
        raise ValueError(f"not a canonical code: {text16!r}")
    body = [_VALUES[char] for char in text16[SERIES:-1]]
    return ff1.number(ff1.decrypt(checked_key(key), RADIX, tweak(text16[:SERIES], version), body), RADIX)


def _likely(code: Code) -> bool:
    """A bare number is rather someone else's, and so is what fits only after correction: of ours one in 10^9 has no letter."""
    return forms.compact(code.source).upper() == code.value and not code.value.isdigit()


ABOUT = About(
    "code of this platform",
    "本平台码",
    (
        Field(
            "series",
            "系列",
            SERIES,
            meanings.note("who issued it, and for what: the platform's register", "发码企业与产品，见本平台登记"),
        ),
        Field(
            "body",
            "主体",
            BODY,
            meanings.note(
                "enciphered: only the platform can tell whether it was issued", "加密生成，是否发出只有本平台能判断"
            ),
        ),
        meanings.check_digit(1, "mod 29", "模 29", lambda value: check_character(value[:-1])),
    ),
    check="weighted sum mod 29",
    evidence="standard",
    where="on a label that this platform printed",
    where_zh="本平台印制的标签",
    labels=("zs.unit", "zsunit"),
)
# Behind every scheme whose form is narrower: sixteen characters pass our check once in 29 times by chance.
SCHEMES = (Scheme("zs.unit", Level.INSTANCE, read, 44, likely=_likely, about=ABOUT),)
