"""Master data of document headers: kept with its history, read as a hierarchy, never another organisation's."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import AT
from zhuisu import epcis
from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.epcis import MasterData
from zhuisu.epcis.query import QueryError
from zhuisu.registry.models import Certificate, Party, PartyAlias, Place, Product, VocabularyElement
from zhuisu.registry.vocabulary import queries, services
from zhuisu.registry.vocabulary.queries import vocabulary_of
from zhuisu.registry.vocabulary.services import PlaceError, put_place
from zhuisu.registry.vocabulary.words import BUSINESS_LOCATION, EPC_CLASS, LOCATION, PARTY, READ_POINT

URN, LINK, KEY = "urn:epc:id:sgln:9506000.00002.0", "https://id.gs1.org/414/9506000000022", "gs1.sgln:414/9506000000022"
NAME = "urn:epcglobal:cbv:mda:name"
Take = Callable[..., None]


@pytest.fixture
def take(dairy: Organisation) -> Take:
    def do(*said: MasterData, organisation: Organisation = dairy, token: str = "t1") -> None:
        services.take(said, organisation=organisation.pk, capture_token=token, by="key:zs_1", at=AT)

    return do


def _place(id: str, *children: str, type: str = BUSINESS_LOCATION, **attributes: Any) -> MasterData:
    return MasterData(type, id, attributes, children)


def test_nothing_to_take_costs_nothing(dairy: Organisation) -> None:
    with CaptureQueriesContext(connection) as told:
        services.take([], organisation=dairy.pk, capture_token="t", by="x", at=AT)
        vocabulary_of(dairy.pk)
    assert len(told) == 0


def test_a_later_capture_replaces_whole_and_the_older_is_kept(take: Take, dairy: Organisation) -> None:
    take(_place(URN, "urn:x:1", a="1", b=[Decimal("2.50"), {"c": "3"}]))
    take(_place(LINK, "urn:x:2", b="new"), token="t2")
    vocabulary = vocabulary_of(dairy.pk)
    assert vocabulary.having("bizLocation", "b", ["new"]) == {KEY}
    assert vocabulary.having("bizLocation", "a") == vocabulary.having("bizLocation", "b", ["2.50"]) == frozenset()
    assert vocabulary.below("bizLocation", [LINK]) == {KEY, "uri:urn:x:2"}
    newest, oldest = queries.versions(dairy.pk, BUSINESS_LOCATION, KEY, limit=9)
    assert (newest.written, newest.capture_token, newest.latest) == (LINK, "t2", True)
    assert (oldest.attributes, oldest.latest) == ({"a": "1", "b": [Decimal("2.50"), {"c": "3"}]}, False)
    assert (oldest.by, oldest.at) == ("key:zs_1", AT)
    assert AuditEntry.objects.filter(verb="vocabulary.capture", target="t2", detail={"elements": 1}).exists()


def test_saying_the_same_again_makes_no_version(take: Take) -> None:
    for token in ("t1", "t2"):
        take(_place(URN, area=Decimal("12.50"), n=1), token=token)
    assert VocabularyElement.objects.get().capture_token == "t1"


def test_an_element_twice_in_a_document_counts_as_it_stands_last(take: Take, dairy: Organisation) -> None:
    take(_place(URN, a="1"), _place(LINK, a="2"))
    assert vocabulary_of(dairy.pk).having("bizLocation", "a", ["2", "3"]) == {KEY}
    assert vocabulary_of(dairy.pk).having("bizLocation", "a", ["1"]) == frozenset()


def test_there_is_a_limit_of_elements(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ELEMENTS_LIMIT", 2)
    take(_place("urn:x:1"), _place("urn:x:2"))
    take(_place("urn:x:2", a="changed"))
    with pytest.raises(epcis.DocumentError) as wrong, transaction.atomic():
        take(_place("urn:x:3"))
    assert wrong.value.rule == "master-data-count"
    assert VocabularyElement.objects.filter(latest=True).count() == 2


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edges=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14),
    asked=st.sets(st.integers(0, 7), max_size=3),
)
def test_below_is_the_plain_closure(
    take: Take, dairy: Organisation, edges: list[tuple[int, int]], asked: set[int]
) -> None:
    """Circles and diamonds too; against Warshall's closure."""
    with transaction.atomic():
        parents = {one for one, _ in edges}
        take(*[_place(f"urn:x:{one}", *{f"urn:x:{child}" for up, child in edges if up == one}) for one in parents])
        reach = {(one, one) for one in range(8)} | set(edges)
        for middle in range(8):
            reach |= {(a, d) for a, b in reach if b == middle for c, d in reach if c == middle}
        found = vocabulary_of(dairy.pk).below("bizLocation", [f"urn:x:{one}" for one in asked])
        assert found == {f"uri:urn:x:{down}" for up, down in reach if up in asked}
        transaction.set_rollback(True)


