"""Which codes a verb is about: single ones, a batch, rolls of it, or from one code to another. Found by arithmetic."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from django.db.models import Subquery
from numpy.typing import NDArray

from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.codes import zs_batch, zs_unit
from zhuisu.registry.issuing import keys
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.models import Batch, Series
from zhuisu.registry.issuing.spans import Span, merged

MOST_CODES = 100_000  # typed, scanned or sent one by one: half a day of a fast line. More is a range, and costs nothing
MOST_ROLLS = 10_000  # numbers of rolls in one selection
MAX_REFUSED = 500  # refusals listed in an answer: whoever has more wrong sends the wrong list

# The platform's own address of a code without GTIN: https://host/i/zs.unit/<code>, and the code in a document.
_OWN_ADDRESS = re.compile(r"(?:https?://[^/\s]+/i/zs\.unit/|urn:zhuisu:zs\.unit:|zs\.unit:)([0-9A-Z]{16})", re.I)
_PLAIN = re.compile(rf"[{zs_unit.ALPHABET}]{{{zs_unit.LENGTH}}}")


@dataclass(frozen=True, slots=True)
class Codes:
    """Single codes, as typed or scanned: sixteen characters, an address of ours, an SGTIN in any form."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """Every code of a batch."""

    batch: Batch


@dataclass(frozen=True, slots=True)
class Rolls:
    """Some rolls of a batch, by their numbers from 1."""

    batch: Batch
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """From one code to another of the same batch, both included, in either order: the ends of what was used of a roll."""

    first_text: str
    last_text: str


Selection = Codes | Whole | Rolls | Between


@dataclass(frozen=True, slots=True)
class Refused:
    """Why one code, or a run of them from there on, keeps the others from being changed. `position` counts from 1."""

    position: int
    text: str
    rule: str
    message: str
    message_zh: str


class Own(NamedTuple):
    """A text read as one of our codes: the sixteen characters, and the GTIN it came with, if any."""

    text16: str
    gtin: str


@dataclass(frozen=True, slots=True)
class Part:
    """What a selection takes of one batch. `places` leads from a counter back to the positions that named it."""

    batch: Batch
    spans: list[Span]
    places: dict[int, list[int]] = field(default_factory=dict)
    asked: int = 0

    def position(self, counter: int) -> int:
        """The position of a counter in the selection, from 1."""
        return self.places[counter][0] if self.places else counter - self.spans[0][0] + 1


@dataclass(frozen=True, slots=True)
class Found:
    """A selection as parts of batches of one organisation, and what of it cannot be."""

    parts: list[Part]
    refused: list[Refused]


def read(text: str) -> codes.Code:
    """Any code from any text; the platform's own address of a code is that code. Raises codes.CodeError."""
    address = _OWN_ADDRESS.fullmatch(text.strip())
    return zs_unit.read(address[1]) if address else codes.parse(text)


def told(refused: Iterable[Refused]) -> tuple[Refused, ...]:
    """The refusals in order, cut where nobody reads on; that they are cut is said."""
    ordered = sorted(refused, key=lambda one: one.position)
    if len(ordered) <= MAX_REFUSED:
        return tuple(ordered)
    cut = Refused(
        ordered[MAX_REFUSED].position,
        "",
        "more",
        f"more than {MAX_REFUSED} refusals: the list is cut here",
        f"被拒绝的超过 {MAX_REFUSED} 项，此后不再列出",
    )
    return (*ordered[:MAX_REFUSED], cut)


def read_own(text: str) -> Own:
    """One of our codes from any text that carries it. Raises codes.CodeError, rule "scheme" where it is another's."""
    if _PLAIN.fullmatch(text):
        return Own(zs_unit.read(text).value, "")
    try:
        return Own(zs_unit.read(text).value, "")
    except codes.CodeError as error:
        if error.rule == "check-digit":
            raise
        first = error
    try:
        code = read(text)
    except codes.CodeError:
        raise first from None
    if code.scheme == "zs.unit":
        return Own(code.value, "")
    if code.scheme == "gs1.sgtin":
        gtin, _, serial = code.value.removeprefix("01/").partition("/21/")
        return Own(zs_unit.read(serial).value, gtin)
    raise codes.CodeError(
        "scheme",
        f"this is {code.scheme}, not a code of this platform",
        f"这是 {code.scheme}，不是本平台的码",
    )


def find(selection: Selection, organisation: Organisation) -> Found:
    """The parts of batches that a selection names, all of this organisation. Raises IssueError where it cannot be read
    as a whole: "not-yours", "rolls", "two-batches", "too-many", "empty", and what key_of raises."""
    match selection:
        case Whole(batch):
            _own(batch, organisation)
            return Found([Part(batch, [(batch.first, batch.last)], asked=batch.count)], [])
        case Rolls(batch, numbers):
            _own(batch, organisation)
            return Found([_rolls(batch, numbers)], [])
        case Between(first, last):
            return _between(first, last, organisation)
        case Codes(texts):
            return _singles(texts, organisation)


def _own(batch: Batch, organisation: Organisation) -> None:
    if batch.series.organisation_id != organisation.pk:
        raise IssueError("not-yours", "this batch is another organisation's", "该批次不属于本单位", "batch")


