"""Random histories of issuing, activating, voiding and using against a plain dictionary; range arithmetic against sets."""

import itertools
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from support import AT
from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.registry.issuing import keys, queries, services, spans, states
from zhuisu.registry.issuing.selections import Part
from zhuisu.registry.issuing.services import Between, Codes, Rolls, Whole
from zhuisu.registry.models import Batch, LotSpan, Party, Product

Spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda one: (one[0], one[0] + one[1])), max_size=8
)


def members(many: list[spans.Span]) -> set[int]:
    return {one for first, last in many for one in range(first, last + 1)}


def is_normal(many: list[spans.Span]) -> bool:
    return all(first <= last for first, last in many) and all(
        one[1] + 1 < other[0] for one, other in itertools.pairwise(many)
    )


@given(Spans, Spans, st.integers(1, 20))
def test_span_arithmetic_is_set_arithmetic(one: list[spans.Span], other: list[spans.Span], length: int) -> None:
    a, b = spans.merged(one), spans.merged(other)
    assert is_normal(a)
    assert members(a) == members(one)
    assert members(spans.common(a, b)) == members(a) & members(b)
    assert members(spans.without(a, b)) == members(a) - members(b)
    assert spans.size(a) == len(members(a))
    pages = list(spans.cut(a, length))
    assert len({page for page, _ in pages}) == len(pages)
    assert {page * length + place for page, inside in pages for place in members(inside)} == members(a)
    assert all(0 <= place < length for _, inside in pages for place in members(inside))


@given(st.lists(st.tuples(st.integers(0, states.PAGE_CODES - 1), st.sampled_from(list(states.State))), max_size=50))
def test_a_page_comes_back_as_it_was_stored(changes: list[tuple[int, states.State]]) -> None:
    page = states.fresh()
    for place, state in changes:
        page[place] = state
    bits = states.pack(page)
    assert (states.unpack(bits) == page).all()
    assert all(states.state_at(bits, place) == page[place] for place, _ in changes)
    assert len(bits) <= states.PAGE_CODES // 4 + 20
    for state in states.State:
        assert members(states.runs(page == state, 100)) == {place + 100 for place in (page == state).nonzero()[0]}


class Oracle:
    """One code, one entry: state and lot."""

    def __init__(self) -> None:
        self.state: dict[tuple[int, int], str] = {}
        self.lot: dict[tuple[int, int], str] = {}

    def judge(self, verb: str, code: tuple[int, int], lot: str) -> str:
        state, held = self.state[code], self.lot.get(code, "")
        if verb == "activate" and lot and held and held != lot:
            return "refused"
        if verb == "activate" and state == "active" and lot and not held:
            return "changed"
        table = {
            ("activate", "issued"): "changed",
            ("activate", "active"): "already",
            ("void", "issued"): "changed",
            ("void", "active"): "changed",
            ("void", "used"): "changed",
            ("void", "voided"): "already",
            ("use", "active"): "changed",
            ("use", "used"): "already",
        }
        return table.get((verb, state), "refused")

    def do(self, verb: str, chosen: set[tuple[int, int]], lot: str) -> tuple[int, int, bool]:
        verdicts = {code: self.judge(verb, code, lot) for code in chosen}
        already = sum(one == "already" for one in verdicts.values())
        if "refused" in verdicts.values():
            return 0, already, False
        for code, verdict in verdicts.items():
            if verdict == "changed":
                self.state[code] = {"activate": "active", "void": "voided", "use": "used"}[verb]
            if verb == "activate" and lot:
                self.lot[code] = lot
        return sum(one == "changed" for one in verdicts.values()), already, True


