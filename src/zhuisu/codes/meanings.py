"""What the layouts of schemes have in common: how a part's meaning is said, in both languages.

Each function makes or is the `means` of a model.Field: it takes the text of the part and the whole code.
"""

from collections.abc import Callable, Mapping

from zhuisu.codes import cn_division, forms
from zhuisu.codes.model import Code, Field, Meaning

Means = Callable[[str, Code], Meaning]
# What a part says of which its scheme says nothing.
ASSIGNED = Meaning("assigned by the issuer; nothing in it can be checked", "由发码方编定，本身无法校验")


def note(text: str, text_zh: str, ok: bool | None = None) -> Means:
    """Says the same of every text; `ok` is True where the layout allows nothing else there."""
    said = Meaning(text, text_zh, ok)
    return lambda _text, _code: said


RANDOM = note("drawn at random: only its issuer knows it", "随机生成，只有发码方知晓")
SEQUENCE = note("a running number: only its issuer knows it", "流水号，只有发码方知晓")


def one_of(table: Mapping[str, tuple[str, str]], ok: bool | None = None) -> Means:
    """Looks the text up in a table of names in both languages; `ok` is the verdict on one that is not there."""

    def means(text: str, _code: Code) -> Meaning:
        names = table.get(text)
        return Meaning(*names, True) if names else Meaning("none that is known here", "此处没有收录", ok)

    return means


def checked(rule: str, rule_zh: str, wanted: Callable[[str], str]) -> Means:
    """Compares the check character with what `wanted` makes of the whole value; `rule` is the rule's name.

    >>> checked("mod 10", "模 10", lambda value: "7")("7", Code("a", "7", 1, {}, "")).text
    'right, by mod 10'
    """

    def means(text: str, code: Code) -> Meaning:
        right = wanted(code.value)
        if text == right:
            return Meaning(f"right, by {rule}", f"正确（{rule_zh}）", True)
        return Meaning(f"should be {right} by {rule}", f"按 {rule_zh} 应为 {right}", False)

    return means


def check_digit(size: int, rule: str, rule_zh: str, wanted: Callable[[str], str]) -> Field:
    """The field of a check character."""
    return Field("check character", "校验码", size, checked(rule, rule_zh, wanted))


def division(text: str, _code: Code) -> Meaning:
    """The name of a division of GB/T 2260. One that the table does not have is no error: zones have codes of their own."""
    names = cn_division.names(text)
    if cn_division.known(text):
        years = _years(text)
        return Meaning(", ".join(reversed(names)) + years[0], "".join(names) + years[1], True)
    if names:
        return Meaning(
            f"in {', '.join(reversed(names))}; the table of GB/T 2260 has no such division (a zone may have its own code)",
            f"属{''.join(names)}；GB/T 2260 表中没有该代码（开发区等可能自编）",
        )
    return Meaning("the table of GB/T 2260 has no such division", "GB/T 2260 表中没有该代码")


def _years(text: str) -> tuple[str, str]:
    end = cn_division.table()[text][-1].end
    return (f" (until {end})", f"（至 {end} 年）") if end else ("", "")


def province(text: str, _code: Code) -> Meaning:
    """The province of the first two digits of a division."""
    name = cn_division.province(text)
    return Meaning(name, name, True) if name else Meaning("there is no such province", "没有该省级代码", False)


def day(text: str, _code: Code) -> Meaning:
    """A date of eight digits, or a month of six."""
    year, month, days = int(text[:4]), int(text[4:6]), int(text[6:8] or "1")
    if not forms.is_date(year, month, days):
        return Meaning("no such date", "没有这个日期", False)
    if len(text) == 6:
        return Meaning(f"{text[:4]}-{text[4:]}", f"{year} 年 {month} 月", True)
    return Meaning(f"{text[:4]}-{text[4:6]}-{text[6:]}", f"{year} 年 {month} 月 {days} 日", True)