def _rolls(batch: Batch, numbers: Sequence[int]) -> Part:
    if not batch.roll_size:
        raise IssueError("rolls", "this batch is not cut into rolls", "该批次未分卷", "rolls")
    if not numbers or len(numbers) > MOST_ROLLS:
        raise IssueError(
            "rolls", f"name 1 to {MOST_ROLLS} rolls, not {len(numbers)}", f"请指定 1 至 {MOST_ROLLS} 卷", "rolls"
        )
    wrong = [number for number in numbers if not 1 <= number <= batch.rolls]
    if wrong:
        raise IssueError(
            "rolls",
            f"there is no roll {wrong[0]}: the batch has rolls 1 to {batch.rolls}",
            f"没有第 {wrong[0]} 卷：该批次共 {batch.rolls} 卷",
            "rolls",
        )
    size = batch.roll_size
    spans = merged(
        (batch.first + (number - 1) * size, min(batch.first + number * size - 1, batch.last)) for number in numbers
    )
    return Part(batch, spans, asked=sum(last - first + 1 for first, last in spans))


def _between(first: str, last: str, organisation: Organisation) -> Found:
    found = _singles((first, last), organisation)
    if found.refused:
        return found
    if len(found.parts) != 1:
        raise IssueError(
            "two-batches",
            "the first and the last code are of two batches: name each batch's part for itself",
            "首码与末码属于两个批次：请分别选择",
            "last",
        )
    (part,) = found.parts
    span = (part.spans[0][0], part.spans[-1][1])
    return Found([Part(part.batch, [span], asked=span[1] - span[0] + 1)], [])


def _singles(texts: Sequence[str], organisation: Organisation) -> Found:
    if not texts:
        raise IssueError("empty", "no code is named", "没有给出任何码", "codes")
    if len(texts) > MOST_CODES:
        raise IssueError(
            "too-many",
            f"{len(texts)} single codes, at most {MOST_CODES}: select batches, rolls or ranges instead",
            f"单个码 {len(texts)} 个，最多 {MOST_CODES} 个：请改按批次、卷或首末码选择",
            "codes",
        )
    refused: list[Refused] = []
    by_series: dict[str, list[tuple[int, Own]]] = defaultdict(list)
    for position, text in enumerate(texts, 1):
        try:
            own = read_own(text)
        except codes.CodeError as error:
            refused.append(Refused(position, text[:80], error.rule, error.message, error.message_zh))
            if len(refused) > MAX_REFUSED:
                return Found([], refused)  # what no scheme reads costs most: a list of it ends here
        else:
            by_series[own.text16[: zs_unit.SERIES]].append((position, own))
    known = {
        one.name: one
        for one in Series.objects.filter(name__in=by_series, organisation=organisation).select_related("key", "product")
    }
    parts: list[Part] = []
    for name, named in by_series.items():
        if name in known:
            parts += _of_series(known[name], named, refused)
        else:
            refused += [not_ours(position, own.text16) for position, own in named]
    refused.sort(key=lambda one: one.position)
    return Found(parts, refused)


def not_ours(position: int, text16: str) -> Refused:
    """The one refusal for what was never issued, forged or another's: an enterprise does not learn which."""
    return Refused(
        position,
        zs_unit.shown(text16),
        "not-yours",
        "this code was not issued to your organisation",
        "该码不是发给本单位的",
    )


def _of_series(series: Series, named: list[tuple[int, Own]], refused: list[Refused]) -> list[Part]:
    """The codes of one series by batch; refusals are added to the list."""
    counters = decrypted(series, [own.text16 for _, own in named])
    places: dict[int, list[int]] = defaultdict(list)
    for (position, own), counter in zip(named, counters.tolist(), strict=True):
        if counter >= series.next_counter or own.gtin not in ("", series.gtin):
            refused.append(not_ours(position, own.text16))
        else:
            places[counter].append(position)
    if not places:
        return []
    wanted = sorted(places)
    parts: dict[int, Part] = {}
    holding = Batch.objects.filter(series=series, first__lte=wanted[0]).order_by("-first").values("first")[:1]
    batches = iter(Batch.objects.filter(series=series, first__range=(Subquery(holding), wanted[-1])).order_by("first"))
    batch = next(batches)
    batch.series = series
    for counter in wanted:
        while counter > batch.last:
            batch = next(batches)
            batch.series = series
        part = parts.setdefault(batch.pk, Part(batch, []))
        part.spans.append((counter, counter))
        part.places[counter] = places[counter]
    return [
        Part(one.batch, merged(one.spans), one.places, sum(map(len, one.places.values()))) for one in parts.values()
    ]


def decrypted(series: Series, texts: Sequence[str]) -> NDArray[np.int64]:
    """The counters behind canonical codes of one series."""
    key = keys.key_of(series.key)
    if len(texts) <= 4:  # for a code or two the plain way is the faster one
        found = [zs_unit.counter_of(key, series.key_version, text) for text in texts]
        return np.array(found, dtype=np.int64)
    letters = np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8).reshape(-1, zs_unit.LENGTH)
    bodies = letters[:, zs_unit.SERIES : zs_unit.SERIES + zs_unit.BODY]
    return zs_batch.counters(key, series.key_version, series.name, np.ascontiguousarray(bodies))
