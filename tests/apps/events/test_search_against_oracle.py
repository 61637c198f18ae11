"""The search and a slow plain evaluator find the same events: random stores, random queries of every family, three callers."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.db import OperationalError, transaction

import query_oracle as oracle
from query_worlds import World
from support import AT
from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.epcis.query import read_json, read_url
from zhuisu.events import search as searching
from zhuisu.events.scope import scope_of
from zhuisu.events.search import search
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.events.store import rows

EVENTS = 60
QUERIES = 170  # for each of three callers in each of three worlds: 510 queries of each caller
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {oracle.PREFIX: oracle.NAMESPACE}]
Sent = tuple[dict[str, Any], datetime, set[str]]


class Tree:
    """A vocabulary in which one place lies below another."""

    def below(self, kind: str, ids: Collection[str]) -> frozenset[str]:
        assert kind in ("readPoint", "bizLocation")
        tree = {codes.parse_epc(top).canonical: map(codes.parse_epc, below) for top, below in oracle.TREE.items()}
        return frozenset(ids).union(*({one.canonical for one in tree.get(key, ())} for key in ids))

    def having(self, kind: str, name: str, values: Collection[str] | None = None) -> frozenset[str]:
        told = {one: said[name] for (field, one), said in oracle.ATTRIBUTES.items() if field == kind and name in said}
        fitting = [one for one, value in told.items() if values is None or value in values]
        return frozenset(codes.parse_epc(one).canonical if ":" in one else one for one in fitting)


class Store:
    """Random events of two organisations, and who may see each."""

    def __init__(self, seed: int, dairy: Organisation, market: Organisation) -> None:
        self.callers = {
            "dairy": dairy,
            "market": market,
            "authority": Organisation.objects.create(
                kind="regulator", name="海沧", party="uri:urn:x:gov", region="350206"
            ),
        }
        self.parties = {f"urn:zhuisu:{one.party}": name for name, one in self.callers.items() if name != "authority"}
        self.world = World(seed, list(self.parties))
        self.sent: list[Sent] = []
        for number in range(EVENTS):
            event = self.world.event(number)
            sender = self.world.one(["dairy", "market"])
            self.send(event, sender)
            if self.world.maybe(0.15):
                self.send(self.world.declared(event), sender)
        publish(AT)

    def send(self, event: dict[str, Any], sender: str) -> None:
        recorded_at = datetime.fromisoformat("2026-11-01T00:00:00Z") + timedelta(hours=len(self.sent))
        document = {
            "@context": CONTEXT,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T08:00:00Z",
            "epcisBody": {"eventList": [event]},
        }
        body = msgspec.json.Encoder(decimal_format="number").encode(document)
        receive(body, media_type=None, organisation=self.callers[sender].pk, by="test", at=recorded_at)
        self.sent.append((event, recorded_at, self._seen_by(event, sender)))

    def _seen_by(self, event: dict[str, Any], sender: str) -> set[str]:
        """Its sender; who owns or gets it, unless it only declares an error; the authority of the sender's region."""
        seen = {sender}
        if "errorDeclaration" not in event:
            for side in ("source", "destination"):
                for one in event.get(f"{side}List", []):
                    if oracle.first(one["type"]) == "owning_party":
                        seen |= {self.parties.get(one[side], sender)}
        return seen | ({"authority"} if sender == "market" else set())

    def expected(self, caller: str, query: dict[str, Any]) -> list[tuple[str, bool]]:
        return [key_of(event) for event, at, seen in self.sent if caller in seen and oracle.fits(query, event, at)]

    def found(self, caller: str, query: Any, limit: int = 1_000) -> list[tuple[str, bool]]:
        """All pages."""
        keys: list[tuple[str, bool]] = []
        after = None
        while True:
            page = search(scope_of(self.callers[caller]), query, vocabulary=Tree(), limit=limit, after=after)
            keys += [key_of(json.loads(one.body)) for one in page.events]
            after = page.next
            if after is None:
                return keys


def key_of(event: dict[str, Any]) -> tuple[str, bool]:
    return event["eventID"], "errorDeclaration" in event


def in_url(query: dict[str, Any]) -> dict[str, str]:
    """The parameters as a URL has them, decoded once."""

    def text(value: Any) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value).replace("|", "%7C")

    return {
        name: "|".join(map(text, value)) if isinstance(value, list) else text(value) for name, value in query.items()
    }


def compare(seed: int, dairy: Organisation, market: Organisation, queries: int) -> None:
    store = Store(seed, dairy, market)
    hits = 0
    for caller in store.callers:
        for number in range(queries):
            query = store.world.query()
            read = read_json(query)
            assert read_json(read.as_json()) == read
            expected = store.expected(caller, query)
            if number % 3 == 0 and not any(
                "|" in str(value) for value in query.values() if not isinstance(value, list)
            ):
                read = read_url(in_url(query), {oracle.PREFIX: oracle.NAMESPACE} if number % 2 else {})
            limit = store.world.one([3, 1_000])
            assert store.found(caller, read, limit) == expected, f"seed {seed}, {caller}: {query}"
            hits += bool(expected)
    assert hits > queries * 3 // 5  # a test in which nothing is ever found shows nothing


