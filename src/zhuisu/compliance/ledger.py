"""The books that the law wants (进货台账, 销售台账 …): lines made from what was recorded, by the ledgers of a sector's profile."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any
from urllib.parse import unquote

from zhuisu import codes, epcis, sectors
from zhuisu.accounts.models import Organisation
from zhuisu.events.bodies import unpacked
from zhuisu.events.scope import Scope, scope_of
from zhuisu.events.store import full_context, rows
from zhuisu.events.vocabulary import Role
from zhuisu.profiles import entry
from zhuisu.profiles.columns import COUNT, WORDS, Column
from zhuisu.profiles.model import Field, Ledger, Profile, Words

# An act on many things makes a line for each kind of thing; the rest of a strange one is said in a number.
MAX_LINES = 200
# What single things are counted in.
PIECES = COUNT
# The columns that speak of one thing each, in lists that belong together.
SIDES = (
    ("things", "quantity", "unit"),
    ("inputs", "inputQuantity", "inputUnit"),
    ("outputs", "outputQuantity", "outputUnit"),
)
# What is not said by one act alone: the name that the register gives the thing, and all documents together.
PRODUCT, LOT = "product", "lotNumber"
MORE_WORDS = {
    PRODUCT: Words("产品名称", "Product"),
    "papers": Words("单据和凭证编号", "Documents and certificates"),
    # Where people read, names stand in the place of these codes.
    "place": Words("地点", "Place"),
    "buyer": Words("购买人或收货方", "Buyer"),
    "supplier": Words("供货者", "Supplier"),
    "answerable": Words("责任主体", "Party that answers"),
}
_IN = (Role.INPUT,)
_NOT_COUNTED = (
    *(Role.SAME, Role.LOT_MEMBER, Role.LOT_OF, Role.TRANSACTION_PARENT, Role.PACK_PARENT, Role.UNPACK_PARENT),
    *(Role.SEEN_PARENT, Role.FIT_PARENT, Role.UNFIT_PARENT, Role.SEEN_FIT_PARENT),
)


@dataclass(frozen=True, slots=True)
class Head:
    """One column of a book. `side`: which of SIDES it belongs to, -1 where it speaks of the whole act; `element`: what says how
    its values are written, None for the words that every step has."""

    name: str
    words: Words
    side: int = -1
    element: Field | Column | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded act in a book, as values by column. `lines`: one each for what it acted on; `left_out`: more of them than a
    page holds. `voided`: declared wrong since; `corrected_by`: ids of the events that say it right."""

    event: int
    event_id: str
    sector: str
    step: str
    name: Words
    at: datetime
    zone: str
    recorded_at: datetime
    organisation: int
    said: epcis.Event
    record: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]
    left_out: int
    errors: int
    warnings: int
    voided: bool
    corrected_by: tuple[str, ...]

    @property
    def cursor(self) -> str:
        """Where the next page begins."""
        return f"{self.at.timestamp():.6f}.{self.event}"