@pytest.mark.django_db
class Histories(TestCase):
    def setUp(self) -> None:
        self.maker = Organisation.objects.create(kind="enterprise", name="甲", party="uri:urn:zhuisu:test:maker")
        holder = Party.objects.create(code=self.maker.party, name="甲", verified_at=AT)
        self.products = [
            Product.objects.create(code=code, name=code, category="edible_agricultural", holder=holder)
            for code in ("gs1.gtin:01/06901234567892", "uri:urn:zhuisu:test:loose")
        ]

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def test_against_the_oracle(self, data: st.DataObject) -> None:
        oracle, batches = Oracle(), list[Batch]()
        original, states.PAGE_CODES = states.PAGE_CODES, 8  # many small pages, so that edges are met often
        states_fresh, states._FRESH = states._FRESH, states.pack(states.fresh())
        try:
            for _ in range(data.draw(st.integers(3, 14))):
                if not batches or data.draw(st.integers(0, 4)) == 0:
                    self._issue(data, oracle, batches)
                else:
                    self._change(data, oracle, batches)
            self._compare(oracle, batches)
        finally:
            states.PAGE_CODES, states._FRESH = original, states_fresh

    def _issue(self, data: st.DataObject, oracle: Oracle, batches: list[Batch]) -> None:
        lot, active = data.draw(st.sampled_from(["", "A", "B"])), data.draw(st.booleans())
        batch = services.issue(
            organisation=self.maker,
            product=data.draw(st.sampled_from(self.products)),
            level="item",
            count=data.draw(st.integers(1, 30)),
            roll_size=data.draw(st.sampled_from([None, 1, 4, 7])),
            lot=lot,
            active=active,
            by="person:x",
            at=AT,
        )
        batches.append(batch)
        for counter in range(batch.first, batch.last + 1):
            code = (batch.series_id, counter)
            assert code not in oracle.state, "a counter was handed out twice"
            oracle.state[code] = "active" if active else "issued"
            oracle.lot[code] = lot

    def _change(self, data: st.DataObject, oracle: Oracle, batches: list[Batch]) -> None:
        batch = data.draw(st.sampled_from(batches))
        key = keys.key_of(batch.series.key)
        chosen: set[tuple[int, int]]
        place = st.integers(0, batch.count - 1)
        kind = data.draw(st.sampled_from(["whole", "rolls", "between", "codes"]))
        selection: services.Selection
        twice = 0
        if kind == "rolls" and batch.roll_size:
            numbers = tuple(data.draw(st.lists(st.integers(1, batch.rolls), min_size=1, max_size=3, unique=True)))
            selection = Rolls(batch, numbers)
            places = {p for p in range(batch.count) if p // batch.roll_size + 1 in numbers}
            chosen = {(batch.series_id, batch.first + p) for p in places}
        elif kind == "between":
            ends = data.draw(place), data.draw(place)
            selection = Between(batch.code_at(key, ends[0]), batch.code_at(key, ends[1]))
            chosen = {(batch.series_id, batch.first + p) for p in range(min(ends), max(ends) + 1)}
        elif kind == "codes":
            picks = data.draw(st.lists(st.sampled_from(sorted(oracle.state)), min_size=1, max_size=9))
            series = {one.series_id: one.series for one in batches}
            texts = [batch.code_at(key, counter - batch.first) for _, counter in picks] if len(series) == 1 else []
            if len(series) > 1:
                some = {one.series_id: one for one in batches}
                texts = [some[number].code_at(key, counter - some[number].first) for number, counter in picks]
            selection, chosen, twice = Codes(tuple(texts)), set(picks), len(picks) - len(set(picks))
        else:
            selection = Whole(batch)
            chosen = {(batch.series_id, counter) for counter in range(batch.first, batch.last + 1)}
        verb = data.draw(st.sampled_from(["activate", "activate", "void", "use"]))
        lot = data.draw(st.sampled_from(["", "A", "B"])) if verb == "activate" else ""
        changed, already, accepted = oracle.do(verb, chosen, lot)
        options: dict[str, Any] = {"lot": lot} if verb == "activate" else {"reason": "x"}
        done = getattr(services, verb)(selection, organisation=self.maker, by="person:x", at=AT, **options)
        assert (done.changed, done.accepted) == (changed, accepted)
        if accepted:
            assert done.already == already + twice

    def _compare(self, oracle: Oracle, batches: list[Batch]) -> None:
        for batch in batches:
            key = keys.key_of(batch.series.key)
            counts = dict.fromkeys(("issued", "active", "voided", "used"), 0)
            held = queries.states_of(Part(batch, [(batch.first, batch.last)]))
            for counter, state in held.items():
                counts[state.name.lower()] += 1
                assert state.name.lower() == oracle.state[batch.series_id, counter]
            assert len(held) == batch.count
            lots = {c: span.lot for span in queries.lots_of(batch) for c in range(span.first, span.last + 1)}
            for counter in held:
                assert lots.get(counter, "") == oracle.lot.get((batch.series_id, counter), "")
            for place in {0, batch.count // 2, batch.count - 1}:
                code = (batch.series_id, batch.first + place)
                found = queries.standing(codes.parse(f"zs.unit:{batch.code_at(key, place)}"))
                assert (found.kind, found.lot) == (oracle.state[code], oracle.lot.get(code, ""))
            assert queries.counts_of(batch) == counts
        kept = list(LotSpan.objects.order_by("series_id", "first"))
        for one, other in itertools.pairwise(kept):
            assert one.series_id != other.series_id or one.last < other.first, "spans overlap"


def test_dates_are_part_of_a_lot() -> None:
    from zhuisu.registry.issuing.changing import Lot

    assert Lot("A") != Lot("A", date(2026, 1, 1))
    assert not Lot().given
    assert Lot(expires_on=date(2026, 1, 1)).given
