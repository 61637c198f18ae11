"""行政区划代码, the division codes of GB/T 2260: six digits, two each for province, prefecture and county.

No check digit; a code exists when the dated table cn_division.dat has it. A division that was abolished stays a code:
old documents carry it. `parsed` has the years; a year is the first with the code, or the year in which it ended.

>>> parse("450700").parsed
{'province': '广西壮族自治区', 'name': '钦州市', 'from': '1994', 'to': ''}
>>> describe(parse("110103"))
{'province': '北京市', 'county': '[-2010]崇文区'}
>>> known("350213"), known("350213", year=2000)
(True, False)
"""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from zhuisu.codes import forms
from zhuisu.codes.model import About, Code, CodeError, Field, Level, Meaning, Scheme

# The first year of the table: what began then was there before.
_FIRST = 1981
# Rows that only group counties.
_GROUPS = frozenset(
    {"市辖区", "县", "省直辖县级行政区划", "省直辖县级行政单位", "自治区直辖县级行政区划", "自治区直辖县级行政单位"}
)


class Span(NamedTuple):
    """A name that a code had: from its first year to the year in which it ended; 0 where the table knows no year."""

    name: str
    start: int
    end: int


@cache
def table() -> dict[str, tuple[Span, ...]]:
    """Every code with its names in order of time."""
    spans: dict[str, list[Span]] = {}
    for line in files("zhuisu.codes").joinpath("cn_division.dat").read_text("utf-8").splitlines()[1:]:
        code, name, *years = line.split(" ")
        start, _, end = (years[0] if years else "-").partition("-")
        spans.setdefault(code, []).append(Span(name, int(start or 0), int(end or 0)))
    return {code: tuple(each) for code, each in spans.items()}


def known(division: str, year: int | None = None) -> bool:
    """Whether the table has the code, at any time or in the year. Zones of a city's own making are not in the table."""
    spans = table().get(division, ())
    return any(year is None or (span.start or _FIRST) <= year <= (span.end or year) for span in spans)


def province(division: str) -> str:
    """The name of the province of a code; empty where there is none with these two digits."""
    spans = table().get(f"{division[:2]}0000", ())
    return spans[-1].name if spans else ""


def parse(text: str) -> Code:
    """Reads a division code; raises CodeError with rule "length", "characters" or "table"."""
    number = forms.digits(text, 6)
    if not known(number):
        raise CodeError("table", f"GB/T 2260 has no division {number}", f"GB/T 2260 中没有 {number}")
    span = table()[number][-1]
    years = {"from": str(span.start or ""), "to": str(span.end or "")}
    return Code("cn.division", number, Level.PLACE, {"province": province(number), "name": span.name, **years}, text)


def describe(code: Code) -> dict[str, Any]:
    """Province and the dated names: each name with its latest years in brackets; no year has two names."""
    spans = list({span.name: span for span in table()[code.value]}.values())
    names = []
    for span, after in zip(spans, [*spans[1:], None], strict=True):
        end = span.end - 1 if after is not None and span.end == after.start else span.end
        dated = f"[{span.start or ''}-{end or ''}]" if span.start or end else ""
        names.append(dated + span.name)
    return {"province": province(code.value), "county": ",".join(names)}


def names(division: str) -> tuple[str, ...]:
    """The names from the province down to the division, as far as the table has them; its group rows are left out.

    >>> names("350213"), names("359999")
    (('福建省', '厦门市', '翔安区'), ('福建省',))
    """
    codes = dict.fromkeys((f"{division[:2]}0000", f"{division[:4]}00", division))
    found = [table()[code][-1].name for code in codes if code in table()]
    return tuple(name for name in found if name not in _GROUPS)


def _upto(places: int) -> Callable[[str, Code], Meaning]:
    def means(text: str, code: Code) -> Meaning:
        spans = table().get(code.value[:places].ljust(6, "0"))
        if set(text) == {"0"}:
            return Meaning("the whole of the level above", "即上一级全域", True)
        if not spans:
            return Meaning("not in the table", "表中没有")
        name, end = spans[-1].name, spans[-1].end
        return Meaning(f"{name} (until {end})", f"{name}（至 {end} 年）", True) if end else Meaning(name, name, True)

    return means


ABOUT = About(
    "administrative division",
    "行政区划代码",
    (
        Field("province", "省级", 2, _upto(2)),
        Field("prefecture", "地级", 2, _upto(4)),
        Field("county", "县级", 2, _upto(6)),
    ),
    check="the dated table of GB/T 2260",
    evidence="standard",
    where="where an address or an authority is meant",
    where_zh="表示地址或机关所在地之处",
)
SCHEMES = (Scheme("cn.division", Level.PLACE, parse, 70, describe, about=ABOUT),)
