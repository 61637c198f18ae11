"""Import of codes that another authority issues: ranges, lists, parent-child files. Never invented, only taken over."""

import zlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.db import connection, transaction

from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.accounts.services import record
from zhuisu.codes import Level
from zhuisu.codes.model import PERSONAL
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.files import Read, read_list, read_tree
from zhuisu.registry.issuing.lots import check_text, lot_of
from zhuisu.registry.issuing.models import ImportedBatch, ImportedPage, Series, mark_of
from zhuisu.registry.issuing.rights import party_of
from zhuisu.registry.issuing.selections import MAX_REFUSED, Refused, told
from zhuisu.registry.models import Product

MAX_RANGE = 100_000_000  # codes of one range: as many as a series of our own; a larger one is a typing mistake
IMPORT_PAGE = 2_000  # codes of a page: some 20 kB compressed, unpacked in half a millisecond
_PAGES = 200  # pages read or written by one statement: some megabytes
# What names no single thing can be no list of single things; our own codes are issued, not imported.
_LEVELS = {Level.INSTANCE, Level.PACKAGE, Level.ASSET, Level.OTHER}
_OURS = frozenset({"zs.unit"})


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import. Where anything is refused nothing is stored; `again`: this very file was here already.

    `relations` are (parent, child) in canonical text, for events.packing, which captures them after this is committed; sent
    again the file gives them again, so that a crash in between is healed by sending it once more.
    """

    batch: ImportedBatch | None
    count: int
    refused: tuple[Refused, ...] = ()
    again: bool = False
    relations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What the sender says of all codes of an import."""

    product: Product | None = None
    lot: str = ""
    produced_on: date | None = None
    expires_on: date | None = None
    note: str = ""


def import_codes(
    *,
    organisation: Organisation,
    scheme: str,
    content: bytes,
    by: str,
    at: datetime,
    tree: bool = False,
    about: About | None = None,
    dry_run: bool = False,
) -> Imported:
    """Take over a list (one code a line) or with `tree` a parent-child file (CSV: code, parent, grandparent).

    Every line is read by its scheme. Raises IssueError: "kind", "scheme", "lot", "dates", "note", "holder", "file", "lines",
    "columns", "empty".
    """
    about = about or About()
    _allowed(organisation, scheme, about)
    kind = ImportedBatch.Kind.TREE if tree else ImportedBatch.Kind.LIST
    digest = _digest(kind, scheme, content)
    read = read_tree(content, scheme) if tree else read_list(content, scheme)
    values = sorted(read.lines)
    if not values and not read.refused:
        raise IssueError("empty", "the file names no code", "文件中没有任何码", "content")
    with transaction.atomic():
        _one_import_at_a_time(scheme)
        if known := _known(organisation, scheme, digest):
            return Imported(known, 0, again=True, relations=read.relations)
        refused = told([*read.refused, *_of_others(organisation, scheme, read), *_taken(scheme, values, read)])
        if refused or dry_run:
            return Imported(None, 0 if refused else len(values), refused, relations=() if refused else read.relations)
        pages = [values[start : start + IMPORT_PAGE] for start in range(0, len(values), IMPORT_PAGE)]
        batch = _store(
            organisation, scheme, kind, digest, values[0], values[-1], len(values), about=about, by=by, at=at
        )
        ImportedPage.objects.bulk_create(
            [
                ImportedPage(
                    batch=batch,
                    first=page[0],
                    last=page[-1],
                    body=zlib.compress("\n".join(page).encode()),
                    marks=[mark_of(scheme, value) for value in page],
                )
                for page in pages
            ],
            batch_size=_PAGES,
        )
    return Imported(batch, batch.count, relations=read.relations)


