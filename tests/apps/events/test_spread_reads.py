"""Where the tables lie on several machines: every hot statement goes to one shard, or puts to each shard its own keys alone."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection

from support import AT, document, event
from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.epcis.query import read_json
from zhuisu.events import queries, store
from zhuisu.events.scope import ALL, scope_of
from zhuisu.events.search import search
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.events.vocabulary import Role
from zhuisu.lineage import store as walk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cluster")]
FEW_KEYS = 200  # as in keys_by_shard: up to here a statement goes to all shards; of the many keys of a test each shard has some 50
MANY = 600


@pytest.fixture
def cluster(db: None) -> None:
    if not store.is_spread():
        pytest.skip("needs a Citus coordinator in ZHUISU_DATABASE_URL: deploy/citus.sql")


@dataclass
class Remote:
    """A statement that went to a shard."""

    server: str
    shards: frozenset[str]
    text: str

    @property
    def shape(self) -> str:
        """The text without what differs between shards and keys."""
        return re.sub(r"_\d{6,}|'\{[^']*\}'|\d+", "_", self.text)

    def keys(self, few: int) -> list[str]:
        """The arrays in it that are more than a few."""
        return [one for one in re.findall(r"'\{([^']*)\}'", self.text) if one.count(",") >= few]


@pytest.fixture
def sent() -> Iterator[Callable[[Callable[[], Any]], list[Remote]]]:
    """What an action sends to shards."""
    told: list[Remote] = []

    def hear(notice: Any) -> None:
        if (said := notice.message_primary or "").startswith("issuing "):
            shards = frozenset(re.findall(r"public\.(\w+_\d{6,})", said))
            if shards:
                told.append(Remote(notice.message_detail or "", shards, said))

    connection.ensure_connection()
    plain = connection.connection
    plain.add_notice_handler(hear)

    def of(action: Callable[[], Any]) -> list[Remote]:
        told.clear()
        store.rows("set citus.log_remote_commands = on")
        try:
            action()
        finally:
            store.rows("set citus.log_remote_commands = off")
        return list(told)

    yield of
    plain.remove_notice_handler(hear)


_BOUND = re.compile(r"ANY|VALUES|COPY|LIMIT '", re.I).search  # by keys, of given rows, or the first few of an index


def one_shard_or_its_own_keys(found: list[Remote], few: int = 20) -> None:
    """Nothing goes to several shards with more than a few keys, and nothing goes without any."""
    assert found
    places: dict[tuple[str, str], set[frozenset[str]]] = {}
    for one in found:
        for keys in one.keys(few):
            places.setdefault((one.shape, keys), set()).add(one.shards)
    for (_, keys), shards in places.items():
        assert len(shards) == 1, f"{keys[:60]} went to {shards}"
    for shape, times in Counter(one.shape for one in found).items():
        assert times <= 1 or all(_BOUND(one.text) for one in found if one.shape == shape), shape


@pytest.fixture
def full(dairy: Organisation) -> list[int]:
    """A document of many events; the numbers of its events."""
    store_document(dairy)
    return [number for (number,) in store.rows("select event from log_entry order by position")]


def store_document(dairy: Organisation, *, begin: int = 0, more: int = 0) -> None:
    made = [event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{begin + n}"]) for n in range(MANY + more)]
    receive(document(*made), media_type=None, organisation=dairy.pk, by="system:test", at=AT)
    publish(AT)


CODE = codes.parse_epc("urn:epc:id:sgtin:9506000.013435.7")


def test_a_code_is_looked_up_in_one_shard_each(full: list[int], sent: Any) -> None:
    found = sent(lambda: queries.item_by_code(CODE))
    assert [len(one.shards) for one in found] == [1, 1]  # its hash, then its number
    item = queries.item_by_code(CODE)
    assert item
    told = sent(lambda: queries.history(ALL, [item.id]))
    one_shard_or_its_own_keys(told)
    shapes = Counter(one.shape for one in told)
    assert max(shapes.values()) == 1, shapes.most_common(1)  # one event, one item: every statement to one shard


def test_capture_claims_and_numbers_shard_by_shard(full: list[int], dairy: Organisation, sent: Any) -> None:
    one_shard_or_its_own_keys(sent(lambda: store_document(dairy, begin=5_000)))
    one_shard_or_its_own_keys(sent(lambda: store_document(dairy, more=1)))  # all but one of it is here already


def test_a_level_of_a_walk_is_asked_shard_by_shard(full: list[int], sent: Any) -> None:
    items = [item for (item,) in store.rows("select id from item")]
    known = walk.Known(queries.head(), None)
    roles = [int(Role.COMMISSIONED)]
    for level in (
        lambda: walk.parts(items, roles, known),
        lambda: walk.others(full, roles),
        lambda: walk.lots(full, int(Role.COMMISSIONED)),
        lambda: walk.said(full, roles),
        lambda: walk.items(items),
    ):
        found = sent(level)
        one_shard_or_its_own_keys(found)
        assert len({frozenset(one.shards) for one in found}) == len(found)
    assert len(walk.parts(items, roles, known)) == len(full) == MANY


def test_an_enterprise_walks_shard_by_shard(
    full: list[int], dairy: Organisation, market: Organisation, sent: Any
) -> None:
    items = [item for (item,) in store.rows("select id from item")]
    roles = [int(Role.COMMISSIONED)]
    own = walk.Known(queries.head(), None, scope_of(dairy))
    one_shard_or_its_own_keys(sent(lambda: walk.parts(items, roles, own)))
    assert len(walk.parts(items, roles, own)) == MANY
    other = own._replace(scope=scope_of(market))
    assert walk.parts(items, roles, other) == []
    assert len(walk.beyond(items, roles, other)) == MANY


def test_a_page_of_events_is_read_by_their_places_in_the_log(full: list[int], dairy: Organisation, sent: Any) -> None:
    for scope in (ALL, scope_of(dairy)):
        one_shard_or_its_own_keys(sent(lambda scope=scope: search(scope, read_json({}), limit=300)), FEW_KEYS)
        page = search(scope, read_json({}), limit=300)
        assert [one.position for one in page.events] == list(range(1, 301))


def test_publishing_reads_the_events_shard_by_shard(dairy: Organisation, sent: Any) -> None:
    made = [event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{n}"]) for n in range(MANY)]
    receive(document(*made), media_type=None, organisation=dairy.pk, by="system:test", at=AT)
    one_shard_or_its_own_keys(sent(lambda: publish(AT)))


@pytest.mark.parametrize(("table", "key"), [("part", "item"), ("event_part", "event"), ("item", "id"), ("event", "id")])
def test_the_plan_of_one_group_is_one_task(full: list[int], table: str, key: str) -> None:
    keys = [one for (one,) in store.rows(f"select distinct {key} from {table}")]
    groups = [group for (group,) in store.rows("select keys_by_shard(%s::regclass, %s::bigint[])", [table, keys])]
    assert sorted(one for group in groups for one in group) == sorted(keys)
    assert len(groups) > 1
    for group in groups:
        plan = "\n".join(
            line
            for (line,) in store.rows(
                f"explain select * from {table} where {key} = any(%s::bigint[])", [str(set(group))]
            )
        )
        assert "Task Count: 1\n" in plan
