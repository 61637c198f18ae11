"""Valid codes of every scheme, made at random by plain oracles of their check rules, and texts with damage in them."""

import random
import string
from collections.abc import Callable
from datetime import date, timedelta

from zhuisu.codes import cn_division, gs1_rules

Dice = random.Random


def number(dice: Dice, length: int) -> str:
    return "".join(dice.choices(string.digits, k=length))


def word(dice: Dice, least: int, most: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(dice.choices(letters, k=dice.randint(least, most)))


def day(dice: Dice, first: int = 1950, last: int = 2030) -> str:
    return (date(first, 1, 1) + timedelta(days=dice.randrange((last - first) * 365))).strftime("%Y%m%d")


DIVISIONS = tuple(cn_division.table())


def division(dice: Dice) -> str:
    return dice.choice(DIVISIONS)


# Plain oracles for the check rules, written another way than the code.
def with_mod11_10(body: str) -> str:
    """The digit that brings the running product of ISO 7064 MOD 11,10 to 1, found by trying all."""
    for last in string.digits:
        product = 10
        for digit in body + last:
            total = (product + int(digit)) % 10 or 10
            product = total * 2 % 11
        if total == 1:
            return body + last
    raise AssertionError(body)


def with_mod11_2(body: str) -> str:
    """ISO 7064 MOD 11-2: the whole, read with powers of two from the right, is 1 modulo 11."""
    for last in "0123456789X":
        values = [int(digit) for digit in body] + [10 if last == "X" else int(last)]
        if sum(value << place for place, value in enumerate(reversed(values))) % 11 == 1:
            return body + last
    raise AssertionError(body)


def with_mod10(body: str) -> str:
    for last in string.digits:
        text = body + last
        if (sum(map(int, text[-1::-2])) + 3 * sum(map(int, text[-2::-2]))) % 10 == 0:
            return text
    raise AssertionError(body)


MA_ALPHABET = "012345678" + "\0" + string.ascii_uppercase + "abcdefg" + "\0\0" + "hijklmnopqrstuvwxyz" + "-.@$,*+%/#!^~"


def with_ma_check(body: str) -> str:
    """Luhn over the places in the alphabet, where 9 and two more have none."""
    row = [int(digit) for char in body if char != "9" for digit in str(MA_ALPHABET.index(char))]
    for last in range(10):
        total = last
        for place, digit in enumerate(reversed(row)):
            total += digit if place % 2 else (2 * digit if digit < 5 else 2 * digit - 9)
        if total % 10 == 0:
            return f"{body}{last}"
    raise AssertionError(body)


USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
OURS = "23456789ACDEFGHJKLMNPQRTUVWXY"


def with_org_check(body: str) -> str:
    """GB 11714: with weight 1 for the last, the weighted sum is 0 modulo 11."""
    total = sum(int(char, 36) * weight for char, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return body + next(last for value, last in enumerate("0123456789X") if (total + value) % 11 == 0)


def with_uscc_check(body: str) -> str:
    """GB 32100: with weight 1 for the last, the weighted sum is 0 modulo 31."""
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    total = sum(USCC.index(char) * weight for char, weight in zip(body, weights, strict=True))
    return body + next(last for value, last in enumerate(USCC) if (total + value) % 31 == 0)


def with_our_check(body: str) -> str:
    """Read as a polynomial, the sixteen characters vanish at 2 modulo 29."""
    total = sum(OURS.index(char) * 2**place for place, char in enumerate(reversed(body), 1))
    return body + next(last for value, last in enumerate(OURS) if (total + value) % 29 == 0)


def with_pair(body: str) -> str:
    return body + gs1_rules.check_pair(body)


def gtin(dice: Dice) -> str:
    return with_mod10(number(dice, 13))


def gln(dice: Dice) -> str:
    return with_mod10(number(dice, 12))


CSET82 = string.ascii_letters + string.digits + "!\"%&'*+,-./:;<=>?_"


def serial(dice: Dice, most: int = 20) -> str:
    return word(dice, 1, most, CSET82)


LETTERS = ("H", "Z", "S", "T", "B", "F", "J", "HJ", "ZJ", "SJ", "HC", "ZC", "SC")
MADE: dict[str, Callable[[Dice], str]] = {
    "cn.reg15": lambda d: with_mod11_10(division(d) + number(d, 8)),
    "cn.division": division,
    "cn.ric": lambda d: with_mod11_2(division(d) + day(d, 1900) + number(d, 3)),
    "cn.food_licence_sc": lambda d: "SC" + with_mod11_10(d.choice("12") + number(d, 2) + division(d) + number(d, 4)),
    "cn.drug_approval_no": lambda d: "国药准字" + d.choice(LETTERS) + number(d, 8),
    "cn.drug_trace_msfx": lambda d: "8" + number(d, 19),
    "cn.drug_base_code": lambda d: with_mod10("869" + number(d, 10)),
    "cn.pesticide_unit32": lambda d: d.choice("12") + number(d, 6) + d.choice("123") + number(d, 24),
    "cn.vetdrug_trace24": lambda d: day(d, 2015) + number(d, 16),
    "cn.seed_qr": lambda d: "\r\n".join(
        (
            f"品种名称：{word(d, 1, 9, '郑单玉 958')}甲",
            f"{d.choice(['生产经营者名称', '进口商名称'])}：{word(d, 1, 9, '某种业:/%有限公司')}甲",
            f"单元识别代码：{word(d, 1, 20)}",
            f"追溯网址：https://trace.example.cn/{word(d, 1, 9)}",
        )
    ),
    "cn.meatveg_node9": lambda d: division(d) + number(d, 3),
    "cn.meatveg_subject13": lambda d: division(d) + number(d, 7),
    "cn.meatveg_trace20": lambda d: division(d) + number(d, 14),
    "cn.livestock_tag15": lambda d: d.choice("123") + division(d) + number(d, 8),
    "cn.special_equip_code": lambda d: (
        d.choice("12345689") + number(d, 8) + day(d)[:4] + d.choice("0A") + number(d, d.choice((3, 4)))
    ),
    "cn.special_equip_reg20": lambda d: d.choice("12345689") + number(d, 3) + division(d) + day(d)[:6] + number(d, 4),
    "cn.detonator13": lambda d: f"{d.randint(1, 99):02}" + day(d)[3:] + d.choice("abZ09") + number(d, 5),
    "cn.alcohol_slip12": lambda d: division(d)[:2] + number(d, 10),
    "cn.organic17": lambda d: number(d, 17),
    "cn.ecode": lambda d: d.choice(("10064" + number(d, 20), "20128" + number(d, 28), "300121" + word(d, 1, 39))),
    "cn.ma_idcode": lambda d: f"MA.156.{number(d, 4)}.{number(d, 5)}" + "".join(f".{word(d, 1, 5)}" for _ in range(2)),
    "cn.ma_udi_di": lambda d: with_ma_check(f"MA.156.M0.{number(d, 6)}.{number(d, 1)}{word(d, 6, 6)}"),
    "iso.oid": lambda d: f"{d.choice(('2', '1.2.156', '2.16.156'))}.{d.randrange(10**6)}.{d.randrange(10**6)}",
    "handle": lambda d: (
        f"{d.choice(('88.118', '86.1000', '20.500', '10'))}.{d.randrange(999)}/{word(d, 1, 20)}/{word(d, 1, 5)}"
    ),
    "cn.org_code": lambda d: with_org_check(word(d, 8, 8, string.digits + string.ascii_uppercase)),
    "cn.uscc": lambda d: with_uscc_check(
        d.choice("159AN") + d.choice("123") + division(d) + with_org_check(word(d, 8, 8, USCC))
    ),
    "zs.unit": lambda d: with_our_check(word(d, 15, 15, OURS)),
    "gs1.gtin": lambda d: d.choice((gtin(d), gln(d), with_mod10(number(d, 11)), with_mod10(number(d, 7)))),
    "gs1.sgtin": lambda d: f"(01){gtin(d)}(21){serial(d)}",
    "gs1.upui": lambda d: f"(01){gtin(d)}(235){serial(d, 28)}",
    "gs1.lgtin": lambda d: f"(01){gtin(d)}(10){serial(d)}",
    "gs1.cpv": lambda d: f"(01){gtin(d)}(22){serial(d)}",
    "gs1.itip": lambda d: f"(8006){gtin(d)}0{d.randint(1, 4)}0{d.randint(4, 9)}" + d.choice(("", f"(21){serial(d)}")),
    "gs1.sscc": lambda d: with_mod10(number(d, 17)),
    "gs1.sgln": lambda d: d.choice((gln(d), f"(414){gln(d)}(254){serial(d)}")),
    "gs1.pgln": lambda d: d.choice((gln(d), f"(417){gln(d)}")),
    "gs1.gln": gln,
    "gs1.grai": lambda d: f"(8003)0{gln(d)}" + d.choice(("", serial(d, 16))),
    "gs1.giai": lambda d: f"(8004){number(d, 4)}{serial(d, 26)}",
    "gs1.gdti": lambda d: f"(253){gln(d)}" + d.choice(("", serial(d, 17))),
    "gs1.gcn": lambda d: f"(255){gln(d)}" + d.choice(("", number(d, 12))),
    "gs1.gsrn": lambda d: f"(8018){with_mod10(number(d, 17))}",
    "gs1.gsrnp": lambda d: f"(8017){with_mod10(number(d, 17))}",
    "gs1.gsin": lambda d: with_mod10(number(d, 16)),
    "gs1.ginc": lambda d: f"(401){number(d, 4)}{serial(d, 26)}",
    "gs1.gmn": lambda d: f"(8013){with_pair(number(d, 4) + serial(d, 19))}",
    "gs1.cpi": lambda d: (
        f"(8010){number(d, 4)}{word(d, 1, 20, string.ascii_uppercase + '#-/')}(8011){d.randint(1, 10**12 - 1)}"
    ),
    "gs1.payment": lambda d: f"(415){gln(d)}(8020){serial(d)}",
    "uri": lambda d: d.choice(("https://example.com/", "urn:example:", "tag:example.com,2026:")) + word(d, 1, 20),
    "process": lambda d: f"urn:example:process:{word(d, 1, 20)}",
}


SIGNS = string.printable + "　：٣²Ⅷ１Ａ·国\x1d\x00\ud800é"


def damaged(dice: Dice, text: str) -> str:
    """A text with a few characters changed, left out or put in; or any text."""
    if dice.random() < 0.3:
        return word(dice, 0, 40, SIGNS)
    for _ in range(dice.randint(0, 3)):
        place = dice.randint(0, len(text))
        text = text[:place] + dice.choice(("", dice.choice(SIGNS), "9" * 30)) + text[place + dice.randint(0, 2) :]
    return text
