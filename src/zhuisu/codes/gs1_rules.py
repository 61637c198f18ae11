"""The content rules of GS1 data fields: check digits, dates, flags. Each takes the AI and the data, or raises CodeError.

Source: GS1 General Specifications, section 3 and 7.9 (check digits and check character pairs).
"""

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from zhuisu.codes.model import CodeError

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def check_digit(body: str) -> str:
    """The mod-10 check digit of GTIN, GLN, SSCC and the other GS1 keys, for the digits before it.

    From the right the weights are 3, 1, 3, 1 … (GS1 General Specifications 7.9).

    >>> check_digit("690123456789")
    '2'
    """
    data = body.encode("ascii")
    total = 3 * sum(data[-1::-2]) + sum(data[-2::-2]) - 48 * (len(data) + 2 * ((len(data) + 1) // 2))
    return str(-total % 10)


def csum(ai: str, data: str) -> None:
    """The last digit is the mod-10 check digit of the others."""
    wanted = check_digit(data[:-1])
    if data[-1] != wanted:
        raise CodeError(
            "check-digit",
            f"({ai}) check digit is {data[-1]}, should be {wanted}",
            f"({ai}) 校验码为 {data[-1]}，应为 {wanted}",
        )


_CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_CSET32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def check_pair(body: str) -> str:
    """The mod-1021 check character pair of a GMN, for the characters before it (General Specifications 7.9).

    >>> check_pair("1987654Ad4X4bL5ttr2310c")
    '2K'
    """
    weights = reversed(_PRIMES[: len(body)])
    total = sum(_CSET82.index(char) * weight for char, weight in zip(body, weights, strict=True)) % 1021
    return _CSET32[total >> 5] + _CSET32[total & 31]


def csumalpha(ai: str, data: str) -> None:
    """The last two characters are the check pair of the others."""
    wanted = check_pair(data[:-2]) if 2 < len(data) <= 25 else ""
    if data[-2:] != wanted:
        raise CodeError(
            "check-pair",
            f"({ai}) check characters are {data[-2:]}, should be {wanted or 'after at least one character'}",
            f"({ai}) 校验字符为 {data[-2:]}，应为 {wanted or '（其前至少一个字符）'}",
        )


def _fail(ai: str, data: str, rule: str, message: str, message_zh: str) -> CodeError:
    return CodeError(rule, f"({ai}) {data}: {message}", f"({ai}) {data}：{message_zh}")


def _expect(rule: str, pattern: str, message: str, message_zh: str) -> Callable[[str, str], None]:
    form = re.compile(pattern)

    def check(ai: str, data: str) -> None:
        if form.fullmatch(data) is None:
            raise _fail(ai, data, rule, message, message_zh)

    return check


def _date(ai: str, data: str, *, day_zero: bool) -> None:
    month, day = int(data[-4:-2]), int(data[-2:])
    year = int(data[:-4])
    if not 1 <= month <= 12:
        raise _fail(ai, data, "date", f"there is no month {month:02}", f"没有 {month:02} 月")
    # Two digits never tell 1900 from 2000: 2000 was a leap year, and the window of fifty years contains it.
    full = year if year > 99 else 2000 + year
    leap = full % 4 == 0 and (full % 100 != 0 or full % 400 == 0)
    last = 28 if month == 2 and not leap else _DAYS[month - 1]
    if not (0 if day_zero else 1) <= day <= last:
        raise _fail(ai, data, "date", f"there is no day {day:02} in this month", f"该月没有 {day:02} 日")


def yymmdd(ai: str, data: str) -> None:
    """A real date."""
    _date(ai, data, day_zero=False)


def yymmd0(ai: str, data: str) -> None:
    """A real date, or day 00 for "some day of this month"."""
    _date(ai, data, day_zero=True)


def iban(ai: str, data: str) -> None:
    """ISO 13616: mod 97 is 1."""
    plain = re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{1,30}", data)
    turned = data[4:] + data[:4]
    if plain is None or int("".join(str(int(char, 36)) for char in turned)) % 97 != 1:
        raise _fail(ai, data, "iban", "not an IBAN", "不是有效的 IBAN")


def pieceoftotal(ai: str, data: str) -> None:
    """Piece and total of two digits each: neither zero, piece not above total."""
    piece, total = int(data[:2]), int(data[2:])
    if not 1 <= piece <= total:
        raise _fail(ai, data, "piece", f"piece {piece} of {total}", f"第 {piece} 件，共 {total} 件")


@cache
def _listed(name: str) -> frozenset[str]:
    lines = files("zhuisu.codes").joinpath(name).read_text("utf-8").splitlines()
    return frozenset(" ".join(lines[1:]).split())


def country(ai: str, data: str) -> None:
    """A numeric or two-letter code of ISO 3166-1."""
    if data not in _listed("iso3166.dat"):
        raise _fail(ai, data, "country", "not a country code of ISO 3166", "不是 ISO 3166 国家代码")


def currency(ai: str, data: str) -> None:
    """A numeric code of ISO 4217."""
    if data not in _listed("iso4217.dat"):
        raise _fail(ai, data, "currency", "not a currency code of ISO 4217", "不是 ISO 4217 货币代码")


def _at_most(limit: int) -> Callable[[str, str], None]:
    def check(ai: str, data: str) -> None:
        if int(data) > limit:
            raise _fail(ai, data, "coordinate", "outside the globe", "超出范围")

    return check


def posinseqslash(ai: str, data: str) -> None:
    """Place in a sequence: "1/3"."""
    form = re.fullmatch(r"([1-9])/([1-9])", data)
    if form is None or form[1] > form[2]:
        raise _fail(ai, data, "sequence", "not a place in a sequence such as 1/3", "不是形如 1/3 的序次")


RULES: dict[str, Callable[[str, str], None]] = {
    "csum": csum,
    "csumalpha": csumalpha,
    "gcp1": _expect("gcp", r"\d{4}.*", "must begin with a company prefix", "须以厂商识别代码开头"),
    "gcp2": _expect("gcp", r".\d{4}.*", "must carry a company prefix", "须含厂商识别代码"),
    "yymmdd": yymmdd,
    "yymmd0": yymmd0,
    "yyyymmdd": yymmdd,
    "hhmi": _expect("time", r"([01]\d|2[0-3])[0-5]\d", "not a time of day", "不是有效时刻"),
    "hh": _expect("time", r"[01]\d|2[0-3]", "not an hour", "不是有效小时"),
    "mi": _expect("time", r"[0-5]\d", "not a minute", "不是有效分钟"),
    "ss": _expect("time", r"[0-5]\d", "not a second", "不是有效秒"),
    "iban": iban,
    "pieceoftotal": pieceoftotal,
    "posinseqslash": posinseqslash,
    "pcenc": _expect("percent", r"(?:[^%]|%[0-9A-Fa-f]{2})*", "bad percent encoding", "百分号编码有误"),
    "nonzero": _expect("zero", r"\d*[1-9]\d*", "must not be zero", "不得为零"),
    "zero": _expect("zero", r"0+", "must be zero", "必须为零"),
    "nozeroprefix": _expect("zero", r"0|[1-9]\d*", "must not begin with zero", "不得以零开头"),
    "hasnondigit": _expect("characters", r".*\D.*", "must hold a character that is no digit", "须含非数字字符"),
    "yesno": _expect("flag", r"[01]", "must be 0 or 1", "须为 0 或 1"),
    "winding": _expect("flag", r"[019]", "must be 0, 1 or 9", "须为 0、1 或 9"),
    "iso5218": _expect("flag", r"[0129]", "must be 0, 1, 2 or 9", "须为 0、1、2 或 9"),
    "hyphen": _expect("sign", r"-", "must be a hyphen", "须为连字符"),
    "latitude": _at_most(1800000000),
    "longitude": _at_most(3600000000),
    "mediatype": _expect("media", r"0[1-9]|10|[89]\d", "not a media type", "不是有效介质类型"),
    "importeridx": _expect("importer", r"[A-Za-z0-9_-]", "not an importer index", "不是有效进口商序号"),
    "packagetype": _expect("package", r"[A-Z0-9]{1,4}", "no package type", "不是包装类型"),
    "couponcode": _expect("coupon", r"\d{21,}", "not a North American coupon code", "不是优惠券代码"),
    "couponposoffer": _expect("coupon", r"[01]\d{20,}", "not a positive offer file", "不是优惠券文件代码"),
    "iso3166": country,
    "iso3166alpha2": country,
    "iso3166999": lambda ai, data: None if data == "999" else country(ai, data),
    "iso4217": currency,
}