def import_range(
    *,
    organisation: Organisation,
    scheme: str,
    first: str,
    last: str,
    by: str,
    at: datetime,
    about: About | None = None,
    dry_run: bool = False,
) -> Imported:
    """Take over every number from first to last, both included; only for codes that are purely numeric and consecutive.

    Raises IssueError: "kind", "scheme", "lot", "dates", "note", "holder", "range".
    """
    about = about or About()
    _allowed(organisation, scheme, about)
    low, high = _ends(scheme, first, last)
    digest = _digest(ImportedBatch.Kind.RANGE, scheme, f"{low}-{high}".encode())
    count = int(high) - int(low) + 1
    with transaction.atomic():
        _one_import_at_a_time(scheme)
        if known := _known(organisation, scheme, digest):
            return Imported(known, 0, again=True)
        clash = _clash(scheme, low, high)
        if clash or dry_run:
            return Imported(None, 0 if clash else count, (_held(1, clash),) if clash else ())
        batch = _store(
            organisation, scheme, ImportedBatch.Kind.RANGE, digest, low, high, count, about=about, by=by, at=at
        )
        ImportedPage.objects.create(batch=batch, first=low, last=high, body=b"")
    return Imported(batch, count)


def _allowed(organisation: Organisation, scheme: str, about: About) -> None:
    if organisation.kind != Organisation.Kind.ENTERPRISE:
        raise IssueError("kind", "only an enterprise imports codes", "只有企业可以导入编码")
    known = codes.schemes().get(scheme)
    if known is None or scheme in _OURS | PERSONAL | {"uri"} or known.level not in _LEVELS:
        raise IssueError(
            "scheme",
            f"{scheme!r} is no scheme whose codes can be imported: it must number single things, and another authority issues it",
            f"编码方案 {scheme!r} 不能导入：须是由其他机构发放、逐件编号的方案",
            "scheme",
        )
    lot_of(about.lot, about.produced_on, about.expires_on)
    check_text(about.note, "note")
    product, party = about.product, party_of(organisation)
    if product is not None and (party is None or product.holder_id != party.pk):
        raise IssueError(
            "holder",
            f"{product.name} is not a product of this organisation",
            f"{product.name}不是本单位的产品",
            "product",
        )


def _digest(kind: str, scheme: str, content: bytes) -> str:
    return sha256(f"{kind} {scheme}\n".encode() + content).hexdigest()


def _known(organisation: Organisation, scheme: str, digest: str) -> ImportedBatch | None:
    return ImportedBatch.objects.filter(organisation=organisation, scheme=scheme, digest=digest).first()