def test_nobody_sees_what_another_organisation_sent(take: Take, dairy: Organisation, market: Organisation) -> None:
    take(_place(URN, "urn:x:1", a="1"))
    other = vocabulary_of(market.pk)
    assert other.below("bizLocation", [URN]) == {KEY}
    assert other.having("bizLocation", "a") == frozenset()
    assert queries.types_of(market.pk) == []
    assert queries.elements(market.pk, BUSINESS_LOCATION, limit=9) == []
    assert queries.element(market.pk, BUSINESS_LOCATION, URN) is None
    assert queries.versions(market.pk, BUSINESS_LOCATION, URN, limit=9) == []
    assert list(queries.all_sent(market.pk)) == []


def test_attributes_of_the_cbv_have_several_spellings(take: Take, dairy: Organisation) -> None:
    take(_place(URN, **{NAME: "冷库", "urn:x:flags": [True, {"odd": 1}]}))
    vocabulary = vocabulary_of(dairy.pk)
    for name in (NAME, "urn:epcglobal:cbv:mda#name", "cbvmda:name"):
        assert vocabulary.having("bizLocation", name) == {KEY}
        assert vocabulary.having("bizLocation", name, ["冷库"]) == {KEY}
        assert vocabulary.having("bizLocation", name, ["别的"]) == frozenset()
    for values, found in ((None, {KEY}), (["true"], {KEY}), (["1"], set()), (["{'odd': 1}"], set())):
        assert vocabulary.having("bizLocation", "urn:x:flags", values) == found


def test_words_of_the_cbv_are_one_in_every_writing(take: Take, dairy: Organisation) -> None:
    step = "urn:epcglobal:epcis:vtype:BusinessStep"
    take(MasterData(step, "urn:epcglobal:cbv:bizstep:shipping", {"urn:x:desk": "3"}, ("urn:x:step:loading",)))
    vocabulary = vocabulary_of(dairy.pk)
    assert vocabulary.having("bizStep", "urn:x:desk", ["3"]) == {"shipping"}
    assert vocabulary.below("bizStep", ["https://ref.gs1.org/cbv/BizStep-shipping"]) == {
        "shipping",
        "urn:x:step:loading",
    }


def test_a_location_is_told_of_once_for_all_its_uses(take: Take, dairy: Organisation) -> None:
    take(
        MasterData(LOCATION, URN, {"a": "general", "b": "1"}),
        MasterData(READ_POINT, URN, {"a": "own"}),
    )
    vocabulary = vocabulary_of(dairy.pk)
    for kind, name, value, other in (
        ("readPoint", "a", "own", "general"),
        ("readPoint", "b", "1", "2"),
        ("bizLocation", "a", "general", "own"),
        ("bizLocation", "b", "1", "2"),
    ):
        assert vocabulary.having(kind, name) == vocabulary.having(kind, name, [value]) == {KEY}
        assert vocabulary.having(kind, name, [other]) == frozenset()


@pytest.fixture
def registered(dairy: Organisation) -> list[Place]:
    party = Party.objects.create(code=dairy.party, name=dairy.name, region="350212", phone="0592-1")
    PartyAlias.objects.create(code="gs1.pgln:417/9506000000015", party=party)
    Product.objects.create(code="gs1.gtin:01/09506000134352", name="纯牛奶", holder=party)
    Certificate.objects.create(
        kind="test", number="T-1", title="检测", about="gs1.gtin:01/09506000134352", issuer="站", issued_at=AT
    )
    codes = [KEY, f"{KEY}/254/A", "uri:urn:x:shelf"]
    return [Place.objects.create(code=one, name=one[-2:], region="350212", operator=party) for one in codes]


def test_the_register_answers_as_vocabulary(registered: list[Place], market: Organisation) -> None:
    hall, room, shelf = registered
    put_place(room, hall, by="person:op", at=AT)
    put_place(shelf, room, by="person:op", at=AT)
    vocabulary = vocabulary_of(market.pk)
    for kind in ("readPoint", "bizLocation"):
        assert vocabulary.below(kind, [URN]) == {hall.code, room.code, shelf.code}
        assert KEY in vocabulary.having(kind, "urn:zhuisu:ns:region", ["350212"])
        assert vocabulary.having(kind, "urn:zhuisu:ns:kind") == frozenset(), "an empty field is no attribute"
        assert vocabulary.having(kind, NAME) == {one.code for one in registered}
        assert vocabulary.having(kind, NAME, [hall.name]) == {KEY}
    party = {"cn.uscc:91350212MA2XYGR01A", "gs1.pgln:417/9506000000015"}
    assert vocabulary.having("destination", NAME, ["厦门鹭岛乳业有限公司"]) == party
    assert vocabulary.having("destination", "urn:zhuisu:ns:phone") == frozenset()
    for name, value in (("cbvmda:descriptionShort", "纯牛奶"), ("urn:zhuisu:ns:certificate", "T-1")):
        milk = {"gs1.gtin:01/09506000134352"}
        assert vocabulary.having("epcClass", name) == vocabulary.having("epcClass", name, [value, "x"]) == milk
        assert vocabulary.having("epcClass", name, ["x"]) == frozenset()
    assert queries.types_of(market.pk) == sorted([EPC_CLASS, LOCATION, PARTY])


