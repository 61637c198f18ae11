"""Changes of state over ranges of any size: judged first and as a whole, then written."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce

from zhuisu.registry.issuing import states
from zhuisu.registry.issuing.lots import Lot
from zhuisu.registry.issuing.models import LotSpan, Series, StatePage
from zhuisu.registry.issuing.selections import Part
from zhuisu.registry.issuing.spans import Span, common, cut, merged, without
from zhuisu.registry.issuing.states import State, Verdict

_ROWS = 1_000  # state pages written by one statement: two megabytes at the most


class Refusal(NamedTuple):
    """A run of counters that the verb may not touch: its state's name, or "other-lot"."""

    span: Span
    rule: str
    lot: str = ""


@dataclass(slots=True)
class Judged:
    """What a verb would do to one part."""

    part: Part
    changed: list[Span] = field(default_factory=list)
    already: int = 0
    refused: list[Refusal] = field(default_factory=list)


class Change:
    """One verb over parts of series whose rows the caller holds locked: so nobody else changes their states or lots."""

    def __init__(self, verb: str, parts: Iterable[Part], lot: Lot) -> None:
        self._target, self._verdicts = states.VERBS[verb]
        self._lot = lot
        self._pages: dict[tuple[int, int], states.States] = {}
        self._dirty: set[tuple[int, int]] = set()
        self._fresh_spans: dict[Series, list[Span]] = defaultdict(list)
        self.judged = [self._judge(part) for part in parts]

    def _judge(self, part: Part) -> Judged:
        series = part.batch.series
        judged = Judged(part)
        lotless = self._lotless(series, part, judged) if self._lot.given else []
        pages = list(cut(part.spans, states.PAGE_CODES))
        self._load(series, [page for page, _ in pages])
        gaining = dict(cut(lotless, states.PAGE_CODES))
        table = np.array(self._verdicts, dtype=np.uint8)
        changed: list[Span] = []
        for page, spans in pages:
            here = self._pages[series.pk, page]
            asked, offset = states.mask(spans), page * states.PAGE_CODES
            verdict = table[here]
            if page in gaining:  # an active code without a lot gets one: a change too
                verdict[(here == State.ACTIVE) & states.mask(gaining[page])] = Verdict.CHANGE
            change = asked & (verdict == Verdict.CHANGE)
            judged.already += int(np.count_nonzero(asked & (verdict == Verdict.ALREADY)))
            refuse = asked & (verdict == Verdict.REFUSE)
            if refuse.any():
                for state in State:
                    found = states.runs(refuse & (here == state), offset)
                    judged.refused += [Refusal(span, state.name.lower()) for span in found]
            if change.any():
                changed += states.runs(change, offset)
                here[change] = self._target
                self._dirty.add((series.pk, page))
        judged.changed = merged(changed)
        self._fresh_spans[series] += lotless
        return judged

    def _load(self, series: Series, pages: list[int]) -> None:
        wanted = [page for page in pages if (series.pk, page) not in self._pages]
        if not wanted:
            return
        found = StatePage.objects.filter(series=series)
        dense = wanted[-1] - wanted[0] + 1 == len(wanted)
        found = found.filter(page__range=(wanted[0], wanted[-1])) if dense else found.filter(page__in=wanted)
        stored = dict(found.values_list("page", "bits"))
        for page in wanted:
            bits = stored.get(page)
            self._pages[series.pk, page] = states.fresh() if bits is None else states.unpack(bytes(bits))

    def _lotless(self, series: Series, part: Part, judged: Judged) -> list[Span]:
        """The counters of the part that have no lot yet; those of another lot are refused."""
        first, last = part.spans[0][0], part.spans[-1][1]
        taken: list[Span] = []
        for one in overlapping(series.pk, first, last):
            taken.append((one.first, one.last))
            if Lot(one.lot, one.produced_on, one.expires_on) != self._lot:
                clash = common(part.spans, [(one.first, one.last)])
                judged.refused += [Refusal(span, "other-lot", one.lot) for span in clash]
        return without(part.spans, taken)

    def write(self) -> None:
        """Store the pages and lots. Call only where nothing was refused."""
        rows = [
            StatePage(series_id=series, page=page, bits=states.pack(self._pages[series, page]))
            for series, page in sorted(self._dirty)
        ]
        StatePage.objects.bulk_create(
            rows, batch_size=_ROWS, update_conflicts=True, unique_fields=["series", "page"], update_fields=["bits"]
        )
        for series, spans in self._fresh_spans.items():
            if spans:
                give_lot(series, spans, self._lot)


def overlapping(series: int, first: int, last: int) -> QuerySet[LotSpan]:
    """The spans of a series that hold any counter from first to last, in order.

    Spans never overlap: only the one that begins before `first` can reach into it. Without saying so, the index on the
    beginnings would be read from the series' first span on.
    """
    before = LotSpan.objects.filter(series=series, first__lte=first).order_by("-first").values("first")[:1]
    spans = LotSpan.objects.filter(series=series, first__gte=Coalesce(Subquery(before), first), first__lte=last)
    return spans.filter(last__gte=first).order_by("first")


def give_lot(series: Series, spans: Iterable[Span], lot: Lot) -> None:
    """Write that these counters, which have no lot yet, belong to one; spans of the same lot beside them become one with them."""
    fresh = merged(spans)
    near = overlapping(series.pk, fresh[0][0] - 1, fresh[-1][1] + 1)
    same = near.filter(lot=lot.lot, produced_on=lot.produced_on, expires_on=lot.expires_on)
    held = {(one.first, one.last): one.pk for one in same}
    wanted = set(merged([*fresh, *held]))
    LotSpan.objects.filter(pk__in=[pk for span, pk in held.items() if span not in wanted]).delete()
    LotSpan.objects.bulk_create(
        [
            LotSpan(series=series, first=first, last=last, **lot._asdict())
            for first, last in sorted(wanted - held.keys())
        ],
        batch_size=_ROWS,
    )