def _one_import_at_a_time(scheme: str) -> None:
    """Two imports of one scheme must see each other's codes; no row stands for "all codes of a scheme" that could be locked."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [zlib.crc32(f"import {scheme}".encode())])


def _of_others(organisation: Organisation, scheme: str, read: Read) -> list[Refused]:
    """The serials under GTINs of other enterprises here: whoever could import them could make a forgery look known."""
    if scheme != "gs1.sgtin":
        return []
    by_gtin: dict[str, list[str]] = defaultdict(list)
    for value in read.lines:
        by_gtin[value.split("/")[1]].append(value)
    party = party_of(organisation)
    theirs = Product.objects.filter(code__in=[f"gs1.gtin:01/{gtin}" for gtin in by_gtin]).exclude(holder=None)
    held = {code.rpartition("/")[2] for code in theirs.exclude(holder=party).values_list("code", flat=True)}
    held |= set(
        Series.objects.filter(gtin__in=by_gtin).exclude(organisation=organisation).values_list("gtin", flat=True)
    )
    return [
        Refused(
            read.lines[value],
            value,
            "holder",
            f"{value}: GTIN {gtin} is of another enterprise's product",
            f"{value}：GTIN {gtin} 是其他企业的产品",
        )
        for gtin in held
        for value in by_gtin[gtin]
    ]


def _taken(scheme: str, values: Sequence[str], read: Read) -> list[Refused]:
    """The codes that another import holds already, with the line that named each."""
    if not values:
        return []
    spans = _pages_between(scheme, values[0], values[-1])
    near = [pk for pk, first, last in spans if (at := bisect_left(values, first)) < len(values) and values[at] <= last]
    answer: list[Refused] = []
    for start in range(0, len(near), _PAGES):
        for page in ImportedPage.objects.filter(pk__in=near[start : start + _PAGES]):
            if page.body:
                held = [value for value in page.codes() if value in read.lines]
            else:
                ours = values[bisect_left(values, page.first) : bisect_left(values, page.last + "\0")]
                held = [value for value in ours if page.holds(value)]
            answer += [_held(read.lines[value], value) for value in held]
            if len(answer) > MAX_REFUSED:
                return answer
    return answer


def _pages_between(scheme: str, low: str, high: str) -> list[tuple[int, str, str]]:
    pages = ImportedPage.objects.filter(
        batch__scheme=scheme, batch__lo__lte=high, batch__hi__gte=low, first__lte=high, last__gte=low
    )
    return list(pages.values_list("pk", "first", "last"))


def _clash(scheme: str, low: str, high: str) -> str:
    """A code between two numbers that is imported already; nothing where there is none."""
    for pk, first, last in _pages_between(scheme, low, high):
        page = ImportedPage.objects.get(pk=pk)
        if page.body:
            inside = [one for one in page.codes() if len(one) == len(low) and low <= one <= high]
            if inside:
                return inside[0]
        elif len(first) == len(low):
            return max(low, first) if max(low, first) <= min(high, last) else ""
    return ""


def _held(line: int, value: str) -> Refused:
    return Refused(line, value, "imported", f"{value} was imported before", f"{value} 此前已导入")


def _ends(scheme: str, first: str, last: str) -> tuple[str, str]:
    """Both ends as numbers of one length. Some numbers between are read too: where the last digit is a check digit, no run
    of consecutive numbers is a run of codes."""
    ends = []
    for name, text in (("first", first), ("last", last)):
        try:
            ends.append(codes.parse(text.strip(), scheme).value)
        except codes.CodeError as error:
            raise IssueError("range", f"{text}: {error.message}", f"{text}：{error.message_zh}", name) from None
    low, high = ends
    if not (low.isdigit() and high.isdigit() and len(low) == len(high)):
        raise IssueError(
            "range",
            "a range is of numbers of one length: send a list instead",
            "号段须为等长的纯数字编码：请改用清单导入",
            "last",
        )
    count = int(high) - int(low) + 1
    if not 1 <= count <= MAX_RANGE:
        raise IssueError(
            "range",
            f"{low} to {high} are {count} codes: 1 to {MAX_RANGE} can be imported",
            f"{low} 至 {high} 共 {count} 个码：可导入 1 至 {MAX_RANGE} 个",
            "last",
        )
    for step in sorted({0, 1, 9, 10, count // 2, count - 2, count - 1}):
        inside = str(int(low) + step).zfill(len(low))
        if 0 <= step < count:
            try:
                codes.parse(inside, scheme)
            except codes.CodeError:
                raise IssueError(
                    "range",
                    f"{inside} lies between and is no code of {scheme}: such codes are not consecutive, send a list",
                    f"其间的 {inside} 不是 {scheme} 的码：该编码不连续，请改用清单导入",
                    "first",
                ) from None
    return low, high


def _store(
    organisation: Organisation,
    scheme: str,
    kind: str,
    digest: str,
    low: str,
    high: str,
    count: int,
    *,
    about: About,
    by: str,
    at: datetime,
) -> ImportedBatch:
    batch = ImportedBatch.objects.create(
        organisation=organisation,
        scheme=scheme,
        kind=kind,
        product=about.product,
        digest=digest,
        lo=low,
        hi=high,
        count=count,
        lot=about.lot,
        produced_on=about.produced_on,
        expires_on=about.expires_on,
        note=about.note,
        by=by[:120],
        at=at,
    )
    record(
        "codes.import",
        by=by,
        at=at,
        organisation=organisation,
        target=f"import:{batch.pk}",
        scheme=scheme,
        kind=kind,
        count=count,
        digest=digest,
    )
    return batch