def ways(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ways that a large store takes: several batches, and the log walked or own events looked up."""
    monkeypatch.setattr(searching, "_BATCH", 10)
    monkeypatch.setattr(searching, "_LARGEST_BATCH", 20)
    monkeypatch.setattr(searching, "FEW_LIMIT", 0 if seed % 2 else 5_000)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_search_finds_what_the_oracle_finds_and_nobody_sees_more(
    seed: int, dairy: Organisation, market: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways(seed, monkeypatch)
    compare(seed, dairy, market, QUERIES)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_many_more_worlds(
    seed: int, dairy: Organisation, market: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways(seed, monkeypatch)
    compare(seed, dairy, market, 500)


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_order_is_kept_over_pages_while_events_arrive(
    direction: str, dairy: Organisation, market: Organisation
) -> None:
    store = Store(7, dairy, market)
    for by in ("eventTime", "recordTime", f"{oracle.PREFIX}:a"):
        seen = {key_of(event): (event, at) for event, at, who in store.sent if "dairy" in who}
        query = read_url({"orderBy": by, "orderDirection": direction})
        keys: list[tuple[str, bool]] = []
        after = None
        while not keys or after:
            page = search(scope_of(dairy), query, limit=9, after=after)
            keys += [key_of(json.loads(one.body)) for one in page.events]
            after = page.next
            store.send(store.world.event(len(store.sent)), "dairy")
            publish(AT)
        assert sorted(keys) == sorted(seen), by
        if by != f"{oracle.PREFIX}:a":
            found = [seen[key] for key in keys]
            times = [at if by == "recordTime" else oracle.instant(event["eventTime"]) for event, at in found]
            assert times == sorted(times, reverse=direction == "DESC"), by


def test_limits(dairy: Organisation, market: Organisation, monkeypatch: Any) -> None:
    store = Store(8, dairy, market)
    seen = len(store.expected("dairy", {}))
    exactly = read_json({"maxEventCount": seen})
    assert len(store.found("dairy", exactly, 7)) == seen
    with pytest.raises(searching.QueryError) as wrong:
        search(scope_of(dairy), read_json({"maxEventCount": seen - 1}), limit=5)
    assert wrong.value.exception == "QueryTooLargeException"
    for by in ("eventTime", f"{oracle.PREFIX}:a"):
        first = read_json({"orderBy": by, "eventCountLimit": 10})
        everything = store.found("dairy", read_json({"orderBy": by}))
        assert store.found("dairy", first, 4) == everything[:10]
        assert search(scope_of(dairy), first, limit=10).next is None
    monkeypatch.setattr(searching, "EXAMINED_LIMIT", 5)
    for complex_ in ({"maxEventCount": seen}, {"orderBy": "ex:a"}):
        with pytest.raises(searching.QueryError) as wrong:
            search(scope_of(dairy), read_json(complex_), limit=5)
        assert wrong.value.exception == "QueryTooComplexException"
    assert store.found("dairy", read_json({}), 50) == store.expected("dairy", {})
    assert len(store.found("dairy", read_json({"orderBy": "eventTime"}), 50)) == seen
    assert search(scope_of(dairy), read_json({"EQ_deviceID": ["urn:x:none"]}), limit=5).next is None
    monkeypatch.setattr(searching, "FEW_LIMIT", 0)
    monkeypatch.setattr(searching, "SCAN_WINDOW", 7)
    monkeypatch.setattr(searching, "SCANNED_LIMIT", 14)
    step = {"EQ_bizStep": ["shipping"]}
    assert store.found("dairy", read_json(step), 3) == store.expected("dairy", step)
    monkeypatch.setattr(searching, "ANSWER_LIMIT", 1)
    assert store.found("dairy", read_json(step), 3) == store.expected("dairy", step)


def test_a_small_enterprise_in_a_large_store_reads_its_own_events_alone(
    dairy: Organisation, market: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One page, and none that is empty, however much others have sent: no window of the log is walked."""
    store = Store(9, dairy, market)
    monkeypatch.setattr(searching, "SCAN_WINDOW", 1)
    monkeypatch.setattr(searching, "SCANNED_LIMIT", 1)
    for query in ({}, {"EQ_bizStep": ["shipping"]}):
        found = search(scope_of(dairy), read_json(query), limit=1_000)
        assert ([key_of(json.loads(one.body)) for one in found.events], found.next) == (
            store.expected("dairy", query),
            None,
        )


def test_a_statement_that_takes_too_long_is_too_complex(dairy: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "STATEMENT_SECONDS", 0.05)
    with pytest.raises(searching.QueryError) as wrong:
        searching._in_time("select pg_sleep(%s)", [5])
    assert wrong.value.exception == "QueryTooComplexException"
    assert rows("show statement_timeout") == [("0",)], "the transaction goes on without it"


def test_a_statement_that_somebody_cancels_is_not_too_complex(dairy: Organisation) -> None:
    """The database's keeper, or its shutdown: the same again will do."""
    with pytest.raises(OperationalError, match="user request"), transaction.atomic():
        searching._in_time("select pg_cancel_backend(pg_backend_pid()), pg_sleep(%s)", [5])
    assert rows("show statement_timeout") == [("0",)]
