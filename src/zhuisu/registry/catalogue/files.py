"""A catalogue as a TOML file: a closed world, every kind of product one that a profile has."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import msgspec
from django.db.models import Model
from msgspec import Struct

from zhuisu.profiles.model import Evidence, Words
from zhuisu.registry.catalogue.models import CatalogueEntry, CatalogueList, Department
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.regions import is_region, without_noughts

LISTS = Path(__file__).with_name("lists")  # the sample lists that come with the platform
MAX_FILE = 1_048_576  # octets: a list of some thousand lines


class Closed(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a file: only the keys below exist."""


class Unmapped(Closed, frozen=True):
    """What the document lists and no kind of a profile stands for, and why not."""

    text: str
    why: Words


class Entry(Closed, frozen=True):
    """One line of the document, and the kinds that it means."""

    text: Words
    kinds: tuple[str, ...]
    article: str
    function: str = ""
    valid_from: date | None = None  # none: the document's own day
    valid_to: date | None = None


class Agency(Closed, frozen=True):
    """A department: what it answers for, its name, its days, and the function that took it over on the day after."""

    function: str
    name: Words
    valid_from: date
    region: str | None = None  # none: the document's own
    valid_to: date | None = None
    successor: str = ""


class Catalogue(Closed, frozen=True):
    """A whole file."""

    name: str
    title: Words
    source: Words
    evidence: Evidence
    valid_from: date
    region: str = ""
    note: Words = Words("", "")
    entries: tuple[Entry, ...] = ()
    departments: tuple[Agency, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()


def read(content: bytes, kinds: Mapping[str, frozenset[str]]) -> Catalogue:
    """A catalogue from a file; `kinds` are those of each sector. Raises IssueError "file", "length", "region", "kinds", "twice",
    "dates" or "successor", which names the line's text."""
    try:
        if len(content) > MAX_FILE:
            raise ValueError(f"more than {MAX_FILE} octets")
        found = msgspec.convert(tomllib.loads(content.decode()), Catalogue)
    except (ValueError, RecursionError) as wrong:
        raise IssueError("file", f"no catalogue: {wrong}", f"不是有效的目录文件：{wrong}", "content") from None
    for rule, message, message_zh in _astray(found, kinds):
        raise IssueError(rule, message, message_zh, "content")
    return found


def successor_of(found: Catalogue, one: Agency) -> Agency | None:
    """Who takes over: the department of that function and region that begins when this one has ended, or is there then."""
    if not one.successor or one.valid_to is None:
        return None
    ended = one.valid_to
    fitting = [
        each
        for each in found.departments
        if each.function == one.successor
        and region_of(found, each) == region_of(found, one)
        and each is not one
        and (each.valid_to is None or each.valid_to > ended)
    ]
    return min(fitting, key=lambda each: each.valid_from, default=None)


def region_of(found: Catalogue, one: Agency) -> str:
    """The region of a department: its own or the document's."""
    return found.region if one.region is None else one.region


def _too_long(found: Catalogue) -> Iterator[tuple[str, str, str]]:
    """Texts that the tables do not hold, and names that are empty."""
    texts: list[tuple[type[Model], dict[str, str]]] = [
        (CatalogueList, {"name": found.name, **_both("title", found.title), **_both("source", found.source)}),
        (CatalogueList, _both("note", found.note)),
    ]
    texts += [
        (CatalogueEntry, {"article": one.article, "function": one.function, **_both("text", one.text)})
        for one in found.entries
    ]
    texts += [(Department, {"function": one.function, **_both("name", one.name)}) for one in found.departments]
    for model, held in texts:
        for name, text in held.items():
            column = model._meta.get_field(name)
            most = getattr(column, "max_length", 0)
            if len(text) > most or not (text.strip() or getattr(column, "blank", False)):
                told = f"{name}: {text[:20]}"
                yield "length", f"{told}: one to {most} characters", f"{told}：应为 1 至 {most} 个字符"


def _both(name: str, said: Words) -> dict[str, str]:
    return {name: said.zh, f"{name}_en": said.en}


def _astray(found: Catalogue, kinds: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str, str]]:
    yield from _too_long(found)
    if b"\\u0000" in msgspec.json.encode(found):
        yield "length", "the file holds a NUL character", "文件含有 NUL 字符"
    for region in {found.region, *(region_of(found, one) for one in found.departments)}:
        if region and not (is_region(region) and region == without_noughts(region)):
            yield (
                "region",
                f"{region}: two, four or six digits of GB/T 2260, without the 00 at its end",
                f"{region}：应为 GB/T 2260 的 2、4 或 6 位数字，末尾不写 00",
            )
    seen: set[tuple[str, str, date]] = set()
    for entry in found.entries:
        at = entry.text.zh
        if not entry.kinds:
            yield "kinds", f"{at}: names no kind", f"{at}：没有对应的品种"
        for kind in entry.kinds:
            sector, _, own = kind.partition(".")
            if sector not in kinds or (own and own not in kinds[sector]):
                yield "kinds", f"{at}: no profile has the kind {kind}", f"{at}：没有哪个行业声明了品种 {kind}"
            key = (kind, at, entry.valid_from or found.valid_from)
            if key in seen:
                yield "twice", f"{at}: {kind} stands there twice", f"{at}：{kind} 重复出现"
            seen.add(key)
        if entry.valid_to and entry.valid_to < (entry.valid_from or found.valid_from):
            yield "dates", f"{at}: ends before it begins", f"{at}：截止日早于起始日"
    for one in found.departments:
        if one.valid_to and one.valid_to < one.valid_from:
            yield "dates", f"{one.name.en}: ends before it begins", f"{one.name.zh}：截止日早于起始日"
        if one.successor and successor_of(found, one) is None:
            yield (
                "successor",
                f"{one.name.en}: no department {one.successor} of its region takes over",
                f"{one.name.zh}：同一地区没有职能为 {one.successor} 的承接部门",
            )