def test_what_an_organisation_sent_counts_before_the_register(
    registered: list[Place], take: Take, dairy: Organisation
) -> None:
    take(_place(URN, "urn:x:new", type=LOCATION, **{NAME: "一号库"}))
    vocabulary = vocabulary_of(dairy.pk)
    assert vocabulary.having("bizLocation", NAME, ["一号库"]) == {KEY}
    assert KEY in vocabulary.having("bizLocation", "urn:zhuisu:ns:region", ["350212"])
    assert vocabulary.having("bizLocation", NAME, ["22"]) == frozenset()
    (one, *_) = queries.elements(dairy.pk, LOCATION, limit=9)
    assert (one.written, one.attributes[NAME], one.sent) == (URN, "一号库", True)


def test_a_place_never_lies_in_itself(registered: list[Place], monkeypatch: pytest.MonkeyPatch) -> None:
    hall, room, shelf = registered
    put_place(room, hall, by="person:op", at=AT)
    put_place(shelf, room, by="person:op", at=AT)
    for inside in (hall, room, shelf):
        inside.refresh_from_db()
        with pytest.raises(PlaceError) as wrong:
            put_place(hall, inside, by="person:op", at=AT)
        assert wrong.value.rule == "cycle"
    monkeypatch.setattr(services, "DEPTH_LIMIT", 2)
    deeper = Place.objects.create(code="uri:urn:x:box", name="box")
    with pytest.raises(PlaceError, match="more than 2"):
        put_place(deeper, shelf, by="person:op", at=AT)
    put_place(room, None, by="person:op", at=AT)
    assert AuditEntry.objects.filter(verb="place.put").count() == 3


def test_a_natural_person_s_number_is_no_public_master_data(dairy: Organisation) -> None:
    number = "cn.ric:11010519491231002X"
    person = Party.objects.create(code=number, name="某农户")
    Place.objects.create(code=KEY, name="棚", operator=person)
    assert queries.elements(dairy.pk, PARTY, limit=9) == []
    assert queries.types_of(dairy.pk) == [LOCATION]
    assert number not in repr(queries.elements(dairy.pk, LOCATION, limit=9))
    vocabulary = vocabulary_of(dairy.pk)
    assert vocabulary.having("source", NAME) == {KEY}
    for values in (None, [number]):
        assert vocabulary.having("source", "urn:zhuisu:ns:operator", values) == frozenset()


def test_an_attribute_is_looked_up_with_few_statements_however_many_have_it(
    registered: list[Place], take: Take, dairy: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(*[_place(f"urn:x:{number}", n=str(number)) for number in range(50)])
    vocabulary = vocabulary_of(dairy.pk)
    with CaptureQueriesContext(connection) as told:
        for _ in range(3):
            assert len(vocabulary.having("bizLocation", "n")) == 50
            assert vocabulary.having("bizLocation", "n", ["7", "8"]) == {"uri:urn:x:7", "uri:urn:x:8"}
    assert len(told) == 2
    monkeypatch.setattr(queries, "HAVING_LIMIT", 2)
    assert vocabulary_of(dairy.pk).having("bizLocation", NAME, ["22"]) == {KEY}
    with pytest.raises(QueryError) as wrong:
        vocabulary_of(dairy.pk).having("bizLocation", NAME)
    assert wrong.value.exception == "QueryTooComplexException"


def test_lists_are_paged_and_searched(registered: list[Place], take: Take, dairy: Organisation) -> None:
    take(*[_place(f"urn:x:{number}", type=LOCATION, town=town) for number, town in enumerate(["Aa", "bb", "百"])])
    whole = [one.key for one in queries.elements(dairy.pk, LOCATION, limit=99)]
    assert len(whole) == 6
    paged: list[str] = []
    while page := queries.elements(dairy.pk, LOCATION, after=paged[-1] if paged else "", limit=2):
        paged += [one.key for one in page]
    assert paged == whole == sorted(whole)
    for q, found in (("aA", {"uri:urn:x:0"}), ("百", {"uri:urn:x:2"}), ("254", {f"{KEY}/254/A"}), ("%", set())):
        assert {one.key for one in queries.elements(dairy.pk, LOCATION, q=q, limit=9)} == found


def _oracle(shared: Path) -> tuple[epcis.Document, dict[str, Any]]:
    folder = shared / "data/epcis/query-oracle"
    asked = json.loads((folder / "queries.json").read_text())
    asked = asked if isinstance(asked, list) else asked["queries"]
    return epcis.read((folder / "events.json").read_bytes()), {one["id"]: one for one in asked}


@pytest.mark.parametrize("name", ["SE34", "SE36"])
def test_queries_of_others_by_master_data(shared: Path, take: Take, dairy: Organisation, name: str) -> None:
    """The query language's own evaluator over the document's events, with what its header said of places."""
    from zhuisu.epcis.query import fits, read_json

    document, asked = _oracle(shared)
    take(*document.masterdata)
    vocabulary = vocabulary_of(dairy.pk)
    query = read_json(
        {key: value for key, value in asked[name]["params_epcis2"].items() if not key.startswith("order")}
    )
    found = {
        one.event_id for one in document.events if isinstance(one, epcis.Event) and fits(query, one, AT, vocabulary)
    }
    assert found == set(asked[name]["expected_eventIDs"])