@dataclass(frozen=True, slots=True)
class Total:
    """How much of a product in a unit all entries of a step come to. `into`: it went into something else."""

    step: str
    product: str  # canonical code of the product; where it has none, of the thing's kind or scheme
    unit: str
    amount: Decimal
    into: bool
    acts: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries of a book: within these moments (`until` exclusive); about one of these things, or of a thing of one of these
    products, or of a lot of this number: any of the three will do."""

    since: datetime | None = None
    until: datetime | None = None
    things: tuple[codes.Code, ...] = ()
    lot: str = ""


def book(sector: str, ledger: str) -> tuple[Profile, Ledger]:
    """The newest edition of a sector and one of its ledgers. Raises KeyError where there is no such one."""
    profile = sectors.all()[sector].editions[0]
    return profile, profile.ledgers[ledger]


def columns(sector: str, ledger: str) -> tuple[Head, ...]:
    """The columns of a book in the order of its law, each once."""
    profile, held = book(sector, ledger)
    found = []
    for name in dict.fromkeys(held.columns):
        element = profile.fields.get(name)
        words = element.name if element else _words(profile, held, name)
        side = next((number for number, names in enumerate(SIDES) if name in names), -1)
        found.append(Head(name, words, side, element))
    return tuple(found)


def _words(profile: Profile, held: Ledger, name: str) -> Words:
    for step in held.steps:
        for column in entry.columns(profile, step):
            if column.name == name:
                return column.words
    return MORE_WORDS.get(name) or WORDS.get(name, Words(name, name))


def rows_of(
    scope: Scope, owner: Organisation | None, sector: str, ledger: str, asked: Asked, *, limit: int, before: str = ""
) -> list[Entry]:
    """The entries of a book that the caller may see, the latest first, those behind `before` (an entry's `cursor`). One statement.

    `owner`: whose book; None: everybody's in the scope. An entry is its owner's where the owner answers for the act. What was declared
    wrong stays, marked. Raises KeyError where there is no such book.
    """
    _profile, held = book(sector, ledger)
    where, values = _where(scope, owner, sector, held, asked)
    return _read(where, values, columns(sector, ledger), limit, before)


def entries_about(scope: Scope, items: Sequence[int], *, limit: int, before: str = "") -> list[Entry]:
    """All that happened to these items as steps of any sector, the latest first. One statement."""
    condition, parameters = scope.condition("e")
    where = f"w.sector <> '' and {condition} and e.id in (select p.event from part p where p.item = any(%s))"
    return _read(where, [*parameters, list(items)], (), limit, before)


def _read(where: str, values: list[Any], heads: Sequence[Head], limit: int, before: str) -> list[Entry]:
    moment, _dot, number = before.rpartition(".")
    if moment and number.isdecimal() and len(number) < 19:
        where += " and (w.happened_at, w.event) < (to_timestamp(%s), %s)"
        values += [float(moment), int(number)]
    found = rows(
        f"""select e.id, b.event_id, w.sector, s.step, s.edition, e.happened_at, e.zone, e.recorded_at, e.organisation, w.errors, w.warnings,
                   exists (select 1 from void v where v.event = e.id),
                   (select d.corrective from void v join declaration d on d.event = v.declared_by where v.event = e.id
                    order by v.declared_by desc limit 1), b.body, b.context::text
            {_FROM} join event_body b on b.event = e.id and b.format <> 'gone' where {where}
            order by w.happened_at desc, w.event desc limit %s""",
        [*values, limit],
    )
    return [_entry(heads, row) for row in found]


def totals(scope: Scope, owner: Organisation | None, sector: str, ledger: str, asked: Asked) -> list[Total]:
    """How much of each product the entries of each step come to that were not declared wrong, single things counted. One statement."""
    _profile, held = book(sector, ledger)
    where, values = _where(scope, owner, sector, held, asked)
    found = rows(
        f"""select s.step, coalesce(pr.canonical, i.scheme), case when p.quantity is null then %s else coalesce(p.unit, %s) end as unit,
                   sum(coalesce(p.quantity, 1)), p.role = any(%s), count(distinct p.event)
            {_FROM} join part p on p.event = e.id join item i on i.id = p.item left join item pr on pr.id = i.product
            where {where} and w.step <> '' and p.role <> all(%s) and not exists (select 1 from void v where v.event = e.id)
              and (p.quantity is not null or i.level not in (%s, %s))
            group by 1, 2, 3, 5 order by 1, 6 desc, 2, 3""",
        [PIECES, PIECES, [int(one) for one in _IN], *values, [int(one) for one in _NOT_COUNTED], codes.Level.LOT, codes.Level.CLASS],
    )  # fmt: skip
    return [Total(*row) for row in found]


@dataclass(frozen=True, slots=True)
class Kept:
    """How many entries of a step there are, and when the last was."""

    sector: str
    step: str
    entries: int
    last_at: datetime


def kept(scope: Scope, owner: Organisation | None) -> list[Kept]:
    """What there is to fill books with: entries by sector and step. One statement."""
    condition, parameters = scope.condition("e")
    mine, parties = ("s.actor = any(%s)", [list(scope_of(owner).parties)]) if owner else ("true", [])
    found = rows(
        f"""select w.sector, s.step, count(*), max(w.happened_at) {_FROM} where {condition} and {mine} group by 1, 2 order by 1, 2""",
        [*parameters, *parties],
    )
    return [Kept(*row) for row in found]


# What an act was before it was declared wrong, its last step still says.
_FROM = """from verdict_last w join event e on e.id = w.event join lateral (
              select v.step, v.edition, v.actor from verdict v where v.event = w.event and v.sector = w.sector and v.step <> ''
              order by v.id desc limit 1) s on true"""


def _where(scope: Scope, owner: Organisation | None, sector: str, held: Ledger, asked: Asked) -> tuple[str, list[Any]]:
    condition, parameters = scope.condition("e")
    clauses: list[tuple[str, list[Any]]] = [
        ("w.sector = %s and s.step = any(%s)", [sector, list(held.steps)]),
        (condition, parameters),
    ]
    if owner is not None:
        clauses.append(("s.actor = any(%s)", [list(scope_of(owner).parties)]))
    if asked.since:
        clauses.append(("w.happened_at >= %s", [asked.since]))
    if asked.until:
        clauses.append(("w.happened_at < %s", [asked.until]))
    if asked.things or asked.lot:
        named = [code.key for code in asked.things]
        about = """e.id in (select ap.event from part ap join item ai on ai.id = ap.item
                            where ai.lot = %s or ai.id in (select id from name where hash = any(%s))
                               or ai.product in (select id from name where hash = any(%s)))"""
        clauses.append((about, [asked.lot, named, named]))
    return " and ".join(sql for sql, _ in clauses), [value for _, each in clauses for value in each]


def _entry(heads: Sequence[Head], row: tuple[Any, ...]) -> Entry:
    (
        number,
        event_id,
        sector,
        step,
        edition,
        at,
        zone,
        recorded,
        organisation,
        errors,
        warnings,
        voided,
        right,
        *rest,
    ) = row
    body, context = rest
    profile = edition_of(sector, edition)
    event = epcis.read_event(unpacked(body), full_context(context))
    record = entry.record_of(profile, step, event)
    lines, left_out = _lines(record, heads)
    return Entry(
        number, event_id, sector, step, profile.steps[step].name, at, zone, recorded, organisation, event, record, lines,
        left_out, errors, warnings, voided, tuple(right or ()),
    )  # fmt: skip


def edition_of(sector: str, edition: str) -> Profile:
    """An edition by its name; where it is gone, the newest: an old verdict outlives a file."""
    editions = sectors.all()[sector].editions
    return next((each for each in editions if each.edition == edition), editions[0])


def _lines(record: Mapping[str, Any], heads: Sequence[Head]) -> tuple[tuple[Mapping[str, Any], ...], int]:
    """The act's values, once for each thing, with the values of the whole act on its first line and its time on each."""
    shown = sorted({head.side for head in heads if head.side >= 0})
    sides = [list(_side(record, *SIDES[number])) for number in shown]
    if not any(sides):
        # An act of another type than the book's columns speak of: what it was about stands in the column that is there.
        held = next((held for number in (0, 2, 1) if (held := list(_side(record, *SIDES[number])))), [])
        put = SIDES[shown[-1] if shown else 0]
        sides = [[dict(zip(put, line.values(), strict=True)) for line in held]]
    merged = [
        {key: value for part in parts if part for key, value in part.items()} for parts in zip_longest(*sides)
    ] or [{}]
    wanted = {head.name for head in heads if head.side < 0}
    rest = {name: record[name] for name in wanted if name in record}
    if "papers" in wanted:
        rest["papers"] = _papers(record)
    time = {"eventTime": rest["eventTime"]} if "eventTime" in rest else {}
    lines = [
        {**(time if place else rest), **line, **_named(line, wanted)} for place, line in enumerate(merged[:MAX_LINES])
    ]
    return tuple(lines), max(0, len(merged) - MAX_LINES)


def _named(line: Mapping[str, Any], wanted: Container[str]) -> dict[str, Any]:
    """What the code of a line's thing says of it: the thing itself for its product's name, and its lot."""
    text = next((line[name][0] for name in ("things", "outputs", "inputs") if line.get(name)), "")
    found = {PRODUCT: text} if text and PRODUCT in wanted else {}
    if LOT in wanted and (lot := _lot_of(text)):
        found[LOT] = lot
    return found


def _papers(record: Mapping[str, Any]) -> list[str]:
    held = [record[name] for name in sorted(record) if name == "document" or name.startswith("paper_")]
    return [text for each in held for text in (each if isinstance(each, list) else [each]) if text]


def _lot_of(text: str) -> str:
    """The lot that a code names; empty where it names none."""
    try:
        code = codes.parse_epc(text)
    except codes.CodeError:
        return ""
    return unquote(code.canonical.rpartition("/")[2]) if code.scheme == "gs1.lgtin" else ""


def _side(record: Mapping[str, Any], things: str, quantity: str, unit: str) -> Iterator[dict[str, Any]]:
    """One line for each lot with its amount, and one for all single things of a product with their number."""
    named, amounts, units = (record.get(name) or [] for name in (things, quantity, unit))
    single = named[: len(named) - len(amounts)]
    groups: dict[str, list[str]] = {}
    for text in single:
        groups.setdefault(_class_of(text) or text, []).append(text)
    for held in groups.values():
        yield {things: held, quantity: Decimal(len(held)), unit: PIECES}
    for place, text in enumerate(named[len(single) :]):
        measure = units[place] if place < len(units) else units[0] if units else PIECES
        yield {things: [text], quantity: amounts[place], unit: measure}


def _class_of(text: str) -> str:
    """The product that a single thing's code names; empty where it names none, and for a lot."""
    try:
        code = codes.parse_epc(text)
    except codes.CodeError:
        return ""
    if code.level == codes.Level.LOT or not code.canonical.startswith("gs1.sgtin:"):
        return ""
    return code.canonical.split("/21/")[0]
