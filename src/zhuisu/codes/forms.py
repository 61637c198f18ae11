"""What the modules of Chinese schemes share: numbers of a fixed length, ISO 7064 MOD 11,10, dates, and doubts.

A doubt is a broken rule that rests on memory only (evidence mark K in docs/reference/codes-china.md). It never refuses
a code: `doubt` puts `warning`, `warning_zh` and `warning_rule` into its parts; a bare text is then not guessed to be
one, and `check` says that it is not valid.
"""

import re
from calendar import monthrange

from msgspec.structs import replace

from zhuisu.codes.model import Code, CodeError

# Chinese input methods write full-width digits, letters and brackets.
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SEPARATORS = re.compile(r"[\s\-‐-―]+")


def compact(text: str) -> str:
    """The text without blanks and hyphens."""
    return _SEPARATORS.sub("", text)


def digits(text: str, *lengths: int) -> str:
    """The digits of a number, without blanks and hyphens; raises CodeError rule "characters" or "length"."""
    number = compact(text)
    if not (number.isascii() and number.isdigit()):
        raise CodeError("characters", "only digits", "只能是数字")
    return sized(number, *lengths)


def sized(code: str, *lengths: int) -> str:
    """The code itself if it has one of the lengths; else raises CodeError rule "length"."""
    if len(code) not in lengths:
        raise CodeError(
            "length",
            f"{len(code)} characters, should be {' or '.join(map(str, lengths))}",
            f"有 {len(code)} 个字符，应为 {'或'.join(map(str, lengths))} 个",
        )
    return code


def wrong_check(given: str, wanted: str) -> CodeError:
    """The refusal of a check character."""
    return CodeError(
        "check-digit", f"check character is {given}, should be {wanted}", f"校验码为 {given}，应为 {wanted}"
    )


def mod11_10(body: str) -> str:
    """The check digit of ISO 7064 MOD 11,10 (GB/T 17710) for a row of digits.

    >>> mod11_10("1146401050001")
    '5'
    """
    product = 10
    for digit in body:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def is_date(year: int, month: int, day: int) -> bool:
    """Whether the calendar has this day."""
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def no_date(text: str) -> CodeError:
    """The refusal of a date that does not exist."""
    return CodeError("date", f"there is no date {text}", f"没有 {text} 这个日期")


def doubt(code: Code, rule: str, message: str, message_zh: str) -> Code:
    """The same code with a warning in its parts."""
    warning = {"warning": message, "warning_zh": message_zh, "warning_rule": rule}
    return replace(code, parsed=code.parsed | warning)
